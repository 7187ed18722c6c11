/*
 * Signature values and public keys (verification.md 9.5, sm2-*): every adversarial vector as the
 * value of a seal signature and of a seal, under a certificate with the vector's key. What is
 * signed there is another text, so no vector may hold; which code it gets tells how far it came.
 * The listed forms (formats.md 5.3) over values of our own show what is let through.
 */
#include "cert_builder.h"
#include "es_json.h"
#include "forge.h"

#define VECTOR_COUNT 211
#define VECTORS_MAX (16u << 20)

/* ---- the vectors ---- */

static struct es_json *load_vectors(void)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(VECTORS_MAX);
    struct es_json *json = NULL;
    const char *folder = getenv("ESEAL_SPEC");
    char path[4096];

    (void) snprintf(path, sizeof path, "%s/sm2-adversarial-vectors.json",
                    folder == NULL ? "." : folder);
    if (es_file_read(path, &text, NULL) != ES_OK) {
        print_message("skipped: vectors absent\n");
        skip();
    }
    FORGE_OK(es_json_parse(es_buf_span(&text), VECTORS_MAX, &json, err));
    return json;
}

static struct es_span hex(es_json_node object, const char *name, struct es_buf *out)
{
    const char *text = es_json_string(es_json_member(object, name));

    es_buf_reset(out);
    FORGE_OK(es_hex_decode(es_span_str(text), out, err));
    return es_buf_span(out);
}

static bool has_flag(es_json_node test, const char *flag)
{
    return strcmp(es_json_string(es_json_item(es_json_member(test, "flags"), 0)), flag) == 0;
}

static bool is_one_of(int64_t id, const int *ids)
{
    while (*ids != 0 && *ids != id)
        ids++;
    return *ids != 0;
}

/*
 * Vectors flagged as bad encoding or range whose numbers are in range all the same, so that they
 * are compared: the listed forms 52 to 56 and 77; 29 to 33, the ends of the range; 20 and 21,
 * which read as numbers without their sign byte, other ones than the signer's.
 */
static const int readable[] = {20, 21, 29, 30, 31, 32, 33, 52, 53, 54, 55, 56, 77, 0};

static const char *code_of_value(es_json_node test, int64_t id)
{
    bool bad = has_flag(test, "BerEncoding") || has_flag(test, "InvalidEncoding") ||
               has_flag(test, "RangeCheck");

    return bad && !is_one_of(id, readable) ? "signature_out_of_range" : "signature_value_invalid";
}

/* The rule of es_pubkey_sm2, told by the vectors alone. */
static bool is_sound_key(es_json_node group, es_json_node test)
{
    if (strcmp(es_json_string(es_json_member(group, "type")), "SM2PublicKey") == 0)
        return has_flag(test, "Normal");
    return !has_flag(test, "WeakKey") &&
           strcmp(es_json_string(es_json_member(group, "publicKey")), "00") != 0;
}

static void put_spki(struct es_buf *out, struct es_span point)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE), alg = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, "1.2.840.10045.2.1");
    es_der_put_oid(out, "1.2.156.10197.1.301");
    es_der_end(out, alg);
    es_der_put_bits(out, point);
    es_der_end(out, seq);
}

/* A certificate of the world's authority for any bytes as public key. */
static struct es_cert *cert_for_point(struct world *w, struct es_span point, uint64_t serial)
{
    const struct identity root = {.key = w->keys[WHO_ROOT], .cert = w->certs[WHO_ROOT]};
    struct cert_spec spec = cert_spec_of("示例市档案局", w->keys[WHO_OTHER], &root, serial);
    ES_AUTO(es_buf) spki = ES_BUF_INIT(1024);

    put_spki(&spki, point);
    spec.spki = es_buf_span(&spki);
    spec.not_after_s = WORLD_UNTIL_S;
    return cert_build(&spec);
}

struct vector {
    struct es_buf point, value;
    bool sound;
    const char *code;
    uint64_t serial;
};

/* The vector as what the signer gave. */
static void expect_as_signature(struct world *w, const struct vector *v)
{
    struct es_cert *cert = cert_for_point(w, es_buf_span(&v->point), v->serial);
    struct es_span given = es_buf_span(&v->value);
    struct forge f;

    forge_init(&f, w);
    forge_signer(&f, cert, w->keys[WHO_OTHER]);
    f.sig_value = forge_put_given;
    f.ctx = &given;
    forge_expect(&f, ES_OUTCOME_INVALID, v->sound ? v->code : "public_key_invalid");
    forge_clear(&f);
    es_cert_free(cert);
}

/* The vector as what the maker gave; the maker is listed, so that nothing else is wrong. */
static void expect_as_seal(struct world *w, const struct vector *v)
{
    struct es_cert *cert = cert_for_point(w, es_buf_span(&v->point), v->serial);
    const struct es_maker_entry maker = {.cert = cert, .regions = "", .kinds = ""};
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct es_span given = es_buf_span(&v->value);
    const char *code = v->code;
    struct forge f;

    if (strcmp(code, "signature_value_invalid") == 0)
        code = "seal_signature_invalid";
    world_add_crl(w, trust, NULL, 0, 0);
    FORGE_OK(es_trust_add_maker(trust, &maker, err));
    forge_init(&f, w);
    forge_maker(&f, cert, w->keys[WHO_OTHER]);
    f.seal_value = forge_put_given;
    f.ctx = &given;
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, ES_OUTCOME_INVALID,
                      v->sound ? code : "public_key_invalid");
    forge_clear(&f);
    es_cert_free(cert);
}

static void read_vector(es_json_node group, es_json_node test, struct vector *v)
{
    bool of_key = strcmp(es_json_string(es_json_member(group, "type")), "SM2PublicKey") == 0;
    int64_t id = 0;

    FORGE_OK(es_json_int(test, "tcId", &id, err));
    hex(of_key ? test : group, of_key ? "key" : "publicKey", &v->point);
    if (of_key)
        es_buf_put(&v->value, "\x30\x06\x02\x01\x01\x02\x01\x01", 8);
    else
        hex(test, "sig", &v->value);
    v->sound = is_sound_key(group, test);
    v->code = of_key ? "signature_value_invalid" : code_of_value(test, id);
    v->serial = 0x10000 + (uint64_t) id;
    print_message("# vector %d\n", (int) id);
}

static void run_vectors(struct world *w, void (*expect)(struct world *, const struct vector *))
{
    ES_AUTO_PTR(es_json) json = load_vectors();
    es_json_node groups = es_json_member(es_json_root(json), "groups");
    size_t count = 0;

    for (size_t i = 0; i < es_json_size(groups); i++) {
        es_json_node group = es_json_item(groups, i), tests = es_json_member(group, "tests");

        for (size_t j = 0; j < es_json_size(tests); j++, count++) {
            struct vector v = {.point = ES_BUF_INIT(4096), .value = ES_BUF_INIT(4096)};

            read_vector(group, es_json_item(tests, j), &v);
            expect(w, &v);
            es_buf_clear(&v.point);
            es_buf_clear(&v.value);
        }
    }
    assert_int_equal(count, VECTOR_COUNT);
}

static void no_vector_holds_as_a_signature(void **state)
{
    run_vectors(*state, expect_as_signature);
}

static void no_vector_holds_as_a_seal(void **state)
{
    run_vectors(*state, expect_as_seal);
}

/* ---- forms over good values ---- */

enum form {
    FORM_RAW64,
    FORM_RAW128,
    FORM_SURPLUS_ZERO,
    FORM_NO_SIGN_BYTE, /* both numbers read as negative */
    FORM_ZERO_PADDED,
    FORM_LISTED, /* all above are listed, all below are not */
    FORM_PADDED_WITH_ONE = FORM_LISTED,
    FORM_RAW_WITH_PREFIX,
    FORM_RAW_SHORT,
    FORM_RAW_SWAPPED,
    FORM_DEVICE_LEFT,
    FORM_TWO_ZEROS,
    FORM_SET,
    FORM_LONG_LENGTH,
    FORM_INDEFINITE,
    FORM_THIRD_NUMBER,
    FORM_OCTETS_AROUND,
    FORM_S_PLUS_N,
    FORM_N_MINUS_S,
    FORM_S_AS_ZERO,
    FORM_COUNT
};

static void put_number(struct es_buf *out, struct es_span number, size_t zeros)
{
    ES_AUTO(es_buf) value = ES_BUF_INIT(256);

    for (size_t i = 0; i < zeros; i++)
        es_buf_put_byte(&value, 0);
    es_buf_put_span(&value, number);
    es_der_put(out, ES_DER_INTEGER, es_buf_span(&value));
}

static void put_numbers(struct es_buf *out, uint8_t tag, const uint8_t raw[ES_SM2_RAW_LEN],
                        size_t zeros)
{
    size_t seq = es_der_begin(out, tag);

    put_number(out, es_span_of(raw, 32), zeros);
    put_number(out, es_span_of(raw + 32, 32), zeros);
    es_der_end(out, seq);
}

static const uint8_t order_n[32] = {
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23};

/* 33 bytes: n + s or n - s. */
static void combine(const uint8_t s[32], bool minus, uint8_t out[33])
{
    int carry = 0;

    for (int i = 31; i >= 0; i--) {
        int sum = order_n[i] + (minus ? -s[i] : s[i]) + carry;

        carry = sum < 0 ? -1 : sum >> 8;
        out[i + 1] = (uint8_t) (sum & 0xff);
    }
    out[0] = (uint8_t) carry;
}

static void put_with_s(struct es_buf *out, const uint8_t raw[ES_SM2_RAW_LEN], struct es_span s)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_unsigned(out, es_span_of(raw, 32));
    es_der_put_unsigned(out, s);
    es_der_end(out, seq);
}

static void put_device(struct es_buf *out, const uint8_t raw[ES_SM2_RAW_LEN], bool right)
{
    static const uint8_t zeros[32] = {0};

    for (int i = 0; i < 2; i++) {
        es_buf_put(out, right ? zeros : raw + 32 * i, 32);
        es_buf_put(out, right ? raw + 32 * i : zeros, 32);
    }
}

static void put_ber(struct es_buf *out, enum form form, struct es_span der)
{
    struct es_span content = es_span_sub(der, 2, der.len);

    switch (form) {
    case FORM_LONG_LENGTH:
        es_buf_put(out, (uint8_t[]){0x30, 0x81, (uint8_t) content.len}, 3);
        es_buf_put_span(out, content);
        break;
    case FORM_INDEFINITE:
        es_buf_put(out, "\x30\x80", 2);
        es_buf_put_span(out, content);
        es_buf_put(out, "\0\0", 2);
        break;
    case FORM_THIRD_NUMBER:
        es_buf_put(out, (uint8_t[]){0x30, (uint8_t) (content.len + 3)}, 2);
        es_buf_put_span(out, content);
        es_buf_put(out, "\x02\x01\x01", 3);
        break;
    case FORM_OCTETS_AROUND:
    default:
        es_der_put(out, ES_DER_OCTET_STRING, der);
    }
}

static void put_raw(struct es_buf *out, enum form form, const uint8_t raw[ES_SM2_RAW_LEN])
{
    if (form == FORM_RAW_WITH_PREFIX)
        es_buf_put_byte(out, 0);
    if (form == FORM_RAW_SWAPPED)
        es_buf_put(out, raw + 32, 32);
    es_buf_put(out, raw, form == FORM_RAW_SHORT ? 63 : form == FORM_RAW_SWAPPED ? 32 : 64);
}

static void put_arithmetic(struct es_buf *out, enum form form, const uint8_t raw[ES_SM2_RAW_LEN])
{
    uint8_t s[33] = {0};

    if (form != FORM_S_AS_ZERO)
        combine(raw + 32, form == FORM_N_MINUS_S, s);
    put_with_s(out, raw, es_span_of(s, sizeof s));
}

static void put_form(struct es_span der, struct es_buf *tlv, const void *ctx)
{
    const enum form form = *(const enum form *) ctx;
    ES_AUTO(es_buf) out = ES_BUF_INIT(1024);
    uint8_t raw[ES_SM2_RAW_LEN];

    FORGE_OK(es_sm2_sig_decode(der, raw, err));
    if (form == FORM_SURPLUS_ZERO || form == FORM_NO_SIGN_BYTE || form == FORM_TWO_ZEROS)
        put_numbers(&out, ES_DER_SEQUENCE, raw,
                    form == FORM_SURPLUS_ZERO ? 2
                    : form == FORM_TWO_ZEROS  ? 3
                                              : 0);
    else if (form == FORM_SET)
        put_numbers(&out, ES_DER_SET, raw, 1);
    else if (form == FORM_RAW128 || form == FORM_DEVICE_LEFT)
        put_device(&out, raw, form == FORM_RAW128);
    else if (form == FORM_ZERO_PADDED || form == FORM_PADDED_WITH_ONE) {
        es_buf_put_span(&out, der);
        es_buf_put(&out, form == FORM_ZERO_PADDED ? "\0\0\0" : "\0\0\1", 3);
    } else if (form >= FORM_S_PLUS_N)
        put_arithmetic(&out, form, raw);
    else if (form >= FORM_LONG_LENGTH)
        put_ber(&out, form, der);
    else
        put_raw(&out, form, raw);
    es_der_put_bits(tlv, es_buf_span(&out));
}

static void listed_forms_of_a_good_value_are_known_deviations(void **state)
{
    for (enum form form = 0; form < FORM_LISTED; form++) {
        struct forge f;

        print_message("# form %d\n", (int) form);
        forge_init(&f, *state);
        f.ctx = &form;
        f.high_numbers = true;
        f.sig_value = put_form;
        forge_expect(&f, ES_OUTCOME_VALID, "form_deviation");
        forge_expect_with(&f, NULL, ES_POLICY_STRICT, ES_OUTCOME_INVALID, "form_deviation");
        f.sig_value = NULL;
        f.seal_value = put_form;
        forge_expect(&f, ES_OUTCOME_VALID, "form_deviation");
        forge_clear(&f);
    }
}

/* n - s and swapped halves are in range: they are wrong, not malformed. */
static void other_forms_of_a_good_value_are_refused(void **state)
{
    for (enum form form = FORM_LISTED; form < FORM_COUNT; form++) {
        bool in_range = form == FORM_N_MINUS_S || form == FORM_RAW_SWAPPED;
        struct forge f;

        print_message("# form %d\n", (int) form);
        forge_init(&f, *state);
        f.ctx = &form;
        f.high_numbers = true;
        f.sig_value = put_form;
        forge_expect(&f, ES_OUTCOME_INVALID,
                     in_range ? "signature_value_invalid" : "signature_out_of_range");
        f.sig_value = NULL;
        f.seal_value = put_form;
        forge_expect(&f, ES_OUTCOME_INVALID,
                     in_range ? "seal_signature_invalid" : "signature_out_of_range");
        forge_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGE_TEST(no_vector_holds_as_a_signature),
        FORGE_TEST(no_vector_holds_as_a_seal),
        FORGE_TEST(listed_forms_of_a_good_value_are_known_deviations),
        FORGE_TEST(other_forms_of_a_good_value_are_refused),
    };

    return cmocka_run_group_tests_name("attacks_seal/sm2", tests, NULL, NULL);
}
