/*
 * Findings in words. Values stand in the texts as they were given, except the few words of ours
 * (states, subjects, checks), which are said in the reader's language.
 */
#include "es_verdict.h"

struct word {
    const char *name;
    const char *en, *zh;
};

static const struct word states[] = {
    {"made", "made but not enabled", "制作但未启用"},
    {"filed", "filed but not enabled", "备案但未启用"},
    {"active", "active", "有效"},
    {"suspended", "suspended", "停用"},
    {"expired", "expired", "过期"},
    {"superseded", "replaced", "被更换"},
    {"cancelled", "cancelled", "注销"},
    {"invalidated", "marked invalid", "被标识为无效"},
};

static const struct word subjects[] = {
    {"signer", "signer", "签章人"},
    {"maker", "seal maker", "制章者"},
    {"time_stamp", "time stamp", "时间戳"},
    {"revocation", "revocation data", "吊销信息"},
};

static const struct word deviations[] = {
#define ES_DEVIATION(name, en, zh) {name, en, zh},
#include "deviations.def"
#undef ES_DEVIATION
};

static const char *find_word(const struct word *words, size_t count, const char *name, bool zh)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].name, name) == 0)
            return zh ? words[i].zh : words[i].en;
    }
    return name;
}

const char *es_state_text(const char *state, bool zh)
{
    return find_word(states, sizeof states / sizeof states[0], state, zh);
}

static const char *check_word(const char *name, bool zh)
{
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        if (strcmp(es_check_name((enum es_check) i), name) == 0)
            return es_check_text((enum es_check) i, zh);
    }
    if (strcmp(name, "run") == 0)
        return zh ? "完整的验证过程" : "the run came to no end";
    return name;
}

static const char *value_word(const struct es_finding *finding, struct es_span name,
                              const char *value, bool zh)
{
    if (es_span_is(name, "state"))
        return es_state_text(value, zh);
    if (finding->code == ES_V_FORM_DEVIATION && name.len > 0)
        return find_word(deviations, sizeof deviations / sizeof deviations[0], value, zh);
    if (finding->code == ES_V_CHECK_NOT_RUN)
        return check_word(value, zh);
    if (name.len == 0)
        return find_word(subjects, sizeof subjects / sizeof subjects[0], value, zh);
    if (strcmp(value, "*") == 0)
        return zh ? "全部内容" : "everything";
    return value;
}

/* A place at the end without a value goes together with the ": " before it. */
static struct es_span without_lead(struct es_span text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == ':'))
        text.len--;
    return text;
}

/* Append text up to its next {…}; *rest gets what follows. False: there is no more {…}. */
static bool put_until_place(struct es_span *rest, bool given, struct es_buf *out)
{
    size_t open = es_span_find(*rest, '{');
    struct es_span before = es_span_sub(*rest, 0, open);
    size_t close = es_span_find(*rest, '}');

    if (open == rest->len || close == rest->len) {
        es_buf_put_span(out, *rest);
        return false;
    }
    *rest = es_span_sub(*rest, close + 1, SIZE_MAX);
    es_buf_put_span(out, !given && rest->len == 0 ? without_lead(before) : before);
    return true;
}

static void put_extra(const struct es_finding *finding, size_t from, bool zh, struct es_buf *out)
{
    for (size_t i = from; i < ES_FINDING_VALUES; i++) {
        if (finding->value[i] == NULL || finding->value[i][0] == '\0')
            continue;
        es_buf_put_str(out, " (");
        es_buf_put_str(out, value_word(finding, es_span_of(NULL, 0), finding->value[i], zh));
        es_buf_put_str(out, ")");
    }
}

void es_finding_text(const struct es_finding *finding, bool zh, struct es_buf *out)
{
    const struct es_code_info *info = es_code_info(finding->code);
    struct es_span rest;
    size_t used = 0;

    ES_BUG_ON(info == NULL);
    rest = es_span_str(zh ? info->zh : info->en);
    for (;;) {
        struct es_span name = es_code_placeholder(info, used);
        const char *value = used < ES_FINDING_VALUES ? finding->value[used] : NULL;
        bool given = value != NULL && value[0] != '\0';

        if (!put_until_place(&rest, given, out))
            break;
        if (given)
            es_buf_put_str(out, value_word(finding, name, value, zh));
        else if (rest.len > 0)
            es_buf_put_str(out, "?");
        used++;
    }
    put_extra(finding, used, zh, out);
}
