/*
 * Power cuts under the store: from a trace of real work, disks are made as a cut at any moment may
 * leave them. On each of them the database opens, is sound, holds all that was acknowledged by
 * then, and nothing of what was half done. With syncs that do nothing the same test must find
 * losses: that is what shows it can.
 *
 * ESEAL_CRASH_IMAGES says how many disks (500).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_store.h"
#include "image.h"
#include "place.h"

#define THREADS 4
#define WRITES 60
#define BLOB_MAX 3000

struct ack {
    int64_t id;
    size_t at; /* operations in the trace when it was acknowledged */
};

struct work {
    struct es_store *store;
    struct trace trace;
    struct place place;
    size_t ready; /* operations when the table was there */
    struct ack acks[THREADS * WRITES];
    size_t ack_count;
};

struct job {
    struct work *work;
    int64_t first;
    int64_t id;
    uint8_t bytes[BLOB_MAX];
};

/* Content and length follow from the id, so that a torn row shows. */
static size_t fill(int64_t id, uint8_t bytes[BLOB_MAX])
{
    struct dice dice = {.state = (uint64_t) id};
    size_t len = 40 + (size_t) dice_roll(&dice, BLOB_MAX - 40);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t) dice_roll(&dice, 256);
    return len;
}

static es_status make_table(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    return es_tx_script(tx,
                        "CREATE TABLE pair (id BIGINT NOT NULL, half BIGINT NOT NULL, "
                        "body BLOB NOT NULL, PRIMARY KEY (id, half))",
                        err);
}

/* Two rows that belong together. */
static es_status write_pair(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct job *job = ctx;
    size_t len = fill(job->id, job->bytes);

    for (int half = 0; half < 2; half++) {
        const struct es_value values[] = {es_value_int(job->id), es_value_int(half),
                                          es_value_blob(es_span_of(job->bytes, len))};

        ES_TRY(es_tx_run(tx, "INSERT INTO pair (id, half, body) VALUES ($1, $2, $3)", values, 3,
                         NULL, err));
    }
    return ES_OK;
}

static void *write_many(void *ctx)
{
    struct job *job = ctx;
    struct work *w = job->work;

    for (int i = 0; i < WRITES; i++) {
        job->id = job->first + i;
        if (es_store_write(w->store, ES_AS_SERVICE, write_pair, job, NULL) != ES_OK)
            continue;
        (void) pthread_mutex_lock(&w->trace.lock);
        w->acks[w->ack_count++] = (struct ack){.id = job->id, .at = w->trace.count};
        (void) pthread_mutex_unlock(&w->trace.lock);
        if (i % 20 == 19 && es_store_checkpoint(w->store, NULL) != ES_OK)
            return NULL; /* the log goes into the database now and then */
    }
    return NULL;
}

static void work_off(struct work *w, bool deaf)
{
    static struct job jobs[THREADS];
    const struct es_store_options options = {.create = true, .vfs = TRACE_VFS_NAME};
    struct es_error err = {0};
    pthread_t threads[THREADS];
    char url[PLACE_MAX + 16];

    memset(w, 0, sizeof *w);
    place_make(&w->place);
    w->trace.deaf = deaf;
    assert_int_equal(trace_start(&w->trace), 0);
    (void) snprintf(url, sizeof url, "sqlite:%s/crash.db", w->place.live);
    if (es_store_open(url, &options, &w->store, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_int_equal(es_store_write(w->store, ES_AS_OWNER, make_table, NULL, NULL), ES_OK);
    w->ready = trace_now(&w->trace);
    for (int i = 0; i < THREADS; i++) {
        jobs[i].work = w;
        jobs[i].first = 1 + i * WRITES;
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        (void) pthread_join(threads[i], NULL);
    es_store_free(w->store);
    trace_stop();
    assert_false(w->trace.broken);
    assert_int_equal(w->ack_count, THREADS * WRITES);
}

static void work_clear(struct work *w)
{
    trace_clear(&w->trace);
    place_remove(&w->place);
}

/* ---- looking at a disk ---- */

struct found {
    int8_t halves[THREADS * WRITES + 1];
    bool wrong; /* a row that nobody wrote */
    char why[ES_ERROR_TEXT_MAX + 16];
};

static es_status see_row(void *ctx, const struct es_value *columns, size_t count,
                         struct es_error *err)
{
    struct found *found = ctx;
    uint8_t expected[BLOB_MAX];
    int64_t id = columns[0].i;

    (void) count;
    (void) err;
    if (id < 1 || id > THREADS * WRITES) {
        found->wrong = true;
        return ES_OK;
    }
    found->wrong |= !es_span_equal(columns[1].s, es_span_of(expected, fill(id, expected)));
    found->halves[id]++;
    return ES_OK;
}

static es_status see_rows(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_query(tx, "SELECT id, body FROM pair", NULL, 0, see_row, ctx, err);
}

/* Acknowledged rows that are not there; fails on anything that is never allowed. */
static size_t look(const struct work *w, size_t cut, struct found *found)
{
    struct es_store *store = NULL;
    struct es_error err = {0};
    char url[PLACE_MAX + 16];
    bool sound = false;
    size_t lost = 0;

    memset(found, 0, sizeof *found);
    (void) snprintf(url, sizeof url, "sqlite:%s/crash.db", w->place.image);
    if (es_store_open(url, NULL, &store, &err) != ES_OK ||
        !(sound = place_sound(&w->place, "crash.db")) ||
        es_store_read(store, ES_AS_SERVICE, see_rows, found, &err) != ES_OK) {
        es_store_free(store);
        (void) snprintf(found->why, sizeof found->why, "%s%s", err.text, sound ? "" : " (damaged)");
        return SIZE_MAX;
    }
    es_store_free(store);
    for (size_t i = 0; i < w->ack_count; i++)
        lost += w->acks[i].at <= cut && found->halves[w->acks[i].id] != 2;
    return lost;
}

static bool half_done(const struct found *found)
{
    for (int i = 1; i <= THREADS * WRITES; i++)
        if (found->halves[i] == 1)
            return true;
    return found->wrong;
}

static void every_disk_holds_what_was_acknowledged(void **state)
{
    static struct work w;
    struct dice dice = {.state = 20261121};
    unsigned count = place_number("ESEAL_CRASH_IMAGES", 500);

    (void) state;
    work_off(&w, false);
    for (unsigned i = 0; i < count; i++) {
        size_t cut = w.ready + (size_t) dice_roll(&dice, w.trace.count - w.ready + 1);
        struct found found;
        size_t lost;

        place_empty(&w.place);
        assert_int_equal(image_write(&w.trace, cut, &dice, w.place.image), 0);
        lost = look(&w, cut, &found);
        if (lost != 0 || half_done(&found))
            fail_msg("image %u, cut at %zu of %zu: %s", i, cut, w.trace.count,
                     lost == SIZE_MAX ? found.why
                     : lost > 0       ? "an acknowledged row is lost"
                                      : "a row is half there");
    }
    print_message("# %u disks, %zu operations, %zu acknowledged\n", count, w.trace.count,
                  w.ack_count);
    work_clear(&w);
}

static void without_syncs_the_same_test_finds_losses(void **state)
{
    static struct work w;
    struct dice dice = {.state = 7};
    unsigned bad = 0;

    (void) state;
    work_off(&w, true);
    for (unsigned i = 0; i < 100; i++) {
        size_t cut = w.ready + (size_t) dice_roll(&dice, w.trace.count - w.ready + 1);
        struct found found;

        place_empty(&w.place);
        assert_int_equal(image_write(&w.trace, cut, &dice, w.place.image), 0);
        bad += look(&w, cut, &found) != 0;
    }
    print_message("# %u of 100 disks show it\n", bad);
    assert_true(bad > 0);
    work_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_disk_holds_what_was_acknowledged),
        cmocka_unit_test(without_syncs_the_same_test_finds_losses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
