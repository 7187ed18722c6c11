/* verification.md 9.1 zip-08 to zip-15: headers that contradict each other, bytes in odd places. */
#include "attack.h"

/* arg: the field that differs; arg2: the side that lies. */
static void build_headers(struct attack *a)
{
    struct zip_build_fields *f;
    struct zip_build_part *part;
    const char *field = a->c->arg;

    attack_parts(a);
    part = attack_part(a, PAGE);
    f = strcmp(a->c->arg2, "local") == 0 ? &part->local : &part->central;
    if (strcmp(field, "name") == 0)
        f->name = es_span_str("Doc_0/Pages/Page_9/Content.xml");
    else if (strcmp(field, "size") == 0)
        f->len++;
    else if (strcmp(field, "packed") == 0)
        f->packed_len--;
    else if (strcmp(field, "method") == 0)
        f->method = 8;
    else if (strcmp(field, "crc") == 0)
        f->crc ^= 1;
    else if (strcmp(field, "encrypted") == 0)
        f->flags |= 1;
    else
        fail_msg("no field %s", field);
}

static struct es_span unicode_path(struct attack *a, const char *header_name, const char *name)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(1024);
    struct zip_builder b;
    uint32_t crc;

    zip_build_init(&b);
    crc = zip_build_add(&b, "x", header_name)->local.crc; /* CRC of the header's name */
    zip_build_clear(&b);
    es_buf_put_byte(&body, 1);
    for (int i = 0; i < 4; i++)
        es_buf_put_byte(&body, (uint8_t) (crc >> 8 * i & 0xff));
    es_buf_put_str(&body, name);
    return zip_build_extra(&a->zip, 0x7075, es_buf_span(&body));
}

/* Extra field 0x7075 says arg; arg2: in which header. */
static void build_unicode_path(struct attack *a)
{
    struct zip_build_part *part;
    struct es_span extra;

    attack_parts(a);
    part = attack_part(a, PAGE);
    extra = unicode_path(a, PAGE, a->c->arg);
    if (strcmp(a->c->arg2, "central") != 0)
        part->local.extra = extra;
    if (strcmp(a->c->arg2, "local") != 0)
        part->central.extra = extra;
}

/* A second record, named arg, on the local header of the page. */
static void build_two_records(struct attack *a)
{
    struct zip_build_part *page, *second;

    attack_parts(a);
    page = attack_part(a, PAGE);
    second = zip_build_add_bytes(&a->zip, es_span_str(a->c->arg), page->packed);
    second->no_local = true;
    second->at = page;
}

/* The data of the page reaches over the next entry. */
static void build_overlap(struct attack *a)
{
    struct zip_build_part *page;

    attack_parts(a);
    page = attack_part(a, PAGE);
    page->local.packed_len = page->central.packed_len = page->central.packed_len + 100;
    page->local.len = page->central.len = page->central.packed_len;
}

/* The comment is an end record of its own: of an empty container, or one like ours. */
static void build_end_in_comment(struct attack *a)
{
    uint8_t *end = es_arena_alloc(&a->zip.arena, 22);
    struct es_span whole;

    assert_non_null(end);
    attack_parts(a);
    whole = zip_build_finish(&a->zip);
    memcpy(end, whole.ptr + whole.len - 22, 22);
    if (strcmp(a->c->arg, "empty") == 0)
        memset(end + 4, 0, 18);
    a->zip.comment = es_span_of(end, 22);
}

static void build_shifted(struct attack *a)
{
    attack_parts(a);
    a->zip.dir_off_delta = attack_number(a->c->arg);
}

static void build_short_directory(struct attack *a)
{
    attack_parts(a);
    a->zip.count_delta = -1;
}

static struct es_span noise(struct attack *a)
{
    uint8_t *bytes = es_arena_alloc(&a->zip.arena, 1024);

    assert_non_null(bytes);
    for (size_t i = 0; i < 1024; i++)
        bytes[i] = (uint8_t) (i * 37 + i / 256);
    return es_span_of(bytes, 1024);
}

/* arg: where bytes are put that belong to nobody; arg2 "ofd": a whole document instead of noise. */
static void build_outside(struct attack *a)
{
    const char *where = a->c->arg;
    struct es_buf other = ES_BUF_INIT(1u << 20);
    struct es_span bytes = noise(a);
    const char *copy;

    if (a->c->arg2 != NULL) {
        struct pkg bad = {0};

        pkg_copy(&a->w->document, &bad);
        pkg_replace(&bad, PAGE, "壹佰", "玖佰");
        pkg_write(&bad, &other);
        pkg_clear(&bad);
        copy = es_arena_text(&a->zip.arena, es_buf_span(&other));
        assert_non_null(copy);
        bytes = es_span_of(copy, other.len);
    }
    es_buf_clear(&other);
    attack_parts(a);
    if (strcmp(where, "before") == 0 || strcmp(where, "before, offsets not corrected") == 0)
        a->zip.prefix = bytes;
    a->zip.prefix_uncounted = strcmp(where, "before, offsets not corrected") == 0;
    if (strcmp(where, "after") == 0)
        a->zip.suffix = bytes;
    if (strcmp(where, "between") == 0)
        attack_part(a, PAGE)->gap = bytes;
    if (strcmp(where, "before directory") == 0)
        a->zip.dir_gap = bytes;
    if (strcmp(where, "behind directory") == 0)
        a->zip.end_gap = bytes;
}

/* A local header, in the middle or at the end, that only a reader from the front finds. */
static void build_no_record(struct attack *a)
{
    if (strcmp(a->c->arg, "first") == 0)
        zip_build_add_bytes(&a->zip, es_span_str(PAGE), attack_bad_page(a))->no_record = true;
    attack_parts(a);
    if (strcmp(a->c->arg, "last") == 0)
        zip_build_add_bytes(&a->zip, es_span_str(PAGE), attack_bad_page(a))->no_record = true;
}

/* ZIP64 fields: arg says which side lies about what. */
static void build_zip64(struct attack *a)
{
    struct zip_build_part *page;
    uint64_t sizes[2];

    attack_parts(a);
    page = attack_part(a, PAGE);
    sizes[0] = page->central.len + 7;
    sizes[1] = page->central.packed_len + 7;
    if (strcmp(a->c->arg, "local") == 0)
        page->local.extra = zip_build_longs(&a->zip, sizes, 2);
    if (strcmp(a->c->arg, "central") == 0)
        page->central.extra = zip_build_longs(&a->zip, sizes, 2);
    if (strcmp(a->c->arg, "end record") == 0) {
        a->zip.end64 = a->zip.end64_unmarked = true;
        a->zip.end64_count_delta = -1;
    }
    if (strcmp(a->c->arg, "repeats") == 0) {
        sizes[0] -= 7;
        sizes[1] -= 7;
        page->local.extra = page->central.extra = zip_build_longs(&a->zip, sizes, 2);
    }
}

#define BAD ES_OUTCOME_INVALID
#define GOOD ES_OUTCOME_VALID
#define DISAGREE "container_headers_disagree"
#define AMBIGUOUS "container_ambiguous"
#define OUTSIDE "container_outside_data"

/* clang-format off */
static const struct attack_case rows[] = {
    {"zip-08: another name in the local header", build_headers, BAD, DISAGREE, ES_E_OFD,
     "name", "local"},
    {"zip-08: another name in the directory", build_headers, BAD, DISAGREE, ES_E_OFD,
     "name", "central"},
    {"zip-08: another size in the local header", build_headers, BAD, DISAGREE, ES_E_OFD,
     "size", "local"},
    {"zip-08: another size in the directory", build_headers, BAD, DISAGREE, ES_E_OFD,
     "size", "central"},
    {"zip-08: another packed size in the local header", build_headers, BAD, DISAGREE, ES_E_OFD,
     "packed", "local"},
    {"zip-08: another method in the local header", build_headers, BAD, DISAGREE, ES_E_OFD,
     "method", "local"},
    {"zip-08: another method in the directory", build_headers, BAD, DISAGREE, ES_E_OFD,
     "method", "central"},
    {"zip-08: another checksum in the local header", build_headers, BAD, DISAGREE, ES_E_OFD,
     "crc", "local"},
    {"zip-08: another checksum in the directory", build_headers, BAD, DISAGREE, ES_E_OFD,
     "crc", "central"},
    {"zip-08: encrypted only in the local header", build_headers, BAD, DISAGREE, ES_E_OFD,
     "encrypted", "local"},
    {"zip-09: Unicode path with another name, directory", build_unicode_path, BAD, DISAGREE,
     ES_E_OFD, "Doc_0/Pages/Page_9/Content.xml", "central"},
    {"zip-09: Unicode path with another name, local header", build_unicode_path, BAD, DISAGREE,
     ES_E_OFD, "Doc_0/Pages/Page_9/Content.xml", "local"},
    {"zip-09: Unicode path of another entry, both", build_unicode_path, BAD, DISAGREE, ES_E_OFD,
     "OFD.xml", "both"},
    {"zip-09: Unicode path with the same name", build_unicode_path, GOOD, "!" DISAGREE, ES_OK,
     PAGE, "both"},
    {"zip-10: two records on one local header", build_two_records, BAD, AMBIGUOUS, ES_E_OFD,
     "Doc_0/Pages/Page_9/Content.xml"},
    {"zip-10: the same record twice", build_two_records, BAD,
     AMBIGUOUS " container_duplicate_entry", ES_E_OFD, PAGE},
    {"zip-10: overlapping data", build_overlap, BAD, AMBIGUOUS, ES_E_OFD},
    {"zip-11: end record of nothing in the comment", build_end_in_comment, BAD, AMBIGUOUS,
     ES_E_OFD, "empty"},
    {"zip-11: end record like ours in the comment", build_end_in_comment, BAD, AMBIGUOUS, ES_E_OFD,
     "same"},
    {"zip-11: directory offset too small", build_shifted, BAD, AMBIGUOUS, ES_E_OFD, "-1"},
    {"zip-11: directory offset too large", build_shifted, BAD, AMBIGUOUS, ES_E_OFD, "1"},
    {"zip-11: directory offset into the last entry", build_shifted, BAD, AMBIGUOUS, ES_E_OFD,
     "-200"},
    {"zip-11: one record more than the end record counts", build_short_directory, BAD, AMBIGUOUS,
     ES_E_OFD},
    {"zip-12: noise before the first entry", build_outside, GOOD, OUTSIDE, ES_OK, "before",
     .strict = BAD},
    {"zip-12: noise before, offsets not corrected", build_outside, GOOD, OUTSIDE, ES_OK,
     "before, offsets not corrected", .strict = BAD},
    {"zip-12: noise after the end", build_outside, GOOD, OUTSIDE, ES_OK, "after", .strict = BAD},
    {"zip-12: noise between entries", build_outside, GOOD, OUTSIDE, ES_OK, "between",
     .strict = BAD},
    {"zip-12: noise before the directory", build_outside, GOOD, OUTSIDE, ES_OK,
     "before directory", .strict = BAD},
    {"zip-12: noise behind the directory", build_outside, BAD, AMBIGUOUS, ES_E_OFD,
     "behind directory"},
    {"zip-13: a whole document before the first entry", build_outside, BAD, AMBIGUOUS, ES_E_OFD,
     "before", "ofd"},
    {"zip-13: a whole document before, offsets not corrected", build_outside, BAD, AMBIGUOUS,
     ES_E_OFD, "before, offsets not corrected", "ofd"},
    {"zip-13: a whole document after the end", build_outside, BAD, AMBIGUOUS, ES_E_OFD, "after",
     "ofd"},
    {"zip-13: a whole document between entries", build_outside, BAD, AMBIGUOUS, ES_E_OFD,
     "between", "ofd"},
    {"zip-14: first local header without record", build_no_record, BAD, AMBIGUOUS, ES_E_OFD,
     "first"},
    {"zip-14: last local header without record", build_no_record, BAD, AMBIGUOUS, ES_E_OFD, "last"},
    {"zip-15: long sizes contradict, local header", build_zip64, BAD, DISAGREE, ES_E_OFD, "local"},
    {"zip-15: long sizes contradict, directory", build_zip64, BAD, DISAGREE, ES_E_OFD, "central"},
    {"zip-15: long count contradicts, end record", build_zip64, BAD, DISAGREE, ES_E_OFD,
     "end record"},
    {"zip-15: long sizes repeat the short ones", build_zip64, GOOD, "!" DISAGREE, ES_OK,
     "repeats"},
};
/* clang-format on */

const struct attack_table attack_zip_layout = ATTACK_TABLE(rows);
