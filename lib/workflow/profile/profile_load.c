/*
 * Loading: head, regulations, rules, then the parent. What a child does not say it inherits; what
 * it says is compared with the parent's and must not be looser. In the end every rule is there.
 */
#include "profile_head.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t) 1 << 20)

static const char *const member_names[] = {
    "v",     "id",  "version", "title", "publisher",   "interpreter", "draft",
    "start", "end", "extends", "note",  "regulations", "rules",       NULL};

static es_status load(struct es_span file, const struct es_profile *const *known, size_t count,
                      bool builtin, struct es_profile **out, struct es_error *err);

static const struct es_profile_builtin *find_builtin(const char *id)
{
    const struct es_profile_builtin *b = es_profile_builtins;

    while (b->id != NULL && strcmp(b->id, id) != 0)
        b++;
    return b->id == NULL ? NULL : b;
}

/* ---- the parent ---- */

/* SPEC requirements R-016: a child may only tighten. */
static es_status check_rule(const struct es_profile *child, const struct es_profile *parent,
                            enum es_profile_param param, struct es_error *err)
{
    struct es_profile_value a = parent->rules[param].value, b = child->rules[param].value;
    ES_AUTO(es_buf) text = ES_BUF_INIT(4096);

    if (es_profile_compare(param, a, b) != ES_PROFILE_LOOSER)
        return ES_OK;
    es_buf_put_str(&text, "has ");
    es_profile_put_json(param, b, &text);
    es_buf_printf(&text, " where %s %u has ", parent->head.id, parent->head.version);
    es_profile_put_json(param, a, &text);
    es_buf_put_str(&text, ", which is looser: ");
    es_profile_put_why(param, a, b, &text);
    ES_ENSURE(es_buf_cstr(&text) != NULL, err, ES_E_NOMEM, "out of memory");
    return es_error_set(err, ES_E_CONFIG, "rule \"%s\" %s", es_profile_param_info(param)->id,
                        es_buf_cstr(&text));
}

static es_status copy_text(struct es_profile *to, const char **text, struct es_error *err)
{
    if (*text == NULL)
        return ES_OK;
    *text = es_arena_text(&to->arena, es_span_str(*text));
    ES_ENSURE(*text != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status inherit_rule(struct es_profile *child, const struct es_profile *parent,
                              enum es_profile_param param, struct es_error *err)
{
    struct es_profile_rule *rule = &child->rules[param];

    *rule = parent->rules[param];
    rule->inherited = true;
    for (size_t i = 0; i < rule->cite_count; i++)
        ES_TRY(copy_text(child, &rule->cites[i], err));
    ES_TRY(copy_text(child, &rule->ours_en, err));
    ES_TRY(copy_text(child, &rule->ours_zh, err));
    child->has_rule[param] = true;
    return ES_OK;
}

/* A child is in force only while its parent is; a parent without dates sets none. */
static es_status check_dates(const struct es_profile_head *child,
                             const struct es_profile_head *parent, struct es_error *err)
{
    if (!child->has_start)
        return ES_OK;
    ES_ENSURE(!parent->has_start || child->start_day >= parent->start_day, err, ES_E_CONFIG,
              "\"start\" lies before that of %s %u", parent->id, parent->version);
    ES_ENSURE(!parent->has_end || (child->has_end && child->end_day <= parent->end_day), err,
              ES_E_CONFIG, "\"end\" lies after that of %s %u", parent->id, parent->version);
    return ES_OK;
}

static es_status apply_parent(struct es_profile *child, const struct es_profile *parent,
                              struct es_error *err)
{
    ES_TRY(check_dates(&child->head, &parent->head, err));
    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        enum es_profile_param param = (enum es_profile_param) i;

        ES_TRY(child->has_rule[i] ? check_rule(child, parent, param, err)
                                  : inherit_rule(child, parent, param, err));
    }
    return ES_OK;
}

static es_status read_extends(struct es_profile *profile, es_json_node root, struct es_error *err)
{
    static const char *const names[] = {"id", "version", NULL};
    struct es_profile_head *head = &profile->head;
    es_json_node extends = es_json_member(root, "extends");
    es_status status = ES_OK;

    if (extends == NULL)
        return ES_OK;
    ES_ENSURE(es_json_is_object(extends), err, ES_E_CONFIG,
              "\"extends\" is to be an object with \"id\" and \"version\"");
    status = es_json_only(extends, names, err);
    if (status == ES_OK)
        status = es_profile_read_name(profile, extends, &head->parent_id, &head->parent_version,
                                      err);
    if (status != ES_OK)
        return es_error_at(err, status, "\"extends\"");
    ES_ENSURE(strcmp(head->parent_id, head->id) != 0 || head->parent_version < head->version, err,
              ES_E_CONFIG, "\"extends\" names no earlier profile");
    return ES_OK;
}

/* The parent: of the known ones, or a built-in one, which is loaded into *own. */
static es_status find_parent(const struct es_profile *profile,
                             const struct es_profile *const *known, size_t count,
                             struct es_profile **own, const struct es_profile **out,
                             struct es_error *err)
{
    const struct es_profile_head *head = &profile->head;
    const struct es_profile_builtin *builtin = find_builtin(head->parent_id);

    for (size_t i = 0; i < count; i++) {
        *out = known[i];
        if (strcmp(known[i]->head.id, head->parent_id) == 0 &&
            known[i]->head.version == head->parent_version)
            return ES_OK;
    }
    if (builtin != NULL)
        ES_TRY(load(builtin->file, NULL, 0, true, own, err));
    *out = *own;
    ES_ENSURE(*own != NULL && (*own)->head.version == head->parent_version, err, ES_E_ABSENT,
              "it extends %s %u, which is not known", head->parent_id, head->parent_version);
    return ES_OK;
}

/* ---- the file ---- */

static es_status read_all(struct es_profile *profile, es_json_node root,
                          const struct es_profile *parent, struct es_error *err)
{
    for (size_t i = 0; parent != NULL && i < parent->regulation_count; i++)
        ES_TRY(es_profile_add_regulation(profile, parent->regulations[i].key,
                                         parent->regulations[i].title, err));
    ES_TRY(es_profile_read_regulations(profile, root, err));
    ES_TRY(es_profile_read_rules(profile, root, err));
    if (parent != NULL)
        return apply_parent(profile, parent, err);
    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++)
        ES_ENSURE(profile->has_rule[i], err, ES_E_CONFIG,
                  "rule \"%s\" is missing, and no parent gives it",
                  es_profile_param_info((enum es_profile_param) i)->id);
    return ES_OK;
}

static es_status read_profile(struct es_span file, const struct es_profile *const *known,
                              size_t count, bool builtin, struct es_profile *profile,
                              struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;
    ES_AUTO_PTR(es_profile) own = NULL;
    const struct es_profile *parent = NULL;
    es_json_node root = NULL;

    ES_TRY(es_json_parse(file, ES_PROFILE_FILE_MAX, &json, err));
    root = es_json_root(json);
    ES_ENSURE(es_json_is_object(root), err, ES_E_CONFIG, "a profile is to be a JSON object");
    ES_TRY(es_json_only(root, member_names, err));
    ES_TRY(es_profile_read_head(profile, root, err));
    ES_ENSURE(builtin || find_builtin(profile->head.id) == NULL, err, ES_E_CONFIG,
              "\"id\" is that of a built-in profile");
    ES_TRY(read_extends(profile, root, err));
    if (profile->head.parent_id != NULL)
        ES_TRY(find_parent(profile, known, count, &own, &parent, err));
    ES_TRY(read_all(profile, root, parent, err));
    return es_sm3(file, profile->head.sm3, err);
}

/* Whatever is wrong in the text is a wrong configuration; what is not in it stays what it is. */
static es_status as_config(es_status status, struct es_error *err)
{
    if (status == ES_OK || status == ES_E_NOMEM || status == ES_E_ABSENT || status == ES_E_CRYPTO)
        return status;
    if (err != NULL)
        err->status = ES_E_CONFIG;
    return ES_E_CONFIG;
}

static es_status load(struct es_span file, const struct es_profile *const *known, size_t count,
                      bool builtin, struct es_profile **out, struct es_error *err)
{
    ES_AUTO_PTR(es_profile) profile = (struct es_profile *) calloc(1, sizeof *profile);

    ES_ENSURE(profile != NULL, err, ES_E_NOMEM, "out of memory");
    es_arena_init(&profile->arena, ARENA_MAX);
    ES_TRY(as_config(read_profile(file, known, count, builtin, profile, err), err));
    *out = ES_TAKE(profile);
    return ES_OK;
}

es_status es_profile_load(struct es_span file, const struct es_profile *const *known, size_t count,
                          struct es_profile **out, struct es_error *err)
{
    return load(file, known, count, false, out, err);
}

es_status es_profile_load_builtin(const char *id, struct es_profile **out, struct es_error *err)
{
    const struct es_profile_builtin *builtin = find_builtin(id);

    ES_ENSURE(builtin != NULL, err, ES_E_ABSENT, "no profile of that name is built in");
    return load(builtin->file, NULL, 0, true, out, err);
}

const char *es_profile_builtin_id(size_t index)
{
    for (size_t i = 0; es_profile_builtins[i].id != NULL; i++) {
        if (i == index)
            return es_profile_builtins[i].id;
    }
    return NULL;
}

void es_profile_free(struct es_profile *profile)
{
    if (profile == NULL)
        return;
    es_arena_clear(&profile->arena);
    free(profile);
}
