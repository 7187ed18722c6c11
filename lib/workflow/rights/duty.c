/*
 * Dynamic separation of duties: what one person may not also do on the same record. The rule looks
 * at pairs of duties, so the order in which they were taken on does not matter.
 */
#include "es_rights.h"

#include <string.h>

static const char *const names[ES_DUTIES] = {
    [ES_DUTY_SUBMIT] = "submit",
    [ES_DUTY_CHECK] = "check",
    [ES_DUTY_APPROVE] = "approve",
    [ES_DUTY_MAKE] = "make",
    [ES_DUTY_REQUEST_USE] = "request use",
    [ES_DUTY_APPROVE_USE] = "approve use",
    [ES_DUTY_SIGN] = "sign",
};

const char *es_duty_name(int duty)
{
    return duty >= 0 && duty < ES_DUTIES ? names[duty] : NULL;
}

static bool of_use(enum es_duty duty)
{
    return duty >= ES_DUTY_REQUEST_USE;
}

static bool are(enum es_duty a, enum es_duty b, enum es_duty x, enum es_duty y)
{
    return (a == x && b == y) || (a == y && b == x);
}

static bool exclude(enum es_duty a, enum es_duty b, struct es_duty_rules rules)
{
    if (a == b || of_use(a) != of_use(b))
        return false;
    if (!of_use(a) || are(a, b, ES_DUTY_REQUEST_USE, ES_DUTY_APPROVE_USE))
        return true;
    /* SPEC GD 14, WH 15b: a duty seal is used by its holder alone. */
    if (rules.person_seal && are(a, b, ES_DUTY_REQUEST_USE, ES_DUTY_SIGN))
        return false;
    return rules.split_use;
}

static bool is_somebody(const char *person)
{
    return person != NULL && person[0] != 0;
}

es_status es_duty_may(const struct es_act *acts, size_t count, const char *person,
                      enum es_duty duty, struct es_duty_rules rules, struct es_error *err)
{
    ES_ENSURE(es_duty_name((int) duty) != NULL, err, ES_E_RANGE, "duty %d, allowed are 0 to %d",
              (int) duty, ES_DUTIES - 1);
    ES_ENSURE(is_somebody(person), err, ES_E_RANGE, "nobody is to %s", names[duty]);
    for (size_t i = 0; i < count; i++) {
        ES_ENSURE(es_duty_name((int) acts[i].duty) != NULL && is_somebody(acts[i].person), err,
                  ES_E_RANGE, "act %zu of the record names no duty or no person", i);
        ES_ENSURE(strcmp(acts[i].person, person) != 0 || !exclude(acts[i].duty, duty, rules), err,
                  ES_E_DENIED, "whoever has to %s may not %s on the same record",
                  names[acts[i].duty], names[duty]);
    }
    return ES_OK;
}
