/*
 * SignedData: real values of four producers and of a PDF, verified over the documents they came
 * with; what we write, read back and changed; shapes that must be refused.
 */
#include "authority_fixture.h"

struct fixture {
    struct identity root, signer, other;
    uint8_t digest[32];
    struct es_buf value; /* SignedData of ours over digest */
    struct es_arena arena;
    struct es_findings findings;
    struct es_error err;
};

static struct es_span digest_of(const struct fixture *f)
{
    return es_span_of(f->digest, sizeof f->digest);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    f->root = identity_of("root", ES_CERT_ROOT, 1, NULL);
    f->signer = identity_of("张三", ES_CERT_SIGNER, 3, &f->root);
    f->other = identity_of("李四", ES_CERT_SIGNER, 4, &f->root);
    es_buf_init(&f->value, 1 << 20);
    es_arena_init(&f->arena, 0);
    *state = f;
    return es_sm3(es_span_str("document"), f->digest, &f->err) == ES_OK ? 0 : -1;
}

static int fresh(void **state)
{
    struct fixture *f = *state;

    es_arena_clear(&f->arena);
    es_arena_init(&f->arena, 0);
    es_findings_init(&f->findings, &f->arena);
    es_buf_reset(&f->value);
    must(es_cms_sign(f->signer.key, f->signer.cert, digest_of(f), T_2026, &f->value, &f->err),
         &f->err);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    identity_clear(&f->root);
    identity_clear(&f->signer);
    identity_clear(&f->other);
    es_buf_clear(&f->value);
    es_arena_clear(&f->arena);
    free(f);
    return 0;
}

static struct es_cms *decode(struct es_span bytes)
{
    struct es_cms *cms = NULL;
    struct es_error err = {0};

    must(es_cms_decode(bytes, &cms, &err), &err);
    return cms;
}

static enum es_sig_answer verify(struct fixture *f, const struct es_cms *cms,
                                 const struct es_cert *signer, struct es_span message,
                                 struct es_span digest)
{
    enum es_sig_answer answer = ES_SIG_UNCHECKED;

    must(es_cms_verify(cms, signer, message, digest, ES_CHECK_SIGNATURE, "here", &answer,
                       &f->findings, &f->err),
         &f->err);
    return answer;
}

static const struct es_span nothing;

/* ---- real values ---- */

static void assert_no_findings(const struct fixture *f)
{
    const struct es_finding *first = f->findings.first;

    if (first)
        fail_msg("%s %s", es_code_info(first->code)->id, first->value[0] ? first->value[0] : "");
}

/** deviation: what form_deviation says, or NULL for no finding at all. */
static void sample_verifies(struct fixture *f, const char *package, const char *value_entry,
                            const char *data_entry, bool with_attrs, const char *deviation)
{
    struct es_buf value = sample_entry(package, value_entry);
    struct es_buf data = sample_entry(package, data_entry);
    uint8_t digest[32];
    struct es_cms *cms = decode(es_buf_span(&value));

    assert_true(cms->gmt);
    assert_int_equal(cms->has_attrs, with_attrs);
    assert_int_equal(cms->has_content, !with_attrs);
    assert_non_null(cms->signer);
    must(es_sm3(es_buf_span(&data), digest, &f->err), &f->err);
    assert_int_equal(verify(f, cms, cms->signer, es_buf_span(&data), es_span_of(digest, 32)),
                     ES_SIG_GOOD);
    if (deviation) {
        assert_int_equal(f->findings.count, 1);
        assert_int_equal(f->findings.first->code, ES_V_FORM_DEVIATION);
        assert_string_equal(f->findings.first->value[0], deviation);
    } else {
        assert_no_findings(f);
    }
    digest[0] ^= 1;
    assert_int_equal(verify(f, cms, cms->signer, nothing, es_span_of(digest, 32)), ES_SIG_BAD);
    assert_true(es_findings_have(&f->findings, ES_V_DATA_HASH_MISMATCH));
    es_cms_free(cms);
    es_buf_clear(&value);
    es_buf_clear(&data);
}

static void railway_value_verifies(void **state)
{
    sample_verifies(*state, "signed/rail12306-exchange-sign.ofd",
                    "Doc_0/Signs/Sign_0/SignedValue.dat", "Doc_0/Signs/Sign_0/Signature.xml", true,
                    NULL);
}

static void both_yunnan_values_verify(void **state)
{
    sample_verifies(*state, "signed/yunnan-mining-2signs.ofd", "Doc_0/Signs/Sign_0/SignedValue.dat",
                    "Doc_0/Signs/Sign_0/Signature.xml", true, NULL);
    fresh(state);
    sample_verifies(*state, "signed/yunnan-mining-2signs.ofd", "Doc_0/Signs/Sign_1/SignedValue.dat",
                    "Doc_0/Signs/Sign_1/Signature.xml", true, NULL);
}

static void easyofd_value_verifies(void **state)
{
    sample_verifies(*state, "signed/easyofd-sign-gmcert.ofd", "Doc_0/Signs/Sign_0/SignedValue.dat",
                    "Doc_0/Signs/Sign_0/Signature.xml", true, "BER");
}

static void integrity_value_without_attributes_verifies(void **state)
{
    sample_verifies(*state, "signed/ofdrw-gmt0099-integrity.ofd", "signedvalue.dat",
                    "OFDEntries.xml", false, NULL);
}

static void odd_content_type_of_one_zero_byte_is_read(void **state)
{
    struct es_buf text = sample_entry("signed/hnca-repacked-duplicate-entry.ofd",
                                      "Doc_0/Signs/Sign_0/SignedValue.dat");
    struct es_buf der = ES_BUF_INIT(65536);
    struct fixture *f = *state;
    struct es_cms *cms;

    must(es_base64_decode(es_buf_span(&text), &der, NULL, &f->err), &f->err);
    cms = decode(es_buf_span(&der));
    assert_int_equal(cms->content_type.len, 1);
    assert_int_equal(cms->content_type.ptr[0], 0);
    es_cms_free(cms);
    es_buf_clear(&der);
    es_buf_clear(&text);
}

/* Contents of the first signature of a PDF, and the digest over its byte range. */
static void read_pdf(const char *name, const size_t range[4], struct es_buf *contents,
                     uint8_t digest[32])
{
    char path[1024];
    struct es_buf file = ES_BUF_INIT(16 << 20), data = ES_BUF_INIT(16 << 20);
    struct es_error err = {0};
    struct es_span gap;

    sample_path(path, sizeof path, name);
    must(es_file_read(path, &file, &err), &err);
    es_buf_put_span(&data, es_span_sub(es_buf_span(&file), range[0], range[1]));
    es_buf_put_span(&data, es_span_sub(es_buf_span(&file), range[2], range[3]));
    must(es_sm3(es_buf_span(&data), digest, &err), &err);
    gap = es_span_sub(es_buf_span(&file), range[1], range[2] - range[1]);
    assert_int_equal(gap.ptr[0], '<');
    must(es_hex_decode(es_span_sub(gap, 1, gap.len - 2), contents, &err), &err);
    es_buf_clear(&file);
    es_buf_clear(&data);
}

static void pdf_value_with_time_stamp_verifies(void **state)
{
    static const size_t range[4] = {0, 59507, 84277, 5497};
    struct fixture *f = *state;
    struct es_buf contents = ES_BUF_INIT(1 << 20);
    uint8_t digest[32];
    struct es_cms *cms;

    read_pdf("pdf-signed/sm2-pkcs7-timestamp.pdf", range, &contents, digest);
    cms = decode(es_buf_span(&contents));
    assert_false(cms->gmt);
    assert_true(cms->surplus > 0 && cms->surplus_zero);
    assert_true(cms->time_stamp.len > 1000);
    assert_int_equal(verify(f, cms, cms->signer, nothing, es_span_of(digest, 32)), ES_SIG_GOOD);
    assert_no_findings(f);
    es_cms_free(cms);
    es_buf_clear(&contents);
}

static void pdf_value_over_other_data_does_not_verify(void **state)
{
    static const size_t range[4] = {0, 451733, 476503, 546};
    struct fixture *f = *state;
    struct es_buf contents = ES_BUF_INIT(1 << 20);
    uint8_t digest[32];
    struct es_cms *cms;

    read_pdf("pdf-signed/hnca-client-invalid.pdf", range, &contents, digest);
    cms = decode(es_buf_span(&contents));
    assert_int_not_equal(verify(f, cms, cms->signer, nothing, es_span_of(digest, 32)), ES_SIG_GOOD);
    assert_true(f->findings.count > 0);
    es_cms_free(cms);
    es_buf_clear(&contents);
}

/* ---- what we write ---- */

static void our_value_reads_back(void **state)
{
    struct fixture *f = *state;
    struct es_cms *cms = decode(es_buf_span(&f->value));

    assert_true(cms->gmt && cms->has_attrs && !cms->has_content && !cms->ber && !cms->raw_sig);
    assert_int_equal(cms->surplus, 0);
    assert_true(es_oid_is(cms->sig_alg, "1.2.156.10197.1.301.1"));
    assert_true(es_oid_is(cms->content_type, "1.2.156.10197.6.1.4.2.1"));
    assert_true(cms->has_time && cms->signing_time_s == T_2026);
    assert_true(es_span_equal(cms->message_digest, digest_of(f)));
    assert_true(es_span_equal(cms->signer->der, f->signer.cert->der));
    assert_int_equal(verify(f, cms, cms->signer, nothing, digest_of(f)), ES_SIG_GOOD);
    assert_no_findings(f);
    es_cms_free(cms);
}

static void our_attributes_stand_in_der_order(void **state)
{
    struct fixture *f = *state;
    struct es_buf attrs = ES_BUF_INIT(4096), hex = ES_BUF_INIT(8192);

    must(es_cms_attributes(digest_of(f), T_2026, &attrs, &f->err), &f->err);
    es_buf_put_hex(&hex, es_buf_span(&attrs));
    /* contentType, signingTime 260101000000Z, messageDigest: by their bytes */
    assert_true(es_span_starts(es_buf_span(&hex),
                               "316a301906092a864886f70d010903310c060a2a811ccf550601040201"
                               "301c06092a864886f70d010905310f170d3236303130313030303030305a"
                               "302f06092a864886f70d01090431220420"));
    es_buf_clear(&attrs);
    es_buf_clear(&hex);
}

static void the_two_halves_make_what_sign_makes(void **state)
{
    struct fixture *f = *state;
    struct es_buf attrs = ES_BUF_INIT(4096), sig = ES_BUF_INIT(256), whole = ES_BUF_INIT(65536);
    struct es_cms *cms;

    must(es_cms_attributes(digest_of(f), T_2026, &attrs, &f->err), &f->err);
    must(es_key_sign(f->signer.key, es_buf_span(&attrs), &sig, &f->err), &f->err);
    must(es_cms_assemble(es_buf_span(&attrs), es_buf_span(&sig), f->signer.cert,
                         (struct es_span){0}, &whole, &f->err),
         &f->err);
    cms = decode(es_buf_span(&whole));
    assert_int_equal(verify(f, cms, cms->signer, nothing, digest_of(f)), ES_SIG_GOOD);
    es_cms_free(cms);
    es_buf_reset(&whole);
    assert_int_equal(es_cms_assemble(es_buf_span(&attrs), es_buf_span(&sig), f->other.cert,
                                     (struct es_span){0}, &whole, &f->err),
                     ES_E_MISMATCH);
    assert_int_equal(whole.len, 0);
    es_buf_clear(&attrs);
    es_buf_clear(&sig);
    es_buf_clear(&whole);
}

static void a_foreign_key_or_a_short_digest_does_not_sign(void **state)
{
    struct fixture *f = *state;
    size_t len = f->value.len;

    assert_int_equal(
        es_cms_sign(f->other.key, f->signer.cert, digest_of(f), T_2026, &f->value, &f->err),
        ES_E_MISMATCH);
    assert_int_equal(es_cms_sign(f->signer.key, f->signer.cert, es_span_of(f->digest, 31), T_2026,
                                 &f->value, &f->err),
                     ES_E_RANGE);
    assert_int_equal(f->value.len, len);
}

static void openssl_parses_our_value(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/eseal-cms-XXXXXX", command[128];
    int fd = mkstemp(path);
    struct es_buf text;

    assert_true(fd >= 0);
    close(fd);
    put_file(path, es_buf_span(&f->value));
    if (have_openssl()) {
        snprintf(command, sizeof command, "openssl asn1parse -inform DER -in %s", path);
        text = run_good("/tmp", command);
        assert_says(&text, ":1.2.156.10197.6.1.4.2.2");
        assert_says(&text, ":260101000000Z");
        es_buf_clear(&text);
    }
    unlink(path);
}

/* ---- refusals ---- */

static void every_cut_is_refused(void **state)
{
    struct fixture *f = *state;
    struct es_cms *cms = NULL;

    for (size_t len = 0; len < f->value.len; len++)
        assert_int_not_equal(es_cms_decode(es_span_of(f->value.ptr, len), &cms, NULL), ES_OK);
    assert_null(cms);
}

/* A flipped byte may stand in the certificate's own signature or its extensions, which this area's
 * caller checks; but a changed signed part or value is never good. */
static void no_flipped_byte_outside_the_certificate_is_good(void **state)
{
    struct fixture *f = *state;
    size_t cert_at = 0;

    assert_true(es_span_search(es_buf_span(&f->value), f->signer.cert->der, &cert_at));
    for (size_t i = 0; i < f->value.len; i++) {
        struct es_cms *cms = NULL;

        if (i >= cert_at && i < cert_at + f->signer.cert->der.len)
            continue;
        f->value.ptr[i] ^= 0x01;
        if (es_cms_decode(es_buf_span(&f->value), &cms, NULL) == ES_OK && cms->has_attrs &&
            verify(f, cms, f->signer.cert, nothing, digest_of(f)) == ES_SIG_GOOD)
            assert_true(i < 60 || i > cert_at + f->signer.cert->der.len); /* version, algorithms */
        es_cms_free(cms);
        f->value.ptr[i] ^= 0x01;
    }
}

static void another_digest_is_a_mismatch(void **state)
{
    struct fixture *f = *state;
    struct es_cms *cms = decode(es_buf_span(&f->value));
    uint8_t other[32] = {0};

    assert_int_equal(verify(f, cms, cms->signer, nothing, es_span_of(other, 32)), ES_SIG_BAD);
    assert_true(es_findings_have(&f->findings, ES_V_DATA_HASH_MISMATCH));
    assert_int_equal(verify(f, cms, cms->signer, nothing, nothing), ES_SIG_BAD);
    es_cms_free(cms);
}

static void another_signer_is_missing(void **state)
{
    struct fixture *f = *state;
    struct es_cms *cms = decode(es_buf_span(&f->value));

    assert_int_equal(verify(f, cms, f->other.cert, nothing, digest_of(f)), ES_SIG_UNCHECKED);
    assert_true(es_findings_have(&f->findings, ES_V_SIGNER_CERT_MISSING));
    assert_int_equal(verify(f, cms, NULL, nothing, digest_of(f)), ES_SIG_UNCHECKED);
    es_cms_free(cms);
}

static void bytes_behind_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct es_cms *cms;

    es_buf_put_byte(&f->value, 0);
    cms = decode(es_buf_span(&f->value));
    assert_true(cms->surplus == 1 && cms->surplus_zero);
    assert_int_equal(verify(f, cms, cms->signer, nothing, digest_of(f)), ES_SIG_GOOD);
    assert_no_findings(f);
    es_cms_free(cms);
    es_buf_put_byte(&f->value, 7);
    cms = decode(es_buf_span(&f->value));
    assert_true(cms->surplus == 2 && !cms->surplus_zero);
    assert_int_equal(verify(f, cms, cms->signer, nothing, digest_of(f)), ES_SIG_GOOD);
    assert_true(es_findings_have(&f->findings, ES_V_FORM_DEVIATION));
    es_cms_free(cms);
}

/* ---- SignedData put together by the test ---- */

struct shape {
    const char *attrs_content_type; /* NULL: attribute left out */
    int digests;                    /* how many messageDigest */
    bool attrs;
    struct es_span content; /* none when ptr is NULL */
    struct es_span sign;    /* form B: what is signed */
    int signers;
    const char *digest_oid, *sig_oid;
    bool raw;
    bool indefinite;
};

static void put_attr(struct es_buf *out, const char *oid, uint8_t tag, struct es_span value)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    size_t set = es_der_begin(out, ES_DER_SET);
    es_der_put(out, tag, value);
    es_der_end(out, set);
    es_der_end(out, seq);
}

static void put_alg(struct es_buf *out, const char *oid)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    es_der_end(out, seq);
}

static void put_shape_attrs(const struct fixture *f, const struct shape *shape, struct es_buf *out)
{
    struct es_buf oid = ES_BUF_INIT(64);

    if (shape->attrs_content_type) {
        assert_int_equal(es_oid_parse(shape->attrs_content_type, &oid, NULL), ES_OK);
        put_attr(out, "1.2.840.113549.1.9.3", ES_DER_OID, es_buf_span(&oid));
    }
    for (int i = 0; i < shape->digests; i++)
        put_attr(out, "1.2.840.113549.1.9.4", ES_DER_OCTET_STRING, digest_of(f));
    es_buf_clear(&oid);
}

static void put_shape_sig(struct fixture *f, const struct shape *shape, struct es_span attrs,
                          struct es_buf *out)
{
    struct es_buf message = ES_BUF_INIT(4096), sig = ES_BUF_INIT(256);
    uint8_t raw[64];

    if (shape->attrs)
        es_der_put(&message, ES_DER_SET, attrs);
    else
        es_buf_put_span(&message, shape->sign);
    must(es_key_sign(f->signer.key, es_buf_span(&message), &sig, &f->err), &f->err);
    if (shape->raw) {
        must(es_sm2_sig_decode(es_buf_span(&sig), raw, &f->err), &f->err);
        es_der_put(out, ES_DER_OCTET_STRING, es_span_of(raw, 64));
    } else {
        es_der_put(out, ES_DER_OCTET_STRING, es_buf_span(&sig));
    }
    es_buf_clear(&message);
    es_buf_clear(&sig);
}

static void put_shape_signer(struct fixture *f, const struct shape *shape, struct es_buf *out)
{
    struct es_buf attrs = ES_BUF_INIT(4096);
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    put_shape_attrs(f, shape, &attrs);
    es_der_put_uint(out, 1);
    size_t id = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, f->signer.cert->issuer);
    es_der_put(out, ES_DER_INTEGER, f->signer.cert->serial);
    es_der_end(out, id);
    put_alg(out, shape->digest_oid ? shape->digest_oid : "1.2.156.10197.1.401");
    if (shape->attrs)
        es_der_put(out, ES_DER_CONTEXT(0), es_buf_span(&attrs));
    put_alg(out, shape->sig_oid ? shape->sig_oid : "1.2.156.10197.1.501");
    put_shape_sig(f, shape, es_buf_span(&attrs), out);
    es_der_end(out, seq);
    es_buf_clear(&attrs);
}

static void put_shape_data(struct fixture *f, const struct shape *shape, struct es_buf *out)
{
    es_der_put_uint(out, 1);
    size_t algs = es_der_begin(out, ES_DER_SET);
    put_alg(out, "1.2.156.10197.1.401");
    es_der_end(out, algs);
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, "1.2.840.113549.1.7.1");
    if (shape->content.ptr) {
        size_t wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
        es_der_put(out, ES_DER_OCTET_STRING, shape->content);
        es_der_end(out, wrapped);
    }
    es_der_end(out, seq);
    size_t certs = es_der_begin(out, ES_DER_CONTEXT(0));
    es_der_put_raw(out, f->signer.cert->der);
    es_der_put(out, ES_DER_SEQUENCE, es_span_str("\x02\x01\x05")); /* no certificate */
    es_der_end(out, certs);
    size_t signers = es_der_begin(out, ES_DER_SET);
    for (int i = 0; i < shape->signers; i++)
        put_shape_signer(f, shape, out);
    es_der_end(out, signers);
}

/* ContentInfo { signedData, [0] { SEQUENCE { … } } }, lengths definite or not. */
static struct es_buf make_shape(struct fixture *f, const struct shape *shape)
{
    static const char oid[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    struct es_buf data = ES_BUF_INIT(65536), out = ES_BUF_INIT(65536);

    put_shape_data(f, shape, &data);
    if (shape->indefinite) {
        es_buf_put_str(&out, "\x30\x80");
        es_buf_put_str(&out, oid);
        es_buf_put_str(&out, "\xa0\x80\x30\x80");
        es_buf_put_span(&out, es_buf_span(&data));
        es_buf_put(&out, "\0\0\0\0\0\0", 6);
    } else {
        size_t outer = es_der_begin(&out, ES_DER_SEQUENCE);
        es_buf_put_str(&out, oid);
        size_t wrapped = es_der_begin(&out, ES_DER_CONTEXT(0));
        es_der_put(&out, ES_DER_SEQUENCE, es_buf_span(&data));
        es_der_end(&out, wrapped);
        es_der_end(&out, outer);
    }
    es_buf_clear(&data);
    return out;
}

static const struct shape form_a = {
    .attrs_content_type = "1.2.840.113549.1.7.1", .digests = 1, .attrs = true, .signers = 1};

static enum es_sig_answer judge_shape(struct fixture *f, const struct shape *shape,
                                      struct es_span message, struct es_span digest)
{
    struct es_buf bytes = make_shape(f, shape);
    struct es_cms *cms = decode(es_buf_span(&bytes));
    enum es_sig_answer answer = verify(f, cms, cms->signer, message, digest);

    assert_int_equal(cms->cert_count, 1);
    assert_int_equal(cms->cert_skipped, 1);
    assert_int_equal(cms->raw_sig, shape->raw);
    assert_int_equal(cms->ber, shape->indefinite);
    es_cms_free(cms);
    es_buf_clear(&bytes);
    return answer;
}

static void attributes_of_pkcs7_verify(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(judge_shape(f, &form_a, nothing, digest_of(f)), ES_SIG_GOOD);
    assert_no_findings(f);
}

static void two_signers_are_a_conflict(void **state)
{
    struct shape shape = form_a;
    struct fixture *f = *state;
    struct es_cms *cms = NULL;
    struct es_buf bytes;

    shape.signers = 2;
    bytes = make_shape(f, &shape);
    assert_int_equal(es_cms_decode(es_buf_span(&bytes), &cms, &f->err), ES_E_CONFLICT);
    es_buf_clear(&bytes);
    shape.signers = 0;
    bytes = make_shape(f, &shape);
    assert_int_equal(es_cms_decode(es_buf_span(&bytes), &cms, &f->err), ES_E_FORMAT);
    es_buf_clear(&bytes);
}

static void attributes_must_name_content_and_digest_once(void **state)
{
    struct fixture *f = *state;
    struct shape wrong[4] = {form_a, form_a, form_a, form_a}, mixed = form_a;

    wrong[0].digests = 0;
    wrong[1].digests = 2;
    wrong[2].attrs_content_type = NULL;
    wrong[3].attrs_content_type = "1.2.840.113549.1.9.16.1.4";
    mixed.attrs_content_type = "1.2.156.10197.6.1.4.2.1";
    assert_int_equal(judge_shape(f, &mixed, nothing, digest_of(f)), ES_SIG_GOOD);
    for (size_t i = 0; i < 4; i++) {
        es_findings_init(&f->findings, &f->arena);
        assert_int_equal(judge_shape(f, &wrong[i], nothing, digest_of(f)), ES_SIG_BAD);
        assert_true(es_findings_have(&f->findings, ES_V_SIGNED_ATTRIBUTES_INVALID));
    }
}

static void raw_value_verifies_and_is_noted(void **state)
{
    struct fixture *f = *state;
    struct shape shape = form_a;

    shape.raw = true;
    assert_int_equal(judge_shape(f, &shape, nothing, digest_of(f)), ES_SIG_GOOD);
    assert_true(es_findings_have(&f->findings, ES_V_FORM_DEVIATION));
    assert_string_equal(f->findings.first->value[0], "raw64");
}

static void indefinite_lengths_verify_and_are_noted(void **state)
{
    struct fixture *f = *state;
    struct shape shape = form_a;

    shape.indefinite = true;
    assert_int_equal(judge_shape(f, &shape, nothing, digest_of(f)), ES_SIG_GOOD);
    assert_true(es_findings_have(&f->findings, ES_V_FORM_DEVIATION));
}

static void embedded_content_must_be_the_document(void **state)
{
    struct fixture *f = *state;
    struct es_buf text = ES_BUF_INIT(64);
    struct shape shape = {.signers = 1, .content = digest_of(f), .sign = digest_of(f)};

    assert_int_equal(judge_shape(f, &shape, nothing, digest_of(f)), ES_SIG_GOOD);
    es_buf_put_base64(&text, digest_of(f));
    shape.content = shape.sign = es_buf_span(&text);
    assert_int_equal(judge_shape(f, &shape, nothing, digest_of(f)), ES_SIG_GOOD);
    shape.content = shape.sign = es_span_str("document");
    assert_int_equal(judge_shape(f, &shape, es_span_str("document"), digest_of(f)), ES_SIG_GOOD);
    assert_no_findings(f);
    shape.content = shape.sign = es_span_str("another document");
    assert_int_equal(judge_shape(f, &shape, es_span_str("document"), digest_of(f)), ES_SIG_BAD);
    assert_true(es_findings_have(&f->findings, ES_V_DATA_HASH_MISMATCH));
    es_buf_clear(&text);
}

static void detached_message_without_attributes_verifies(void **state)
{
    struct fixture *f = *state;
    struct shape shape = {.signers = 1, .sign = es_span_str("document")};

    assert_int_equal(judge_shape(f, &shape, es_span_str("document"), digest_of(f)), ES_SIG_GOOD);
    assert_no_findings(f);
    assert_int_equal(judge_shape(f, &shape, es_span_str("documenu"), digest_of(f)), ES_SIG_BAD);
    assert_true(es_findings_have(&f->findings, ES_V_SIGNATURE_VALUE_INVALID));
}

static void a_signature_over_nothing_fits_no_document(void **state)
{
    struct fixture *f = *state;
    struct shape shape = {.signers = 1, .sign = nothing};

    assert_int_equal(judge_shape(f, &shape, nothing, digest_of(f)), ES_SIG_BAD);
    assert_int_equal(judge_shape(f, &shape, nothing, nothing), ES_SIG_BAD);
}

static void digest_signed_as_message_verifies_with_a_note(void **state)
{
    struct fixture *f = *state;
    struct shape shape = {.signers = 1, .sign = digest_of(f)};

    assert_int_equal(judge_shape(f, &shape, es_span_str("document"), digest_of(f)), ES_SIG_GOOD);
    assert_true(es_findings_have(&f->findings, ES_V_FORM_DEVIATION));
}

static void attributes_reused_as_content_are_refused(void **state)
{
    struct fixture *f = *state;
    struct es_buf attrs = ES_BUF_INIT(4096);
    struct shape shape = {.signers = 1};
    uint8_t digest[32];

    must(es_cms_attributes(digest_of(f), T_2026, &attrs, &f->err), &f->err);
    must(es_sm3(es_buf_span(&attrs), digest, &f->err), &f->err);
    shape.content = shape.sign = es_buf_span(&attrs);
    assert_int_equal(judge_shape(f, &shape, es_buf_span(&attrs), es_span_of(digest, 32)),
                     ES_SIG_BAD);
    assert_true(es_findings_have(&f->findings, ES_V_SIGNED_ATTRIBUTES_INVALID));
    es_buf_clear(&attrs);
}

static void algorithms_are_judged(void **state)
{
    struct fixture *f = *state;
    struct shape shape = form_a;

    shape.digest_oid = "1.3.14.3.2.26"; /* SHA-1 */
    (void) judge_shape(f, &shape, nothing, digest_of(f));
    assert_true(es_findings_have(&f->findings, ES_V_DIGEST_WEAK));
    shape.digest_oid = "1.2.3.4";
    assert_int_equal(judge_shape(f, &shape, nothing, digest_of(f)), ES_SIG_UNSUPPORTED);
    assert_true(es_findings_have(&f->findings, ES_V_ALGORITHM_UNSUPPORTED));
    shape = form_a;
    shape.sig_oid = "1.2.840.113549.1.1.11"; /* RSA with SHA-256 over an SM2 key */
    assert_int_equal(judge_shape(f, &shape, nothing, digest_of(f)), ES_SIG_BAD);
    assert_true(es_findings_have(&f->findings, ES_V_ALGORITHM_MISMATCH));
    es_findings_init(&f->findings, &f->arena);
    shape.sig_oid = "1.2.3.5";
    assert_int_equal(judge_shape(f, &shape, nothing, digest_of(f)), ES_SIG_UNSUPPORTED);
    assert_true(es_findings_have(&f->findings, ES_V_ALGORITHM_UNSUPPORTED));
}

/* ---- other programs' values ---- */

static void an_rsa_value_of_openssl_verifies_as_not_approved(void **state)
{
    struct fixture *f = *state;
    char folder[] = "/tmp/eseal-cms-XXXXXX";
    struct es_buf der;
    struct es_cms *cms;
    uint8_t digest[32];

    if (!have_openssl() || !mkdtemp(folder))
        skip();
    run_quiet(folder, "openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -subj /CN=r");
    der = run_good(folder, "printf document > d && openssl cms -sign -binary -in d -signer c "
                           "-inkey k -md sha256 -outform DER -out o && cat o");
    cms = decode(es_buf_span(&der));
    must(es_digest_once(ES_DIGEST_SHA256, es_span_str("document"), digest, &f->err), &f->err);
    assert_int_equal(verify(f, cms, cms->signer, nothing, es_span_of(digest, 32)), ES_SIG_GOOD);
    assert_true(es_findings_have(&f->findings, ES_V_ALGORITHM_NOT_APPROVED));
    es_cms_free(cms);
    es_buf_clear(&der);
    /* named by key identifier, streamed: indefinite lengths */
    der = run_good(folder, "openssl cms -sign -binary -in d -signer c -inkey k -md sha256 -keyid "
                           "-stream -nodetach -outform DER -out o && cat o");
    cms = decode(es_buf_span(&der));
    assert_true(cms->ber && cms->key_id.len == 20 && cms->signer);
    assert_int_equal(verify(f, cms, cms->signer, es_span_str("document"), es_span_of(digest, 32)),
                     ES_SIG_GOOD);
    es_cms_free(cms);
    es_buf_clear(&der);
    run_quiet(folder, "rm k c d o && rmdir \"$PWD\"");
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(railway_value_verifies),
        TEST(both_yunnan_values_verify),
        TEST(easyofd_value_verifies),
        TEST(integrity_value_without_attributes_verifies),
        TEST(odd_content_type_of_one_zero_byte_is_read),
        TEST(pdf_value_with_time_stamp_verifies),
        TEST(pdf_value_over_other_data_does_not_verify),
        TEST(our_value_reads_back),
        TEST(our_attributes_stand_in_der_order),
        TEST(the_two_halves_make_what_sign_makes),
        TEST(a_foreign_key_or_a_short_digest_does_not_sign),
        TEST(openssl_parses_our_value),
        TEST(every_cut_is_refused),
        TEST(no_flipped_byte_outside_the_certificate_is_good),
        TEST(another_digest_is_a_mismatch),
        TEST(another_signer_is_missing),
        TEST(bytes_behind_are_told_apart),
        TEST(attributes_of_pkcs7_verify),
        TEST(two_signers_are_a_conflict),
        TEST(attributes_must_name_content_and_digest_once),
        TEST(raw_value_verifies_and_is_noted),
        TEST(indefinite_lengths_verify_and_are_noted),
        TEST(embedded_content_must_be_the_document),
        TEST(detached_message_without_attributes_verifies),
        TEST(a_signature_over_nothing_fits_no_document),
        TEST(digest_signed_as_message_verifies_with_a_note),
        TEST(attributes_reused_as_content_are_refused),
        TEST(algorithms_are_judged),
        TEST(an_rsa_value_of_openssl_verifies_as_not_approved),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
