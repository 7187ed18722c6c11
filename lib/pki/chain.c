/*
 * Building a chain: depth first from the certificate to an anchor, over what came with the
 * document and what the trust holds. Signatures are checked on the way, so a chain consists of
 * links that hold; of several the first without flaws is taken, else the one with the fewest.
 *
 * Bounds: CHAIN_DEPTH_MAX certificates, CHAIN_TRIES_MAX issuers tried in all. An anchor ends the
 * search upwards; it is believed as it stands, its own signature is not looked at.
 */
#include "chain.h"

#define SEEN_MAX 64 /* issuers of one certificate that are told from repetitions */

struct builder {
    struct es_trust *trust;
    const struct es_chain_request *request;
    struct chain now;
    struct chain best; /* anchored */
    unsigned best_flaws;
    bool have_best;
    struct chain dead; /* the longest attempt that ended without an anchor */
    unsigned tries;
    bool limit;
    bool done;
};

/** One certificate whose issuer is looked for. */
struct node {
    const struct es_cert *cert;
    size_t seen_count;
    const struct es_cert *seen[SEEN_MAX];
    bool verified;      /* one issuer's signature holds */
    enum chain_end end; /* what the first candidate whose signature does not hold came to */
    const struct es_cert *bad_issuer;
};

static es_status extend(struct builder *b, struct es_error *err);

static bool is_anchor(const struct builder *b, const struct es_cert *cert)
{
    enum es_trust_kind kind = b->request->purpose == ES_PURPOSE_TSA ? ES_TRUST_TSA : ES_TRUST_ROOT;

    return trust_has_cert(b->trust, kind, cert);
}

static bool may_help(const struct builder *b, enum es_trust_kind kind)
{
    if (kind == ES_TRUST_INTERMEDIATE)
        return true;
    return kind == (b->request->purpose == ES_PURPOSE_TSA ? ES_TRUST_TSA : ES_TRUST_ROOT);
}

/* SPEC RFC 5280 6.1.3 a 4, 4.2.1.1: same name; key identifiers agree when both state one. */
static bool is_named_issuer(const struct es_cert *issuer, const struct es_cert *cert)
{
    if (cert->aki.len > 0 && issuer->ski.len > 0 && !es_span_equal(cert->aki, issuer->ski))
        return false;
    return es_name_equal(issuer->subject, cert->issuer);
}

static bool in_path(const struct chain *chain, const struct es_cert *cert)
{
    for (size_t i = 0; i < chain->len; i++)
        if (cert_same(chain->path[i], cert))
            return true;
    return false;
}

static bool seen_before(struct node *node, const struct es_cert *cert)
{
    for (size_t i = 0; i < node->seen_count; i++)
        if (cert_same(node->seen[i], cert))
            return true;
    if (node->seen_count < SEEN_MAX)
        node->seen[node->seen_count++] = cert;
    return false;
}

static enum chain_end end_of(const struct es_cert *issuer, const struct link_answer *link)
{
    if (!issuer->key)
        return CHAIN_NO_KEY;
    if (link->mismatch)
        return CHAIN_MISMATCH;
    return link->answer == ES_SIG_UNSUPPORTED ? CHAIN_UNSUPPORTED : CHAIN_BAD_VALUE;
}

static es_status try_issuer(struct builder *b, struct node *node, const struct es_cert *issuer,
                            struct es_error *err)
{
    struct link_answer link;
    size_t last = b->now.len - 1;

    if (in_path(&b->now, issuer) || seen_before(node, issuer))
        return ES_OK;
    if (b->tries == CHAIN_TRIES_MAX) {
        b->limit = b->done = true;
        return ES_OK;
    }
    b->tries++;
    ES_TRY(link_check(b->trust, node->cert, issuer, &link, err));
    if (link.answer != ES_SIG_GOOD) {
        if (node->end == CHAIN_INCOMPLETE) {
            node->end = end_of(issuer, &link);
            node->bad_issuer = issuer;
        }
        return ES_OK;
    }
    node->verified = true;
    b->now.links[last] = link;
    b->now.path[b->now.len++] = issuer;
    ES_TRY(extend(b, err));
    b->now.len = last + 1;
    return ES_OK;
}

static es_status try_trusted(struct builder *b, struct node *node, bool anchors,
                             struct es_error *err)
{
    size_t first, count = trust_certs_named(b->trust, node->cert->issuer, &first);

    for (size_t i = first; i < first + count && !b->done; i++) {
        const struct trust_cert *known = trust_cert_at(b->trust, i);

        if (may_help(b, known->kind) && (known->kind != ES_TRUST_INTERMEDIATE) == anchors &&
            is_named_issuer(known->cert, node->cert))
            ES_TRY(try_issuer(b, node, known->cert, err));
    }
    return ES_OK;
}

static es_status try_all(struct builder *b, struct node *node, struct es_error *err)
{
    ES_TRY(try_trusted(b, node, true, err));
    ES_TRY(try_trusted(b, node, false, err));
    for (size_t i = 0; i < b->request->extra_count && !b->done; i++)
        if (is_named_issuer(b->request->extra[i], node->cert))
            ES_TRY(try_issuer(b, node, b->request->extra[i], err));
    return ES_OK;
}

static void keep_anchored(struct builder *b)
{
    unsigned flaws = chain_flaws(&b->now, b->request->times);

    if (b->have_best && flaws >= b->best_flaws)
        return;
    b->best = b->now;
    b->best.end = CHAIN_ANCHORED;
    b->best_flaws = flaws;
    b->have_best = true;
    b->done = flaws == 0;
}

/* A certificate in its own name that is no anchor ends a chain as "not listed", whatever else
 * bears that name; else the candidates tell. */
static void keep_dead(struct builder *b, const struct node *node)
{
    if (b->now.len <= b->dead.len)
        return;
    b->dead = b->now;
    b->dead.end = node->end;
    b->dead.bad_issuer = node->bad_issuer;
    if (es_name_equal(node->cert->issuer, node->cert->subject))
        b->dead.end = CHAIN_UNTRUSTED;
}

static es_status extend(struct builder *b, struct es_error *err)
{
    struct node node = {.cert = b->now.path[b->now.len - 1], .end = CHAIN_INCOMPLETE};

    if (is_anchor(b, node.cert)) {
        keep_anchored(b);
        return ES_OK;
    }
    if (b->now.len == CHAIN_DEPTH_MAX) {
        b->limit = true;
        return ES_OK;
    }
    ES_TRY(try_all(b, &node, err));
    if (!node.verified)
        keep_dead(b, &node);
    return ES_OK;
}

es_status chain_build(struct es_trust *trust, const struct es_chain_request *request,
                      struct chain *out, struct es_error *err)
{
    struct builder b = {.trust = trust, .request = request};

    b.now.path[0] = request->cert;
    b.now.len = 1;
    ES_TRY(extend(&b, err));
    if (b.dead.len == 0) { /* only a limit stopped the search */
        b.dead = b.now;
        b.dead.end = CHAIN_INCOMPLETE;
    }
    *out = b.have_best ? b.best : b.dead;
    out->limit = b.limit && !b.have_best;
    return ES_OK;
}

static void put_evidence(struct es_buf *evidence, const struct chain *chain)
{
    for (size_t i = 0; evidence && i < chain->len; i++)
        es_buf_put(evidence, chain->path[i]->sm3, ES_SM3_LEN);
}

es_status es_chain_check(struct es_trust *trust, const struct es_chain_request *request,
                         struct es_findings *findings, struct es_buf *evidence,
                         struct es_error *err)
{
    struct chain chain;

    ES_TRY(chain_build(trust, request, &chain, err));
    put_evidence(evidence, &chain);
    chain_judge(request, &chain, findings);
    if (!request->no_revocation)
        ES_TRY(chain_revocation(trust, request, &chain, findings, evidence, err));
    return evidence ? es_buf_check(evidence, err) : ES_OK;
}
