/*
 * What SQLite's codes mean to callers. A sync that failed on the writing connection ends the
 * process here, wherever it was met: the kernel may have dropped the pages, and a second sync
 * that succeeds would say nothing about them.
 */
#include <stdio.h>
#include <unistd.h>

#include "sqlite/lite.h"

#define FATAL_EXIT 70

void lite_fatal(const struct lite_store *store, const char *what)
{
    if (store->on_fatal != NULL)
        store->on_fatal(store->fatal_ctx, what);
    else
        fprintf(stderr, "eseal: store: %s; the process ends\n", what);
    _exit(FATAL_EXIT);
}

static bool is_sync(int rc)
{
    return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC;
}

static es_status io_status(int rc, bool writes)
{
    switch (rc) {
    case SQLITE_IOERR_NOMEM:
        return ES_E_NOMEM;
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
    case SQLITE_IOERR_FSTAT:
    case SQLITE_IOERR_ACCESS:
        return ES_E_IO;
    default:
        return writes ? ES_E_WRITE : ES_E_IO;
    }
}

static es_status constraint_status(int rc, const char *message)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return ES_E_EXISTS;
    case SQLITE_CONSTRAINT_DATATYPE:
        return ES_E_RANGE;
    case SQLITE_CONSTRAINT_TRIGGER:
        return strncmp(message, "forbidden:", 10) == 0 ? ES_E_DENIED : ES_E_CONFLICT;
    default:
        return ES_E_CONFLICT;
    }
}

static es_status status_of(int rc, bool writes, const char *message)
{
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
        return constraint_status(rc, message);
    case SQLITE_IOERR:
        return io_status(rc, writes);
    case SQLITE_FULL:
        return ES_E_WRITE;
    case SQLITE_NOMEM:
        return ES_E_NOMEM;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return ES_E_INTEGRITY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ES_E_UNREACHABLE;
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_PERM:
        return ES_E_DENIED;
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return ES_E_RANGE;
    case SQLITE_CANTOPEN:
        return ES_E_IO;
    default:
        return ES_E_INTERNAL;
    }
}

es_status lite_error(const struct lite_conn *conn, int rc, const char *doing, struct es_error *err)
{
    const char *message = sqlite3_errstr(rc);

    if (conn->db != NULL && (sqlite3_extended_errcode(conn->db) & 0xff) == (rc & 0xff)) {
        rc = sqlite3_extended_errcode(conn->db);
        message = sqlite3_errmsg(conn->db);
    }
    if (conn->writes && conn->store != NULL && is_sync(rc))
        lite_fatal(conn->store, "a sync of the database failed");
    return es_error_set(err, status_of(rc, conn->writes, message), "%s: %s", doing, message);
}
