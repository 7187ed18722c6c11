/*
 * OFD documents (GB/T 33190): the package, what a reader can reach in it, text positions,
 * sealing, and verifying under a policy. One resolver serves all of them: what is shown is what
 * is checked. Memory stays bounded whatever the size of images and attachments.
 */
#ifndef ES_OFD_H
#define ES_OFD_H

#include "es_base.h"
#include "es_pki.h"
#include "es_report.h"
#include "es_seal.h"
#include "es_verdict.h"
#include "es_xml.h"
#include "es_zip.h"

struct es_ofd_limits {
    struct es_zip_limits zip;
    struct es_xml_limits xml;
    uint32_t pages_max;      /* 100 000 */
    uint32_t signatures_max; /* 1 000 */
};
struct es_ofd_limits es_ofd_limits_default(void);

struct es_box {
    double x, y, width, height; /* mm */
};
struct es_ofd_page {
    uint32_t id;       /* Page@ID */
    uint32_t number;   /* from 1 */
    const char *entry; /* path of its Content.xml */
    struct es_box box; /* PhysicalBox in force */
};
struct es_ofd_permissions {
    bool signature; /* false only when the document says Signature=false */
};
struct es_ofd_signature_ref { /* one Signature of Signatures.xml */
    const char *id, *type;    /* type "Seal" when absent */
    const char *entry;        /* path of Signature.xml */
    struct es_ofd_signature_ref *next;
};

struct es_ofd;
/**
 * Open a package: container checks, OFD.xml, Document.xml, pages, signature list. findings get
 * format codes (form_deviation, structure_invalid, xml_malformed, …).
 * @return ES_OK         usable; findings may still speak against it
 *         ES_E_OFD      cannot be used as an OFD document (a finding says why)
 *         ES_E_ENCRYPTED  GM/T 0099 encrypted package     ES_E_LIMIT, ES_E_IO, ES_E_NOMEM
 */
ES_CHECKED es_status es_ofd_open(const struct es_source *src, const struct es_ofd_limits *limits,
                                 struct es_findings *findings, struct es_ofd **out,
                                 struct es_error *err);
void es_ofd_free(struct es_ofd *ofd);
ES_DEFINE_FREE_AT(es_ofd)

const struct es_zip *es_ofd_zip(const struct es_ofd *ofd);
uint32_t es_ofd_page_count(const struct es_ofd *ofd);
const struct es_ofd_page *es_ofd_page(const struct es_ofd *ofd, uint32_t number); /* from 1 */
const struct es_ofd_page *es_ofd_page_by_id(const struct es_ofd *ofd, uint32_t id);
/**
 * PhysicalBox in force of page number (its own, its template's, the document's), from its
 * Content.xml on first use; opening reads no page. ES_E_ABSENT: no such page.
 */
ES_CHECKED es_status es_ofd_page_box(struct es_ofd *ofd, uint32_t number, struct es_box *out,
                                     struct es_error *err);
/** How many DocBody OFD.xml has; the first one is the document. */
uint32_t es_ofd_body_count(const struct es_ofd *ofd);
const struct es_ofd_permissions *es_ofd_permissions(const struct es_ofd *ofd);
/** Value of CustomData by name (such as "doc.MJHBMQX" or "MJHBMQX"), or NULL. */
const char *es_ofd_custom_data(const struct es_ofd *ofd, const char *name);
const struct es_ofd_signature_ref *es_ofd_signatures(const struct es_ofd *ofd);
/** Path of Signatures.xml as named by OFD.xml, or NULL; the entry may be absent. */
const char *es_ofd_signatures_entry(const struct es_ofd *ofd);
/** Path of Document.xml. */
const char *es_ofd_document_entry(const struct es_ofd *ofd);

/**
 * Resolve an ST_Loc found in entry base (formats.md 6.3). *exact tells that it led there in its
 * plain form; otherwise one listed deviation was needed. More than one candidate: ES_E_CONFLICT
 * (range_reference_unclear); none: ES_E_ABSENT; escapes or is no path: ES_E_FORMAT.
 */
ES_CHECKED es_status es_ofd_resolve(const struct es_ofd *ofd, const char *base, struct es_span loc,
                                    const struct es_zip_entry **entry, bool *exact,
                                    struct es_error *err);

/** Listed deviations of a path from its plain form; more than one may have been needed. */
enum es_ofd_deviation {
    ES_OFD_SLASHES = 1,   /* "//-path": empty parts */
    ES_OFD_BACKSLASH = 2, /* "path-backslash" */
    ES_OFD_CASE = 4,      /* "path-case" */
    ES_OFD_RELATIVE = 8,  /* "path-relative": not from the file's folder */
    ES_OFD_ESCAPE = 16
}; /* "path-escape": percent escapes undone */
/** Name of one deviation, as the value of form_deviation. */
const char *es_ofd_deviation_name(enum es_ofd_deviation deviation);
/** One form_deviation finding for each bit of deviations. findings may be NULL. */
void es_ofd_note_deviations(struct es_findings *findings, const char *where, unsigned deviations,
                            struct es_span loc);
/**
 * The same for a Reference's FileRef in Signature.xml (entry base), which has to be absolute and
 * plain: parts "." and "..", escaped dots and slashes are refused with ES_E_FORMAT.
 * *deviations gets bits of es_ofd_deviation; a relative path always counts as ES_OFD_RELATIVE.
 */
ES_CHECKED es_status es_ofd_resolve_reference(const struct es_ofd *ofd, const char *base,
                                              struct es_span loc, const struct es_zip_entry **entry,
                                              unsigned *deviations, struct es_error *err);

/** Why an entry can be reached; decides the code when it is not protected. */
enum es_reach {
    ES_REACH_NONE = 0,
    ES_REACH_ENTRY_POINT /* OFD.xml */,
    ES_REACH_CONTENT,
    ES_REACH_ANNOTATION,
    ES_REACH_CUSTOM_TAG,
    ES_REACH_SIGNATURE_LIST,
    ES_REACH_SIGNATURE_FILE,
    ES_REACH_VERSION
};
/**
 * Everything a reader can reach from OFD.xml: reach[i] for entry i of the zip (count of them).
 * Finds external resources (range_external_resource), version overrides, further DocBody, and
 * missing entries (structure notes); active content too. findings may be NULL.
 */
ES_CHECKED es_status es_ofd_reach(struct es_ofd *ofd, enum es_reach *reach, size_t count,
                                  struct es_findings *findings, struct es_error *err);

/* ---- text positions ---- */

struct es_text_hit {
    uint32_t page;     /* from 1 */
    struct es_box box; /* of the matched characters, page space, mm */
};
/**
 * Find text in page order, across TextCode runs and neighbouring text objects of a line, ignoring
 * white space; full-width and half-width forms are equal. each() is called per hit until it fails.
 */
ES_CHECKED es_status es_ofd_find_text(struct es_ofd *ofd, const char *text, uint32_t first_page,
                                      uint32_t last_page,
                                      es_status (*each)(void *ctx, const struct es_text_hit *hit,
                                                        struct es_error *err),
                                      void *ctx, struct es_error *err);
/** Plain text of a page, one line a text line, UTF-8. */
ES_CHECKED es_status es_ofd_page_text(struct es_ofd *ofd, uint32_t number, struct es_buf *out,
                                      struct es_error *err);

/* ---- verifying ---- */

struct es_state_source; /* lib/seal/es_state.h */

/** What a verification may use besides the document. Shared by threads; lives long. */
struct es_verifier {
    const struct es_policy *policy;
    struct es_trust *trust;
    struct es_seal_cache *seals;
    const struct es_state_source *states; /* may be NULL: no source of seal state */
    struct es_clock clock;
    struct es_ofd_limits limits;
    bool at_set; /* --at: judge as of that time */
};
/**
 * Verify a document. report was initialised; it is filled and judged.
 * @return ES_OK when the run came to its end, whatever the answer (also for files that are no
 *         documents at all); ES_E_NOMEM, ES_E_IO, ES_E_CRYPTO when it did not: the report is then
 *         indeterminate, or invalid when that was found before.
 */
ES_CHECKED es_status es_ofd_verify(const struct es_source *src, const struct es_verifier *verifier,
                                   struct es_report *report, struct es_error *err);

/* ---- sealing ---- */

enum es_side { ES_SIDE_LEFT, ES_SIDE_RIGHT, ES_SIDE_TOP, ES_SIDE_BOTTOM };
enum es_place_mode { ES_PLACE_POINT, ES_PLACE_KEYWORD, ES_PLACE_STRADDLE, ES_PLACE_NONE };
struct es_place {
    enum es_place_mode mode;
    const char *pages; /* "1,3-5,last", "all"; NULL: "1" (keyword: all pages) */
    double x_mm, y_mm; /* POINT: top-left corner of the seal, page space */
    const char *keyword;
    uint32_t nth;        /* keyword: which match, from 1; 0: every one */
    double dx_mm, dy_mm; /* keyword: offset of the seal's centre from the match's centre */
    enum es_side side;
    double along_mm; /* straddle: position along the side; < 0: centred */
};
struct es_sign_request {
    const struct es_seal *seal; /* NULL: Type=Sign (GB/T 35275) */
    const struct es_cert *signer;
    enum es_seal_edition edition; /* of the signature */
    const struct es_place *places;
    size_t place_count;
    bool lock; /* protect the signature list as well */
    int64_t time_s;
    bool stamp_expected; /* a time stamp will be added in complete */
};
/** A sealing between "prepare" and "complete". */
struct es_signing;
/**
 * Check the document and the seal, place the stamps, build Signature.xml and the bytes to be
 * signed (TBS_Sign, or the attributes of GB/T 35275).
 * @return ES_E_ENCRYPTED, ES_E_BARRED (Signature=false), ES_E_CLASSIFIED, ES_E_LOCKED, ES_E_OFD,
 *         ES_E_OUTSIDE_PAGE, ES_E_KEYWORD, ES_E_STRADDLE, ES_E_SEAL_INVALID, ES_E_NOT_IN_SEAL, …
 * src is borrowed until es_signing_free.
 */
ES_CHECKED es_status es_ofd_prepare(const struct es_source *src, const struct es_ofd_limits *limits,
                                    const struct es_sign_request *request, struct es_signing **out,
                                    struct es_error *err);
void es_signing_free(struct es_signing *signing);
ES_DEFINE_FREE_AT(es_signing)
/** The bytes to be signed (message; Z is added by the key). */
struct es_span es_signing_message(const struct es_signing *signing);
/** Where the stamps fall, for a dry run. */
const struct es_report_stamp *es_signing_stamps(const struct es_signing *signing);
/** Stored state for --complete in another process, and back (src must be the same bytes). */
ES_CHECKED es_status es_signing_save(const struct es_signing *signing, struct es_buf *out,
                                     struct es_error *err);
ES_CHECKED es_status es_signing_load(const struct es_source *src,
                                     const struct es_ofd_limits *limits, struct es_span saved,
                                     struct es_signing **out, struct es_error *err);
/**
 * Check the signature over es_signing_message, assemble and write the sealed package.
 * time_stamp: token over the signature's DER, or empty.
 */
ES_CHECKED es_status es_signing_complete(struct es_signing *signing, struct es_span sig_der,
                                         struct es_span time_stamp, struct es_zip_sink sink,
                                         struct es_error *err);

#endif
