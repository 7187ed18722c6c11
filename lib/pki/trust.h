/*
 * What es_trust holds, for the files that fill it, search it and judge by it. Private to lib/pki.
 *
 * Invariants: lists are sorted by the order their file names, whatever order things were added in;
 * nothing added is ever changed or removed. The mutex guards what checks remember (links,
 * certificates, the answers of CRL and OCSP signatures) and nothing else: adding must not run
 * beside checking.
 */
#ifndef ES_PKI_TRUST_H
#define ES_PKI_TRUST_H

#include "pki_internal.h"

/* ---- sorted lists of pointers (ptr_list.c) ---- */

typedef int ptr_compare(const void *a, const void *b);
struct ptr_list {
    void **at;
    size_t count, cap;
};
/** Insert behind all that are not greater. */
ES_CHECKED es_status ptr_list_insert(struct ptr_list *list, void *item, ptr_compare *compare,
                                     struct es_error *err);
/** Position of the first that is not less than key. */
size_t ptr_list_find(const struct ptr_list *list, const void *key, ptr_compare *compare);

/* ---- things in the trust: each begins with its item ---- */

/** Names the thing and its role, so that the digest of the trust covers both. */
struct trust_item {
    uint8_t digest[ES_SM3_LEN];
};
struct trust_cert {
    struct trust_item item;
    uint64_t name; /* name_hash of the subject */
    enum es_trust_kind kind;
    struct es_cert *cert;
};
struct trust_maker {
    struct trust_item item;
    struct es_maker_entry entry;
    struct es_cert *cert;
    char *regions, *kinds;
};

/** Whose signature something carries; remembered, since CRLs are large. */
struct signed_by {
    bool known;
    bool good;
    uint8_t issuer[ES_SM3_LEN];
    const struct es_cert *responder; /* OCSP: who signed when it was not the issuer */
};

struct crl_entry {
    struct es_span serial;
    int64_t time_s; /* of revocation; the date of invalidity when that counts and is earlier */
    int8_t reason;  /* -1: none */
};
struct crl {
    struct trust_item item;
    uint64_t name; /* name_hash of the issuer */
    uint8_t *bytes;
    struct es_span der, tbs, issuer, sig_alg, sig;
    int64_t this_s, next_s;
    bool has_next;
    bool usable;               /* no critical extension that is not understood, algorithms agree */
    struct crl_entry *entries; /* sorted by serial, without removeFromCRL */
    size_t count;
    uint8_t sm3[ES_SM3_LEN];
    struct signed_by by;
};

enum ocsp_state { OCSP_UNKNOWN = 0, OCSP_GOOD, OCSP_REVOKED };
struct ocsp;
/** What an OCSP answer says of one certificate. */
struct ocsp_single {
    struct ocsp *answer;
    struct es_span hash_alg, name_hash, key_hash, serial;
    enum ocsp_state state;
    int64_t time_s;
    int8_t reason;
    int64_t this_s, next_s;
    bool has_next;
    bool usable; /* no critical extension that is not understood */
};
#define OCSP_SINGLES_MAX 1024
#define OCSP_CERTS_MAX 8
struct ocsp {
    struct trust_item item;
    uint8_t *bytes;
    struct es_span der, tbs, sig_alg, sig;
    uint8_t responder_tag; /* [1] Name, [2] key hash */
    struct es_span responder;
    int64_t produced_s;
    bool usable;
    struct ocsp_single *singles;
    size_t count;
    struct es_cert *certs[OCSP_CERTS_MAX];
    size_t cert_count;
    uint8_t sm3[ES_SM3_LEN];
    struct signed_by by;
};

/** Answer of one signature check: of a certificate, CRL or OCSP answer by a certificate. */
struct link_answer {
    enum es_sig_answer answer;
    bool mismatch;    /* algorithm and key do not fit */
    const char *weak; /* as es_sig_verify says; static */
};
struct link {
    bool used;
    uint8_t child[ES_SM3_LEN], issuer[ES_SM3_LEN];
    const char *weak;
};

struct es_trust {
    struct ptr_list items;   /* all of them, by digest */
    struct ptr_list certs;   /* trust_cert by name, SM3, kind */
    struct ptr_list makers;  /* trust_maker by SM3 of the certificate */
    struct ptr_list crls;    /* crl by name, SM3 */
    struct ptr_list answers; /* ocsp by SM3 */
    struct ptr_list singles; /* ocsp_single by serial, SM3 of the answer */
    pthread_mutex_t mutex;
    bool has_mutex;
    struct link *links; /* ES_LINKS slots, each overwritten by the next of its hash */
    struct es_cert *seen[ES_CERTS_SEEN]; /* decoded before, the same way */
};

/** Certificates whose subject may be name: [*first, first + count) of trust->certs, by hash. */
size_t trust_certs_named(const struct es_trust *trust, struct es_span name, size_t *first);
static inline const struct trust_cert *trust_cert_at(const struct es_trust *trust, size_t i)
{
    return (const struct trust_cert *) trust->certs.at[i];
}
/** Is this certificate (by its bytes) in the trust under that kind? */
bool trust_has_cert(const struct es_trust *trust, enum es_trust_kind kind,
                    const struct es_cert *cert);

/** A digest of kind and thing for trust_item. */
ES_CHECKED es_status trust_item_digest(const char *kind, const uint8_t sm3[ES_SM3_LEN],
                                       struct es_span facts, struct trust_item *item,
                                       struct es_error *err);

/** Texts a maker's entry borrows while it is read. */
struct maker_texts {
    struct es_buf regions, kinds;
};
#define MAKER_JSON_MAX 65536
/** ES_E_CONFIG naming the member that is wrong. */
ES_CHECKED es_status maker_entry_read(struct es_span text, struct es_maker_entry *entry,
                                      struct maker_texts *texts, struct es_error *err);

/* ---- decoding (crl.c, ocsp.c): DER or PEM ---- */

ES_CHECKED es_status crl_decode(struct es_span bytes, struct crl **out, struct es_error *err);
void crl_free(struct crl *crl);
ES_DEFINE_FREE_AT(crl)
/** Entry of a serial number, or NULL. */
const struct crl_entry *crl_find(const struct crl *crl, struct es_span serial);
ES_CHECKED es_status ocsp_decode(struct es_span bytes, struct ocsp **out, struct es_error *err);
void ocsp_free(struct ocsp *answer);
ES_DEFINE_FREE_AT(ocsp)

/* ---- certificates, remembered (cert_memory.c) ---- */

void trust_forget_certs(struct es_trust *trust);

/* ---- signatures, remembered (link.c) ---- */

/** Is child signed by issuer? Only good answers are remembered. */
ES_CHECKED es_status link_check(struct es_trust *trust, const struct es_cert *child,
                                const struct es_cert *issuer, struct link_answer *out,
                                struct es_error *err);
/** Is the CRL signed by issuer's key, and may that key sign CRLs? */
ES_CHECKED es_status link_check_crl(struct es_trust *trust, struct crl *crl,
                                    const struct es_cert *issuer, bool *good, struct es_error *err);
/** Is the answer signed by issuer, or by a responder it certified? */
ES_CHECKED es_status link_check_ocsp(struct es_trust *trust, struct ocsp *answer,
                                     const struct es_cert *issuer, bool *good,
                                     const struct es_cert **responder, struct es_error *err);

#endif
