/*
 * What the trust list says of a maker, from its JSON file: blocked, internal, from, until, regions,
 * kinds, all optional. Anything else in the file is an error that names the member: a misspelt
 * "blocked" must not read as "not blocked".
 */
#include "es_json.h"
#include "trust.h"

#include <string.h>

static es_status get_flag(es_json_node node, const char *member, bool *out, struct es_error *err)
{
    ES_ENSURE(es_json_bool(node, member, out, err) == ES_OK, err, ES_E_CONFIG,
              "member \"%s\" is not true or false", member);
    return ES_OK;
}

static es_status get_date(es_json_node node, const char *member, int64_t *out, struct es_error *err)
{
    const char *text = es_json_string(es_json_member(node, member));

    ES_ENSURE(text && text[0] >= '0' && text[0] <= '9' &&
                  es_time_parse(text, 0, out, NULL) == ES_OK,
              err, ES_E_CONFIG, "member \"%s\" is no date such as 2026-01-31", member);
    return ES_OK;
}

static bool is_code(const char *text)
{
    size_t len = text ? strlen(text) : 0;

    if (len == 0 || len > 32)
        return false;
    return strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") == len;
}

static es_status get_codes(es_json_node node, const char *member, struct es_buf *out,
                           struct es_error *err)
{
    es_json_node list = es_json_member(node, member);

    /* an empty list would read as "any" and mean "none" */
    ES_ENSURE(es_json_is_array(list) && es_json_size(list) > 0, err, ES_E_CONFIG,
              "member \"%s\" is no list of at least one code", member);
    for (size_t i = 0; i < es_json_size(list); i++) {
        const char *text = es_json_string(es_json_item(list, i));

        ES_ENSURE(is_code(text), err, ES_E_CONFIG,
                  "member \"%s\" holds something that is no code of 1 to 32 letters and digits",
                  member);
        if (i > 0)
            es_buf_put_byte(out, ' ');
        es_buf_put_str(out, text);
    }
    return es_buf_check(out, err);
}

static es_status get_member(es_json_node root, const char *name, struct es_maker_entry *entry,
                            struct maker_texts *texts, struct es_error *err)
{
    if (strcmp(name, "blocked") == 0)
        return get_flag(root, name, &entry->blocked, err);
    if (strcmp(name, "internal") == 0)
        return get_flag(root, name, &entry->internal, err);
    if (strcmp(name, "from") == 0)
        return get_date(root, name, &entry->from_s, err);
    if (strcmp(name, "until") == 0)
        return get_date(root, name, &entry->until_s, err);
    if (strcmp(name, "regions") == 0)
        return get_codes(root, name, &texts->regions, err);
    if (strcmp(name, "kinds") == 0)
        return get_codes(root, name, &texts->kinds, err);
    return es_error_set(err, ES_E_CONFIG, "member \"%.64s\" is not known", name);
}

static es_status read_members(es_json_node root, struct es_maker_entry *entry,
                              struct maker_texts *texts, struct es_error *err)
{
    ES_ENSURE(es_json_is_object(root), err, ES_E_CONFIG, "is no JSON object");
    for (size_t i = 0; i < es_json_size(root); i++) {
        const char *name = "";

        (void) es_json_member_at(root, i, &name);
        ES_TRY(get_member(root, name, entry, texts, err));
    }
    return ES_OK;
}

es_status maker_entry_read(struct es_span text, struct es_maker_entry *entry,
                           struct maker_texts *texts, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;
    struct es_error why = {0};
    es_status status = es_json_parse(text, MAKER_JSON_MAX, &json, &why);

    ES_ENSURE(status == ES_OK, err, status == ES_E_NOMEM ? status : ES_E_CONFIG, "%s", why.text);
    ES_TRY(read_members(es_json_root(json), entry, texts, err));
    entry->regions = es_buf_cstr(&texts->regions);
    entry->kinds = es_buf_cstr(&texts->kinds);
    ES_TRY(es_buf_check(&texts->regions, err));
    return es_buf_check(&texts->kinds, err);
}
