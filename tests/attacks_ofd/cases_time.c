/* Manifest of verification.md 9.6: time and state, as far as no service and no log is needed. */
#include "time_builders.h"

#define VALID ES_OUTCOME_VALID
#define INVALID ES_OUTCOME_INVALID
#define OPEN ES_OUTCOME_INDETERMINATE
#define ROW(id_, how_, build_, arg_, policy_, outcome_, codes_, ...)                               \
    {                                                                                              \
        .id = id_, .how = how_, .build = build_, .arg = arg_, .policy = ES_POLICY_##policy_,       \
        .outcome = outcome_, .codes = codes_, ##__VA_ARGS__                                        \
    }
#define SKIP(id_, how_, why_)                                                                      \
    {                                                                                              \
        .id = id_, .how = how_, .skip = why_                                                       \
    }

/* clang-format off */
const struct attack time_attacks[] = {
    ROW("time-01", "claimed time is tomorrow", claimed_tomorrow, NULL, ASSURED, INVALID,
        "time_in_future"),
    ROW("time-02", "claimed before seal and certificate began", claimed_too_early, NULL, ASSURED,
        INVALID, "seal_not_yet_valid cert_not_yet_valid_at_signing seal_not_active_at_signing"),
    ROW("time-03", "time stamp of another signature", stamp_of_another, NULL, ASSURED, VALID,
        "time_stamp_ignored time_claimed_only", .look = no_proof),
    ROW("time-03", "time stamp of another signature, strict", stamp_of_another, NULL, STRICT, OPEN,
        "time_stamp_ignored time_claimed_only", .look = no_proof),
    ROW("time-03", "time stamp of another signature before a cancellation",
        stamp_of_another_cancelled, NULL, ASSURED, OPEN, "time_stamp_ignored seal_state_no_poe",
        .look = no_proof),
    ROW("time-03", "time stamp by an authority nobody listed", stamp_by_stranger, NULL, ASSURED,
        VALID, "time_stamp_ignored time_claimed_only", .look = no_proof),
    ROW("time-03", "time stamp by an unlisted authority with a listed root", stamp_by_unlisted,
        NULL, ASSURED, VALID, "time_stamp_ignored time_claimed_only", .look = no_proof),
    ROW("time-03", "time stamp with a changed value", stamp_broken, NULL, ASSURED, VALID,
        "time_stamp_ignored time_claimed_only", .look = no_proof),
    ROW("time-03", "time stamp cut short", stamp_cut, NULL, ASSURED, VALID,
        "time_stamp_ignored time_claimed_only", .look = no_proof),
    ROW("time-04", "time stamp a day older than the claim", stamp_older, NULL, ASSURED, INVALID,
        "time_order_violation", .stamp_testifies = true),
    SKIP("time-05", "set-back clock when signing through the service",
         "needs the service, which takes the log's time"),
    ROW("time-05", "set-back clock when signing offline with a cancelled seal", clock_set_back,
        NULL, ASSURED, OPEN, "seal_state_no_poe"),
    ROW("time-06", "verifier's clock lies before the time stamp", verifier_behind, NULL, ASSURED,
        OPEN, "clock_unreliable !time_in_future !time_stamp_ignored", .stamp_testifies = true),
    ROW("time-06", "verifier's clock lies four minutes before the time stamp",
        verifier_little_behind, NULL, ASSURED, VALID, "!clock_unreliable !time_stamp_ignored"),
    SKIP("time-06", "verifier's clock lies before the newest checkpoint",
         "in lib/seal/tests/test_seal_state_log.c"),

    ROW("state-01", "cancelled after, time stamp before", cancelled_after_stamp, NULL, ASSURED,
        VALID, "seal_now_invalid !time_claimed_only", .look = cancelled_now),
    ROW("state-02", "cancelled after, no proof", cancelled_after, NULL, ASSURED, OPEN,
        "seal_state_no_poe"),
    ROW("state-02", "cancelled after, no proof, standard", cancelled_after, NULL, STANDARD, VALID,
        "seal_now_invalid time_claimed_only"),
    ROW("state-02", "cancelled after, time stamp later still", cancelled_before_stamp, NULL,
        STANDARD, OPEN, "seal_state_no_poe"),
    ROW("state-03", "cancelled before", cancelled_before, NULL, ASSURED, INVALID,
        "seal_cancelled_at_signing"),
    ROW("state-03", "cancelled before, standard", cancelled_before, NULL, STANDARD, INVALID,
        "seal_cancelled_at_signing"),
    ROW("state-03", "replaced before", superseded_before, NULL, ASSURED, INVALID,
        "seal_superseded_at_signing"),
    ROW("state-04", "sealed before a suspension since ended, time stamp", suspension_later, NULL,
        ASSURED, VALID, "!seal_suspended_at_signing !seal_state_no_poe !seal_now_invalid"),
    ROW("state-04", "sealed during a suspension since ended", suspension_around, NULL, ASSURED,
        INVALID, "seal_suspended_at_signing"),
    ROW("state-04", "sealed after a suspension ended", suspension_earlier, NULL, ASSURED, VALID,
        "!seal_suspended_at_signing !seal_state_no_poe !seal_now_invalid"),
    ROW("state-04", "sealed before a suspension since ended, no proof", suspension_later_unproved,
        NULL, ASSURED, OPEN, "seal_state_no_poe"),
    ROW("state-05", "invalidated today, back to before the sealing", invalidated_back, NULL,
        ASSURED, INVALID, "seal_invalidated", .look = not_known_then),
    ROW("state-05", "the same with a time stamp and under standard", invalidated_back_stamped,
        NULL, STANDARD, INVALID, "seal_invalidated", .look = not_known_then),
    ROW("state-06", "cancelled for key leak, lost before the sealing", leaked_before, NULL,
        ASSURED, INVALID, "seal_cancelled_at_signing"),
    ROW("state-07", "no answer to be had", no_answer, NULL, ASSURED, OPEN,
        "seal_state_unavailable"),
    ROW("state-07", "no answer to be had, standard", no_answer, NULL, STANDARD, OPEN,
        "seal_state_unavailable"),
    ROW("state-07", "answer with a wrong signature", answer_altered, NULL, ASSURED, OPEN,
        "status_proof_invalid"),
    ROW("state-07", "answer by another key", answer_by_other, NULL, ASSURED, OPEN,
        "status_proof_invalid"),
    ROW("state-07", "answer in the maker's name by another key", answer_in_makers_name, NULL,
        ASSURED, OPEN, "status_proof_invalid"),
    ROW("state-07", "old answer given again", answer_old, NULL, ASSURED, OPEN,
        "seal_state_stale"),
    ROW("state-07", "two answers that tell different lives", answers_disagree,
        NULL, ASSURED, OPEN, "status_sources_disagree"),
    SKIP("state-07", "slow source", "needs a source on the network"),
    SKIP("state-07", "last event left out; fork",
         "in tests/logs and lib/seal/tests/test_seal_state_log.c"),
    ROW("state-08", "answers know only another seal", other_seal_known, NULL, ASSURED, OPEN,
        "seal_state_unknown"),
};
/* clang-format on */

const size_t time_attack_count = sizeof time_attacks / sizeof time_attacks[0];
