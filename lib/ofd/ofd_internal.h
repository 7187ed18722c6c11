/*
 * What the files of lib/ofd share: the open document, reading entries as XML, numbers, paths.
 * Everything an es_ofd points to lives in its arena or belongs to its es_zip; nothing of a page
 * is kept. Findings may be NULL everywhere.
 */
#ifndef OFD_INTERNAL_H
#define OFD_INTERNAL_H

#include "es_ofd.h"

/** Longest path that is looked up; longer ones are no paths. */
#define ES_OFD_PATH_MAX 4096
/** Files read as a tree (all but pages and resources) and characters of a page. */
#define ES_OFD_TREE_BYTES_MAX ((size_t) 16 << 20)
#define ES_OFD_TREE_ELEMENTS_MAX 1000000u
#define ES_OFD_CHARS_MAX 1000000u

/* ---- the open document ---- */

struct es_ofd_template {
    uint32_t id;
    const struct es_zip_entry *entry; /* NULL: not in the package */
    bool read;                        /* its Content.xml was asked for a box */
    bool has_box;
    struct es_box box;
};
struct es_ofd_custom {
    const char *name, *value;
    struct es_ofd_custom *next;
};
struct es_ofd_version {
    const char *id;
    const struct es_zip_entry *entry; /* NULL: not in the package */
    bool current;
    struct es_ofd_version *next;
};

/** Told of the bytes of an entry; what it returns but ES_OK ends the reading. */
typedef es_status es_ofd_seen(void *ctx, const struct es_zip_entry *entry, struct es_span bytes,
                              struct es_error *err);

struct es_ofd {
    struct es_arena arena;
    struct es_ofd_limits limits;
    struct es_zip *zip;
    const struct es_zip_entry *root;       /* OFD.xml */
    const struct es_zip_entry *document;   /* Document.xml of the first DocBody */
    const struct es_zip_entry *signatures; /* Signatures.xml, NULL when absent */
    const char *signatures_path;           /* as named by OFD.xml, NULL when not named */
    uint32_t body_count;

    struct es_box document_box;
    struct es_ofd_page *pages;
    bool *box_read;        /* by index of pages */
    uint32_t *pages_by_id; /* indices of pages, sorted by id, then number */
    uint32_t page_count;
    struct es_ofd_template *templates; /* sorted by id */
    uint32_t template_count;

    struct es_ofd_permissions permissions;
    struct es_ofd_custom *custom;
    struct es_ofd_version *versions;
    struct es_ofd_signature_ref *signature_refs;

    es_ofd_seen *seen; /* NULL: nobody listens */
    void *seen_ctx;
};

/**
 * Be shown every entry that is read as XML from now on, whole and checked, before it is parsed: so
 * that its digest needs no second inflation. An entry may be shown more than once.
 */
void es_ofd_watch(struct es_ofd *ofd, es_ofd_seen *seen, void *ctx);

/** Pages, templates, permissions from Document.xml. ES_E_OFD when it is unusable. */
ES_CHECKED es_status es_ofd_read_document(struct es_ofd *ofd, struct es_findings *findings,
                                          struct es_error *err);
/** The list of signatures from ofd->signatures (which is not NULL). */
ES_CHECKED es_status es_ofd_read_signatures(struct es_ofd *ofd, struct es_findings *findings,
                                            struct es_error *err);
/** Template of that id, or NULL. */
struct es_ofd_template *es_ofd_template_by_id(const struct es_ofd *ofd, uint32_t id);

/* ---- entries as XML ---- */

/** ES_E_NOMEM, ES_E_IO and the like: the run cannot go on. All else is about the file. */
bool es_ofd_is_fatal(es_status status);
/** Status of es_ofd_open for a failure to read one of the files it needs. */
es_status es_ofd_refusal(es_status status, struct es_error *err);
/** Finding for a failure to read or parse entry; where is its name. */
void es_ofd_note_failure(struct es_findings *findings, const char *where, es_status status);
/** Bytes of entry; what goes wrong with the file becomes a finding as well. */
ES_CHECKED es_status es_ofd_load(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                                 struct es_findings *findings, struct es_buf *out,
                                 struct es_error *err);
/** Tree of entry in arena; bounded by ES_OFD_TREE_…. */
ES_CHECKED es_status es_ofd_parse(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                                  struct es_findings *findings, struct es_arena *arena,
                                  struct es_xml_node **root, struct es_error *err);
/** Scan entry without a tree. */
ES_CHECKED es_status es_ofd_scan(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                                 struct es_findings *findings, const struct es_xml_handler *handler,
                                 void *ctx, struct es_error *err);

/**
 * First child of that local name in the namespace of the document (the root element's); when
 * there is none, the first in another. *foreign (may be NULL) becomes true when any child of that
 * name is of another namespace. node may be NULL.
 */
struct es_xml_node *es_ofd_child(const struct es_xml_node *node, const char *name, bool *foreign);
/** The same where at most one may stand: structure_invalid for more, and for foreign ones. */
struct es_xml_node *es_ofd_single(const struct es_xml_node *node, const char *name,
                                  struct es_findings *findings, const char *where);
/** Checks the root element: structure_invalid for another name, "namespace" for an odd one. */
void es_ofd_check_root(const struct es_xml_node *root, const char *name,
                       struct es_findings *findings, const char *where);
/** Text of a node without white space around; empty for NULL. */
struct es_span es_ofd_text(const struct es_xml_node *node);
void es_ofd_structure(struct es_findings *findings, const char *where, const char *what);
void es_ofd_deviation(struct es_findings *findings, const char *where, const char *what,
                      struct es_span value);

/* ---- numbers (formats.md 6.2) ---- */

/** Decimal number within ±1e7; what is none reads as 0. */
double es_ofd_number(struct es_span token);
/** False when the text is no unsigned integer of 32 bits. */
bool es_ofd_id(struct es_span text, uint32_t *out);
/** "true" and "1", without regard to case. absent is the value of the empty span. */
bool es_ofd_bool(struct es_span text, bool absent);
/** Next token separated by white space or commas; false at the end. */
bool es_ofd_token(struct es_span *in, struct es_span *token);
/** Up to max numbers of a ST_Array; gives how many were there. */
size_t es_ofd_numbers(struct es_span text, double *out, size_t max);
/** "x y w h"; false when there are not four numbers (missing ones are 0). */
bool es_ofd_box(struct es_span text, struct es_box *out);
/** A box a page can have: width and height above 0. */
bool es_ofd_box_is_page(const struct es_box *box);

/* ---- paths (formats.md 6.3) ---- */

struct es_ofd_place {
    const struct es_zip_entry *entry;
    unsigned deviations; /* bits of es_ofd_deviation */
};
#define ES_OFD_FOLDERS_MAX 6
/** Folders a relative path is tried from, the right one first, without a slash at the end. */
struct es_ofd_folders {
    struct es_span at[ES_OFD_FOLDERS_MAX];
    size_t count;
};
/** Folder of base, of Document.xml, the root. */
struct es_ofd_folders es_ofd_folders_of(const struct es_ofd *ofd, const char *base);
/** Folder of a path: all before its last slash. */
struct es_span es_ofd_folder(const char *path);
ES_CHECKED es_status es_ofd_resolve_in(const struct es_ofd *ofd,
                                       const struct es_ofd_folders *folders, struct es_span loc,
                                       struct es_ofd_place *out, struct es_error *err);
/** loc from folder in its one plain form, NUL-terminated; *deviations (may be NULL) gets bits. */
ES_CHECKED es_status es_ofd_plain_path(struct es_span folder, struct es_span loc,
                                       char out[ES_OFD_PATH_MAX], unsigned *deviations,
                                       struct es_error *err);
/** Begins with a scheme ("http:", "C:"): leads out of the package. */
bool es_ofd_has_scheme(struct es_span loc);

#endif
