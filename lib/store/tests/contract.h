/*
 * The contract of es_store.h as tests: one program that runs over the store ESEAL_STORE_URL names,
 * or over a new SQLite file. Whatever driver is behind it, all hold. Tests make their own tables,
 * with types both engines know, and drop them; only what can never be deleted stays.
 */
#ifndef ES_STORE_CONTRACT_H
#define ES_STORE_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_store.h"

struct contract {
    struct es_store *store;
    const char *url;
    char own_url[256]; /* of the SQLite file, when no other store was named */
    char folder[128];
    bool sqlite;
};

struct contract_part {
    const struct CMUnitTest *tests;
    size_t count;
};
extern const struct contract_part contract_values, contract_groups, contract_sessions,
    contract_migrations, contract_queue, contract_care;

/** Run a script as the owner; the test fails when it does. */
void contract_script(struct contract *c, const char *sql);
/** Drop a table, when it is there, and make it anew: sql with "BLOB" for bytes. */
void contract_table(struct contract *c, const char *drop, const char *sqlite, const char *postgres);
/** One number a statement without values gives. */
int64_t contract_number(struct contract *c, const char *sql);
/** A statement with values, in a writing transaction of its own, as the owner. */
es_status contract_run(struct contract *c, const char *sql, const struct es_value *values,
                       size_t count, struct es_error *err);
es_status contract_run_as(struct contract *c, enum es_store_as as, const char *sql,
                          const struct es_value *values, size_t count, struct es_error *err);
/** A row's function for one number. */
es_status contract_read_number(void *ctx, const struct es_value *columns, size_t count,
                               struct es_error *err);

#endif
