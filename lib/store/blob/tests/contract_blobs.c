/*
 * What every kind of blob store owes, run over each: a folder, and a bucket behind an answerer
 * that checks signatures by itself. Digests are those of GB/T 32905 and of "openssl dgst -sm3".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answerer.h"
#include "blob_internal.h"

#include <ftw.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define ABC "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
#define NOTHING "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"
#define MIB3 "2394e7cd5222914567cf30a41a7c673682036660f476d47f371b4fd44072ae5f"

struct subject {
    struct es_blobs *blobs;
    char where[256];
    char folder[64];
    struct answerer answerer; /* s3 only */
    /* Put content under a key behind the store's back, below the folder or prefix. */
    void (*plant)(struct subject *s, const char *key, struct es_span content);
};

/* ---- the kinds ---- */

static void open_blobs(struct subject *s)
{
    assert_int_equal(es_blobs_open(s->where, &s->blobs, NULL), ES_OK);
}

static void plant_in_folder(struct subject *s, const char *key, struct es_span content)
{
    char path[256];

    (void) snprintf(path, sizeof path, "%s/objects/%s", s->folder, key);
    for (char *p = path + strlen(s->folder) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        (void) mkdir(path, 0700);
        *p = '/';
    }
    assert_int_equal(es_file_write(path, content, 0600, true, NULL), ES_OK);
}

static int setup_folder(void **state)
{
    const char *base = getenv("TMPDIR");
    struct subject *s = calloc(1, sizeof *s);

    assert_non_null(s);
    (void) snprintf(s->folder, sizeof s->folder, "%.40s/es-blob-XXXXXX",
                    base == NULL || strlen(base) > 40 ? "/tmp" : base);
    assert_non_null(mkdtemp(s->folder));
    (void) snprintf(s->where, sizeof s->where, "folder:%s/objects", s->folder);
    s->plant = plant_in_folder;
    open_blobs(s);
    *state = s;
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) type;
    (void) at;
    return remove(path);
}

static int teardown_folder(void **state)
{
    struct subject *s = *state;

    es_blobs_free(s->blobs);
    assert_int_equal(nftw(s->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(s);
    return 0;
}

static void plant_in_bucket(struct subject *s, const char *key, struct es_span content)
{
    ES_AUTO(es_buf) hex = ES_BUF_INIT(4096);

    es_buf_put_hex(&hex, content);
    assert_string_equal(answerer_tell(&s->answerer, "put some/where/%s %s", key, es_buf_cstr(&hex)),
                        "ok");
}

static int setup_s3(void **state)
{
    struct subject *s = calloc(1, sizeof *s);

    assert_non_null(s);
    answerer_start(&s->answerer, NULL, NULL);
    (void) snprintf(s->where, sizeof s->where, "s3:http://127.0.0.1:%u/%s/some/where?region=%s",
                    s->answerer.port, ANSWERER_BUCKET, ANSWERER_REGION);
    s->plant = plant_in_bucket;
    assert_string_equal(answerer_tell(&s->answerer, "page 2"), "ok");
    open_blobs(s);
    *state = s;
    return 0;
}

static int teardown_s3(void **state)
{
    struct subject *s = *state;

    es_blobs_free(s->blobs);
    assert_string_equal(answerer_tell(&s->answerer, "leaked"), "0");
    answerer_stop(&s->answerer);
    free(s);
    return 0;
}

/* ---- helpers ---- */

static void put_text(struct subject *s, const char *text, char name[ES_BLOB_NAME_LEN + 1])
{
    struct es_source source = es_source_memory(es_span_str(text));

    assert_int_equal(es_blob_put(s->blobs, &source, name, NULL), ES_OK);
}

static void assert_content(struct subject *s, const char *name, struct es_span expected)
{
    ES_AUTO(es_source) source = {.fd = -1};
    uint8_t *read = malloc(expected.len + 1);

    assert_non_null(read);
    assert_int_equal(es_blob_open(s->blobs, name, &source, NULL), ES_OK);
    assert_int_equal(source.len, expected.len);
    assert_int_equal(es_source_read(&source, 0, read, expected.len, NULL), ES_OK);
    if (expected.len > 0)
        assert_memory_equal(read, expected.ptr, expected.len);
    free(read);
}

static es_status open_status(struct subject *s, const char *name)
{
    ES_AUTO(es_source) source = {.fd = -1};
    es_status status = es_blob_open(s->blobs, name, &source, NULL);

    assert_true(status == ES_OK || source.fd == -1);
    return status;
}

struct seen {
    char names[64][ES_BLOB_NAME_LEN + 1];
    size_t count, fail_at;
};

static es_status see(void *ctx, const char *name, struct es_error *err)
{
    struct seen *seen = ctx;

    assert_in_range(seen->count, 0, 63);
    assert_int_equal(strlen(name), ES_BLOB_NAME_LEN);
    memcpy(seen->names[seen->count++], name, ES_BLOB_NAME_LEN + 1);
    ES_ENSURE(seen->count != seen->fail_at, err, ES_E_CONFLICT, "enough");
    return ES_OK;
}

static size_t count_objects(struct subject *s)
{
    struct seen seen = {.fail_at = 64};

    assert_int_equal(es_blob_each(s->blobs, see, &seen, NULL), ES_OK);
    return seen.count;
}

static void plant_under(struct subject *s, const char *name, struct es_span content)
{
    char key[ES_BLOB_KEY_LEN + 1];

    es_blob_key(name, key);
    s->plant(s, key, content);
}

/* ---- refusals ---- */

static void names_of_any_other_form_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        "abc",
        "../../../../../../../../../../../../../../../../../../etc/passwd",
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e",
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e00",
        "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0",
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8g0",
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e\n",
        "66/7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    };
    struct subject *s = *state;
    bool found;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(open_status(s, names[i]), ES_E_USAGE);
        assert_int_equal(es_blob_exists(s->blobs, names[i], &found, NULL), ES_E_USAGE);
        assert_int_equal(es_blob_remove(s->blobs, names[i], NULL), ES_E_USAGE);
    }
}

static void what_is_not_stored_is_absent(void **state)
{
    struct subject *s = *state;
    bool found = true;

    assert_int_equal(open_status(s, ABC), ES_E_ABSENT);
    assert_int_equal(es_blob_exists(s->blobs, ABC, &found, NULL), ES_OK);
    assert_false(found);
    assert_int_equal(es_blob_remove(s->blobs, ABC, NULL), ES_OK);
    assert_int_equal(count_objects(s), 0);
}

static void an_object_over_the_maximum_is_refused_unread(void **state)
{
    struct subject *s = *state;
    struct es_source source = {.fd = -1, .len = (uint64_t) ES_BLOB_MAX + 1};
    char name[ES_BLOB_NAME_LEN + 1] = "unchanged";

    assert_int_equal(es_blob_put(s->blobs, &source, name, NULL), ES_E_LIMIT);
    assert_string_equal(name, "unchanged");
}

static void a_source_that_cannot_be_read_stores_nothing(void **state)
{
    struct subject *s = *state;
    FILE *file = tmpfile();
    struct es_source source = {.len = 1000000};
    char name[ES_BLOB_NAME_LEN + 1] = "unchanged";

    assert_non_null(file);
    assert_int_equal(fputs("shorter than it was", file) >= 0 && fflush(file) == 0, 1);
    source.fd = fileno(file);
    assert_int_equal(es_blob_put(s->blobs, &source, name, NULL), ES_E_IO);
    assert_string_equal(name, "unchanged");
    assert_int_equal(count_objects(s), 0);
    (void) fclose(file);
}

static void a_changed_byte_is_found(void **state)
{
    struct subject *s = *state;
    char name[ES_BLOB_NAME_LEN + 1];
    struct es_source source = es_source_memory(es_span_str("abc"));

    put_text(s, "abc", name);
    plant_under(s, ABC, es_span_str("abd"));
    assert_int_equal(open_status(s, ABC), ES_E_INTEGRITY);
    assert_int_equal(es_blob_put(s->blobs, &source, name, NULL), ES_E_INTEGRITY);
    assert_int_equal(count_objects(s), 1);
}

static void a_wrong_length_is_found(void **state)
{
    static const char *const contents[] = {"", "ab", "abcd"};
    struct subject *s = *state;
    char name[ES_BLOB_NAME_LEN + 1];
    struct es_source source = es_source_memory(es_span_str("abc"));

    for (size_t i = 0; i < 3; i++) {
        plant_under(s, ABC, es_span_str(contents[i]));
        assert_int_equal(open_status(s, ABC), ES_E_INTEGRITY);
        assert_int_equal(es_blob_put(s->blobs, &source, name, NULL), ES_E_INTEGRITY);
    }
}

/* ---- what works ---- */

static void an_object_is_stored_under_the_published_digest(void **state)
{
    struct subject *s = *state;
    char name[ES_BLOB_NAME_LEN + 1];
    bool found = false;

    put_text(s, "abc", name);
    assert_string_equal(name, ABC);
    assert_int_equal(es_blob_exists(s->blobs, ABC, &found, NULL), ES_OK);
    assert_true(found);
    assert_content(s, ABC, es_span_str("abc"));
}

static void an_empty_object_is_one_too(void **state)
{
    struct subject *s = *state;
    char name[ES_BLOB_NAME_LEN + 1];

    put_text(s, "", name);
    assert_string_equal(name, NOTHING);
    assert_content(s, NOTHING, es_span_str(""));
}

/* 3 MiB and a byte: for i in range(3 * 2**20 + 1): byte (i * 31 + (i >> 8)) & 255 */
static void an_object_longer_than_all_buffers_comes_back_whole(void **state)
{
    struct subject *s = *state;
    size_t len = (3u << 20) + 1;
    uint8_t *bytes = malloc(len);
    char name[ES_BLOB_NAME_LEN + 1];
    struct es_source source;

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t) (i * 31 + (i >> 8));
    source = es_source_memory(es_span_of(bytes, len));
    assert_int_equal(es_blob_put(s->blobs, &source, name, NULL), ES_OK);
    assert_string_equal(name, MIB3);
    assert_content(s, MIB3, es_span_of(bytes, len));
    free(bytes);
}

static void storing_twice_is_harmless(void **state)
{
    struct subject *s = *state;
    char first[ES_BLOB_NAME_LEN + 1], second[ES_BLOB_NAME_LEN + 1];

    put_text(s, "the same", first);
    put_text(s, "the same", second);
    assert_string_equal(first, second);
    assert_int_equal(count_objects(s), 1);
    assert_content(s, first, es_span_str("the same"));
}

static void what_was_removed_is_absent_and_can_come_back(void **state)
{
    struct subject *s = *state;
    char name[ES_BLOB_NAME_LEN + 1];

    put_text(s, "abc", name);
    assert_int_equal(es_blob_remove(s->blobs, ABC, NULL), ES_OK);
    assert_int_equal(open_status(s, ABC), ES_E_ABSENT);
    assert_int_equal(es_blob_remove(s->blobs, ABC, NULL), ES_OK);
    put_text(s, "abc", name);
    assert_content(s, ABC, es_span_str("abc"));
}

static void an_open_object_outlives_its_removal(void **state)
{
    struct subject *s = *state;
    ES_AUTO(es_source) source = {.fd = -1};
    char name[ES_BLOB_NAME_LEN + 1], read[3];

    put_text(s, "abc", name);
    assert_int_equal(es_blob_open(s->blobs, ABC, &source, NULL), ES_OK);
    assert_int_equal(es_blob_remove(s->blobs, ABC, NULL), ES_OK);
    assert_int_equal(es_source_read(&source, 0, read, 3, NULL), ES_OK);
    assert_memory_equal(read, "abc", 3);
}

static void every_name_is_listed_once_and_in_order(void **state)
{
    struct subject *s = *state;
    struct seen seen = {.fail_at = 64};
    char name[ES_BLOB_NAME_LEN + 1], text[16];

    for (unsigned i = 0; i < 21; i++) {
        (void) snprintf(text, sizeof text, "object %u", i);
        put_text(s, text, name);
    }
    assert_int_equal(es_blob_each(s->blobs, see, &seen, NULL), ES_OK);
    assert_int_equal(seen.count, 21);
    for (size_t i = 1; i < seen.count; i++)
        assert_true(strcmp(seen.names[i - 1], seen.names[i]) < 0);
    for (size_t i = 0; i < seen.count; i++)
        assert_int_equal(open_status(s, seen.names[i]), ES_OK);
}

static void a_listing_ends_when_the_caller_fails(void **state)
{
    struct subject *s = *state;
    struct seen seen = {.fail_at = 3};
    struct es_error err = {0};
    char name[ES_BLOB_NAME_LEN + 1], text[16];

    for (unsigned i = 0; i < 5; i++) {
        (void) snprintf(text, sizeof text, "object %u", i);
        put_text(s, text, name);
    }
    assert_int_equal(es_blob_each(s->blobs, see, &seen, &err), ES_E_CONFLICT);
    assert_int_equal(seen.count, 3);
    assert_string_equal(err.text, "enough");
}

static void files_of_others_are_not_listed(void **state)
{
    static const char *const keys[] = {"00/00/readme", "66/c8/" ABC,        "README",
                                       "zz/00/" ABC,   "66/c7/" ABC ".bak", "66/c7/.new-01234567",
                                       "66/c7/+%25"};
    struct subject *s = *state;
    struct seen seen = {.fail_at = 64};
    char name[ES_BLOB_NAME_LEN + 1];

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        s->plant(s, keys[i], es_span_str("other"));
    put_text(s, "abc", name);
    assert_int_equal(es_blob_each(s->blobs, see, &seen, NULL), ES_OK);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.names[0], ABC);
}

static void what_was_stored_is_there_for_the_next_process(void **state)
{
    struct subject *s = *state;
    char name[ES_BLOB_NAME_LEN + 1];

    put_text(s, "abc", name);
    es_blobs_free(s->blobs);
    open_blobs(s);
    assert_content(s, ABC, es_span_str("abc"));
}

struct worker {
    pthread_t thread;
    struct es_blobs *blobs;
    unsigned number;
    es_status status;
};

/* Half of the objects are everybody's, half are its own. */
static void *work(void *ctx)
{
    struct worker *w = ctx;
    char name[ES_BLOB_NAME_LEN + 1], text[32];

    for (unsigned i = 0; i < 8 && w->status == ES_OK; i++) {
        ES_AUTO(es_source) back = {.fd = -1};
        struct es_source source;

        (void) snprintf(text, sizeof text, "object %u of %u", i, i % 2 == 0 ? 99 : w->number);
        source = es_source_memory(es_span_str(text));
        w->status = es_blob_put(w->blobs, &source, name, NULL);
        if (w->status == ES_OK)
            w->status = es_blob_open(w->blobs, name, &back, NULL);
    }
    return NULL;
}

static void several_threads_store_at_once(void **state)
{
    struct subject *s = *state;
    struct worker workers[4] = {0};

    for (unsigned i = 0; i < 4; i++) {
        workers[i] = (struct worker){.blobs = s->blobs, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(workers[i].status, ES_OK);
    assert_int_equal(count_objects(s), 4 + 4 * 4);
}

#define CASE(kind, function)                                                                       \
    {                                                                                              \
#kind ": " #function, function, setup_##kind, teardown_##kind, NULL                        \
    }
#define CASES(kind)                                                                                \
    CASE(kind, names_of_any_other_form_are_refused), CASE(kind, what_is_not_stored_is_absent),     \
        CASE(kind, an_object_over_the_maximum_is_refused_unread),                                  \
        CASE(kind, a_source_that_cannot_be_read_stores_nothing),                                   \
        CASE(kind, a_changed_byte_is_found), CASE(kind, a_wrong_length_is_found),                  \
        CASE(kind, an_object_is_stored_under_the_published_digest),                                \
        CASE(kind, an_empty_object_is_one_too),                                                    \
        CASE(kind, an_object_longer_than_all_buffers_comes_back_whole),                            \
        CASE(kind, storing_twice_is_harmless),                                                     \
        CASE(kind, what_was_removed_is_absent_and_can_come_back),                                  \
        CASE(kind, an_open_object_outlives_its_removal),                                           \
        CASE(kind, every_name_is_listed_once_and_in_order),                                        \
        CASE(kind, a_listing_ends_when_the_caller_fails),                                          \
        CASE(kind, files_of_others_are_not_listed),                                                \
        CASE(kind, what_was_stored_is_there_for_the_next_process),                                 \
        CASE(kind, several_threads_store_at_once)

int main(void)
{
    const struct CMUnitTest tests[] = {CASES(folder), CASES(s3)};

    return cmocka_run_group_tests_name("contract_blobs", tests, NULL, NULL);
}
