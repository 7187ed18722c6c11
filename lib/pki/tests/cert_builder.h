/*
 * Certificates, CRLs and OCSP answers made by hand for tests, so that every field can be wrong on
 * purpose. cert_spec_of gives a sound one; change what the test is about, then build. Everything
 * is signed with SM2; nothing here is meant to refuse anything.
 */
#ifndef ES_CERT_BUILDER_H
#define ES_CERT_BUILDER_H

#include "authority_fixture.h"

struct cert_spec {
    const char *cn;
    struct es_span subject;        /* Name, whole TLV; empty: C=CN, CN=cn */
    const struct es_key *key;      /* the subject's */
    struct es_span spki;           /* whole TLV; empty: of key */
    const struct identity *issuer; /* NULL: self-signed */
    struct es_key *sign_key;       /* NULL: the issuer's, or key */
    struct es_span issuer_name;    /* whole TLV; empty: the issuer's subject */
    uint64_t serial;
    int64_t not_before_s, not_after_s;
    int ca;             /* basicConstraints: -1 none, 0 false, 1 true */
    int path_len;       /* -1: none */
    int usage;          /* ES_USAGE_…, -1: none */
    const char *eku[2]; /* NULL: none */
    bool eku_critical;
    bool key_ids;          /* subject and authority key identifiers */
    struct es_span exts;   /* more Extensions, TLV after TLV */
    const char *alg;       /* signature algorithm, inside and outside */
    const char *outer_alg; /* when it differs */
    bool bad_value;        /* signature over other bytes */
};
/** A sound end entity's certificate (usage of a signer), 2025 to 2029. */
struct cert_spec cert_spec_of(const char *cn, const struct es_key *key,
                              const struct identity *issuer, uint64_t serial);
/** A sound issuer's. */
struct cert_spec ca_spec_of(const char *cn, const struct es_key *key, const struct identity *issuer,
                            uint64_t serial);
void cert_put(struct es_buf *out, const struct cert_spec *spec);
/** Built and decoded. */
struct es_cert *cert_build(const struct cert_spec *spec);
/** Name with one attribute of that string type, beside C=CN. */
void name_put_cn(struct es_buf *out, uint8_t tag, struct es_span cn);
/** Extension with any value. */
void ext_put(struct es_buf *out, const char *oid, bool critical, struct es_span value);

struct crl_spec {
    const struct identity *issuer;
    struct es_key *sign_key;    /* NULL: the issuer's */
    struct es_span issuer_name; /* empty: the issuer's subject */
    int64_t this_s, next_s;     /* next_s 0: none */
    uint64_t serial;            /* of the one entry; 0: none */
    int64_t revoked_s;
    int reason;          /* -1: none */
    int64_t invalid_s;   /* invalidityDate; 0: none */
    struct es_span exts; /* crlExtensions */
};
void crl_put(struct es_buf *out, const struct crl_spec *spec);

struct ocsp_spec {
    const struct es_cert *about;
    const struct identity *issuer;
    const struct identity *responder;
    bool with_cert;        /* responder's certificate inside */
    bool by_key;           /* responderID by SHA-1 of the key */
    enum es_digest digest; /* of the CertID */
    uint64_t serial;       /* 0: that of about */
    int state;             /* 0 good, 1 revoked, 2 unknown */
    int64_t revoked_s;
    int reason;
    int64_t this_s, next_s;
};
void ocsp_put(struct es_buf *out, const struct ocsp_spec *spec);

#endif
