/*
 * Seal-status proofs (audit-log.md 5): everything a third party needs to know the state of a seal
 * at an instant, offline: a signed checkpoint of the status log, the map head under it, the proof
 * of the seal's place in the map, and its events with their inclusion proofs. Nothing but the
 * log's public key is trusted; a later event cannot be left out.
 */
#ifndef ES_STATUS_PROOF_H
#define ES_STATUS_PROOF_H

#include "es_log.h"

#define ES_STATUS_PROOF_MAX (4u << 20) /* bytes of JSON */
#define ES_STATUS_EVENTS_MAX 4096

/** Whom to believe: the log by origin and key, and witnesses with how many of them are needed. */
struct es_log_witness {
    const char *name;
    const struct es_pubkey *key;
};
struct es_log_trust {
    const char *origin;
    const struct es_pubkey *key;
    const struct es_log_witness *witnesses;
    size_t witness_count;
    size_t quorum;
};

enum es_proof_answer {
    ES_PROOF_REFUSED = 0,  /* status_proof_invalid; why says where it fails */
    ES_PROOF_UNKNOWN_SEAL, /* the log proves that it does not know the seal */
    ES_PROOF_HOLDS
};
struct es_proved_event {
    uint64_t sequenced_ms;
    struct es_status_event event;
};
struct es_status_proof {
    enum es_proof_answer answer;
    const char *why;      /* static, when refused */
    bool unwitnessed;     /* fewer witness lines than the quorum */
    size_t witnesses;     /* lines of known witnesses that hold */
    uint64_t witnessed_s; /* time by which the quorum had signed; 0: it had not */
    uint64_t size;        /* of the log at the checkpoint */
    uint64_t head_ms;     /* time of the map head: how fresh the picture is */
    struct es_proved_event *events;
    size_t event_count;
    struct es_log_hash root; /* of the log at the checkpoint: two for one size are a fork */
};
void es_status_proof_clear(struct es_status_proof *proof);
/**
 * Check a proof for a seal, in the order of audit-log.md 5, steps 1 to 6; the first failure ends
 * it. What the states mean at an instant, and whether the proof is fresh, is the caller's.
 * @return ES_OK when it ran to its end, whatever the answer
 *         ES_E_FORMAT  the text is no seal-status-proof of version 1     ES_E_LIMIT, ES_E_NOMEM
 */
ES_CHECKED es_status es_status_proof_verify(struct es_span json, struct es_span seal_der,
                                            const struct es_log_trust *trust,
                                            struct es_status_proof *out, struct es_error *err);
/** The same for H(05 || seal), when the seal itself is not at hand yet. */
ES_CHECKED es_status es_status_proof_verify_key(struct es_span json, const struct es_log_hash *key,
                                                const struct es_log_trust *trust,
                                                struct es_status_proof *out, struct es_error *err);
/** What a proof says it is about, unproved: the map key and the log's origin (appended). */
ES_CHECKED es_status es_status_proof_peek(struct es_span json, struct es_log_hash *key,
                                          struct es_buf *origin, struct es_error *err);

#endif
