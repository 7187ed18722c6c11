/* The table of verification.md 5 as scenes: something ended, and a document was sealed. */
#ifndef ES_TESTS_EVENTS_H
#define ES_TESTS_EVENTS_H

#include "attack.h"

enum event { CERT_ENDS, CERT_REVOKED, CA_REVOKED, SEAL_ENDS, SEAL_CANCELLED, EVENT_COUNT };

/** Where the end lies between the claim (WORLD_SIGN_S), the time stamp, if any, and now. */
enum position {
    ENDS_LATER,           /* claim … now … end */
    ENDS_LATER_STAMPED,   /* claim, stamp … now … end */
    ENDS_AFTER_STAMP,     /* claim, stamp, end … now */
    ENDS_BEFORE_STAMP,    /* claim, end, stamp … now */
    ENDS_AFTER_CLAIM,     /* claim, end … now */
    ENDED_BEFORE,         /* end, claim … now */
    ENDED_BEFORE_STAMPED, /* end, claim, stamp … now */
    POSITION_COUNT
};

int64_t event_end_s(enum position position);
int64_t event_stamp_s(enum position position); /* 0: none */
const char *event_name(enum event event);
const char *position_name(enum position position);

/** World, document, trust and states of an event. Ends with scene_clear. */
void event_scene(enum event event, enum position position, struct scene *s);

/** What begins and ends, for documents sealed with a seal of their own. */
struct span_of_life {
    int64_t cert_from_s, cert_until_s;
    int64_t seal_from_s, seal_until_s;
    int64_t active_s; /* first active state */
};
struct span_of_life whole_life(void);
/** A document sealed at claim_s with such a certificate and seal; states are known. */
void seal_in_life(struct scene *s, const struct span_of_life *life, int64_t claim_s,
                  int64_t stamp_s);

#endif
