/*
 * The signer against values that AWS publishes: the Signature Version 4 test suite (service
 * "service", 2015-08-30) and the examples of "Signature Calculations for the Authorization
 * Header: Transferring Payload in a Single Chunk" in the S3 API reference (2013-05-24).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sigv4.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SUITE_HOST                                                                                 \
    {                                                                                              \
        "host", "example.amazonaws.com"                                                            \
    }
#define SUITE_DATE                                                                                 \
    {                                                                                              \
        "x-amz-date", "20150830T123600Z"                                                           \
    }
#define S3_HOST                                                                                    \
    {                                                                                              \
        "host", "examplebucket.s3.amazonaws.com"                                                   \
    }
#define S3_DATE                                                                                    \
    {                                                                                              \
        "x-amz-date", "20130524T000000Z"                                                           \
    }
#define UNRESERVED "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct vector {
    const char *name, *method, *path;
    struct sigv4_pair query[4], headers[6];
    const char *payload_sha256, *signed_headers, *signature;
};

static const struct vector suite[] = {
    {"get-vanilla",
     "GET",
     "/",
     {{0}},
     {SUITE_HOST, SUITE_DATE},
     EMPTY,
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-query-order-key-case",
     "GET",
     "/",
     {{"Param2", "value2"}, {"Param1", "value1"}},
     {SUITE_DATE, SUITE_HOST},
     EMPTY,
     "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-query-order-value",
     "GET",
     "/",
     {{"Param1", "value2"}, {"Param1", "value1"}},
     {SUITE_HOST, SUITE_DATE},
     EMPTY,
     "host;x-amz-date",
     "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
    {"get-vanilla-query-unreserved",
     "GET",
     "/",
     {{UNRESERVED, UNRESERVED}},
     {SUITE_HOST, SUITE_DATE},
     EMPTY,
     "host;x-amz-date",
     "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {"get-vanilla-utf8-query",
     "GET",
     "/",
     {{"\xe1\x88\xb4", "bar"}},
     {SUITE_HOST, SUITE_DATE},
     EMPTY,
     "host;x-amz-date",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {"get-utf8",
     "GET",
     "/\xe1\x88\xb4",
     {{0}},
     {SUITE_HOST, SUITE_DATE},
     EMPTY,
     "host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"get-unreserved",
     "GET",
     "/" UNRESERVED,
     {{0}},
     {SUITE_HOST, SUITE_DATE},
     EMPTY,
     "host;x-amz-date",
     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-header-value-trim",
     "GET",
     "/",
     {{0}},
     {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}, SUITE_HOST, SUITE_DATE},
     EMPTY,
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"post-vanilla-query",
     "POST",
     "/",
     {{"Param1", "value1"}},
     {SUITE_HOST, SUITE_DATE},
     EMPTY,
     "host;x-amz-date",
     "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
    {"post-x-www-form-urlencoded",
     "POST",
     "/",
     {{0}},
     {{"content-type", "application/x-www-form-urlencoded"}, SUITE_HOST, SUITE_DATE},
     "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
     "content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
};

static const struct vector s3_examples[] = {
    {"GET Object",
     "GET",
     "/test.txt",
     {{0}},
     {S3_HOST, {"range", "bytes=0-9"}, {"x-amz-content-sha256", EMPTY}, S3_DATE},
     EMPTY,
     "host;range;x-amz-content-sha256;x-amz-date",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"PUT Object",
     "PUT",
     "/test$file.text",
     {{0}},
     {S3_HOST,
      {"date", "Fri, 24 May 2013 00:00:00 GMT"},
      S3_DATE,
      {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
      {"x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"}},
     "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
     "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"GET Bucket Lifecycle",
     "GET",
     "/",
     {{"lifecycle", ""}},
     {S3_HOST, {"x-amz-content-sha256", EMPTY}, S3_DATE},
     EMPTY,
     "host;x-amz-content-sha256;x-amz-date",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"GET Bucket (List Objects)",
     "GET",
     "/",
     {{"prefix", "J"}, {"max-keys", "2"}},
     {S3_HOST, {"x-amz-content-sha256", EMPTY}, S3_DATE},
     EMPTY,
     "host;x-amz-content-sha256;x-amz-date",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static size_t count_pairs(const struct sigv4_pair *pairs, size_t max)
{
    size_t count = 0;

    while (count < max && pairs[count].name != NULL)
        count++;
    return count;
}

static struct sigv4_request request_of(const struct vector *v)
{
    return (struct sigv4_request){.method = v->method,
                                  .path = v->path,
                                  .query = v->query,
                                  .query_count = count_pairs(v->query, 4),
                                  .headers = v->headers,
                                  .header_count = count_pairs(v->headers, 6),
                                  .payload_sha256 = v->payload_sha256};
}

static void check(const struct vector *v, const struct sigv4_signer *signer)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1024);
    struct sigv4_request request = request_of(v);
    char expected[1024];

    (void) snprintf(expected, sizeof expected,
                    "AWS4-HMAC-SHA256 Credential=%.*s/%.8s/us-east-1/%s/aws4_request, "
                    "SignedHeaders=%s, Signature=%s",
                    ES_SPAN_ARG(signer->access_key), signer->time, signer->service,
                    v->signed_headers, v->signature);
    assert_int_equal(sigv4_authorization(&request, signer, &out, NULL), ES_OK);
    if (!es_span_is(es_buf_span(&out), expected))
        print_error("%s\n", v->name);
    assert_string_equal(es_buf_cstr(&out), expected);
}

static struct sigv4_signer s3_signer(void)
{
    return (struct sigv4_signer){
        .access_key = es_span_str("AKIAIOSFODNN7EXAMPLE"),
        .secret_key = es_span_str("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        .region = "us-east-1",
        .service = "s3",
        .time = "20130524T000000Z"};
}

static void requests_of_the_test_suite_get_the_published_signatures(void **state)
{
    const struct sigv4_signer signer = {
        .access_key = es_span_str("AKIDEXAMPLE"),
        .secret_key = es_span_str("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        .region = "us-east-1",
        .service = "service",
        .time = "20150830T123600Z"};

    (void) state;
    for (size_t i = 0; i < sizeof suite / sizeof suite[0]; i++)
        check(&suite[i], &signer);
}

static void examples_of_the_s3_reference_get_the_published_signatures(void **state)
{
    const struct sigv4_signer signer = s3_signer();

    (void) state;
    for (size_t i = 0; i < sizeof s3_examples / sizeof s3_examples[0]; i++)
        check(&s3_examples[i], &signer);
}

static void the_canonical_request_is_the_published_one(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1024);
    struct sigv4_request request = request_of(&s3_examples[1]);

    (void) state;
    assert_int_equal(sigv4_canonical(&request, &out, NULL), ES_OK);
    assert_string_equal(
        es_buf_cstr(&out),
        "PUT\n/test%24file.text\n\ndate:Fri, 24 May 2013 00:00:00 GMT\n"
        "host:examplebucket.s3.amazonaws.com\n"
        "x-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n"
        "x-amz-date:20130524T000000Z\nx-amz-storage-class:REDUCED_REDUNDANCY\n\n"
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class\n"
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
}

static void more_headers_than_there_is_room_for_are_refused(void **state)
{
    struct sigv4_pair many[SIGV4_PAIRS_MAX + 1];
    const struct sigv4_signer signer = s3_signer();
    struct sigv4_request request = request_of(&s3_examples[0]);
    ES_AUTO(es_buf) out = ES_BUF_INIT(1024);

    (void) state;
    for (size_t i = 0; i <= SIGV4_PAIRS_MAX; i++)
        many[i] = (struct sigv4_pair){"a", "b"};
    request.headers = many;
    request.header_count = SIGV4_PAIRS_MAX + 1;
    assert_int_equal(sigv4_authorization(&request, &signer, &out, NULL), ES_E_LIMIT);
    request = request_of(&s3_examples[0]);
    request.query = many;
    request.query_count = SIGV4_PAIRS_MAX + 1;
    assert_int_equal(sigv4_authorization(&request, &signer, &out, NULL), ES_E_LIMIT);
    assert_int_equal(out.len, 0);
}

static void a_time_of_another_form_and_an_empty_secret_are_refused(void **state)
{
    struct sigv4_signer signer = s3_signer();
    struct sigv4_request request = request_of(&s3_examples[0]);
    ES_AUTO(es_buf) out = ES_BUF_INIT(1024);

    (void) state;
    signer.time = "20130524";
    assert_int_equal(sigv4_authorization(&request, &signer, &out, NULL), ES_E_RANGE);
    signer = s3_signer();
    signer.secret_key.len = 0;
    assert_int_equal(sigv4_authorization(&request, &signer, &out, NULL), ES_E_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_of_the_test_suite_get_the_published_signatures),
        cmocka_unit_test(examples_of_the_s3_reference_get_the_published_signatures),
        cmocka_unit_test(the_canonical_request_is_the_published_one),
        cmocka_unit_test(more_headers_than_there_is_room_for_are_refused),
        cmocka_unit_test(a_time_of_another_form_and_an_empty_secret_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
