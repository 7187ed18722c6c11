/*
 * The state of a seal over time, from a file that anyone can keep beside a document: a proof of
 * the public status log (lib/log, es_status_proof.h), which nobody needs to be believed for but the
 * log and its witnesses, or a signed answer of the body that keeps the seal:
 *
 *     {"v":1,"type":"seal-state-answer","key":"<hex>","answered_at":"2026-03-01T08:00:00Z",
 *      "events":[{"status":30,"reason":0,"effective":"…Z","known":"…Z"}, …],
 *      "signer":"<base64 certificate>","signature":"<base64 DER>"}
 *
 * key is H(05 || seal object, DER, as received) with SM3 (audit-log.md 1). Status and reason
 * numbers are those of codes.md 6 and 7. Events are in order of "known". The signature is SM2 with
 * the default id over this text, each line ended by 0A:
 *
 *     eseal seal-state-answer v1
 *     <key>
 *     <answered_at>
 *     <status> <reason> <effective> <known>      one line an event
 */
#ifndef ES_STATE_H
#define ES_STATE_H

#include "es_base.h"
#include "es_seal.h"

enum es_seal_status {
    ES_STATUS_MADE = 10,
    ES_STATUS_FILED = 20,
    ES_STATUS_ACTIVE = 30,
    ES_STATUS_SUSPENDED = 40,
    ES_STATUS_EXPIRED = 50,
    ES_STATUS_SUPERSEDED = 60,
    ES_STATUS_CANCELLED = 70,
    ES_STATUS_INVALIDATED = 80
};
const char *es_seal_status_name(int status); /* "active", …; NULL when not a status */
/** Number of a name, 0 when not known. */
int es_seal_status_by_name(const char *name);

struct es_state_event {
    int status;
    int reason;
    int64_t effective_s;
    int64_t known_s;
};
#define ES_STATE_EVENTS_MAX 1000

/** H(05 || der). */
ES_CHECKED es_status es_seal_map_key(struct es_span seal_der, uint8_t out[ES_SM3_LEN],
                                     struct es_error *err);

/** Make and sign an answer; JSON appended to out. Events must be in order of known_s, the first
 *  one active; statuses 30, 40, 50, 60, 70, 80 only; nothing after 80. */
ES_CHECKED es_status es_state_answer_make(struct es_span seal_der,
                                          const struct es_state_event *events, size_t count,
                                          int64_t answered_s, const struct es_cert *signer,
                                          struct es_key *key, struct es_buf *out,
                                          struct es_error *err);

/** Answers read from files; immutable after loading, any thread. */
struct es_state_source;
ES_CHECKED es_status es_state_source_new(struct es_state_source **out, struct es_error *err);
void es_state_source_free(struct es_state_source *source);
ES_DEFINE_FREE_AT(es_state_source)
/** Add a policy (es_log_proof.h): logs whose proofs count, with witnesses and quorum. Policies come
 *  before the proofs they are for. ES_E_CONFIG: another one says something else of the same log. */
ES_CHECKED es_status es_state_source_add_logs(struct es_state_source *source, struct es_span policy,
                                              struct es_error *err);
/** Add one answer or seal-status proof. What does not decode is ES_E_FORMAT; whether it can be
 *  believed is judged when it is used. */
ES_CHECKED es_status es_state_source_add(struct es_state_source *source, struct es_span json,
                                         struct es_error *err);
size_t es_state_source_count(const struct es_state_source *source);

/** What a check of the state found, for the report. Names are static. */
struct es_state_facts {
    const char *at_signing, *known_at_signing, *now;
    int64_t since_s;
    const char *source;
};
struct es_state_rules {
    int64_t max_age_s; /* older: seal_state_stale */
    bool log_only;     /* nothing but a log proof with a witness quorum counts */
    bool at_set;       /* now_s is a time somebody asks about, not a clock's */
};
/**
 * State of a seal at signing and now, by the rules of verification.md 5. Believed is a proof that
 * holds under the policy that names its log, and an answer whose signer is the maker of the seal or
 * stands on the list of makers; the newest counts. Two proofs that show two histories of one log
 * are status_log_fork. Findings go under ES_CHECK_SEAL_STATE_AT_SIGNING. source NULL:
 * seal_state_unavailable.
 */
ES_CHECKED es_status es_state_check(const struct es_state_source *source,
                                    const struct es_seal *seal, const struct es_trust *trust,
                                    const struct es_times *times,
                                    const struct es_state_rules *rules, const char *where,
                                    struct es_state_facts *facts, struct es_findings *findings,
                                    struct es_error *err);

#endif
