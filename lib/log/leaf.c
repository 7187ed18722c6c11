/* Leaves and their bodies: fixed layouts, read back only in the one form they are written in. */
#include "es_log.h"
#include "log_internal.h"

#define LEAF_VERSION 1
#define BODY_VERSION 1

bool es_log_hash_equal(const struct es_log_hash *a, const struct es_log_hash *b)
{
    return memcmp(a->b, b->b, ES_LOG_HASH_LEN) == 0;
}

bool es_log_hash_is_zero(const struct es_log_hash *hash)
{
    static const struct es_log_hash zero;

    return es_log_hash_equal(hash, &zero);
}

es_status log_hash(uint8_t prefix, const struct es_span *parts, size_t count,
                   struct es_log_hash *out, struct es_error *err)
{
    ES_AUTO_PTR(es_hash) hash = NULL;

    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    ES_TRY(es_hash_update(hash, es_span_of(&prefix, 1), err));
    for (size_t i = 0; i < count; i++)
        ES_TRY(es_hash_update(hash, parts[i], err));
    return es_hash_final(hash, out->b, err);
}

es_status es_leaf_hash(struct es_span bytes, struct es_log_hash *out, struct es_error *err)
{
    return log_hash(0x00, &bytes, 1, out, err);
}

es_status es_log_genesis(const char *origin, struct es_log_hash *out, struct es_error *err)
{
    const struct es_span text = es_span_str(origin);

    return log_hash(0x04, &text, 1, out, err);
}

es_status es_log_detail_hash(const uint8_t salt[32], struct es_span detail, struct es_log_hash *out,
                             struct es_error *err)
{
    const struct es_span parts[2] = {es_span_of(salt, 32), detail};

    return log_hash(0x02, parts, 2, out, err);
}

/* ---- numbers ---- */

void log_put_u64(struct es_buf *out, uint64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        es_buf_put_byte(out, (uint8_t) (value >> shift));
}

static void put_hash(struct es_buf *out, const struct es_log_hash *hash)
{
    es_buf_put(out, hash->b, sizeof hash->b);
}

/* A reader that is empty from its first failure on. */
struct reader {
    struct es_span in;
    bool failed;
};

static struct es_span take(struct reader *r, size_t len)
{
    struct es_span out = es_span_sub(r->in, 0, len);

    if (r->in.len < len) {
        r->failed = true;
        r->in.len = 0;
        return es_span_of(NULL, 0);
    }
    r->in = es_span_sub(r->in, len, r->in.len);
    return out;
}

static uint64_t take_uint(struct reader *r, size_t len)
{
    struct es_span bytes = take(r, len);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | bytes.ptr[i];
    return value;
}

static void take_bytes(struct reader *r, uint8_t *out, size_t len)
{
    struct es_span bytes = take(r, len);

    if (!r->failed)
        memcpy(out, bytes.ptr, len);
}

/* v8: one length byte and then the text. */
static struct es_span take_text(struct reader *r)
{
    return take(r, (size_t) take_uint(r, 1));
}

/* ---- the leaf ---- */

es_status es_leaf_encode(const struct es_leaf *leaf, struct es_buf *out, struct es_error *err)
{
    ES_ENSURE(leaf->body.len <= ES_LOG_BODY_MAX, err, ES_E_RANGE,
              "body of %zu bytes, allowed are %u", leaf->body.len, ES_LOG_BODY_MAX);
    es_buf_put_byte(out, LEAF_VERSION);
    es_buf_put_byte(out, (uint8_t) leaf->kind);
    log_put_u64(out, leaf->index);
    log_put_u64(out, leaf->sequenced_ms);
    put_hash(out, &leaf->previous);
    for (int shift = 24; shift >= 0; shift -= 8)
        es_buf_put_byte(out, (uint8_t) (leaf->body.len >> shift));
    es_buf_put_span(out, leaf->body);
    return es_buf_check(out, err);
}

es_status es_leaf_decode(struct es_span bytes, struct es_leaf *out, struct es_error *err)
{
    struct reader r = {bytes, false};
    uint64_t version = take_uint(&r, 1);
    uint64_t kind = take_uint(&r, 1);

    *out = (struct es_leaf){.index = take_uint(&r, 8)};
    out->sequenced_ms = take_uint(&r, 8);
    take_bytes(&r, out->previous.b, sizeof out->previous.b);
    out->body = take(&r, (size_t) take_uint(&r, 4));
    ES_ENSURE(!r.failed && r.in.len == 0, err, ES_E_FORMAT, "leaf of %zu bytes is cut or too long",
              bytes.len);
    ES_ENSURE(version == LEAF_VERSION && kind >= ES_LEAF_AUDIT && kind <= ES_LEAF_MAP_HEAD &&
                  out->body.len <= ES_LOG_BODY_MAX,
              err, ES_E_FORMAT, "leaf of version %u and kind %u", (unsigned) version,
              (unsigned) kind);
    out->kind = (enum es_leaf_kind) kind;
    return ES_OK;
}

/* ---- audit events ---- */

static es_status put_text(struct es_buf *out, const char *what, struct es_span text,
                          struct es_error *err)
{
    ES_ENSURE(text.len <= 255 && es_text_clean(text), err, ES_E_RANGE,
              "%s of %zu bytes, allowed are 255 of UTF-8 without control characters", what,
              text.len);
    es_buf_put_byte(out, (uint8_t) text.len);
    es_buf_put_span(out, text);
    return ES_OK;
}

static es_status check_audit(const struct es_audit_event *e, struct es_error *err)
{
    ES_ENSURE(e->outcome <= 3 && e->severity <= 3, err, ES_E_RANGE,
              "outcome %u and severity %u, allowed are 0 to 3", e->outcome, e->severity);
    ES_ENSURE(e->has_detail || es_log_hash_is_zero(&e->detail_hash), err, ES_E_FORMAT,
              "a detail hash without a detail");
    return ES_OK;
}

es_status es_audit_event_encode(const struct es_audit_event *e, struct es_buf *out,
                                struct es_error *err)
{
    ES_TRY(check_audit(e, err));
    es_buf_put_byte(out, BODY_VERSION);
    es_buf_put_byte(out, e->has_detail ? 1 : 0);
    log_put_u64(out, e->event_ms);
    es_buf_put(out, e->entry_id, sizeof e->entry_id);
    log_put_u64(out, e->writer_id);
    log_put_u64(out, e->writer_seq);
    es_buf_put_byte(out, (uint8_t) (e->type >> 8));
    es_buf_put_byte(out, (uint8_t) e->type);
    es_buf_put_byte(out, e->outcome);
    es_buf_put_byte(out, e->severity);
    ES_TRY(put_text(out, "actor", e->actor, err));
    ES_TRY(put_text(out, "role", e->role, err));
    ES_TRY(put_text(out, "object type", e->object_type, err));
    ES_TRY(put_text(out, "object id", e->object_id, err));
    ES_TRY(put_text(out, "correlation", e->correlation, err));
    put_hash(out, &e->subject);
    put_hash(out, &e->detail_hash);
    return es_buf_check(out, err);
}

es_status es_audit_event_decode(struct es_span body, struct es_audit_event *e, struct es_error *err)
{
    struct reader r = {body, false};
    uint64_t version = take_uint(&r, 1);
    uint64_t flags = take_uint(&r, 1);

    *e = (struct es_audit_event){.has_detail = (flags & 1) != 0, .event_ms = take_uint(&r, 8)};
    take_bytes(&r, e->entry_id, sizeof e->entry_id);
    e->writer_id = take_uint(&r, 8);
    e->writer_seq = take_uint(&r, 8);
    e->type = (uint16_t) take_uint(&r, 2);
    e->outcome = (uint8_t) take_uint(&r, 1);
    e->severity = (uint8_t) take_uint(&r, 1);
    e->actor = take_text(&r);
    e->role = take_text(&r);
    e->object_type = take_text(&r);
    e->object_id = take_text(&r);
    e->correlation = take_text(&r);
    take_bytes(&r, e->subject.b, sizeof e->subject.b);
    take_bytes(&r, e->detail_hash.b, sizeof e->detail_hash.b);
    ES_ENSURE(!r.failed && r.in.len == 0 && version == BODY_VERSION && flags <= 1, err, ES_E_FORMAT,
              "audit event of %zu bytes is cut, too long or of another version", body.len);
    ES_ENSURE(es_text_clean(e->actor) && es_text_clean(e->role) && es_text_clean(e->object_type) &&
                  es_text_clean(e->object_id) && es_text_clean(e->correlation),
              err, ES_E_FORMAT, "audit event with a text that is not UTF-8 or has controls");
    return check_audit(e, err);
}

/* ---- status events and map heads ---- */

static bool is_status(uint8_t status)
{
    return status >= 30 && status <= 80 && status % 10 == 0;
}

es_status es_status_event_encode(const struct es_status_event *e, struct es_buf *out,
                                 struct es_error *err)
{
    ES_ENSURE(is_status(e->status), err, ES_E_RANGE,
              "status %u, allowed are 30, 40, 50, 60, 70 and 80", e->status);
    es_buf_put_byte(out, BODY_VERSION);
    es_buf_put_byte(out, e->status);
    es_buf_put_byte(out, e->reason);
    es_buf_put_byte(out, 0);
    log_put_u64(out, e->event_seq);
    log_put_u64(out, e->effective_ms);
    log_put_u64(out, e->valid_from_ms);
    log_put_u64(out, e->valid_until_ms);
    put_hash(out, &e->map_key);
    put_hash(out, &e->previous_event);
    return es_buf_check(out, err);
}

es_status es_status_event_decode(struct es_span body, struct es_status_event *e,
                                 struct es_error *err)
{
    struct reader r = {body, false};
    uint64_t version = take_uint(&r, 1), flags;

    *e = (struct es_status_event){.status = (uint8_t) take_uint(&r, 1)};
    e->reason = (uint8_t) take_uint(&r, 1);
    flags = take_uint(&r, 1);
    e->event_seq = take_uint(&r, 8);
    e->effective_ms = take_uint(&r, 8);
    e->valid_from_ms = take_uint(&r, 8);
    e->valid_until_ms = take_uint(&r, 8);
    take_bytes(&r, e->map_key.b, sizeof e->map_key.b);
    take_bytes(&r, e->previous_event.b, sizeof e->previous_event.b);
    ES_ENSURE(!r.failed && r.in.len == 0 && version == BODY_VERSION && flags == 0 &&
                  is_status(e->status),
              err, ES_E_FORMAT, "status event of %zu bytes is not of the one form", body.len);
    return ES_OK;
}

es_status es_map_head_encode(const struct es_map_head *head, struct es_buf *out,
                             struct es_error *err)
{
    es_buf_put_byte(out, BODY_VERSION);
    log_put_u64(out, head->covers);
    log_put_u64(out, head->count);
    put_hash(out, &head->root);
    return es_buf_check(out, err);
}

es_status es_map_head_decode(struct es_span body, struct es_map_head *head, struct es_error *err)
{
    struct reader r = {body, false};
    uint64_t version = take_uint(&r, 1);

    *head = (struct es_map_head){.covers = take_uint(&r, 8)};
    head->count = take_uint(&r, 8);
    take_bytes(&r, head->root.b, sizeof head->root.b);
    ES_ENSURE(!r.failed && r.in.len == 0 && version == BODY_VERSION, err, ES_E_FORMAT,
              "map head of %zu bytes is not of the one form", body.len);
    return ES_OK;
}
