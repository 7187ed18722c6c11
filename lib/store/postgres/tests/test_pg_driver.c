/*
 * What is PostgreSQL's own in the driver: settings, kinds of values, the pipeline, races, broken
 * connections, waking, backup. What all drivers share is in contract_store. Content is looked at
 * from outside, by libpq as superuser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "pg_fixture.h"

#define BACKENDS "FROM pg_stat_activity WHERE usename = 'eseal' AND datname = 'eseal'"

struct fixture {
    struct es_store *store;
};

static int setup(void **state)
{
    static struct fixture f;

    f.store = fixture_open(NULL);
    fixture_table(f.store, "t", "id BIGINT PRIMARY KEY, txt TEXT, bin BYTEA");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    es_store_free(((struct fixture *) *state)->store);
    return 0;
}

static int empty_table(void **state)
{
    (void) state;
    fixture_sql("TRUNCATE t");
    return 0;
}

static const char insert_row[] = "INSERT INTO t (id, txt, bin) VALUES ($1, $2, $3)";

static es_status put(struct es_tx *tx, int64_t id, const char *text, struct es_span bytes,
                     struct es_error *err)
{
    const struct es_value values[] = {es_value_int(id), es_value_text(text),
                                      bytes.ptr == NULL ? (struct es_value){.kind = ES_VALUE_NULL}
                                                        : es_value_blob(bytes)};

    return es_tx_run(tx, insert_row, values, 3, NULL, err);
}

static es_status take_int(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    (void) count;
    return es_value_get_int(&columns[0], ctx, err);
}

/* ---- settings ---- */

static void assert_open_refused(const char *url, const char *setting)
{
    struct es_store *store = NULL;
    struct es_error err = {0};

    assert_int_equal(es_store_open(url, NULL, &store, &err), ES_E_CONFIG);
    if (strstr(err.text, setting) == NULL)
        fail_msg("\"%s\" does not name %s", err.text, setting);
}

static void server_without_fsync_is_refused(void **state)
{
    static const char *const settings[] = {"fsync", "full_page_writes"};
    char sql[128];

    (void) state;
    for (size_t i = 0; i < 2; i++) {
        (void) snprintf(sql, sizeof sql, "ALTER SYSTEM SET %s = off", settings[i]);
        fixture_sql(sql);
        fixture_sql("SELECT pg_reload_conf()");
        (void) snprintf(sql, sizeof sql, "SELECT (current_setting('%s') = 'off')::int",
                        settings[i]);
        fixture_wait_for(sql, 1);
        assert_open_refused(getenv("ESEAL_STORE_URL"), settings[i]);
        (void) snprintf(sql, sizeof sql, "ALTER SYSTEM RESET %s", settings[i]);
        fixture_sql(sql);
        fixture_sql("SELECT pg_reload_conf()");
        (void) snprintf(sql, sizeof sql, "SELECT (current_setting('%s') = 'on')::int", settings[i]);
        fixture_wait_for(sql, 1);
    }
}

static void commits_that_are_not_synced_are_refused(void **state)
{
    static const char *const levels[] = {"off", "local", "remote_write"};
    char sql[128];

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        (void) snprintf(sql, sizeof sql, "ALTER ROLE eseal SET synchronous_commit = %s", levels[i]);
        fixture_sql(sql);
        assert_open_refused(getenv("ESEAL_STORE_URL"), "synchronous_commit");
    }
    fixture_sql("ALTER ROLE eseal RESET synchronous_commit");
}

static void database_that_is_not_there_is_absent(void **state)
{
    struct es_store *store = NULL;
    char url[512];
    const char *given = getenv("ESEAL_STORE_URL"), *rest = strstr(given, "/eseal?");

    (void) state;
    assert_non_null(rest);
    (void) snprintf(url, sizeof url, "%.*s/other%s", (int) (rest - given), given,
                    rest + strlen("/eseal"));
    assert_int_equal(es_store_open(url, NULL, &store, NULL), ES_E_ABSENT);
}

static void password_from_a_passfile_opens_over_tcp(void **state)
{
    struct es_store *store = NULL;
    struct es_error err = {0};

    (void) state;
    if (es_store_open(getenv("ESEAL_STORE_TCP_URL"), NULL, &store, &err) != ES_OK)
        fail_msg("%s", err.text);
    es_store_free(store);
}

static void user_the_server_does_not_know_is_denied(void **state)
{
    struct es_store *store = NULL;
    char url[512];

    (void) state;
    (void) snprintf(url, sizeof url, "%s_not", getenv("ESEAL_STORE_URL"));
    assert_int_equal(es_store_open(url, NULL, &store, NULL), ES_E_DENIED);
}

/* ---- values ---- */

static es_status put_values(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    ES_TRY(put(tx, INT64_MIN, "印章", es_span_of("\0\xff\n", 3), err));
    ES_TRY(put(tx, -1, "", es_span_of("", 0), err));
    ES_TRY(put(tx, 1, NULL, (struct es_span){0}, err));
    return put(tx, INT64_MAX, "x", (struct es_span){0}, err);
}

static void values_arrive_as_the_server_itself_shows_them(void **state)
{
    struct fixture *f = *state;
    char seen[256];

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, put_values, NULL, NULL), ES_OK);
    fixture_text("SELECT string_agg(id || ',' || coalesce(txt, '-') || ',' || "
                 "coalesce(encode(bin, 'hex'), '-'), ' ' ORDER BY id) FROM t",
                 seen, sizeof seen);
    assert_string_equal(seen, "-9223372036854775808,印章,00ff0a -1,, 1,-,- "
                              "9223372036854775807,x,-");
}

static es_status nulls_first(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "INSERT INTO t (id, txt, bin) VALUES ($1, $2, $3)";
    struct es_value values[3] = {es_value_int(1)};

    (void) ctx;
    ES_TRY(es_tx_run(tx, sql, values, 3, NULL, err));
    values[0] = es_value_int(2);
    values[1] = es_value_text("two");
    ES_TRY(es_tx_run(tx, sql, values, 3, NULL, err));
    values[0] = es_value_int(3);
    values[2] = es_value_blob(es_span_of("\3", 1));
    ES_TRY(es_tx_run(tx, sql, values, 3, NULL, err));
    values[0] = es_value_int(4);
    values[1] = (struct es_value){.kind = ES_VALUE_NULL};
    return es_tx_run(tx, sql, values, 3, NULL, err);
}

static void null_fits_any_place_before_and_after_other_kinds(void **state)
{
    struct fixture *f = *state;
    char seen[128];

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, nulls_first, NULL, NULL), ES_OK);
    fixture_text("SELECT string_agg(id || coalesce(txt, '-') || coalesce(encode(bin, 'hex'), "
                 "'-'), ' ' ORDER BY id) FROM t",
                 seen, sizeof seen);
    assert_string_equal(seen, "1-- 2two- 3two03 4-03");
}

/** Numbers as the server writes them in text, and what they are. */
struct number {
    const char *text;
    es_status status;
    int64_t expected, got;
};

static es_status read_number(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "SELECT CAST($1 AS numeric)";
    struct number *n = ctx;
    const struct es_value values[] = {es_value_text(n->text)};

    return es_tx_query(tx, sql, values, 1, take_int, &n->got, err);
}

static void whole_numbers_of_any_type_are_integers(void **state)
{
    struct number numbers[] = {
        {"0", ES_OK, 0, 7},
        {"-1", ES_OK, -1, 7},
        {"10000", ES_OK, 10000, 7},
        {"99990000", ES_OK, 99990000, 7},
        {"123456789012345678", ES_OK, 123456789012345678, 7},
        {"9223372036854775807", ES_OK, INT64_MAX, 7},
        {"-9223372036854775808", ES_OK, INT64_MIN, 7},
        {"9223372036854775808", ES_E_RANGE, 0, 0},
        {"-9223372036854775809", ES_E_RANGE, 0, 0},
        {"100000000000000000000000000", ES_E_RANGE, 0, 0},
        {"0.5", ES_E_RANGE, 0, 0},
        {"NaN", ES_E_RANGE, 0, 0},
        {"Infinity", ES_E_RANGE, 0, 0},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct number *n = &numbers[i];

        if (es_store_read(f->store, ES_AS_SERVICE, read_number, n, NULL) != n->status ||
            n->got != n->expected)
            fail_msg("%s", n->text);
    }
}

static es_status read_small(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "SELECT (-2)::smallint";
    static const char wide[] = "SELECT 4294967295::oid";
    static const char no[] = "SELECT 1.5::float8";
    int64_t *out = ctx;

    ES_TRY(es_tx_query(tx, sql, NULL, 0, take_int, &out[0], err));
    ES_TRY(es_tx_query(tx, wide, NULL, 0, take_int, &out[1], err));
    return es_tx_query(tx, no, NULL, 0, take_int, &out[2], err);
}

static void short_integers_keep_their_sign_and_floats_are_refused(void **state)
{
    struct fixture *f = *state;
    int64_t out[3] = {0};

    assert_int_equal(es_store_read(f->store, ES_AS_SERVICE, read_small, out, NULL),
                     ES_E_UNSUPPORTED);
    assert_int_equal(out[0], -2);
    assert_int_equal(out[1], 4294967295);
}

static es_status put_secret_twice(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    ES_TRY(put(tx, 987654321, "geheim", (struct es_span){0}, err));
    return put(tx, 987654321, "geheim", (struct es_span){0}, err);
}

static es_status cast_secret(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "SELECT CAST($1 AS bigint)";
    const struct es_value values[] = {es_value_text("geheim")};

    (void) ctx;
    return es_tx_run(tx, sql, values, 1, NULL, err);
}

static void text_of_an_error_holds_no_value(void **state)
{
    struct fixture *f = *state;
    struct es_error err = {0};

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, put_secret_twice, NULL, &err),
                     ES_E_EXISTS);
    assert_null(strstr(err.text, "geheim"));
    assert_null(strstr(err.text, "987654321"));
    assert_non_null(strstr(err.text, "t_pkey"));
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, cast_secret, NULL, &err), ES_E_RANGE);
    assert_null(strstr(err.text, "geheim"));
}

/* ---- rows ---- */

struct sum {
    struct es_tx *tx;
    int64_t rows, inner;
    bool nest;
};

static es_status add_row(void *ctx, const struct es_value *columns, size_t count,
                         struct es_error *err)
{
    static const char sql[] = "SELECT count(*) FROM generate_series(1, $1)";
    struct sum *sum = ctx;
    const struct es_value values[] = {columns[0]};
    int64_t inner = 0;

    (void) count;
    sum->rows++;
    if (!sum->nest)
        return ES_OK;
    ES_TRY(es_tx_query(sum->tx, sql, values, 1, take_int, &inner, err));
    sum->inner += inner;
    return ES_OK;
}

static es_status sum_rows(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char few[] = "SELECT generate_series(1::bigint, 200)";
    static const char many[] = "SELECT generate_series(1::bigint, 100000)";
    struct sum *sum = ctx;

    sum->tx = tx;
    return es_tx_query(tx, sum->nest ? few : many, NULL, 0, add_row, sum, err);
}

static void many_rows_pass_one_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct sum sum = {0};

    assert_int_equal(es_store_read(f->store, ES_AS_SERVICE, sum_rows, &sum, NULL), ES_OK);
    assert_int_equal(sum.rows, 100000);
}

static void row_may_ask_for_more_statements(void **state)
{
    struct fixture *f = *state;
    struct sum sum = {.nest = true};

    assert_int_equal(es_store_read(f->store, ES_AS_SERVICE, sum_rows, &sum, NULL), ES_OK);
    assert_int_equal(sum.rows, 200);
    assert_int_equal(sum.inner, 200 * 201 / 2);
}

static es_status refuse_row(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    (void) columns;
    (void) count;
    ++*(int *) ctx;
    return es_error_set(err, ES_E_MISMATCH, "enough");
}

static es_status stop_early(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "SELECT generate_series(1::bigint, 1000)";

    ES_ENSURE(es_tx_query(tx, sql, NULL, 0, refuse_row, ctx, err) == ES_E_MISMATCH, err,
              ES_E_INTERNAL, "not stopped");
    return put(tx, 1, "after", (struct es_span){0}, err);
}

static void row_that_fails_ends_the_query_but_not_the_transaction(void **state)
{
    struct fixture *f = *state;
    int calls = 0;

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, stop_early, &calls, NULL), ES_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(fixture_number("SELECT count(*) FROM t"), 1);
}

static es_status divide(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "SELECT 1 / (500 - n) FROM generate_series(1::bigint, 1000) n";
    struct sum *sum = ctx;

    return es_tx_query(tx, sql, NULL, 0, add_row, sum, err);
}

static void failure_behind_some_rows_is_told(void **state)
{
    struct fixture *f = *state;
    struct sum sum = {0};

    assert_int_equal(es_store_read(f->store, ES_AS_SERVICE, divide, &sum, NULL), ES_E_RANGE);
    assert_int_equal(sum.rows, 499);
}

/* ---- the pipeline ---- */

enum after { FLUSH, RUN, COMMIT };

static es_status queue_bad(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const enum after *after = ctx;

    for (int64_t i = 0; i < 5; i++) {
        const struct es_value values[] = {
            es_value_int(i == 3 ? 0 : i), es_value_text("q"), {.kind = ES_VALUE_NULL}};

        ES_TRY(es_tx_queue(tx, insert_row, values, 3, err));
    }
    if (*after == FLUSH)
        return es_tx_flush(tx, err);
    return *after == RUN ? put(tx, 77, "r", (struct es_span){0}, err) : ES_OK;
}

static void queued_failure_shows_at_flush_run_or_commit(void **state)
{
    struct fixture *f = *state;

    for (enum after after = FLUSH; after <= COMMIT; after++) {
        struct es_error err = {0};

        assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, queue_bad, &after, &err),
                         ES_E_EXISTS);
        assert_non_null(strstr(err.text, "t_pkey"));
        assert_int_equal(fixture_number("SELECT count(*) FROM t"), 0);
    }
}

static es_status queue_many(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "INSERT INTO t (id, bin) VALUES ($1, $2) RETURNING bin, bin, bin";
    static uint8_t body[8192];
    int64_t *count = ctx;

    for (int64_t i = 0; i < *count; i++) {
        const struct es_value values[] = {es_value_int(i),
                                          es_value_blob(es_span_of(body, sizeof body))};

        ES_TRY(es_tx_queue(tx, sql, values, 2, err));
    }
    return ES_OK;
}

static void long_queue_with_long_answers_does_not_stall(void **state)
{
    struct fixture *f = *state;
    int64_t count = 1100;

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, queue_many, &count, NULL), ES_OK);
    assert_int_equal(fixture_number("SELECT count(*) FROM t"), 1100);
}

static es_status swallow(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    ES_TRY(put(tx, 1, "a", (struct es_span){0}, err));
    if (put(tx, 1, "b", (struct es_span){0}, NULL) == ES_OK ||
        put(tx, 2, "c", (struct es_span){0}, NULL) == ES_OK)
        return es_error_set(err, ES_E_INTERNAL, "went on");
    return ES_OK;
}

static void failed_statement_spoils_the_transaction_even_if_hidden(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, swallow, NULL, NULL), ES_E_EXISTS);
    assert_int_equal(fixture_number("SELECT count(*) FROM t"), 0);
}

/* ---- races ---- */

struct race {
    pthread_barrier_t both;
    struct es_store *store;
};
struct racer {
    struct race *race;
    int64_t first, second;
    int tries, dropped, kept;
    es_status status;
};

static void count_end(void *ctx, enum es_tx_end end)
{
    struct racer *r = ctx;

    r->dropped += end == ES_TX_DROPPED;
    r->kept += end == ES_TX_KEPT;
}

static es_status cross(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "UPDATE t SET txt = txt || 'x' WHERE id = $1";
    struct racer *r = ctx;
    const struct es_value first = es_value_int(r->first), second = es_value_int(r->second);

    r->tries++;
    ES_TRY(es_tx_at_end(tx, count_end, r, err));
    ES_TRY(es_tx_run(tx, sql, &first, 1, NULL, err));
    if (r->tries == 1)
        (void) pthread_barrier_wait(&r->race->both);
    return es_tx_run(tx, sql, &second, 1, NULL, err);
}

static void *race(void *ctx)
{
    struct racer *r = ctx;

    r->status = es_store_write(r->race->store, ES_AS_SERVICE, cross, r, NULL);
    return NULL;
}

static void deadlock_is_tried_again_until_both_are_kept(void **state)
{
    struct fixture *f = *state;
    struct race both = {.store = f->store};
    struct racer racers[2] = {{.race = &both, .first = 1, .second = 2},
                              {.race = &both, .first = 2, .second = 1}};
    pthread_t threads[2];

    fixture_sql("INSERT INTO t VALUES (1, '', NULL), (2, '', NULL)");
    (void) pthread_barrier_init(&both.both, NULL, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (int i = 0; i < 2; i++)
        (void) pthread_join(threads[i], NULL);
    (void) pthread_barrier_destroy(&both.both);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(racers[i].status, ES_OK);
        assert_int_equal(racers[i].kept, 1);
        assert_int_equal(racers[i].dropped, racers[i].tries - 1);
    }
    assert_true(racers[0].tries + racers[1].tries >= 3); /* at least one was beaten */
    assert_int_equal(fixture_number("SELECT count(*) FROM t WHERE txt = 'xx'"), 2);
}

static es_status lose_always(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] =
        "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'serialization_failure'; END $$";

    ++*(int *) ctx;
    return es_tx_script(tx, sql, err);
}

static void race_lost_every_time_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    int tries = 0;

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, lose_always, &tries, NULL),
                     ES_E_CONFLICT);
    assert_int_equal(tries, 10);
}

/* ---- connections ---- */

static es_status put_one(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return put(tx, *(const int64_t *) ctx, "one", (struct es_span){0}, err);
}

static void connection_that_died_at_rest_is_replaced_unnoticed(void **state)
{
    struct fixture *f = *state;
    int64_t id = 1;

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, put_one, &id, NULL), ES_OK);
    fixture_sql("SELECT pg_terminate_backend(pid) " BACKENDS);
    fixture_wait_for("SELECT count(*) " BACKENDS " AND backend_type = 'client backend'", 0);
    id = 2;
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, put_one, &id, NULL), ES_OK);
    assert_int_equal(fixture_number("SELECT count(*) FROM t"), 2);
}

static void session_whose_connection_died_is_lost_for_good(void **state)
{
    struct fixture *f = *state;
    struct es_session *session = NULL, *other = NULL;
    struct es_error err = {0};
    int64_t id = 1;

    assert_int_equal(es_session_open(f->store, ES_AS_SERVICE, 41, &session, NULL), ES_OK);
    assert_int_equal(es_session_open(f->store, ES_AS_SERVICE, 41, &other, &err), ES_E_CONFLICT);
    assert_int_equal(es_session_write(session, put_one, &id, NULL), ES_OK);
    fixture_sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    fixture_wait_for("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", 0);
    id = 2;
    assert_int_equal(es_session_write(session, put_one, &id, NULL), ES_E_UNREACHABLE);
    assert_int_equal(es_session_open(f->store, ES_AS_SERVICE, 41, &other, NULL), ES_OK);
    assert_int_equal(es_session_write(session, put_one, &id, NULL), ES_E_UNREACHABLE);
    assert_int_equal(es_session_write(other, put_one, &id, NULL), ES_OK);
    es_session_free(session);
    es_session_free(other);
    assert_int_equal(fixture_number("SELECT count(*) FROM t"), 2);
}

static es_status alter(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    return es_tx_script(tx, "ALTER TABLE u ADD COLUMN b BIGINT", err);
}

static es_status read_all(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "SELECT * FROM u";

    return es_tx_query(tx, sql, NULL, 0, take_int, ctx, err);
}

static void statement_that_no_longer_fits_its_table_is_prepared_anew(void **state)
{
    struct fixture *f = *state;
    int64_t seen = 0;

    fixture_table(f->store, "u", "a BIGINT");
    fixture_sql("INSERT INTO u VALUES (5)");
    assert_int_equal(es_store_read(f->store, ES_AS_SERVICE, read_all, &seen, NULL), ES_OK);
    assert_int_equal(es_store_write(f->store, ES_AS_OWNER, alter, NULL, NULL), ES_OK);
    assert_int_not_equal(es_store_read(f->store, ES_AS_SERVICE, read_all, &seen, NULL), ES_OK);
    seen = 0;
    assert_int_equal(es_store_read(f->store, ES_AS_SERVICE, read_all, &seen, NULL), ES_OK);
    assert_int_equal(seen, 5);
}

static void waiting_for_a_lock_has_an_end(void **state)
{
    const struct es_store_options options = {.wait_ms = 200, .lanes = 1};
    struct es_store *hasty = fixture_open(&options);
    PGconn *pq = fixture_admin();
    struct es_error err = {0};

    (void) state;
    PQclear(PQexec(pq, "BEGIN; LOCK TABLE t"));
    assert_int_equal(
        es_store_write(hasty, ES_AS_SERVICE, fixture_run, (char[]){"DELETE FROM t"}, &err),
        ES_E_CONFLICT);
    PQfinish(pq);
    es_store_free(hasty);
}

/* ---- waking ---- */

static es_status ring(void *channel, struct es_tx *tx, struct es_error *err)
{
    return es_tx_notify(tx, channel, err);
}

static es_status ring_and_fail(void *channel, struct es_tx *tx, struct es_error *err)
{
    ES_TRY(es_tx_notify(tx, channel, err));
    return es_error_set(err, ES_E_MISMATCH, "no");
}

/** Let what LISTEN itself causes pass. */
static uint64_t settle(struct es_store *store, const char *channel)
{
    uint64_t seen = 0;

    while (seen == 0)
        assert_int_equal(es_store_wait(store, channel, &seen, 60000, NULL), ES_OK);
    return seen;
}

static void other_process_is_woken(void **state)
{
    struct fixture *f = *state;
    struct es_store *other = fixture_open(NULL);
    uint64_t seen = settle(other, "bell"), before = seen;

    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, ring, (char[]){"bell"}, NULL), ES_OK);
    assert_int_equal(es_store_wait(other, "bell", &seen, 60000, NULL), ES_OK);
    assert_true(seen > before);
    es_store_free(other);
}

static void dropped_transaction_wakes_nobody(void **state)
{
    struct fixture *f = *state;
    uint64_t seen = settle(f->store, "quiet"), before = seen;

    assert_int_equal(
        es_store_write(f->store, ES_AS_SERVICE, ring_and_fail, (char[]){"quiet"}, NULL),
        ES_E_MISMATCH);
    assert_int_equal(es_store_wait(f->store, "quiet", &seen, 0, NULL), ES_OK);
    assert_int_equal(seen, before);
}

static void waking_comes_back_after_the_connection_was_lost(void **state)
{
    struct fixture *f = *state;
    struct es_store *other = fixture_open(NULL);
    uint64_t seen = settle(other, "bell"), before;

    fixture_sql("SELECT pg_terminate_backend(pid) " BACKENDS);
    for (before = seen; seen == before;) /* LISTEN again counts as a call */
        assert_int_equal(es_store_wait(other, "bell", &seen, 60000, NULL), ES_OK);
    before = seen;
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, ring, (char[]){"bell"}, NULL), ES_OK);
    assert_int_equal(es_store_wait(other, "bell", &seen, 60000, NULL), ES_OK);
    assert_true(seen > before);
    es_store_free(other);
}

/* ---- backup ---- */

static void make_url(const char *database, char *out, size_t cap)
{
    const char *given = getenv("ESEAL_STORE_URL"), *rest = strstr(given, "/eseal?");

    (void) snprintf(out, cap, "%.*s/%s%s", (int) (rest - given), given, database,
                    rest + strlen("/eseal"));
}

/** Let the user make tables in a new database, as an administrator would. */
static void give_schema(const char *database)
{
    char url[512];
    PGconn *pq;
    PGresult *result;

    make_url(database, url, sizeof url);
    *strstr(url, "user=eseal") = '\0';
    (void) strncat(url, "user=postgres", sizeof url - strlen(url) - 1);
    pq = PQconnectdb(url);
    result = PQexec(pq, "ALTER SCHEMA public OWNER TO eseal");
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(pq);
}

static int64_t count_in(const char *database, const char *sql)
{
    char url[512];
    PGconn *pq;
    PGresult *result;
    int64_t number;

    make_url(database, url, sizeof url);
    pq = PQconnectdb(url);
    PQclear(PQexec(pq, "SET ROLE eseal_owner"));
    result = PQexec(pq, sql);
    number = PQresultStatus(result) == PGRES_TUPLES_OK ? strtoll(PQgetvalue(result, 0, 0), NULL, 10)
                                                       : -1;
    PQclear(result);
    PQfinish(pq);
    return number;
}

static void backup_restores_into_an_empty_database(void **state)
{
    static const char leaf[] = "INSERT INTO log_tile (log_id, level, n, width, hashes) "
                               "VALUES (1, 0, 0, 1, '\\x0102')";
    static const char grants[] = "SELECT count(*) FROM information_schema.table_privileges "
                                 "WHERE table_schema = 'public'";
    struct fixture *f = *state;
    char folder[] = "/tmp/eseal-test-XXXXXX", path[64], url[512], sql[sizeof leaf];
    struct es_store *copy = NULL;
    struct es_error err = {0};

    assert_non_null(mkdtemp(folder));
    (void) snprintf(path, sizeof path, "%s/backup", folder);
    (void) snprintf(sql, sizeof sql, "%s", leaf);
    assert_int_equal(es_store_write(f->store, ES_AS_SEQUENCER, fixture_run, sql, NULL), ES_OK);
    if (es_store_backup(f->store, path, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_int_equal(es_store_backup(f->store, path, NULL), ES_E_EXISTS);
    fixture_sql("CREATE DATABASE copy OWNER eseal");
    make_url("copy", url, sizeof url);
    assert_int_equal(es_store_restore(url, path, &err), ES_E_DENIED);
    give_schema("copy");
    if (es_store_restore(url, path, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_int_equal(es_store_restore(url, path, NULL), ES_E_EXISTS);
    if (es_store_open(url, NULL, &copy, &err) != ES_OK ||
        es_store_check_schema(copy, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_int_equal(es_store_write(copy, ES_AS_SERVICE, fixture_run, sql, NULL), ES_E_DENIED);
    es_store_free(copy);
    assert_int_equal(count_in("copy", "SELECT count(*) FROM log_tile WHERE hashes = '\\x0102'"), 1);
    assert_int_equal(count_in("copy", grants), count_in("eseal", grants));
    (void) unlink(path);
    (void) rmdir(folder);
}

static void backup_that_is_none_is_refused(void **state)
{
    char path[] = "/tmp/eseal-test-XXXXXX", url[512];
    int fd = mkstemp(path);

    (void) state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "PGDMP\1", 6), 6);
    (void) close(fd);
    fixture_sql("CREATE DATABASE broken OWNER eseal");
    give_schema("broken");
    make_url("broken", url, sizeof url);
    assert_int_not_equal(es_store_restore(url, path, NULL), ES_OK);
    assert_int_equal(es_store_restore(url, "/nonexistent/file", NULL), ES_E_ABSENT);
    (void) unlink(path);
}

#define FRESH(test) cmocka_unit_test_setup(test, empty_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(server_without_fsync_is_refused),
        FRESH(commits_that_are_not_synced_are_refused),
        FRESH(database_that_is_not_there_is_absent),
        FRESH(password_from_a_passfile_opens_over_tcp),
        FRESH(user_the_server_does_not_know_is_denied),
        FRESH(values_arrive_as_the_server_itself_shows_them),
        FRESH(null_fits_any_place_before_and_after_other_kinds),
        FRESH(whole_numbers_of_any_type_are_integers),
        FRESH(short_integers_keep_their_sign_and_floats_are_refused),
        FRESH(text_of_an_error_holds_no_value),
        FRESH(many_rows_pass_one_at_a_time),
        FRESH(row_may_ask_for_more_statements),
        FRESH(row_that_fails_ends_the_query_but_not_the_transaction),
        FRESH(failure_behind_some_rows_is_told),
        FRESH(queued_failure_shows_at_flush_run_or_commit),
        FRESH(long_queue_with_long_answers_does_not_stall),
        FRESH(failed_statement_spoils_the_transaction_even_if_hidden),
        FRESH(deadlock_is_tried_again_until_both_are_kept),
        FRESH(race_lost_every_time_is_a_conflict),
        FRESH(connection_that_died_at_rest_is_replaced_unnoticed),
        FRESH(session_whose_connection_died_is_lost_for_good),
        FRESH(statement_that_no_longer_fits_its_table_is_prepared_anew),
        FRESH(waiting_for_a_lock_has_an_end),
        FRESH(other_process_is_woken),
        FRESH(dropped_transaction_wakes_nobody),
        FRESH(waking_comes_back_after_the_connection_was_lost),
        FRESH(backup_restores_into_an_empty_database),
        FRESH(backup_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
