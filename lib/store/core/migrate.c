/*
 * Migrations. What was applied stands in schema_migration, which this file makes itself; each
 * migration runs in one transaction with its entry there. Invariants: the entered numbers are
 * 1 … k without gaps, each with the SM3 of the text that ran; anything else stops the program
 * before it writes. Who migrates holds a lock of the store, so two processes never do it at once.
 */
#include "core/migrate.h"

#include <inttypes.h>

#include "es_crypto.h"

#define MIGRATE_LOCK 0x6573656d /* "esem": no log has this number */

const struct es_migration *es_store_migrations(const char *driver, size_t *count)
{
    const struct store_migrations *ours = NULL;

    if (driver != NULL && strcmp(driver, "sqlite") == 0)
        ours = &store_migrations_sqlite;
    else if (driver != NULL && strcmp(driver, "postgres") == 0)
        ours = &store_migrations_postgres;
    *count = ours != NULL ? ours->count : 0;
    return ours != NULL ? ours->list : NULL;
}

/** What the entries are compared with, and how many there are. */
struct look {
    struct store_migrations ours;
    size_t entered;
};

static bool on_sqlite(const struct es_tx *tx)
{
    return strcmp(es_tx_driver(tx), "sqlite") == 0;
}

static es_status make_table(struct es_tx *tx, struct es_error *err)
{
    static const char sqlite[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                                 "number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                                 "digest BLOB NOT NULL, applied_ms INTEGER NOT NULL) STRICT";
    static const char postgres[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                                   "number BIGINT PRIMARY KEY, name TEXT NOT NULL, "
                                   "digest BYTEA NOT NULL, applied_ms BIGINT NOT NULL)";

    return es_tx_script(tx, on_sqlite(tx) ? sqlite : postgres, err);
}

static es_status read_count(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    ES_ENSURE(count == 1, err, ES_E_INTERNAL, "one column expected, %zu came", count);
    return es_value_get_int(&columns[0], ctx, err);
}

static es_status table_exists(struct es_tx *tx, bool *out, struct es_error *err)
{
    static const char sqlite[] = "SELECT count(*) FROM sqlite_schema "
                                 "WHERE type = 'table' AND name = 'schema_migration'";
    static const char postgres[] = "SELECT count(*) FROM pg_tables WHERE tablename = "
                                   "'schema_migration' AND schemaname = ANY "
                                   "(current_schemas(false))";
    int64_t count = 0;

    ES_TRY(es_tx_query(tx, on_sqlite(tx) ? sqlite : postgres, NULL, 0, read_count, &count, err));
    *out = count > 0;
    return ES_OK;
}

static es_status text_digest(const struct es_migration *migration, uint8_t digest[ES_SM3_LEN],
                             struct es_error *err)
{
    return es_sm3(es_span_str(migration->sql), digest, err);
}

/** One entry, in the order of numbers: it must be the next of ours, unchanged. */
static es_status compare_entry(void *ctx, const struct es_value *columns, size_t count,
                               struct es_error *err)
{
    struct look *look = ctx;
    uint8_t entered[ES_SM3_LEN], expected[ES_SM3_LEN];
    int64_t number;

    ES_ENSURE(count == 2, err, ES_E_INTERNAL, "two columns expected, %zu came", count);
    ES_TRY(es_value_get_int(&columns[0], &number, err));
    ES_ENSURE(number <= (int64_t) look->ours.count, err, ES_E_CONFIG,
              "the database has migration %" PRId64 ", this program knows %zu: it is too old",
              number, look->ours.count);
    ES_ENSURE(number == (int64_t) look->entered + 1, err, ES_E_INTEGRITY,
              "migration %" PRId64 " is entered where %zu is due", number, look->entered + 1);
    ES_TRY(es_value_copy_blob(&columns[1], entered, sizeof entered, err));
    ES_TRY(text_digest(&look->ours.list[look->entered], expected, err));
    ES_ENSURE(memcmp(entered, expected, sizeof entered) == 0, err, ES_E_INTEGRITY,
              "migration %" PRId64 " was applied with another text than ours", number);
    look->entered++;
    return ES_OK;
}

static es_status compare_entries(struct es_tx *tx, struct look *look, struct es_error *err)
{
    static const char sql[] = "SELECT number, digest FROM schema_migration ORDER BY number";

    look->entered = 0;
    return es_tx_query(tx, sql, NULL, 0, compare_entry, look, err);
}

static es_status look_only(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct look *look = ctx;
    bool there = false;

    look->entered = 0;
    ES_TRY(table_exists(tx, &there, err));
    return there ? compare_entries(tx, look, err) : ES_OK;
}

es_status store_check_with(struct es_store *store, struct store_migrations ours,
                           struct es_error *err)
{
    struct look look = {.ours = ours};

    ES_BUG_ON(ours.list == NULL);
    ES_TRY(es_store_read(store, ES_AS_OWNER, look_only, &look, err));
    ES_ENSURE(look.entered == ours.count, err, ES_E_CONFIG,
              "the database lacks migration %u (%s) and those behind it",
              ours.list[look.entered].number, ours.list[look.entered].name);
    return ES_OK;
}

/** One step: whatever comes after the entries that are there now. */
struct step {
    struct look look;
    int64_t now_ms;
};

static es_status enter(struct es_tx *tx, const struct es_migration *migration, int64_t now_ms,
                       struct es_error *err)
{
    static const char sql[] = "INSERT INTO schema_migration (number, name, digest, applied_ms) "
                              "VALUES ($1, $2, $3, $4)";
    uint8_t digest[ES_SM3_LEN];

    ES_TRY(text_digest(migration, digest, err));
    const struct es_value values[] = {
        es_value_int((int64_t) migration->number),
        es_value_text(migration->name),
        es_value_blob(es_span_of(digest, sizeof digest)),
        es_value_int(now_ms),
    };
    return es_tx_run(tx, sql, values, 4, NULL, err);
}

static es_status apply_next(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct step *step = ctx;
    const struct es_migration *next;
    es_status status;

    ES_TRY(make_table(tx, err));
    ES_TRY(compare_entries(tx, &step->look, err));
    if (step->look.entered == step->look.ours.count)
        return ES_OK;
    next = &step->look.ours.list[step->look.entered];
    status = es_tx_script(tx, next->sql, err);
    if (status != ES_OK)
        return es_error_at(err, status, "migration %u (%s)", next->number, next->name);
    ES_TRY(enter(tx, next, step->now_ms, err));
    return ES_OK;
}

es_status store_migrate_with(struct es_store *store, struct store_migrations ours,
                             const struct es_clock *clock, struct es_error *err)
{
    ES_AUTO_PTR(es_session) session = NULL;
    struct step step = {.look = {.ours = ours}};

    ES_TRY(es_session_open(store, ES_AS_OWNER, MIGRATE_LOCK, &session, err));
    ES_TRY(es_session_read(session, look_only, &step.look, err));
    while (step.look.entered < ours.count) {
        step.now_ms = es_clock_ms(clock);
        ES_TRY(es_session_write(session, apply_next, &step, err));
        step.look.entered++;
    }
    return ES_OK;
}

static struct store_migrations built_in(const struct es_store *store)
{
    struct store_migrations ours = {0};

    ours.list = es_store_migrations(es_store_driver(store), &ours.count);
    return ours;
}

es_status es_store_migrate(struct es_store *store, const struct es_clock *clock,
                           struct es_error *err)
{
    ES_ENSURE(store != NULL && clock != NULL, err, ES_E_USAGE, "no store or no clock given");
    return store_migrate_with(store, built_in(store), clock, err);
}

es_status es_store_check_schema(struct es_store *store, struct es_error *err)
{
    ES_ENSURE(store != NULL, err, ES_E_USAGE, "no store given");
    return store_check_with(store, built_in(store), err);
}
