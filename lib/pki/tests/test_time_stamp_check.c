/*
 * Judging time stamps: each reason for which a token proves nothing, and that a good one is good,
 * the real one among them. Tokens are made by the test where es_time_stamp_answer would refuse.
 */
#include "authority_fixture.h"

static const char value[] = "signature value";

struct fixture {
    struct identity root, other_root, tsa, stranger, signer;
    struct es_trust *trust;
    struct es_buf token;
    bool good;
    const char *why;
    struct es_error err;
};

static void trust_only(struct fixture *f, enum es_trust_kind kind, const struct es_cert *cert)
{
    es_trust_free(f->trust);
    f->trust = NULL;
    must(es_trust_new(&f->trust, &f->err), &f->err);
    if (cert)
        must(es_trust_add_cert(f->trust, kind, cert, &f->err), &f->err);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    f->root = identity_of("root", ES_CERT_ROOT, 1, NULL);
    f->other_root = identity_of("other root", ES_CERT_ROOT, 2, NULL);
    f->tsa = identity_of("TSA", ES_CERT_TSA, 3, &f->root);
    f->stranger = identity_of("TSA", ES_CERT_TSA, 4, &f->other_root);
    f->signer = identity_of("signer", ES_CERT_SIGNER, 5, &f->root);
    es_buf_init(&f->token, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct identity *all[] = {&f->root, &f->other_root, &f->tsa, &f->stranger, &f->signer};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        identity_clear(all[i]);
    es_trust_free(f->trust);
    es_buf_clear(&f->token);
    free(f);
    return 0;
}

/* The TimeStampResp of an authority at a time, without its envelope: the token. */
static void stamp_by(struct fixture *f, const struct identity *tsa, int64_t time_s)
{
    struct es_buf request = ES_BUF_INIT(4096), response = ES_BUF_INIT(65536);
    const uint8_t serial = 9;
    uint64_t seed = 1;
    uint8_t nonce[8];

    es_buf_reset(&f->token);
    must(es_time_stamp_request(es_span_str(value), es_random_seeded(&seed), nonce, &request,
                               &f->err),
         &f->err);
    must(es_time_stamp_answer(tsa->key, tsa->cert, es_buf_span(&request), time_s,
                              es_span_of(&serial, 1), &response, &f->err),
         &f->err);
    must(es_time_stamp_response(es_buf_span(&response), es_span_str(value), nonce, &f->token,
                                &f->err),
         &f->err);
    es_buf_clear(&request);
    es_buf_clear(&response);
}

static int fresh(void **state)
{
    struct fixture *f = *state;

    trust_only(f, ES_TRUST_TSA, f->tsa.cert);
    stamp_by(f, &f->tsa, T_2026);
    f->good = false;
    f->why = "unset";
    return 0;
}

static void check_over(struct fixture *f, struct es_span candidate, int64_t now_s)
{
    struct es_time_stamp *stamp = NULL;
    struct es_span candidates[2] = {es_span_str("another form"), candidate};

    must(es_time_stamp_decode(es_buf_span(&f->token), &stamp, &f->err), &f->err);
    must(es_time_stamp_check(f->trust, stamp, candidates, 2, now_s, &f->good, &f->why, NULL,
                             &f->err),
         &f->err);
    assert_int_equal(f->good, f->why == NULL);
    es_time_stamp_free(stamp);
}

static void check(struct fixture *f, int64_t now_s)
{
    check_over(f, es_span_str(value), now_s);
}

static void assert_why(const struct fixture *f, const char *why)
{
    assert_false(f->good);
    assert_string_equal(f->why, why);
}

static void assert_good(const struct fixture *f)
{
    if (!f->good)
        fail_msg("not good: %s", f->why);
}

/* ---- good ---- */

static void a_stamp_of_a_listed_authority_is_good(void **state)
{
    struct fixture *f = *state;

    check(f, T_2026 + DAY);
    assert_good(f);
}

static void a_stamp_of_an_authority_below_a_listed_root_is_good(void **state)
{
    struct fixture *f = *state;

    trust_only(f, ES_TRUST_TSA, f->root.cert);
    check(f, T_2026 + DAY);
    assert_good(f);
}

static void a_stamp_outlives_its_certificate(void **state)
{
    struct fixture *f = *state;

    check(f, T_2026 + 10 * (int64_t) YEAR);
    assert_good(f);
}

static void an_authoritys_clock_may_be_ahead_by_five_minutes(void **state)
{
    struct fixture *f = *state;

    check(f, T_2026 - 300);
    assert_good(f);
    check(f, T_2026 - 301);
    assert_why(f, "time lies in the future");
}

static void the_real_token_is_good_below_its_own_authority(void **state)
{
    struct fixture *f = *state;
    char path[1024];
    struct es_buf file = ES_BUF_INIT(1 << 20), der = ES_BUF_INIT(1 << 20);
    struct es_cms *cms = NULL;
    struct es_time_stamp *stamp = NULL;

    sample_path(path, sizeof path, "pdf-signed/sm2-pkcs7-timestamp.pdf");
    must(es_file_read(path, &file, &f->err), &f->err);
    must(es_hex_decode(es_span_sub(es_buf_span(&file), 59508, 84277 - 59507 - 2), &der, &f->err),
         &f->err);
    must(es_cms_decode(es_buf_span(&der), &cms, &f->err), &f->err);
    must(es_time_stamp_decode(cms->time_stamp, &stamp, &f->err), &f->err);
    trust_only(f, ES_TRUST_TSA, stamp->cms->signer);
    must(es_time_stamp_check(f->trust, stamp, &cms->sig, 1, stamp->gen_time_s + DAY, &f->good,
                             &f->why, NULL, &f->err),
         &f->err);
    assert_good(f);
    trust_only(f, ES_TRUST_TSA, f->root.cert);
    must(es_time_stamp_check(f->trust, stamp, &cms->sig, 1, stamp->gen_time_s + DAY, &f->good,
                             &f->why, NULL, &f->err),
         &f->err);
    assert_why(f, "authority not listed");
    es_time_stamp_free(stamp);
    es_cms_free(cms);
    es_buf_clear(&file);
    es_buf_clear(&der);
}

/* ---- not good ---- */

static void a_stamp_over_other_data_is_told(void **state)
{
    struct fixture *f = *state;

    check_over(f, es_span_str("other value"), T_2026 + DAY);
    assert_why(f, "imprint of other data");
}

static void an_unlisted_authority_is_told(void **state)
{
    struct fixture *f = *state;

    stamp_by(f, &f->stranger, T_2026);
    check(f, T_2026 + DAY);
    assert_why(f, "authority not listed");
    trust_only(f, ES_TRUST_TSA, NULL);
    check(f, T_2026 + DAY);
    assert_why(f, "authority not listed");
}

static void a_changed_value_or_info_is_told(void **state)
{
    struct fixture *f = *state;
    size_t at;

    f->token.ptr[f->token.len - 1] ^= 1;
    check(f, T_2026 + DAY);
    assert_why(f, "signature is wrong");
    f->token.ptr[f->token.len - 1] ^= 1;
    assert_true(es_span_search(es_buf_span(&f->token), es_span_str("20260101000000Z"), &at));
    f->token.ptr[at + 3] = '5';
    check(f, T_2026 + DAY);
    assert_why(f, "signature is wrong");
}

/* ---- tokens made by the test ---- */

struct shape {
    const struct identity *by;
    const char *gen_time;
    const char *imprint_oid; /* and digest */
    enum es_digest digest;
    int ess; /* 0 none, 1 v1 (SHA-1), 2 v2 with SM3, 3 v2 with default SHA-256, 4 of another */
    bool with_attrs, with_cert;
};

static void put_alg(struct es_buf *out, const char *oid)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    es_der_end(out, seq);
}

static void put_tst(struct es_buf *out, const struct shape *shape)
{
    uint8_t digest[64];
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    assert_int_equal(es_digest_once(shape->digest, es_span_str(value), digest, NULL), ES_OK);
    es_der_put_uint(out, 1);
    es_der_put_oid(out, "1.2.3");
    size_t imprint = es_der_begin(out, ES_DER_SEQUENCE);
    put_alg(out, shape->imprint_oid);
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(digest, es_digest_len(shape->digest)));
    es_der_end(out, imprint);
    es_der_put_uint(out, 77);
    es_der_put(out, ES_DER_GENERALIZED_TIME, es_span_str(shape->gen_time));
    es_der_end(out, seq);
}

static void put_attr(struct es_buf *out, const char *oid, struct es_span tlv)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    es_der_put(out, ES_DER_SET, tlv);
    es_der_end(out, seq);
}

static void put_ess(struct es_buf *out, const struct shape *shape)
{
    struct es_buf ids = ES_BUF_INIT(1024);
    enum es_digest digest = shape->ess == 1   ? ES_DIGEST_SHA1
                            : shape->ess == 3 ? ES_DIGEST_SHA256
                                              : ES_DIGEST_SM3;
    uint8_t hash[64];

    assert_int_equal(es_digest_once(digest, shape->by->cert->der, hash, NULL), ES_OK);
    hash[0] = (uint8_t) (hash[0] ^ (shape->ess == 4));
    size_t whole = es_der_begin(&ids, ES_DER_SEQUENCE);
    size_t list = es_der_begin(&ids, ES_DER_SEQUENCE);
    size_t id = es_der_begin(&ids, ES_DER_SEQUENCE);
    if (digest == ES_DIGEST_SM3)
        put_alg(&ids, "1.2.156.10197.1.401");
    es_der_put(&ids, ES_DER_OCTET_STRING, es_span_of(hash, es_digest_len(digest)));
    es_der_end(&ids, id);
    es_der_end(&ids, list);
    es_der_end(&ids, whole);
    put_attr(out, shape->ess == 1 ? "1.2.840.113549.1.9.16.2.12" : "1.2.840.113549.1.9.16.2.47",
             es_buf_span(&ids));
    es_buf_clear(&ids);
}

static void put_attrs(struct es_buf *out, const struct shape *shape, struct es_span tst)
{
    struct es_buf one = ES_BUF_INIT(256);
    uint8_t digest[32];

    es_der_put_oid(&one, "1.2.840.113549.1.9.16.1.4");
    put_attr(out, "1.2.840.113549.1.9.3", es_buf_span(&one));
    es_buf_reset(&one);
    assert_int_equal(es_sm3(tst, digest, NULL), ES_OK);
    es_der_put(&one, ES_DER_OCTET_STRING, es_span_of(digest, 32));
    put_attr(out, "1.2.840.113549.1.9.4", es_buf_span(&one));
    if (shape->ess)
        put_ess(out, shape);
    es_buf_clear(&one);
}

static void put_signer(struct es_buf *out, const struct shape *shape, struct es_span tst)
{
    struct es_buf attrs = ES_BUF_INIT(4096), message = ES_BUF_INIT(4096), sig = ES_BUF_INIT(256);
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    put_attrs(&attrs, shape, tst);
    if (shape->with_attrs)
        es_der_put(&message, ES_DER_SET, es_buf_span(&attrs));
    else
        es_buf_put_span(&message, tst);
    assert_int_equal(es_key_sign(shape->by->key, es_buf_span(&message), &sig, NULL), ES_OK);
    es_der_put_uint(out, 1);
    size_t id = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, shape->by->cert->issuer);
    es_der_put(out, ES_DER_INTEGER, shape->by->cert->serial);
    es_der_end(out, id);
    put_alg(out, "1.2.156.10197.1.401");
    if (shape->with_attrs)
        es_der_put(out, ES_DER_CONTEXT(0), es_buf_span(&attrs));
    put_alg(out, "1.2.156.10197.1.501");
    es_der_put(out, ES_DER_OCTET_STRING, es_buf_span(&sig));
    es_der_end(out, seq);
    es_buf_clear(&attrs);
    es_buf_clear(&message);
    es_buf_clear(&sig);
}

/* A token with GB/T 35275 OIDs outside: accepted as well. */
static void make_token(struct fixture *f, const struct shape *shape)
{
    struct es_buf tst = ES_BUF_INIT(4096), *out = &f->token;

    put_tst(&tst, shape);
    es_buf_reset(out);
    size_t outer = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, "1.2.156.10197.6.1.4.2.2");
    size_t wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
    size_t data = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_uint(out, 3);
    es_der_put(out, ES_DER_SET, es_span_of(NULL, 0));
    size_t content = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, "1.2.840.113549.1.9.16.1.4");
    size_t octets = es_der_begin(out, ES_DER_CONTEXT(0));
    es_der_put(out, ES_DER_OCTET_STRING, es_buf_span(&tst));
    es_der_end(out, octets);
    es_der_end(out, content);
    if (shape->with_cert)
        es_der_put(out, ES_DER_CONTEXT(0), shape->by->cert->der);
    size_t signers = es_der_begin(out, ES_DER_SET);
    put_signer(out, shape, es_buf_span(&tst));
    es_der_end(out, signers);
    es_der_end(out, data);
    es_der_end(out, wrapped);
    es_der_end(out, outer);
    es_buf_clear(&tst);
}

static struct shape good_shape(const struct fixture *f)
{
    return (struct shape){.by = &f->tsa,
                          .gen_time = "20260101000000.25Z",
                          .imprint_oid = "1.2.156.10197.1.401",
                          .digest = ES_DIGEST_SM3,
                          .ess = 2,
                          .with_attrs = true,
                          .with_cert = true};
}

static void certificate_digests_of_both_editions_are_taken(void **state)
{
    struct fixture *f = *state;
    struct shape shape = good_shape(f);

    for (shape.ess = 1; shape.ess <= 3; shape.ess++) {
        make_token(f, &shape);
        check(f, T_2026 + DAY);
        assert_good(f);
    }
    make_token(f, &shape); /* 4: of another certificate */
    check(f, T_2026 + DAY);
    assert_why(f, "signature names another certificate");
    shape.ess = 0;
    make_token(f, &shape);
    check(f, T_2026 + DAY);
    assert_why(f, "signature does not name its certificate");
}

static void a_weak_or_unknown_imprint_is_told(void **state)
{
    struct fixture *f = *state;
    struct shape shape = good_shape(f);

    shape.imprint_oid = "1.3.14.3.2.26";
    shape.digest = ES_DIGEST_SHA1;
    make_token(f, &shape);
    check(f, T_2026 + DAY);
    assert_why(f, "imprint's digest is weak");
    shape.imprint_oid = "1.2.3.4";
    make_token(f, &shape);
    check(f, T_2026 + DAY);
    assert_why(f, "imprint's digest is not known");
    shape.imprint_oid = "2.16.840.1.101.3.4.2.1";
    shape.digest = ES_DIGEST_SHA256;
    make_token(f, &shape);
    check(f, T_2026 + DAY);
    assert_good(f);
}

static void missing_certificate_or_attributes_are_told(void **state)
{
    struct fixture *f = *state;
    struct shape shape = good_shape(f);

    shape.with_cert = false;
    make_token(f, &shape);
    check(f, T_2026 + DAY);
    assert_why(f, "authority's certificate is missing");
    shape.with_cert = true;
    shape.with_attrs = false;
    make_token(f, &shape);
    check(f, T_2026 + DAY);
    assert_why(f, "signed attributes are missing");
}

static void a_certificate_for_sealing_does_not_stamp(void **state)
{
    struct fixture *f = *state;
    struct shape shape = good_shape(f);

    shape.by = &f->signer;
    trust_only(f, ES_TRUST_TSA, f->root.cert);
    make_token(f, &shape);
    check(f, T_2026 + DAY);
    assert_why(f, "certificate is not for time stamping");
}

static void a_time_outside_the_certificate_is_told(void **state)
{
    struct fixture *f = *state;
    struct shape shape = good_shape(f);

    shape.gen_time = "20241231235959Z";
    make_token(f, &shape);
    check(f, T_2026 + DAY);
    assert_why(f, "certificate was not valid at that time");
    shape.gen_time = "20300101000000Z";
    make_token(f, &shape);
    check(f, T_2026 + 9 * (int64_t) YEAR);
    assert_why(f, "certificate was not valid at that time");
}

static void odd_fractions_of_seconds_do_not_decode(void **state)
{
    static const char *const odd[] = {
        "20260101000000.Z",   "20260101000000.50Z", "20260101000000.5",          "2026010100000.5Z",
        "20260101000000.x5Z", "20260101000000,5Z",  "20260101000000.1234567890Z"};
    struct fixture *f = *state;
    struct shape shape = good_shape(f);
    struct es_time_stamp *stamp = NULL;

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        shape.gen_time = odd[i];
        make_token(f, &shape);
        assert_int_not_equal(es_time_stamp_decode(es_buf_span(&f->token), &stamp, NULL), ES_OK);
        assert_null(stamp);
    }
}

static void a_revoked_authority_is_told(void **state)
{
    struct fixture *f = *state;
    const struct es_revoked before = {f->tsa.cert->serial, T_2026 - DAY, 1},
                            after = {f->tsa.cert->serial, T_2026 + DAY, 4};
    struct es_buf crl = ES_BUF_INIT(65536);

    for (int i = 0; i < 2; i++) {
        trust_only(f, ES_TRUST_TSA, f->root.cert);
        es_buf_reset(&crl);
        must(es_crl_make(f->root.cert, f->root.key, i == 0 ? &after : &before, 1, 1, T_2026 + DAY,
                         T_2026 + 9 * DAY, &crl, &f->err),
             &f->err);
        must(es_trust_add_crl(f->trust, es_buf_span(&crl), &f->err), &f->err);
        check(f, T_2026 + 2 * DAY);
        if (i == 0)
            assert_good(f);
        else
            assert_why(f, "authority's certificate was revoked");
    }
    es_buf_clear(&crl);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stamp_of_a_listed_authority_is_good),
        TEST(a_stamp_of_an_authority_below_a_listed_root_is_good),
        TEST(a_stamp_outlives_its_certificate),
        TEST(an_authoritys_clock_may_be_ahead_by_five_minutes),
        TEST(the_real_token_is_good_below_its_own_authority),
        TEST(a_stamp_over_other_data_is_told),
        TEST(an_unlisted_authority_is_told),
        TEST(a_changed_value_or_info_is_told),
        TEST(certificate_digests_of_both_editions_are_taken),
        TEST(a_weak_or_unknown_imprint_is_told),
        TEST(missing_certificate_or_attributes_are_told),
        TEST(a_certificate_for_sealing_does_not_stamp),
        TEST(a_time_outside_the_certificate_is_told),
        TEST(odd_fractions_of_seconds_do_not_decode),
        TEST(a_revoked_authority_is_told),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
