/*
 * verification.md 9.1 zip-16: little that becomes much. A nested bomb is not opened at all (no
 * entry is unpacked as a container), so as an attachment it is content like any other; where its
 * own packing passes the ratio, it is refused like the rest.
 */
#include "attack.h"

#include <zlib.h>

#define MIB ((size_t) 1 << 20)
#define LOCAL_LEN 30
#define QUOTE_LEN 5

static void put(struct es_buf *out, uint64_t value, int len)
{
    for (int i = 0; i < len; i++)
        es_buf_put_byte(out, (uint8_t) (value >> 8 * i & 0xff));
}

static struct es_span kept(struct attack *a, struct es_buf *buf)
{
    const char *copy = es_arena_text(&a->zip.arena, es_buf_span(buf));
    struct es_span span = es_span_of(copy, buf->len);

    assert_non_null(copy);
    es_buf_clear(buf);
    return span;
}

/* Entry arg is 32 MiB of zeros, 1000:1. */
static void build_zeros(struct attack *a)
{
    struct es_span zeros = zip_build_zeros(&a->zip, 32 * MIB);

    for (size_t i = 0; i < a->pkg.count; i++) {
        const struct pkg_entry *e = &a->pkg.entries[i];

        if (strcmp(e->name, a->c->arg) != 0)
            (void) zip_build_add_bytes(&a->zip, es_span_str(e->name), es_buf_span(&e->bytes));
    }
    (void) zip_build_add_deflated(&a->zip, a->c->arg, zeros);
}

/* The same, but the headers say arg2 bytes. */
static void build_modest_zeros(struct attack *a)
{
    build_zeros(a);
    a->zip.last->local.len = a->zip.last->central.len = (uint32_t) attack_number(a->c->arg2);
}

/* A container that holds a bomb of 32 MiB. */
static struct es_span inner_bomb(struct attack *a)
{
    struct zip_builder inner;
    struct es_buf copy = ES_BUF_INIT(MIB);

    zip_build_init(&inner);
    (void) zip_build_add_deflated(&inner, "zeros", zip_build_zeros(&inner, 32 * MIB));
    es_buf_put_span(&copy, zip_build_finish(&inner));
    zip_build_clear(&inner);
    return kept(a, &copy);
}

/* The bomb is the document's attachment, and sealed as such. */
static void build_nested(struct attack *a)
{
    attack_content(a, "Doc_0/Attachs/data.txt", inner_bomb(a));
    attack_parts(a);
}

/* A container of zeros that are only stored in it: the packing is that of the outer one. */
static void build_nested_packed(struct attack *a)
{
    struct zip_builder inner;

    zip_build_init(&inner);
    (void) zip_build_add_bytes(&inner, es_span_str("zeros"), zip_build_zeros(&inner, 32 * MIB));
    attack_parts(a);
    (void) zip_build_add_deflated(&a->zip, "Doc_0/Attachs/bomb.zip", zip_build_finish(&inner));
    zip_build_clear(&inner);
}

/* An end record that says nothing but where arg2 long records end, or a 16-bit part of the truth.
 */
static void put_end(struct es_buf *out, size_t count, size_t dir_off, bool wide)
{
    size_t dir_len = out->len - dir_off, end64 = out->len;

    if (wide) {
        put(out, 0x06064b50, 4);
        put(out, 44, 8);
        put(out, 45 | 45 << 16, 4);
        put(out, 0, 8);
        put(out, count, 8);
        put(out, count, 8);
        put(out, dir_len, 8);
        put(out, dir_off, 8);
        put(out, 0x07064b50, 4);
        put(out, 0, 4);
        put(out, end64, 8);
        put(out, 1, 4);
    }
    put(out, 0x06054b50, 4);
    put(out, 0, 4);
    put(out, wide ? UINT16_MAX : count & UINT16_MAX, 2);
    put(out, wide ? UINT16_MAX : count & UINT16_MAX, 2);
    put(out, dir_len, 4);
    put(out, dir_off, 4);
    put(out, 0, 2);
}

/* arg empty entries, by hand; arg2: the end record has long fields. */
static void build_many_entries(struct attack *a)
{
    size_t count = (size_t) attack_number(a->c->arg), dir_off;
    struct es_buf *out = &a->out;
    char name[32];

    for (size_t i = 0; i < count; i++) {
        (void) snprintf(name, sizeof name, "%08zu", i);
        put(out, 0x04034b50, 4);
        for (int k = 0; k < 22; k++)
            es_buf_put_byte(out, 0);
        put(out, 8, 4);
        es_buf_put(out, name, 8);
    }
    dir_off = out->len;
    for (size_t i = 0; i < count; i++) {
        (void) snprintf(name, sizeof name, "%08zu", i);
        put(out, 0x02014b50, 4);
        for (int k = 0; k < 24; k++)
            es_buf_put_byte(out, 0);
        put(out, 8, 2);
        for (int k = 0; k < 12; k++)
            es_buf_put_byte(out, 0);
        put(out, i * (LOCAL_LEN + 8), 4);
        es_buf_put(out, name, 8);
    }
    put_end(out, count, dir_off, a->c->arg2 != NULL);
}

/*
 * Overlapping quoted data: every local header is quoted, as a stored block, by the data of the
 * entry before it, so that all entries share one kernel at the end and yet agree with their
 * headers.
 *
 *     header 0 | quote | header 1 | quote | … | header n | kernel
 */
static void local_header(const struct zip_build_fields *f, struct es_buf *out)
{
    put(out, 0x04034b50, 4);
    put(out, 20, 2);
    put(out, f->flags, 2);
    put(out, f->method, 2);
    put(out, 0x5a216000, 4); /* as the builder writes */
    put(out, f->crc, 4);
    put(out, f->packed_len, 4);
    put(out, f->len, 4);
    put(out, f->name.len, 2);
    put(out, 0, 2);
    es_buf_put_span(out, f->name);
}

static void quote_next(struct attack *a, struct zip_build_part *part,
                       const struct zip_build_part *next)
{
    struct es_buf header = ES_BUF_INIT(256), quote = ES_BUF_INIT(8);
    size_t len;

    local_header(&next->local, &header);
    len = header.len;
    put(&quote, 0, 1); /* not last, stored */
    put(&quote, len, 2);
    put(&quote, ~len & 0xffff, 2);
    part->packed = kept(a, &quote);
    part->local.method = 8;
    part->local.len = next->local.len + (uint32_t) len;
    part->local.packed_len = next->local.packed_len + (uint32_t) (len + QUOTE_LEN);
    part->local.crc = (uint32_t) crc32_combine(crc32(0, header.ptr, (uInt) len), next->local.crc,
                                               (z_off_t) next->local.len);
    part->central = part->local;
    es_buf_clear(&header);
}

/* A kernel that unpacks arg bytes, shared by arg2 entries behind the document. */
static void build_quoted(struct attack *a)
{
    struct zip_build_part *parts[512];
    size_t len = (size_t) attack_number(a->c->arg), count = (size_t) attack_number(a->c->arg2);
    struct es_span kernel = zip_build_zeros(&a->zip, len);
    char name[48];

    attack_parts(a);
    for (size_t i = 0; i < count; i++) {
        (void) snprintf(name, sizeof name, "Doc_0/Attachs/%04zu.txt", i);
        parts[i] = i + 1 < count ? zip_build_add(&a->zip, name, "")
                                 : zip_build_add_deflated(&a->zip, name, kernel);
    }
    for (size_t i = count - 1; i > 0; i--)
        quote_next(a, parts[i - 1], parts[i]);
}

#define BAD ES_OUTCOME_INVALID
#define OPEN ES_OUTCOME_INDETERMINATE
#define LIMIT "limit_exceeded"

/* clang-format off */
static const struct attack_case rows[] = {
    {"zip-16: page of 1000:1", build_zeros, OPEN, LIMIT, ES_E_LIMIT, PAGE},
    {"zip-16: entry point of 1000:1", build_zeros, OPEN, LIMIT, ES_E_LIMIT, "OFD.xml"},
    {"zip-16: entry of 1000:1 that nobody uses", build_zeros, OPEN, LIMIT, ES_E_LIMIT, "x"},
    {"zip-16: page of 1000:1 that says it is small", build_modest_zeros, BAD,
     "container_crc_mismatch", ES_E_OFD, PAGE, "1000"},
    {"zip-16: entry point of 1000:1 that says it is small", build_modest_zeros, BAD,
     "container_crc_mismatch", ES_E_OFD, "OFD.xml", "1000"},
    {"zip-16: nested bomb as sealed attachment is not opened", build_nested, ES_OUTCOME_VALID,
     "!limit_exceeded", ES_OK},
    {"zip-16: nested bomb packed by the outer container", build_nested_packed, OPEN, LIMIT,
     ES_E_LIMIT},
    {"zip-16: a million entries", build_many_entries, OPEN, LIMIT, ES_E_LIMIT, "1000000", "long"},
    /* The short count wraps to 16 960, which is allowed; the directory then is too long for it. */
    {"zip-16: a million entries, short count wraps", build_many_entries, BAD, "container_ambiguous",
     ES_E_OFD, "1000000"},
    {"zip-16: one entry too many", build_many_entries, OPEN, LIMIT, ES_E_LIMIT, "20001"},
    {"zip-16: quoted data, 400 times 20 MiB", build_quoted, OPEN, LIMIT, ES_E_LIMIT, "20971520",
     "400"},
    {"zip-16: quoted data below all limits", build_quoted, BAD, "container_ambiguous", ES_E_OFD,
     "100000", "20"},
};
/* clang-format on */

const struct attack_table attack_zip_bombs = ATTACK_TABLE(rows);
