/*
 * Proofs as JSON (audit-log.md 5) and the trust they are checked with. Making a proof needs a
 * source of subtrees, checking it needs nothing but a key; neither does I/O.
 */
#ifndef ES_LOG_PROOF_H
#define ES_LOG_PROOF_H

#include "es_json.h"
#include "es_log.h"
#include "es_status_proof.h"

#define ES_LOG_PROOF_MAX (1u << 20) /* bytes of JSON of an inclusion or consistency proof */

/* ---- policy: whom to believe ---- */

/**
 * A text of lines, "#" begins a comment:
 *
 *     log ORIGIN POINT             origin and key of one log; may occur for several logs
 *     witness NAME POINT           POINT: 130 hex digits, 04 || x || y
 *     quorum N of NAME NAME …      for all logs of the file; without it: none needed
 *
 * Nothing stands there twice, no key under two names of witnesses, and a quorum names all of them,
 * behind their lines. ES_E_FORMAT names the line; ES_E_RANGE: a key that is not sound.
 */
struct es_log_policy; /* owned, immutable, any thread */
#define ES_LOG_POLICY_MAX 65536
ES_CHECKED es_status es_log_policy_parse(struct es_span text, struct es_log_policy **out,
                                         struct es_error *err);
void es_log_policy_free(struct es_log_policy *policy);
ES_DEFINE_FREE_AT(es_log_policy)
size_t es_log_policy_count(const struct es_log_policy *policy); /* of logs */
/** i-th log with the file's witnesses and quorum; borrowed. */
const struct es_log_trust *es_log_policy_at(const struct es_log_policy *policy, size_t index);
/** By origin; NULL when there is none. */
const struct es_log_trust *es_log_policy_find(const struct es_log_policy *policy,
                                              struct es_span origin);
/** The file's witnesses and quorum into out, whose origin and key stay; borrowed. */
void es_log_policy_witnesses(const struct es_log_policy *policy, struct es_log_trust *out);
/** One "log" or "witness" line for a key, with its line end. */
ES_CHECKED es_status es_log_policy_line(const char *word, const char *name,
                                        const struct es_pubkey *key, struct es_buf *out,
                                        struct es_error *err);

/** What a checkpoint is worth under a trust. */
struct es_checkpoint_facts {
    bool signed_by_log;   /* origin and the log's own signature hold */
    bool wrong_witness;   /* the line of a known witness does not hold: refuse the checkpoint */
    size_t witnesses;     /* lines of known witnesses that hold */
    bool quorum;          /* witnesses >= quorum */
    uint64_t witnessed_s; /* time by which the quorum had signed; 0: it had not, or quorum is 0 */
};
ES_CHECKED es_status es_checkpoint_judge(const struct es_checkpoint *checkpoint,
                                         const struct es_log_trust *trust,
                                         struct es_checkpoint_facts *out, struct es_error *err);

/* ---- inclusion, consistency ---- */

/** A path as a list of base64 hashes. */
ES_CHECKED es_status es_log_put_path(struct es_json_out *out, const struct es_tree_path *path,
                                     struct es_error *err);
/** The same read. ES_E_FORMAT; ES_E_LIMIT: more than ES_LOG_PATH_MAX hashes. */
ES_CHECKED es_status es_log_read_path(es_json_node list, struct es_tree_path *out,
                                      struct es_error *err);
/** {"v":1,"type":"inclusion",…}; leaf must be the leaf at index. This and the next two are appended
 *  to out's buffer; ES_E_RANGE: a number that JSON cannot hold (above INT64_MAX). */
ES_CHECKED es_status es_log_put_inclusion(struct es_json_out *out, uint64_t index, uint64_t size,
                                          struct es_span leaf, const struct es_tree_path *path,
                                          struct es_span checkpoint, struct es_error *err);
ES_CHECKED es_status es_log_put_consistency(struct es_json_out *out, uint64_t from, uint64_t to,
                                            const struct es_tree_path *path,
                                            struct es_span checkpoint_from,
                                            struct es_span checkpoint_to, struct es_error *err);
/** What a seal-status proof is made of; paths of events in their order. */
struct es_status_parts {
    struct es_log_hash key;
    struct es_span checkpoint;
    uint64_t head_index;
    struct es_span head_leaf;
    struct es_tree_path head_path;
    struct es_map_proof map;
    const struct es_status_part_event {
        uint64_t index;
        struct es_span leaf;
        struct es_tree_path path;
    } * events;
    size_t event_count;
};
ES_CHECKED es_status es_log_put_status_proof(struct es_json_out *out,
                                             const struct es_status_parts *parts,
                                             struct es_error *err);

enum es_log_proof_kind { ES_LOG_PROOF_NONE = 0, ES_LOG_PROOF_INCLUSION, ES_LOG_PROOF_CONSISTENCY };
struct es_log_proof_facts {
    enum es_log_proof_kind kind;
    bool holds;       /* tree proof and checkpoint signatures; false: why says what does not */
    const char *why;  /* static */
    bool unwitnessed; /* holds, but with fewer witness lines than the quorum */
    size_t witnesses;
    uint64_t witnessed_s; /* proof of existence for the leaf: the quorum had signed by then */
    uint64_t index, from, size;
    struct es_buf leaf; /* owned; of an inclusion proof */
};
void es_log_proof_clear(struct es_log_proof_facts *facts);
/**
 * Check an inclusion or consistency proof. A receipt is an inclusion proof of an audit leaf whose
 * subject the caller compares.
 * @return ES_OK when it ran to its end, whatever the answer; ES_E_FORMAT, ES_E_LIMIT, ES_E_NOMEM
 */
ES_CHECKED es_status es_log_proof_verify(struct es_span json, const struct es_log_trust *trust,
                                         struct es_log_proof_facts *out, struct es_error *err);

#endif
