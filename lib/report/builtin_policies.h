/* The policy files of policies/, built in at compile time in the order of their columns. */
#ifndef BUILTIN_POLICIES_H
#define BUILTIN_POLICIES_H

#include "es_base.h"

#define ES_BUILTIN_POLICY_COUNT 3

struct es_builtin_policy {
    const char *name;
    struct es_span bytes;
};
extern const struct es_builtin_policy es_builtin_policies[ES_BUILTIN_POLICY_COUNT];

#endif
