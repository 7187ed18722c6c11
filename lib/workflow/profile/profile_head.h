/* The parts of a profile's file, one reader each; profile_load.c puts them together. */
#ifndef PROFILE_HEAD_H
#define PROFILE_HEAD_H

#include "profile_internal.h"

/** Text of 1..max bytes without control characters, copied into the profile. */
ES_CHECKED es_status es_profile_text(struct es_profile *profile, const char *what, const char *text,
                                     size_t max, const char **out, struct es_error *err);
/** A word of a file as a message may show it: "?" unless it is short and plain. */
const char *es_profile_plain(const char *text);
/** {"en":…,"zh":…} with both. */
ES_CHECKED es_status es_profile_both(struct es_profile *profile, const char *what,
                                     es_json_node node, const char **en, const char **zh,
                                     struct es_error *err);
/** Everything above the rules but "extends" and "regulations". */
ES_CHECKED es_status es_profile_read_head(struct es_profile *profile, es_json_node root,
                                          struct es_error *err);
/** Id and version of a profile: of the root and of "extends". */
ES_CHECKED es_status es_profile_read_name(struct es_profile *profile, es_json_node object,
                                          const char **id, uint32_t *version, struct es_error *err);
/** Add a regulation; a key that is there already must have the same title. */
ES_CHECKED es_status es_profile_add_regulation(struct es_profile *profile, const char *key,
                                               const char *title, struct es_error *err);
ES_CHECKED es_status es_profile_read_regulations(struct es_profile *profile, es_json_node root,
                                                 struct es_error *err);
/** "rules": each one known, of its type, and cited. */
ES_CHECKED es_status es_profile_read_rules(struct es_profile *profile, es_json_node root,
                                           struct es_error *err);

#endif
