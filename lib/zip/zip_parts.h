/*
 * What the files of lib/zip share: the open container, the state of opening one, and the numbers
 * of the format. Nothing outside lib/zip includes it.
 */
#ifndef ES_ZIP_PARTS_H
#define ES_ZIP_PARTS_H

#include "es_zip.h"

#define ZIP_MARK_LOCAL 0x04034b50u
#define ZIP_MARK_RECORD 0x02014b50u
#define ZIP_MARK_END 0x06054b50u
#define ZIP_MARK_END64 0x06064b50u
#define ZIP_MARK_LOCATOR 0x07064b50u
#define ZIP_MARK_DESCRIPTOR 0x08074b50u

#define ZIP_LOCAL_LEN 30u
#define ZIP_RECORD_LEN 46u
#define ZIP_END_LEN 22u
#define ZIP_END64_LEN 56u
#define ZIP_LOCATOR_LEN 20u

#define ZIP_FLAG_ENCRYPTED 0x0001u
#define ZIP_FLAG_DESCRIPTOR 0x0008u
#define ZIP_FLAG_UTF8 0x0800u
/** Encryption, patches, strong encryption, masked headers. */
#define ZIP_FLAGS_UNSUPPORTED 0x2061u

#define ZIP_STORED 0u
#define ZIP_DEFLATED 8u

#define ZIP_EXTRA_ZIP64 0x0001u
#define ZIP_EXTRA_UNICODE_PATH 0x7075u

#define ZIP_NAME_MAX 1024u
#define ZIP_FOLDED_MAX 2048u
#define ZIP_DIRECTORY_MAX (64u << 20)
#define ZIP_PIECE (256u * 1024u)

/** A name as a case-blind file system would see it; folders without their last slash. */
struct zip_name {
    struct es_span folded;
    uint32_t index; /* of the entry */
};

struct zip_work;

struct es_zip {
    struct es_source src;
    struct es_zip_limits limits;
    struct es_arena arena;
    struct es_span dir; /* the directory as read */
    uint8_t *dir_copy;  /* owns dir when the source is a file */
    struct es_zip_entry *entries;
    uint32_t count;
    struct zip_name *names; /* safe names, sorted by zip_names_sort */
    uint32_t names_count;
    uint32_t *slots; /* hash table of exact names: index + 1, 0 is free */
    uint32_t slots_mask;
    uint8_t hash_key[16];
    struct zip_work *work; /* decompressor and scratch memory, changes while reading */
};

/** What the end records say, made to agree with where things are. */
struct zip_end {
    uint64_t end_off;  /* of the end record */
    uint64_t tail_off; /* of the first end record: ZIP64's where there is one */
    uint64_t dir_off;
    uint64_t dir_len;
    uint64_t count;
    uint64_t shift;         /* to be added to the header offsets of the directory */
    uint64_t locator_shift; /* by how much the ZIP64 locator points too low */
};

/** The state of es_zip_open. */
struct zip_check {
    struct es_zip *zip;
    struct es_findings *findings;
    struct zip_end end;
    uint64_t total_len;
    uint64_t outside_len;
    void *recoder; /* iconv_t of GB18030, opened when first wanted */
    bool recoder_open;
    bool unsupported;
};

static inline uint16_t zip_get16(const uint8_t *p)
{
    return (uint16_t) (p[0] | p[1] << 8);
}
static inline uint32_t zip_get32(const uint8_t *p)
{
    return (uint32_t) zip_get16(p) | (uint32_t) zip_get16(p + 2) << 16;
}
static inline uint64_t zip_get64(const uint8_t *p)
{
    return (uint64_t) zip_get32(p) | (uint64_t) zip_get32(p + 4) << 32;
}

/** The fixed fields of the directory record of entry: they stand right before its name. */
static inline const uint8_t *zip_record(const struct es_zip_entry *entry)
{
    return entry->raw.ptr - ZIP_RECORD_LEN;
}

/* es_zip.c */
/** Add a finding about the format; value may be NULL. */
void zip_note(struct zip_check *check, enum es_code code, const char *where, const char *value);
/** Finding container_malformed and ES_E_FORMAT with the text. */
es_status zip_malformed(struct zip_check *check, const char *where, struct es_error *err,
                        const char *text);
/** Finding limit_exceeded naming what, and ES_E_LIMIT. */
es_status zip_over_limit(struct zip_check *check, const char *where, const char *what,
                         struct es_error *err);

/* zip_end.c: find the end record and say where the directory is. */
ES_CHECKED es_status zip_find_end(struct zip_check *check, struct es_error *err);
/** Whether that mark stands at off (false behind the end). */
ES_CHECKED es_status zip_mark_at(const struct zip_check *check, uint64_t off, uint32_t mark,
                                 bool *yes, struct es_error *err);

/* zip_dir.c: read the directory into entries. */
ES_CHECKED es_status zip_read_dir(struct zip_check *check, struct es_error *err);

/* zip_extra.c: extra fields. */
/** Next field of *rest. False at the end; *broken tells if bytes were left that are no field. */
bool zip_extra_next(struct es_span *rest, uint16_t *id, struct es_span *body, bool *broken);
/** A size or offset whose short form may say "see the ZIP64 field". */
struct zip_long {
    uint64_t value;
};
/** Put ZIP64 values in the place of marked (0xFFFFFFFF) ones. False: they contradict. */
bool zip_extra_sizes(struct es_span extra, struct zip_long *fields, size_t count, bool zero_ok);
/** Check what extra says about the name and whether it is sound; adds findings. */
es_status zip_check_extra(struct zip_check *check, const struct es_zip_entry *entry,
                          struct es_span extra, struct es_error *err);

/* zip_name.c: from name bytes to a plain path. */
ES_CHECKED es_status zip_set_name(struct zip_check *check, struct es_zip_entry *entry,
                                  struct es_error *err);
/** Backslashes to slashes, one leading slash off; text is changed in place. */
bool zip_name_rewrite(struct es_buf *text, bool *slash_off);
/** A plain path as entries may have it; a last slash is allowed. */
bool zip_name_safe(struct es_span text);
/** Fold text into the arena. *out.ptr NULL: no name that can be told apart. */
ES_CHECKED es_status zip_name_fold(struct es_arena *arena, struct es_span text, struct es_span *out,
                                   struct es_error *err);
/** Mark an entry as unsafe: finding, harmless name. */
ES_CHECKED es_status zip_name_drop(struct zip_check *check, struct es_zip_entry *entry,
                                   struct es_error *err);
void zip_name_done(struct zip_check *check);

/* zip_local.c: local headers and descriptors against the directory. */
ES_CHECKED es_status zip_check_local(struct zip_check *check, struct es_zip_entry *entry,
                                     struct es_error *err);
/** Set end_off; next is where the following structure begins. */
ES_CHECKED es_status zip_check_descriptor(struct zip_check *check, struct es_zip_entry *entry,
                                          uint64_t next, struct es_error *err);

/* zip_layout.c: every byte belongs to one structure. */
ES_CHECKED es_status zip_check_layout(struct zip_check *check, struct es_error *err);
/** Position of the next header mark (local, record, end, ZIP64 end) in bytes, or bytes.len. */
size_t zip_find_mark(struct es_span bytes);

/* zip_index.c: names against each other; look-up. */
ES_CHECKED es_status zip_build_index(struct zip_check *check, struct es_error *err);

/* zip_read.c */
ES_CHECKED es_status zip_work_new(struct zip_work **out, struct es_error *err);
void zip_work_free(struct zip_work *work);

#endif
