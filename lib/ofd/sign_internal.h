/*
 * A sealing between its two halves: what will be written, and what is to be signed. Everything
 * lives in the signing's arena; the document itself is only read again when the copy is made.
 */
#ifndef ES_OFD_SIGN_INTERNAL_H
#define ES_OFD_SIGN_INTERNAL_H

#include "es_ofd.h"

#define ES_SIGN_TEXT_MAX ((size_t) 64 << 20) /* of Signature.xml, Signatures.xml, OFD.xml */
#define ES_SLICE_MIN_MM 6.0

/** SM3 of an entry that was read before. */
struct sign_digest {
    bool known;
    uint8_t sm3[ES_SM3_LEN];
};

struct es_signing {
    struct es_arena arena;
    const struct es_source *src;
    struct es_ofd *ofd;
    struct sign_digest *digests; /* by entry */
    bool is_seal;                /* Type Seal, else Sign */
    bool lock;
    enum es_seal_edition edition;
    int64_t time_s;
    struct es_cert *signer;
    struct es_span seal; /* DER; empty for Type Sign */
    double width_mm, height_mm;
    const char *list_entry; /* Signatures.xml */
    const char *signature_entry, *seal_entry, *value_entry;
    const char *id;            /* of the signature */
    struct es_buf entry_point; /* new OFD.xml; empty: unchanged */
    struct es_buf list;        /* new Signatures.xml */
    struct es_buf signature;   /* Signature.xml */
    struct es_buf message;
    struct es_report_stamp *stamps;
    size_t stamp_count;
};

/* sign_place.c: positions to stamps. */
ES_CHECKED es_status sign_place(struct es_signing *signing, const struct es_sign_request *request,
                                struct es_error *err);
/* sign_list.c: the signature list and the entry point, changed by inserting text. */
ES_CHECKED es_status sign_list(struct es_signing *signing, struct es_error *err);
/** Numbers of stamps follow the signature's own: id of stamp i as text. */
void sign_put_stamp_id(const struct es_signing *signing, size_t i, struct es_buf *out);
/* sign_xml.c: Signature.xml with the digests of everything protected. */
ES_CHECKED es_status sign_xml(struct es_signing *signing, struct es_error *err);
/* sign.c */
ES_CHECKED es_status sign_new(const struct es_source *src, const struct es_ofd_limits *limits,
                              struct es_findings *findings, struct es_signing **out,
                              struct es_error *err);
/** Whether an entry is replaced or left out when the package is copied. */
bool sign_replaces(const struct es_signing *signing, const struct es_zip_entry *entry);
char *sign_text(struct es_signing *signing, const char *text);

#endif
