/*
 * Prepared statements of a connection, found by the address of their literal. A statement that
 * runs already (a row's function asks the same again) gets a twin that is dropped after use.
 */
#include "sqlite/lite.h"

#define FIRST_CAP 64

static void stmt_free(struct lite_stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_finalize(stmt->stmt);
    free(stmt);
}

/** "$12" and "$12::bigint" are the value 12. */
static unsigned number_of(const char *name)
{
    unsigned number = 0;

    if (name == NULL || name[0] != '$')
        return 0;
    for (name++; *name >= '0' && *name <= '9' && number <= LITE_VALUES_MAX; name++)
        number = number * 10 + (unsigned) (*name - '0');
    return number <= LITE_VALUES_MAX && (*name == '\0' || *name == ':') ? number : 0;
}

static es_status number_params(struct lite_stmt *stmt, struct es_error *err)
{
    int count = sqlite3_bind_parameter_count(stmt->stmt);

    ES_ENSURE(count <= LITE_VALUES_MAX, err, ES_E_INTERNAL, "a statement of %d parameters", count);
    for (int i = 0; i < count; i++) {
        unsigned number = number_of(sqlite3_bind_parameter_name(stmt->stmt, i + 1));

        ES_ENSURE(number > 0, err, ES_E_INTERNAL, "a parameter that is not $1, $2, …");
        stmt->number[i] = (uint8_t) number;
        stmt->values = number > stmt->values ? number : stmt->values;
    }
    stmt->params = (unsigned) count;
    return ES_OK;
}

static es_status prepare_into(struct lite_conn *conn, struct lite_stmt *stmt, unsigned flags,
                              struct es_error *err)
{
    const char *rest = NULL;
    int rc = sqlite3_prepare_v3(conn->db, stmt->sql, -1, flags, &stmt->stmt, &rest);

    if (rc != SQLITE_OK)
        return lite_error(conn, rc, "statement", err);
    ES_ENSURE(stmt->stmt != NULL && *rest == '\0', err, ES_E_INTERNAL,
              "not exactly one statement given");
    return number_params(stmt, err);
}

static es_status prepare(struct lite_conn *conn, const char *sql, unsigned flags,
                         struct lite_stmt **out, struct es_error *err)
{
    struct lite_stmt *stmt = calloc(1, sizeof *stmt);
    es_status status;

    ES_ENSURE(stmt != NULL, err, ES_E_NOMEM, "out of memory");
    stmt->sql = sql;
    status = prepare_into(conn, stmt, flags, err);
    if (status != ES_OK)
        stmt_free(stmt);
    else
        *out = stmt;
    return status;
}

static struct lite_stmt **place_of(struct lite_stmt **cache, size_t cap, const char *sql)
{
    size_t at = (size_t) (((uintptr_t) sql * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (cap - 1);

    while (cache[at] != NULL && cache[at]->sql != sql)
        at = (at + 1) & (cap - 1);
    return &cache[at];
}

/** Room for one more, with a free place in four. */
static es_status make_room(struct lite_conn *conn, struct es_error *err)
{
    size_t cap = conn->cache_cap == 0 ? FIRST_CAP : conn->cache_cap * 2;
    struct lite_stmt **cache;

    if (conn->cache_count < conn->cache_cap / 4 * 3)
        return ES_OK;
    cache = calloc(cap, sizeof(struct lite_stmt *));
    ES_ENSURE(cache != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < conn->cache_cap; i++)
        if (conn->cache[i] != NULL)
            *place_of(cache, cap, conn->cache[i]->sql) = conn->cache[i];
    free(conn->cache);
    conn->cache = cache;
    conn->cache_cap = cap;
    return ES_OK;
}

es_status lite_stmt_get(struct lite_conn *conn, const char *sql, struct lite_stmt **out,
                        struct es_error *err)
{
    struct lite_stmt **place;

    ES_TRY(make_room(conn, err));
    place = place_of(conn->cache, conn->cache_cap, sql);
    if (*place != NULL && (*place)->in_use)
        return prepare(conn, sql, 0, out, err);
    if (*place == NULL) {
        ES_TRY(prepare(conn, sql, SQLITE_PREPARE_PERSISTENT, place, err));
        conn->cache_count++;
    }
    /* A text that changed under its address would run as what stood there before. */
    ES_BUG_ON(strcmp(sqlite3_sql((*place)->stmt), sql) != 0);
    (*place)->in_use = true;
    *out = *place;
    return ES_OK;
}

void lite_stmt_put(struct lite_conn *conn, struct lite_stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_reset(stmt->stmt);
    sqlite3_clear_bindings(stmt->stmt);
    if (*place_of(conn->cache, conn->cache_cap, stmt->sql) == stmt)
        stmt->in_use = false;
    else
        stmt_free(stmt);
}

void lite_stmts_clear(struct lite_conn *conn)
{
    for (size_t i = 0; i < conn->cache_cap; i++)
        stmt_free(conn->cache[i]);
    free(conn->cache);
    conn->cache = NULL;
    conn->cache_cap = conn->cache_count = 0;
}
