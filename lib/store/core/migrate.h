/* Migrations inside the store: the lists made from migrations/ and the way they are applied. */
#ifndef ES_STORE_MIGRATE_H
#define ES_STORE_MIGRATE_H

#include "store_internal.h"

struct store_migrations {
    const struct es_migration *list;
    size_t count;
};
extern const struct store_migrations store_migrations_sqlite;
extern const struct store_migrations store_migrations_postgres;

/** es_store_migrate and es_store_check_schema with a list of the caller's. */
ES_CHECKED es_status store_migrate_with(struct es_store *store, struct store_migrations ours,
                                        const struct es_clock *clock, struct es_error *err);
ES_CHECKED es_status store_check_with(struct es_store *store, struct store_migrations ours,
                                      struct es_error *err);

#endif
