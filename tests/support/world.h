/*
 * A small world for tests: an authority, a maker, a signer, a seal, a document of three pages, and
 * a verifier that trusts them. Builders take a good file apart and put it together otherwise, so
 * that a reviewer can read what was done. All times are fixed; all keys come from numbers.
 */
#ifndef ES_TESTS_WORLD_H
#define ES_TESTS_WORLD_H

#include "es_ofd.h"
#include "es_state.h"

#define WORLD_NOW_S INT64_C(1772352000)   /* 2026-03-01T08:00:00Z, the verifier's clock */
#define WORLD_SIGN_S INT64_C(1772265600)  /* a day before: time of sealing */
#define WORLD_FROM_S INT64_C(1767225600)  /* 2026-01-01: everything is valid from here */
#define WORLD_UNTIL_S INT64_C(1893456000) /* 2030-01-01: … to here */

/* ---- packages as lists of entries ---- */

struct pkg_entry {
    char *name;
    struct es_buf bytes;
};
struct pkg {
    struct pkg_entry *entries;
    size_t count;
};
void pkg_clear(struct pkg *pkg);
/** Add at the end, replacing nothing. */
void pkg_add(struct pkg *pkg, const char *name, const void *bytes, size_t len);
void pkg_add_text(struct pkg *pkg, const char *name, const char *text);
/** Entry of that name or NULL. */
struct pkg_entry *pkg_find(struct pkg *pkg, const char *name);
/** New content of an entry that is there (else the test fails). */
void pkg_set(struct pkg *pkg, const char *name, const void *bytes, size_t len);
void pkg_set_text(struct pkg *pkg, const char *name, const char *text);
/** Replace the first occurrence of a text in an entry (it must be there). */
void pkg_replace(struct pkg *pkg, const char *name, const char *from, const char *to);
void pkg_remove(struct pkg *pkg, const char *name);
void pkg_rename(struct pkg *pkg, const char *name, const char *to);
/** ZIP of all entries in order, deflated; appended to out. */
void pkg_write(const struct pkg *pkg, struct es_buf *out);
/** Take a ZIP apart. */
void pkg_read(struct es_span zip, struct pkg *out);
void pkg_copy(const struct pkg *from, struct pkg *to);

/* ---- the world ---- */

enum world_who {
    WHO_ROOT,
    WHO_MAKER,
    WHO_SIGNER,
    WHO_OTHER,
    WHO_TSA,
    WHO_STRANGER_MAKER,
    WHO_COUNT
};

struct world {
    struct es_key *keys[WHO_COUNT];
    struct es_cert *certs[WHO_COUNT]; /* OTHER: signed by the root, in no seal; STRANGER_MAKER:
                                         self-made, not trusted */
    struct es_buf seal;               /* DER, GB/T 38540-2020, signer WHO_SIGNER, 42 x 42 mm PNG */
    struct es_buf picture;
    struct pkg document;  /* unsealed, three pages, template, image, font, attachment,
                             annotations, custom tags */
    struct es_buf sealed; /* the document sealed by our signer on page 1 */
    struct es_trust *trust;
    struct es_state_source *states; /* the seal is active since WORLD_FROM_S */
    struct es_seal_cache *cache;
    struct es_policy policies[3]; /* by ES_POLICY_… */
    int64_t now_s;
};
/** Fails the running test on any error. */
void world_new(struct world *w);
void world_clear(struct world *w);

/** Issue a certificate below an issuer of the world (template fields as given). */
struct es_cert *world_issue(struct world *w, const struct es_cert_template *tpl,
                            const struct es_pubkey *key, enum world_who issuer);
/** Make a seal with changed facts: edit() gets the info before it is encoded (may be NULL). */
void world_make_seal(struct world *w, enum es_seal_edition edition, enum world_who maker,
                     void (*edit)(struct es_seal_info *info, void *ctx), void *ctx,
                     struct es_buf *out);
/** CRL of the root revoking nothing or one certificate at a time; added to trust. */
void world_add_crl(struct world *w, struct es_trust *trust, const struct es_cert *revoked,
                   int64_t at_s, int reason);
/** A fresh trust like w->trust but without any CRL. */
struct es_trust *world_trust_without_crl(struct world *w);
/** A signed state answer over a seal by the maker. */
void world_add_state(struct world *w, struct es_state_source *source, struct es_span seal,
                     const struct es_state_event *events, size_t count);

/* ---- sealing ---- */

/** Seal with the product's own signer: at 120,200 on page 1 unless place is given. */
void world_seal(struct world *w, struct es_span document, struct es_span seal,
                const struct es_place *place, bool lock, struct es_buf *out);

/**
 * A lax signer: writes whatever it is told. Defaults (zero) give what the product writes. The
 * signature goes to Doc_0/Signs/Sign_<n>/; OFD.xml and Signatures.xml are made to fit.
 */
struct lax {
    const char *const *refs;   /* NULL-ended list of entries to protect; NULL: all but the list */
    const char *extra_refs;    /* raw XML appended inside References */
    const char *check_method;  /* attribute value; "" leaves the attribute out */
    enum es_digest digest;     /* what CheckValues are computed with; 0: SM3 */
    const char *method;        /* SignatureMethod */
    const char *stamps;        /* raw StampAnnot elements; NULL: one at 120,200 on page 1 */
    const char *property_info; /* NULL: right path */
    const char *type;          /* attribute Type in the list; NULL: Seal */
    int64_t time_s;            /* 0: WORLD_SIGN_S */
    const struct es_cert *signer; /* NULL: WHO_SIGNER */
    struct es_key *key;           /* NULL: WHO_SIGNER's */
    struct es_span seal;          /* empty: w->seal */
    struct es_span seal_file;     /* what Seal.esl gets; empty: the seal */
    struct es_span time_stamp;
    enum es_seal_edition edition; /* 0: 2020 */
    bool with_time_stamp;         /* by WHO_TSA at time_stamp_s */
    int64_t time_stamp_s;
};
void world_lax_sign(struct world *w, struct pkg *pkg, const struct lax *lax);
/** Sign Doc_0/Signs/Sign_<number>/Signature.xml anew, as it now stands, with all defaults. */
void world_lax_resign(struct world *w, struct pkg *pkg, size_t number);

/* ---- verifying ---- */

/** Verify bytes under a policy with everything of the world; *report must be cleared. */
void world_verify(struct world *w, struct es_span bytes, int policy, struct es_report *report);
/** The same with another trust or state source (NULL: the world's). */
void world_verify_with(struct world *w, struct es_span bytes, int policy, struct es_trust *trust,
                       const struct es_state_source *states, struct es_report *report);
/** Any finding of that code, in the document or a signature? */
bool report_has(const struct es_report *report, const char *code_id);
/** Print the report's JSON to stderr, to see why a test failed. */
void report_show(const struct es_report *report);
/** Outcome and codes ("must" separated by spaces; "!x" must not be there) or the test fails. */
void expect_report(const struct es_report *report, enum es_outcome outcome, const char *codes);
/** pkg_write + world_verify under assured + expect_report. */
void expect_pkg(struct world *w, const struct pkg *pkg, enum es_outcome outcome, const char *codes);

#endif
