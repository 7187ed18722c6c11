/*
 * Allocations failing one after another while objects are stored, read, listed and removed: an
 * operation gives its right answer or says that it could not, and never "not stored" or "changed"
 * of an object that is there and whole. Nothing is left behind or leaked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc.h"
#include "answerer.h"
#include "blob_internal.h"

#include <ftw.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#define ABC "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
#define ROUNDS_MAX 20000

struct fixture {
    struct answerer answerer;
    char where[256];
    struct es_blobs *blobs;
    long step; /* one allocation in so many is made to fail */
    size_t seen;
};

static es_status put_abc(struct fixture *f)
{
    struct es_source source = es_source_memory(es_span_str("abc"));
    char name[ES_BLOB_NAME_LEN + 1];

    return es_blob_put(f->blobs, &source, name, NULL);
}

static es_status open_abc(struct fixture *f)
{
    ES_AUTO(es_source) source = {.fd = -1};

    ES_TRY(es_blob_open(f->blobs, ABC, &source, NULL));
    assert_int_equal(source.len, 3);
    return ES_OK;
}

static es_status find_abc(struct fixture *f)
{
    bool found = false;

    ES_TRY(es_blob_exists(f->blobs, ABC, &found, NULL));
    assert_true(found);
    return ES_OK;
}

static es_status see(void *ctx, const char *name, struct es_error *err)
{
    struct fixture *f = ctx;

    (void) err;
    assert_string_equal(name, ABC);
    f->seen++;
    return ES_OK;
}

static es_status list_abc(struct fixture *f)
{
    f->seen = 0;
    ES_TRY(es_blob_each(f->blobs, see, f, NULL));
    assert_int_equal(f->seen, 1);
    return ES_OK;
}

static es_status remove_abc(struct fixture *f)
{
    return es_blob_remove(f->blobs, ABC, NULL);
}

static es_status reopen(struct fixture *f)
{
    struct es_blobs *blobs = NULL;

    ES_TRY(es_blobs_open(f->where, &blobs, NULL));
    es_blobs_free(blobs);
    return ES_OK;
}

/* What lack of memory may be called, also by OpenSSL and libcurl, which do not always say. */
static bool is_honest(es_status status)
{
    return status == ES_OK || status == ES_E_NOMEM || status == ES_E_CRYPTO ||
           status == ES_E_UNREACHABLE;
}

/* OpenSSL keeps what its error queue held; it is not part of any object. */
static long live_at_rest(void)
{
    OPENSSL_thread_stop();
    return alloc_live();
}

/* One round; false when the failing allocation was not met any more. */
static bool fail_one(struct fixture *f, long n, bool all, es_status (*run)(struct fixture *f),
                     long *grown)
{
    long before = live_at_rest();
    es_status status;
    bool met;

    alloc_fail(n, all);
    status = run(f);
    met = alloc_relent();
    *grown = live_at_rest() - before;
    if (!met)
        assert_int_equal(status, ES_OK);
    if (!is_honest(status))
        fail_msg("allocation %ld: status %d", n, (int) status);
    return met;
}

/* Libraries keep what they set up at first need; a leak comes again in the same round. */
static void fail_each(struct fixture *f, bool all, es_status (*run)(struct fixture *f))
{
    for (long n = 0; n < ROUNDS_MAX; n += f->step) {
        long grown;

        if (!fail_one(f, n, all, run, &grown))
            return;
        if (grown != 0)
            (void) fail_one(f, n, all, run, &grown);
        if (grown != 0)
            fail_msg("allocation %ld: %ld blocks not given back", n, grown);
    }
    fail_msg("no end");
}

/* put and remove change what is there, so each round of one is undone by the other. */
static es_status put_from_nothing(struct fixture *f)
{
    es_status status = put_abc(f);

    alloc_spare_begin();
    assert_int_equal(remove_abc(f), ES_OK);
    alloc_spare_end();
    return status;
}

static void run_all(struct fixture *f)
{
    es_status (*const steps[])(struct fixture * f) = {reopen,   put_abc,  open_abc,
                                                      find_abc, list_abc, remove_abc};

    assert_int_equal(put_abc(f), ES_OK); /* libraries set themselves up */
    assert_int_equal(open_abc(f), ES_OK);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        fail_each(f, false, steps[i]);
        fail_each(f, true, steps[i]);
    }
    fail_each(f, false, put_from_nothing);
    fail_each(f, true, put_from_nothing);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) at;
    assert_true(type != FTW_F); /* all objects are gone, and nothing half-written stayed */
    return remove(path);
}

static void a_folder_survives_lack_of_memory(void **state)
{
    struct fixture f = {.step = 1};
    const char *base = getenv("TMPDIR");
    char folder[64];

    (void) state;
    (void) snprintf(folder, sizeof folder, "%.40s/es-blob-XXXXXX",
                    base == NULL || strlen(base) > 40 ? "/tmp" : base);
    assert_non_null(mkdtemp(folder));
    (void) snprintf(f.where, sizeof f.where, "folder:%s/objects", folder);
    assert_int_equal(es_blobs_open(f.where, &f.blobs, NULL), ES_OK);
    run_all(&f);
    es_blobs_free(f.blobs);
    assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void a_bucket_survives_lack_of_memory(void **state)
{
    struct fixture f = {.step = 3};

    (void) state;
    answerer_start(&f.answerer, NULL, NULL);
    (void) snprintf(f.where, sizeof f.where, "s3:http://127.0.0.1:%u/%s?region=%s", f.answerer.port,
                    ANSWERER_BUCKET, ANSWERER_REGION);
    assert_int_equal(es_blobs_open(f.where, &f.blobs, NULL), ES_OK);
    run_all(&f);
    es_blobs_free(f.blobs);
    answerer_stop(&f.answerer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_survives_lack_of_memory),
        cmocka_unit_test(a_bucket_survives_lack_of_memory),
    };

    return cmocka_run_group_tests_name("blob_nomem", tests, NULL, NULL);
}
