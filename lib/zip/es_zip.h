/*
 * ZIP containers as evidence: every byte belongs to exactly one header, entry, descriptor,
 * directory or end record; local headers and directory must tell the same story; names are
 * unique also when case and form are folded. What deviates is reported as findings; what can be
 * read in two ways is refused. Writing copies untouched entries as their compressed bytes.
 * No XML, no OFD here. One es_zip may be read by one thread at a time.
 */
#ifndef ES_ZIP_H
#define ES_ZIP_H

#include "es_base.h"
#include "es_verdict.h"

struct es_zip_limits {
    uint64_t file_max;  /* bytes of the container */
    uint64_t entry_max; /* unpacked bytes of one entry */
    uint64_t total_max; /* unpacked bytes of all entries */
    uint32_t ratio_max; /* unpacked : packed, above 1 MiB unpacked */
    uint32_t entries_max;
};
/** Defaults of verification.md P7: 1 GB, 256 MB, 4 GB, 200, 20 000. */
struct es_zip_limits es_zip_limits_default(void);

struct es_zip_entry {
    const char *name;   /* as a plain path: UTF-8, '/', no leading slash; NUL-terminated */
    struct es_span raw; /* name bytes as stored in the directory */
    uint32_t index;     /* position in the directory */
    uint16_t method;    /* 0 stored, 8 deflate */
    uint16_t flags;
    uint32_t crc;
    uint64_t packed_len;
    uint64_t len;
    uint64_t header_off; /* of the local header */
    uint64_t data_off;   /* of the packed bytes */
    uint64_t end_off;    /* behind data and descriptor */
    bool is_folder;
    bool deviates; /* its name was rewritten from a listed form */
    bool unsafe;   /* its name is not allowed: name is "unsafe-entry-<index>" instead, and no
                      look-up finds it */
};

struct es_zip;

/**
 * Read and check the whole structure (not the contents).
 *
 * findings  gets the codes of verification.md 6.1 with check ES_CHECK_FORMAT
 * @return ES_OK       the structure was read; findings tell what is wrong with it
 *         ES_E_FORMAT no ZIP, or one that cannot be read at all (a finding says why)
 *         ES_E_LIMIT  a limit was passed (finding limit_exceeded)
 *         ES_E_UNSUPPORTED encrypted entries or unknown method (finding container_unsupported)
 *         ES_E_IO, ES_E_NOMEM
 * src is borrowed and must outlive *out.
 */
ES_CHECKED es_status es_zip_open(const struct es_source *src, const struct es_zip_limits *limits,
                                 struct es_findings *findings, struct es_zip **out,
                                 struct es_error *err);
void es_zip_free(struct es_zip *zip);
ES_DEFINE_FREE_AT(es_zip)

uint32_t es_zip_count(const struct es_zip *zip);
const struct es_zip_entry *es_zip_at(const struct es_zip *zip, uint32_t index);
/** Exact name, in constant time on average; NULL when absent. Folders are not found. */
const struct es_zip_entry *es_zip_find(const struct es_zip *zip, struct es_span name);
/** Without regard to case and form (es_text_fold); *count gets how many there are; the first. */
const struct es_zip_entry *es_zip_find_folded(const struct es_zip *zip, struct es_span name,
                                              uint32_t *count);
/** The same, sure of its answer: *entry NULL when absent, ES_E_NOMEM when that is not known. */
ES_CHECKED es_status es_zip_look_folded(const struct es_zip *zip, struct es_span name,
                                        const struct es_zip_entry **entry, uint32_t *count,
                                        struct es_error *err);

/**
 * Unpacked bytes appended to out. CRC and length are checked.
 * @return ES_E_MISMATCH  CRC or length wrong (container_crc_mismatch)
 *         ES_E_FORMAT    deflate data broken    ES_E_LIMIT  out is too small
 */
ES_CHECKED es_status es_zip_read(const struct es_zip *zip, const struct es_zip_entry *entry,
                                 struct es_buf *out, struct es_error *err);
/** The same in pieces of at most 256 KiB, with constant memory. each() may fail to end it. */
ES_CHECKED es_status es_zip_stream(const struct es_zip *zip, const struct es_zip_entry *entry,
                                   es_status (*each)(void *ctx, struct es_span piece,
                                                     struct es_error *err),
                                   void *ctx, struct es_error *err);

/**
 * True when an entry read or streamed so far ended with the Adler-32 of a zlib stream: a known
 * deviation of form (Foxit, WPS) that changes no content. Report as form_deviation.
 */
bool es_zip_saw_zlib_tail(const struct es_zip *zip);

/* ---- writing ---- */

/** Where packed bytes go: an es_outfile, or memory in tests. */
struct es_zip_sink {
    es_status (*write)(void *self, struct es_span bytes, struct es_error *err);
    void *self;
};
struct es_zip_sink es_zip_sink_file(struct es_outfile *out);
struct es_zip_sink es_zip_sink_buf(struct es_buf *out);

struct es_zip_writer;
/** Entries written anew carry the DOS time of time_s (UTC) and fixed attributes. */
ES_CHECKED es_status es_zip_writer_new(struct es_zip_sink sink, int64_t time_s,
                                       struct es_zip_writer **out, struct es_error *err);
void es_zip_writer_free(struct es_zip_writer *writer);
ES_DEFINE_FREE_AT(es_zip_writer)
/** Copy an entry of zip: same name bytes, times, attributes and packed bytes. */
ES_CHECKED es_status es_zip_writer_copy(struct es_zip_writer *writer, const struct es_zip *zip,
                                        const struct es_zip_entry *entry, struct es_error *err);
/** Write a new entry; deflated only when deflate is true and it gets smaller. */
ES_CHECKED es_status es_zip_writer_put(struct es_zip_writer *writer, const char *name,
                                       struct es_span data, bool deflate, struct es_error *err);
/** Directory and end record; then the writer can only be freed. */
ES_CHECKED es_status es_zip_writer_finish(struct es_zip_writer *writer, struct es_error *err);

#endif
