/* What is asked of a loaded profile: its head, its values, and whether it applies at an instant. */
#include "profile_internal.h"

const struct es_profile_head *es_profile_head(const struct es_profile *profile)
{
    return &profile->head;
}

size_t es_profile_regulation_count(const struct es_profile *profile)
{
    return profile->regulation_count;
}

const struct es_profile_regulation *es_profile_regulation_at(const struct es_profile *profile,
                                                             size_t index)
{
    ES_BUG_ON(index >= profile->regulation_count);
    return &profile->regulations[index];
}

const struct es_profile_rule *es_profile_rule(const struct es_profile *profile,
                                              enum es_profile_param param)
{
    ES_BUG_ON((unsigned) param >= ES_PROFILE_PARAM_COUNT);
    return &profile->rules[param];
}

/* ---- values by type ---- */

static struct es_profile_value value_of(const struct es_profile *profile,
                                        enum es_profile_param param, enum es_profile_type type)
{
    ES_BUG_ON(es_profile_param_info(param)->type != type);
    return profile->rules[param].value;
}

bool es_profile_is_on(const struct es_profile *profile, enum es_profile_param param)
{
    return value_of(profile, param, ES_PROFILE_BOOL).on;
}

const char *es_profile_word(const struct es_profile *profile, enum es_profile_param param)
{
    return es_profile_param_info(param)->words[value_of(profile, param, ES_PROFILE_WORD).word].id;
}

bool es_profile_has(const struct es_profile *profile, enum es_profile_param param, const char *word)
{
    uint32_t set = value_of(profile, param, ES_PROFILE_SET).set;
    const struct es_profile_word *words = es_profile_param_info(param)->words;
    unsigned i = 0;

    while (words[i].id != NULL && strcmp(words[i].id, word) != 0)
        i++;
    ES_BUG_ON(words[i].id == NULL);
    return (set & 1u << i) != 0;
}

struct es_period es_profile_period(const struct es_profile *profile, enum es_profile_param param)
{
    return value_of(profile, param, ES_PROFILE_PERIOD).period;
}

/* ---- dates ---- */

enum es_profile_when es_profile_when(const struct es_profile *profile, int64_t at_s)
{
    const struct es_profile_head *head = &profile->head;

    if (!head->has_start)
        return ES_PROFILE_UNDATED;
    if (at_s < es_china_midnight(head->start_day))
        return ES_PROFILE_NOT_YET;
    if (head->has_end && at_s >= es_china_midnight(head->end_day + 1))
        return ES_PROFILE_EXPIRED;
    return ES_PROFILE_IN_FORCE;
}

static bool has_started(enum es_profile_when when)
{
    return when == ES_PROFILE_IN_FORCE || when == ES_PROFILE_EXPIRED;
}

/* Does a stand before b in the answer? Started ones first, the last start before the others; then
 * those to come, the first start before the others; then those without dates. */
static bool is_nearer(const struct es_profile *a, const struct es_profile *b, int64_t at_s)
{
    enum es_profile_when when_a = es_profile_when(a, at_s), when_b = es_profile_when(b, at_s);

    if (has_started(when_a) != has_started(when_b))
        return has_started(when_a);
    if ((when_a == ES_PROFILE_UNDATED) != (when_b == ES_PROFILE_UNDATED))
        return when_b == ES_PROFILE_UNDATED;
    if (a->head.start_day != b->head.start_day)
        return has_started(when_a) == (a->head.start_day > b->head.start_day);
    return a->head.version > b->head.version;
}

/* Two texts that begin on one day: which one holds is for a person to say. */
static bool is_rival(const struct es_profile *a, const struct es_profile *b)
{
    return a->head.has_start && b->head.has_start && a->head.start_day == b->head.start_day &&
           strcmp(a->head.id, b->head.id) != 0;
}

es_status es_profile_choose(const struct es_profile *const *profiles, size_t count, int64_t at_s,
                            struct es_profile_choice *out, struct es_error *err)
{
    const struct es_profile *best = count > 0 ? profiles[0] : NULL;

    ES_ENSURE(best != NULL, err, ES_E_ABSENT, "no profile to choose from");
    for (size_t i = 1; i < count; i++) {
        if (is_nearer(profiles[i], best, at_s))
            best = profiles[i];
    }
    for (size_t i = 0; i < count; i++)
        ES_ENSURE(!is_rival(best, profiles[i]), err, ES_E_CONFLICT,
                  "profiles %s and %s start on the same day", best->head.id, profiles[i]->head.id);
    *out = (struct es_profile_choice){.profile = best, .when = es_profile_when(best, at_s)};
    return ES_OK;
}
