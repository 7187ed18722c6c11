/*
 * A witness over HTTP. What a witness answers is an answer (200) whatever it says; only a request
 * that is none, or a memory that cannot be written, is another status.
 */
#include "es_http.h"
#include "es_json.h"
#include "es_witness.h"

#define BODY_MAX (1u << 20)

static const char *answer_name(enum es_witness_answer answer)
{
    switch (answer) {
    case ES_WITNESS_SIGNED:
        return "signed";
    case ES_WITNESS_BEHIND:
        return "behind";
    case ES_WITNESS_FORK:
        return "fork";
    default:
        return "refused";
    }
}

static void put_span(struct es_json_out *out, const char *key, struct es_span text)
{
    es_json_key(out, key);
    if (text.len == 0)
        es_json_put_null(out);
    else
        es_json_put_span(out, text);
}

static void put_known(struct es_json_out *out, struct es_span note, uint64_t size)
{
    put_span(out, "known", note);
    es_json_pair_int(out, "known_size", (int64_t) size);
}

static es_status check_version(es_json_node root, struct es_error *err)
{
    int64_t version = 0;

    ES_TRY(es_json_int(root, "v", &version, err));
    ES_ENSURE(version == 1, err, ES_E_FORMAT, "version %lld, known is 1", (long long) version);
    return ES_OK;
}

/* ---- POST /v1/witness/checkpoint ---- */

static void put_reply(struct es_json_out *out, const struct es_witness_reply *reply)
{
    es_json_begin_object(out);
    es_json_pair_int(out, "v", 1);
    es_json_pair_text(out, "answer", answer_name(reply->answer));
    if (reply->answer == ES_WITNESS_SIGNED) {
        put_span(out, "line", es_buf_span(&reply->line));
    } else {
        es_json_pair_text(out, "why", reply->why);
        put_known(out, es_buf_span(&reply->known), reply->known_size);
    }
    es_json_end_object(out);
}

static es_status sign(struct es_witness *witness, es_json_node root, struct es_json_out *out,
                      struct es_error *err)
{
    static const char *const names[] = {"v", "checkpoint", "from", "path", NULL};
    struct es_witness_reply reply;
    struct es_tree_path path;
    const char *checkpoint = NULL;
    int64_t from = 0;

    ES_TRY(es_json_only(root, names, err));
    ES_TRY(check_version(root, err));
    ES_TRY(es_json_text(root, "checkpoint", &checkpoint, err));
    ES_TRY(es_json_int(root, "from", &from, err));
    ES_ENSURE(from >= 0, err, ES_E_FORMAT, "from %lld", (long long) from);
    ES_TRY(es_log_read_path(es_json_member(root, "path"), &path, err));
    ES_TRY(es_witness_sign(witness, es_span_str(checkpoint), (uint64_t) from, &path, &reply, err));
    put_reply(out, &reply);
    es_witness_reply_clear(&reply);
    return es_buf_check(out->buf, err);
}

/* ---- POST /v1/witness/known ---- */

static es_status known_size(struct es_span note, uint64_t *out, struct es_error *err)
{
    ES_AUTO(es_checkpoint) checkpoint = {.size = 0};

    ES_TRY(es_checkpoint_parse(note, &checkpoint, err));
    *out = checkpoint.size;
    return ES_OK;
}

static es_status known(struct es_witness *witness, es_json_node root, struct es_json_out *out,
                       struct es_error *err)
{
    static const char *const names[] = {"v", "origin", NULL};
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    const char *origin = NULL;
    uint64_t size = 0;
    es_status status;

    ES_TRY(es_json_only(root, names, err));
    ES_TRY(check_version(root, err));
    ES_TRY(es_json_text(root, "origin", &origin, err));
    status = es_witness_known(witness, es_span_str(origin), &note, err);
    if (status == ES_OK)
        ES_TRY(known_size(es_buf_span(&note), &size, err));
    else if (status != ES_E_ABSENT)
        return status;
    es_json_begin_object(out);
    es_json_pair_int(out, "v", 1);
    put_known(out, es_buf_span(&note), size);
    es_json_end_object(out);
    return es_buf_check(out->buf, err);
}

/* ---- the handler ---- */

static es_status serve(struct es_witness *witness, const struct es_http_request *request,
                       struct es_json_out *out, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;
    bool sign_path = strcmp(request->path, "/v1/witness/checkpoint") == 0;

    ES_ENSURE(sign_path || strcmp(request->path, "/v1/witness/known") == 0, err, ES_E_ABSENT,
              "no such path");
    ES_ENSURE(strcmp(request->method, "POST") == 0, err, ES_E_USAGE, "only POST is answered");
    ES_ENSURE(es_span_starts(es_span_str(request->media_type), "application/json"), err, ES_E_USAGE,
              "the request must be application/json");
    ES_TRY(es_json_parse(request->body, BODY_MAX, &json, err));
    return sign_path ? sign(witness, es_json_root(json), out, err)
                     : known(witness, es_json_root(json), out, err);
}

void es_witness_handle(void *ctx, const struct es_http_request *request,
                       struct es_http_answer *answer)
{
    struct es_error err = {.status = ES_OK};
    struct es_json_out out = {.buf = &answer->body};
    es_status status = serve(ctx, request, &out, &err);

    answer->status = 200;
    answer->media_type = "application/json";
    if (status == ES_OK)
        return;
    answer->status = (unsigned) es_status_http(status);
    es_buf_reset(&answer->body);
    out = (struct es_json_out){.buf = &answer->body};
    es_json_begin_object(&out);
    es_json_pair_text(&out, "error", es_status_name(status));
    es_json_pair_text(&out, "text", answer->status >= 500 ? es_status_text_en(status) : err.text);
    es_json_end_object(&out);
}
