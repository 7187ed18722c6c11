/*
 * eseal status-proof verify: what a seal-status proof says about the seals of a document, or about
 * a seal by itself, and nothing else. Exit code 0: the state is good; 1: it is not; 2: cannot tell.
 */
#include "trust.h"

#include "es_json.h"

const struct cli_option cmd_status_proof_options[] = {
    {"document", 0, "FILE", false, "sealed document", "已盖章文件"},
    {"seal", 0, "FILE", false, "or: a seal", "或:印章"},
    {"log-policy", 0, "FILE", true, "logs and witnesses to believe (also trust/logs/)",
     "可信状态日志与见证者(亦读取信任目录 logs/)"},
    {"trust", 0, "DIR", false, "folder of trusted certificates", "信任目录"},
    {"policy", 0, "NAME|FILE", false, "standard, assured (default), strict, or a file",
     "验证策略:standard、assured(默认)、strict 或文件"},
    {"at", 0, "TIME", false, "judge as of that time, not now", "以指定时间为准判断"},
    {NULL, 0, NULL, false, NULL, NULL}};

struct showing {
    struct cli *cli;
    struct cli_verifier v;
    struct es_state_source *proof;
    struct es_buf out;
    struct es_json_out json;
    size_t shown;
};

/* One seal and what was found about its state. */
struct line {
    const char *where, *name, *code;
    struct es_state_facts facts;
    const struct es_findings *findings;
    bool looked; /* the check was made to its end */
};

static void showing_clear(struct showing *s)
{
    es_state_source_free(s->proof);
    cli_verifier_clear(&s->v);
    es_buf_clear(&s->out);
}

/* Exit code of one line: no, then cannot tell, then yes. */
static int code_of(const struct showing *s, const struct line *line)
{
    enum es_effect worst = ES_EFFECT_NOTE;

    for (const struct es_finding *f = line->findings->first; f != NULL; f = f->next)
        if (f->check == ES_CHECK_SEAL_STATE_AT_SIGNING &&
            es_policy_effect(&s->v.policy, f->code) > worst)
            worst = es_policy_effect(&s->v.policy, f->code);
    if (worst == ES_EFFECT_INVALID)
        return 1;
    return worst == ES_EFFECT_INDETERMINATE || !line->looked ? 2 : 0;
}

static void take_code(struct showing *s, int code)
{
    static const int weight[] = {0, 2, 1}; /* 1 > 2 > 0 */

    if (weight[code] > weight[s->cli->exit_code])
        s->cli->exit_code = code;
}

static const char *word_of(const struct cli *cli, int code)
{
    switch (code) {
    case 0:
        return cli_text(cli, "GOOD", "状态有效");
    case 1:
        return cli_text(cli, "NOT GOOD", "状态无效");
    default:
        return cli_text(cli, "CANNOT TELL", "无法确定");
    }
}

static void put_text(struct showing *s, const struct line *line, int code)
{
    const struct cli *cli = s->cli;

    es_buf_printf(&s->out, "%s  %s  %s  %s\n", word_of(cli, code), line->where, line->name,
                  line->code);
    if (line->facts.now != NULL)
        CLI_PUT(cli, &s->out, "  when sealed: %s; now: %s\n", "  签章时:%s;现在:%s\n",
                line->facts.at_signing == NULL ? cli_text(cli, "unknown", "未知")
                                               : es_state_text(line->facts.at_signing, cli->zh),
                es_state_text(line->facts.now, cli->zh));
    for (const struct es_finding *f = line->findings->first; f != NULL; f = f->next) {
        if (f->check != ES_CHECK_SEAL_STATE_AT_SIGNING)
            continue;
        es_buf_put_str(&s->out, "  - ");
        es_finding_text(f, cli->zh, &s->out);
        es_buf_printf(&s->out, " [%s]\n", es_code_info(f->code)->id);
    }
}

static void put_json(struct showing *s, const struct line *line, int code)
{
    static const char *const results[] = {"pass", "fail", "unknown"};

    es_json_begin_object(&s->json);
    es_json_pair_text(&s->json, "where", line->where);
    es_json_pair_text(&s->json, "name", line->name);
    es_json_pair_text(&s->json, "code", line->code);
    es_json_pair_text(&s->json, "result", results[code]);
    es_json_pair_text(&s->json, "at_signing", line->facts.at_signing);
    es_json_pair_text(&s->json, "known_at_signing", line->facts.known_at_signing);
    es_json_pair_text(&s->json, "now", line->facts.now);
    es_json_pair_time(&s->json, "since", line->facts.since_s);
    es_json_key(&s->json, "codes");
    es_json_begin_array(&s->json);
    for (const struct es_finding *f = line->findings->first; f != NULL; f = f->next)
        if (f->check == ES_CHECK_SEAL_STATE_AT_SIGNING)
            es_json_put_text(&s->json, es_code_info(f->code)->id);
    es_json_end_array(&s->json);
    es_json_end_object(&s->json);
}

static void show(struct showing *s, const struct line *line)
{
    int code = code_of(s, line);

    take_code(s, code);
    s->shown++;
    if (s->cli->json)
        put_json(s, line, code);
    else
        put_text(s, line, code);
}

/* ---- a document: the verifier looks, the lines about the state are shown ---- */

static void show_signature(struct showing *s, const struct es_report_signature *sig)
{
    const struct line line = {
        .where = sig->where,
        .name = sig->seal_name == NULL ? "" : sig->seal_name,
        .code = sig->seal_code == NULL ? "" : sig->seal_code,
        .facts = {.at_signing = sig->state.at_signing,
                  .known_at_signing = sig->state.known_at_signing,
                  .now = sig->state.now,
                  .since_s = sig->state.since_s},
        .findings = &sig->findings,
        .looked = sig->ran[ES_CHECK_SEAL_STATE_AT_SIGNING],
    };

    show(s, &line);
}

static es_status look_at_document(struct showing *s, const char *path, struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};
    struct es_report report;
    es_status status;

    ES_TRY(cli_source(path, s->v.verifier.limits.zip.file_max, &src, err));
    es_report_init(&report, &s->v.policy, s->v.now_s);
    status = es_ofd_verify(&src, &s->v.verifier, &report, err);
    for (const struct es_report_signature *sig = report.first; status == ES_OK && sig != NULL;
         sig = sig->next)
        show_signature(s, sig);
    es_report_clear(&report);
    return status;
}

/* ---- a seal: its state now ---- */

/* SPEC audit-log.md 5.7: expired behind its last day, whatever the last event says. */
static void look_at_period(struct line *line, const struct es_seal *seal, int64_t now_s,
                           struct es_findings *findings)
{
    bool open = line->facts.now != NULL && (strcmp(line->facts.now, "active") == 0 ||
                                            strcmp(line->facts.now, "suspended") == 0);

    if (!open || now_s <= seal->valid_until_s)
        return;
    line->facts.now = es_seal_status_name(ES_STATUS_EXPIRED);
    line->facts.at_signing = line->facts.now;
    line->facts.since_s = seal->valid_until_s;
    es_finding_add(findings, ES_CHECK_SEAL_STATE_AT_SIGNING, ES_V_SEAL_EXPIRED_AT_SIGNING, "seal",
                   NULL);
}

static es_status look_at_seal(struct showing *s, const char *path, struct es_error *err)
{
    const struct es_state_rules rules = {.max_age_s = s->v.policy.state_max_age_s,
                                         .log_only = s->v.policy.state_by_log,
                                         .at_set = s->v.verifier.at_set};
    const struct es_times times = {
        .now_s = s->v.now_s, .claim_s = s->v.now_s, .poe_s = s->v.now_s, .proved = true};
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO(es_arena) arena = {0};
    struct es_findings findings;
    struct line line = {.where = path, .findings = &findings, .looked = true};
    es_status status;

    es_arena_init(&arena, 1u << 20);
    es_findings_init(&findings, &arena);
    ES_TRY(cli_load_seal(path, &seal, err));
    status = es_state_check(s->proof, seal, s->v.trust, &times, &rules, "seal", &line.facts,
                            &findings, err);
    ES_TRY(status);
    look_at_period(&line, seal, s->v.now_s, &findings);
    line.name = es_arena_text(&arena, seal->name);
    line.code = es_arena_text(&arena, seal->id);
    ES_ENSURE(line.name != NULL && line.code != NULL && !findings.lost, err, ES_E_NOMEM,
              "out of memory");
    show(s, &line);
    return ES_OK;
}

static es_status look(struct showing *s, struct es_error *err)
{
    const char *document = cli_get(s->cli, "document"), *seal = cli_get(s->cli, "seal");

    ES_ENSURE((document == NULL) != (seal == NULL), err, ES_E_USAGE,
              "about what? --document FILE or --seal FILE");
    ES_TRY(cli_verifier_init(s->cli, &s->v, err));
    ES_TRY(cli_load_proof(s->cli, s->cli->args[0], &s->proof, err));
    s->v.verifier.states = s->proof;
    if (s->cli->json) {
        es_json_begin_object(&s->json);
        es_json_pair_int(&s->json, "v", 1);
        es_json_key(&s->json, "seals");
        es_json_begin_array(&s->json);
    }
    return document != NULL ? look_at_document(s, document, err) : look_at_seal(s, seal, err);
}

es_status cmd_status_proof_verify(struct cli *cli, struct es_error *err)
{
    ES_AUTO(showing) s = {.cli = cli, .out = ES_BUF_INIT(16u << 20)};

    s.json.buf = &s.out;
    ES_TRY(look(&s, err));
    if (s.shown == 0)
        cli->exit_code = 2; /* no seal to tell about */
    if (cli->json) {
        es_json_end_array(&s.json);
        es_json_end_object(&s.json);
        es_buf_put_byte(&s.out, '\n');
    }
    ES_TRY(es_buf_check(&s.out, err));
    return cli_print(es_buf_span(&s.out), err);
}
