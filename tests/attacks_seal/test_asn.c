/*
 * Encodings (verification.md 9.5, asn-01 to asn-14). Every file is signed with entitled keys over
 * the very bytes it holds, so only the encoding decides. What real products write (formats.md 5)
 * is form_deviation and stays valid; everything else has no second chance.
 */
#include "forge.h"

/* A way a field can be written, and what must come of it. */
struct row {
    enum forge_field field;
    const char *bytes; /* whole TLV */
    size_t len;
    enum es_outcome outcome;
    const char *codes;
};
#define ROW(field, bytes, outcome, codes)                                                          \
    {                                                                                              \
        field, bytes, sizeof(bytes) - 1, outcome, codes                                            \
    }

static void expect_rows(struct world *w, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct forge f;

        print_message("# row %zu\n", i);
        forge_init(&f, w);
        forge_raw(&f, rows[i].field, es_span_of(rows[i].bytes, rows[i].len));
        forge_expect(&f, rows[i].outcome, rows[i].codes);
        forge_clear(&f);
    }
}
#define EXPECT_ROWS(state, rows) expect_rows(*(state), rows, sizeof(rows) / sizeof(rows)[0])

static void expect_shape(struct world *w, enum forge_part part, enum forge_shape shape,
                         enum es_outcome outcome, const char *codes)
{
    struct forge f;

    print_message("# part %d\n", (int) part);
    forge_init(&f, w);
    f.shape[part] = shape;
    forge_expect(&f, outcome, codes);
    forge_clear(&f);
}

static void what_the_builder_makes_is_valid(void **state)
{
    struct forge f;

    forge_init(&f, *state);
    forge_expect(&f, ES_OUTCOME_VALID,
                 "!form_deviation !name_mismatch !seal_outlives_cert !time_stamp_ignored");
    forge_clear(&f);
}

/* asn-01 */
static void lengths_that_are_not_shortest_are_not_canonical(void **state)
{
    for (int part = 0; part < PART_COUNT; part++)
        expect_shape(*state, (enum forge_part) part, SHAPE_LONG_LENGTH, ES_OUTCOME_INVALID,
                     "der_not_canonical");
}

/* asn-02, formats.md 5.2: read as DER; what was signed in another form does not verify. */
static void an_indefinite_length_around_everything_is_a_known_deviation(void **state)
{
    expect_shape(*state, PART_SIGNATURE, SHAPE_INDEFINITE, ES_OUTCOME_VALID, "form_deviation");
}

static void an_indefinite_length_that_was_signed_does_not_verify(void **state)
{
    expect_shape(*state, PART_TBS, SHAPE_INDEFINITE, ES_OUTCOME_INVALID,
                 "form_deviation signature_value_invalid");
    expect_shape(*state, PART_INFO, SHAPE_INDEFINITE, ES_OUTCOME_INVALID, "form_deviation");
}

/* asn-03. A fifth element of the seal or the signature is its time stamp: NULL is none. */
static void elements_too_many_inside_are_malformed(void **state)
{
    for (int part = 0; part < PART_COUNT; part++)
        expect_shape(*state, (enum forge_part) part, SHAPE_TRAILING, ES_OUTCOME_INVALID,
                     "seal_data_malformed");
}

/* asn-04 */
static void bytes_behind_the_signature_are_a_known_deviation(void **state)
{
    struct forge f;

    forge_init(&f, *state);
    f.behind = BYTES("\0\0\0\0");
    forge_expect(&f, ES_OUTCOME_VALID, "form_deviation");
    f.behind = BYTES("\x30\x03\x02\x01\x05");
    forge_expect(&f, ES_OUTCOME_VALID, "form_deviation");
    forge_clear(&f);
}

/* asn-05: OCTET STRING, IA5String, UTF8String and BIT STRING in pieces. */
static void strings_in_pieces_are_not_canonical(void **state)
{
    static const struct row rows[] = {
        ROW(SEAL_NAME, "\x2c\x0c\x0c\x04\xe7\xa4\xba\x21\x0c\x04\xe4\xbe\x8b\x21",
            ES_OUTCOME_INVALID, "der_not_canonical"),
        ROW(PICTURE_TYPE, "\x36\x07\x16\x01P\x16\x02NG", ES_OUTCOME_INVALID, "der_not_canonical"),
        ROW(SEAL_CODE, "\x36\x80\x16\x01\x31\x16\x01\x32\0\0", ES_OUTCOME_INVALID,
            "der_not_canonical"),
    };

    EXPECT_ROWS(state, rows);
}

/* asn-06 */
static void numbers_with_padding_or_below_zero_are_refused(void **state)
{
    static const struct row rows[] = {
        ROW(HEADER_VERSION, "\x02\x02\x00\x04", ES_OUTCOME_INVALID, "der_not_canonical"),
        ROW(SEAL_TYPE, "\x02\x02\x00\x01", ES_OUTCOME_INVALID, "der_not_canonical"),
        ROW(SEAL_LIST_TYPE, "\x02\x02\x00\x01", ES_OUTCOME_INVALID, "der_not_canonical"),
        ROW(PICTURE_WIDTH, "\x02\x02\x00\x2a", ES_OUTCOME_INVALID, "der_not_canonical"),
        ROW(TBS_VERSION, "\x02\x02\x00\x04", ES_OUTCOME_INVALID, "der_not_canonical"),
        ROW(PICTURE_WIDTH, "\x02\x01\xff", ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(PICTURE_WIDTH, "\x02\x01\x80", ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_TYPE, "\x02\x01\xff", ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_TYPE, "\x02\x00", ES_OUTCOME_INVALID, "seal_data_malformed"),
        /* more than 32 bits: what could be meant is not looked at */
        ROW(SEAL_TYPE, "\x02\x05\x01\x00\x00\x00\x00", ES_OUTCOME_INDETERMINATE, "limit_exceeded"),
    };

    EXPECT_ROWS(state, rows);
}

/* ---- asn-07: BIT STRINGs ---- */

static void put_bits_unused(struct es_span der, struct es_buf *tlv, const void *ctx)
{
    ES_AUTO(es_buf) value = ES_BUF_INIT(256);

    es_buf_put_byte(&value, *(const uint8_t *) ctx);
    es_buf_put_span(&value, der);
    es_der_put(tlv, ES_DER_BIT_STRING, es_buf_span(&value));
}

static void unused_bits_up_to_seven_are_a_known_deviation(void **state)
{
    for (uint8_t unused = 1; unused <= 9; unused++) {
        bool listed = unused <= 7;
        struct forge f;

        forge_init(&f, *state);
        f.ctx = &unused;
        f.sig_value = put_bits_unused;
        forge_expect(&f, listed ? ES_OUTCOME_VALID : ES_OUTCOME_INVALID,
                     listed ? "form_deviation !der_not_canonical" : "seal_data_malformed");
        f.sig_value = NULL;
        f.seal_value = put_bits_unused;
        forge_expect(&f, listed ? ES_OUTCOME_VALID : ES_OUTCOME_INVALID,
                     listed ? "form_deviation !der_not_canonical" : "seal_data_malformed");
        forge_clear(&f);
    }
}

static void bit_strings_that_cannot_be_a_digest_do_not_belong_to_the_file(void **state)
{
    static const struct row rows[] = {
        ROW(TBS_HASH, "\x03\x00", ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(TBS_HASH, "\x03\x01\x00", ES_OUTCOME_INVALID, "data_hash_mismatch"),
        ROW(TBS_HASH, "\x04\x20\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
    };

    EXPECT_ROWS(state, rows);
}

/* asn-08, asn-13: extensions. Tax seals write critical FALSE; others TRUE as 01. */
static void extensions_are_read_whatever_their_boolean_says(void **state)
{
#define EXT(boolean) "\x30\x0d\x30\x0b\x06\x03\x2a\x03\x04" boolean "\x04\x01\x31"
    static const struct row rows[] = {
        ROW(SEAL_EXTS, EXT("\x01\x01\x00"), ES_OUTCOME_VALID, "!form_deviation"),
        ROW(SEAL_EXTS, EXT("\x01\x01\x01"), ES_OUTCOME_VALID, "form_deviation"),
        ROW(SEAL_EXTS, EXT("\x01\x01\xff"), ES_OUTCOME_VALID, "form_deviation"), /* critical */
        ROW(SEAL_EXTS, "\x30\x0a\x30\x08\x06\x03\x2a\x03\x04\x04\x01\x31", ES_OUTCOME_VALID,
            "!form_deviation"),
        ROW(SEAL_EXTS, "\x30\x0e\x30\x0c\x06\x03\x2a\x03\x04\x01\x02\xff\xff\x04\x01\x31",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(TBS_EXTS, "\xa0\x0f" EXT("\x01\x01\xff"), ES_OUTCOME_VALID, "form_deviation"),
        ROW(TBS_EXTS, "\xa0\x0c\x30\x0a\x30\x08\x06\x03\x2a\x03\x04\x04\x01\x31", ES_OUTCOME_VALID,
            "!form_deviation"),
    };
#undef EXT

    EXPECT_ROWS(state, rows);
}

/* asn-09 */
static void strings_of_another_type_are_malformed(void **state)
{
    static const struct row rows[] = {
        ROW(HEADER_ID,
            "\x0c\x02"
            "ES",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(HEADER_ID,
            "\x16\x02"
            "EX",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_CODE,
            "\x13\x02"
            "12",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_CODE,
            "\x16\x02"
            "1\xe7",
            ES_OUTCOME_INVALID, "der_not_canonical"),
        ROW(SEAL_NAME,
            "\x13\x02"
            "AB",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_NAME, "\x1e\x02\x79\x3a", ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_NAME, "\x0c\x02\xc0\x80", ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(PICTURE_TYPE,
            "\x0c\x03"
            "PNG",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(TBS_PROPERTY, "\x0c\x01/", ES_OUTCOME_INVALID, "seal_data_malformed"),
    };

    EXPECT_ROWS(state, rows);
}

/* asn-10 */
static void utc_time_has_no_place_in_the_edition_of_2020(void **state)
{
    static const struct row rows[] = {
        ROW(SEAL_CREATED,
            "\x17\x0d"
            "260101000000Z",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_FROM,
            "\x17\x0d"
            "260101000000Z",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_UNTIL,
            "\x17\x0d"
            "300101000000Z",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(TBS_TIME,
            "\x17\x0d"
            "260228080000Z",
            ES_OUTCOME_INVALID, "seal_data_malformed"),
    };

    EXPECT_ROWS(state, rows);
}

/* asn-11. Without Z it is Beijing time, as two banks write it (formats.md 5). */
static void times_have_one_form(void **state)
{
#define TIMES(field)                                                                               \
    ROW(field,                                                                                     \
        "\x18\x11"                                                                                 \
        "20260101000000.5Z",                                                                       \
        ES_OUTCOME_INVALID, "der_not_canonical"),                                                  \
        ROW(field,                                                                                 \
            "\x18\x13"                                                                             \
            "20260101000000+0800",                                                                 \
            ES_OUTCOME_INVALID, "der_not_canonical"),                                              \
        ROW(field,                                                                                 \
            "\x18\x0d"                                                                             \
            "202601010000Z",                                                                       \
            ES_OUTCOME_INVALID, "der_not_canonical"),                                              \
        ROW(field,                                                                                 \
            "\x18\x0f"                                                                             \
            "20260132000000Z",                                                                     \
            ES_OUTCOME_INVALID, "seal_data_malformed"),                                            \
        ROW(field,                                                                                 \
            "\x18\x0f"                                                                             \
            "20260101240000Z",                                                                     \
            ES_OUTCOME_INVALID, "seal_data_malformed"),                                            \
        ROW(field,                                                                                 \
            "\x18\x0f"                                                                             \
            "2026010100000 Z",                                                                     \
            ES_OUTCOME_INVALID, "seal_data_malformed"),                                            \
        ROW(field, "\x18\x00", ES_OUTCOME_INVALID, "seal_data_malformed")
    static const struct row rows[] = {
        TIMES(SEAL_CREATED),
        TIMES(SEAL_FROM),
        TIMES(SEAL_UNTIL),
        TIMES(TBS_TIME),
        ROW(SEAL_CREATED,
            "\x18\x0e"
            "20260101080000",
            ES_OUTCOME_VALID, "form_deviation"),
        ROW(TBS_TIME,
            "\x18\x0e"
            "20260228160000",
            ES_OUTCOME_VALID, "form_deviation"),
    };
#undef TIMES

    EXPECT_ROWS(state, rows);
}

/* asn-12. Without certListType the property has the shape of edition 2014 (formats.md 5.1). */
static void a_missing_field_is_malformed(void **state)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct forge f;

        if (i == SEAL_EXTS || i == TBS_EXTS || i == SEAL_STAMP || i == SIG_STAMP || i == TBS_HASH)
            continue; /* optional; the digest is put in when left out */
        print_message("# field %d\n", i);
        forge_init(&f, *state);
        forge_raw(&f, (enum forge_field) i, es_span_of(NULL, 0));
        if (i == SEAL_LIST_TYPE)
            forge_expect(&f, ES_OUTCOME_VALID, "form_deviation");
        else
            forge_expect(&f, ES_OUTCOME_INVALID, "seal_data_malformed");
        forge_clear(&f);
    }
}

static void a_doubled_field_is_malformed(void **state)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct forge f;

        forge_init(&f, *state);
        if (f.field[i].len > 0) {
            ES_AUTO(es_buf) once = ES_BUF_INIT(ES_SEAL_DER_MAX);

            print_message("# field %d\n", i);
            es_buf_put_span(&once, es_buf_span(&f.field[i]));
            es_buf_put_span(&f.field[i], es_buf_span(&once));
            forge_expect(&f, ES_OUTCOME_INVALID, "seal_data_malformed");
        }
        forge_clear(&f);
    }
}

/* asn-14 */
static void versions_nobody_knows_cannot_be_judged(void **state)
{
    static const struct row rows[] = {
        ROW(HEADER_VERSION, "\x02\x01\x00", ES_OUTCOME_INDETERMINATE, "version_unknown"),
        ROW(HEADER_VERSION, "\x02\x01\x03", ES_OUTCOME_INDETERMINATE, "version_unknown"),
        ROW(HEADER_VERSION, "\x02\x01\x63", ES_OUTCOME_INDETERMINATE, "version_unknown"),
        ROW(TBS_VERSION, "\x02\x01\x00", ES_OUTCOME_INDETERMINATE, "version_unknown"),
        ROW(TBS_VERSION, "\x02\x01\x03", ES_OUTCOME_INDETERMINATE, "version_unknown"),
        ROW(TBS_VERSION, "\x02\x01\x63", ES_OUTCOME_INDETERMINATE, "version_unknown"),
    };

    EXPECT_ROWS(state, rows);
}

static void a_list_of_digests_that_holds_certificates_is_malformed(void **state)
{
    static const struct row rows[] = {
        ROW(SEAL_LIST_TYPE, "\x02\x01\x02", ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_LIST_TYPE, "\x02\x01\x00", ES_OUTCOME_INVALID, "seal_data_malformed"),
        ROW(SEAL_LIST_TYPE, "\x02\x01\x04", ES_OUTCOME_INVALID, "seal_data_malformed"),
    };

    EXPECT_ROWS(state, rows);
}

/* No finding of the encoding is worth less because the signature holds: cut at every length. */
static void cut_data_is_never_valid(void **state)
{
    struct world *w = *state;
    struct pkg whole = {0};
    struct forge f;
    size_t len;

    forge_init(&f, w);
    forge_pkg(&f, &whole);
    len = pkg_find(&whole, "Doc_0/Signs/Sign_0/SignedValue.dat")->bytes.len;
    for (size_t cut = 0; cut < len; cut += 1 + cut / 40) {
        ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);
        struct es_report report;
        struct pkg pkg = {0};

        pkg_copy(&whole, &pkg);
        pkg_find(&pkg, "Doc_0/Signs/Sign_0/SignedValue.dat")->bytes.len = cut;
        pkg_write(&pkg, &zip);
        world_verify(w, es_buf_span(&zip), ES_POLICY_ASSURED, &report);
        assert_int_equal(report.outcome, ES_OUTCOME_INVALID);
        es_report_clear(&report);
        pkg_clear(&pkg);
    }
    pkg_clear(&whole);
    forge_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGE_TEST(what_the_builder_makes_is_valid),
        FORGE_TEST(lengths_that_are_not_shortest_are_not_canonical),
        FORGE_TEST(an_indefinite_length_around_everything_is_a_known_deviation),
        FORGE_TEST(an_indefinite_length_that_was_signed_does_not_verify),
        FORGE_TEST(elements_too_many_inside_are_malformed),
        FORGE_TEST(bytes_behind_the_signature_are_a_known_deviation),
        FORGE_TEST(strings_in_pieces_are_not_canonical),
        FORGE_TEST(numbers_with_padding_or_below_zero_are_refused),
        FORGE_TEST(unused_bits_up_to_seven_are_a_known_deviation),
        FORGE_TEST(bit_strings_that_cannot_be_a_digest_do_not_belong_to_the_file),
        FORGE_TEST(extensions_are_read_whatever_their_boolean_says),
        FORGE_TEST(strings_of_another_type_are_malformed),
        FORGE_TEST(utc_time_has_no_place_in_the_edition_of_2020),
        FORGE_TEST(times_have_one_form),
        FORGE_TEST(a_missing_field_is_malformed),
        FORGE_TEST(a_doubled_field_is_malformed),
        FORGE_TEST(versions_nobody_knows_cannot_be_judged),
        FORGE_TEST(a_list_of_digests_that_holds_certificates_is_malformed),
        FORGE_TEST(cut_data_is_never_valid),
    };

    return cmocka_run_group_tests_name("attacks_seal/asn", tests, NULL, NULL);
}
