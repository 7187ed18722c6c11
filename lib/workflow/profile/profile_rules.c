/*
 * The rules of a profile's file. Each names a parameter of the table, gives a value of its type,
 * and says why: articles of regulations that are declared, or that it is our own choice.
 */
#include "profile_head.h"

#define ARTICLE_MAX 24

static bool is_declared(const struct es_profile *profile, const char *cite, size_t key_len)
{
    for (size_t i = 0; i < profile->regulation_count; i++) {
        const char *key = profile->regulations[i].key;

        if (strlen(key) == key_len && memcmp(key, cite, key_len) == 0)
            return true;
    }
    return false;
}

/* "NAT 16(1)": a declared regulation, one space, an article. */
static es_status read_cite(struct es_profile *profile, struct es_profile_rule *rule,
                           const char *cite, struct es_error *err)
{
    size_t key_len = cite == NULL ? 0 : strcspn(cite, " ");
    const char *article = cite == NULL ? "" : cite + key_len + (cite[key_len] == ' ');
    size_t len = strlen(article);

    ES_ENSURE(len >= 1 && len <= ARTICLE_MAX &&
                  strspn(article, "0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ().-/") == len,
              err, ES_E_CONFIG, "a citation is to be like \"NAT 16(1)\"");
    ES_ENSURE(is_declared(profile, cite, key_len), err, ES_E_CONFIG,
              "cites a regulation that \"regulations\" does not declare");
    for (size_t i = 0; i < rule->cite_count; i++)
        ES_ENSURE(strcmp(rule->cites[i], cite) != 0, err, ES_E_CONFIG, "cites \"%s\" twice", cite);
    ES_TRY(es_profile_text(profile, "cites", cite, 64, &rule->cites[rule->cite_count], err));
    rule->cite_count++;
    return ES_OK;
}

static es_status read_cites(struct es_profile *profile, struct es_profile_rule *rule,
                            es_json_node node, struct es_error *err)
{
    es_json_node cites = es_json_member(node, "cites");
    es_json_node ours = es_json_member(node, "ours");

    if (cites != NULL) {
        ES_ENSURE(es_json_is_array(cites) && es_json_size(cites) <= ES_PROFILE_CITES_MAX, err,
                  ES_E_CONFIG, "\"cites\" is to be a list of at most %d", ES_PROFILE_CITES_MAX);
        for (size_t i = 0; i < es_json_size(cites); i++)
            ES_TRY(read_cite(profile, rule, es_json_string(es_json_item(cites, i)), err));
    }
    if (ours != NULL)
        ES_TRY(es_profile_both(profile, "ours", ours, &rule->ours_en, &rule->ours_zh, err));
    /* SPEC requirements R-014: every rule cites law and article. */
    ES_ENSURE(rule->cite_count > 0 || rule->ours_en != NULL, err, ES_E_CONFIG,
              "cites no article, and is not marked \"ours\" with the reason");
    return ES_OK;
}

static es_status read_rule(struct es_profile *profile, const struct es_profile_param_info *info,
                           es_json_node node, struct es_error *err)
{
    static const char *const names[] = {"value", "cites", "ours", NULL};
    struct es_profile_rule *rule = &profile->rules[info->param];

    ES_ENSURE(es_json_is_object(node), err, ES_E_CONFIG, "is to be an object");
    ES_TRY(es_json_only(node, names, err));
    ES_TRY(es_profile_value_read(info, node, &rule->value, err));
    ES_TRY(read_cites(profile, rule, node, err));
    profile->has_rule[info->param] = true;
    return ES_OK;
}

es_status es_profile_read_rules(struct es_profile *profile, es_json_node root, struct es_error *err)
{
    es_json_node rules = es_json_member(root, "rules");

    ES_ENSURE(es_json_is_object(rules), err, ES_E_CONFIG, "\"rules\" is to be an object");
    ES_ENSURE(es_json_size(rules) <= ES_PROFILE_PARAM_COUNT, err, ES_E_CONFIG,
              "\"rules\" has more members than there are parameters");
    for (size_t i = 0; i < es_json_size(rules); i++) {
        const char *id = NULL;
        es_json_node node = es_json_member_at(rules, i, &id);
        const struct es_profile_param_info *info = es_profile_param_by_id(id);
        es_status status = ES_OK;

        ES_ENSURE(info != NULL, err, ES_E_CONFIG, "\"rules\" has an unknown parameter \"%s\"",
                  es_profile_plain(id));
        status = read_rule(profile, info, node, err);
        if (status != ES_OK)
            return es_error_at(err, status, "rule \"%s\"", id);
    }
    return ES_OK;
}
