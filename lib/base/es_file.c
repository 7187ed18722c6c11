/*
 * Files: random-access sources, whole files within a bound, and output that appears whole or not
 * at all (temporary name, fsync, rename, fsync of the folder).
 */
#include "es_base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- sources ---- */

static es_status open_failed(const char *path, struct es_error *err)
{
    return es_error_set(err, errno == ENOENT || errno == ENOTDIR ? ES_E_ABSENT : ES_E_IO, "%s: %s",
                        path, strerror(errno));
}

es_status es_source_open(struct es_source *src, const char *path, uint64_t max,
                         struct es_error *err)
{
    struct stat st;

    *src = (struct es_source){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (src->fd < 0)
        return open_failed(path, err);
    if (fstat(src->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        es_source_clear(src);
        return es_error_set(err, ES_E_IO, "%s: not a regular file", path);
    }
    src->len = (uint64_t) st.st_size;
    if (max != 0 && src->len > max) {
        uint64_t len = src->len;

        es_source_clear(src);
        return es_error_set(err, ES_E_LIMIT, "%s: %llu bytes, allowed are %llu", path,
                            (unsigned long long) len, (unsigned long long) max);
    }
    return ES_OK;
}

struct es_source es_source_memory(struct es_span bytes)
{
    return (struct es_source){.fd = -1, .mem = bytes.ptr, .len = bytes.len};
}

void es_source_clear(struct es_source *src)
{
    if (src->fd >= 0)
        (void) close(src->fd);
    *src = (struct es_source){.fd = -1};
}

es_status es_source_read(const struct es_source *src, uint64_t off, void *out, size_t len,
                         struct es_error *err)
{
    uint8_t *to = out;

    ES_ENSURE(off <= src->len && len <= src->len - off, err, ES_E_IO,
              "bytes %llu to %llu lie outside the file of %llu", (unsigned long long) off,
              (unsigned long long) (off + len), (unsigned long long) src->len);
    if (src->fd < 0) {
        if (len > 0)
            memcpy(out, src->mem + off, len);
        return ES_OK;
    }
    while (len > 0) {
        ssize_t got = pread(src->fd, to, len, (off_t) off);

        if (got < 0 && errno == EINTR)
            continue;
        ES_ENSURE(got >= 0, err, ES_E_IO, "cannot read: %s", strerror(errno));
        ES_ENSURE(got > 0, err, ES_E_IO, "file became shorter while it was read");
        to += got;
        off += (uint64_t) got;
        len -= (size_t) got;
    }
    return ES_OK;
}

/* ---- whole files ---- */

static es_status read_all(int fd, const char *path, struct es_buf *out, struct es_error *err)
{
    for (;;) {
        uint8_t piece[16384];
        ssize_t got = read(fd, piece, sizeof piece);

        if (got < 0 && errno == EINTR)
            continue;
        ES_ENSURE(got >= 0, err, ES_E_IO, "%s: %s", path, strerror(errno));
        if (got == 0)
            break;
        es_buf_put(out, piece, (size_t) got);
        if (out->failed != ES_OK)
            break;
    }
    if (es_buf_check(out, err) != ES_OK)
        return es_error_at(err, out->failed, "%s", path);
    return ES_OK;
}

es_status es_file_read(const char *path, struct es_buf *out, struct es_error *err)
{
    bool from_stdin = strcmp(path, "-") == 0;
    int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    es_status status;

    if (fd < 0)
        return open_failed(path, err);
    status = read_all(fd, path, out, err);
    if (!from_stdin)
        (void) close(fd);
    return status;
}

/* ---- output files ---- */

#define TEMP_TRIES 100
#define TEMP_SUFFIX_LEN 9 /* ".01234567" */

/* Not mkstemp: the mode is the one asked for, less the user's umask, from the first moment. */
static int create_temp(struct es_outfile *out, size_t len)
{
    for (int i = 0; i < TEMP_TRIES; i++) {
        uint32_t number = 0;
        int fd;

        if (getrandom(&number, sizeof number, 0) != (ssize_t) sizeof number)
            return -1;
        (void) snprintf(out->temp_path, len, "%s.%08x", out->path, number);
        fd = open(out->temp_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t) out->mode);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

#define FD_PATH "/proc/self/fd/%d"

/* A file without a name, where the file system and /proc allow it; -1: they do not. */
static int create_unnamed(const struct es_outfile *out)
{
    const char *slash = strrchr(out->path, '/');
    size_t len = slash == NULL ? 0 : (size_t) (slash - out->path) + 1;
    char *folder = len == 0 ? strdup(".") : strndup(out->path, len);
    int fd = -1;

    if (folder != NULL && access("/proc/self/fd", X_OK) == 0)
        fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, (mode_t) out->mode);
    free(folder);
    return fd;
}

/* Give the file without a name its temporary one, so that it can be renamed over the target. */
static int name_unnamed(struct es_outfile *out)
{
    size_t len = strlen(out->path) + TEMP_SUFFIX_LEN + 1;
    char from[64];
    int failed = -1;

    (void) snprintf(from, sizeof from, FD_PATH, out->fd);
    for (int i = 0; i < TEMP_TRIES; i++) {
        uint32_t number = 0;

        if (getrandom(&number, sizeof number, 0) != (ssize_t) sizeof number)
            return -1;
        (void) snprintf(out->temp_path, len, "%s.%08x", out->path, number);
        failed = linkat(AT_FDCWD, from, AT_FDCWD, out->temp_path, AT_SYMLINK_FOLLOW);
        if (failed == 0 || errno != EEXIST)
            break;
    }
    out->unnamed = failed != 0;
    return failed;
}

static es_status open_temp(struct es_outfile *out, struct es_error *err)
{
    size_t len = strlen(out->path) + TEMP_SUFFIX_LEN + 1;

    out->temp_path = malloc(len);
    ES_ENSURE(out->temp_path != NULL, err, ES_E_NOMEM, "out of memory");
    out->fd = create_unnamed(out);
    out->unnamed = out->fd >= 0;
    if (!out->unnamed)
        out->fd = create_temp(out, len);
    if (out->fd < 0) {
        es_status status = es_error_set(err, ES_E_WRITE, "%s: %s", out->path, strerror(errno));

        free(out->temp_path);
        out->temp_path = NULL;
        return status;
    }
    return ES_OK;
}

es_status es_outfile_open(struct es_outfile *out, const char *path, unsigned mode, bool force,
                          struct es_error *err)
{
    struct stat st;
    es_status status;

    *out = (struct es_outfile){.fd = -1, .mode = mode, .force = force};
    if (strcmp(path, "-") == 0) {
        ES_ENSURE(isatty(STDOUT_FILENO) == 0, err, ES_E_USAGE,
                  "will not write a file to a terminal; redirect the output");
        out->to_stdout = true;
        out->fd = STDOUT_FILENO;
        return ES_OK;
    }
    if (stat(path, &st) == 0) {
        ES_ENSURE(force, err, ES_E_EXISTS, "%s exists; --force replaces it", path);
        ES_ENSURE(S_ISREG(st.st_mode), err, ES_E_WRITE, "%s is not a regular file", path);
    }
    out->path = strdup(path);
    ES_ENSURE(out->path != NULL, err, ES_E_NOMEM, "out of memory");
    status = open_temp(out, err);
    if (status != ES_OK)
        es_outfile_clear(out);
    return status;
}

es_status es_outfile_write(struct es_outfile *out, struct es_span bytes, struct es_error *err)
{
    while (bytes.len > 0) {
        ssize_t put = write(out->fd, bytes.ptr, bytes.len);

        if (put < 0 && errno == EINTR)
            continue;
        ES_ENSURE(put >= 0, err, ES_E_WRITE, "%s: %s",
                  out->to_stdout ? "standard output" : out->path, strerror(errno));
        out->len += (uint64_t) put;
        bytes = es_span_sub(bytes, (size_t) put, bytes.len);
    }
    return ES_OK;
}

/* A rename is on disk only when its folder is. */
static es_status sync_folder(const char *path, struct es_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t) (slash - path) + 1);
    int fd, failed;

    ES_ENSURE(folder != NULL, err, ES_E_NOMEM, "out of memory");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    ES_ENSURE(fd >= 0, err, ES_E_WRITE, "%s: %s", path, strerror(errno));
    failed = fsync(fd) != 0 && errno != EINVAL;
    (void) close(fd);
    ES_ENSURE(!failed, err, ES_E_WRITE, "%s: %s", path, strerror(errno));
    return ES_OK;
}

/* Without force a file that appeared meanwhile is not replaced. */
static es_status put_in_place(struct es_outfile *out, struct es_error *err)
{
    int failed = renameat2(AT_FDCWD, out->temp_path, AT_FDCWD, out->path,
                           out->force ? 0 : RENAME_NOREPLACE);

    /* Some file systems know no such rename; a link is refused in the same way. */
    if (failed != 0 && !out->force && (errno == EINVAL || errno == ENOSYS)) {
        failed = link(out->temp_path, out->path);
        if (failed == 0)
            (void) unlink(out->temp_path);
    }
    ES_ENSURE(failed == 0 || errno != EEXIST, err, ES_E_EXISTS, "%s exists; --force replaces it",
              out->path);
    ES_ENSURE(failed == 0, err, ES_E_WRITE, "%s: %s", out->path, strerror(errno));
    return ES_OK;
}

es_status es_outfile_commit(struct es_outfile *out, struct es_error *err)
{
    int fd = out->fd;

    ES_BUG_ON(fd < 0);
    if (out->to_stdout) {
        out->fd = -1;
        return ES_OK;
    }
    ES_ENSURE(fsync(fd) == 0, err, ES_E_WRITE, "%s: %s", out->path, strerror(errno));
    ES_ENSURE(!out->unnamed || name_unnamed(out) == 0, err, ES_E_WRITE, "%s: %s", out->path,
              strerror(errno));
    out->fd = -1;
    ES_ENSURE(close(fd) == 0, err, ES_E_WRITE, "%s: %s", out->path, strerror(errno));
    ES_TRY(put_in_place(out, err));
    free(out->temp_path);
    out->temp_path = NULL;
    return sync_folder(out->path, err);
}

void es_outfile_clear(struct es_outfile *out)
{
    if (out->fd >= 0 && !out->to_stdout)
        (void) close(out->fd);
    if (out->temp_path != NULL && !out->unnamed)
        (void) unlink(out->temp_path);
    free(out->temp_path);
    free(out->path);
    *out = (struct es_outfile){.fd = -1};
}

es_status es_file_write(const char *path, struct es_span bytes, unsigned mode, bool force,
                        struct es_error *err)
{
    ES_AUTO(es_outfile) out = {.fd = -1};

    ES_TRY(es_outfile_open(&out, path, mode, force, err));
    ES_TRY(es_outfile_write(&out, bytes, err));
    return es_outfile_commit(&out, err);
}

/* ---- folders ---- */

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

es_status es_dir_each(const char *path,
                      es_status (*each)(void *ctx, const char *name, struct es_error *err),
                      void *ctx, struct es_error *err)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, visible, by_bytes);
    es_status status = ES_OK;

    if (count < 0 && errno == ENOMEM)
        return es_error_set(err, ES_E_NOMEM, "out of memory");
    if (count < 0)
        return open_failed(path, err);
    for (int i = 0; i < count; i++) {
        if (status == ES_OK)
            status = each(ctx, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    return status;
}
