/*
 * What a transaction's function may call. Values are checked here, so that a driver sees only
 * text that both engines can keep: well-formed UTF-8 without NUL.
 */
#include "core/core.h"

#define VALUES_MAX 100
#define CHANNEL_MAX 32

unsigned es_tx_lane(const struct es_tx *tx)
{
    return tx->lane;
}

const char *es_tx_driver(const struct es_tx *tx)
{
    return tx->ops->name;
}

es_status es_tx_at_end(struct es_tx *tx, void (*fn)(void *ctx, enum es_tx_end end), void *ctx,
                       struct es_error *err)
{
    struct store_hook *hook;

    ES_ENSURE(fn != NULL, err, ES_E_USAGE, "no function to call at the end");
    hook = malloc(sizeof *hook);
    ES_ENSURE(hook != NULL, err, ES_E_NOMEM, "out of memory");
    *hook = (struct store_hook){.fn = fn, .ctx = ctx, .next = tx->hooks};
    tx->hooks = hook;
    return ES_OK;
}

void store_hooks_end(struct store_hook *hooks, enum es_tx_end end)
{
    while (hooks != NULL) {
        struct store_hook *next = hooks->next;

        hooks->fn(hooks->ctx, end);
        free(hooks);
        hooks = next;
    }
}

static es_status check_value(const struct es_value *value, size_t at, struct es_error *err)
{
    switch (value->kind) {
    case ES_VALUE_NULL:
    case ES_VALUE_INT:
        return ES_OK;
    case ES_VALUE_TEXT:
        ES_ENSURE(es_utf8_valid(value->s) && es_span_find(value->s, 0) == value->s.len, err,
                  ES_E_RANGE, "value $%zu is no UTF-8 text without NUL", at + 1);
        break;
    case ES_VALUE_BLOB:
        break;
    default:
        return es_error_set(err, ES_E_USAGE, "value $%zu is of no known kind", at + 1);
    }
    ES_ENSURE(value->s.len <= INT32_MAX, err, ES_E_RANGE, "value $%zu of %zu bytes is too long",
              at + 1, value->s.len);
    return ES_OK;
}

static es_status check_call(const char *sql, const struct es_value *values, size_t count,
                            struct es_error *err)
{
    ES_ENSURE(sql != NULL, err, ES_E_USAGE, "no statement given");
    ES_ENSURE(count <= VALUES_MAX, err, ES_E_USAGE, "%zu values, at most %d", count, VALUES_MAX);
    ES_ENSURE(count == 0 || values != NULL, err, ES_E_USAGE, "no values given");
    for (size_t i = 0; i < count; i++)
        ES_TRY(check_value(&values[i], i, err));
    return ES_OK;
}

es_status es_tx_run(struct es_tx *tx, const char *sql, const struct es_value *values, size_t count,
                    int64_t *changed, struct es_error *err)
{
    ES_TRY(check_call(sql, values, count, err));
    return tx->ops->run(tx, sql, values, count, changed, err);
}

es_status es_tx_queue(struct es_tx *tx, const char *sql, const struct es_value *values,
                      size_t count, struct es_error *err)
{
    ES_TRY(check_call(sql, values, count, err));
    return tx->ops->queue(tx, sql, values, count, err);
}

es_status es_tx_flush(struct es_tx *tx, struct es_error *err)
{
    return tx->ops->flush(tx, err);
}

es_status es_tx_query(struct es_tx *tx, const char *sql, const struct es_value *values,
                      size_t count, es_row_fn row, void *ctx, struct es_error *err)
{
    ES_TRY(check_call(sql, values, count, err));
    ES_ENSURE(row != NULL, err, ES_E_USAGE, "no function for the rows");
    return tx->ops->query(tx, sql, values, count, row, ctx, err);
}

es_status es_tx_script(struct es_tx *tx, const char *sql, struct es_error *err)
{
    ES_TRY(check_call(sql, NULL, 0, err));
    return tx->ops->script(tx, sql, err);
}

es_status store_check_channel(const char *channel, struct es_error *err)
{
    size_t len = channel != NULL ? strlen(channel) : 0;

    ES_ENSURE(len >= 1 && len <= CHANNEL_MAX, err, ES_E_USAGE,
              "name of a channel of %zu characters, allowed are 1 to %d", len, CHANNEL_MAX);
    for (size_t i = 0; i < len; i++)
        ES_ENSURE((channel[i] >= 'a' && channel[i] <= 'z') ||
                      (i > 0 && (channel[i] == '_' || (channel[i] >= '0' && channel[i] <= '9'))),
                  err, ES_E_USAGE, "a channel is a word of lower-case letters");
    return ES_OK;
}

es_status es_tx_notify(struct es_tx *tx, const char *channel, struct es_error *err)
{
    ES_TRY(store_check_channel(channel, err));
    return tx->ops->notify(tx, channel, err);
}
