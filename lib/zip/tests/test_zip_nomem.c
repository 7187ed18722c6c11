/* Out of memory at any point is told as such; nothing is lost and nothing reads as sound. */
#include "fail_alloc.h"
#include "zip_probe.h"

struct libdeflate_decompressor;
struct libdeflate_compressor;
struct libdeflate_decompressor *__real_libdeflate_alloc_decompressor(void);
struct libdeflate_decompressor *__wrap_libdeflate_alloc_decompressor(void);
struct libdeflate_compressor *__real_libdeflate_alloc_compressor(int level);
struct libdeflate_compressor *__wrap_libdeflate_alloc_compressor(int level);

struct libdeflate_decompressor *__wrap_libdeflate_alloc_decompressor(void)
{
    return fails_now() ? NULL : __real_libdeflate_alloc_decompressor();
}

struct libdeflate_compressor *__wrap_libdeflate_alloc_compressor(int level)
{
    return fails_now() ? NULL : __real_libdeflate_alloc_compressor(level);
}

static es_status ignore(void *ctx, struct es_span piece, struct es_error *err)
{
    (void) ctx;
    (void) piece;
    (void) err;
    return ES_OK;
}

static es_status read_all(const struct es_source *src, struct es_buf *out)
{
    struct es_zip_limits limits = es_zip_limits_default();
    ES_AUTO_PTR(es_zip) zip = NULL;

    ES_TRY(es_zip_open(src, &limits, NULL, &zip, NULL));
    for (uint32_t i = 0; i < es_zip_count(zip); i++) {
        ES_TRY(es_zip_read(zip, es_zip_at(zip, i), out, NULL));
        ES_TRY(es_zip_stream(zip, es_zip_at(zip, i), ignore, NULL, NULL));
    }
    return ES_OK;
}

static es_status write_all(struct es_span data, struct es_buf *out)
{
    ES_AUTO_PTR(es_zip_writer) writer = NULL;

    ES_TRY(es_zip_writer_new(es_zip_sink_buf(out), 0, &writer, NULL));
    ES_TRY(es_zip_writer_put(writer, "a", data, true, NULL));
    ES_TRY(es_zip_writer_put(writer, "b", data, false, NULL));
    return es_zip_writer_finish(writer, NULL);
}

static void reading_without_memory_says_so(void **state)
{
    struct zip_builder *b = *state;
    struct es_source src;
    long n;

    zip_build_add(b, "\xd6\xd0\xce\xc4\\A.xml", "<ofd/>");
    zip_build_add_deflated(b, "small", zip_build_zeros(b, 1000));
    zip_build_add_deflated(b, "large", zip_build_zeros(b, 300000));
    src = es_source_memory(zip_build_finish(b));
    for (n = 0;; n++) {
        struct es_buf out = ES_BUF_INIT(1 << 20);
        es_status status;

        fail_begin(n);
        status = read_all(&src, &out);
        es_buf_clear(&out);
        if (!fail_end()) {
            assert_int_equal(status, ES_OK);
            break;
        }
        assert_int_equal(status, ES_E_NOMEM);
    }
    assert_true(n > 10);
}

static void writing_without_memory_says_so(void **state)
{
    struct es_span data = zip_build_zeros(*state, 1000);
    long n;

    for (n = 0;; n++) {
        struct es_buf out = ES_BUF_INIT(1 << 20);
        es_status status;

        fail_begin(n);
        status = write_all(data, &out);
        es_buf_clear(&out);
        if (!fail_end()) {
            assert_int_equal(status, ES_OK);
            break;
        }
        assert_int_equal(status, ES_E_NOMEM);
    }
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ZIP_TEST(reading_without_memory_says_so),
        ZIP_TEST(writing_without_memory_says_so),
    };

    return cmocka_run_group_tests_name("zip/nomem", tests, NULL, NULL);
}
