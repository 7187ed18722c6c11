/*
 * Copies of a database as one file. A backup is taken by a reading connection in one step, so it
 * is one state of the database and the writer goes on meanwhile. A file gets its name only when it
 * is whole and synced, a restored one when it was looked through as well: neither half a copy nor a
 * damaged one ever stands where a good one is expected.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/lite.h"

static es_status ensure_absent(const char *path, const char *suffix, struct es_error *err)
{
    ES_AUTO(es_buf) name = ES_BUF_INIT(64 << 10);
    struct stat st;

    es_buf_printf(&name, "%s%s", path, suffix);
    ES_ENSURE(es_buf_cstr(&name) != NULL, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(lstat((const char *) name.ptr, &st) != 0, err, ES_E_EXISTS,
              "a file is there already");
    return ES_OK;
}

/** Make names in a file's folder durable. */
static es_status sync_folder(const char *path, struct es_error *err)
{
    char *copy = strdup(path);
    int fd = copy != NULL ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int failed = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        close(fd);
    free(copy);
    ES_ENSURE(failed == 0, err, ES_E_WRITE, "the folder of the copy cannot be synced");
    return ES_OK;
}

static es_status sync_file(const char *path, struct es_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        close(fd);
    ES_ENSURE(failed == 0, err, ES_E_WRITE, "the copy cannot be synced");
    return ES_OK;
}

/** Copy all pages; to is a connection to an empty file. */
static es_status copy_pages(const struct lite_conn *from, sqlite3 *to, struct es_error *err)
{
    const struct lite_conn target = {.db = to, .writes = true};
    sqlite3_backup *backup = NULL;
    int rc = sqlite3_exec(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", NULL, NULL, NULL);

    if (rc == SQLITE_OK)
        backup = sqlite3_backup_init(to, "main", from->db, "main");
    if (backup == NULL)
        return lite_error(&target, sqlite3_errcode(to), "backup", err);
    while ((rc = sqlite3_backup_step(backup, -1)) == SQLITE_OK)
        ;
    sqlite3_backup_finish(backup);
    if (rc != SQLITE_DONE)
        return lite_error(&target, rc, "backup", err);
    return ES_OK;
}

static es_status copy_into(const struct lite_conn *from, const char *path, struct es_error *err)
{
    char *uri = lite_uri(path, "", "");
    sqlite3 *to = NULL;
    es_status status;
    int rc;

    ES_ENSURE(uri != NULL, err, ES_E_NOMEM, "out of memory");
    rc = sqlite3_open_v2(uri, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                         NULL);
    free(uri);
    if (rc == SQLITE_OK)
        status = copy_pages(from, to, err);
    else
        status = lite_error(&(struct lite_conn){.db = to, .writes = true}, rc, "copy", err);
    sqlite3_close(to);
    return status == ES_OK ? sync_file(path, err) : status;
}

/** A new file beside path, whose name temp gets. */
static es_status make_temp(const char *path, struct es_buf *temp, int *fd, struct es_error *err)
{
    es_buf_printf(temp, "%s.part-XXXXXX", path);
    ES_ENSURE(es_buf_cstr(temp) != NULL, err, ES_E_NOMEM, "out of memory");
    *fd = mkostemp((char *) temp->ptr, O_CLOEXEC);
    ES_ENSURE(*fd >= 0, err, ES_E_WRITE, "file for the copy: %s", strerror(errno));
    return ES_OK;
}

/** Give a finished file its name, if that is free; temp goes either way. */
static es_status give_name(const char *temp, const char *path, struct es_error *err)
{
    int failed = link(temp, path), why = errno;

    unlink(temp);
    ES_ENSURE(failed == 0, err, why == EEXIST ? ES_E_EXISTS : ES_E_WRITE, "the copy: %s",
              strerror(why));
    return sync_folder(path, err);
}

static es_status copy_all(struct lite_store *store, const char *path, struct es_error *err)
{
    struct lite_conn *conn = NULL;
    es_status status;

    ES_TRY(lite_reader_take(store, &conn, err));
    status = copy_into(conn, path, err);
    lite_reader_give(store, conn);
    return status;
}

es_status lite_backup(void *self, const char *path, struct es_error *err)
{
    ES_AUTO(es_buf) temp = ES_BUF_INIT(64 << 10);
    es_status status;
    int fd;

    ES_TRY(ensure_absent(path, "", err));
    ES_TRY(make_temp(path, &temp, &fd, err));
    close(fd);
    status = copy_all(self, (const char *) temp.ptr, err);
    if (status == ES_OK)
        return give_name((const char *) temp.ptr, path, err);
    unlink((const char *) temp.ptr);
    return status;
}

struct verdict {
    int good, trouble; /* lines; trouble: the check could not read or had no memory */
};

/** A line of the check. Pages it could not get are named with the code of the failure. */
static int take_line(void *ctx, int count, char **values, char **names)
{
    static const char mark[] = "error code=";
    struct verdict *verdict = ctx;
    const char *line = count == 1 && values[0] != NULL ? values[0] : "";
    const char *at = strstr(line, mark);
    long code = at != NULL ? strtol(at + strlen(mark), NULL, 10) & 0xff : SQLITE_OK;

    (void) names;
    verdict->trouble += code == SQLITE_NOMEM || code == SQLITE_IOERR;
    verdict->good += strcmp(line, "ok") == 0;
    return 0;
}

static es_status judge(int rc, const struct verdict *verdict, struct es_error *err)
{
    ES_ENSURE((rc & 0xff) != SQLITE_NOMEM, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE((rc & 0xff) != SQLITE_IOERR, err, ES_E_IO, "the copy cannot be read");
    ES_ENSURE(verdict->trouble == 0, err, ES_E_NOMEM, "the copy could not be looked through");
    ES_ENSURE(rc == SQLITE_OK && verdict->good == 1, err, ES_E_INTEGRITY,
              "the file is no sound SQLite database");
    return ES_OK;
}

/** The file is a database without faults. immutable: no files are made beside it. */
static es_status check_file(const char *path, struct es_error *err)
{
    char *uri = lite_uri(path, "?immutable=1", "");
    struct verdict verdict = {0};
    sqlite3 *db = NULL;
    int rc;

    ES_ENSURE(uri != NULL, err, ES_E_NOMEM, "out of memory");
    rc = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                         NULL);
    free(uri);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA integrity_check", take_line,
                          &verdict, NULL);
    sqlite3_close(db);
    return judge(rc, &verdict, err);
}

static es_status copy_bytes(const struct es_source *from, int to, struct es_error *err)
{
    uint8_t block[64 << 10];

    for (uint64_t off = 0; off < from->len;) {
        size_t len = from->len - off < sizeof block ? (size_t) (from->len - off) : sizeof block;

        ES_TRY(es_source_read(from, off, block, len, err));
        for (size_t done = 0; done < len;) {
            ssize_t n = write(to, block + done, len - done);

            ES_ENSURE(n > 0 || (n < 0 && errno == EINTR), err, ES_E_WRITE, "write: %s",
                      strerror(errno));
            done += n > 0 ? (size_t) n : 0;
        }
        off += len;
    }
    ES_ENSURE(fsync(to) == 0, err, ES_E_WRITE, "sync: %s", strerror(errno));
    return ES_OK;
}

es_status lite_restore(const char *url, const char *from_path, struct es_error *err)
{
    const char *path = url + strlen(store_sqlite_ops.scheme);
    ES_AUTO(es_source) from = {.fd = -1};
    ES_AUTO(es_buf) temp = ES_BUF_INIT(64 << 10);
    es_status status;
    int fd;

    ES_ENSURE(*path != '\0' && *path != ':', err, ES_E_CONFIG, "sqlite: needs the path of a file");
    ES_TRY(ensure_absent(path, "", err));
    ES_TRY(ensure_absent(path, "-wal", err));
    ES_TRY(ensure_absent(path, "-journal", err));
    ES_TRY(es_source_open(&from, from_path, 0, err));
    ES_TRY(make_temp(path, &temp, &fd, err));
    status = copy_bytes(&from, fd, err);
    close(fd);
    if (status == ES_OK)
        status = check_file((const char *) temp.ptr, err);
    if (status == ES_OK)
        return give_name((const char *) temp.ptr, path, err);
    unlink((const char *) temp.ptr);
    return status;
}
