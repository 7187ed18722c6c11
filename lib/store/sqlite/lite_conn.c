/*
 * One connection: opened with its settings, which are not optional (audit-log.md 6.3), and guarded
 * so that a caller's function can neither end the transaction around it nor change a setting.
 * Checkpoints are the writer's own (lite_group.c): SQLite before 3.51.3 can lose data when two
 * connections checkpoint, so no other one ever does, not even when it closes.
 */
#include "sqlite/lite.h"

#define FIRST_CHECKPOINT_PAGES 2000

static const char *const verbs[LITE_VERB_COUNT] = {
    [LITE_BEGIN] = "BEGIN",
    [LITE_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [LITE_COMMIT] = "COMMIT",
    [LITE_ROLLBACK] = "ROLLBACK",
    [LITE_SAVE] = "SAVEPOINT one",
    [LITE_SAVE_KEEP] = "RELEASE one",
    [LITE_SAVE_UNDO] = "ROLLBACK TO one",
};

static void put_escaped(struct es_buf *out, const char *path)
{
    for (; *path != '\0'; path++) {
        if ((*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z') ||
            (*path >= '0' && *path <= '9'))
            es_buf_put_byte(out, (uint8_t) *path);
        else
            es_buf_printf(out, "%%%02x", (unsigned) (unsigned char) *path);
    }
}

char *lite_uri(const char *path, const char *query, const char *query_path)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(64 << 10);

    es_buf_put_str(&out, "file:");
    put_escaped(&out, path);
    es_buf_put_str(&out, query);
    put_escaped(&out, query_path);
    return es_buf_cstr(&out) != NULL ? (char *) ES_TAKE(out.ptr) : NULL;
}

/** The database is made with the rights of the lock file, which only its owner may read. */
static es_status open_file(struct lite_conn *conn, bool create, struct es_error *err)
{
    struct lite_store *store = conn->store;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
    ES_AUTO(es_buf) lock = ES_BUF_INIT(64 << 10);
    char *uri;
    int rc;

    flags |= conn->writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    flags |= conn->writes && create ? SQLITE_OPEN_CREATE : 0;
    if (conn->writes)
        es_buf_printf(&lock, "%s.lock", store->path);
    uri = es_buf_cstr(&lock) == NULL ? NULL
          : conn->writes             ? lite_uri(store->path, "?modeof=", (const char *) lock.ptr)
                                     : lite_uri(store->path, "", "");
    ES_ENSURE(uri != NULL, err, ES_E_NOMEM, "out of memory");
    rc = sqlite3_open_v2(uri, &conn->db, flags, store->vfs);
    free(uri);
    return rc == SQLITE_OK ? ES_OK : lite_error(conn, rc, "open", err);
}

static es_status exec(struct lite_conn *conn, const char *sql, struct es_error *err)
{
    int rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? ES_OK : lite_error(conn, rc, "settings", err);
}

static int is_wal(void *ctx, int count, char **values, char **names)
{
    bool *wal = ctx;

    (void) names;
    *wal = count == 1 && values[0] != NULL && strcmp(values[0], "wal") == 0;
    return 0;
}

static es_status begin_wal(struct lite_conn *conn, struct es_error *err)
{
    bool wal = false;
    /* EXTRA syncs the folder when the rollback journal of the switch is deleted: one that came back
     * after a power cut would undo the switch under a log that goes on. */
    int rc = sqlite3_exec(conn->db, "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=WAL", is_wal,
                          &wal, NULL);

    if (rc != SQLITE_OK)
        return lite_error(conn, rc, "write-ahead log", err);
    ES_ENSURE(wal, err, ES_E_CONFIG, "the file system cannot hold a write-ahead log");
    return exec(conn,
                "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
                "PRAGMA journal_size_limit=16777216; PRAGMA cache_size=-32768",
                err);
}

static es_status set_up(struct lite_conn *conn, struct es_error *err)
{
    static const struct {
        int option, value;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},          {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}, {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    };

    sqlite3_busy_timeout(conn->db, (int) conn->store->wait_ms);
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        int rc = sqlite3_db_config(conn->db, switches[i].option, switches[i].value, NULL);

        if (rc != SQLITE_OK)
            return lite_error(conn, rc, "settings", err);
    }
    ES_TRY(exec(conn,
                "PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;"
                "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;"
                "SELECT count(*) FROM sqlite_schema",
                err));
    return conn->writes ? begin_wal(conn, err) : ES_OK;
}

static es_status prepare_verbs(struct lite_conn *conn, struct es_error *err)
{
    for (size_t i = 0; i < LITE_VERB_COUNT; i++) {
        int rc = sqlite3_prepare_v3(conn->db, verbs[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &conn->verbs[i], NULL);

        if (rc != SQLITE_OK)
            return lite_error(conn, rc, verbs[i], err);
    }
    return ES_OK;
}

/** While a caller's function runs: no BEGIN, COMMIT, SAVEPOINT, no ATTACH, no PRAGMA that sets. */
static int authorize(void *ctx, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
    const struct lite_conn *conn = ctx;

    (void) a;
    (void) database;
    (void) trigger;
    if (!conn->guarded)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
        return SQLITE_DENY;
    case SQLITE_PRAGMA:
        return b == NULL ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_OK;
    }
}

static int note_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct lite_conn *conn = ctx;

    (void) db;
    (void) name;
    if (pages < conn->wal_pages) /* it began anew */
        conn->checkpoint_at = FIRST_CHECKPOINT_PAGES;
    conn->wal_pages = pages;
    return SQLITE_OK;
}

es_status lite_conn_open(struct lite_conn *conn, struct lite_store *store, bool writes, bool create,
                         struct es_error *err)
{
    int rc;

    *conn = (struct lite_conn){
        .store = store, .writes = writes, .checkpoint_at = FIRST_CHECKPOINT_PAGES};
    ES_TRY(open_file(conn, create, err));
    ES_TRY(set_up(conn, err));
    ES_TRY(prepare_verbs(conn, err));
    rc = sqlite3_set_authorizer(conn->db, authorize, conn);
    if (rc != SQLITE_OK)
        return lite_error(conn, rc, "settings", err);
    if (writes)
        sqlite3_wal_hook(conn->db, note_pages, conn);
    return ES_OK;
}

void lite_conn_clear(struct lite_conn *conn)
{
    lite_stmts_clear(conn);
    for (size_t i = 0; i < LITE_VERB_COUNT; i++)
        sqlite3_finalize(conn->verbs[i]);
    sqlite3_close_v2(conn->db);
    *conn = (struct lite_conn){0};
}

int lite_conn_do(struct lite_conn *conn, enum lite_verb verb)
{
    int rc = sqlite3_step(conn->verbs[verb]);

    if (rc == SQLITE_DONE || rc == SQLITE_ROW)
        rc = SQLITE_OK;
    sqlite3_reset(conn->verbs[verb]);
    return rc;
}

int lite_conn_begin(struct lite_conn *conn, enum lite_verb verb)
{
    if (sqlite3_get_autocommit(conn->db) == 0) {
        int rc = lite_conn_do(conn, LITE_ROLLBACK);

        if (rc != SQLITE_OK)
            return rc;
    }
    return lite_conn_do(conn, verb);
}
