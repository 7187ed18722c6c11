/*
 * Work queues over store_queue. A lease is the row's due time moved into the future and its number
 * of tries raised by one; who knows the number of tries holds the lease. So an item is removed or
 * put back only by its last taker, and a taker that died gives it back by letting time pass.
 */
#include "es_queue.h"

#define BODY_MAX (16 << 20)
#define TOPIC_MAX 64

struct take {
    const char *topic;
    int64_t now_ms, until_ms;
    struct es_queue_item *out;
    bool found;
};

void es_queue_item_clear(struct es_queue_item *item)
{
    es_buf_clear(&item->body);
    *item = (struct es_queue_item){0};
}

static es_status check_topic(const char *topic, struct es_error *err)
{
    size_t len = topic != NULL ? strlen(topic) : 0;

    ES_ENSURE(len >= 1 && len <= TOPIC_MAX, err, ES_E_RANGE,
              "topic of %zu characters, allowed are 1 to %d", len, TOPIC_MAX);
    return ES_OK;
}

es_status es_queue_put(struct es_tx *tx, const char *topic, struct es_span body,
                       int64_t not_before_ms, struct es_error *err)
{
    static const char sql[] = "INSERT INTO store_queue (topic, body, due_ms) VALUES ($1, $2, $3)";
    const struct es_value values[] = {es_value_text(topic), es_value_blob(body),
                                      es_value_int(not_before_ms)};

    ES_TRY(check_topic(topic, err));
    ES_ENSURE(body.len <= BODY_MAX, err, ES_E_LIMIT, "item of %zu bytes, at most %d", body.len,
              BODY_MAX);
    return es_tx_run(tx, sql, values, 3, NULL, err);
}

static es_status read_item(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct take *take = ctx;
    struct es_span body;

    ES_ENSURE(count == 3, err, ES_E_INTERNAL, "three columns expected, %zu came", count);
    ES_TRY(es_value_get_int(&columns[0], &take->out->id, err));
    ES_TRY(es_value_get_int(&columns[1], &take->out->tries, err));
    ES_TRY(es_value_get_blob(&columns[2], &body, err));
    es_buf_init(&take->out->body, BODY_MAX);
    es_buf_put_span(&take->out->body, body);
    take->found = true;
    return es_buf_check(&take->out->body, err);
}

static es_status take_one(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sqlite[] = "UPDATE store_queue SET due_ms = $3, tries = tries + 1 WHERE id = "
                                 "(SELECT id FROM store_queue WHERE topic = $1 AND due_ms <= $2 "
                                 "ORDER BY due_ms, id LIMIT 1) "
                                 "RETURNING id, tries, body";
    static const char postgres[] =
        "WITH due AS MATERIALIZED (SELECT id FROM store_queue WHERE topic = $1 AND due_ms <= $2 "
        "ORDER BY due_ms, id LIMIT 1 FOR UPDATE SKIP LOCKED) "
        "UPDATE store_queue q SET due_ms = $3, tries = q.tries + 1 FROM due WHERE q.id = due.id "
        "RETURNING q.id, q.tries, q.body";
    struct take *take = ctx;
    const struct es_value values[] = {es_value_text(take->topic), es_value_int(take->now_ms),
                                      es_value_int(take->until_ms)};

    es_queue_item_clear(take->out);
    take->found = false;
    ES_TRY(es_tx_query(tx, strcmp(es_tx_driver(tx), "sqlite") == 0 ? sqlite : postgres, values, 3,
                       read_item, take, err));
    ES_ENSURE(take->found, err, ES_E_ABSENT, "nothing is due");
    return ES_OK;
}

es_status es_queue_take(struct es_store *store, const char *topic, int64_t now_ms, int64_t lease_ms,
                        struct es_queue_item *out, struct es_error *err)
{
    struct take take = {.topic = topic, .now_ms = now_ms, .out = out};
    es_status status;

    *out = (struct es_queue_item){0};
    ES_TRY(check_topic(topic, err));
    ES_ENSURE(lease_ms > 0 && !__builtin_add_overflow(now_ms, lease_ms, &take.until_ms), err,
              ES_E_RANGE, "lease of %lld ms", (long long) lease_ms);
    status = es_store_write(store, ES_AS_SERVICE, take_one, &take, err);
    if (status != ES_OK)
        es_queue_item_clear(out);
    return status;
}

static es_status ensure_held(int64_t changed, struct es_error *err)
{
    ES_ENSURE(changed == 1, err, ES_E_CONFLICT, "the lease ended and somebody else has the item");
    return ES_OK;
}

es_status es_queue_done(struct es_tx *tx, const struct es_queue_item *item, struct es_error *err)
{
    static const char sql[] = "DELETE FROM store_queue WHERE id = $1 AND tries = $2";
    const struct es_value values[] = {es_value_int(item->id), es_value_int(item->tries)};
    int64_t changed = 0;

    ES_TRY(es_tx_run(tx, sql, values, 2, &changed, err));
    return ensure_held(changed, err);
}

es_status es_queue_later(struct es_tx *tx, const struct es_queue_item *item, int64_t not_before_ms,
                         const char *why, struct es_error *err)
{
    static const char sql[] =
        "UPDATE store_queue SET due_ms = $3, why = $4 WHERE id = $1 AND tries = $2";
    const struct es_value values[] = {es_value_int(item->id), es_value_int(item->tries),
                                      es_value_int(not_before_ms), es_value_text(why)};
    int64_t changed = 0;

    ES_TRY(es_tx_run(tx, sql, values, 4, &changed, err));
    return ensure_held(changed, err);
}
