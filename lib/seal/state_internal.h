/* What state.c and state_check.c share: an answer as read. */
#ifndef ES_STATE_INTERNAL_H
#define ES_STATE_INTERNAL_H

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
    struct es_state_answer *next;
};
struct es_state_source {
    struct es_state_answer *first;
    size_t count;
};

#endif
