/*
 * What building a chain hands to judging it. Private to lib/pki.
 */
#ifndef ES_PKI_CHAIN_H
#define ES_PKI_CHAIN_H

#include "trust.h"

#define CHAIN_DEPTH_MAX 8   /* certificates in a chain, anchor included */
#define CHAIN_TRIES_MAX 256 /* issuers tried in all */

/** Why a chain that reaches no anchor ends where it ends. */
enum chain_end {
    CHAIN_ANCHORED = 0,
    CHAIN_INCOMPLETE,  /* issuer not known, or only the chain itself again */
    CHAIN_UNTRUSTED,   /* ends in a self-signed certificate that is no anchor */
    CHAIN_BAD_VALUE,   /* issuer known, signature wrong under every candidate */
    CHAIN_MISMATCH,    /* … signature algorithm does not fit the issuer's key */
    CHAIN_UNSUPPORTED, /* … signature algorithm not known */
    CHAIN_NO_KEY       /* … issuer's key cannot be used */
};

/** path[0] is the certificate asked about; links[i] is path[i] signed by path[i + 1]. */
struct chain {
    const struct es_cert *path[CHAIN_DEPTH_MAX];
    struct link_answer links[CHAIN_DEPTH_MAX];
    size_t len;
    enum chain_end end;
    const struct es_cert *bad_issuer; /* CHAIN_NO_KEY */
    bool limit;                       /* there may be more: a limit stopped the search */
};

/** The best chain there is, or the longest attempt. */
ES_CHECKED es_status chain_build(struct es_trust *trust, const struct es_chain_request *request,
                                 struct chain *out, struct es_error *err);
/** Constraints and dates that path[0..len) breaks; 0: none. Signatures are not looked at. */
unsigned chain_flaws(const struct chain *chain, const struct es_times *times);
/** Does path[i], i > 0, break what certificates that issue must keep? */
bool chain_breaks_constraint(const struct chain *chain, size_t i);

/** A place for findings of path[i]: that of the request, for issuers with their name. */
const char *chain_where(const struct es_chain_request *request, const struct chain *chain, size_t i,
                        struct es_buf *out);

/** Findings of form, keys, algorithms, constraints, usage (chain_check) and dates (time_check). */
void chain_judge(const struct es_chain_request *request, const struct chain *chain,
                 struct es_findings *findings);
/** Findings of revocation; SM3 of the data used is appended to evidence. */
ES_CHECKED es_status chain_revocation(struct es_trust *trust,
                                      const struct es_chain_request *request,
                                      const struct chain *chain, struct es_findings *findings,
                                      struct es_buf *evidence, struct es_error *err);

/* ---- revocation data about one certificate (revocation.c) ---- */

struct revocation {
    bool found;     /* data of the right source */
    bool untrusted; /* data that claims to be about it, of the wrong source */
    bool revoked;
    bool hold; /* certificateHold: may be lifted */
    int64_t time_s;
    int64_t this_s, next_s;
    bool has_next;
    const uint8_t *sm3; /* of the CRL or answer used */
};
/** The newest usable word on a certificate. Freshness is not judged. */
ES_CHECKED es_status revocation_find(struct es_trust *trust, const struct es_cert *cert,
                                     const struct es_cert *issuer, int64_t now_s,
                                     struct revocation *out, struct es_error *err);

#endif
