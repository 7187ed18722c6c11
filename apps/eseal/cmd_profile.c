/*
 * eseal profile check, diff, show: a region's rules as people read them. A profile is named by the
 * id of a built-in one or by its file; parents that are files of one's own stand in --parent, the
 * first ones first. Only reads.
 */
#include "cli.h"

#include "es_json.h"
#include "es_profile.h"

#define PARENTS_MAX 16
#define OUT_MAX ((size_t) 4 << 20)
#define PARENT_OPTION                                                                              \
    {                                                                                              \
        "parent", 0, "FILE", true, "profile that one extends (parents first)",                     \
            "所继承的策略文件(先父后子)"                                               \
    }
#define OPTIONS_END                                                                                \
    {                                                                                              \
        NULL, 0, NULL, false, NULL, NULL                                                           \
    }

const struct cli_option cmd_profile_check_options[] = {
    PARENT_OPTION,
    {"at", 0, "TIME", false, "does it apply then? (default: now)", "在该时刻是否适用(默认现在)"},
    OPTIONS_END};
const struct cli_option cmd_profile_options[] = {PARENT_OPTION, OPTIONS_END};

/* The profiles of a command line: parents in order, then what was asked for. */
struct loaded {
    struct es_profile *parents[PARENTS_MAX];
    size_t count;
};

static void loaded_clear(struct loaded *l)
{
    for (size_t i = 0; i < l->count; i++)
        es_profile_free(l->parents[i]);
    l->count = 0;
}

static bool is_builtin(const char *name)
{
    const char *id = NULL;

    for (size_t i = 0; (id = es_profile_builtin_id(i)) != NULL; i++) {
        if (strcmp(id, name) == 0)
            return true;
    }
    return false;
}

static es_status load_one(struct loaded *l, const char *name, struct es_profile **out,
                          struct es_error *err)
{
    ES_AUTO(es_buf) file = ES_BUF_INIT(ES_PROFILE_FILE_MAX);
    es_status status;

    if (is_builtin(name))
        return es_profile_load_builtin(name, out, err);
    ES_TRY(es_file_read(name, &file, err));
    status = es_profile_load(es_buf_span(&file), (const struct es_profile *const *) l->parents,
                             l->count, out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", name);
}

static es_status load_parents(const struct cli *cli, struct loaded *l, struct es_error *err)
{
    const char *name = NULL;

    for (size_t i = 0; (name = cli_get_nth(cli, "parent", i)) != NULL; i++) {
        ES_ENSURE(i < PARENTS_MAX, err, ES_E_USAGE, "more than %d times --parent", PARENTS_MAX);
        ES_TRY(load_one(l, name, &l->parents[i], err));
        l->count = i + 1;
    }
    return ES_OK;
}

/* The parent of a profile as it was loaded before, or built in anew into *own. NULL: none. */
static es_status parent_of(const struct loaded *l, const struct es_profile *profile,
                           struct es_profile **own, const struct es_profile **out,
                           struct es_error *err)
{
    const struct es_profile_head *head = es_profile_head(profile);

    *out = NULL;
    for (size_t i = 0; i < l->count && head->parent_id != NULL; i++) {
        const struct es_profile_head *p = es_profile_head(l->parents[i]);

        if (strcmp(p->id, head->parent_id) == 0 && p->version == head->parent_version) {
            *out = l->parents[i];
            return ES_OK;
        }
    }
    if (head->parent_id != NULL)
        ES_TRY(es_profile_load_builtin(head->parent_id, own, err));
    *out = *own;
    return ES_OK;
}

/* ---- parts of an answer ---- */

static void put_value(struct es_json_out *json, const char *key, enum es_profile_param param,
                      struct es_profile_value value)
{
    es_json_key(json, key);
    es_profile_put_json(param, value, json->buf);
    json->comma = true;
}

static void put_rule_json(struct es_json_out *json, enum es_profile_param param,
                          const struct es_profile_rule *rule)
{
    es_json_begin_object(json);
    put_value(json, "value", param, rule->value);
    es_json_key(json, "cites");
    es_json_begin_array(json);
    for (size_t i = 0; i < rule->cite_count; i++)
        es_json_put_text(json, rule->cites[i]);
    es_json_end_array(json);
    if (rule->ours_en != NULL) {
        es_json_key(json, "ours");
        es_json_begin_object(json);
        es_json_pair_text(json, "en", rule->ours_en);
        es_json_pair_text(json, "zh", rule->ours_zh);
        es_json_end_object(json);
    }
    es_json_pair_bool(json, "inherited", rule->inherited);
    es_json_end_object(json);
}

/* A text of a file, which may hold what moves other text about. */
static void put_shown(struct es_buf *out, const char *before, const char *text)
{
    es_buf_put_str(out, before);
    es_buf_put_shown(out, es_span_str(text), ES_PROFILE_TEXT_MAX);
}

/* "NAT 16(1), NAT 25; ours: …" */
static void put_why(const struct cli *cli, const struct es_profile_rule *rule, struct es_buf *out)
{
    for (size_t i = 0; i < rule->cite_count; i++)
        es_buf_printf(out, "%s%s", i > 0 ? ", " : "", rule->cites[i]);
    if (rule->cite_count > 0 && rule->ours_en != NULL)
        es_buf_put_str(out, "; ");
    if (rule->ours_en != NULL)
        put_shown(out, cli_text(cli, "ours: ", "我方取值:"),
                  cli_text(cli, rule->ours_en, rule->ours_zh));
}

static void put_line(const struct cli *cli, enum es_profile_param param,
                     const struct es_profile_rule *rule, const char *lead, struct es_buf *out)
{
    es_buf_put_str(out, lead);
    es_profile_put_text(param, rule->value, cli->zh, out);
    es_buf_put_str(out, "  [");
    put_why(cli, rule, out);
    es_buf_put_str(out, "]\n");
}

static const char *day_text(const struct cli *cli, bool has, int32_t day,
                            char text[ES_TIME_TEXT_MAX])
{
    if (has)
        es_china_day_text(day, text);
    else
        (void) snprintf(text, ES_TIME_TEXT_MAX, "%s",
                        cli->json ? "none" : cli_text(cli, "none", "未定"));
    return text;
}

static void put_head_json(const struct cli *cli, struct es_json_out *json,
                          const struct es_profile_head *head)
{
    char day[ES_TIME_TEXT_MAX];

    es_json_pair_text(json, "id", head->id);
    es_json_pair_int(json, "version", head->version);
    es_json_pair_text(json, "title", head->title);
    es_json_pair_text(json, "publisher", head->publisher);
    es_json_pair_text(json, "interpreter", head->interpreter);
    es_json_pair_bool(json, "draft", head->draft);
    es_json_pair_text(json, "start", day_text(cli, head->has_start, head->start_day, day));
    es_json_pair_text(json, "end", day_text(cli, head->has_end, head->end_day, day));
    es_json_pair_text(json, "parent", head->parent_id);
    es_json_pair_hex(json, "sm3", es_span_of(head->sm3, sizeof head->sm3));
}

static void put_head(const struct cli *cli, const struct es_profile_head *head, struct es_buf *out)
{
    char start[ES_TIME_TEXT_MAX], end[ES_TIME_TEXT_MAX];

    es_buf_printf(out, "%s %u", head->id, head->version);
    put_shown(out, "  ", head->title);
    put_shown(out, cli_text(cli, "\npublished by ", "\n发布:"), head->publisher);
    if (head->interpreter != NULL)
        put_shown(out, cli_text(cli, ", interpreted by ", ",解释:"), head->interpreter);
    CLI_PUT(cli, out, "\nstart %s, end %s%s\n", "\n施行 %s,截止 %s%s\n",
            day_text(cli, head->has_start, head->start_day, start),
            day_text(cli, head->has_end, head->end_day, end),
            head->draft ? cli_text(cli, ", draft", ",征求意见稿") : "");
    if (head->parent_id != NULL)
        CLI_PUT(cli, out, "extends %s %u\n", "继承 %s %u\n", head->parent_id, head->parent_version);
    if (head->note_en != NULL) {
        put_shown(out, "", cli_text(cli, head->note_en, head->note_zh));
        es_buf_put_byte(out, '\n');
    }
}

static es_status finish(const struct cli *cli, struct es_json_out *json, struct es_error *err)
{
    if (cli->json) {
        es_json_end_object(json);
        es_buf_put_byte(json->buf, '\n');
    }
    ES_TRY(es_buf_check(json->buf, err));
    return cli_print(es_buf_span(json->buf), err);
}

/* ---- show ---- */

static void put_regulations(const struct cli *cli, const struct es_profile *profile,
                            struct es_json_out *json)
{
    if (cli->json) {
        es_json_key(json, "regulations");
        es_json_begin_object(json);
    }
    for (size_t i = 0; i < es_profile_regulation_count(profile); i++) {
        const struct es_profile_regulation *r = es_profile_regulation_at(profile, i);

        if (cli->json) {
            es_json_pair_text(json, r->key, r->title);
            continue;
        }
        es_buf_put_str(json->buf, r->key);
        put_shown(json->buf, ": ", r->title);
        es_buf_put_byte(json->buf, '\n');
    }
    if (cli->json)
        es_json_end_object(json);
}

static void put_rules(const struct cli *cli, const struct es_profile *profile,
                      struct es_json_out *json)
{
    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        enum es_profile_param param = (enum es_profile_param) i;
        const struct es_profile_param_info *info = es_profile_param_info(param);
        const struct es_profile_rule *rule = es_profile_rule(profile, param);

        if (cli->json) {
            es_json_key(json, info->id);
            put_rule_json(json, param, rule);
            continue;
        }
        es_buf_printf(json->buf, "\n%s (%s)\n", cli_text(cli, info->en, info->zh), info->id);
        put_line(cli, param, rule, "    ", json->buf);
    }
}

es_status cmd_profile_show(struct cli *cli, struct es_error *err)
{
    ES_AUTO(loaded) l = {0};
    ES_AUTO_PTR(es_profile) profile = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(OUT_MAX);
    struct es_json_out json = {.buf = &out};

    ES_TRY(load_parents(cli, &l, err));
    ES_TRY(load_one(&l, cli->args[0], &profile, err));
    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        put_head_json(cli, &json, es_profile_head(profile));
        put_regulations(cli, profile, &json);
        es_json_key(&json, "rules");
        es_json_begin_object(&json);
        put_rules(cli, profile, &json);
        es_json_end_object(&json);
    } else {
        put_head(cli, es_profile_head(profile), &out);
        put_regulations(cli, profile, &json);
        put_rules(cli, profile, &json);
    }
    return finish(cli, &json, err);
}

/* ---- diff, and what check says about a parent ---- */

static void put_difference(const struct cli *cli, enum es_profile_param param,
                           const struct es_profile_rule *a, const struct es_profile_rule *b,
                           struct es_json_out *json)
{
    static const char *const orders[] = {"same", "tighter", "looser"};
    static const char *const zh[] = {"相同", "更严", "不更严"};
    const struct es_profile_param_info *info = es_profile_param_info(param);
    enum es_profile_order order = es_profile_compare(param, a->value, b->value);

    if (cli->json) {
        es_json_begin_object(json);
        es_json_pair_text(json, "parameter", info->id);
        es_json_pair_text(json, "b_is", orders[order]);
        es_json_key(json, "a");
        put_rule_json(json, param, a);
        es_json_key(json, "b");
        put_rule_json(json, param, b);
        es_json_end_object(json);
        return;
    }
    es_buf_printf(json->buf, "%s (%s): %s\n", cli_text(cli, info->en, info->zh), info->id,
                  cli_text(cli, orders[order], zh[order]));
    put_line(cli, param, a, "  - ", json->buf);
    put_line(cli, param, b, "  + ", json->buf);
}

/* Returns how many parameters differ. */
static size_t put_differences(const struct cli *cli, const struct es_profile *a,
                              const struct es_profile *b, struct es_json_out *json)
{
    size_t count = 0;

    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        enum es_profile_param param = (enum es_profile_param) i;
        const struct es_profile_rule *rule_a = es_profile_rule(a, param);
        const struct es_profile_rule *rule_b = es_profile_rule(b, param);

        if (es_profile_compare(param, rule_a->value, rule_b->value) == ES_PROFILE_SAME)
            continue;
        put_difference(cli, param, rule_a, rule_b, json);
        count++;
    }
    return count;
}

es_status cmd_profile_diff(struct cli *cli, struct es_error *err)
{
    ES_AUTO(loaded) l = {0};
    ES_AUTO_PTR(es_profile) a = NULL;
    ES_AUTO_PTR(es_profile) b = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(OUT_MAX);
    struct es_json_out json = {.buf = &out};

    ES_TRY(load_parents(cli, &l, err));
    ES_TRY(load_one(&l, cli->args[0], &a, err));
    ES_TRY(load_one(&l, cli->args[1], &b, err));
    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "a", es_profile_head(a)->id);
        es_json_pair_text(&json, "b", es_profile_head(b)->id);
        es_json_key(&json, "differences");
        es_json_begin_array(&json);
    }
    if (put_differences(cli, a, b, &json) == 0 && !cli->json)
        CLI_PUT(cli, &out, "%s", "%s", cli_text(cli, "no rule differs\n", "规则相同\n"));
    if (cli->json)
        es_json_end_array(&json);
    return finish(cli, &json, err);
}

static const char *when_word(const struct cli *cli, enum es_profile_when when)
{
    static const char *const ids[] = {"undated", "not_yet", "in_force", "expired"};
    static const char *const en[] = {"has no dates, so it applies at no time", "not yet in force",
                                     "in force", "EXPIRED"};
    static const char *const zh[] = {"未定施行日期,不适用", "尚未施行", "施行中", "已过有效期"};

    return cli->json ? ids[when] : cli_text(cli, en[when], zh[when]);
}

static void put_tightens(const struct cli *cli, const struct es_profile *parent,
                         const struct es_profile *profile, struct es_json_out *json)
{
    if (cli->json) {
        es_json_key(json, "tightens");
        es_json_begin_array(json);
        if (parent != NULL)
            (void) put_differences(cli, parent, profile, json);
        es_json_end_array(json);
        return;
    }
    if (parent == NULL)
        return;
    es_buf_put_str(json->buf, cli_text(cli, "\ntightens:\n", "\n收紧的规则:\n"));
    if (put_differences(cli, parent, profile, json) == 0)
        es_buf_put_str(json->buf, cli_text(cli, "nothing\n", "无\n"));
}

es_status cmd_profile_check(struct cli *cli, struct es_error *err)
{
    ES_AUTO(loaded) l = {0};
    ES_AUTO_PTR(es_profile) profile = NULL;
    ES_AUTO_PTR(es_profile) own = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(OUT_MAX);
    const struct es_profile *parent = NULL;
    struct es_json_out json = {.buf = &out};
    enum es_profile_when when;
    int64_t at_s = 0;

    ES_TRY(cli_time(cli, "at", cli->clock.now_s(cli->clock.self), &at_s, err));
    ES_TRY(load_parents(cli, &l, err));
    ES_TRY(load_one(&l, cli->args[0], &profile, err));
    ES_TRY(parent_of(&l, profile, &own, &parent, err));
    when = es_profile_when(profile, at_s);
    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        put_head_json(cli, &json, es_profile_head(profile));
        es_json_pair_text(&json, "when", when_word(cli, when));
    } else {
        put_head(cli, es_profile_head(profile), &out);
        CLI_PUT(cli, &out, "sound; %s\n", "有效的策略文件;%s\n", when_word(cli, when));
    }
    put_tightens(cli, parent, profile, &json);
    return finish(cli, &json, err);
}
