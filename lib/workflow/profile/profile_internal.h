/* What the files of profiles share: a loaded profile, and the built-in files. */
#ifndef PROFILE_INTERNAL_H
#define PROFILE_INTERNAL_H

#include "es_json.h"
#include "es_profile.h"

struct es_profile {
    struct es_arena arena; /* every text below */
    struct es_profile_head head;
    struct es_profile_regulation regulations[ES_PROFILE_REGULATIONS_MAX];
    size_t regulation_count;
    bool has_rule[ES_PROFILE_PARAM_COUNT];
    struct es_profile_rule rules[ES_PROFILE_PARAM_COUNT];
};

/* The files of presets/, in the order of meson.build, ended by a NULL name. */
struct es_profile_builtin {
    const char *id;
    struct es_span file;
};
extern const struct es_profile_builtin es_profile_builtins[];

/** A value as it stands in a file. node NULL: absent, refused. */
ES_CHECKED es_status es_profile_value_read(const struct es_profile_param_info *info,
                                           es_json_node node, struct es_profile_value *out,
                                           struct es_error *err);
size_t es_profile_word_count(const struct es_profile_param_info *info);

#endif
