/*
 * Power cuts under a log that is being kept: on every disk a cut may leave, the log opens and is
 * not frozen, every acknowledged entry is in it once and where it was said to be, the offline
 * verifier has no finding, and it goes on. With syncs that do nothing the same test must find
 * losses.
 *
 * The journal is a file of its own: a line may be there from the moment it is written, whole or
 * torn, and must be there once it was synced.
 *
 * ESEAL_CRASH_IMAGES says how many disks (500 for both logs together).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_ledger_read.h"
#include "image.h"
#include "place.h"

#define THREADS 4
#define ENTRIES 30
#define ROUNDS_MAX 4000

struct ack {
    uint8_t id[16];
    uint64_t index;
    size_t at;
};

struct round {
    size_t signed_at, synced_at; /* operations in the trace */
    size_t len;                  /* of the journal when synced */
};

struct keeping {
    enum es_log_name log;
    struct trace trace;
    struct place place;
    char journal[PLACE_MAX + 32];
    struct es_store *store;
    struct es_keyring *keyring;
    struct es_key *key;
    struct es_ledger *ledger;
    struct es_ledger_config config;
    size_t ready;
    struct ack acks[THREADS * ENTRIES];
    size_t ack_count;
    struct round rounds[ROUNDS_MAX];
    size_t round_count;
    uint8_t *lines; /* the journal as it was at the end */
    size_t lines_len;
};

static const uint8_t number[32] = {[31] = 9};

static void must(es_status status, const struct es_error *err, const char *what)
{
    if (status != ES_OK)
        fail_msg("%s: %s", what, err->text);
}

static void take_step(void *ctx, enum es_ledger_step step)
{
    struct keeping *k = ctx;
    struct round *round = &k->rounds[k->round_count];
    struct stat st = {0};

    if (k->round_count == ROUNDS_MAX)
        return;
    if (step == ES_STEP_SIGNED)
        round->signed_at = trace_now(&k->trace);
    if (step != ES_STEP_JOURNALLED || stat(k->journal, &st) != 0)
        return;
    round->synced_at = trace_now(&k->trace);
    round->len = (size_t) st.st_size;
    k->round_count++;
}

static struct es_ledger_config config_of(struct es_store *store, struct es_keyring *keyring,
                                         struct es_key *key, enum es_log_name log,
                                         const char *journal)
{
    return (struct es_ledger_config){.log = log,
                                     .host = "seal.example.cn",
                                     .store = store,
                                     .keyring = keyring,
                                     .key = key,
                                     .journal = journal,
                                     .clock = es_clock_system(),
                                     .random = es_random_system()};
}

static void open_keys(struct es_store *store, bool create, struct es_keyring **keyring,
                      struct es_key **key)
{
    struct es_secret master = {0};
    struct es_error err = {0};
    const struct es_clock clock = es_clock_system();
    const struct es_random random = es_random_system();

    must(es_secret_init(&master, 32, &err), &err, "secret");
    must(es_secret_set(&master, es_span_of(number, 32), &err), &err, "secret");
    if (create)
        must(es_keyring_create(store, &master, &clock, &random, &err), &err, "keys");
    must(es_keyring_open(store, &master, keyring, &err), &err, "keys");
    must(es_key_from_number(number, key, &err), &err, "key");
    es_secret_clear(&master);
}

/* ---- work ---- */

struct job {
    struct keeping *k;
    unsigned first;
    unsigned n;
    struct es_ticket *ticket;
};

static es_status add_audit(struct job *job, struct es_tx *tx, struct es_error *err)
{
    char id[32];
    const struct es_log_entry entry = {.type = ES_EVENT_MADE,
                                       .actor = "u-1",
                                       .object_type = "seal",
                                       .object_id = id,
                                       .detail = es_span_str("{\"n\":1}")};

    (void) snprintf(id, sizeof id, "s-%u", job->first + job->n);
    return es_ledger_add(job->k->ledger, tx, &entry, &job->ticket, err);
}

static es_status add_state(struct job *job, struct es_tx *tx, struct es_error *err)
{
    struct es_status_event event = {.status = job->n % 3 == 0   ? 30
                                              : job->n % 3 == 1 ? 40
                                                                : 30,
                                    .valid_until_ms = UINT64_C(9) << 40};

    event.map_key.b[0] = (uint8_t) ((job->first + job->n) / 3);
    event.map_key.b[1] = (uint8_t) (job->first >> 4);
    return es_ledger_add_state(job->k->ledger, tx, &event, &job->ticket, err);
}

static es_status add(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct job *job = ctx;

    es_ticket_free(job->ticket);
    job->ticket = NULL;
    return job->k->log == ES_LOG_AUDIT ? add_audit(job, tx, err) : add_state(job, tx, err);
}

static void acknowledge(struct keeping *k, const struct es_ticket *ticket,
                        const struct es_log_place *place)
{
    struct ack *ack;

    (void) pthread_mutex_lock(&k->trace.lock);
    ack = &k->acks[k->ack_count++];
    memcpy(ack->id, es_ticket_entry_id(ticket), sizeof ack->id);
    ack->index = place->index;
    ack->at = k->trace.count;
    (void) pthread_mutex_unlock(&k->trace.lock);
}

static void *write_many(void *ctx)
{
    struct job *job = ctx;
    struct es_log_place place;
    struct es_error err = {0};

    for (job->n = 0; job->n < ENTRIES; job->n++) {
        if (es_store_write(job->k->store, ES_AS_SERVICE, add, job, &err) != ES_OK ||
            es_ledger_wait(job->k->ledger, job->ticket, 60000, &place, &err) != ES_OK) {
            print_message("# %s\n", err.text);
            break;
        }
        acknowledge(job->k, job->ticket, &place);
    }
    es_ticket_free(job->ticket);
    return NULL;
}

static void open_log(struct keeping *k, bool deaf)
{
    const struct es_store_options options = {.create = true, .vfs = TRACE_VFS_NAME};
    const struct es_clock clock = es_clock_system();
    struct es_error err = {0};
    char url[PLACE_MAX + 16];

    place_make(&k->place);
    k->trace.deaf = deaf;
    assert_int_equal(trace_start(&k->trace), 0);
    (void) snprintf(url, sizeof url, "sqlite:%s/crash.db", k->place.live);
    (void) snprintf(k->journal, sizeof k->journal, "%s/journal.jsonl", k->place.live);
    must(es_store_open(url, &options, &k->store, &err), &err, "store");
    must(es_store_migrate(k->store, &clock, &err), &err, "migrate");
    open_keys(k->store, true, &k->keyring, &k->key);
    k->config = config_of(k->store, k->keyring, k->key, k->log, k->journal);
    k->config.step = take_step;
    k->config.ctx = k;
    must(es_ledger_create(&k->config, &err), &err, "create");
    k->ready = trace_now(&k->trace);
    must(es_ledger_open(&k->config, &k->ledger, &err), &err, "open");
}

static void read_journal(struct keeping *k)
{
    FILE *in = fopen(k->journal, "rb");

    assert_non_null(in);
    k->lines_len = k->rounds[k->round_count - 1].len;
    k->lines = malloc(k->lines_len);
    assert_non_null(k->lines);
    assert_int_equal(fread(k->lines, 1, k->lines_len, in), k->lines_len);
    (void) fclose(in);
}

static void work_off(struct keeping *k, enum es_log_name log, bool deaf)
{
    static struct job jobs[THREADS];
    pthread_t threads[THREADS];

    memset(k, 0, sizeof *k);
    k->log = log;
    open_log(k, deaf);
    for (unsigned i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){.k = k, .first = i * ENTRIES};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        (void) pthread_join(threads[i], NULL);
    es_ledger_close(k->ledger);
    es_keyring_free(k->keyring);
    es_store_free(k->store);
    trace_stop();
    assert_false(k->trace.broken);
    assert_int_equal(k->ack_count, THREADS * ENTRIES);
    read_journal(k);
}

static void keeping_clear(struct keeping *k)
{
    free(k->lines);
    es_key_free(k->key);
    trace_clear(&k->trace);
    place_remove(&k->place);
}

/* ---- a disk ---- */

/* What was synced by the cut, and perhaps a part of the line being written. */
static size_t journal_len(const struct keeping *k, size_t cut, struct dice *dice)
{
    size_t len = 0, i = 0;

    while (i < k->round_count && k->rounds[i].synced_at <= cut)
        len = k->rounds[i++].len;
    if (i < k->round_count && k->rounds[i].signed_at <= cut)
        len += (size_t) dice_roll(dice, k->rounds[i].len - len + 1);
    return len;
}

static void make_disk(const struct keeping *k, size_t cut, struct dice *dice, char *journal,
                      size_t room)
{
    size_t len = journal_len(k, cut, dice);
    FILE *out;

    place_empty(&k->place);
    assert_int_equal(image_write(&k->trace, cut, dice, k->place.image), 0);
    (void) snprintf(journal, room, "%s/journal.jsonl", k->place.image);
    if (len == 0)
        return;
    out = fopen(journal, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(k->lines, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

struct looking {
    struct es_store *store;
    struct es_keyring *keyring;
    struct es_key *key;
    struct es_ledger *ledger;
    struct es_ledger_config config;
    char why[ES_ERROR_TEXT_MAX + 64];
};

static es_status open_disk(const struct keeping *k, const char *journal, struct looking *l,
                           struct es_error *err)
{
    struct es_secret master = {0};
    char url[PLACE_MAX + 16];

    (void) snprintf(url, sizeof url, "sqlite:%s/crash.db", k->place.image);
    ES_TRY(es_store_open(url, NULL, &l->store, err));
    ES_TRY(es_secret_init(&master, 32, err));
    ES_TRY(es_secret_set(&master, es_span_of(number, 32), err));
    ES_TRY(es_keyring_open(l->store, &master, &l->keyring, err));
    es_secret_clear(&master);
    ES_TRY(es_key_from_number(number, &l->key, err));
    l->config = config_of(l->store, l->keyring, l->key, k->log, journal);
    return es_ledger_open(&l->config, &l->ledger, err);
}

static bool find_acks(const struct keeping *k, size_t cut, struct looking *l)
{
    for (size_t i = 0; i < k->ack_count; i++) {
        struct es_log_place place = {0};
        bool sequenced = false;

        if (k->acks[i].at > cut)
            continue;
        if (es_ledger_find(l->ledger, k->acks[i].id, &sequenced, &place, NULL) != ES_OK ||
            !sequenced || place.index != k->acks[i].index) {
            (void) snprintf(l->why, sizeof l->why, "acknowledged entry %zu is not at %llu", i,
                            (unsigned long long) k->acks[i].index);
            return false;
        }
    }
    return true;
}

static es_status add_after(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct looking *l = ctx;
    struct es_status_event event = {.status = 30, .valid_until_ms = UINT64_C(9) << 40};
    const struct es_log_entry entry = {.type = ES_EVENT_RESTORED, .actor = "u-1"};

    event.map_key.b[5] = 0xff;
    if (l->config.log == ES_LOG_AUDIT)
        return es_ledger_add(l->ledger, tx, &entry, NULL, err);
    return es_ledger_add_state(l->ledger, tx, &event, NULL, err);
}

static void note_finding(void *ctx, const struct es_log_finding *finding)
{
    struct looking *l = ctx;

    if (!finding->notice && l->why[0] == 0)
        (void) snprintf(l->why, sizeof l->why, "%s at %llu: %s", finding->rule,
                        (unsigned long long) finding->index, finding->text);
}

static es_status verify_offline(const struct keeping *k, const char *journal, struct looking *l,
                                struct es_error *err)
{
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    const struct es_log_export export = {.journal = journal};
    struct es_log_trust trust = {.key = es_key_public(l->key)};
    struct es_log_verify_options options = {.trust = &trust, .found = note_finding, .ctx = l};
    struct es_log_verify_result result = {0};
    char bundle[PLACE_MAX + 32], command[PLACE_MAX + 64];
    uint64_t entries = 0;
    es_status status;

    (void) snprintf(bundle, sizeof bundle, "%s/bundle", k->place.live);
    ES_TRY(es_log_reader_open(l->store, k->log, 0, &reader, err));
    ES_TRY(es_log_export(reader, bundle, &export, &entries, err));
    trust.origin = es_log_reader_origin(reader);
    status = es_log_verify(bundle, &options, &result, err);
    (void) snprintf(command, sizeof command, "rm -rf '%s'", bundle);
    if (system(command) != 0)
        return es_error_set(err, ES_E_IO, "%s cannot be removed", bundle);
    return status;
}

/* True when the disk is as it must be; else l->why. */
static bool look(const struct keeping *k, size_t cut, const char *journal, bool verify,
                 struct looking *l)
{
    struct es_error err = {0};
    struct es_ledger_state state;
    es_status status = open_disk(k, journal, l, &err);

    if (status == ES_OK) {
        es_ledger_state(l->ledger, &state);
        if (state.frozen)
            (void) snprintf(l->why, sizeof l->why, "%s", state.why);
        else if (find_acks(k, cut, l))
            status = es_store_write(l->store, ES_AS_SERVICE, add_after, l, &err);
    }
    es_ledger_close(l->ledger);
    l->ledger = NULL;
    if (status == ES_OK && l->why[0] == 0 && verify)
        status = verify_offline(k, journal, l, &err);
    if (status != ES_OK)
        (void) snprintf(l->why, sizeof l->why, "%s", err.text);
    return l->why[0] == 0;
}

static void looking_clear(struct looking *l)
{
    es_key_free(l->key);
    es_keyring_free(l->keyring);
    es_store_free(l->store);
}

static unsigned bad_disks(enum es_log_name log, bool deaf, unsigned count, uint64_t seed, bool stop)
{
    static struct keeping k;
    struct dice dice = {.state = seed};
    unsigned bad = 0;

    work_off(&k, log, deaf);
    for (unsigned i = 0; i < count; i++) {
        size_t cut = k.ready + (size_t) dice_roll(&dice, k.trace.count - k.ready + 1);
        char journal[PLACE_MAX + 32];
        struct looking l = {0};

        make_disk(&k, cut, &dice, journal, sizeof journal);
        if (!look(&k, cut, journal, i % 5 == 0, &l)) {
            bad++;
            if (stop)
                fail_msg("image %u, cut at %zu of %zu: %s", i, cut, k.trace.count, l.why);
        }
        looking_clear(&l);
    }
    print_message("# %s log: %u disks of %zu operations, %zu rounds, %u bad\n",
                  es_log_name_text(log), count, k.trace.count, k.round_count, bad);
    keeping_clear(&k);
    return bad;
}

static void the_audit_log_survives_every_cut(void **state)
{
    (void) state;
    (void) bad_disks(ES_LOG_AUDIT, false, place_number("ESEAL_CRASH_IMAGES", 500) / 2, 1, true);
}

static void the_status_log_survives_every_cut(void **state)
{
    (void) state;
    (void) bad_disks(ES_LOG_STATUS, false, place_number("ESEAL_CRASH_IMAGES", 500) / 2, 2, true);
}

static void without_syncs_the_same_test_finds_losses(void **state)
{
    (void) state;
    assert_true(bad_disks(ES_LOG_AUDIT, true, 40, 3, false) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_audit_log_survives_every_cut),
        cmocka_unit_test(the_status_log_survives_every_cut),
        cmocka_unit_test(without_syncs_the_same_test_finds_losses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
