/* One group of functions, put together by hand, on a connection of its own. */
#include "lite_test.h"

#include "fault_vfs.h"
#include "sqlite/lite.h"

#define BIG_LEN (40 << 20) /* more than the page cache holds: its pages go to disk at once */

struct group {
    struct lite_test *t;
    struct fault *fault;
    struct lite_store store;
    struct lite_conn conn;
    char lock[180], vfs[8];
};

/** What a job puts, and what it heard of its end. */
struct part {
    struct group *g;
    int64_t n, len;
    bool spills; /* the disk is full while it runs */
    bool fails;
    int ended;
    enum es_tx_end end;
};

static struct fault the_fault;

static int setup(void **state)
{
    struct group *g = calloc(1, sizeof *g);
    void *t = NULL;

    assert_non_null(g);
    assert_int_equal(lite_test_setup(&t), 0);
    g->t = t;
    g->fault = &the_fault;
    snprintf(g->lock, sizeof g->lock, "%s.lock", g->t->path);
    memcpy(g->vfs, "fault", 6);
    assert_int_equal(es_file_write(g->lock, es_span_str(""), 0600, false, NULL), ES_OK);
    g->store = (struct lite_store){.path = g->t->path, .vfs = g->vfs, .wait_ms = 1000};
    assert_int_equal(lite_conn_open(&g->conn, &g->store, true, true, NULL), ES_OK);
    assert_int_equal(sqlite3_exec(g->conn.db, "CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    *state = g;
    return 0;
}

static int teardown(void **state)
{
    struct group *g = *state;
    void *t = g->t;

    lite_conn_clear(&g->conn);
    free(g);
    return lite_test_teardown(&t);
}

static void hear(void *ctx, enum es_tx_end end)
{
    struct part *part = ctx;

    part->ended++;
    part->end = end;
}

static es_status put(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct part *part = ctx;
    const struct es_value values[] = {es_value_int(part->n), es_value_int(part->len)};
    es_status status;

    ES_TRY(es_tx_at_end(tx, hear, part, err));
    part->g->fault->write_budget = 1 << 20;
    part->g->fault->write_code = part->spills ? SQLITE_FULL : 0;
    status = es_tx_run(tx, "INSERT INTO t (n, body) VALUES ($1, zeroblob($2))", values, 2, NULL,
                       err);
    part->g->fault->write_code = 0;
    ES_ENSURE(!part->fails, err, ES_E_FROZEN, "this one fails");
    return status;
}

static void run(struct group *g, struct part *parts, struct lite_job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        parts[i].g = g;
        parts[i].n = (int64_t) i;
        jobs[i] = (struct lite_job){
            .fn = put, .ctx = &parts[i], .next = i + 1 < count ? &jobs[i + 1] : NULL};
    }
    lite_group_run(&g->conn, jobs);
}

static bool is_there(const struct group *g, int64_t n)
{
    sqlite3_stmt *stmt = NULL;
    bool there;

    assert_int_equal(sqlite3_prepare_v2(g->conn.db, "SELECT n FROM t WHERE n = ?", -1, &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_int64(stmt, 1, n);
    there = sqlite3_step(stmt) == SQLITE_ROW;
    sqlite3_finalize(stmt);
    return there;
}

static void ended(const struct group *g, const struct part *part, const struct lite_job *job,
                  es_status status)
{
    assert_int_equal(job->status, status);
    assert_int_equal(part->ended, 1);
    assert_int_equal(part->end, status == ES_OK ? ES_TX_KEPT : ES_TX_DROPPED);
    assert_int_equal(is_there(g, part->n), status == ES_OK);
}

static void each_function_of_a_group_ends_by_itself(void **state)
{
    struct part parts[4] = {{.len = 1}, {.len = 1, .fails = true}, {.len = 1}, {.len = 1}};
    struct lite_job jobs[4];
    struct group *g = *state;
    int syncs = g->fault->syncs;

    run(g, parts, jobs, 4);
    ended(g, &parts[0], &jobs[0], ES_OK);
    ended(g, &parts[1], &jobs[1], ES_E_FROZEN);
    ended(g, &parts[2], &jobs[2], ES_OK);
    ended(g, &parts[3], &jobs[3], ES_OK);
    assert_true(g->fault->syncs > syncs);
}

static void a_group_is_synced_once(void **state)
{
    struct part alone = {.len = 1}, parts[100] = {{.len = 1}};
    struct lite_job job, jobs[100];
    struct group *g = *state;
    int one, many;

    run(g, &alone, &job, 1); /* the first also syncs the log's beginning */
    alone = (struct part){.len = 1};
    assert_int_equal(sqlite3_exec(g->conn.db, "DELETE FROM t", NULL, NULL, NULL), SQLITE_OK);
    one = g->fault->syncs;
    run(g, &alone, &job, 1);
    one = g->fault->syncs - one;
    assert_int_equal(sqlite3_exec(g->conn.db, "DELETE FROM t", NULL, NULL, NULL), SQLITE_OK);
    many = g->fault->syncs;
    run(g, parts, jobs, 100);
    many = g->fault->syncs - many;
    assert_int_equal(one, 1);
    assert_int_equal(many, 1);
}

static void when_the_transaction_is_lost_those_before_fail_and_those_behind_go_on(void **state)
{
    struct part parts[4] = {{.len = 1}, {.len = BIG_LEN, .spills = true}, {.len = 1}, {.len = 1}};
    struct lite_job jobs[4];
    struct group *g = *state;

    run(g, parts, jobs, 4);
    ended(g, &parts[0], &jobs[0], ES_E_WRITE);
    ended(g, &parts[1], &jobs[1], ES_E_WRITE);
    ended(g, &parts[2], &jobs[2], ES_OK);
    ended(g, &parts[3], &jobs[3], ES_OK);
}

static void a_transaction_lost_at_its_end_leaves_nothing_open(void **state)
{
    struct part parts[2] = {{.len = 1}, {.len = BIG_LEN, .spills = true, .fails = true}};
    struct part next = {.len = 1};
    struct lite_job jobs[2], job;
    struct group *g = *state;

    run(g, parts, jobs, 2);
    ended(g, &parts[0], &jobs[0], ES_E_WRITE);
    ended(g, &parts[1], &jobs[1], ES_E_FROZEN);
    run(g, &next, &job, 1);
    ended(g, &next, &job, ES_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_function_of_a_group_ends_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(a_group_is_synced_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            when_the_transaction_is_lost_those_before_fail_and_those_behind_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_transaction_lost_at_its_end_leaves_nothing_open, setup,
                                        teardown),
    };

    fault_vfs_register(&the_fault);
    return cmocka_run_group_tests_name("sqlite/group", tests, NULL, NULL);
}
