/*
 * A witness (audit-log.md 4): signs a checkpoint only when it extends the last one it signed for
 * that log, and remembers what it signed in a file that is synced before the line leaves. Never two
 * roots for one size, never a smaller size than before. Needs no store and knows no entries.
 */
#ifndef ES_WITNESS_H
#define ES_WITNESS_H

#include "es_base.h"
#include "es_crypto.h"
#include "es_log_proof.h"

struct es_witness; /* any thread; one at a time signs */
struct es_witness_config {
    const char *name; /* key name of its lines: "witness.example.org/w1" */
    struct es_key *key;
    const struct es_log_policy *logs; /* whose checkpoints it signs */
    const char *folder;               /* its memory: one file a log, made when absent */
    struct es_clock clock;
}; /* name is copied; key, logs, folder and clock live as long as the witness */
/** ES_E_FORMAT: a file of the memory is damaged: it does not begin anew by itself.
 *  ES_E_CONFLICT: another process has the memory open. */
ES_CHECKED es_status es_witness_open(const struct es_witness_config *config,
                                     struct es_witness **out, struct es_error *err);
void es_witness_free(struct es_witness *witness);
ES_DEFINE_FREE_AT(es_witness)

enum es_witness_answer {
    ES_WITNESS_REFUSED = 0, /* no log of ours, wrong signature, or no consistency proof */
    ES_WITNESS_BEHIND,      /* smaller than what was signed, or a proof from another size: the
                               greatest signed checkpoint is the answer */
    ES_WITNESS_FORK,        /* the same size with another root: both are kept as evidence */
    ES_WITNESS_SIGNED
};
struct es_witness_reply {
    enum es_witness_answer answer;
    const char *why;     /* static, unless signed */
    struct es_buf line;  /* signed: the line with its end */
    struct es_buf known; /* the greatest checkpoint signed before, empty when none */
    uint64_t known_size;
};
void es_witness_reply_clear(struct es_witness_reply *reply);
/** path leads from the size the witness knows to checkpoint's (empty when it knows none or the
 *  sizes are equal). The same checkpoint again is signed again. */
ES_CHECKED es_status es_witness_sign(struct es_witness *witness, struct es_span checkpoint,
                                     uint64_t from, const struct es_tree_path *path,
                                     struct es_witness_reply *reply, struct es_error *err);
/** The greatest checkpoint signed for an origin. ES_E_ABSENT. */
ES_CHECKED es_status es_witness_known(struct es_witness *witness, struct es_span origin,
                                      struct es_buf *note, struct es_error *err);

/*
 * Over HTTP (loopback; a proxy in front speaks TLS):
 *   POST /v1/witness/checkpoint   {"v":1,"checkpoint":"…","from":N,"path":["…"]}
 *        200 {"v":1,"answer":"signed","line":"…"}
 *        200 {"v":1,"answer":"behind"|"fork"|"refused","why":"…","known":"…"|null,"known_size":N}
 *   POST /v1/witness/known        {"v":1,"origin":"…"}
 *        200 {"v":1,"known":"…"|null,"known_size":N}
 */
struct es_http_request;
struct es_http_answer;
/** An es_http_handler; ctx is the witness. */
void es_witness_handle(void *ctx, const struct es_http_request *request,
                       struct es_http_answer *answer);
/** Client: offer a checkpoint; when the witness is behind, prove() is asked for a path from its
 *  size and it is offered again. line gets the witness's line, checked against key.
 *  ES_E_DENIED: it refuses; ES_E_CONFLICT: it is ahead, or wants a proof and prove is NULL;
 *  ES_E_INTEGRITY: a fork; ES_E_MISMATCH: its line does not hold; and those of es_http_post. */
ES_CHECKED es_status es_witness_ask(const char *url, const struct es_log_witness *witness,
                                    struct es_span checkpoint,
                                    es_status (*prove)(void *ctx, uint64_t from, uint64_t to,
                                                       struct es_tree_path *out,
                                                       struct es_error *err),
                                    void *ctx, struct es_buf *line, struct es_error *err);
/** The greatest checkpoint a witness knows for origin, its own line included; ES_E_ABSENT. */
ES_CHECKED es_status es_witness_ask_known(const char *url, const char *origin, struct es_buf *note,
                                          struct es_error *err);

#endif
