/* What stands above the rules of a profile: names, dates, regulations. */
#include "profile_head.h"

#define KEY_MAX 8

es_status es_profile_text(struct es_profile *profile, const char *what, const char *text,
                          size_t max, const char **out, struct es_error *err)
{
    struct es_span span = es_span_str(text);

    ES_ENSURE(text != NULL, err, ES_E_CONFIG, "\"%s\" is to be a text", what);
    ES_ENSURE(span.len >= 1 && span.len <= max && es_text_clean(span), err, ES_E_CONFIG,
              "\"%s\" is to be 1 to %zu bytes of text", what, max);
    *out = es_arena_text(&profile->arena, span);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

const char *es_profile_plain(const char *text)
{
    size_t len = strlen(text);

    return len <= 40 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len ? text : "?";
}

es_status es_profile_both(struct es_profile *profile, const char *what, es_json_node node,
                          const char **en, const char **zh, struct es_error *err)
{
    static const char *const names[] = {"en", "zh", NULL};
    es_status status = ES_OK;

    ES_ENSURE(es_json_is_object(node), err, ES_E_CONFIG,
              "\"%s\" is to be an object with \"en\" and \"zh\"", what);
    status = es_json_only(node, names, err);
    if (status == ES_OK)
        status = es_profile_text(profile, "en", es_json_string(es_json_member(node, "en")),
                                 ES_PROFILE_TEXT_MAX, en, err);
    if (status == ES_OK)
        status = es_profile_text(profile, "zh", es_json_string(es_json_member(node, "zh")),
                                 ES_PROFILE_TEXT_MAX, zh, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "\"%s\"", what);
}

es_status es_profile_read_name(struct es_profile *profile, es_json_node object, const char **id,
                               uint32_t *version, struct es_error *err)
{
    int64_t number = 0;

    ES_TRY(es_profile_text(profile, "id", es_json_string(es_json_member(object, "id")),
                           ES_PROFILE_ID_MAX, id, err));
    ES_ENSURE(strspn(*id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(*id), err,
              ES_E_CONFIG, "\"id\" is to be 1 to %d of a-z 0-9 . _ -", ES_PROFILE_ID_MAX);
    ES_TRY(es_json_int(object, "version", &number, err));
    ES_ENSURE(number >= 1 && number <= INT32_MAX, err, ES_E_CONFIG,
              "\"version\" is to be 1 or more");
    *version = (uint32_t) number;
    return ES_OK;
}

/* ---- dates ---- */

/* A day, or "none". Both stand in every file, so that nobody forgets the end. */
static es_status read_day(es_json_node root, const char *name, bool *has, int32_t *out,
                          struct es_error *err)
{
    const char *text = es_json_string(es_json_member(root, name));
    es_status status = ES_OK;

    ES_ENSURE(text != NULL, err, ES_E_CONFIG, "\"%s\" is to be a date or \"none\"", name);
    *has = strcmp(text, "none") != 0;
    if (*has)
        status = es_china_day_parse(text, out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "\"%s\"", name);
}

static es_status read_dates(struct es_profile_head *head, es_json_node root, struct es_error *err)
{
    if (es_json_member(root, "draft") != NULL)
        ES_TRY(es_json_bool(root, "draft", &head->draft, err));
    ES_TRY(read_day(root, "start", &head->has_start, &head->start_day, err));
    ES_TRY(read_day(root, "end", &head->has_end, &head->end_day, err));
    ES_ENSURE(head->has_start || (head->draft && !head->has_end), err, ES_E_CONFIG,
              "only a draft may be without \"start\", and then without \"end\" too");
    ES_ENSURE(!head->has_end || head->end_day >= head->start_day, err, ES_E_CONFIG,
              "\"end\" lies before \"start\"");
    return ES_OK;
}

es_status es_profile_read_head(struct es_profile *profile, es_json_node root, struct es_error *err)
{
    struct es_profile_head *head = &profile->head;
    int64_t form = 0;

    ES_TRY(es_json_int(root, "v", &form, err));
    ES_ENSURE(form == 1, err, ES_E_CONFIG, "\"v\" is to be 1");
    ES_TRY(es_profile_read_name(profile, root, &head->id, &head->version, err));
    ES_TRY(es_profile_text(profile, "title", es_json_string(es_json_member(root, "title")),
                           ES_PROFILE_TEXT_MAX, &head->title, err));
    ES_TRY(es_profile_text(profile, "publisher", es_json_string(es_json_member(root, "publisher")),
                           ES_PROFILE_TEXT_MAX, &head->publisher, err));
    if (es_json_member(root, "interpreter") != NULL)
        ES_TRY(es_profile_text(profile, "interpreter",
                               es_json_string(es_json_member(root, "interpreter")),
                               ES_PROFILE_TEXT_MAX, &head->interpreter, err));
    if (es_json_member(root, "note") != NULL)
        ES_TRY(es_profile_both(profile, "note", es_json_member(root, "note"), &head->note_en,
                               &head->note_zh, err));
    return read_dates(head, root, err);
}

/* ---- regulations ---- */

es_status es_profile_add_regulation(struct es_profile *profile, const char *key, const char *title,
                                    struct es_error *err)
{
    struct es_profile_regulation *at = profile->regulations;
    size_t len = strlen(key);

    ES_ENSURE(len >= 1 && len <= KEY_MAX &&
                  strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == len,
              err, ES_E_CONFIG, "a regulation's key is to be 1 to %d of A-Z 0-9", KEY_MAX);
    for (size_t i = 0; i < profile->regulation_count; i++) {
        if (strcmp(at[i].key, key) != 0)
            continue;
        ES_ENSURE(title != NULL && strcmp(at[i].title, title) == 0, err, ES_E_CONFIG,
                  "regulation %s has another title in the parent", key);
        return ES_OK;
    }
    ES_ENSURE(profile->regulation_count < ES_PROFILE_REGULATIONS_MAX, err, ES_E_CONFIG,
              "more than %d regulations", ES_PROFILE_REGULATIONS_MAX);
    at += profile->regulation_count;
    ES_TRY(es_profile_text(profile, key, title, ES_PROFILE_TEXT_MAX, &at->title, err));
    ES_TRY(es_profile_text(profile, key, key, KEY_MAX, &at->key, err));
    profile->regulation_count++;
    return ES_OK;
}

es_status es_profile_read_regulations(struct es_profile *profile, es_json_node root,
                                      struct es_error *err)
{
    es_json_node list = es_json_member(root, "regulations");

    ES_ENSURE(es_json_is_object(list), err, ES_E_CONFIG,
              "\"regulations\" is to be an object of titles");
    ES_ENSURE(es_json_size(list) <= ES_PROFILE_REGULATIONS_MAX, err, ES_E_CONFIG,
              "more than %d regulations", ES_PROFILE_REGULATIONS_MAX);
    for (size_t i = 0; i < es_json_size(list); i++) {
        const char *key = NULL;
        es_json_node title = es_json_member_at(list, i, &key);

        ES_TRY(es_profile_add_regulation(profile, key, es_json_string(title), err));
    }
    return ES_OK;
}
