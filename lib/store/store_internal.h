/* What the wrapper and the drivers share. */
#ifndef ES_STORE_INTERNAL_H
#define ES_STORE_INTERNAL_H

#include "es_store.h"

/** What is to be called when a transaction's fate is known; a list, newest first. */
struct store_hook {
    void (*fn)(void *ctx, enum es_tx_end end);
    void *ctx;
    struct store_hook *next;
};

/** First member of a driver's transaction. */
struct es_tx {
    const struct es_store_ops *ops;
    struct es_store *store;
    unsigned lane;
    struct store_hook *hooks;
};
/** Call and free all hooks of a list. */
void store_hooks_end(struct store_hook *hooks, enum es_tx_end end);

#define ES_STORE_OPS_ABI 1
/** A driver. Arguments were checked by the wrapper (store.c); contracts are those of es_store.h. */
struct es_store_ops {
    unsigned abi;
    const char *name;   /* "sqlite", "postgres" */
    const char *scheme; /* what a URL begins with: "sqlite:", "postgresql:" */
    es_status (*open)(struct es_store *store, const char *url,
                      const struct es_store_options *options, void **self, struct es_error *err);
    void (*close)(void *self); /* self may be NULL */
    unsigned (*lanes)(void *self);
    es_status (*read)(void *self, enum es_store_as as, es_tx_fn fn, void *ctx,
                      struct es_error *err);
    /** lane < 0: any */
    es_status (*write)(void *self, enum es_store_as as, int lane, es_tx_fn fn, void *ctx,
                       struct es_error *err);
    es_status (*session_open)(void *self, enum es_store_as as, int64_t lock_id, void **session,
                              struct es_error *err);
    es_status (*session_write)(void *session, es_tx_fn fn, void *ctx, struct es_error *err);
    es_status (*session_read)(void *session, es_tx_fn fn, void *ctx, struct es_error *err);
    void (*session_close)(void *session);
    es_status (*run)(struct es_tx *tx, const char *sql, const struct es_value *values, size_t count,
                     int64_t *changed, struct es_error *err);
    es_status (*queue)(struct es_tx *tx, const char *sql, const struct es_value *values,
                       size_t count, struct es_error *err);
    es_status (*flush)(struct es_tx *tx, struct es_error *err);
    es_status (*query)(struct es_tx *tx, const char *sql, const struct es_value *values,
                       size_t count, es_row_fn row, void *ctx, struct es_error *err);
    es_status (*script)(struct es_tx *tx, const char *sql, struct es_error *err);
    es_status (*notify)(struct es_tx *tx, const char *channel, struct es_error *err);
    es_status (*wait)(void *self, const char *channel, uint64_t *seen, unsigned timeout_ms,
                      struct es_error *err);
    es_status (*backup)(void *self, const char *path, struct es_error *err);
    es_status (*restore)(const char *url, const char *path, struct es_error *err);
    es_status (*checkpoint)(void *self, struct es_error *err);
};
extern const struct es_store_ops store_sqlite_ops;
extern const struct es_store_ops store_postgres_ops;

#endif
