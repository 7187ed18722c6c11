/*
 * eseal seal verify: a seal by itself (GB/T 38540-2020 6.3): form, maker's signature, picture,
 * trust in the maker, dates and state. The time that counts is --at or now; in edition 2025 the
 * maker's certificate must also have been good when the seal was made.
 */
#include "cli.h"
#include "trust.h"

#include "es_json.h"

struct checking {
    struct cli_verifier *v;
    struct es_seal *seal;
    struct es_cert *maker;
    struct es_arena arena;
    struct es_findings findings;
    struct es_times times;
};

static es_status check_maker(struct checking *c, const char *where, struct es_error *err)
{
    const struct es_policy *policy = &c->v->policy;
    struct es_chain_request request = {
        .purpose = ES_PURPOSE_MAKER,
        .times = &c->times,
        .revocation_max_age_s = policy->revocation_max_age_s,
        .chain_check = ES_CHECK_MAKER_CERT_CHAIN,
        .time_check = ES_CHECK_MAKER_CERT_CHAIN,
        .revocation_check = ES_CHECK_MAKER_CERT_CHAIN,
        .where = where,
    };

    if (es_cert_decode(c->seal->maker_cert, &c->maker, err) != ES_OK) {
        es_finding_add(&c->findings, ES_CHECK_MAKER_CERT_CHAIN, ES_V_MAKER_CERT_MISSING, where,
                       NULL);
        return ES_OK;
    }
    request.cert = c->maker;
    es_seal_check_maker(c->seal, c->maker, c->v->trust, &c->times, where, &c->findings);
    ES_TRY(es_chain_check(c->v->trust, &request, &c->findings, NULL, err));
    /* SPEC GM/T 0031-2025: the maker's certificate at the time of making (formats.md 4.4). */
    if (c->seal->edition == ES_SEAL_2025 &&
        (c->seal->created_s < c->maker->not_before_s || c->seal->created_s > c->maker->not_after_s))
        es_finding_add(&c->findings, ES_CHECK_MAKER_CERT_CHAIN,
                       c->seal->created_s < c->maker->not_before_s
                           ? ES_V_CERT_NOT_YET_VALID_AT_SIGNING
                           : ES_V_CERT_EXPIRED_AT_SIGNING,
                       where, NULL);
    return ES_OK;
}

static es_status check_all(struct checking *c, struct es_error *err)
{
    const char *where = "seal";
    const struct es_state_rules rules = {.max_age_s = c->v->policy.state_max_age_s,
                                         .log_only = c->v->policy.state_by_log,
                                         .at_set = c->v->verifier.at_set};
    struct es_state_facts facts;

    c->times = (struct es_times){
        .now_s = c->v->now_s, .claim_s = c->v->now_s, .poe_s = c->v->now_s, .proved = true};
    ES_TRY(es_seal_verify_maker(c->seal, where, NULL, &c->findings, err));
    es_seal_check_dates(c->seal, &c->times, where, &c->findings);
    ES_TRY(check_maker(c, where, err));
    if (c->v->verifier.states != NULL || c->v->policy.state_required)
        ES_TRY(es_state_check(c->v->verifier.states, c->seal, c->v->trust, &c->times, &rules, where,
                              &facts, &c->findings, err));
    return c->findings.lost ? es_error_set(err, ES_E_NOMEM, "out of memory") : ES_OK;
}

static enum es_outcome outcome_of(const struct checking *c)
{
    enum es_effect worst = ES_EFFECT_NOTE;

    for (const struct es_finding *f = c->findings.first; f != NULL; f = f->next) {
        enum es_effect effect = es_policy_effect(&c->v->policy, f->code);

        worst = effect > worst ? effect : worst;
    }
    return worst == ES_EFFECT_INVALID         ? ES_OUTCOME_INVALID
           : worst == ES_EFFECT_INDETERMINATE ? ES_OUTCOME_INDETERMINATE
                                              : ES_OUTCOME_VALID;
}

static const char *words_of(enum es_outcome outcome, bool zh)
{
    switch (outcome) {
    case ES_OUTCOME_VALID:
        return zh ? "有效" : "VALID";
    case ES_OUTCOME_INVALID:
        return zh ? "无效" : "INVALID";
    default:
        return zh ? "无法确定" : "UNDETERMINED";
    }
}

static void put_text(const struct cli *cli, const struct checking *c, enum es_outcome outcome,
                     struct es_buf *out)
{
    es_buf_printf(out, "%s  ", words_of(outcome, cli->zh));
    es_buf_put_shown(out, c->seal->name, 128);
    es_buf_put_str(out, "  ");
    es_buf_put_shown(out, c->seal->id, 64);
    es_buf_put_byte(out, '\n');
    for (const struct es_finding *f = c->findings.first; f != NULL; f = f->next) {
        static const char marks[] = "-!?x";

        es_buf_printf(out, "  %c ", marks[es_policy_effect(&c->v->policy, f->code)]);
        es_finding_text(f, cli->zh, out);
        es_buf_printf(out, " [%s]\n", es_code_info(f->code)->id);
    }
}

static void put_json(const struct checking *c, enum es_outcome outcome, struct es_buf *out)
{
    struct es_json_out json = {.buf = out};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "outcome", es_outcome_name(outcome));
    es_json_key(&json, "code");
    es_json_put_span(&json, c->seal->id);
    es_json_key(&json, "name");
    es_json_put_span(&json, c->seal->name);
    es_json_pair_text(&json, "edition", es_seal_edition_name(c->seal->edition));
    es_json_key(&json, "codes");
    es_json_begin_array(&json);
    for (const struct es_finding *f = c->findings.first; f != NULL; f = f->next) {
        static const char *const effects[] = {"-", "W", "N", "I"};

        es_json_begin_object(&json);
        es_json_pair_text(&json, "id", es_code_info(f->code)->id);
        es_json_pair_text(&json, "check", es_check_name(f->check));
        es_json_pair_text(&json, "effect", effects[es_policy_effect(&c->v->policy, f->code)]);
        es_json_end_object(&json);
    }
    es_json_end_array(&json);
    es_json_end_object(&json);
    es_buf_put_byte(out, '\n');
}

static es_status run(struct cli *cli, struct checking *c, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);
    enum es_outcome outcome;
    es_status status;

    ES_TRY(es_file_read(cli->args[0], &bytes, err));
    status = es_seal_decode(es_buf_span(&bytes), ES_CHECK_FORMAT, "seal", &c->findings, &c->seal,
                            err);
    if (status != ES_OK)
        return es_error_at(err, status, "%s", cli->args[0]);
    ES_TRY(check_all(c, err));
    outcome = outcome_of(c);
    cli->exit_code = outcome == ES_OUTCOME_VALID ? 0 : outcome == ES_OUTCOME_INVALID ? 1 : 2;
    if (cli->json)
        put_json(c, outcome, &out);
    else if (!cli->quiet)
        put_text(cli, c, outcome, &out);
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

es_status cmd_seal_verify(struct cli *cli, struct es_error *err)
{
    struct cli_verifier v;
    struct checking c = {.v = &v};
    es_status status;

    ES_TRY(cli_verifier_init(cli, &v, err));
    es_arena_init(&c.arena, 0);
    es_findings_init(&c.findings, &c.arena);
    status = run(cli, &c, err);
    es_cert_free(c.maker);
    es_seal_free(c.seal);
    es_arena_clear(&c.arena);
    cli_verifier_clear(&v);
    return status;
}
