/*
 * Certificates and PEM. Expected values: index.tsv of the samples (made with OpenSSL by others),
 * RFC 7468; the quirks are those of formats.md 2.4, built by hand.
 */
#include "cert_builder.h"

/* ---- samples ---- */

struct facts {
    char not_before[12], not_after[12], sha256[65];
    bool seen;
};
struct index {
    struct facts of[128];
    size_t count;
};

static void read_index(struct index *index)
{
    char path[1024], line[4096];
    FILE *file;

    sample_path(path, sizeof path, "trust/index.tsv");
    file = fopen(path, "r");
    assert_non_null(file);
    index->count = 0;
    assert_non_null(fgets(line, sizeof line, file)); /* head */
    while (fgets(line, sizeof line, file)) {
        char *field[8] = {line};

        for (size_t i = 1; i < 8; i++) {
            field[i] = strchr(field[i - 1], '\t');
            assert_non_null(field[i]);
            *field[i]++ = '\0';
        }
        struct facts *f = &index->of[index->count++];
        snprintf(f->not_before, sizeof f->not_before, "%s", field[3]);
        snprintf(f->not_after, sizeof f->not_after, "%s", field[4]);
        snprintf(f->sha256, sizeof f->sha256, "%s", field[5]);
        f->seen = false;
    }
    fclose(file);
}

static void lies_inside(struct es_span part, struct es_span whole)
{
    assert_true(part.len == 0 ||
                (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
}

static void check_spans(const struct es_cert *cert)
{
    const struct es_span parts[] = {cert->tbs,     cert->serial, cert->issuer,
                                    cert->subject, cert->spki,   cert->sig_alg,
                                    cert->sig,     cert->ski,    cert->aki};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        lies_inside(parts[i], cert->der);
}

static es_status meet(void *ctx, struct es_cert *cert, struct es_error *err)
{
    struct index *index = ctx;
    uint8_t hash[32];
    char hex[65], from[ES_TIME_TEXT_MAX], until[ES_TIME_TEXT_MAX];

    assert_int_equal(es_digest_once(ES_DIGEST_SHA256, cert->der, hash, err), ES_OK);
    es_hex_encode(es_span_of(hash, sizeof hash), hex);
    es_time_iso(cert->not_before_s, from);
    es_time_iso(cert->not_after_s, until);
    check_spans(cert);
    assert_int_equal(cert->key_status, ES_OK);
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->of[i].sha256, hex) == 0) {
            assert_memory_equal(index->of[i].not_before, from, 10);
            assert_memory_equal(index->of[i].not_after, until, 10);
            index->of[i].seen = true;
            return ES_OK;
        }
    fail_msg("%s is not in the index", hex);
    return ES_OK;
}

static struct es_buf sample(const char *name)
{
    struct es_buf out = ES_BUF_INIT(1 << 20);
    struct es_error err = {0};
    char path[1024];

    sample_path(path, sizeof path, name);
    must(es_file_read(path, &out, &err), &err);
    return out;
}

static void every_certificate_of_the_samples_decodes_with_the_listed_facts(void **state)
{
    static const char *const files[] = {
        "trust/national-roots.pem",      "trust/national-cas.pem",
        "trust/test/ofdrw_ROOT.pem",     "trust/test/ofdrw_USER.pem",
        "trust/test/ofdrw_ROOT_old.pem", "trust/test/ofdrw_sign_cert.pem"};
    struct index index;
    struct es_error err = {0};

    (void) state;
    read_index(&index);
    assert_int_equal(index.count, 111);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct es_buf file = sample(files[i]);

        must(es_cert_each(es_buf_span(&file), meet, &index, &err), &err);
        es_buf_clear(&file);
    }
    for (size_t i = 0; i < index.count; i++)
        assert_true(index.of[i].seen);
}

static void a_known_root_shows_its_names_and_serial(void **state)
{
    struct es_buf file, text = ES_BUF_INIT(1000);
    struct es_cert *cert = NULL;
    struct es_error err = {0};

    (void) state;
    file = sample("trust/test/ofdrw_ROOT.pem");
    must(es_cert_decode(es_buf_span(&file), &cert, &err), &err);
    es_cert_put_serial(&text, cert);
    assert_string_equal(es_buf_cstr(&text), "01719D2BDEC7"); /* openssl x509 -serial */
    es_buf_reset(&text);
    es_name_put(&text, cert->subject);
    assert_string_equal(es_buf_cstr(&text), "CN=OFD Reader and WriterROOT Certificate, L=Hangzhou, "
                                            "ST=Zhejiang, O=OFD R&W, C=CN");
    assert_true(cert->is_ca);
    assert_int_equal(cert->usage, ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION);
    es_cert_free(cert);
    es_buf_clear(&file);
    es_buf_clear(&text);
}

/* ---- refusals ---- */

struct bench {
    struct es_key *key;
    struct es_buf der;
    struct es_buf exts;
};

static int setup(void **state)
{
    static struct bench b;

    b = (struct bench){.key = key_of(1), .der = ES_BUF_INIT(1 << 17), .exts = ES_BUF_INIT(1 << 17)};
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    es_key_free(b->key);
    es_buf_clear(&b->der);
    es_buf_clear(&b->exts);
    return 0;
}

static struct cert_spec spec_of(struct bench *b)
{
    return cert_spec_of("someone", b->key, NULL, 7);
}

static void put(struct bench *b, const struct cert_spec *spec)
{
    es_buf_reset(&b->der);
    cert_put(&b->der, spec);
    assert_int_equal(b->der.failed, ES_OK);
}

static es_status try(struct es_span der, struct es_error *err)
{
    struct es_cert *cert = NULL;
    es_status status;

    memset(err, 0, sizeof *err);
    status = es_cert_decode(der, &cert, err);
    assert_true((status == ES_OK) == (cert != NULL));
    if (cert)
        check_spans(cert);
    es_cert_free(cert);
    return status;
}

static struct es_cert *decode(struct bench *b)
{
    struct es_cert *cert = NULL;
    struct es_error err = {0};

    must(es_cert_decode(es_buf_span(&b->der), &cert, &err), &err);
    return cert;
}

static void a_certificate_cut_anywhere_is_refused(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_error err;

    put(b, &spec);
    for (size_t len = 0; len < b->der.len; len++)
        assert_int_not_equal(try(es_span_of(b->der.ptr, len), &err), ES_OK);
    assert_int_equal(try(es_buf_span(&b->der), &err), ES_OK);
}

static void any_flipped_byte_is_refused_or_leaves_spans_inside(void **state)
{
    static const uint8_t masks[] = {0x01, 0x20, 0x80, 0xff};
    struct bench *b = *state;
    struct cert_spec spec = ca_spec_of("someone", b->key, NULL, 7);
    struct es_error err;

    put(b, &spec);
    for (size_t i = 0; i < b->der.len; i++)
        for (size_t k = 0; k < sizeof masks; k++) {
            b->der.ptr[i] ^= masks[k];
            (void) try(es_buf_span(&b->der), &err);
            b->der.ptr[i] ^= masks[k];
        }
}

static void bytes_behind_a_certificate_are_refused(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_error err;

    put(b, &spec);
    es_buf_put_byte(&b->der, 0);
    assert_int_equal(try(es_buf_span(&b->der), &err), ES_E_FORMAT);
    assert_string_equal(err.text, "certificate: 1 bytes too many (tag 00)");
}

static void a_certificate_of_more_than_64_kib_is_refused(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_buf big = ES_BUF_INIT(1 << 17), der = ES_BUF_INIT(1 << 17);
    struct es_error err;

    assert_non_null(es_buf_reserve(&big, 65536));
    memset(big.ptr, 0, 65536);
    big.len = 65536;
    es_buf_reset(&b->exts);
    ext_put(&b->exts, "1.2.3.4", false, es_buf_span(&big));
    spec.exts = es_buf_span(&b->exts);
    es_der_put(&der, ES_DER_SEQUENCE, spec.exts); /* length is judged before anything is read */
    assert_int_equal(try(es_buf_span(&der), &err), ES_E_FORMAT);
    assert_non_null(strstr(err.text, "allowed are at most 65536"));
    es_buf_clear(&big);
    es_buf_clear(&der);
}

static void a_length_that_is_not_minimal_is_refused_as_not_canonical(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_error err;

    put(b, &spec);
    assert_int_equal(b->der.ptr[1], 0x82);
    b->der.ptr[1] = 0x83;
    es_buf_insert(&b->der, 2, "", 1);
    assert_int_equal(try(es_buf_span(&b->der), &err), ES_E_DER);
}

static void an_understood_extension_that_occurs_twice_is_refused(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = ca_spec_of("ca", b->key, NULL, 7);
    struct es_error err;

    es_buf_reset(&b->exts);
    ext_put(&b->exts, "2.5.29.19", true, es_span_of("\x30\x00", 2));
    spec.exts = es_buf_span(&b->exts);
    put(b, &spec);
    assert_int_equal(try(es_buf_span(&b->der), &err), ES_E_FORMAT);
    assert_string_equal(err.text, "certificate: extensions: basicConstraints occurs twice");
}

/* ---- quirks that must be accepted ---- */

static struct es_cert *with_ext(struct bench *b, const char *oid, const void *value, size_t len)
{
    struct cert_spec spec = spec_of(b);

    spec.usage = -1;
    es_buf_reset(&b->exts);
    ext_put(&b->exts, oid, false, es_span_of(value, len));
    spec.exts = es_buf_span(&b->exts);
    put(b, &spec);
    return decode(b);
}

static void key_usage_is_read_by_position_however_it_is_encoded(void **state)
{
    static const struct {
        uint8_t der[5];
        size_t len;
        uint32_t usage;
    } cases[] = {
        {{3, 2, 6, 0xc0}, 4, 0x03},        {{3, 2, 0, 0xc0}, 4, 0x03},
        {{3, 2, 3, 0x38}, 4, 0x1c},        {{3, 2, 1, 0x06}, 4, 0x60},
        {{3, 2, 7, 0xff}, 4, 0x01},        {{3, 3, 7, 0x06, 0x80}, 5, 0x160},
        {{3, 3, 0, 0x06, 0xff}, 5, 0x160}, {{3, 1, 0}, 3, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct es_cert *cert = with_ext(*state, "2.5.29.15", cases[i].der, cases[i].len);

        assert_true(cert->has_usage);
        assert_int_equal(cert->usage, cases[i].usage);
        es_cert_free(cert);
    }
}

static void basic_constraints_are_read_in_every_odd_form(void **state)
{
    static const struct {
        uint8_t der[11];
        size_t len;
        bool ca, has_len;
        uint32_t path_len;
    } cases[] = {
        {{0x30, 0}, 2, false, false, 0},
        {{0x30, 3, 1, 1, 0}, 5, false, false, 0}, /* FALSE written out */
        {{0x30, 3, 1, 1, 0xff}, 5, true, false, 0},
        {{0x30, 6, 1, 1, 0xff, 2, 1, 3}, 8, true, true, 3},
        {{0x30, 7, 1, 1, 0xff, 2, 2, 0, 3}, 9, true, true, 3},
        {{0x30, 6, 1, 1, 0xff, 2, 1, 0xff}, 8, true, true, 0}, /* -1: nothing below */
        {{0x30, 8, 1, 1, 0xff, 2, 3, 1, 0, 0}, 10, true, true, 255},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct es_cert *cert = with_ext(*state, "2.5.29.19", cases[i].der, cases[i].len);

        assert_true(cert->has_basic);
        assert_int_equal(cert->is_ca, cases[i].ca);
        assert_int_equal(cert->has_path_len, cases[i].has_len);
        assert_int_equal(cert->path_len, cases[i].path_len);
        es_cert_free(cert);
    }
}

static void private_extensions_may_hold_anything(void **state)
{
    struct es_cert *cert = with_ext(*state, "1.2.156.10260.4.1.4", "91110000100000000X", 18);

    assert_false(cert->unknown_critical);
    es_cert_free(cert);
    cert = with_ext(*state, "1.2.156.10260.4.1.4", "\x0c\x01X\0\0", 5);
    es_cert_free(cert);
}

static void an_unknown_critical_extension_is_noticed(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_cert *cert;

    es_buf_reset(&b->exts);
    ext_put(&b->exts, "1.2.3.4", true, es_span_str("x"));
    spec.exts = es_buf_span(&b->exts);
    put(b, &spec);
    cert = decode(b);
    assert_true(cert->unknown_critical);
    es_cert_free(cert);
}

static void dates_may_have_either_form_at_any_time(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_buf odd = ES_BUF_INIT(1 << 16);
    struct es_cert *cert = NULL;
    struct es_error err = {0};
    size_t at;

    spec.not_after_s = 2556144000; /* 2051: GeneralizedTime; made 2041 below, form kept */
    put(b, &spec);
    es_buf_put_span(&odd, es_buf_span(&b->der));
    assert_true(es_span_search(es_buf_span(&odd), es_span_str("20510101000000Z"), &at));
    odd.ptr[at + 2] = '4';
    must(es_cert_decode(es_buf_span(&odd), &cert, &err), &err);
    assert_int_equal(cert->not_after_s, 2240611200); /* date -d 2041-01-01Z +%s */
    es_cert_free(cert);
    es_buf_clear(&odd);
}

static void key_problems_are_facts_and_not_refusals(void **state)
{
    /* SEQUENCE { SEQUENCE { id-ecPublicKey, SEQUENCE { INTEGER 1 } }, BIT STRING 04 } */
    static const uint8_t explicit_curve[] = {0x30, 0x14, 0x30, 0x0e, 0x06, 0x07, 0x2a, 0x86,
                                             0x48, 0xce, 0x3d, 0x02, 0x01, 0x30, 0x03, 0x02,
                                             0x01, 0x01, 0x03, 0x02, 0x00, 0x04};
    static const uint8_t off_curve[91] = {
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
        0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00, 0x04, 0x01};
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_cert *cert;

    spec.spki = es_span_of(explicit_curve, sizeof explicit_curve);
    put(b, &spec);
    cert = decode(b);
    assert_int_equal(cert->key_status, ES_E_CERT);
    assert_null(cert->key);
    es_cert_free(cert);
    spec.spki = es_span_of(off_curve, sizeof off_curve);
    put(b, &spec);
    cert = decode(b);
    assert_int_equal(cert->key_status, ES_E_RANGE);
    es_cert_free(cert);
}

static void algorithms_that_differ_inside_and_outside_are_noticed(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_cert *cert;

    put(b, &spec);
    cert = decode(b);
    assert_false(cert->alg_mismatch);
    es_cert_free(cert);
    spec.outer_alg = "1.2.156.10197.1.504";
    put(b, &spec);
    cert = decode(b);
    assert_true(cert->alg_mismatch);
    es_cert_free(cert);
}

static void references_keep_a_certificate_alive(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_cert *cert, *same;

    put(b, &spec);
    cert = decode(b);
    same = es_cert_ref(cert);
    es_cert_free(cert);
    assert_int_equal(same->der.len, b->der.len);
    es_cert_free(same);
    es_cert_free(NULL);
    assert_null(es_cert_ref(NULL));
}

/* ---- PEM ---- */

static es_status count_one(void *ctx, struct es_cert *cert, struct es_error *err)
{
    (void) cert;
    (void) err;
    ++*(size_t *) ctx;
    return ES_OK;
}

static void certificates_are_found_between_other_text(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_buf text = ES_BUF_INIT(1 << 16), back = ES_BUF_INIT(1 << 16);
    struct es_error err = {0};
    size_t count = 0;

    put(b, &spec);
    es_buf_put_str(&text, "# first\n");
    es_pem_put(&text, "CERTIFICATE", es_buf_span(&b->der));
    es_buf_put_str(&text, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\r\nsecond\r\n");
    es_pem_put(&text, "CERTIFICATE", es_buf_span(&b->der));
    must(es_cert_each(es_buf_span(&text), count_one, &count, &err), &err);
    assert_int_equal(count, 2);
    must(es_pem_get(es_buf_span(&text), "CERTIFICATE", &back, &err), &err);
    assert_true(es_span_equal(es_buf_span(&back), es_buf_span(&b->der)));
    es_buf_clear(&text);
    es_buf_clear(&back);
}

static void certificates_one_after_the_other_in_der_are_found(void **state)
{
    struct bench *b = *state;
    struct cert_spec spec = spec_of(b);
    struct es_buf two = ES_BUF_INIT(1 << 16);
    struct es_error err = {0};
    size_t count = 0;

    put(b, &spec);
    es_buf_put_span(&two, es_buf_span(&b->der));
    es_buf_put_span(&two, es_buf_span(&b->der));
    must(es_cert_each(es_buf_span(&two), count_one, &count, &err), &err);
    assert_int_equal(count, 2);
    es_buf_clear(&two);
}

static void pem_lines_have_64_characters(void **state)
{
    struct es_buf text = ES_BUF_INIT(1000);
    uint8_t bytes[50] = {0};

    (void) state;
    es_pem_put(&text, "X", es_span_of(bytes, sizeof bytes));
    assert_string_equal(es_buf_cstr(&text),
                        "-----BEGIN X-----\n"
                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                        "AAA=\n-----END X-----\n");
    es_buf_clear(&text);
}

static void text_without_a_whole_block_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "no certificate here",
        "-----BEGIN CERTIFICATE-----\nMAA=\n",
        "-----BEGIN CERTIFICATE-----\nM-A=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nProc-Type: 4\n\nMAA=\n-----END CERTIFICATE-----\n"};
    struct es_error err;
    size_t count = 0;

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(try(es_span_str(bad[i]), &err), ES_E_FORMAT);
        assert_int_equal(es_cert_each(es_span_str(bad[i]), count_one, &count, &err), ES_E_FORMAT);
    }
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_certificate_of_the_samples_decodes_with_the_listed_facts),
        cmocka_unit_test(a_known_root_shows_its_names_and_serial),
        cmocka_unit_test(a_certificate_cut_anywhere_is_refused),
        cmocka_unit_test(any_flipped_byte_is_refused_or_leaves_spans_inside),
        cmocka_unit_test(bytes_behind_a_certificate_are_refused),
        cmocka_unit_test(a_certificate_of_more_than_64_kib_is_refused),
        cmocka_unit_test(a_length_that_is_not_minimal_is_refused_as_not_canonical),
        cmocka_unit_test(an_understood_extension_that_occurs_twice_is_refused),
        cmocka_unit_test(key_usage_is_read_by_position_however_it_is_encoded),
        cmocka_unit_test(basic_constraints_are_read_in_every_odd_form),
        cmocka_unit_test(private_extensions_may_hold_anything),
        cmocka_unit_test(an_unknown_critical_extension_is_noticed),
        cmocka_unit_test(dates_may_have_either_form_at_any_time),
        cmocka_unit_test(key_problems_are_facts_and_not_refusals),
        cmocka_unit_test(algorithms_that_differ_inside_and_outside_are_noticed),
        cmocka_unit_test(references_keep_a_certificate_alive),
        cmocka_unit_test(certificates_are_found_between_other_text),
        cmocka_unit_test(certificates_one_after_the_other_in_der_are_found),
        cmocka_unit_test(pem_lines_have_64_characters),
        cmocka_unit_test(text_without_a_whole_block_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
