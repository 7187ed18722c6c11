/* Profiles made as texts, for tests: sound ones that a test then spoils in one place. */
#ifndef PROFILE_TEXT_H
#define PROFILE_TEXT_H

#include "es_profile.h"

struct profile_text {
    const char *head;    /* members instead of the usual ones; NULL: the usual ones */
    const char *extends; /* value of "extends", NULL: stands alone and has every rule */
    const char *param;   /* the rule that is given "rule"; NULL: none */
    const char *rule;    /* whole value of that member; NULL: the rule is left out */
};
/** The text, in a buffer that the caller made. */
void put_profile(const struct profile_text *text, struct es_buf *out);
/** Load it beside known ones. */
es_status load_text(const char *text, const struct es_profile *const *known, size_t count,
                    struct es_profile **out, struct es_error *err);
es_status load_made(const struct profile_text *text, const struct es_profile *const *known,
                    size_t count, struct es_profile **out, struct es_error *err);
/** A value every parameter of that kind can have, as JSON: false, the first word, [it], "none". */
void put_plain_value(const struct es_profile_param_info *info, struct es_buf *out);

#endif
