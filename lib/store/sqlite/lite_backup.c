/*
 * Copies of a database as one file. A backup is taken by a reading connection in one step, so it
 * is one state of the database and the writer goes on meanwhile. A restored file is looked through
 * before it gets its name: a damaged copy never stands where a database is expected.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/lite.h"

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
    return sync_folder(path, err);
}

/** Copy all pages; to is a connection to an empty file. */
static es_status copy_pages(const struct lite_conn *from, sqlite3 *to, struct es_error *err)
{
    const struct lite_conn target = {.db = to};
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
        return es_error_set(err, (rc & 0xff) == SQLITE_FULL ? ES_E_WRITE : ES_E_IO, "backup: %s",
                            sqlite3_errstr(rc));
    return ES_OK;
}

static es_status copy_to(const struct lite_conn *from, const char *path, struct es_error *err)
{
    char *uri = lite_uri(path, "", "");
    sqlite3 *to = NULL;
    es_status status;
    int rc;

    ES_ENSURE(uri != NULL, err, ES_E_NOMEM, "out of memory");
    rc = sqlite3_open_v2(uri, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                         NULL);
    free(uri);
    status = rc == SQLITE_OK ? copy_pages(from, to, err)
                             : es_error_set(err, ES_E_WRITE, "the copy cannot be opened");
    sqlite3_close(to);
    return status == ES_OK ? sync_file(path, err) : status;
}

es_status lite_backup(void *self, const char *path, struct es_error *err)
{
    struct lite_conn *conn = NULL;
    es_status status;
    int fd;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ES_ENSURE(fd >= 0, err, errno == EEXIST ? ES_E_EXISTS : ES_E_WRITE, "file for the copy: %s",
              strerror(errno));
    close(fd);
    status = lite_reader_take(self, &conn, err);
    if (status == ES_OK) {
        status = copy_to(conn, path, err);
        lite_reader_give(self, conn);
    }
    if (status != ES_OK)
        unlink(path);
    return status;
}

static int is_fine(void *ctx, int count, char **values, char **names)
{
    int *lines = ctx;

    (void) names;
    *lines += count == 1 && values[0] != NULL && strcmp(values[0], "ok") == 0 ? 1 : 2;
    return 0;
}

/** The file is a database without faults. immutable: no files are made beside it. */
static es_status check_file(const char *path, struct es_error *err)
{
    char *uri = lite_uri(path, "?immutable=1", "");
    sqlite3 *db = NULL;
    int lines = 0, rc;

    ES_ENSURE(uri != NULL, err, ES_E_NOMEM, "out of memory");
    rc = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                         NULL);
    free(uri);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA integrity_check", is_fine, &lines,
                          NULL);
    sqlite3_close(db);
    ES_ENSURE((rc & 0xff) != SQLITE_NOMEM, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE((rc & 0xff) != SQLITE_IOERR, err, ES_E_IO, "the copy cannot be read");
    ES_ENSURE(rc == SQLITE_OK && lines == 1, err, ES_E_INTEGRITY,
              "the file is no sound SQLite database");
    return ES_OK;
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

/** Copy into the file made at temp, look it through, and give it its name if that is free. */
static es_status fill_and_name(const struct es_source *from, int fd, const char *temp,
                               const char *path, struct es_error *err)
{
    ES_TRY(copy_bytes(from, fd, err));
    ES_TRY(check_file(temp, err));
    ES_ENSURE(link(temp, path) == 0, err, errno == EEXIST ? ES_E_EXISTS : ES_E_WRITE,
              "the database: %s", strerror(errno));
    return sync_folder(path, err);
}

static bool is_there(const char *path, const char *suffix)
{
    ES_AUTO(es_buf) name = ES_BUF_INIT(64 << 10);
    struct stat st;

    es_buf_printf(&name, "%s%s", path, suffix);
    return es_buf_cstr(&name) == NULL || lstat((const char *) name.ptr, &st) == 0;
}

es_status lite_restore(const char *url, const char *from_path, struct es_error *err)
{
    const char *path = url + strlen(store_sqlite_ops.scheme);
    ES_AUTO(es_source) from = {.fd = -1};
    ES_AUTO(es_buf) temp = ES_BUF_INIT(64 << 10);
    es_status status;
    int fd;

    ES_ENSURE(*path != '\0' && *path != ':', err, ES_E_CONFIG, "sqlite: needs the path of a file");
    ES_ENSURE(!is_there(path, "") && !is_there(path, "-wal") && !is_there(path, "-journal"), err,
              ES_E_EXISTS, "a database is there already");
    ES_TRY(es_source_open(&from, from_path, 0, err));
    es_buf_printf(&temp, "%s.restore-XXXXXX", path);
    ES_ENSURE(es_buf_cstr(&temp) != NULL, err, ES_E_NOMEM, "out of memory");
    fd = mkostemp((char *) temp.ptr, O_CLOEXEC);
    ES_ENSURE(fd >= 0, err, ES_E_WRITE, "file for the database: %s", strerror(errno));
    status = fill_and_name(&from, fd, (const char *) temp.ptr, path, err);
    close(fd);
    unlink((const char *) temp.ptr);
    return status;
}
