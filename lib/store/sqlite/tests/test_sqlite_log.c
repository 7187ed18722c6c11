/* The write-ahead log: it does not grow without end, and what was deleted does not stay in it. */
#include "lite_test.h"

#include <unistd.h>

#define BODY_LEN 20000
#define LIMIT (16 << 20)

static es_status put_many(struct lite_test *t, int64_t from, int64_t to)
{
    static uint8_t body[BODY_LEN];

    for (int64_t n = from; n < to; n++)
        ES_TRY(lite_test_put(t->store, n, body, sizeof body, NULL));
    return ES_OK;
}

static void the_log_stays_within_bounds(void **state)
{
    struct lite_test *t = *state;

    lite_test_open(t, NULL);
    for (int64_t n = 0; n < 1500; n += 250) { /* 30 MB in all */
        assert_int_equal(put_many(t, n, n + 250), ES_OK);
        assert_in_range(lite_test_length(t, "-wal"), 1, LIMIT);
    }
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 1500);
}

static es_status write_while_reading(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct lite_test *t = ctx;
    int64_t n;

    ES_TRY(es_tx_script(tx, "SELECT count(*) FROM t", err)); /* from here on it holds its state */
    for (n = 0; n < 1000; n += 500)
        ES_TRY(put_many(t, n, n + 500));
    return ES_OK;
}

static void a_long_read_makes_it_grow_only_while_it_lasts(void **state)
{
    struct lite_test *t = *state;
    int64_t grown;

    lite_test_open(t, NULL);
    assert_int_equal(es_store_read(t->store, ES_AS_OWNER, write_while_reading, t, NULL), ES_OK);
    grown = lite_test_length(t, "-wal");
    assert_true(grown > LIMIT);
    assert_int_equal(put_many(t, 1000, 1700), ES_OK);
    assert_in_range(lite_test_length(t, "-wal"), 1, LIMIT);
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 1700);
}

static bool holds(const struct lite_test *t, const char *suffix, struct es_span marker)
{
    ES_AUTO(es_buf) raw = ES_BUF_INIT(64 << 20);

    lite_test_raw(t, suffix, &raw);
    return es_span_search(es_buf_span(&raw), marker, NULL);
}

/** Small and large: inside a page and on overflow pages, at the end of the bytes. */
static void deleted_bytes_are_gone(struct lite_test *t, size_t len)
{
    static const char marker[] = "7c0f2d41-nobody-else-says-this";
    struct es_span mark = es_span_str(marker);
    uint8_t *body = calloc(1, len + mark.len);

    assert_non_null(body);
    memcpy(body + len, marker, mark.len);
    lite_test_open(t, NULL);
    assert_int_equal(lite_test_put(t->store, 1, "before", 6, NULL), ES_OK);
    assert_int_equal(lite_test_put(t->store, 2, body, len + mark.len, NULL), ES_OK);
    assert_true(holds(t, "-wal", mark));
    assert_int_equal(es_store_checkpoint(t->store, NULL), ES_OK);
    assert_int_equal(lite_test_run(t->store, "DELETE FROM t WHERE n = 2", NULL), ES_OK);
    assert_int_equal(lite_test_put(t->store, 3, "after", 5, NULL), ES_OK);
    assert_int_equal(es_store_checkpoint(t->store, NULL), ES_OK);
    assert_int_equal(lite_test_length(t, "-wal"), 0);
    lite_test_close(t);
    assert_false(holds(t, "", mark));
    assert_true(holds(t, "", es_span_str("after")));
    free(body);
}

static void nothing_deleted_stays_in_a_page(void **state)
{
    deleted_bytes_are_gone(*state, 10);
}

static void nothing_deleted_stays_in_overflow_pages(void **state)
{
    deleted_bytes_are_gone(*state, 50000);
}

static void closing_leaves_an_empty_log(void **state)
{
    struct lite_test *t = *state;

    lite_test_open(t, NULL);
    assert_int_equal(put_many(t, 0, 10), ES_OK);
    lite_test_close(t);
    assert_true(lite_test_length(t, "-wal") <= 0);
    lite_test_open(t, NULL);
    assert_int_equal(lite_test_number(t->store, "SELECT count(*) FROM t"), 10);
}

static void backup_is_one_file(struct lite_test *t, char *path, size_t len)
{
    char beside[256];

    snprintf(path, len, "%s/copy", t->folder);
    assert_int_equal(es_store_backup(t->store, path, NULL), ES_OK);
    for (const char *const *s = (const char *const[]){"-wal", "-shm", "-journal", NULL}; *s; s++) {
        snprintf(beside, sizeof beside, "%s%s", path, *s);
        assert_int_not_equal(access(beside, F_OK), 0);
    }
}

static void a_damaged_copy_is_not_restored(void **state)
{
    ES_AUTO(es_buf) raw = ES_BUF_INIT(64 << 20);
    struct lite_test *t = *state;
    char path[200], target[200], url[220];

    lite_test_open(t, NULL);
    assert_int_equal(put_many(t, 0, 100), ES_OK);
    backup_is_one_file(t, path, sizeof path);
    assert_int_equal(es_file_read(path, &raw, NULL), ES_OK);
    snprintf(target, sizeof target, "%s/target.db", t->folder);
    snprintf(url, sizeof url, "sqlite:%s", target);
    memset(raw.ptr + 4096, 0x5a, 4096); /* the root page of t */
    assert_int_equal(es_file_write(path, es_buf_span(&raw), 0600, true, NULL), ES_OK);
    assert_int_equal(es_store_restore(url, path, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_file_write(path, es_span_sub(es_buf_span(&raw), 0, 5000), 0600, true, NULL),
                     ES_OK);
    assert_int_equal(es_store_restore(url, path, NULL), ES_E_INTEGRITY);
    assert_int_not_equal(access(target, F_OK), 0);
    assert_int_equal(es_store_restore(url, "/nowhere/at/all", NULL), ES_E_ABSENT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define WITH_FOLDER(name) cmocka_unit_test_setup_teardown(name, lite_test_setup, lite_test_teardown)
        WITH_FOLDER(the_log_stays_within_bounds),
        WITH_FOLDER(a_long_read_makes_it_grow_only_while_it_lasts),
        WITH_FOLDER(nothing_deleted_stays_in_a_page),
        WITH_FOLDER(nothing_deleted_stays_in_overflow_pages),
        WITH_FOLDER(closing_leaves_an_empty_log),
        WITH_FOLDER(a_damaged_copy_is_not_restored),
    };

    return cmocka_run_group_tests_name("sqlite/log", tests, NULL, NULL);
}
