/* See seal_fixture.h. Keys are fixed numbers: the published one of GM/T 0003.5 and another. */
#include "seal_fixture.h"

#include "es_zip.h"

#ifndef ES_TEST_SAMPLES
#define ES_TEST_SAMPLES "../shared/samples"
#endif

static const uint8_t maker_number[32] = {
    0x39, 0x45, 0x20, 0x8f, 0x7b, 0x21, 0x44, 0xb1, 0x3f, 0x36, 0xe3, 0x8a, 0xc6, 0xd3, 0x9f, 0x95,
    0x88, 0x93, 0x93, 0x69, 0x28, 0x60, 0xb5, 0x1a, 0x42, 0xfb, 0x81, 0xef, 0x4d, 0xf7, 0xc5, 0xb8};

/* One red pixel, made by Python's zlib. */
static const char png_hex[] = "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
                              "0000000d49444154789c6378c620f41f0004c001f803d7e7b30000000049454e44"
                              "ae426082";

struct es_cert *decode_cert(struct es_span der)
{
    struct es_cert *cert = NULL;

    assert_int_equal(es_cert_decode(der, &cert, NULL), ES_OK);
    return cert;
}

struct es_cert *issue(struct es_key *key, const char *name, uint8_t serial, enum es_cert_use use)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(8192);
    struct es_cert_template tpl = {.common_name = name,
                                   .country = "CN",
                                   .serial = es_span_of(&serial, 1),
                                   .not_before_s = MADE_S - 30 * DAY_S,
                                   .not_after_s = UNTIL_S + 30 * DAY_S,
                                   .use = use};

    assert_int_equal(es_cert_issue(&tpl, es_key_public(key), NULL, key, &der, NULL), ES_OK);
    return decode_cert(es_buf_span(&der));
}

static void fill_info(struct fixture *f)
{
    struct es_span png = hex(f, png_hex);

    memcpy(f->picture, png.ptr, png.len);
    f->signers[0] = f->signer;
    f->info = (struct es_seal_info){
        .id = "44010601260000000001230Y",
        .type = 1,
        .name = "测试单位公章",
        .signers = f->signers,
        .signer_count = 1,
        .created_s = MADE_S,
        .valid_from_s = MADE_S,
        .valid_until_s = UNTIL_S,
        .picture = {.type = es_span_str("PNG"), .width_mm = 40, .height_mm = 40},
    };
    f->info.picture.data = es_span_of(f->picture, png.len);
}

int setup(void **state)
{
    struct fixture *f = (struct fixture *) calloc(1, sizeof(*f));
    uint8_t signer_number[32] = {0};

    assert_non_null(f);
    es_arena_init(&f->arena, 0);
    es_findings_init(&f->findings, &f->arena);
    es_buf_init(&f->out, 1u << 22);
    signer_number[31] = 77;
    assert_int_equal(es_key_from_number(maker_number, &f->maker_key, NULL), ES_OK);
    assert_int_equal(es_key_from_number(signer_number, &f->signer_key, NULL), ES_OK);
    f->maker = issue(f->maker_key, "制章者", 1, ES_CERT_MAKER);
    f->signer = issue(f->signer_key, "测试单位", 2, ES_CERT_SIGNER);
    fill_info(f);
    *state = f;
    return 0;
}

int teardown(void **state)
{
    struct fixture *f = (struct fixture *) *state;

    es_cert_free(f->maker);
    es_cert_free(f->signer);
    es_key_free(f->maker_key);
    es_key_free(f->signer_key);
    es_buf_clear(&f->out);
    es_arena_clear(&f->arena);
    free(f);
    return 0;
}

void forget(struct fixture *f)
{
    es_findings_init(&f->findings, &f->arena);
}

bool has_finding(const struct fixture *f, enum es_check check, enum es_code code, const char *value)
{
    for (const struct es_finding *x = f->findings.first; x != NULL; x = x->next)
        if (x->check == check && x->code == code &&
            (value == NULL || (x->value[0] != NULL && strcmp(x->value[0], value) == 0)))
            return true;
    return false;
}

static void print_findings(const struct fixture *f)
{
    for (const struct es_finding *x = f->findings.first; x != NULL; x = x->next)
        print_message("# %s: %s (%s)\n", es_check_name(x->check), es_code_info(x->code)->id,
                      x->value[0] != NULL ? x->value[0] : "");
}

void assert_finding(const struct fixture *f, enum es_check check, enum es_code code,
                    const char *value)
{
    if (has_finding(f, check, code, value))
        return;
    print_message("# missing: %s: %s (%s), there is\n", es_check_name(check),
                  es_code_info(code)->id, value != NULL ? value : "any");
    print_findings(f);
    fail();
}

void assert_no_findings(const struct fixture *f)
{
    if (f->findings.count != 0)
        print_findings(f);
    assert_int_equal(f->findings.count, 0);
}

void make_seal(struct fixture *f, enum es_seal_edition edition)
{
    es_status status;

    es_buf_reset(&f->out);
    status = es_seal_make(&f->info, edition, f->maker, f->maker_key, &f->out, &f->err);
    if (status != ES_OK)
        print_message("# %s\n", f->err.text);
    assert_int_equal(status, ES_OK);
}

struct es_span hex(struct fixture *f, const char *text)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(65536);

    assert_int_equal(es_hex_decode(es_span_str(text), &buf, NULL), ES_OK);
    return es_span_of(es_arena_text(&f->arena, es_buf_span(&buf)), buf.len);
}

/* First number of a path; *rest gets what stands behind the dot, or NULL. */
static size_t first_step(const char *path, const char **rest)
{
    char *end;
    unsigned long step = strtoul(path, &end, 10);

    *rest = *end == '.' ? end + 1 : NULL;
    return step;
}

void edit(struct es_span tree, const char *path, struct es_span with, struct es_buf *out)
{
    struct es_der_item item;
    const char *rest;
    size_t step = first_step(path, &rest), mark;

    assert_int_equal(es_der_next(&tree, &item, NULL), ES_OK);
    mark = es_der_begin(out, item.tag);
    for (size_t i = 0; item.value.len > 0; i++) {
        struct es_der_item child;

        assert_int_equal(es_der_next(&item.value, &child, NULL), ES_OK);
        if (i != step)
            es_der_put_raw(out, child.tlv);
        else if (rest == NULL)
            es_der_put_raw(out, with);
        else
            edit(child.tlv, rest, with, out);
    }
    es_der_end(out, mark);
    assert_int_equal(es_buf_check(out, NULL), ES_OK);
}

struct es_span at(struct es_span tree, const char *path)
{
    struct es_der_item item, child;
    const char *rest;
    size_t step = first_step(path, &rest);

    assert_int_equal(es_der_next(&tree, &item, NULL), ES_OK);
    for (size_t i = 0; i <= step; i++)
        assert_int_equal(es_der_next(&item.value, &child, NULL), ES_OK);
    return rest == NULL ? child.tlv : at(child.tlv, rest);
}

void load_sample(const char *name, struct es_buf *out)
{
    const char *folder = getenv("ESEAL_SAMPLES");
    char path[1024];

    (void) snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : ES_TEST_SAMPLES, name);
    es_buf_reset(out);
    if (es_file_read(path, out, NULL) != ES_OK) {
        print_message("# skipped: samples absent\n");
        skip();
    }
}

void load_entry(const char *name, const char *entry, struct es_buf *out)
{
    ES_AUTO(es_buf) file = ES_BUF_INIT(1u << 26);
    ES_AUTO_PTR(es_zip) zip = NULL;
    struct es_zip_limits limits = es_zip_limits_default();
    const struct es_zip_entry *found;
    struct es_source src;

    load_sample(name, &file);
    src = es_source_memory(es_buf_span(&file));
    assert_int_equal(es_zip_open(&src, &limits, NULL, &zip, NULL), ES_OK);
    found = es_zip_find(zip, es_span_str(entry));
    assert_non_null(found);
    es_buf_reset(out);
    assert_int_equal(es_zip_read(zip, found, out, NULL), ES_OK);
}
