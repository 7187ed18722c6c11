/*
 * The seal itself (verification.md 9.5, seal-01 to seal-07): altered after it was made, used by
 * somebody it does not name, made by somebody who may not, or with a picture that is none.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cert_builder.h"
#include "forge.h"

static void expect_trusted(struct forge *f, const struct es_maker_entry *maker,
                           enum es_outcome outcome, const char *codes)
{
    ES_AUTO_PTR(es_trust) trust = NULL;

    FORGE_OK(es_trust_new(&trust, err));
    FORGE_OK(es_trust_add_cert(trust, ES_TRUST_ROOT, f->w->certs[WHO_ROOT], err));
    world_add_crl(f->w, trust, NULL, 0, 0);
    if (maker != NULL)
        FORGE_OK(es_trust_add_maker(trust, maker, err));
    forge_expect_with(f, trust, ES_POLICY_ASSURED, outcome, codes);
}

/* ---- seal-01, seal-02: changed after the maker signed ---- */

/* The maker's value over the good seal stays; what follows are other fields. */
struct frozen {
    struct forge f;
    struct es_buf value;
    struct es_span given;
};

static void frozen_init(struct frozen *z, struct world *w)
{
    ES_AUTO_PTR(es_seal) seal = NULL;

    forge_init(&z->f, w);
    forge_seal(&z->f);
    FORGE_OK(es_seal_decode(es_buf_span(&z->f.seal), ES_CHECK_FORMAT, "", NULL, &seal, err));
    es_buf_init(&z->value, 256);
    es_buf_put_span(&z->value, seal->sig);
    z->given = es_buf_span(&z->value);
    z->f.seal_value = forge_put_given;
    z->f.ctx = &z->given;
}

static void frozen_clear(struct frozen *z)
{
    forge_clear(&z->f);
    es_buf_clear(&z->value);
}

static void the_value_of_the_good_seal_can_be_given_again(void **state)
{
    struct frozen z;

    frozen_init(&z, *state);
    forge_expect(&z.f, ES_OUTCOME_VALID, "!seal_signature_invalid");
    frozen_clear(&z);
}

static void expect_altered(struct world *w, enum forge_field field, uint8_t tag,
                           struct es_span value)
{
    struct frozen z;

    print_message("# field %d\n", (int) field);
    frozen_init(&z, w);
    forge_set(&z.f, field, tag, value);
    forge_expect(&z.f, ES_OUTCOME_INVALID, "seal_signature_invalid");
    frozen_clear(&z);
}

static void a_seal_with_changed_facts_was_altered(void **state)
{
    struct world *w = *state;

    expect_altered(w, SEAL_NAME, ES_DER_UTF8_STRING, es_span_str("示例市人民政府"));
    expect_altered(w, SEAL_CODE, ES_DER_IA5_STRING, BYTES("44010601260000000001231W"));
    expect_altered(w, SEAL_TYPE, ES_DER_INTEGER, BYTES("\x02"));
    expect_altered(w, SEAL_FROM, ES_DER_GENERALIZED_TIME, BYTES("20200101000000Z"));
    expect_altered(w, SEAL_UNTIL, ES_DER_GENERALIZED_TIME, BYTES("20500101000000Z"));
    expect_altered(w, SEAL_CREATED, ES_DER_GENERALIZED_TIME, BYTES("20200101000000Z"));
    expect_altered(w, PICTURE_WIDTH, ES_DER_INTEGER, BYTES("\x54"));
    expect_altered(w, HEADER_VENDOR, ES_DER_IA5_STRING, BYTES("OTHER"));
}

static void a_seal_with_another_picture_was_altered(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) other = ES_BUF_INIT(65536);

    es_buf_put_span(&other, es_buf_span(&w->picture));
    es_buf_put_str(&other, "x"); /* behind the end of the PNG: the same to look at */
    expect_altered(w, PICTURE_DATA, ES_DER_OCTET_STRING, es_buf_span(&other));
}

static void a_certificate_added_to_the_list_does_not_entitle(void **state)
{
    struct world *w = *state;
    const struct es_cert *both[2] = {w->certs[WHO_SIGNER], w->certs[WHO_OTHER]};
    struct frozen z;

    frozen_init(&z, w);
    forge_signer(&z.f, w->certs[WHO_OTHER], w->keys[WHO_OTHER]);
    forge_list(&z.f, both, 2);
    forge_expect(&z.f, ES_OUTCOME_INVALID, "seal_signature_invalid !signer_not_in_seal");
    frozen_clear(&z);
}

/* ---- seal-03: who signs ---- */

static void expect_stranger(struct world *w, const struct es_cert *cert, struct es_key *key)
{
    const struct es_cert *listed = w->certs[WHO_SIGNER];
    struct forge f;

    forge_init(&f, w);
    forge_signer(&f, cert, key);
    forge_list(&f, &listed, 1);
    forge_expect(&f, ES_OUTCOME_INVALID, "signer_not_in_seal !signature_value_invalid");
    forge_clear(&f);
}

static void a_signer_outside_the_list_is_refused(void **state)
{
    struct world *w = *state;

    expect_stranger(w, w->certs[WHO_OTHER], w->keys[WHO_OTHER]);
}

static void the_same_name_and_serial_with_another_key_is_another_signer(void **state)
{
    struct world *w = *state;
    const struct identity root = {.key = w->keys[WHO_ROOT], .cert = w->certs[WHO_ROOT]};
    struct cert_spec spec = cert_spec_of("x", w->keys[WHO_OTHER], &root,
                                         0x1000 + (unsigned) WHO_SIGNER);
    struct es_cert *twin;

    spec.subject = w->certs[WHO_SIGNER]->subject;
    spec.not_after_s = WORLD_UNTIL_S;
    twin = cert_build(&spec);
    assert_true(es_span_equal(twin->serial, w->certs[WHO_SIGNER]->serial));
    expect_stranger(w, twin, w->keys[WHO_OTHER]);
    es_cert_free(twin);
}

/* In the edition of 2020 the certificate stands outside the signed part: a second certificate
 * for the signer's key (say, one that was not revoked) leaves the value good. */
static void the_same_key_in_another_certificate_is_another_signer(void **state)
{
    struct world *w = *state;
    const struct identity root = {.key = w->keys[WHO_ROOT], .cert = w->certs[WHO_ROOT]};
    struct cert_spec spec = cert_spec_of("x", w->keys[WHO_SIGNER], &root, 0x7777);
    struct es_cert *second;

    spec.subject = w->certs[WHO_SIGNER]->subject;
    spec.not_after_s = WORLD_UNTIL_S;
    second = cert_build(&spec);
    expect_stranger(w, second, w->keys[WHO_SIGNER]);
    es_cert_free(second);
}

/* ---- seal-03, seal-06: lists of digests ---- */

static void list_digest(struct forge *f, const char *type, struct es_span value)
{
    struct es_buf *list = &f->field[SEAL_LIST];
    size_t outer, inner;

    es_buf_reset(list);
    outer = es_der_begin(list, ES_DER_SEQUENCE);
    inner = es_der_begin(list, ES_DER_SEQUENCE);
    es_der_put(list, ES_DER_PRINTABLE_STRING, es_span_str(type));
    es_der_put(list, ES_DER_OCTET_STRING, value);
    es_der_end(list, inner);
    es_der_end(list, outer);
    forge_number(f, SEAL_LIST_TYPE, 2);
}

static void expect_digest(struct world *w, const char *type, enum es_digest digest,
                          enum world_who listed, enum es_outcome outcome, const char *codes)
{
    uint8_t value[ES_DIGEST_MAX];
    struct forge f;

    print_message("# %s\n", type);
    FORGE_OK(es_digest_once(digest, w->certs[listed]->der, value, err));
    forge_init(&f, w);
    list_digest(&f, type, es_span_of(value, es_digest_len(digest)));
    forge_expect(&f, outcome, codes);
    forge_clear(&f);
}

static void a_list_of_digests_names_its_signers(void **state)
{
    struct world *w = *state;

    expect_digest(w, "SM3", ES_DIGEST_SM3, WHO_SIGNER, ES_OUTCOME_VALID,
                  "!form_deviation !signer_not_in_seal");
    expect_digest(w, "1.2.156.10197.1.401", ES_DIGEST_SM3, WHO_SIGNER, ES_OUTCOME_VALID,
                  "!signer_not_in_seal");
    expect_digest(w, "SM3", ES_DIGEST_SM3, WHO_OTHER, ES_OUTCOME_INVALID, "signer_not_in_seal");
    expect_digest(w, "SHA-256", ES_DIGEST_SM3, WHO_SIGNER, ES_OUTCOME_INVALID,
                  "signer_not_in_seal");
}

static void a_digest_with_z_is_a_known_deviation(void **state)
{
    struct world *w = *state;
    uint8_t value[ES_SM3_LEN];
    struct forge f;

    FORGE_OK(es_sm2_e(w->certs[WHO_SIGNER]->key, w->certs[WHO_SIGNER]->der, value, err));
    forge_init(&f, w);
    list_digest(&f, "SM3", es_span_of(value, sizeof value));
    forge_expect(&f, ES_OUTCOME_VALID, "form_deviation");
    forge_clear(&f);
}

static void a_list_by_weak_digests_entitles_nobody(void **state)
{
    struct world *w = *state;

    expect_digest(w, "SHA-1", ES_DIGEST_SHA1, WHO_SIGNER, ES_OUTCOME_INVALID, "digest_weak");
    expect_digest(w, "MD5", ES_DIGEST_MD5, WHO_SIGNER, ES_OUTCOME_INVALID, "digest_weak");
    expect_digest(w, "1.3.14.3.2.26", ES_DIGEST_SHA1, WHO_SIGNER, ES_OUTCOME_INVALID,
                  "digest_weak");
    expect_digest(w, "SHA-1", ES_DIGEST_SHA1, WHO_OTHER, ES_OUTCOME_INVALID,
                  "digest_weak signer_not_in_seal");
    /* the type says nothing, the length fits SHA-1: no digest of that kind is tried */
    expect_digest(w, "digest", ES_DIGEST_SHA1, WHO_SIGNER, ES_OUTCOME_INVALID,
                  "signer_not_in_seal");
}

/* ---- seal-04, seal-05: who makes ---- */

static void a_maker_who_made_himself_is_not_trusted(void **state)
{
    struct world *w = *state;
    struct forge f;

    forge_init(&f, w);
    forge_maker(&f, w->certs[WHO_STRANGER_MAKER], w->keys[WHO_STRANGER_MAKER]);
    forge_expect(&f, ES_OUTCOME_INDETERMINATE, "maker_untrusted cert_root_untrusted");
    forge_clear(&f);
}

/* A sound certificate of the same authority is not yet a maker's. */
static void any_other_certificate_is_no_maker(void **state)
{
    struct world *w = *state;
    struct forge f;

    forge_init(&f, w);
    forge_maker(&f, w->certs[WHO_OTHER], w->keys[WHO_OTHER]);
    forge_expect(&f, ES_OUTCOME_INDETERMINATE, "maker_untrusted !cert_root_untrusted");
    forge_maker(&f, w->certs[WHO_MAKER], w->keys[WHO_MAKER]);
    expect_trusted(&f, NULL, ES_OUTCOME_INDETERMINATE, "maker_untrusted");
    forge_clear(&f);
}

static void a_maker_may_be_blocked_or_bounded(void **state)
{
    struct world *w = *state;
    const struct es_cert *cert = w->certs[WHO_MAKER];
    const struct {
        struct es_maker_entry entry;
        enum es_outcome outcome;
        const char *codes;
    } rows[] = {
        {{.cert = cert, .blocked = true}, ES_OUTCOME_INVALID, "maker_blocked"},
        {{.cert = cert, .regions = "31"}, ES_OUTCOME_INVALID, "maker_out_of_scope"},
        {{.cert = cert, .regions = "31 4401"}, ES_OUTCOME_VALID, "!maker_out_of_scope"},
        {{.cert = cert, .regions = "4402"}, ES_OUTCOME_INVALID, "maker_out_of_scope"},
        {{.cert = cert, .kinds = "11 12"}, ES_OUTCOME_INVALID, "maker_out_of_scope"},
        {{.cert = cert, .kinds = "11 01"}, ES_OUTCOME_VALID, "!maker_out_of_scope"},
        {{.cert = cert, .from_s = WORLD_NOW_S}, ES_OUTCOME_INVALID, "maker_out_of_scope"},
        {{.cert = cert, .until_s = WORLD_SIGN_S}, ES_OUTCOME_INVALID, "maker_out_of_scope"},
        {{.cert = cert, .until_s = WORLD_SIGN_S + 60}, ES_OUTCOME_INDETERMINATE, "maker_untrusted"},
        {{.cert = cert, .until_s = WORLD_UNTIL_S}, ES_OUTCOME_VALID, "!maker_out_of_scope"},
        /* seal-05 */
        {{.cert = cert, .internal = true}, ES_OUTCOME_INDETERMINATE, "internal_only"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge f;

        print_message("# row %zu\n", i);
        forge_init(&f, w);
        expect_trusted(&f, &rows[i].entry, rows[i].outcome, rows[i].codes);
        forge_clear(&f);
    }
}

/* A seal whose code names no region is not of the maker's region. */
static void a_code_without_region_is_out_of_scope_of_a_regional_maker(void **state)
{
    struct world *w = *state;
    const struct es_maker_entry regional = {.cert = w->certs[WHO_MAKER], .regions = "44"};
    struct forge f;

    forge_init(&f, w);
    forge_set(&f, SEAL_CODE, ES_DER_IA5_STRING, BYTES("44-ABC"));
    expect_trusted(&f, &regional, ES_OUTCOME_INVALID, "maker_out_of_scope");
    forge_clear(&f);
}

/* ---- seal-07: pictures ---- */

static void expect_picture(struct world *w, const char *type, struct es_span data,
                           enum es_outcome outcome, const char *codes)
{
    struct forge f;

    forge_init(&f, w);
    forge_set(&f, PICTURE_TYPE, ES_DER_IA5_STRING, es_span_str(type));
    forge_set(&f, PICTURE_DATA, ES_DER_OCTET_STRING, data);
    forge_expect(&f, outcome, codes);
    forge_clear(&f);
}

static void a_picture_has_a_size_on_paper(void **state)
{
    static const uint64_t wrong[] = {0, 201, 10000, UINT32_MAX};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        for (int side = 0; side < 2; side++) {
            struct forge f;

            forge_init(&f, *state);
            forge_number(&f, side == 0 ? PICTURE_WIDTH : PICTURE_HEIGHT, wrong[i]);
            forge_expect(&f, ES_OUTCOME_INVALID, "seal_picture_invalid");
            forge_clear(&f);
        }
}

static void a_picture_of_a_hundred_megapixels_is_not_unpacked(void **state)
{
    static const char huge[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x27\x10\0\0\x27\x10\x08\2\0\0\0"
                               "\x35\x2c\xf5\x70\0\0\0\x0cIDAT\x78\x9c\x63\x60\xa0\x3d\0\0\0\x64\0"
                               "\1\x86\x64\x3c\x35\0\0\0\0IEND\xae\x42\x60\x82";

    expect_picture(*state, "PNG", BYTES(huge), ES_OUTCOME_INDETERMINATE, "limit_exceeded");
}

static void bytes_that_are_no_picture_are_refused(void **state)
{
    struct world *w = *state;

    expect_picture(w, "PNG", BYTES(""), ES_OUTCOME_INVALID, "seal_picture_invalid");
    expect_picture(w, "PNG", BYTES("nothing"), ES_OUTCOME_INVALID, "seal_picture_invalid");
    expect_picture(w, "PNG", es_span_sub(es_buf_span(&w->picture), 0, 40), ES_OUTCOME_INVALID,
                   "seal_picture_invalid");
    expect_picture(w, "GIF", es_buf_span(&w->picture), ES_OUTCOME_VALID, "form_deviation");
}

/* Listens on loopback; a connection in its queue is one that somebody tried. */
static int listen_on_loopback(char *url, size_t len)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t at_len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *) &at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *) &at, &at_len), 0);
    (void) snprintf(url, len, "http://127.0.0.1:%u/x.png", ntohs(at.sin_port));
    return fd;
}

static void pictures_with_scripts_or_links_are_refused_and_nothing_is_fetched(void **state)
{
#define SVG(body)                                                                                  \
    "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "      \
    "width=\"42mm\" height=\"42mm\">" body "</svg>"
    static const char *const rows[] = {
        SVG("<script>x()</script>"),
        SVG("<circle r=\"5\" onload=\"x()\"/>"),
        SVG("<image xlink:href=\"%s\"/>"),
        SVG("<image href=\"%s\"/>"),
        SVG("<style>@import url(%s);</style>"),
        SVG("<rect fill=\"url(%s)\"/>"),
        SVG("<foreignObject><iframe src=\"%s\"/></foreignObject>"),
        "<!DOCTYPE svg [<!ENTITY e SYSTEM \"%s\">]>" SVG("<text>&e;</text>"),
        "<?xml-stylesheet href=\"%s\"?>" SVG(""),
    };
    char url[64];
    int fd = listen_on_loopback(url, sizeof url);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ES_AUTO(es_buf) svg = ES_BUF_INIT(4096);
        struct es_span rest = es_span_str(rows[i]);
        size_t at = rest.len;

        print_message("# row %zu\n", i);
        (void) es_span_search(rest, BYTES("%s"), &at);
        es_buf_put_span(&svg, es_span_sub(rest, 0, at));
        es_buf_put_str(&svg, at < rest.len ? url : "");
        es_buf_put_span(&svg, es_span_sub(rest, at + 2, rest.len));
        expect_picture(*state, "SVG", es_buf_span(&svg), ES_OUTCOME_INVALID,
                       "seal_picture_invalid");
    }
#undef SVG
    assert_int_equal(accept(fd, NULL, NULL), -1);
    (void) close(fd);
}

static void a_plain_svg_is_a_picture(void **state)
{
    expect_picture(*state, "SVG",
                   BYTES("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"42mm\" "
                         "height=\"42mm\"><circle cx=\"21\" cy=\"21\" r=\"20\"/></svg>"),
                   ES_OUTCOME_VALID, "!seal_picture_invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGE_TEST(the_value_of_the_good_seal_can_be_given_again),
        FORGE_TEST(a_seal_with_changed_facts_was_altered),
        FORGE_TEST(a_seal_with_another_picture_was_altered),
        FORGE_TEST(a_certificate_added_to_the_list_does_not_entitle),
        FORGE_TEST(a_signer_outside_the_list_is_refused),
        FORGE_TEST(the_same_name_and_serial_with_another_key_is_another_signer),
        FORGE_TEST(the_same_key_in_another_certificate_is_another_signer),
        FORGE_TEST(a_list_of_digests_names_its_signers),
        FORGE_TEST(a_digest_with_z_is_a_known_deviation),
        FORGE_TEST(a_list_by_weak_digests_entitles_nobody),
        FORGE_TEST(a_maker_who_made_himself_is_not_trusted),
        FORGE_TEST(any_other_certificate_is_no_maker),
        FORGE_TEST(a_maker_may_be_blocked_or_bounded),
        FORGE_TEST(a_code_without_region_is_out_of_scope_of_a_regional_maker),
        FORGE_TEST(a_picture_has_a_size_on_paper),
        FORGE_TEST(a_picture_of_a_hundred_megapixels_is_not_unpacked),
        FORGE_TEST(bytes_that_are_no_picture_are_refused),
        FORGE_TEST(pictures_with_scripts_or_links_are_refused_and_nothing_is_fetched),
        FORGE_TEST(a_plain_svg_is_a_picture),
    };

    return cmocka_run_group_tests_name("attacks_seal/seal", tests, NULL, NULL);
}
