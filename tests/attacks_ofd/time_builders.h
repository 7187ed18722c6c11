/* Builders of verification.md 9.6. */
#ifndef ES_TESTS_TIME_BUILDERS_H
#define ES_TESTS_TIME_BUILDERS_H

#include "attack.h"

/* times.c */
void claimed_tomorrow(struct scene *s);
void claimed_too_early(struct scene *s);
void stamp_of_another(struct scene *s);
void stamp_of_another_cancelled(struct scene *s);
void stamp_by_stranger(struct scene *s);
void stamp_by_unlisted(struct scene *s);
void stamp_broken(struct scene *s);
void stamp_cut(struct scene *s);
void stamp_older(struct scene *s);
void clock_set_back(struct scene *s);
void verifier_behind(struct scene *s);
void verifier_little_behind(struct scene *s);
/** The report has no proved time. */
void no_proof(const struct scene *s, const struct es_report *report);

/* states.c */
void cancelled_after_stamp(struct scene *s);
void cancelled_after(struct scene *s);
void cancelled_before_stamp(struct scene *s);
void cancelled_before(struct scene *s);
void superseded_before(struct scene *s);
void suspension_later(struct scene *s);
void suspension_later_unproved(struct scene *s);
void suspension_around(struct scene *s);
void suspension_earlier(struct scene *s);
void invalidated_back(struct scene *s);
void invalidated_back_stamped(struct scene *s);
void leaked_before(struct scene *s);
void no_answer(struct scene *s);
void answer_altered(struct scene *s);
void answer_by_other(struct scene *s);
void answer_in_makers_name(struct scene *s);
void answer_old(struct scene *s);
void answers_disagree(struct scene *s);
void other_seal_known(struct scene *s);
/** The report says: active at signing, now cancelled. */
void cancelled_now(const struct scene *s, const struct es_report *report);
/** The report says: invalid at signing, and not known then. */
void not_known_then(const struct scene *s, const struct es_report *report);

#endif
