/* Transactions: what is kept, what is dropped, who is told, and many at once. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "contract.h"

#define GROUP_DROP "DROP TABLE IF EXISTS c_group"
#define GROUP_MAKE "CREATE TABLE c_group (who BIGINT, n BIGINT, PRIMARY KEY (who, n))"
#define THREADS 64
#define WRITES 20

static const char insert_row[] = "INSERT INTO c_group (who, n) VALUES ($1, $2)";
static const char count_rows[] = "SELECT count(*) FROM c_group";

static es_status put(struct es_tx *tx, int64_t who, int64_t n, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(who), es_value_int(n)};

    return es_tx_run(tx, insert_row, values, 2, NULL, err);
}

static es_status put_and_fail(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    ES_TRY(put(tx, 1, 1, err));
    return es_error_set(err, ES_E_FROZEN, "not today");
}

static void what_a_failing_function_did_is_not_kept(void **state)
{
    struct contract *c = *state;
    struct es_error err = {0};

    contract_table(c, GROUP_DROP, GROUP_MAKE, GROUP_MAKE);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, put_and_fail, NULL, &err), ES_E_FROZEN);
    assert_string_equal(err.text, "not today");
    assert_int_equal(contract_number(c, count_rows), 0);
    contract_script(c, GROUP_DROP);
}

static es_status swallow(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    ES_TRY(put(tx, 1, 1, err));
    assert_int_equal(put(tx, 1, 1, NULL), ES_E_EXISTS);
    assert_int_not_equal(put(tx, 1, 2, NULL), ES_OK);
    return ES_OK;
}

static void a_failed_statement_dooms_its_transaction(void **state)
{
    struct contract *c = *state;

    contract_table(c, GROUP_DROP, GROUP_MAKE, GROUP_MAKE);
    assert_int_not_equal(es_store_write(c->store, ES_AS_OWNER, swallow, NULL, NULL), ES_OK);
    assert_int_equal(contract_number(c, count_rows), 0);
    contract_script(c, GROUP_DROP);
}

static es_status queue_rows(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const int64_t *twice = ctx;

    for (int64_t n = 0; n < 10; n++) {
        const struct es_value values[] = {es_value_int(1), es_value_int(n)};

        ES_TRY(es_tx_queue(tx, insert_row, values, 2, err));
        if (n == *twice)
            ES_TRY(es_tx_queue(tx, insert_row, values, 2, err));
    }
    return ES_OK;
}

static es_status queue_and_flush(void *ctx, struct es_tx *tx, struct es_error *err)
{
    ES_TRY(queue_rows(ctx, tx, err));
    return es_tx_flush(tx, err);
}

static void queued_statements_are_kept_or_fail_at_the_commit_at_latest(void **state)
{
    struct contract *c = *state;
    int64_t none = -1, five = 5;

    contract_table(c, GROUP_DROP, GROUP_MAKE, GROUP_MAKE);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, queue_rows, &five, NULL), ES_E_EXISTS);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, queue_and_flush, &five, NULL),
                     ES_E_EXISTS);
    assert_int_equal(contract_number(c, count_rows), 0);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, queue_rows, &none, NULL), ES_OK);
    assert_int_equal(contract_number(c, count_rows), 10);
    contract_script(c, GROUP_DROP);
}

/** Hooks write down in which order and with what they were called. */
struct told {
    char order[8];
    size_t count;
    enum es_tx_end end;
    es_status result;
};

static void tell(struct told *told, char name, enum es_tx_end end)
{
    assert_true(told->count < sizeof told->order - 1);
    told->order[told->count++] = name;
    told->end = end;
}

static void tell_a(void *ctx, enum es_tx_end end)
{
    tell(ctx, 'a', end);
}

static void tell_b(void *ctx, enum es_tx_end end)
{
    tell(ctx, 'b', end);
}

static es_status with_hooks(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct told *told = ctx;

    *told = (struct told){.result = told->result};
    ES_TRY(es_tx_at_end(tx, tell_a, told, err));
    ES_TRY(es_tx_at_end(tx, tell_b, told, err));
    ES_TRY(put(tx, 7, 7, err));
    assert_int_equal(told->count, 0);
    return told->result;
}

static void hooks_hear_the_end_in_reverse_order_before_the_caller(void **state)
{
    struct contract *c = *state;
    struct told told = {.result = ES_E_FROZEN};

    contract_table(c, GROUP_DROP, GROUP_MAKE, GROUP_MAKE);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, with_hooks, &told, NULL), ES_E_FROZEN);
    assert_string_equal(told.order, "ba");
    assert_int_equal(told.end, ES_TX_DROPPED);
    told.result = ES_OK;
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, with_hooks, &told, NULL), ES_OK);
    assert_string_equal(told.order, "ba");
    assert_int_equal(told.end, ES_TX_KEPT);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, with_hooks, &told, NULL), ES_E_EXISTS);
    assert_string_equal(told.order, "ba");
    assert_int_equal(told.end, ES_TX_DROPPED);
    contract_script(c, GROUP_DROP);
}

/** Many threads behind one gate: a function holds a lane until all others have asked. */
struct crowd {
    struct contract *c;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int asked, entered;
    bool open;
    atomic_int kept, dropped, hooks_kept, hooks_dropped, wrong;
};

struct member {
    struct crowd *crowd;
    int64_t who, n;
    pthread_t thread;
};

static es_status hold_gate(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct crowd *crowd = ctx;

    (void) tx;
    (void) err;
    pthread_mutex_lock(&crowd->mutex);
    crowd->entered = 1;
    pthread_cond_broadcast(&crowd->changed);
    while (!crowd->open)
        pthread_cond_wait(&crowd->changed, &crowd->mutex);
    pthread_mutex_unlock(&crowd->mutex);
    return ES_OK;
}

static void *keep_gate(void *ctx)
{
    struct crowd *crowd = ctx;

    if (es_store_write(crowd->c->store, ES_AS_OWNER, hold_gate, crowd, NULL) != ES_OK)
        crowd->wrong++;
    return NULL;
}

static void count_end(void *ctx, enum es_tx_end end)
{
    struct crowd *crowd = ctx;

    if (end == ES_TX_KEPT)
        crowd->hooks_kept++;
    else
        crowd->hooks_dropped++;
}

/** A quarter is kept; others fail after they wrote, by a statement, or only at the commit. */
static es_status some_fail(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct member *m = ctx;

    ES_TRY(es_tx_at_end(tx, count_end, m->crowd, err));
    ES_TRY(put(tx, m->who, m->n, err));
    ES_ENSURE(m->who % 4 != 1, err, ES_E_FROZEN, "this one fails");
    if (m->who % 4 == 2)
        ES_TRY(put(tx, m->who, m->n, err));
    if (m->who % 4 == 3)
        ES_TRY(es_tx_run(tx, "INSERT INTO c_orphan (parent) VALUES (7)", NULL, 0, NULL, err));
    return ES_OK;
}

static void *ask_behind_gate(void *ctx)
{
    struct member *m = ctx;
    static const es_status expected[] = {ES_OK, ES_E_FROZEN, ES_E_EXISTS, ES_E_CONFLICT};
    es_status status;

    pthread_mutex_lock(&m->crowd->mutex);
    m->crowd->asked++;
    pthread_cond_broadcast(&m->crowd->changed);
    pthread_mutex_unlock(&m->crowd->mutex);
    status = es_store_write(m->crowd->c->store, ES_AS_OWNER, some_fail, m, NULL);
    if (status != expected[m->who % 4])
        m->crowd->wrong++;
    return NULL;
}

static void crowd_init(struct crowd *crowd, struct contract *c)
{
    *crowd = (struct crowd){.c = c};
    pthread_mutex_init(&crowd->mutex, NULL);
    pthread_cond_init(&crowd->changed, NULL);
}

static void crowd_clear(struct crowd *crowd)
{
    pthread_cond_destroy(&crowd->changed);
    pthread_mutex_destroy(&crowd->mutex);
}

static void wait_until(struct crowd *crowd, const int *count, int value)
{
    pthread_mutex_lock(&crowd->mutex);
    while (*count < value)
        pthread_cond_wait(&crowd->changed, &crowd->mutex);
    pthread_mutex_unlock(&crowd->mutex);
}

static void open_gate(struct crowd *crowd)
{
    for (int i = 0; i < 1000; i++) /* let those who asked come as far as the queue */
        sched_yield();
    pthread_mutex_lock(&crowd->mutex);
    crowd->open = true;
    pthread_cond_broadcast(&crowd->changed);
    pthread_mutex_unlock(&crowd->mutex);
}

static void a_failing_function_takes_no_other_of_its_group_along(void **state)
{
    static const char drop[] =
        "DROP TABLE IF EXISTS c_orphan; DROP TABLE IF EXISTS c_parent;" GROUP_DROP;
    static const char make[] = GROUP_MAKE
        "; CREATE TABLE c_parent (n BIGINT PRIMARY KEY);"
        "CREATE TABLE c_orphan (parent BIGINT NOT NULL REFERENCES c_parent (n)"
        " DEFERRABLE INITIALLY DEFERRED)";
    struct contract *c = *state;
    struct member members[THREADS];
    struct crowd crowd;
    pthread_t keeper;

    contract_table(c, drop, make, make);
    crowd_init(&crowd, c);
    assert_int_equal(pthread_create(&keeper, NULL, keep_gate, &crowd), 0);
    wait_until(&crowd, &crowd.entered, 1);
    for (int i = 0; i < THREADS; i++) {
        members[i] = (struct member){.crowd = &crowd, .who = i};
        assert_int_equal(pthread_create(&members[i].thread, NULL, ask_behind_gate, &members[i]), 0);
    }
    wait_until(&crowd, &crowd.asked, THREADS);
    open_gate(&crowd);
    pthread_join(keeper, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(members[i].thread, NULL);
    assert_int_equal(crowd.wrong, 0);
    assert_int_equal(crowd.hooks_kept, THREADS / 4);
    assert_int_equal(crowd.hooks_dropped, THREADS / 4 * 3);
    assert_int_equal(contract_number(c, count_rows), THREADS / 4);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_group WHERE who % 4 <> 0"), 0);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_orphan"), 0);
    crowd_clear(&crowd);
    contract_script(c, drop);
}

static es_status put_one(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct member *m = ctx;

    ES_TRY(put(tx, m->who, m->n, err));
    return es_tx_run(tx, "UPDATE c_sum SET n = n + 1", NULL, 0, NULL, err);
}

static void *write_many(void *ctx)
{
    struct member *m = ctx;

    for (m->n = 0; m->n < WRITES; m->n++)
        if (es_store_write(m->crowd->c->store, ES_AS_OWNER, put_one, m, NULL) != ES_OK)
            m->crowd->wrong++;
    return NULL;
}

static void writes_of_many_threads_are_all_kept_once(void **state)
{
    static const char make[] = GROUP_MAKE "; CREATE TABLE c_sum (n BIGINT NOT NULL);"
                                          "INSERT INTO c_sum (n) VALUES (0)";
    static const char drop[] = GROUP_DROP "; DROP TABLE IF EXISTS c_sum";
    struct contract *c = *state;
    struct member members[THREADS];
    struct crowd crowd;

    contract_table(c, drop, make, make);
    crowd_init(&crowd, c);
    for (int i = 0; i < THREADS; i++) {
        members[i] = (struct member){.crowd = &crowd, .who = i};
        assert_int_equal(pthread_create(&members[i].thread, NULL, write_many, &members[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(members[i].thread, NULL);
    assert_int_equal(crowd.wrong, 0);
    assert_int_equal(contract_number(c, count_rows), THREADS * WRITES);
    assert_int_equal(contract_number(c, "SELECT n FROM c_sum"), THREADS * WRITES);
    crowd_clear(&crowd);
    contract_script(c, drop);
}

static es_status count_twice(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct contract *c = ctx;
    int64_t before = -1, after = -1;

    ES_TRY(es_tx_query(tx, count_rows, NULL, 0, contract_read_number, &before, err));
    contract_script(c, "INSERT INTO c_group (who, n) VALUES (100, 1)");
    ES_TRY(es_tx_query(tx, count_rows, NULL, 0, contract_read_number, &after, err));
    assert_int_equal(before, after);
    return ES_OK;
}

static void a_read_sees_one_state_throughout(void **state)
{
    struct contract *c = *state;

    contract_table(c, GROUP_DROP, GROUP_MAKE, GROUP_MAKE);
    assert_int_equal(es_store_read(c->store, ES_AS_OWNER, count_twice, c, NULL), ES_OK);
    assert_int_equal(contract_number(c, count_rows), 1);
    contract_script(c, GROUP_DROP);
}

static es_status see_lane(void *ctx, struct es_tx *tx, struct es_error *err)
{
    unsigned *lane = ctx;

    (void) err;
    *lane = es_tx_lane(tx);
    return ES_OK;
}

static void a_lane_can_be_chosen(void **state)
{
    struct contract *c = *state;
    unsigned lanes = es_store_lanes(c->store), lane = 99;

    assert_true(lanes >= 1);
    for (unsigned i = 0; i < lanes; i++) {
        assert_int_equal(es_store_write_on(c->store, ES_AS_SERVICE, i, see_lane, &lane, NULL),
                         ES_OK);
        assert_int_equal(lane, i);
    }
    assert_int_equal(es_store_write_on(c->store, ES_AS_SERVICE, lanes, see_lane, &lane, NULL),
                     ES_E_RANGE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_a_failing_function_did_is_not_kept),
    cmocka_unit_test(a_failed_statement_dooms_its_transaction),
    cmocka_unit_test(queued_statements_are_kept_or_fail_at_the_commit_at_latest),
    cmocka_unit_test(hooks_hear_the_end_in_reverse_order_before_the_caller),
    cmocka_unit_test(a_failing_function_takes_no_other_of_its_group_along),
    cmocka_unit_test(writes_of_many_threads_are_all_kept_once),
    cmocka_unit_test(a_read_sees_one_state_throughout),
    cmocka_unit_test(a_lane_can_be_chosen),
};
const struct contract_part contract_groups = {tests, sizeof tests / sizeof *tests};
