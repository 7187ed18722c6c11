/*
 * One run of es_ofd_verify: what is known of the document, and of the signature at hand. Stages
 * are functions over these two; each adds findings and says that it ran, none concludes anything.
 */
#ifndef ES_OFD_VERIFY_INTERNAL_H
#define ES_OFD_VERIFY_INTERNAL_H

#include "es_ofd.h"
#include "signature_xml.h"

#define ES_NAMED_MAX 16 /* entries named one by one under a code; the rest is counted */

/** Digests of an entry, computed once for all signatures. */
struct entry_digest {
    enum es_digest digest; /* NONE: not computed */
    uint8_t value[ES_DIGEST_MAX];
};

struct verify_run {
    const struct es_verifier *verifier;
    struct es_ofd *ofd;
    const struct es_zip *zip;
    struct es_report *report;
    int64_t now_s;
    uint32_t entry_count;
    enum es_reach *reach; /* by entry */
    bool reach_ran;
    struct entry_digest *digests;       /* by entry */
    uint8_t *broken;                    /* by entry: does not unpack; told once */
    uint8_t *judged;                    /* by entry: a Signature.xml or SignedValue seen before */
    const struct es_zip_entry **bodies; /* Document.xml of each DocBody when there are several */
    size_t body_count;
    const uint8_t **value_digests; /* SM3 of every SignedValue seen */
    size_t value_count;
};

enum value_form { FORM_NONE, FORM_SEAL, FORM_CMS, FORM_BARE };

struct verify_one {
    struct verify_run *run;
    struct es_report_signature *sig;
    struct es_findings *findings; /* &sig->findings */
    const char *where;
    const char *entry;       /* path of Signature.xml */
    struct es_buf xml_bytes; /* of Signature.xml */
    struct es_arena tree;    /* what xml points into */
    struct es_signature_xml xml;
    uint8_t xml_sm3[ES_SM3_LEN];
    struct es_buf value_bytes; /* of SignedValue */
    enum value_form form;
    struct es_seal_signature *ses;
    struct es_cms *cms;
    struct es_cert *signer;
    struct es_cert *maker;
    bool legacy;           /* digests are SM3(Z || data): early form */
    uint8_t *is_protected; /* by entry: stands under References */

    struct es_times times;
};

/** Add with where of the signature. */
void verify_add(struct verify_one *one, enum es_check check, enum es_code code, const char *value);
/**
 * False, with a finding, when a signature before this one had that file: a file is judged once,
 * so that a list of a thousand entries for one large file costs no thousandfold.
 */
bool verify_first_use(struct verify_one *one, const struct es_zip_entry *entry);
/** The stage ran to its end. */
static inline void verify_ran(struct verify_one *one, enum es_check check)
{
    one->sig->ran[check] = true;
}
static inline void verify_skipped(struct verify_one *one, enum es_check check)
{
    one->sig->skipped[check] = true;
}

/* Stages, in the order of verification.md 4. ES_OK unless the run itself cannot go on. */
/** Reads and decodes the value and its certificates; comes first, as early forms need the key. */
ES_CHECKED es_status verify_value(struct verify_one *one, struct es_error *err);
ES_CHECKED es_status verify_references(struct verify_one *one, struct es_error *err);
ES_CHECKED es_status verify_range(struct verify_one *one, struct es_error *err);
ES_CHECKED es_status verify_signature_value(struct verify_one *one, struct es_error *err);
ES_CHECKED es_status verify_seal(struct verify_one *one, struct es_error *err);
/** Name of the seal against the names of the signer's certificate. */
ES_CHECKED es_status verify_names(struct verify_one *one, struct es_error *err);
ES_CHECKED es_status verify_time(struct verify_one *one, struct es_error *err);
/** Judge a token over a signature value; *good tells, *at_s is its time. A token that proves
 *  nothing leaves time_stamp_ignored under check. */
ES_CHECKED es_status verify_stamp(struct verify_one *one, enum es_check check, struct es_span token,
                                  struct es_span value, bool *good, int64_t *at_s,
                                  struct es_error *err);
/** Times the maker's certificate is judged by; checks the time stamp of the seal itself. */
ES_CHECKED es_status verify_making(struct verify_one *one, struct es_times *times,
                                   struct es_error *err);
ES_CHECKED es_status verify_trust(struct verify_one *one, struct es_error *err);
ES_CHECKED es_status verify_stamps(struct verify_one *one, struct es_error *err);
/** One signature from its reference in the list. */
ES_CHECKED es_status verify_signature(struct verify_run *run,
                                      const struct es_ofd_signature_ref *ref, struct es_error *err);
/** Begin a part of the report for a signature; what it needs until verify_clear. */
ES_CHECKED es_status verify_start(struct verify_one *one, const struct es_ofd_signature_ref *ref,
                                  struct es_error *err);
void verify_clear(struct verify_one *one);
/** Who and what, for the report; and which checks have no meaning for this form. */
ES_CHECKED es_status verify_facts(struct verify_one *one, struct es_error *err);
/** GM/T 0099 integrity file: OFDEntries.xml and signedvalue.dat. */
bool verify_has_integrity_file(const struct verify_run *run);
ES_CHECKED es_status verify_integrity_file(struct verify_run *run, struct es_error *err);

/** Digest of an entry from the run's memory or computed now; *good false when it does not unpack
 *  (the finding is made). */
ES_CHECKED es_status verify_entry_digest(struct verify_run *run, const struct es_zip_entry *entry,
                                         enum es_digest digest, const uint8_t **out, bool *good,
                                         struct es_error *err);
/** Whole entry into out; *good false when it does not unpack (the finding is made). */
ES_CHECKED es_status verify_entry_read(struct verify_run *run, const struct es_zip_entry *entry,
                                       struct es_buf *out, bool *good, struct es_error *err);

#endif
