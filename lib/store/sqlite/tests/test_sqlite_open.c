/* Opening: settings that are not optional, one process, reading only, files of others. */
#include "lite_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static void the_writing_connection_has_its_settings(void **state)
{
    static const struct {
        const char *sql;
        int64_t value;
    } settings[] = {
        {"SELECT synchronous FROM pragma_synchronous", 2},
        {"SELECT foreign_keys FROM pragma_foreign_keys", 1},
        {"SELECT secure_delete FROM pragma_secure_delete", 1},
        {"SELECT trusted_schema FROM pragma_trusted_schema", 0},
        {"SELECT journal_mode = 'wal' FROM pragma_journal_mode", 1},
        {"PRAGMA wal_autocheckpoint", 0},
        {"PRAGMA temp_store", 2},
        {"PRAGMA cell_size_check", 1},
    };
    struct lite_test *t = *state;

    lite_test_open(t, NULL);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_int_equal(lite_test_number_written(t->store, settings[i].sql), settings[i].value);
    assert_int_equal(lite_test_number(t->store, "PRAGMA trusted_schema"), 0);
    assert_int_equal(lite_test_number(t->store, "PRAGMA cell_size_check"), 1);
}

static void a_function_cannot_end_its_transaction_or_change_a_setting(void **state)
{
    static const char *const forbidden[] = {
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "SAVEPOINT mine",
        "RELEASE one",
        "ROLLBACK TO one",
        "DETACH main",
        "PRAGMA synchronous=OFF",
        "PRAGMA foreign_keys(0)",
        "ATTACH ':memory:' AS m",
    };
    struct lite_test *t = *state;

    lite_test_open(t, NULL);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        assert_int_equal(lite_test_run(t->store, forbidden[i], NULL), ES_E_DENIED);
    assert_int_equal(lite_test_number_written(t->store, "PRAGMA synchronous"), 2);
    assert_int_equal(lite_test_number_written(t->store, "PRAGMA foreign_keys"), 1);
}

static void another_process_is_refused(void **state)
{
    struct lite_test *t = *state;
    char name[200], other[256];
    int out;
    pid_t pid;

    lite_test_open(t, NULL);
    pid = lite_test_start("open", t->url, &out);
    assert_int_equal(lite_test_wait(pid), 75); /* the exit code of a conflict */
    close(out);
    snprintf(name, sizeof name, "%s/link.db", t->folder);
    snprintf(other, sizeof other, "sqlite:%s", name);
    assert_int_equal(symlink(t->path, name), 0); /* another name of the same file */
    pid = lite_test_start("open", other, &out);
    assert_int_equal(lite_test_wait(pid), 75);
    close(out);
    lite_test_close(t);
    pid = lite_test_start("open", other, &out);
    assert_int_equal(lite_test_wait(pid), 0);
    close(out);
}

static void another_process_may_read(void **state)
{
    struct lite_test *t = *state;
    int out;
    pid_t pid;

    lite_test_open(t, NULL);
    assert_int_equal(lite_test_put(t->store, 41, "x", 1, NULL), ES_OK);
    pid = lite_test_start("read", t->url, &out);
    assert_int_equal(lite_test_wait(pid), 41);
    close(out);
}

static void reading_only_works_after_the_writer_has_gone(void **state)
{
    const struct es_store_options options = {.read_only = true};
    struct lite_test *t = *state;

    lite_test_open(t, NULL);
    assert_int_equal(lite_test_put(t->store, 41, "x", 1, NULL), ES_OK);
    lite_test_close(t);
    lite_test_open(t, &options);
    assert_int_equal(lite_test_number(t->store, "SELECT n FROM t"), 41);
    assert_int_equal(lite_test_put(t->store, 42, "x", 1, NULL), ES_E_DENIED);
    assert_int_equal(es_store_checkpoint(t->store, NULL), ES_E_DENIED);
}

static void an_absent_file_is_made_only_when_asked(void **state)
{
    const struct es_store_options reading = {.create = true, .read_only = true};
    struct lite_test *t = *state;
    struct stat st;

    assert_int_equal(es_store_open(t->url, NULL, &t->store, NULL), ES_E_ABSENT);
    assert_int_equal(es_store_open(t->url, &reading, &t->store, NULL), ES_E_ABSENT);
    assert_int_equal(lite_test_length(t, ""), -1);
    assert_int_equal(lite_test_length(t, ".lock"), -1);
    lite_test_open(t, NULL);
    assert_int_equal(stat(t->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(lite_test_length(t, "-wal") > 0);
}

static void a_file_that_is_no_database_is_refused_and_stays(void **state)
{
    static const char text[] = "this is a letter to somebody, and longer than a hundred bytes so "
                               "that it could hold the header of a database if it were one";
    const struct es_store_options reading = {.read_only = true};
    ES_AUTO(es_buf) raw = ES_BUF_INIT(4096);
    struct lite_test *t = *state;

    assert_int_equal(es_file_write(t->path, es_span_str(text), 0600, false, NULL), ES_OK);
    assert_int_equal(es_store_open(t->url, NULL, &t->store, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_store_open(t->url, &reading, &t->store, NULL), ES_E_INTEGRITY);
    lite_test_raw(t, "", &raw);
    assert_true(es_span_is(es_buf_span(&raw), text));
}

static void names_with_signs_of_uris_are_names(void **state)
{
    const struct es_store_options create = {.create = true};
    struct lite_test *t = *state;
    struct es_store *store = NULL;
    char url[256];
    struct stat st;

    snprintf(url, sizeof url, "sqlite:%s/a?mode=memory&x=%%41#印.db", t->folder);
    assert_int_equal(es_store_open(url, &create, &store, NULL), ES_OK);
    es_store_free(store);
    assert_int_equal(stat(url + 7, &st), 0);
}

/** Asks itself for another transaction. */
static es_status write_in_write(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) tx;
    return lite_test_put(ctx, 1, "x", 1, err);
}

static es_status checkpoint_in_write(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) tx;
    return es_store_checkpoint(ctx, err);
}

static void a_write_inside_a_write_is_refused_not_waited_for(void **state)
{
    struct lite_test *t = *state;

    lite_test_open(t, NULL);
    assert_int_equal(es_store_write(t->store, ES_AS_OWNER, write_in_write, t->store, NULL),
                     ES_E_CONFLICT);
    assert_int_equal(es_store_write(t->store, ES_AS_OWNER, checkpoint_in_write, t->store, NULL),
                     ES_E_CONFLICT);
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 0);
}

static const char nested[] = "SELECT n FROM t ORDER BY n";

struct depth {
    struct es_tx *tx;
    int level, rows;
};

static es_status ask_again(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct depth *d = ctx;
    es_status status = ES_OK;

    (void) columns;
    (void) count;
    d->rows++;
    if (d->level < 3) {
        d->level++;
        status = es_tx_query(d->tx, nested, NULL, 0, ask_again, d, err);
        d->level--;
    }
    return status;
}

static es_status ask_nested(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct depth *d = ctx;

    d->tx = tx;
    return es_tx_query(tx, nested, NULL, 0, ask_again, d, err);
}

static void a_statement_may_run_inside_itself(void **state)
{
    struct lite_test *t = *state;
    struct depth d = {0};

    lite_test_open(t, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(lite_test_put(t->store, i, "x", 1, NULL), ES_OK);
    assert_int_equal(es_store_read(t->store, ES_AS_OWNER, ask_nested, &d, NULL), ES_OK);
    assert_int_equal(d.rows, 3 + 9 + 27 + 81);
}

static es_status wrong_count(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct es_value values[3] = {0};

    return es_tx_run(tx, "INSERT INTO t (n, body) VALUES ($1, $2)", values, *(size_t *) ctx, NULL,
                     err);
}

static void values_must_fit_the_statement(void **state)
{
    struct lite_test *t = *state;

    lite_test_open(t, NULL);
    for (size_t count = 0; count <= 3; count++)
        if (count != 2)
            assert_int_equal(es_store_write(t->store, ES_AS_OWNER, wrong_count, &count, NULL),
                             ES_E_INTERNAL);
    assert_int_equal(lite_test_run(t->store, "DELETE FROM t; DELETE FROM t", NULL), ES_E_INTERNAL);
    assert_int_equal(lite_test_run(t->store, "DELETE FROM t WHERE n = ?", NULL), ES_E_INTERNAL);
    assert_int_equal(lite_test_run(t->store, "  ", NULL), ES_E_INTERNAL);
}

static es_status go_on_after_nonsense(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    ES_TRY(es_tx_run(tx, "INSERT INTO t (n) VALUES (1)", NULL, 0, NULL, err));
    assert_int_equal(es_tx_run(tx, "INSERT INTO nowhere (n) VALUES (1)", NULL, 0, NULL, NULL),
                     ES_E_INTERNAL);
    return ES_OK;
}

static void a_statement_that_cannot_be_prepared_dooms_its_transaction_too(void **state)
{
    struct lite_test *t = *state;
    struct es_error err = {0};

    lite_test_open(t, NULL);
    assert_int_equal(es_store_write(t->store, ES_AS_OWNER, go_on_after_nonsense, NULL, &err),
                     ES_E_INTERNAL);
    assert_non_null(strstr(err.text, "nowhere"));
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 0);
}

static es_status wait_for_gate(void *ctx, struct es_tx *tx, struct es_error *err)
{
    pthread_barrier_t *gate = ctx;

    (void) tx;
    (void) err;
    pthread_barrier_wait(gate); /* it runs */
    pthread_barrier_wait(gate); /* it may end */
    return ES_OK;
}

struct holder {
    struct es_store *store;
    pthread_barrier_t gate;
    bool reads;
    pthread_t opener;
    atomic_bool opened;
};

static void *open_gate(void *ctx)
{
    struct holder *h = ctx;

    h->opened = true;
    pthread_barrier_wait(&h->gate);
    return NULL;
}

static void *hold(void *ctx)
{
    struct holder *h = ctx;
    es_status status = h->reads
                           ? es_store_read(h->store, ES_AS_OWNER, wait_for_gate, &h->gate, NULL)
                           : es_store_write(h->store, ES_AS_OWNER, wait_for_gate, &h->gate, NULL);

    return status == ES_OK ? h : NULL;
}

static void who_waits_too_long_is_told_that_nothing_was_done(void **state)
{
    const struct es_store_options options = {.create = true, .readers = 1, .wait_ms = 20};
    struct lite_test *t = *state;
    struct holder h = {0};
    pthread_t thread;
    void *good;

    lite_test_open(t, &options);
    h.store = t->store;
    pthread_barrier_init(&h.gate, NULL, 2);
    for (int reads = 0; reads < 2; reads++) {
        h.reads = reads != 0;
        assert_int_equal(pthread_create(&thread, NULL, hold, &h), 0);
        pthread_barrier_wait(&h.gate);
        if (reads != 0)
            assert_int_equal(es_store_read(t->store, ES_AS_OWNER, wait_for_gate, &h.gate, NULL),
                             ES_E_UNREACHABLE);
        else
            assert_int_equal(lite_test_put(t->store, 1, "x", 1, NULL), ES_E_UNREACHABLE);
        pthread_barrier_wait(&h.gate);
        pthread_join(thread, &good);
        assert_non_null(good);
    }
    pthread_barrier_destroy(&h.gate);
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 0);
    assert_int_equal(lite_test_put(t->store, 1, "x", 1, NULL), ES_OK);
}

static void closing_waits_for_what_runs(void **state)
{
    struct lite_test *t = *state;
    struct holder h = {0};
    pthread_t thread;
    void *good;

    pthread_barrier_init(&h.gate, NULL, 2);
    for (int reads = 0; reads < 2; reads++) {
        lite_test_open(t, NULL);
        h.store = t->store;
        h.reads = reads != 0;
        h.opened = false;
        assert_int_equal(pthread_create(&thread, NULL, hold, &h), 0);
        pthread_barrier_wait(&h.gate);
        assert_int_equal(pthread_create(&h.opener, NULL, open_gate, &h), 0);
        lite_test_close(t);
        assert_true(h.opened);
        pthread_join(thread, &good);
        pthread_join(h.opener, NULL);
        assert_non_null(good);
    }
    pthread_barrier_destroy(&h.gate);
}

static int child_open(const char *url)
{
    ES_AUTO_PTR(es_store) store = NULL;
    es_status status = es_store_open(url, NULL, &store, NULL);

    return status == ES_OK ? 0 : es_status_exit(status);
}

static int child_read(const char *url)
{
    const struct es_store_options options = {.read_only = true};
    ES_AUTO_PTR(es_store) store = NULL;

    if (es_store_open(url, &options, &store, NULL) != ES_OK)
        return 1;
    return (int) lite_test_number(store, "SELECT n FROM t");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
#define WITH_FOLDER(name) cmocka_unit_test_setup_teardown(name, lite_test_setup, lite_test_teardown)
        WITH_FOLDER(the_writing_connection_has_its_settings),
        WITH_FOLDER(a_function_cannot_end_its_transaction_or_change_a_setting),
        WITH_FOLDER(another_process_is_refused),
        WITH_FOLDER(another_process_may_read),
        WITH_FOLDER(reading_only_works_after_the_writer_has_gone),
        WITH_FOLDER(an_absent_file_is_made_only_when_asked),
        WITH_FOLDER(a_file_that_is_no_database_is_refused_and_stays),
        WITH_FOLDER(names_with_signs_of_uris_are_names),
        WITH_FOLDER(a_write_inside_a_write_is_refused_not_waited_for),
        WITH_FOLDER(a_statement_may_run_inside_itself),
        WITH_FOLDER(values_must_fit_the_statement),
        WITH_FOLDER(a_statement_that_cannot_be_prepared_dooms_its_transaction_too),
        WITH_FOLDER(closing_waits_for_what_runs),
        WITH_FOLDER(who_waits_too_long_is_told_that_nothing_was_done),
    };

    if (argc == 3)
        return strcmp(argv[1], "open") == 0 ? child_open(argv[2]) : child_read(argv[2]);
    return cmocka_run_group_tests_name("sqlite/open", tests, NULL, NULL);
}
