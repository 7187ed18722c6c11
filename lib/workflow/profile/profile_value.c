/*
 * Values of parameters: read from JSON, shown, compared. A value that was read is in the ranges its
 * parameter allows, so comparing and showing cannot fail.
 */
#include "profile_head.h"

size_t es_profile_word_count(const struct es_profile_param_info *info)
{
    size_t count = 0;

    while (info->words[count].id != NULL)
        count++;
    ES_BUG_ON(count > ES_PROFILE_WORDS_MAX);
    return count;
}

/* ---- reading ---- */

static es_status read_word(const struct es_profile_param_info *info, es_json_node node,
                           unsigned *out, struct es_error *err)
{
    const char *text = es_json_string(node);

    ES_ENSURE(text != NULL, err, ES_E_CONFIG, "is to be a word");
    for (*out = 0; info->words[*out].id != NULL; ++*out) {
        if (strcmp(info->words[*out].id, text) == 0)
            return ES_OK;
    }
    return es_error_set(err, ES_E_CONFIG, "\"%s\" is not one of its words", es_profile_plain(text));
}

static es_status read_set(const struct es_profile_param_info *info, es_json_node node,
                          uint32_t *out, struct es_error *err)
{
    ES_ENSURE(es_json_is_array(node), err, ES_E_CONFIG, "is to be a list of words");
    ES_ENSURE(es_json_size(node) <= ES_PROFILE_WORDS_MAX, err, ES_E_CONFIG, "is too long a list");
    for (size_t i = 0; i < es_json_size(node); i++) {
        unsigned word = 0;

        ES_TRY(read_word(info, es_json_item(node, i), &word, err));
        ES_ENSURE((*out & 1u << word) == 0, err, ES_E_CONFIG, "\"%s\" stands there twice",
                  info->words[word].id);
        *out |= 1u << word;
    }
    ES_ENSURE(!info->not_empty || *out != 0, err, ES_E_CONFIG, "may not be empty");
    return ES_OK;
}

static es_status read_period(const struct es_profile_param_info *info, es_json_node node,
                             struct es_period *out, struct es_error *err)
{
    const char *text = es_json_string(node);

    ES_ENSURE(text != NULL, err, ES_E_CONFIG, "is to be a period such as \"24h\" or \"none\"");
    ES_TRY(es_period_parse(text, out, err));
    ES_ENSURE(out->unit == ES_PERIOD_NONE || (info->units & 1u << out->unit) != 0, err, ES_E_CONFIG,
              "\"%s\" is in a unit that has no meaning here", text);
    return ES_OK;
}

/* true and false are the only nodes es_json_bool takes; it wants an object, so the rule is given.
 */
static es_status read_typed(const struct es_profile_param_info *info, es_json_node rule,
                            struct es_profile_value *out, struct es_error *err)
{
    es_json_node node = es_json_member(rule, "value");

    switch (info->type) {
    case ES_PROFILE_BOOL:
        return es_json_bool(rule, "value", &out->on, err);
    case ES_PROFILE_WORD:
        return read_word(info, node, &out->word, err);
    case ES_PROFILE_SET:
        return read_set(info, node, &out->set, err);
    case ES_PROFILE_PERIOD:
        break;
    }
    return read_period(info, node, &out->period, err);
}

es_status es_profile_value_read(const struct es_profile_param_info *info, es_json_node rule,
                                struct es_profile_value *out, struct es_error *err)
{
    *out = (struct es_profile_value){0};
    ES_ENSURE(es_json_member(rule, "value") != NULL, err, ES_E_CONFIG, "has no value");
    return read_typed(info, rule, out, err);
}

/* ---- comparing ---- */

static bool is_same(const struct es_profile_param_info *info, struct es_profile_value a,
                    struct es_profile_value b)
{
    switch (info->type) {
    case ES_PROFILE_BOOL:
        return a.on == b.on;
    case ES_PROFILE_WORD:
        return a.word == b.word;
    case ES_PROFILE_SET:
        return a.set == b.set;
    case ES_PROFILE_PERIOD:
        break;
    }
    return es_period_equal(a.period, b.period);
}

static bool is_tighter_period(enum es_profile_tighter how, struct es_period a, struct es_period b)
{
    if (a.unit == ES_PERIOD_NONE)
        return how == ES_TIGHTER_DEADLINE;
    return b.unit != ES_PERIOD_NONE && es_period_within(b, a);
}

static bool is_tighter(const struct es_profile_param_info *info, struct es_profile_value a,
                       struct es_profile_value b)
{
    switch (info->tighter) {
    case ES_TIGHTER_TRUE:
        return b.on;
    case ES_TIGHTER_LATER:
        return b.word > a.word;
    case ES_TIGHTER_SUBSET:
        return (b.set & ~a.set) == 0;
    case ES_TIGHTER_SUPERSET:
        return (a.set & ~b.set) == 0;
    case ES_TIGHTER_DEADLINE:
    case ES_TIGHTER_WINDOW:
        return is_tighter_period(info->tighter, a.period, b.period);
    case ES_TIGHTER_NONE:
        break;
    }
    return false;
}

enum es_profile_order es_profile_compare(enum es_profile_param param, struct es_profile_value a,
                                         struct es_profile_value b)
{
    const struct es_profile_param_info *info = es_profile_param_info(param);

    if (is_same(info, a, b))
        return ES_PROFILE_SAME;
    return is_tighter(info, a, b) ? ES_PROFILE_TIGHTER : ES_PROFILE_LOOSER;
}

/* ---- why ---- */

static void put_set(const struct es_profile_param_info *info, uint32_t set, const char *quote,
                    struct es_buf *out)
{
    const char *comma = "";

    for (unsigned i = 0; info->words[i].id != NULL; i++) {
        if ((set & 1u << i) == 0)
            continue;
        es_buf_printf(out, "%s%s%s%s", comma, quote, info->words[i].id, quote);
        comma = ",";
    }
}

static void put_why_period(enum es_profile_tighter how, struct es_period a, struct es_period b,
                           struct es_buf *out)
{
    if (a.unit == ES_PERIOD_NONE || b.unit == ES_PERIOD_NONE)
        es_buf_put_str(out, how == ES_TIGHTER_WINDOW
                                ? "a window may neither be taken away nor added"
                                : "no period at all is the loosest");
    else if (a.unit == b.unit)
        es_buf_put_str(out, "it is longer");
    else
        es_buf_put_str(out, "it may end later, the two have different units");
}

void es_profile_put_why(enum es_profile_param param, struct es_profile_value a,
                        struct es_profile_value b, struct es_buf *out)
{
    const struct es_profile_param_info *info = es_profile_param_info(param);

    switch (info->tighter) {
    case ES_TIGHTER_NONE:
        es_buf_put_str(out, "this rule may not change");
        return;
    case ES_TIGHTER_TRUE:
        es_buf_put_str(out, "it may not be switched off");
        return;
    case ES_TIGHTER_LATER:
        es_buf_printf(out, "\"%s\" comes before \"%s\"", info->words[b.word].id,
                      info->words[a.word].id);
        return;
    case ES_TIGHTER_SUBSET:
        es_buf_put_str(out, "it also allows ");
        put_set(info, b.set & ~a.set, "\"", out);
        return;
    case ES_TIGHTER_SUPERSET:
        es_buf_put_str(out, "it no longer demands ");
        put_set(info, a.set & ~b.set, "\"", out);
        return;
    case ES_TIGHTER_DEADLINE:
    case ES_TIGHTER_WINDOW:
        put_why_period(info->tighter, a.period, b.period, out);
        return;
    }
}

/* ---- showing ---- */

void es_profile_put_json(enum es_profile_param param, struct es_profile_value value,
                         struct es_buf *out)
{
    const struct es_profile_param_info *info = es_profile_param_info(param);
    char period[ES_PERIOD_TEXT_MAX];

    switch (info->type) {
    case ES_PROFILE_BOOL:
        es_buf_put_str(out, value.on ? "true" : "false");
        return;
    case ES_PROFILE_WORD:
        es_buf_printf(out, "\"%s\"", info->words[value.word].id);
        return;
    case ES_PROFILE_SET:
        es_buf_put_byte(out, '[');
        put_set(info, value.set, "\"", out);
        es_buf_put_byte(out, ']');
        return;
    case ES_PROFILE_PERIOD:
        es_period_text(value.period, period);
        es_buf_printf(out, "\"%s\"", period);
        return;
    }
}

static void put_period_text(struct es_period period, bool zh, struct es_buf *out)
{
    static const char *const names[][3] = {
        [ES_PERIOD_NONE] = {"none", "none", "无"},
        [ES_PERIOD_HOURS] = {"hour", "hours", "小时"},
        [ES_PERIOD_DAYS] = {"day", "days", "日"},
        [ES_PERIOD_WORKING_DAYS] = {"working day", "working days", "个工作日"},
        [ES_PERIOD_MONTHS] = {"calendar month", "calendar months", "个月"}};
    const char *name = names[period.unit][zh ? 2 : period.count != 1];

    if (period.unit == ES_PERIOD_NONE)
        es_buf_put_str(out, name);
    else
        es_buf_printf(out, zh ? "%u%s" : "%u %s", period.count, name);
}

static void put_set_text(const struct es_profile_param_info *info, uint32_t set, bool zh,
                         struct es_buf *out)
{
    const char *comma = "";

    if (set == 0)
        es_buf_put_str(out, zh ? "无" : "none");
    for (unsigned i = 0; info->words[i].id != NULL; i++) {
        if ((set & 1u << i) == 0)
            continue;
        es_buf_printf(out, "%s%s", comma, zh ? info->words[i].zh : info->words[i].en);
        comma = zh ? "、" : ", ";
    }
}

void es_profile_put_text(enum es_profile_param param, struct es_profile_value value, bool zh,
                         struct es_buf *out)
{
    const struct es_profile_param_info *info = es_profile_param_info(param);

    switch (info->type) {
    case ES_PROFILE_BOOL:
        es_buf_put_str(out, value.on ? (zh ? "是" : "yes") : (zh ? "否" : "no"));
        return;
    case ES_PROFILE_WORD:
        es_buf_put_str(out, zh ? info->words[value.word].zh : info->words[value.word].en);
        return;
    case ES_PROFILE_SET:
        put_set_text(info, value.set, zh, out);
        return;
    case ES_PROFILE_PERIOD:
        put_period_text(value.period, zh, out);
        return;
    }
}
