/* What the tests of the SQLite driver share: a folder with a store in it, children, raw files. */
#ifndef ES_STORE_LITE_TEST_H
#define ES_STORE_LITE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/types.h>

#include "es_store.h"

struct lite_test {
    char folder[128], path[160], url[176];
    struct es_store *store; /* NULL: the test opens it itself */
};

/** Make a folder; no store yet. */
int lite_test_setup(void **state);
int lite_test_teardown(void **state);
/** Open the folder's store with a table t (n PRIMARY KEY, body). options may be NULL. */
void lite_test_open(struct lite_test *t, const struct es_store_options *options);
void lite_test_close(struct lite_test *t);
/** One statement without values, written as the owner. */
es_status lite_test_run(struct es_store *store, const char *sql, struct es_error *err);
int64_t lite_test_number(struct es_store *store, const char *sql);
int64_t lite_test_number_written(struct es_store *store, const char *sql);
/** INSERT INTO t of n with len bytes of body. */
es_status lite_test_put(struct es_store *store, int64_t n, const void *body, size_t len,
                        struct es_error *err);
/** Start this program again with two arguments; *out reads its standard output. */
pid_t lite_test_start(const char *verb, const char *url, int *out);
/** Its exit code; 256 + signal when it was killed. */
int lite_test_wait(pid_t pid);
/** The whole of a file beside the database ("" or "-wal"). */
void lite_test_raw(const struct lite_test *t, const char *suffix, struct es_buf *out);
/** Length of such a file, -1: absent. */
int64_t lite_test_length(const struct lite_test *t, const char *suffix);

#endif
