/*
 * Checking inclusion and consistency proofs. Reading is strict; then each step holds or names
 * itself. A leaf is hashed as a leaf and must decode as one at its index, so a node of the tree
 * cannot be given for a leaf; the path is walked by index and size, so neither can be other ones.
 */
#include "es_log_proof.h"

#include "log_internal.h"
#include "proof_read.h"

struct reading {
    struct es_log_proof_facts *out;
    struct es_tree_path path;
    struct es_checkpoint from, to; /* of an inclusion proof only to */
};

void es_log_proof_clear(struct es_log_proof_facts *facts)
{
    es_buf_clear(&facts->leaf);
    *facts = (struct es_log_proof_facts){.kind = ES_LOG_PROOF_NONE};
}

/* ---- reading ---- */

static es_status read_checkpoint(es_json_node root, const char *name, struct es_checkpoint *out,
                                 struct es_error *err)
{
    const char *text = NULL;
    es_status status;

    ES_TRY(es_json_text(root, name, &text, err));
    status = es_checkpoint_parse(es_span_str(text), out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", name);
}

static es_status read_inclusion(es_json_node root, struct reading *r, struct es_error *err)
{
    static const char *const names[] = {"v",    "type", "index",      "size",
                                        "leaf", "path", "checkpoint", NULL};

    r->out->kind = ES_LOG_PROOF_INCLUSION;
    ES_TRY(es_json_only(root, names, err));
    ES_TRY(proof_number(root, "index", &r->out->index, err));
    ES_TRY(proof_number(root, "size", &r->out->size, err));
    ES_TRY(proof_bytes(root, "leaf", &r->out->leaf, err));
    ES_TRY(es_log_read_path(es_json_member(root, "path"), &r->path, err));
    return read_checkpoint(root, "checkpoint", &r->to, err);
}

static es_status read_consistency(es_json_node root, struct reading *r, struct es_error *err)
{
    static const char *const names[] = {
        "v", "type", "from", "to", "path", "checkpoint_from", "checkpoint_to", NULL};

    r->out->kind = ES_LOG_PROOF_CONSISTENCY;
    ES_TRY(es_json_only(root, names, err));
    ES_TRY(proof_number(root, "from", &r->out->from, err));
    ES_TRY(proof_number(root, "to", &r->out->size, err));
    ES_TRY(es_log_read_path(es_json_member(root, "path"), &r->path, err));
    ES_TRY(read_checkpoint(root, "checkpoint_from", &r->from, err));
    return read_checkpoint(root, "checkpoint_to", &r->to, err);
}

static es_status read_root(es_json_node root, struct reading *r, struct es_error *err)
{
    const char *type = NULL;
    int64_t version = 0;

    ES_TRY(es_json_int(root, "v", &version, err));
    ES_TRY(es_json_text(root, "type", &type, err));
    if (version == 1 && strcmp(type, "inclusion") == 0)
        return read_inclusion(root, r, err);
    ES_ENSURE(version == 1 && strcmp(type, "consistency") == 0, err, ES_E_FORMAT,
              "\"%.40s\" of version %lld is no proof of version 1", type, (long long) version);
    return read_consistency(root, r, err);
}

static es_status read_proof(struct es_span text, struct reading *r, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;

    ES_TRY(es_json_parse(text, ES_LOG_PROOF_MAX, &json, err));
    return read_root(es_json_root(json), r, err);
}

/* ---- steps ---- */

static es_status refuse(struct reading *r, const char *why)
{
    r->out->why = why;
    return ES_OK;
}

/* A checkpoint of our log for that size; *good false with a reason. */
static es_status check_checkpoint(struct reading *r, const struct es_checkpoint *checkpoint,
                                  uint64_t size, const struct es_log_trust *trust,
                                  struct es_checkpoint_facts *facts, bool *good,
                                  struct es_error *err)
{
    const char *why = NULL;

    ES_TRY(es_checkpoint_judge(checkpoint, trust, facts, err));
    if (!es_span_is(checkpoint->origin, trust->origin))
        why = "another log";
    else if (!facts->signed_by_log)
        why = "the log's signature does not hold";
    else if (facts->wrong_witness)
        why = "the line of a witness does not hold";
    else if (checkpoint->size != size)
        why = "the size is not that of the checkpoint";
    *good = why == NULL;
    return refuse(r, why);
}

static es_status check_inclusion(struct reading *r, struct es_error *err)
{
    struct es_log_proof_facts *out = r->out;
    struct es_log_hash hash;
    struct es_leaf leaf;
    bool good = false;

    if (es_leaf_decode(es_buf_span(&out->leaf), &leaf, NULL) != ES_OK)
        return refuse(r, "the leaf is none");
    if (leaf.index != out->index)
        return refuse(r, "the leaf stands at another index");
    ES_TRY(es_leaf_hash(es_buf_span(&out->leaf), &hash, err));
    ES_TRY(
        es_tree_verify_inclusion(&hash, out->index, out->size, &r->path, &r->to.root, &good, err));
    if (!good)
        return refuse(r, "the path does not lead to the root");
    out->holds = true;
    return ES_OK;
}

static es_status check_consistency(struct reading *r, struct es_error *err)
{
    struct es_log_proof_facts *out = r->out;
    bool good = false;

    if (out->from == 0 || out->from > out->size)
        return refuse(r, "the sizes do not rise from 1 on");
    ES_TRY(es_tree_verify_consistency(out->from, out->size, &r->from.root, &r->to.root, &r->path,
                                      &good, err));
    if (!good)
        return refuse(r, "the path does not lead to both roots");
    out->holds = true;
    return ES_OK;
}

static es_status check(struct reading *r, const struct es_log_trust *trust, struct es_error *err)
{
    struct es_checkpoint_facts facts;
    bool good = false;

    if (r->out->kind == ES_LOG_PROOF_CONSISTENCY) {
        ES_TRY(check_checkpoint(r, &r->from, r->out->from, trust, &facts, &good, err));
        if (!good)
            return ES_OK;
    }
    ES_TRY(check_checkpoint(r, &r->to, r->out->size, trust, &facts, &good, err));
    if (!good)
        return ES_OK;
    r->out->witnesses = facts.witnesses;
    r->out->witnessed_s = facts.witnessed_s;
    r->out->unwitnessed = !facts.quorum;
    return r->out->kind == ES_LOG_PROOF_INCLUSION ? check_inclusion(r, err)
                                                  : check_consistency(r, err);
}

/* A proof that does not hold tells nothing but why. */
static void end(struct es_log_proof_facts *out)
{
    if (out->holds)
        return;
    es_buf_clear(&out->leaf);
    out->unwitnessed = false;
    out->witnesses = 0;
    out->witnessed_s = 0;
}

es_status es_log_proof_verify(struct es_span json, const struct es_log_trust *trust,
                              struct es_log_proof_facts *out, struct es_error *err)
{
    struct reading *r = calloc(1, sizeof *r);
    es_status status;

    *out = (struct es_log_proof_facts){.kind = ES_LOG_PROOF_NONE};
    es_buf_init(&out->leaf, ES_LOG_LEAF_MAX);
    ES_ENSURE(r != NULL, err, ES_E_NOMEM, "out of memory");
    r->out = out;
    status = read_proof(json, r, err);
    if (status == ES_OK)
        status = check(r, trust, err);
    es_checkpoint_clear(&r->from);
    es_checkpoint_clear(&r->to);
    free(r);
    if (status != ES_OK)
        out->holds = false;
    end(out);
    return status;
}
