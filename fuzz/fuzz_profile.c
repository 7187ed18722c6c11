/*
 * Property: a profile that loads is complete and cited, its texts are clean, each value can be
 * shown, and one that extends another is nowhere looser; a refusal says why in clean text.
 */
#include "es_json.h"
#include "es_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_shown(enum es_profile_param param, const struct es_profile_rule *rule, bool zh)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 20);

    es_profile_put_text(param, rule->value, zh, &out);
    ES_BUG_ON(out.failed != ES_OK || out.len == 0 || !es_text_clean(es_buf_span(&out)));
    es_buf_reset(&out);
    es_profile_put_json(param, rule->value, &out);
    ES_BUG_ON(out.failed != ES_OK || out.len == 0);
}

static void check_rules(const struct es_profile *profile, const struct es_profile *parent)
{
    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        enum es_profile_param param = (enum es_profile_param) i;
        const struct es_profile_rule *rule = es_profile_rule(profile, param);

        ES_BUG_ON(rule->cite_count == 0 && rule->ours_en == NULL);
        ES_BUG_ON((rule->ours_en == NULL) != (rule->ours_zh == NULL));
        for (size_t k = 0; k < rule->cite_count; k++)
            ES_BUG_ON(!es_text_clean(es_span_str(rule->cites[k])));
        ES_BUG_ON(es_profile_compare(param, rule->value, rule->value) != ES_PROFILE_SAME);
        ES_BUG_ON(parent != NULL && es_profile_compare(param, es_profile_rule(parent, param)->value,
                                                       rule->value) == ES_PROFILE_LOOSER);
        check_shown(param, rule, false);
        check_shown(param, rule, true);
    }
}

static void check_profile(const struct es_profile *profile, const struct es_profile *national)
{
    const struct es_profile_head *head = es_profile_head(profile);
    bool below = head->parent_id != NULL && strcmp(head->parent_id, "national") == 0;

    ES_BUG_ON(!es_text_clean(es_span_str(head->title)) || head->version == 0);
    ES_BUG_ON(es_profile_builtin_id(0) == NULL || strcmp(head->id, "national") == 0);
    ES_BUG_ON(head->has_end && (!head->has_start || head->end_day < head->start_day));
    check_rules(profile, below ? national : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO_PTR(es_profile) national = NULL;
    ES_AUTO_PTR(es_profile) profile = NULL;
    struct es_error err = {0};
    es_status status;

    ES_BUG_ON(es_profile_load_builtin("national", &national, NULL) != ES_OK);
    status = es_profile_load(es_span_of(data, size), NULL, 0, &profile, &err);
    if (status == ES_OK) {
        check_profile(profile, national);
        return 0;
    }
    ES_BUG_ON(profile != NULL || err.status != status || !es_text_clean(es_span_str(err.text)));
    ES_BUG_ON(status != ES_E_CONFIG && status != ES_E_ABSENT);
    return 0;
}
