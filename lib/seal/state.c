/* Signed answers about a seal's state: the text that is signed, making, reading. */
#include "es_state.h"

#include "es_json.h"
#include "state_internal.h"

#define ANSWER_MAX (256u * 1024u)

static const struct {
    int status;
    const char *name;
} status_names[] = {
    {ES_STATUS_MADE, "made"},           {ES_STATUS_FILED, "filed"},
    {ES_STATUS_ACTIVE, "active"},       {ES_STATUS_SUSPENDED, "suspended"},
    {ES_STATUS_EXPIRED, "expired"},     {ES_STATUS_SUPERSEDED, "superseded"},
    {ES_STATUS_CANCELLED, "cancelled"}, {ES_STATUS_INVALIDATED, "invalidated"},
};

const char *es_seal_status_name(int status)
{
    for (size_t i = 0; i < sizeof status_names / sizeof status_names[0]; i++)
        if (status_names[i].status == status)
            return status_names[i].name;
    return NULL;
}

int es_seal_status_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof status_names / sizeof status_names[0]; i++)
        if (strcmp(status_names[i].name, name) == 0)
            return status_names[i].status;
    return 0;
}

es_status es_seal_map_key(struct es_span seal_der, uint8_t out[ES_SM3_LEN], struct es_error *err)
{
    ES_AUTO_PTR(es_hash) hash = NULL;
    const uint8_t prefix = 0x05;

    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    ES_TRY(es_hash_update(hash, es_span_of(&prefix, 1), err));
    ES_TRY(es_hash_update(hash, seal_der, err));
    return es_hash_final(hash, out, err);
}

/* The text under the signature. */
static es_status put_signed_text(const uint8_t key[ES_SM3_LEN], int64_t answered_s,
                                 const struct es_state_event *events, size_t count,
                                 struct es_buf *out, struct es_error *err)
{
    char time[ES_TIME_TEXT_MAX], known[ES_TIME_TEXT_MAX];

    es_buf_put_str(out, "eseal seal-state-answer v1\n");
    es_buf_put_hex(out, es_span_of(key, ES_SM3_LEN));
    es_time_iso(answered_s, time);
    es_buf_printf(out, "\n%s\n", time);
    for (size_t i = 0; i < count; i++) {
        es_time_iso(events[i].effective_s, time);
        es_time_iso(events[i].known_s, known);
        es_buf_printf(out, "%d %d %s %s\n", events[i].status, events[i].reason, time, known);
    }
    return es_buf_check(out, err);
}

es_status state_check_events(const struct es_state_event *events, size_t count,
                             struct es_error *err)
{
    ES_ENSURE(count >= 1 && count <= ES_STATE_EVENTS_MAX, err, ES_E_RANGE,
              "%zu state events, allowed are 1 to %d", count, ES_STATE_EVENTS_MAX);
    ES_ENSURE(events[0].status == ES_STATUS_ACTIVE, err, ES_E_FORMAT,
              "first state is %d, it must be %d (active)", events[0].status, ES_STATUS_ACTIVE);
    for (size_t i = 0; i < count; i++) {
        int status = events[i].status;

        ES_ENSURE(status >= ES_STATUS_ACTIVE && es_seal_status_name(status) != NULL, err,
                  ES_E_RANGE, "state %d, allowed are 30, 40, 50, 60, 70 and 80", status);
        ES_ENSURE(events[i].reason >= 0 && events[i].reason <= 99, err, ES_E_RANGE,
                  "reason %d, allowed are 0 to 99", events[i].reason);
        ES_ENSURE(i == 0 || events[i].known_s >= events[i - 1].known_s, err, ES_E_FORMAT,
                  "state event %zu was known before the one in front of it", i);
        ES_ENSURE(i == 0 || events[i - 1].status != ES_STATUS_INVALIDATED, err, ES_E_FORMAT,
                  "state event %zu follows an invalidation", i);
    }
    return ES_OK;
}

static void put_events(struct es_json_out *json, const struct es_state_event *events, size_t count)
{
    char time[ES_TIME_TEXT_MAX];

    es_json_key(json, "events");
    es_json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        es_json_begin_object(json);
        es_json_pair_int(json, "status", events[i].status);
        es_json_pair_int(json, "reason", events[i].reason);
        es_time_iso(events[i].effective_s, time);
        es_json_pair_text(json, "effective", time);
        es_time_iso(events[i].known_s, time);
        es_json_pair_text(json, "known", time);
        es_json_end_object(json);
    }
    es_json_end_array(json);
}

static void pair_base64(struct es_json_out *json, const char *key, struct es_span bytes)
{
    es_json_key(json, key);
    es_buf_put_str(json->buf, "\"");
    es_buf_put_base64(json->buf, bytes);
    es_buf_put_str(json->buf, "\"");
    json->comma = true;
}

es_status es_state_answer_make(struct es_span seal_der, const struct es_state_event *events,
                               size_t count, int64_t answered_s, const struct es_cert *signer,
                               struct es_key *key, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(ANSWER_MAX);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(128);
    struct es_json_out json = {.buf = out};
    uint8_t map_key[ES_SM3_LEN];
    char time[ES_TIME_TEXT_MAX];

    ES_TRY(state_check_events(events, count, err));
    ES_TRY(es_seal_map_key(seal_der, map_key, err));
    ES_TRY(put_signed_text(map_key, answered_s, events, count, &text, err));
    ES_TRY(es_key_sign(key, es_buf_span(&text), &sig, err));
    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "type", "seal-state-answer");
    es_json_pair_hex(&json, "key", es_span_of(map_key, sizeof map_key));
    es_time_iso(answered_s, time);
    es_json_pair_text(&json, "answered_at", time);
    put_events(&json, events, count);
    pair_base64(&json, "signer", signer->der);
    pair_base64(&json, "signature", es_buf_span(&sig));
    es_json_end_object(&json);
    return es_buf_check(out, err);
}

/* ---- reading ---- */

static es_status read_time(es_json_node node, const char *name, int64_t *out_s,
                           struct es_error *err)
{
    const char *text = NULL;
    char again[ES_TIME_TEXT_MAX];

    ES_TRY(es_json_text(node, name, &text, err));
    ES_TRY(es_time_parse(text, 0, out_s, err));
    es_time_iso(*out_s, again);
    ES_ENSURE(strcmp(text, again) == 0, err, ES_E_FORMAT,
              "%s \"%.40s\", it must have the form 2026-03-01T08:00:00Z", name, text);
    return ES_OK;
}

static es_status read_event(es_json_node node, struct es_state_event *event, struct es_error *err)
{
    static const char *const names[] = {"status", "reason", "effective", "known", NULL};
    int64_t status = 0, reason = 0;

    ES_TRY(es_json_only(node, names, err));
    ES_TRY(es_json_int(node, "status", &status, err));
    ES_TRY(es_json_int(node, "reason", &reason, err));
    ES_ENSURE(status >= 0 && status <= 99 && reason >= 0 && reason <= 99, err, ES_E_RANGE,
              "state event with status %lld and reason %lld", (long long) status,
              (long long) reason);
    event->status = (int) status;
    event->reason = (int) reason;
    ES_TRY(read_time(node, "effective", &event->effective_s, err));
    return read_time(node, "known", &event->known_s, err);
}

static es_status read_events(es_json_node root, struct es_state_answer *answer,
                             struct es_error *err)
{
    es_json_node events = es_json_member(root, "events");
    size_t count = es_json_is_array(events) ? es_json_size(events) : 0;

    ES_ENSURE(count >= 1 && count <= ES_STATE_EVENTS_MAX, err, ES_E_FORMAT,
              "%zu state events, allowed are 1 to %d", count, ES_STATE_EVENTS_MAX);
    answer->events = calloc(count, sizeof *answer->events);
    ES_ENSURE(answer->events != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        ES_TRY(read_event(es_json_item(events, i), &answer->events[i], err));
    answer->count = count;
    return state_check_events(answer->events, count, err);
}

static es_status read_bytes(es_json_node root, const char *name, struct es_buf *out,
                            struct es_error *err)
{
    const char *text = NULL;

    ES_TRY(es_json_text(root, name, &text, err));
    return es_base64_decode(es_span_str(text), out, NULL, err);
}

static es_status read_key(es_json_node root, uint8_t key[ES_SM3_LEN], struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SM3_LEN);
    const char *text = NULL;

    ES_TRY(es_json_text(root, "key", &text, err));
    ES_TRY(es_hex_decode(es_span_str(text), &bytes, err));
    ES_ENSURE(bytes.len == ES_SM3_LEN, err, ES_E_FORMAT, "key of %zu bytes, it must have 32",
              bytes.len);
    memcpy(key, bytes.ptr, ES_SM3_LEN);
    return ES_OK;
}

/* *proof tells which of the two kinds it is. */
static es_status check_head(es_json_node root, bool *proof, struct es_error *err)
{
    static const char *const names[] = {"v",      "type",   "key",       "answered_at",
                                        "events", "signer", "signature", NULL};
    const char *type = NULL;
    int64_t version = 0;

    ES_TRY(es_json_int(root, "v", &version, err));
    ES_ENSURE(version == 1, err, ES_E_UNSUPPORTED, "version %lld, known is 1", (long long) version);
    ES_TRY(es_json_text(root, "type", &type, err));
    *proof = strcmp(type, "seal-status-proof") == 0;
    if (*proof)
        return ES_OK;
    ES_ENSURE(strcmp(type, "seal-state-answer") == 0, err, ES_E_UNSUPPORTED,
              "type \"%.40s\", known are seal-state-answer and seal-status-proof", type);
    return es_json_only(root, names, err);
}

static es_status read_answer(es_json_node root, struct es_state_answer *answer,
                             struct es_error *err)
{
    ES_AUTO(es_buf) cert = ES_BUF_INIT(65536);

    ES_TRY(read_key(root, answer->key, err));
    ES_TRY(read_time(root, "answered_at", &answer->answered_s, err));
    ES_TRY(read_events(root, answer, err));
    ES_TRY(read_bytes(root, "signer", &cert, err));
    ES_TRY(es_cert_decode(es_buf_span(&cert), &answer->signer, err));
    ES_TRY(read_bytes(root, "signature", &answer->sig, err));
    return put_signed_text(answer->key, answer->answered_s, answer->events, answer->count,
                           &answer->text, err);
}

static void answer_free(struct es_state_answer *answer)
{
    if (answer == NULL)
        return;
    free(answer->events);
    es_cert_free(answer->signer);
    es_buf_clear(&answer->sig);
    es_buf_clear(&answer->text);
    es_buf_clear(&answer->origin);
    free(answer);
}

es_status es_state_source_new(struct es_state_source **out, struct es_error *err)
{
    *out = calloc(1, sizeof **out);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

void es_state_source_free(struct es_state_source *source)
{
    if (source == NULL)
        return;
    while (source->first != NULL) {
        struct es_state_answer *next = source->first->next;

        answer_free(source->first);
        source->first = next;
    }
    for (size_t i = 0; i < source->policy_count; i++)
        es_log_policy_free(source->policies[i]);
    free(source);
}

/* Key, quorum and witnesses, in the order of the file. */
static bool same_trust(const struct es_log_trust *a, const struct es_log_trust *b)
{
    bool same = a->quorum == b->quorum && a->witness_count == b->witness_count &&
                es_span_equal(es_pubkey_point(a->key), es_pubkey_point(b->key));

    for (size_t i = 0; same && i < a->witness_count; i++)
        same = strcmp(a->witnesses[i].name, b->witnesses[i].name) == 0 &&
               es_span_equal(es_pubkey_point(a->witnesses[i].key),
                             es_pubkey_point(b->witnesses[i].key));
    return same;
}

/* One log, one trust: which of two policies counts must not hang on the order of loading. */
static es_status check_agrees(const struct es_state_source *source,
                              const struct es_log_policy *policy, struct es_error *err)
{
    for (size_t i = 0; i < es_log_policy_count(policy); i++) {
        const struct es_log_trust *trust = es_log_policy_at(policy, i);
        const struct es_log_trust *known = state_find_log(source, es_span_str(trust->origin));

        ES_ENSURE(known == NULL || same_trust(known, trust), err, ES_E_CONFIG,
                  "%s stands in another policy with other keys or another quorum", trust->origin);
    }
    return ES_OK;
}

es_status es_state_source_add_logs(struct es_state_source *source, struct es_span policy,
                                   struct es_error *err)
{
    ES_AUTO_PTR(es_log_policy) more = NULL;

    ES_ENSURE(source->policy_count < STATE_POLICIES_MAX, err, ES_E_LIMIT,
              "more than %d policies of logs", STATE_POLICIES_MAX);
    ES_TRY(es_log_policy_parse(policy, &more, err));
    ES_TRY(check_agrees(source, more, err));
    source->policies[source->policy_count++] = ES_TAKE(more);
    return ES_OK;
}

static es_status read_either(const struct es_state_source *source, struct es_span text,
                             struct es_state_answer *answer, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;
    bool proof = false;

    ES_TRY(es_json_parse(text, ES_STATUS_PROOF_MAX, &json, err));
    ES_TRY(check_head(es_json_root(json), &proof, err));
    if (proof)
        return state_read_proof(source, text, answer, err);
    ES_ENSURE(text.len <= ANSWER_MAX, err, ES_E_LIMIT, "%zu bytes, allowed are %u", text.len,
              ANSWER_MAX);
    return read_answer(es_json_root(json), answer, err);
}

es_status es_state_source_add(struct es_state_source *source, struct es_span json,
                              struct es_error *err)
{
    struct es_state_answer *answer = calloc(1, sizeof *answer);
    es_status status;

    ES_ENSURE(answer != NULL, err, ES_E_NOMEM, "out of memory");
    es_buf_init(&answer->sig, 256);
    es_buf_init(&answer->text, ANSWER_MAX);
    es_buf_init(&answer->origin, 256);
    status = read_either(source, json, answer, err);
    if (status != ES_OK) {
        answer_free(answer);
        return es_error_at(err, status, "state answer");
    }
    answer->next = source->first;
    source->first = answer;
    source->count++;
    return ES_OK;
}

size_t es_state_source_count(const struct es_state_source *source)
{
    return source->count;
}
