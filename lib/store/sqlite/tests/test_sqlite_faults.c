/* Disks that are full or broken: nothing is acknowledged that is not there, and a failed sync ends
 * the process. */
#include "lite_test.h"

#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

#include "fault_vfs.h"

#define WRITERS 8
#define EACH 6

static struct fault *fault; /* one for the process, as the VFS is */

static const struct es_store_options on_fault = {.create = true, .vfs = "fault"};

static void note_end(void *ctx, enum es_tx_end end)
{
    *(enum es_tx_end *) ctx = end;
}

static es_status put_with_hook(void *ctx, struct es_tx *tx, struct es_error *err)
{
    ES_TRY(es_tx_at_end(tx, note_end, ctx, err));
    return es_tx_run(tx, "INSERT INTO t (n) VALUES (1)", NULL, 0, NULL, err);
}

static void fails_and_recovers(struct lite_test *t, int code)
{
    enum es_tx_end end = ES_TX_UNKNOWN;

    lite_test_open(t, &on_fault);
    fault->write_budget = 0;
    fault->write_code = code;
    assert_int_equal(es_store_write(t->store, ES_AS_OWNER, put_with_hook, &end, NULL), ES_E_WRITE);
    assert_int_equal(end, ES_TX_DROPPED);
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 0);
    fault->write_code = 0;
    assert_int_equal(es_store_write(t->store, ES_AS_OWNER, put_with_hook, &end, NULL), ES_OK);
    assert_int_equal(end, ES_TX_KEPT);
    lite_test_close(t);
    lite_test_open(t, NULL);
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 1);
}

static void a_full_disk_drops_the_write_and_the_next_one_works(void **state)
{
    fails_and_recovers(*state, SQLITE_FULL);
}

static void a_failed_write_drops_the_write_and_the_next_one_works(void **state)
{
    fails_and_recovers(*state, SQLITE_IOERR_WRITE);
}

/** Writes of several sizes, some larger than the page cache, so that the disk is met early. */
struct writer {
    struct es_store *store;
    pthread_t thread;
    int64_t first;
    es_status status[EACH];
    enum es_tx_end end[EACH];
};

struct piece {
    int64_t n;
    size_t len;
    enum es_tx_end *end;
};

static es_status put_piece(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct piece *piece = ctx;
    const struct es_value values[] = {es_value_int(piece->n), es_value_int((int64_t) piece->len)};

    ES_TRY(es_tx_at_end(tx, note_end, piece->end, err));
    return es_tx_run(tx, "INSERT INTO t (n, body) VALUES ($1, zeroblob($2))", values, 2, NULL, err);
}

static void *write_pieces(void *ctx)
{
    struct writer *w = ctx;

    for (int i = 0; i < EACH; i++) {
        struct piece piece = {w->first + i, (size_t) (i == 3 ? 40 << 20 : 1000), &w->end[i]};

        w->status[i] = es_store_write(w->store, ES_AS_OWNER, put_piece, &piece, NULL);
    }
    return NULL;
}

static es_status mark_row(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    bool *marks = ctx;
    int64_t n = 0;

    assert_int_equal(count, 1);
    ES_TRY(es_value_get_int(&columns[0], &n, err));
    assert_in_range(n, 0, WRITERS * EACH - 1);
    marks[n] = true;
    return ES_OK;
}

static es_status mark_rows(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_query(tx, "SELECT n FROM t", NULL, 0, mark_row, ctx, err);
}

/** Each row is there if its write came back well, and its hook heard the same. */
static void check_writers(struct es_store *store, const struct writer writers[WRITERS])
{
    bool marks[WRITERS * EACH] = {false};

    assert_int_equal(es_store_read(store, ES_AS_OWNER, mark_rows, marks, NULL), ES_OK);
    for (int i = 0; i < WRITERS * EACH; i++) {
        es_status status = writers[i / EACH].status[i % EACH];

        assert_true(status == ES_OK || status == ES_E_WRITE);
        assert_int_equal(marks[i], status == ES_OK);
        assert_int_equal(writers[i / EACH].end[i % EACH],
                         status == ES_OK ? ES_TX_KEPT : ES_TX_DROPPED);
    }
}

static void on_a_disk_that_fills_up_only_what_is_acknowledged_is_there(void **state)
{
    struct lite_test *t = *state;
    struct writer writers[WRITERS];

    lite_test_open(t, &on_fault);
    fault->failed = 0;
    fault->write_budget = 30 << 20;
    fault->write_code = SQLITE_FULL;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.store = t->store, .first = i * EACH};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_pieces, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
    fault->write_code = 0;
    assert_true(fault->failed > 0);
    check_writers(t->store, writers);
    lite_test_close(t);
    lite_test_open(t, NULL);
    check_writers(t->store, writers);
}

static void say_fatal(void *ctx, const char *what)
{
    (void) what;
    if (write(STDOUT_FILENO, ctx, 1) != 1)
        _exit(1);
}

/** In a child: the sync at a commit, or at a checkpoint, fails. */
static int child_sync_fails(const char *url, bool at_checkpoint)
{
    char sign[] = "F";
    const struct es_store_options options = {
        .create = true, .vfs = "fault", .on_fatal = say_fatal, .fatal_ctx = sign};
    struct lite_test t = {0};

    snprintf(t.url, sizeof t.url, "%s", url);
    lite_test_open(&t, &options);
    if (at_checkpoint && lite_test_put(t.store, 1, "x", 1, NULL) != ES_OK)
        return 1;
    fault->sync_code = SQLITE_IOERR_FSYNC;
    if (at_checkpoint)
        return es_store_checkpoint(t.store, NULL) == ES_OK ? 2 : 3;
    return lite_test_put(t.store, 1, "x", 1, NULL) == ES_OK ? 2 : 3;
}

static void ends_the_process(struct lite_test *t, const char *verb)
{
    char said[8];
    int out;
    pid_t pid = lite_test_start(verb, t->url, &out);

    assert_int_equal(read(out, said, sizeof said), 1);
    assert_int_equal(said[0], 'F');
    assert_int_equal(lite_test_wait(pid), 70);
    close(out);
    lite_test_open(t, NULL);
}

static void a_failed_sync_of_a_commit_ends_the_process(void **state)
{
    struct lite_test *t = *state;

    ends_the_process(t, "sync-at-commit");
    assert_int_equal(lite_test_put(t->store, 2, "x", 1, NULL), ES_OK);
}

static void a_failed_sync_of_a_checkpoint_ends_the_process(void **state)
{
    struct lite_test *t = *state;

    ends_the_process(t, "sync-at-checkpoint");
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 1);
}

static void every_commit_is_synced(void **state)
{
    struct lite_test *t = *state;
    int before;

    lite_test_open(t, &on_fault);
    for (int64_t n = 0; n < 10; n++) {
        before = fault->syncs;
        assert_int_equal(lite_test_put(t->store, n, "x", 1, NULL), ES_OK);
        assert_true(fault->syncs > before);
    }
}

static void an_unknown_vfs_is_a_wrong_setting(void **state)
{
    const struct es_store_options options = {.create = true, .vfs = "no such"};
    struct lite_test *t = *state;

    assert_int_equal(es_store_open(t->url, &options, &t->store, NULL), ES_E_CONFIG);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
#define WITH_FOLDER(name) cmocka_unit_test_setup_teardown(name, lite_test_setup, lite_test_teardown)
        WITH_FOLDER(a_full_disk_drops_the_write_and_the_next_one_works),
        WITH_FOLDER(a_failed_write_drops_the_write_and_the_next_one_works),
        WITH_FOLDER(on_a_disk_that_fills_up_only_what_is_acknowledged_is_there),
        WITH_FOLDER(a_failed_sync_of_a_commit_ends_the_process),
        WITH_FOLDER(a_failed_sync_of_a_checkpoint_ends_the_process),
        WITH_FOLDER(every_commit_is_synced),
        WITH_FOLDER(an_unknown_vfs_is_a_wrong_setting),
    };
    struct fault state = {0};

    fault = &state;
    fault_vfs_register(fault);
    if (argc == 3)
        return child_sync_fails(argv[2], strcmp(argv[1], "sync-at-checkpoint") == 0);
    return cmocka_run_group_tests_name("sqlite/faults", tests, NULL, NULL);
}
