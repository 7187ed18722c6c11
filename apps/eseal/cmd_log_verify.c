/*
 * eseal log verify: a bundle or a proof, offline: no database, no network, nothing believed but the
 * key that is given. Exit code 0 sound, 1 findings, 2 could not run.
 */
#include "records.h"

#include "es_json.h"

#define BUNDLE_MANIFEST_MAX ((size_t) 64 << 20)

const struct cli_option cmd_log_verify_options[] = {
    {"bundle", 0, "DIR", false, "exported log", "日志包目录"},
    {"proof", 0, "FILE", false, "or: an inclusion or consistency proof, or a receipt",
     "或:存在性、延续性证明或回执"},
    {"subject", 0, "SM3", false, "digest that the receipt must be for",
     "回执须对应的摘要(64 位十六进制)"},
    {"key", 0, "FILE", false, "the log's public key (130 hex digits)", "日志公钥(130 位十六进制)"},
    {"witness-policy", 0, "FILE", false, "logs and witnesses to believe, and how many are needed",
     "可信日志、见证者及所需数量"},
    {"since", 0, "FILE", false, "checkpoint verified before: only what follows is read",
     "以往已核验的检查点,只核验其后部分"},
    {"full", 0, NULL, false, "with --since: read everything all the same",
     "与 --since 同用:仍全部核验"},
    CLI_OPTIONS_END};

struct verifying {
    struct cli *cli;
    struct es_log_policy *policy;
    struct es_pubkey *key;
    struct es_buf origin; /* of the bundle, when only a key is given */
    struct es_buf since;
    struct es_log_trust trust;
    struct es_buf findings; /* JSON array, without its brackets */
    struct es_json_out json;
    struct es_error failed; /* the first output that could not be written */
};

static void verifying_clear(struct verifying *v)
{
    es_log_policy_free(v->policy);
    es_pubkey_free(v->key);
    es_buf_clear(&v->origin);
    es_buf_clear(&v->since);
    es_buf_clear(&v->findings);
}

/* ---- whom to believe ---- */

static es_status bundle_origin(const char *folder, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(BUNDLE_MANIFEST_MAX);
    ES_AUTO_PTR(es_json) json = NULL;
    const char *origin = NULL;

    es_buf_printf(&path, "%s/bundle.json", folder);
    ES_ENSURE(es_buf_cstr(&path) != NULL, err, ES_E_LIMIT, "%s: path is too long", folder);
    ES_TRY(es_file_read(es_buf_cstr(&path), &bytes, err));
    ES_TRY(es_json_parse(es_buf_span(&bytes), BUNDLE_MANIFEST_MAX, &json, err));
    ES_TRY(es_json_text(es_json_root(json), "origin", &origin, err));
    es_buf_put_str(out, origin);
    ES_ENSURE(es_buf_cstr(out) != NULL, err, ES_E_LIMIT, "origin is too long");
    return ES_OK;
}

/* The policy's entry for an origin, or a key of one's own with the policy's witnesses. */
static es_status take_trust(struct verifying *v, struct es_error *err)
{
    const char *key = cli_get(v->cli, "key"), *policy = cli_get(v->cli, "witness-policy");
    const struct es_log_trust *named = NULL;

    if (policy != NULL) {
        ES_AUTO(es_buf) text = ES_BUF_INIT(ES_LOG_POLICY_MAX);

        ES_TRY(es_file_read(policy, &text, err));
        ES_TRY(es_log_policy_parse(es_buf_span(&text), &v->policy, err));
        es_log_policy_witnesses(v->policy, &v->trust); /* they are those of all its logs */
        named = es_log_policy_find(v->policy, es_buf_span(&v->origin));
        if (named != NULL)
            v->trust = *named;
    }
    ES_ENSURE(key != NULL || named != NULL, err, ES_E_USAGE,
              "whose log is it? --key FILE, or a --witness-policy that names %s",
              es_buf_cstr(&v->origin));
    if (key != NULL) {
        ES_TRY(cli_read_point(key, &v->key, err));
        v->trust.key = v->key;
        v->trust.origin = es_buf_cstr(&v->origin);
    }
    return ES_OK;
}

/* ---- a bundle ---- */

static void put_finding(struct verifying *v, const struct es_log_finding *f)
{
    es_json_begin_object(&v->json);
    es_json_pair_text(&v->json, "rule", f->rule);
    es_json_key(&v->json, "index");
    if (f->has_index)
        es_json_put_uint(&v->json, f->index);
    else
        es_json_put_null(&v->json);
    es_json_pair_bool(&v->json, "notice", f->notice);
    es_json_pair_text(&v->json, "text", f->text);
    es_json_end_object(&v->json);
}

static void found(void *ctx, const struct es_log_finding *f)
{
    struct verifying *v = ctx;
    ES_AUTO(es_buf) line = ES_BUF_INIT(2000);

    if (v->cli->json) {
        put_finding(v, f);
        return;
    }
    es_buf_printf(&line, "%s %s ", f->notice ? "notice" : "finding", f->rule);
    if (f->has_index)
        es_buf_printf(&line, "%llu ", (unsigned long long) f->index);
    else
        es_buf_put_str(&line, "- ");
    es_buf_put_shown(&line, es_span_str(f->text), 200);
    es_buf_put_byte(&line, '\n');
    if (v->failed.status == ES_OK)
        v->failed.status = cli_print(es_buf_span(&line), &v->failed);
}

static void progressed(void *ctx, uint64_t done, uint64_t of)
{
    struct verifying *v = ctx;

    if (v->cli->err_is_tty && !v->cli->quiet)
        (void) fprintf(stderr, "\r%llu / %llu", (unsigned long long) done, (unsigned long long) of);
}

static es_status print_result(struct verifying *v, const struct es_log_verify_result *r,
                              struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(256u << 20);
    struct es_json_out json = {.buf = &text};

    if (!v->cli->json) {
        es_buf_printf(&text, "entries %llu checkpoints %llu findings %llu\n",
                      (unsigned long long) r->entries, (unsigned long long) r->checkpoints,
                      (unsigned long long) r->findings);
    } else {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "origin", r->origin);
        es_json_pair_int(&json, "entries", (int64_t) r->entries);
        es_json_pair_int(&json, "checkpoints", (int64_t) r->checkpoints);
        es_json_pair_int(&json, "signed_size", (int64_t) r->signed_size);
        es_json_pair_int(&json, "witnesses", (int64_t) r->witnesses);
        es_json_pair_time(&json, "witnessed", (int64_t) r->witnessed_s);
        es_json_pair_int(&json, "finding_count", (int64_t) r->findings);
        es_json_pair_int(&json, "notice_count", (int64_t) r->notices);
        es_json_key(&json, "findings");
        es_json_begin_array(&json);
        ES_TRY(es_buf_check(&v->findings, err));
        es_buf_put_span(&text, es_buf_span(&v->findings));
        es_json_end_array(&json);
        es_json_end_object(&json);
        es_buf_put_byte(&text, '\n');
    }
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

static es_status verify_bundle(struct verifying *v, const char *folder, struct es_error *err)
{
    struct es_log_verify_options options = {
        .full = cli_has(v->cli, "full"), .found = found, .progress = progressed, .ctx = v};
    struct es_log_verify_result result = {0};
    const char *since = cli_get(v->cli, "since");

    ES_TRY(bundle_origin(folder, &v->origin, err));
    ES_TRY(take_trust(v, err));
    options.trust = &v->trust;
    if (since != NULL)
        ES_TRY(es_file_read(since, &v->since, err));
    options.since = es_buf_span(&v->since);
    ES_TRY(es_log_verify(folder, &options, &result, err));
    if (v->cli->err_is_tty && !v->cli->quiet)
        (void) fprintf(stderr, "\r\033[K");
    if (v->failed.status != ES_OK)
        return es_error_set(err, v->failed.status, "%s", v->failed.text);
    if (result.findings > 0)
        v->cli->exit_code = 1;
    return print_result(v, &result, err);
}

/* ---- a proof ---- */

/* Origin: first line of the checkpoint that the proof ends in. */
static es_status proof_origin(struct es_span text, struct es_buf *out, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;
    const char *note;
    struct es_span span;

    ES_TRY(es_json_parse(text, ES_LOG_PROOF_MAX, &json, err));
    note = es_json_string(es_json_member(es_json_root(json), "checkpoint"));
    if (note == NULL)
        note = es_json_string(es_json_member(es_json_root(json), "checkpoint_to"));
    ES_ENSURE(note != NULL, err, ES_E_FORMAT, "a proof without checkpoint");
    span = es_span_str(note);
    es_buf_put_span(out, es_span_sub(span, 0, es_span_find(span, '\n')));
    ES_ENSURE(es_buf_cstr(out) != NULL, err, ES_E_LIMIT, "origin is too long");
    return ES_OK;
}

/* The digest that a proved entry is about; *has false: it is about none. */
static void read_subject(const struct es_log_proof_facts *facts, uint8_t out[ES_SM3_LEN], bool *has)
{
    static const struct es_log_hash none;
    struct es_audit_event event;
    struct es_leaf leaf;

    *has = facts->kind == ES_LOG_PROOF_INCLUSION &&
           es_leaf_decode(es_buf_span(&facts->leaf), &leaf, NULL) == ES_OK &&
           leaf.kind == ES_LEAF_AUDIT && es_audit_event_decode(leaf.body, &event, NULL) == ES_OK &&
           !es_log_hash_equal(&event.subject, &none);
    if (*has)
        memcpy(out, event.subject.b, ES_SM3_LEN);
}

/* A receipt says that something was logged; whose it is, its holder has to compare. */
static es_status check_subject(const struct cli *cli, struct es_log_proof_facts *facts,
                               struct es_error *err)
{
    uint8_t want[ES_SM3_LEN], is[ES_SM3_LEN] = {0};
    const char *text = cli_get(cli, "subject");
    bool has = false;

    if (text == NULL)
        return ES_OK;
    ES_TRY(cli_hash("--subject", text, want, err));
    read_subject(facts, is, &has);
    if (!facts->holds || (has && memcmp(is, want, sizeof want) == 0))
        return ES_OK;
    facts->holds = false;
    facts->why = "the entry is about something else";
    return ES_OK;
}

static void pair_subject(struct es_json_out *json, const struct es_log_proof_facts *facts)
{
    uint8_t subject[ES_SM3_LEN];
    bool has = false;

    read_subject(facts, subject, &has);
    if (has)
        es_json_pair_hex(json, "subject", es_span_of(subject, sizeof subject));
    else
        es_json_pair_text(json, "subject", NULL);
}

static es_status print_proof(const struct cli *cli, const struct es_log_proof_facts *facts,
                             struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4000);
    struct es_json_out json = {.buf = &text};
    bool inclusion = facts->kind == ES_LOG_PROOF_INCLUSION;

    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "type", inclusion ? "inclusion" : "consistency");
        es_json_pair_bool(&json, "holds", facts->holds);
        es_json_pair_text(&json, "why", facts->holds ? NULL : facts->why);
        es_json_pair_int(&json, inclusion ? "index" : "from",
                         (int64_t) (inclusion ? facts->index : facts->from));
        es_json_pair_int(&json, "size", (int64_t) facts->size);
        pair_subject(&json, facts);
        es_json_pair_int(&json, "witnesses", (int64_t) facts->witnesses);
        es_json_pair_time(&json, "witnessed", (int64_t) facts->witnessed_s);
        es_json_end_object(&json);
        es_buf_put_byte(&text, '\n');
    } else if (!facts->holds) {
        CLI_PUT(cli, &text, "the proof does not hold: %s\n", "证明不成立:%s\n", facts->why);
    } else if (inclusion) {
        CLI_PUT(cli, &text, "entry %llu is in the log of size %llu; witnesses: %zu\n",
                "序号 %llu 的条目在大小为 %llu 的日志中;见证 %zu 个\n",
                (unsigned long long) facts->index, (unsigned long long) facts->size,
                facts->witnesses);
    } else {
        CLI_PUT(cli, &text, "the log of size %llu continues in that of size %llu; witnesses: %zu\n",
                "大小 %llu 的日志延续为大小 %llu;见证 %zu 个\n", (unsigned long long) facts->from,
                (unsigned long long) facts->size, facts->witnesses);
    }
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

static es_status verify_proof(struct verifying *v, const char *path, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(ES_LOG_PROOF_MAX);
    struct es_log_proof_facts facts = {0};
    es_status status;

    ES_TRY(es_file_read(path, &text, err));
    ES_TRY(proof_origin(es_buf_span(&text), &v->origin, err));
    ES_TRY(take_trust(v, err));
    status = es_log_proof_verify(es_buf_span(&text), &v->trust, &facts, err);
    if (status == ES_OK)
        status = check_subject(v->cli, &facts, err);
    if (status == ES_OK) {
        v->cli->exit_code = !facts.holds ? 1 : facts.unwitnessed ? 2 : 0;
        status = print_proof(v->cli, &facts, err);
    }
    es_log_proof_clear(&facts);
    return status;
}

es_status cmd_log_verify(struct cli *cli, struct es_error *err)
{
    ES_AUTO(verifying)
    v = {.cli = cli,
         .origin = ES_BUF_INIT(1024),
         .since = ES_BUF_INIT(ES_CHECKPOINT_MAX),
         .findings = ES_BUF_INIT(128u << 20)};
    const char *bundle = cli_get(cli, "bundle"), *proof = cli_get(cli, "proof");
    es_status status;

    v.json.buf = &v.findings;
    ES_ENSURE((bundle == NULL) != (proof == NULL), err, ES_E_USAGE,
              "what is to be verified? --bundle DIR or --proof FILE");
    if (proof != NULL)
        return verify_proof(&v, proof, err);
    status = verify_bundle(&v, bundle, err);
    /* SPEC audit-log.md 9: could not run is 2, whatever stopped it; wrong use stays wrong use. */
    if (status == ES_OK || status == ES_E_USAGE || status == ES_E_WRITE)
        return status;
    cli_refuse(cli, status, err);
    cli->exit_code = 2;
    return ES_OK;
}
