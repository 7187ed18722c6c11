/* Statements inside a transaction. */
#include "sqlite/lite.h"

void lite_tx_init(struct lite_tx *tx, struct lite_conn *conn)
{
    *tx = (struct lite_tx){.conn = conn};
    tx->base.ops = &store_sqlite_ops;
    tx->base.store = conn->store->outer;
}

es_status lite_tx_call(struct lite_tx *tx, es_tx_fn fn, void *ctx, struct es_error *err)
{
    es_status status;

    tx->conn->guarded = true;
    status = fn(ctx, &tx->base, err);
    tx->conn->guarded = false;
    if (status == ES_OK && tx->failed.status != ES_OK)
        return es_error_set(err, tx->failed.status, "%s", tx->failed.text);
    return status;
}

static struct lite_tx *own(struct es_tx *tx)
{
    return (struct lite_tx *) tx;
}

static es_status ensure_sound(const struct lite_tx *tx, struct es_error *err)
{
    ES_ENSURE(tx->failed.status == ES_OK, err, tx->failed.status, "%s", tx->failed.text);
    return ES_OK;
}

/** Remember the failure of a statement. */
static es_status doom(struct lite_tx *tx, int rc, const char *doing, struct es_error *err)
{
    lite_error(tx->conn, rc, doing, &tx->failed);
    return ensure_sound(tx, err);
}

static int bind_value(sqlite3_stmt *stmt, int at, const struct es_value *value)
{
    const char *bytes = value->s.len > 0 ? (const char *) value->s.ptr : "";

    switch (value->kind) {
    case ES_VALUE_INT:
        return sqlite3_bind_int64(stmt, at, value->i);
    case ES_VALUE_TEXT:
        return sqlite3_bind_text64(stmt, at, bytes, value->s.len, SQLITE_STATIC, SQLITE_UTF8);
    case ES_VALUE_BLOB:
        return sqlite3_bind_blob64(stmt, at, bytes, value->s.len, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, at);
    }
}

static es_status bind_all(const struct lite_conn *conn, const struct lite_stmt *stmt,
                          const struct es_value *values, size_t count, struct es_error *err)
{
    ES_ENSURE(stmt->values == count, err, ES_E_INTERNAL, "a statement of %zu values got %zu",
              stmt->values, count);
    for (unsigned i = 0; i < stmt->params; i++) {
        int rc = bind_value(stmt->stmt, (int) i + 1, &values[stmt->number[i] - 1]);

        if (rc != SQLITE_OK)
            return lite_error(conn, rc, "value", err);
    }
    return ES_OK;
}

static es_status read_column(sqlite3_stmt *stmt, int at, struct es_value *out, struct es_error *err)
{
    const void *bytes = NULL;
    int type = sqlite3_column_type(stmt, at);

    if (type == SQLITE_NULL || type == SQLITE_INTEGER) {
        *out = type == SQLITE_NULL ? es_value_text(NULL)
                                   : es_value_int(sqlite3_column_int64(stmt, at));
        return ES_OK;
    }
    ES_ENSURE(type == SQLITE_TEXT || type == SQLITE_BLOB, err, ES_E_INTEGRITY,
              "column %d holds a broken number", at + 1);
    bytes = type == SQLITE_TEXT ? (const void *) sqlite3_column_text(stmt, at)
                                : sqlite3_column_blob(stmt, at);
    out->kind = type == SQLITE_TEXT ? ES_VALUE_TEXT : ES_VALUE_BLOB;
    out->s = es_span_of(bytes, (size_t) sqlite3_column_bytes(stmt, at));
    ES_ENSURE(bytes != NULL || out->s.len == 0, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

struct rows {
    es_row_fn fn; /* NULL: rows are of no interest */
    void *ctx;
};

static es_status give_row(sqlite3_stmt *stmt, const struct rows *rows, struct es_error *err)
{
    struct es_value columns[LITE_COLUMNS_MAX];
    int count = sqlite3_column_count(stmt);

    if (rows->fn == NULL)
        return ES_OK;
    ES_ENSURE(count <= LITE_COLUMNS_MAX, err, ES_E_INTERNAL, "a row of %d columns", count);
    for (int i = 0; i < count; i++)
        ES_TRY(read_column(stmt, i, &columns[i], err));
    return rows->fn(rows->ctx, columns, (size_t) count, err);
}

static es_status step_all(struct lite_tx *tx, sqlite3_stmt *stmt, const struct rows *rows,
                          struct es_error *err)
{
    int rc;

    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        ES_TRY(give_row(stmt, rows, err));
    return rc == SQLITE_DONE ? ES_OK : doom(tx, rc, "statement", err);
}

static es_status perform(struct lite_tx *tx, const char *sql, const struct es_value *values,
                         size_t count, const struct rows *rows, int64_t *changed,
                         struct es_error *err)
{
    struct lite_stmt *stmt = NULL;
    es_status status;

    ES_TRY(ensure_sound(tx, err));
    status = lite_stmt_get(tx->conn, sql, &stmt, &tx->failed);
    if (status == ES_OK)
        status = bind_all(tx->conn, stmt, values, count, &tx->failed);
    if (status != ES_OK)
        status = ensure_sound(tx, err);
    else
        status = step_all(tx, stmt->stmt, rows, err);
    if (status == ES_OK && changed != NULL)
        *changed = sqlite3_stmt_readonly(stmt->stmt) ? 0 : sqlite3_changes64(tx->conn->db);
    lite_stmt_put(tx->conn, stmt);
    return status;
}

es_status lite_tx_run(struct es_tx *tx, const char *sql, const struct es_value *values,
                      size_t count, int64_t *changed, struct es_error *err)
{
    const struct rows none = {.fn = NULL};

    return perform(own(tx), sql, values, count, &none, changed, err);
}

es_status lite_tx_queue(struct es_tx *tx, const char *sql, const struct es_value *values,
                        size_t count, struct es_error *err)
{
    return lite_tx_run(tx, sql, values, count, NULL, err);
}

es_status lite_tx_flush(struct es_tx *tx, struct es_error *err)
{
    return ensure_sound(own(tx), err);
}

es_status lite_tx_query(struct es_tx *tx, const char *sql, const struct es_value *values,
                        size_t count, es_row_fn row, void *ctx, struct es_error *err)
{
    const struct rows rows = {.fn = row, .ctx = ctx};

    return perform(own(tx), sql, values, count, &rows, NULL, err);
}

es_status lite_tx_script(struct es_tx *base, const char *sql, struct es_error *err)
{
    const struct rows none = {.fn = NULL};
    struct lite_tx *tx = own(base);
    es_status status = ensure_sound(tx, err);

    while (status == ES_OK && *sql != '\0') {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(tx->conn->db, sql, -1, &stmt, &sql);

        if (rc != SQLITE_OK)
            status = doom(tx, rc, "script", err);
        else if (stmt != NULL) /* NULL: only blanks or a comment were left */
            status = step_all(tx, stmt, &none, err);
        sqlite3_finalize(stmt);
    }
    return status;
}
