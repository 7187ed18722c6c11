/*
 * An attack: a builder makes a file (and what the verifier knows) from the world's document, the
 * verifier judges it, the row says what must come out. The tables are the manifest of
 * verification.md 9.3 and 9.6; rows without a builder say why they are not tested here.
 */
#ifndef ES_TESTS_ATTACK_H
#define ES_TESTS_ATTACK_H

#include "world.h"

#define HOUR_S 3600
#define DAY_S 86400
#define NS_OFD " xmlns:ofd=\"http://www.ofdspec.org/2016\""

#define LIST_XML "Doc_0/Signs/Signatures.xml"
#define SIGN_0 "Doc_0/Signs/Sign_0/"
#define SIGN_1 "Doc_0/Signs/Sign_1/"
#define PAGE_1 "Doc_0/Pages/Page_0/Content.xml"
#define PAGE_2 "Doc_0/Pages/Page_1/Content.xml"
#define PAGE_3 "Doc_0/Pages/Page_2/Content.xml"

/** A file under attack and what the verifier knows. Its world is its own and may be changed. */
struct scene {
    struct world *w;
    struct pkg pkg;
    const char *arg;                /* of the row */
    struct es_trust *trust;         /* NULL: the world's */
    struct es_state_source *states; /* NULL: the world's */
};

struct attack {
    const char *id;
    const char *how; /* a sentence: what was done */
    void (*build)(struct scene *s);
    const char *arg;
    int policy; /* 0 (standard) stands for itself: rows name it */
    enum es_outcome outcome;
    const char *codes; /* "must !must_not" */
    const char *each;  /* outcomes of the signatures, "" when not looked at */
    /** More to look at; may be NULL. */
    void (*look)(const struct scene *s, const struct es_report *report);
    const char *skip;     /* reason, when build is NULL */
    bool stamp_testifies; /* the time stamp itself speaks against the signature */
};

struct CMUnitTest; /* of cmocka */

extern const struct attack ofd_attacks[];
extern const size_t ofd_attack_count;
extern const struct attack time_attacks[];
extern const size_t time_attack_count;

/** Fresh world and scene; the row's builder has run. Ends with scene_clear. */
void scene_new(const struct attack *attack, struct scene *s);
void scene_clear(struct scene *s);
/** Verify the scene's package as the row says; *report must be cleared. */
void scene_verify(const struct scene *s, int policy, struct es_report *report);
/** The same with other knowledge (NULL: the scene's). */
void scene_verify_with(const struct scene *s, int policy, struct es_trust *trust,
                       const struct es_state_source *states, struct es_report *report);

/* ---- building ---- */

/** The world's document sealed by the product. */
void build_sealed(struct scene *s);
/** A cmocka assertion that a product call went well. */
void must_ok(es_status status, const struct es_error *err);

/** Lax signing with these entries left open (NULL-ended list of names). */
void sign_open(struct scene *s, const char *const *open, struct lax lax);
/** base64 of a digest of bytes. */
void digest_text(enum es_digest digest, struct es_span bytes, struct es_buf *out);
/** References of Signature.xml get the digest the entry has now; nothing is signed again. */
void mend_reference(struct pkg *pkg, const char *entry, struct es_span before);

/** SignedValue of Sign_0, decoded; to be freed. */
struct es_seal_signature *signed_value(struct pkg *pkg);
/** Write SignedValue of Sign_0 anew with another time stamp (empty: none); value stays. */
void put_time_stamp(struct pkg *pkg, struct es_span token);
/** Time stamp of the world's authority over bytes. */
void make_time_stamp(struct world *w, struct es_span bytes, int64_t at_s, struct es_buf *token);

/** Only these events are known of the world's seal. */
void know_events(struct scene *s, const struct es_state_event *events, size_t count);

/* ---- running rows as cmocka tests ---- */

/** One test a row, named "id: how", and one more. Returns the number of failed tests. */
int run_attacks(const char *group, const struct attack *rows, size_t count,
                const struct CMUnitTest *more);

#endif
