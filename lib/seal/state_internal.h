/* What state.c, state_proof.c and state_check.c share: an answer as read. */
#ifndef ES_STATE_INTERNAL_H
#define ES_STATE_INTERNAL_H

#include "es_log_proof.h"
#include "es_state.h"

#include <stdatomic.h>

struct es_state_answer {
    uint8_t key[ES_SM3_LEN];
    int64_t answered_s;
    struct es_state_event *events;
    size_t count;
    struct es_cert *signer;
    struct es_buf sig;  /* DER */
    struct es_buf text; /* what it signs */
    atomic_int checked; /* es_sig_answer of sig, once known: neither key nor text ever changes */
    bool by_log;        /* a proof of the log named origin: signer, sig and text are empty */
    bool refused;       /* the proof does not hold, or no policy names its log */
    bool unwitnessed;   /* fewer witness lines than the quorum, or no quorum at all */
    bool short_of_quorum;
    struct es_buf origin;
    uint64_t log_size;
    struct es_log_hash log_root;
    struct es_state_answer *next;
};
#define STATE_POLICIES_MAX 64
struct es_state_source {
    struct es_state_answer *first;
    size_t count;
    struct es_log_policy *policies[STATE_POLICIES_MAX];
    size_t policy_count;
};

/** Order of a life: active first, in order of knowing, nothing after the end. */
ES_CHECKED es_status state_check_events(const struct es_state_event *events, size_t count,
                                        struct es_error *err);
/* state_proof.c */
/** What the source's policies say of a log; NULL: nothing. */
const struct es_log_trust *state_find_log(const struct es_state_source *source,
                                          struct es_span origin);
/** Fill an answer from a seal-status proof, under the source's policies. */
ES_CHECKED es_status state_read_proof(const struct es_state_source *source, struct es_span json,
                                      struct es_state_answer *answer, struct es_error *err);

#endif
