/*
 * Each allocation failing in turn, ours and SQLite's: every call ends with a status, nothing is
 * leaked, and what was acknowledged is there.
 */
#include "lite_test.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

#include "es_queue.h"
#include "fault_vfs.h"

static const struct es_store_options quick = {.create = true, .readers = 1, .vfs = "fault"};

static atomic_long left = -1; /* allocations until one fails; below 0: none fails */
static atomic_bool failed;

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *ptr, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *ptr, size_t len);

static bool fails(void)
{
    bool now = left >= 0 && atomic_fetch_sub(&left, 1) == 0;

    if (now)
        failed = true;
    return now;
}

void *__wrap_malloc(size_t len)
{
    return fails() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
    return fails() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *ptr, size_t len)
{
    return fails() ? NULL : __real_realloc(ptr, len);
}

static sqlite3_mem_methods memory;

static void *sqlite_malloc(int len)
{
    return fails() ? NULL : memory.xMalloc(len);
}

static void *sqlite_realloc(void *ptr, int len)
{
    return fails() ? NULL : memory.xRealloc(ptr, len);
}

static bool wrap_sqlite(void)
{
    sqlite3_mem_methods mine;

    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory) != SQLITE_OK)
        return false;
    mine = memory;
    mine.xMalloc = sqlite_malloc;
    mine.xRealloc = sqlite_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &mine) == SQLITE_OK;
}

static es_status put_two(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(*(const int64_t *) ctx),
                                      es_value_blob(es_span_str("body"))};

    ES_TRY(es_tx_run(tx, "INSERT INTO t (n, body) VALUES ($1, $2)", values, 2, NULL, err));
    ES_TRY(es_queue_put(tx, "memory", es_span_str("item"), 1, err));
    return es_tx_notify(tx, "memory", err);
}

static es_status count_row(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    int64_t *rows = ctx;

    (void) columns;
    (void) err;
    assert_int_equal(count, 2);
    (*rows)++;
    return ES_OK;
}

static es_status read_all(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_query(tx, "SELECT n, body FROM t", NULL, 0, count_row, ctx, err);
}

static es_status finish(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_queue_done(tx, ctx, err);
}

/** Everything but copies, once. *kept tells whether the row n was acknowledged. */
static es_status use(struct es_store *store, int64_t n, bool *kept, struct es_error *err)
{
    struct es_queue_item item = {0};
    ES_AUTO_PTR(es_session) session = NULL;
    es_status status;
    int64_t rows = 0;
    uint64_t seen = 0;

    ES_TRY(es_store_check_schema(store, err));
    ES_TRY(es_store_write(store, ES_AS_OWNER, put_two, &n, err));
    *kept = true;
    ES_TRY(es_store_read(store, ES_AS_OWNER, read_all, &rows, err));
    ES_TRY(es_store_wait(store, "memory", &seen, 0, err));
    ES_TRY(es_session_open(store, ES_AS_OWNER, 5, &session, err));
    ES_TRY(es_queue_take(store, "memory", 1, 1, &item, err));
    status = es_session_write(session, finish, &item, err);
    es_queue_item_clear(&item);
    ES_TRY(status);
    return es_store_checkpoint(store, err);
}

static es_status open_and_use(const struct lite_test *t, int64_t n, bool *kept,
                              struct es_error *err)
{
    ES_AUTO_PTR(es_store) store = NULL;

    ES_TRY(es_store_open(t->url, &quick, &store, err));
    return use(store, n, kept, err);
}

static void each_allocation_that_fails_is_reported(void **state)
{
    struct lite_test *t = *state;
    struct es_clock clock = es_clock_system();
    int64_t kept_count = 0, n = 0;
    es_status status = ES_E_NOMEM;

    lite_test_open(t, &quick);
    assert_int_equal(es_store_migrate(t->store, &clock, NULL), ES_OK);
    for (failed = true; failed; n++) {
        struct es_error err = {0};
        bool kept = false;

        lite_test_close(t);
        failed = false;
        left = n;
        status = open_and_use(t, n, &kept, &err);
        left = -1;
        kept_count += kept ? 1 : 0;
        if (status != ES_OK && status != ES_E_NOMEM)
            fail_msg("allocation %d: %s", (int) n, err.text);
        lite_test_open(t, &quick);
        assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), kept_count);
    }
    assert_int_equal(status, ES_OK);
    assert_true(n > 100);
}

static es_status count_file(void *ctx, const char *name, struct es_error *err)
{
    (void) name;
    (void) err;
    ++*(int *) ctx;
    return ES_OK;
}

static int count_files(const char *folder)
{
    int count = 0;

    assert_int_equal(es_dir_each(folder, count_file, &count, NULL), ES_OK);
    return count;
}

static es_status copy_and_restore(struct es_store *store, const char *path, const char *url,
                                  struct es_error *err)
{
    ES_TRY(es_store_backup(store, path, err));
    return es_store_restore(url, path, err);
}

static void a_copy_that_lacks_memory_leaves_no_file(void **state)
{
    struct lite_test *t = *state;
    es_status status = ES_E_NOMEM;
    char path[200], url[220];

    snprintf(path, sizeof path, "%s/backup", t->folder);
    snprintf(url, sizeof url, "sqlite:%s/copy", t->folder);
    lite_test_open(t, &quick);
    failed = true;
    for (long n = 0; failed; n++) {
        struct es_error err = {0};

        failed = false;
        left = n;
        status = copy_and_restore(t->store, path, url, &err);
        left = -1;
        if (status != ES_OK && status != ES_E_NOMEM)
            fail_msg("allocation %ld: %s", n, err.text);
        assert_int_equal(access(url + 7, F_OK) == 0, status == ES_OK);
        unlink(path);
        unlink(url + 7);
    }
    assert_int_equal(status, ES_OK);
    lite_test_close(t);
    assert_int_equal(count_files(t->folder), 4); /* database, its log, index and lock */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_allocation_that_fails_is_reported, lite_test_setup,
                                        lite_test_teardown),
        cmocka_unit_test_setup_teardown(a_copy_that_lacks_memory_leaves_no_file, lite_test_setup,
                                        lite_test_teardown),
    };

    struct fault fault = {.no_syncs = true};

    if (!wrap_sqlite())
        return 1;
    fault_vfs_register(&fault);
    return cmocka_run_group_tests_name("sqlite/nomem", tests, NULL, NULL);
}
