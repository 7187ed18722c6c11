/*
 * Builds containers field by field, right or wrong, for attack tests. Local header and directory
 * record of a part start equal and right; a test changes what it wants to lie about:
 *
 *     zip_build_init(&b);
 *     part = zip_build_add(&b, "OFD.xml", "<a/>");
 *     part->local.crc ^= 1;
 *     bytes = zip_build_finish(&b);     // valid until zip_build_clear
 *
 * Not used outside tests. Running out of memory ends the test.
 */
#ifndef ES_ZIP_BUILDER_H
#define ES_ZIP_BUILDER_H

#include "es_base.h"

#define ZIP_BUILD_DESCRIPTOR 0x0008u
#define ZIP_BUILD_UTF8 0x0800u

struct zip_build_fields {
    struct es_span name, extra;
    uint16_t flags, method;
    uint32_t crc, packed_len, len;
};

struct zip_build_part {
    struct zip_build_fields local, central;
    uint16_t made_by; /* high byte 3: Unix */
    uint32_t attributes;
    struct es_span packed;           /* bytes as written */
    struct es_span descriptor;       /* written behind them */
    struct es_span gap;              /* written before the local header */
    struct es_span comment;          /* of the record */
    bool no_record;                  /* the directory does not name it */
    bool no_local;                   /* nothing but the record is written */
    int64_t off_delta;               /* added to the offset in the record */
    const struct zip_build_part *at; /* the record points to that part's local header */
    uint64_t off;                    /* of the local header, known after finish */
    struct zip_build_part *next;
};

struct zip_builder {
    struct es_arena arena;
    struct es_buf out;
    struct zip_build_part *first, *last;
    struct es_span prefix;                             /* before everything */
    bool prefix_uncounted;                             /* offsets count from behind the prefix */
    struct es_span dir_gap;                            /* between entries and directory */
    struct es_span end_gap;                            /* between directory and end record */
    struct es_span comment;                            /* of the end record */
    struct es_span suffix;                             /* behind everything */
    int64_t dir_off_delta, dir_len_delta, count_delta; /* lies of the end record */
    bool end64; /* write ZIP64 end record and locator, short fields marked */
    int64_t end64_count_delta, locator_delta;
    bool end64_unmarked; /* short fields keep their values all the same */
};

void zip_build_init(struct zip_builder *b);
void zip_build_clear(struct zip_builder *b);
/** A stored file; text may be NULL for no content. */
struct zip_build_part *zip_build_add(struct zip_builder *b, const char *name, const char *text);
struct zip_build_part *zip_build_add_bytes(struct zip_builder *b, struct es_span name,
                                           struct es_span data);
/** The same deflated, by zlib. */
struct zip_build_part *zip_build_add_deflated(struct zip_builder *b, const char *name,
                                              struct es_span data);
/** Give both headers that name. */
void zip_build_rename(struct zip_build_part *part, struct es_span name);
/** Leave sizes to a data descriptor of that form and zero them in the local header. */
void zip_build_descriptor(struct zip_builder *b, struct zip_build_part *part, bool marked,
                          bool wide);
/** An extra field, and the content of a ZIP64 one. */
struct es_span zip_build_extra(struct zip_builder *b, uint16_t id, struct es_span body);
struct es_span zip_build_longs(struct zip_builder *b, const uint64_t *values, size_t count);
/** count zero bytes, for gaps. */
struct es_span zip_build_zeros(struct zip_builder *b, size_t count);
struct es_span zip_build_finish(struct zip_builder *b);

#endif
