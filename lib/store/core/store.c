/*
 * The wrapper: chooses the driver by the URL and checks arguments, so that drivers need not.
 * Sessions and transactions are handed through; their rules stand in es_store.h.
 */
#include "core/core.h"

struct es_store {
    const struct es_store_ops *ops;
    void *self;
    bool read_only;
};

struct es_session {
    const struct es_store_ops *ops;
    void *self;
    bool read_only;
};

static const struct es_store_ops *const drivers[] = {&store_sqlite_ops, &store_postgres_ops};

static es_status find_driver(const char *url, const struct es_store_ops **out, struct es_error *err)
{
    ES_ENSURE(url != NULL, err, ES_E_USAGE, "no URL of a store given");
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        ES_BUG_ON(drivers[i]->abi != ES_STORE_OPS_ABI);
        if (strncmp(url, drivers[i]->scheme, strlen(drivers[i]->scheme)) == 0) {
            *out = drivers[i];
            return ES_OK;
        }
    }
    return es_error_set(err, ES_E_CONFIG, "a store's URL begins with sqlite: or postgresql:");
}

es_status es_store_open(const char *url, const struct es_store_options *options,
                        struct es_store **out, struct es_error *err)
{
    static const struct es_store_options none;
    const struct es_store_ops *ops = NULL;
    ES_AUTO_PTR(es_store) store = NULL;

    *out = NULL;
    ES_TRY(find_driver(url, &ops, err));
    options = options != NULL ? options : &none;
    store = calloc(1, sizeof *store);
    ES_ENSURE(store != NULL, err, ES_E_NOMEM, "out of memory");
    store->ops = ops;
    store->read_only = options->read_only;
    ES_TRY(ops->open(store, url, options, &store->self, err));
    *out = ES_TAKE(store);
    return ES_OK;
}

void es_store_free(struct es_store *store)
{
    if (store == NULL)
        return;
    store->ops->close(store->self);
    free(store);
}

const char *es_store_driver(const struct es_store *store)
{
    return store->ops->name;
}

unsigned es_store_lanes(const struct es_store *store)
{
    return store->ops->lanes(store->self);
}

static es_status check_call(const struct es_store *store, enum es_store_as as, es_tx_fn fn,
                            struct es_error *err)
{
    ES_ENSURE(store != NULL, err, ES_E_USAGE, "no store given");
    ES_ENSURE(as <= ES_AS_OWNER, err, ES_E_USAGE, "no such role");
    ES_ENSURE(fn != NULL, err, ES_E_USAGE, "no function given");
    return ES_OK;
}

es_status es_store_read(struct es_store *store, enum es_store_as as, es_tx_fn fn, void *ctx,
                        struct es_error *err)
{
    ES_TRY(check_call(store, as, fn, err));
    return store->ops->read(store->self, as, fn, ctx, err);
}

es_status es_store_write(struct es_store *store, enum es_store_as as, es_tx_fn fn, void *ctx,
                         struct es_error *err)
{
    ES_TRY(check_call(store, as, fn, err));
    ES_ENSURE(!store->read_only, err, ES_E_DENIED, "the store is open for reading only");
    return store->ops->write(store->self, as, -1, fn, ctx, err);
}

es_status es_store_write_on(struct es_store *store, enum es_store_as as, unsigned lane, es_tx_fn fn,
                            void *ctx, struct es_error *err)
{
    ES_TRY(check_call(store, as, fn, err));
    ES_ENSURE(!store->read_only, err, ES_E_DENIED, "the store is open for reading only");
    ES_ENSURE(lane < es_store_lanes(store), err, ES_E_RANGE, "lane %u of %u", lane,
              es_store_lanes(store));
    return store->ops->write(store->self, as, (int) lane, fn, ctx, err);
}

es_status es_session_open(struct es_store *store, enum es_store_as as, int64_t lock_id,
                          struct es_session **out, struct es_error *err)
{
    ES_AUTO_PTR(es_session) session = NULL;

    *out = NULL;
    ES_ENSURE(store != NULL && as <= ES_AS_OWNER, err, ES_E_USAGE, "no store or no such role");
    session = calloc(1, sizeof *session);
    ES_ENSURE(session != NULL, err, ES_E_NOMEM, "out of memory");
    session->ops = store->ops;
    session->read_only = store->read_only;
    ES_TRY(store->ops->session_open(store->self, as, lock_id, &session->self, err));
    *out = ES_TAKE(session);
    return ES_OK;
}

es_status es_session_write(struct es_session *session, es_tx_fn fn, void *ctx, struct es_error *err)
{
    ES_ENSURE(session != NULL && fn != NULL, err, ES_E_USAGE, "no session or no function given");
    ES_ENSURE(!session->read_only, err, ES_E_DENIED, "the store is open for reading only");
    return session->ops->session_write(session->self, fn, ctx, err);
}

es_status es_session_read(struct es_session *session, es_tx_fn fn, void *ctx, struct es_error *err)
{
    ES_ENSURE(session != NULL && fn != NULL, err, ES_E_USAGE, "no session or no function given");
    return session->ops->session_read(session->self, fn, ctx, err);
}

void es_session_free(struct es_session *session)
{
    if (session == NULL)
        return;
    if (session->self != NULL)
        session->ops->session_close(session->self);
    free(session);
}

es_status es_store_wait(struct es_store *store, const char *channel, uint64_t *seen,
                        unsigned timeout_ms, struct es_error *err)
{
    ES_ENSURE(store != NULL && seen != NULL, err, ES_E_USAGE, "no store or no place given");
    ES_TRY(store_check_channel(channel, err));
    return store->ops->wait(store->self, channel, seen, timeout_ms, err);
}

es_status es_store_backup(struct es_store *store, const char *path, struct es_error *err)
{
    ES_ENSURE(store != NULL && path != NULL && *path != '\0', err, ES_E_USAGE,
              "no store or no file given");
    return store->ops->backup(store->self, path, err);
}

es_status es_store_restore(const char *url, const char *path, struct es_error *err)
{
    const struct es_store_ops *ops = NULL;

    ES_ENSURE(path != NULL && *path != '\0', err, ES_E_USAGE, "no file to restore from given");
    ES_TRY(find_driver(url, &ops, err));
    return ops->restore(url, path, err);
}

es_status es_store_checkpoint(struct es_store *store, struct es_error *err)
{
    ES_ENSURE(store != NULL, err, ES_E_USAGE, "no store given");
    ES_ENSURE(!store->read_only, err, ES_E_DENIED, "the store is open for reading only");
    return store->ops->checkpoint(store->self, err);
}
