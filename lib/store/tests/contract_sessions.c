/* Who must be alone, and who waits to be told. */
#include <pthread.h>

#include "contract.h"

#define SETTLE_MS 100
#define LONG_MS 30000

static es_status put_row(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct es_value value = es_value_int(*(const int64_t *) ctx);

    return es_tx_run(tx, "INSERT INTO c_session (n) VALUES ($1)", &value, 1, NULL, err);
}

static es_status sum_rows(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_query(tx, "SELECT count(*) FROM c_session", NULL, 0, contract_read_number, ctx,
                       err);
}

static void fresh(struct contract *c)
{
    static const char make[] = "CREATE TABLE c_session (n BIGINT PRIMARY KEY)";

    contract_table(c, "DROP TABLE IF EXISTS c_session", make, make);
}

static void one_holds_a_lock_and_others_are_refused(void **state)
{
    struct es_session *first = NULL, *second = NULL, *other = NULL;
    struct contract *c = *state;

    assert_int_equal(es_session_open(c->store, ES_AS_SEQUENCER, 77, &first, NULL), ES_OK);
    assert_int_equal(es_session_open(c->store, ES_AS_SEQUENCER, 77, &second, NULL), ES_E_CONFLICT);
    assert_null(second);
    assert_int_equal(es_session_open(c->store, ES_AS_SEQUENCER, 78, &other, NULL), ES_OK);
    es_session_free(first);
    assert_int_equal(es_session_open(c->store, ES_AS_SEQUENCER, 77, &second, NULL), ES_OK);
    assert_int_equal(es_session_open(c->store, ES_AS_SEQUENCER, 78, &first, NULL), ES_E_CONFLICT);
    es_session_free(second);
    es_session_free(other);
    es_session_free(NULL);
}

static void a_session_writes_and_reads(void **state)
{
    struct es_session *session = NULL;
    struct contract *c = *state;
    int64_t n = 5, count = -1;

    fresh(c);
    assert_int_equal(es_session_open(c->store, ES_AS_OWNER, 79, &session, NULL), ES_OK);
    assert_int_equal(es_session_write(session, put_row, &n, NULL), ES_OK);
    assert_int_equal(es_session_write(session, put_row, &n, NULL), ES_E_EXISTS);
    n = 6;
    assert_int_equal(es_session_write(session, put_row, &n, NULL), ES_OK);
    assert_int_equal(es_session_read(session, sum_rows, &count, NULL), ES_OK);
    assert_int_equal(count, 2);
    es_session_free(session);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_session"), 2);
    contract_script(c, "DROP TABLE c_session");
}

/** Wait until nothing comes any more: a wake-up may come for nothing. */
static uint64_t settled(struct contract *c, const char *channel)
{
    uint64_t seen = 0, before;

    do {
        before = seen;
        assert_int_equal(es_store_wait(c->store, channel, &seen, SETTLE_MS, NULL), ES_OK);
    } while (seen != before);
    return seen;
}

static void channels_are_lower_case_words(void **state)
{
    static const char *const bad[] = {"", "Upper", "two words", "quo\"te", "1st", "a;b", "ä"};
    struct contract *c = *state;
    uint64_t seen = 0;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(es_store_wait(c->store, bad[i], &seen, 0, NULL), ES_E_USAGE);
    assert_int_equal(es_store_wait(c->store, NULL, &seen, 0, NULL), ES_E_USAGE);
}

struct bell {
    struct contract *c;
    uint64_t seen;
    int64_t n;
    int64_t rows;
    es_status status, result;
};

static es_status notify_with_row(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct bell *bell = ctx;
    uint64_t seen = bell->seen;

    ES_TRY(put_row(&bell->n, tx, err));
    ES_TRY(es_tx_notify(tx, "bell", err));
    ES_TRY(es_store_wait(bell->c->store, "bell", &seen, 0, err));
    assert_int_equal(seen, bell->seen); /* not before the commit */
    return bell->result;
}

/** Wait until the row is there; a lost wake-up would show as a time-out of the whole test. */
static void *wait_for_row(void *ctx)
{
    struct bell *bell = ctx;

    bell->status = es_store_wait(bell->c->store, "bell", &bell->seen, LONG_MS, NULL);
    if (bell->status == ES_OK)
        bell->status = es_store_read(bell->c->store, ES_AS_OWNER, sum_rows, &bell->rows, NULL);
    return NULL;
}

static void a_kept_notification_wakes_who_waits(void **state)
{
    struct contract *c = *state;
    struct bell ringer = {.c = c, .n = 1}, waiter = {.c = c};
    pthread_t thread;

    fresh(c);
    waiter.seen = ringer.seen = settled(c, "bell");
    assert_int_equal(pthread_create(&thread, NULL, wait_for_row, &waiter), 0);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, notify_with_row, &ringer, NULL), ES_OK);
    pthread_join(thread, NULL);
    assert_int_equal(waiter.status, ES_OK);
    assert_true(waiter.seen > ringer.seen);
    assert_int_equal(waiter.rows, 1);
    contract_script(c, "DROP TABLE c_session");
}

static es_status notify_other(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    return es_tx_notify(tx, "other_bell", err);
}

static void a_dropped_notification_wakes_nobody(void **state)
{
    struct contract *c = *state;
    struct bell bell = {.c = c, .n = 1, .result = ES_E_FROZEN};
    uint64_t other, other_before;

    fresh(c);
    other = other_before = settled(c, "other_bell");
    bell.seen = settled(c, "bell");
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, notify_with_row, &bell, NULL),
                     ES_E_FROZEN);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, notify_other, NULL, NULL), ES_OK);
    assert_int_equal(es_store_wait(c->store, "other_bell", &other, LONG_MS, NULL), ES_OK);
    assert_true(other > other_before); /* so whatever was sent before has come too */
    other = bell.seen;
    assert_int_equal(es_store_wait(c->store, "bell", &other, 0, NULL), ES_OK);
    assert_int_equal(other, bell.seen);
    contract_script(c, "DROP TABLE c_session");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(one_holds_a_lock_and_others_are_refused),
    cmocka_unit_test(a_session_writes_and_reads),
    cmocka_unit_test(channels_are_lower_case_words),
    cmocka_unit_test(a_kept_notification_wakes_who_waits),
    cmocka_unit_test(a_dropped_notification_wakes_nobody),
};
const struct contract_part contract_sessions = {tests, sizeof tests / sizeof *tests};
