/*
 * A proof of the status log as a source of state: checked when it is loaded, because policy and
 * proof are all that is needed; only whether it is about the document's seal comes later.
 */
#include "state_internal.h"

const struct es_log_trust *state_find_log(const struct es_state_source *source,
                                          struct es_span origin)
{
    for (size_t i = 0; i < source->policy_count; i++) {
        const struct es_log_trust *trust = es_log_policy_find(source->policies[i], origin);

        if (trust != NULL)
            return trust;
    }
    return NULL;
}

static es_status take_events(const struct es_status_proof *proof, struct es_state_answer *answer,
                             struct es_error *err)
{
    answer->events = calloc(proof->event_count, sizeof *answer->events);
    ES_ENSURE(answer->events != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < proof->event_count; i++) {
        const struct es_proved_event *event = &proof->events[i];

        answer->events[i] = (struct es_state_event){
            .status = event->event.status,
            .reason = event->event.reason,
            .effective_s = (int64_t) (event->event.effective_ms / 1000),
            .known_s = (int64_t) (event->sequenced_ms / 1000),
        };
    }
    answer->count = proof->event_count;
    /* A log that breaks its own rules is not believed. */
    answer->refused = state_check_events(answer->events, answer->count, NULL) != ES_OK;
    return ES_OK;
}

static es_status take_proof(const struct es_status_proof *proof, const struct es_log_trust *trust,
                            struct es_state_answer *answer, struct es_error *err)
{
    answer->refused = proof->answer == ES_PROOF_REFUSED;
    answer->short_of_quorum = proof->unwitnessed;
    answer->unwitnessed = proof->unwitnessed || trust->quorum == 0;
    answer->answered_s = (int64_t) (proof->head_ms / 1000);
    answer->log_size = proof->size;
    answer->log_root = proof->root;
    return proof->answer == ES_PROOF_HOLDS ? take_events(proof, answer, err) : ES_OK;
}

es_status state_read_proof(const struct es_state_source *source, struct es_span json,
                           struct es_state_answer *answer, struct es_error *err)
{
    const struct es_log_trust *trust;
    struct es_status_proof proof = {0};
    struct es_log_hash key;
    es_status status;

    ES_TRY(es_status_proof_peek(json, &key, &answer->origin, err));
    memcpy(answer->key, key.b, sizeof answer->key);
    answer->by_log = true;
    trust = state_find_log(source, es_buf_span(&answer->origin));
    if (trust == NULL) {
        answer->refused = true;
        return ES_OK;
    }
    status = es_status_proof_verify_key(json, &key, trust, &proof, err);
    if (status == ES_OK)
        status = take_proof(&proof, trust, answer, err);
    es_status_proof_clear(&proof);
    return status;
}
