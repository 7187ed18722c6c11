/*
 * Asking witnesses over HTTP. A witness is no friend: its answer is bounded, its line is checked
 * against the key we know, and its word about what it knows is used for nothing but the size from
 * which a proof is wanted.
 */
#include "es_http.h"
#include "es_json.h"
#include "es_witness.h"

#define TIMEOUT_MS 10000u
#define REPLY_MAX (256u * 1024u)
#define ROUNDS 3 /* it may sign something newer between two offers */

static es_status post(const char *url, const char *path, const struct es_buf *body,
                      struct es_json **out, struct es_error *err)
{
    ES_AUTO(es_buf) full = ES_BUF_INIT(8192);
    ES_AUTO(es_buf) reply = ES_BUF_INIT(REPLY_MAX);
    size_t len = strlen(url);

    while (len > 0 && url[len - 1] == '/')
        len--;
    es_buf_put(&full, url, len);
    es_buf_put_str(&full, path);
    if (es_buf_cstr(&full) == NULL)
        return es_buf_check(&full, err);
    ES_TRY(es_http_post(es_buf_cstr(&full), "application/json", es_buf_span(body),
                        "application/json", TIMEOUT_MS, &reply, err));
    return es_json_parse(es_buf_span(&reply), REPLY_MAX, out, err);
}

/* ---- offering ---- */

struct offer {
    const char *url;
    const struct es_log_witness *witness;
    struct es_span checkpoint;
    uint64_t size, from;
    struct es_tree_path path;
    es_status (*prove)(void *ctx, uint64_t from, uint64_t to, struct es_tree_path *out,
                       struct es_error *err);
    void *ctx;
};

static es_status put_offer(const struct offer *o, struct es_buf *body, struct es_error *err)
{
    struct es_json_out out = {.buf = body};

    es_json_begin_object(&out);
    es_json_pair_int(&out, "v", 1);
    es_json_key(&out, "checkpoint");
    es_json_put_span(&out, o->checkpoint);
    es_json_pair_int(&out, "from", (int64_t) o->from);
    es_json_key(&out, "path");
    ES_TRY(es_log_put_path(&out, &o->path, err));
    es_json_end_object(&out);
    return es_buf_check(body, err);
}

/* One line, and it holds for the checkpoint that was offered. */
static es_status take_line(const struct offer *o, struct es_span given, struct es_buf *line,
                           struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_checkpoint) checkpoint = {.size = 0};
    uint64_t time_s = 0;
    bool good = false;

    ES_ENSURE(given.len > 0 && es_span_find(given, '\n') == given.len - 1, err, ES_E_MISMATCH,
              "%s did not give one line", o->witness->name);
    es_buf_put_span(&text, o->checkpoint);
    es_buf_put_span(&text, given);
    ES_TRY(es_buf_check(&text, err));
    ES_TRY(es_checkpoint_parse(es_buf_span(&text), &checkpoint, err));
    ES_TRY(es_checkpoint_verify_witness(&checkpoint, o->witness->name, o->witness->key, &good,
                                        &time_s, err));
    ES_ENSURE(good, err, ES_E_MISMATCH, "the line of %s does not hold", o->witness->name);
    es_buf_put_span(line, given);
    return es_buf_check(line, err);
}

/* Behind: make the proof it wants, if there can be one. */
static es_status follow(struct offer *o, es_json_node root, struct es_error *err)
{
    int64_t size = 0;

    ES_TRY(es_json_int(root, "known_size", &size, err));
    ES_ENSURE(size >= 0 && (uint64_t) size <= o->size, err, ES_E_CONFLICT,
              "%s signed size %lld, offered is %llu", o->witness->name, (long long) size,
              (unsigned long long) o->size);
    o->from = (uint64_t) size;
    o->path.count = 0;
    if (o->from == 0 || o->from == o->size)
        return ES_OK;
    ES_ENSURE(o->prove != NULL, err, ES_E_CONFLICT, "%s wants a proof from %llu", o->witness->name,
              (unsigned long long) o->from);
    return o->prove(o->ctx, o->from, o->size, &o->path, err);
}

static es_status refused(const struct offer *o, es_json_node root, const char *answer,
                         struct es_error *err)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(1024);
    const char *why = es_json_string(es_json_member(root, "why"));
    bool fork = strcmp(answer, "fork") == 0;

    es_buf_put_shown(&shown, es_span_str(why), 100);
    ES_ENSURE(!fork, err, ES_E_INTEGRITY, "%s signed another root for size %llu", o->witness->name,
              (unsigned long long) o->size);
    return es_error_set(err, ES_E_DENIED, "%s refuses: %s", o->witness->name,
                        es_buf_cstr(&shown) == NULL ? "" : es_buf_cstr(&shown));
}

static es_status offer(struct offer *o, bool *done, struct es_buf *line, struct es_error *err)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(REPLY_MAX);
    ES_AUTO_PTR(es_json) json = NULL;
    const char *answer = NULL, *given = NULL;
    es_json_node root;

    ES_TRY(put_offer(o, &body, err));
    ES_TRY(post(o->url, "/v1/witness/checkpoint", &body, &json, err));
    root = es_json_root(json);
    ES_TRY(es_json_text(root, "answer", &answer, err));
    if (strcmp(answer, "behind") == 0)
        return follow(o, root, err);
    if (strcmp(answer, "signed") != 0)
        return refused(o, root, answer, err);
    *done = true;
    ES_TRY(es_json_text(root, "line", &given, err));
    return take_line(o, es_span_str(given), line, err);
}

es_status es_witness_ask(const char *url, const struct es_log_witness *witness,
                         struct es_span checkpoint,
                         es_status (*prove)(void *ctx, uint64_t from, uint64_t to,
                                            struct es_tree_path *out, struct es_error *err),
                         void *ctx, struct es_buf *line, struct es_error *err)
{
    ES_AUTO(es_checkpoint) parsed = {.size = 0};
    struct offer o = {
        .url = url, .witness = witness, .checkpoint = checkpoint, .prove = prove, .ctx = ctx};
    bool done = false;

    ES_TRY(es_checkpoint_parse(checkpoint, &parsed, err));
    o.size = parsed.size;
    for (unsigned round = 0; round < ROUNDS && !done; round++)
        ES_TRY(offer(&o, &done, line, err));
    ES_ENSURE(done, err, ES_E_CONFLICT, "%s moves on faster than it is asked", witness->name);
    return ES_OK;
}

/* ---- what it knows ---- */

es_status es_witness_ask_known(const char *url, const char *origin, struct es_buf *note,
                               struct es_error *err)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(4096);
    ES_AUTO_PTR(es_json) json = NULL;
    struct es_json_out out = {.buf = &body};
    const char *text;

    es_json_begin_object(&out);
    es_json_pair_int(&out, "v", 1);
    es_json_pair_text(&out, "origin", origin);
    es_json_end_object(&out);
    ES_TRY(es_buf_check(&body, err));
    ES_TRY(post(url, "/v1/witness/known", &body, &json, err));
    text = es_json_string(es_json_member(es_json_root(json), "known"));
    ES_ENSURE(text != NULL, err, ES_E_ABSENT, "the witness signed nothing for %s", origin);
    ES_ENSURE(strlen(text) <= ES_CHECKPOINT_MAX, err, ES_E_LIMIT, "checkpoint of %zu bytes",
              strlen(text));
    es_buf_put_str(note, text);
    return es_buf_check(note, err);
}
