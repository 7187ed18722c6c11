/* Seal signatures built field by field: see forge.h. */
#include "forge.h"

#define SIGN_FOLDER "Doc_0/Signs/Sign_0/"
#define OID_SM2_SM3 "1.2.156.10197.1.501"
#define SMALL 65536

/* ---- fields ---- */

void forge_raw(struct forge *f, enum forge_field field, struct es_span bytes)
{
    es_buf_reset(&f->field[field]);
    es_buf_put_span(&f->field[field], bytes);
    assert_int_equal(f->field[field].failed, ES_OK);
}

void forge_set(struct forge *f, enum forge_field field, uint8_t tag, struct es_span value)
{
    es_buf_reset(&f->field[field]);
    es_der_put(&f->field[field], tag, value);
    assert_int_equal(f->field[field].failed, ES_OK);
}

void forge_number(struct forge *f, enum forge_field field, uint64_t number)
{
    es_buf_reset(&f->field[field]);
    es_der_put_uint(&f->field[field], number);
}

void forge_time(struct forge *f, enum forge_field field, int64_t time_s)
{
    es_buf_reset(&f->field[field]);
    es_der_put_generalized_time(&f->field[field], time_s);
}

static void set_oid(struct forge *f, enum forge_field field, const char *oid)
{
    es_buf_reset(&f->field[field]);
    es_der_put_oid(&f->field[field], oid);
}

void forge_list(struct forge *f, const struct es_cert *const *certs, size_t count)
{
    size_t seq;

    es_buf_reset(&f->field[SEAL_LIST]);
    seq = es_der_begin(&f->field[SEAL_LIST], ES_DER_SEQUENCE);
    for (size_t i = 0; i < count; i++)
        es_der_put(&f->field[SEAL_LIST], ES_DER_OCTET_STRING, certs[i]->der);
    es_der_end(&f->field[SEAL_LIST], seq);
}

void forge_signer(struct forge *f, const struct es_cert *cert, struct es_key *key)
{
    forge_list(f, &cert, 1);
    forge_set(f, SIGNER_CERT, ES_DER_OCTET_STRING, cert->der);
    f->signer_key = key;
}

void forge_maker(struct forge *f, const struct es_cert *cert, struct es_key *key)
{
    forge_set(f, MAKER_CERT, ES_DER_OCTET_STRING, cert->der);
    f->maker_key = key;
}

void forge_edition_2025(struct forge *f)
{
    forge_number(f, HEADER_VERSION, 5);
    forge_number(f, TBS_VERSION, 5);
}

static void init_seal(struct forge *f)
{
    forge_set(f, HEADER_ID, ES_DER_IA5_STRING, BYTES("ES"));
    forge_number(f, HEADER_VERSION, 4);
    forge_set(f, HEADER_VENDOR, ES_DER_IA5_STRING, BYTES("FORGE"));
    forge_set(f, SEAL_CODE, ES_DER_IA5_STRING, BYTES("44010601260000000001230Y"));
    forge_number(f, SEAL_TYPE, 1);
    forge_set(f, SEAL_NAME, ES_DER_UTF8_STRING, es_span_str("示例市档案局"));
    forge_number(f, SEAL_LIST_TYPE, 1);
    forge_time(f, SEAL_CREATED, WORLD_FROM_S);
    forge_time(f, SEAL_FROM, WORLD_FROM_S);
    forge_time(f, SEAL_UNTIL, WORLD_UNTIL_S);
    forge_set(f, PICTURE_TYPE, ES_DER_IA5_STRING, BYTES("PNG"));
    forge_set(f, PICTURE_DATA, ES_DER_OCTET_STRING, es_buf_span(&f->w->picture));
    forge_number(f, PICTURE_WIDTH, 42);
    forge_number(f, PICTURE_HEIGHT, 42);
    set_oid(f, SEAL_ALG, OID_SM2_SM3);
}

void forge_init(struct forge *f, struct world *w)
{
    *f = (struct forge){.w = w};
    for (size_t i = 0; i < FIELD_COUNT; i++)
        es_buf_init(&f->field[i], ES_SEAL_DER_MAX);
    es_buf_init(&f->seal, ES_SEAL_DER_MAX);
    init_seal(f);
    forge_maker(f, w->certs[WHO_MAKER], w->keys[WHO_MAKER]);
    forge_signer(f, w->certs[WHO_SIGNER], w->keys[WHO_SIGNER]);
    forge_number(f, TBS_VERSION, 4);
    forge_time(f, TBS_TIME, WORLD_SIGN_S);
    forge_set(f, TBS_PROPERTY, ES_DER_IA5_STRING, BYTES("/" SIGN_FOLDER "Signature.xml"));
    set_oid(f, SIG_ALG, OID_SM2_SM3);
}

void forge_clear(struct forge *f)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        es_buf_clear(&f->field[i]);
    es_buf_clear(&f->seal);
}

/* ---- putting together ---- */

void forge_put_given(struct es_span der, struct es_buf *tlv, const void *ctx)
{
    const struct es_span *given = ctx;

    (void) der;
    es_der_put_bits(tlv, *given);
}

static void put_shaped(struct es_buf *out, enum forge_shape shape, struct es_buf *content)
{
    uint8_t length[5] = {ES_DER_SEQUENCE, 0x83, (uint8_t) (content->len >> 16),
                         (uint8_t) (content->len >> 8), (uint8_t) content->len};

    switch (shape) {
    case SHAPE_LONG_LENGTH:
        es_buf_put(out, length, sizeof length);
        es_buf_put_span(out, es_buf_span(content));
        break;
    case SHAPE_INDEFINITE:
        es_buf_put(out, "\x30\x80", 2);
        es_buf_put_span(out, es_buf_span(content));
        es_buf_put(out, "\0\0", 2);
        break;
    case SHAPE_TRAILING:
        es_der_put_null(content);
        es_der_put(out, ES_DER_SEQUENCE, es_buf_span(content));
        break;
    case SHAPE_DER:
    default:
        es_der_put(out, ES_DER_SEQUENCE, es_buf_span(content));
    }
    assert_int_equal(out->failed, ES_OK);
}

static void put_fields(struct forge *f, struct es_buf *out, enum forge_field from,
                       enum forge_field to)
{
    for (size_t i = from; i <= to; i++)
        es_buf_put_span(out, es_buf_span(&f->field[i]));
}

static void put_part(struct forge *f, struct es_buf *out, enum forge_part part,
                     enum forge_field from, enum forge_field to)
{
    ES_AUTO(es_buf) content = ES_BUF_INIT(ES_SEAL_DER_MAX);

    put_fields(f, &content, from, to);
    put_shaped(out, f->shape[part], &content);
}

/* Each number is above 2^255 in about half of all signatures. */
static bool has_high_numbers(struct es_span der)
{
    uint8_t raw[ES_SM2_RAW_LEN];

    FORGE_OK(es_sm2_sig_decode(der, raw, err));
    return raw[0] >= 0x80 && raw[ES_SM2_RAW_LEN / 2] >= 0x80;
}

static void put_value(struct forge *f, struct es_key *key, struct es_span message,
                      void (*form)(struct es_span, struct es_buf *, const void *),
                      struct es_buf *out)
{
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);

    do {
        es_buf_reset(&sig);
        FORGE_OK(es_key_sign(key, message, &sig, err));
    } while (f->high_numbers && !has_high_numbers(es_buf_span(&sig)));
    if (form != NULL)
        form(es_buf_span(&sig), out, f->ctx);
    else
        es_der_put_bits(out, es_buf_span(&sig));
}

/* [0] BIT STRING with a token over the octets of a value, given as BIT STRING. */
static void put_stamp(struct forge *f, const struct forge_stamp *stamp, struct es_span value_tlv,
                      struct es_buf *out)
{
    ES_AUTO(es_buf) token = ES_BUF_INIT(SMALL);
    struct es_span bits;
    size_t tagged;

    if (stamp->at_s == 0)
        return;
    FORGE_OK(es_der_get_bits(&value_tlv, &bits, err));
    forge_token(f->w, stamp, stamp->of_other ? BYTES("other data") : bits, &token);
    if (stamp->change != NULL)
        stamp->change(&token);
    tagged = es_der_begin(out, ES_DER_CONTEXT(0));
    es_der_put_bits(out, es_buf_span(&token));
    es_der_end(out, tagged);
}

void forge_seal(struct forge *f)
{
    ES_AUTO(es_buf) parts = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) content = ES_BUF_INIT(ES_SEAL_DER_MAX);

    put_part(f, &parts, PART_HEADER, HEADER_ID, HEADER_VENDOR);
    put_fields(f, &parts, SEAL_CODE, SEAL_CODE);
    put_part(f, &parts, PART_PROPERTY, SEAL_TYPE, SEAL_UNTIL);
    put_part(f, &parts, PART_PICTURE, PICTURE_TYPE, PICTURE_HEIGHT);
    put_fields(f, &parts, SEAL_EXTS, SEAL_EXTS);
    put_shaped(&content, f->shape[PART_INFO], &parts); /* the maker signs this */
    es_buf_reset(&parts);
    put_value(f, f->maker_key, es_buf_span(&content), f->seal_value, &parts);
    put_fields(f, &content, MAKER_CERT, SEAL_ALG);
    es_buf_put_span(&content, es_buf_span(&parts));
    put_fields(f, &content, SEAL_STAMP, SEAL_STAMP);
    put_stamp(f, &f->seal_stamp, es_buf_span(&parts), &content);
    es_buf_reset(&f->seal);
    put_shaped(&f->seal, f->shape[PART_SEAL], &content);
}

static void put_tbs(struct forge *f, struct es_span xml, struct es_buf *out)
{
    ES_AUTO(es_buf) content = ES_BUF_INIT(ES_SEAL_DER_MAX);
    uint8_t hash[ES_SM3_LEN];

    put_fields(f, &content, TBS_VERSION, TBS_VERSION);
    es_buf_put_span(&content, es_buf_span(&f->seal));
    put_fields(f, &content, TBS_TIME, TBS_TIME);
    if (f->field[TBS_HASH].len == 0) {
        FORGE_OK(es_sm3(xml, hash, err));
        es_der_put_bits(&content, es_span_of(hash, sizeof hash));
    }
    put_fields(f, &content, TBS_HASH, TBS_EXTS);
    put_shaped(out, f->shape[PART_TBS], &content); /* the signer signs this */
}

static void put_signature(struct forge *f, struct es_span xml, struct es_buf *out)
{
    ES_AUTO(es_buf) content = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) value = ES_BUF_INIT(SMALL);

    put_tbs(f, xml, &content);
    put_value(f, f->signer_key, es_buf_span(&content), f->sig_value, &value);
    put_fields(f, &content, SIGNER_CERT, SIG_ALG);
    es_buf_put_span(&content, es_buf_span(&value));
    put_fields(f, &content, SIG_STAMP, SIG_STAMP);
    put_stamp(f, &f->stamp, es_buf_span(&value), &content);
    put_shaped(out, f->shape[PART_SIGNATURE], &content);
    es_buf_put_span(out, f->behind);
    assert_int_equal(out->failed, ES_OK);
}

/* The state of a seal is kept by the bytes of the seal as decoded. */
static void add_state(struct forge *f)
{
    static const struct es_state_event active = {
        .status = ES_STATUS_ACTIVE, .effective_s = WORLD_FROM_S, .known_s = WORLD_FROM_S};
    ES_AUTO_PTR(es_seal) seal = NULL;

    if (es_seal_decode(es_buf_span(&f->seal), ES_CHECK_FORMAT, "", NULL, &seal, NULL) == ES_OK)
        world_add_state(f->w, f->w->states, seal->der, &active, 1);
}

void forge_pkg(struct forge *f, struct pkg *out)
{
    ES_AUTO(es_buf) value = ES_BUF_INIT(2 * (size_t) ES_SEAL_DER_MAX);
    struct es_span file;

    forge_seal(f);
    add_state(f);
    pkg_copy(&f->w->document, out);
    world_lax_sign(f->w, out, &(struct lax){0});
    put_signature(f, es_buf_span(&pkg_find(out, SIGN_FOLDER "Signature.xml")->bytes), &value);
    file = f->seal_file.len > 0 ? f->seal_file : es_buf_span(&f->seal);
    pkg_set(out, SIGN_FOLDER "Seal.esl", file.ptr, file.len);
    pkg_set(out, SIGN_FOLDER "SignedValue.dat", value.ptr, value.len);
}

void forge_expect_with(struct forge *f, struct es_trust *trust, int policy, enum es_outcome outcome,
                       const char *codes)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT((size_t) 1 << 26);
    struct es_report report;
    struct pkg pkg = {0};

    forge_pkg(f, &pkg);
    pkg_write(&pkg, &zip);
    world_verify_with(f->w, es_buf_span(&zip), policy, trust, NULL, &report);
    expect_report(&report, outcome, codes);
    es_report_clear(&report);
    pkg_clear(&pkg);
}

void forge_expect(struct forge *f, enum es_outcome outcome, const char *codes)
{
    forge_expect_with(f, NULL, ES_POLICY_ASSURED, outcome, codes);
}

/* The product stamps only with a certificate for that; it believes a description of one. */
void forge_token(struct world *w, const struct forge_stamp *stamp, struct es_span value,
                 struct es_buf *token)
{
    struct es_cert claims = stamp->cert != NULL ? *stamp->cert : *w->certs[WHO_TSA];
    struct es_key *key = stamp->key != NULL ? stamp->key : w->keys[WHO_TSA];
    ES_AUTO(es_buf) request = ES_BUF_INIT(SMALL);
    ES_AUTO(es_buf) response = ES_BUF_INIT(SMALL);
    const uint8_t serial[1] = {1};
    uint64_t seed = 7;
    uint8_t nonce[8];

    claims.has_eku = claims.eku_critical = claims.eku_time_stamping = true;
    claims.eku_other = claims.eku_ocsp_signing = false;
    claims.not_before_s = 0;
    claims.not_after_s = INT32_MAX;
    FORGE_OK(es_time_stamp_request(value, es_random_seeded(&seed), nonce, &request, err));
    FORGE_OK(es_time_stamp_answer(key, &claims, es_buf_span(&request), stamp->at_s,
                                  es_span_of(serial, 1), &response, err));
    FORGE_OK(es_time_stamp_response(es_buf_span(&response), value, nonce, token, err));
}

int forge_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    world_new(w);
    *state = w;
    return 0;
}

int forge_teardown(void **state)
{
    world_clear(*state);
    free(*state);
    return 0;
}
