/*
 * Objects in a folder: ROOT/ab/cd/<64 hex>. A file comes into being whole: copied and hashed under
 * no name (or a hidden one in ROOT), synced, then linked to its place, which never replaces
 * anything; both levels and ROOT are synced before put returns, also when another process made
 * them. All steps go through descriptors and follow no symbolic link below ROOT.
 */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    int root;
};

static void close_at(const int *fd)
{
    if (*fd >= 0)
        (void) close(*fd);
}
#define AUTO_FD __attribute__((cleanup(close_at))) int

/* ---- opening ---- */

/* One level is made; a folder whose parent is missing is more likely a typing error. */
static es_status make_root(const char *path, struct es_error *err)
{
    const char *slash = strrchr(path, '/');
    char *parent;
    AUTO_FD fd = -1;

    if (mkdir(path, 0700) != 0) {
        ES_ENSURE(errno == EEXIST, err, ES_E_WRITE, "%s: %s", path, strerror(errno));
        return ES_OK;
    }
    parent = slash == NULL ? strdup(".") : strndup(path, (size_t) (slash - path) + 1);
    ES_ENSURE(parent != NULL, err, ES_E_NOMEM, "out of memory");
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(parent);
    ES_ENSURE(fd >= 0 && (fsync(fd) == 0 || errno == EINVAL), err, ES_E_WRITE, "%s: %s", path,
              strerror(errno));
    return ES_OK;
}

static es_status open_folder(const char *rest, void **self, struct es_error *err)
{
    struct folder *folder;
    int root;

    ES_ENSURE(rest[0] != '\0', err, ES_E_CONFIG, "\"folder:\" without a path");
    ES_TRY(make_root(rest, err));
    root = open(rest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ES_ENSURE(root >= 0, err, ES_E_IO, "%s: %s", rest, strerror(errno));
    folder = malloc(sizeof *folder);
    if (folder == NULL)
        (void) close(root);
    ES_ENSURE(folder != NULL, err, ES_E_NOMEM, "out of memory");
    folder->root = root;
    *self = folder;
    return ES_OK;
}

static void close_folder(void *self)
{
    struct folder *folder = self;

    (void) close(folder->root);
    free(folder);
}

/* ---- finding a place ---- */

/* What stands where one of our folders or files belongs, and is none. */
static es_status refuse_kind(const char *name, struct es_error *err)
{
    return es_error_set(err, ES_E_INTEGRITY,
                        "object %s: a link or another kind of file stands in its place", name);
}

static es_status open_level(int above, const char *name, const char *at, int *out,
                            struct es_error *err)
{
    char level[3] = {at[0], at[1], '\0'};

    *out = openat(above, level, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*out < 0 && (errno == ELOOP || errno == ENOTDIR))
        return refuse_kind(name, err);
    ES_ENSURE(*out >= 0 || errno != ENOENT, err, ES_E_ABSENT, "object %s is not stored", name);
    ES_ENSURE(*out >= 0, err, ES_E_IO, "object %s: %s", name, strerror(errno));
    return ES_OK;
}

/* The folder a name belongs in; ES_E_ABSENT when it is not there. */
static es_status open_place(const struct folder *folder, const char *name, int *out,
                            struct es_error *err)
{
    AUTO_FD first = -1;

    ES_TRY(open_level(folder->root, name, name, &first, err));
    return open_level(first, name, name + 2, out, err);
}

static es_status sync_fd(int fd, const char *name, struct es_error *err)
{
    ES_ENSURE(fsync(fd) == 0 || errno == EINVAL, err, ES_E_WRITE, "object %s: %s", name,
              strerror(errno));
    return ES_OK;
}

/* Make the level when it is missing; its name is on disk when this returns. */
static es_status make_level(int above, const char *name, const char *at, int *out,
                            struct es_error *err)
{
    char level[3] = {at[0], at[1], '\0'};

    ES_ENSURE(mkdirat(above, level, 0700) == 0 || errno == EEXIST, err, ES_E_WRITE, "object %s: %s",
              name, strerror(errno));
    ES_TRY(open_level(above, name, at, out, err));
    return sync_fd(above, name, err);
}

static es_status make_place(const struct folder *folder, const char *name, int *out,
                            struct es_error *err)
{
    AUTO_FD first = -1;

    ES_TRY(make_level(folder->root, name, name, &first, err));
    return make_level(first, name, name + 2, out, err);
}

/* ---- reading ---- */

/* Opened once: what was hashed is what is handed out. */
static es_status open_checked(int place, const char *name, struct es_source *out,
                              struct es_error *err)
{
    struct es_source source = {
        .fd = openat(place, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    struct stat st;
    es_status status;

    ES_ENSURE(source.fd >= 0 || errno != ENOENT, err, ES_E_ABSENT, "object %s is not stored", name);
    if (source.fd < 0 && (errno == ELOOP || errno == ENXIO))
        return refuse_kind(name, err);
    ES_ENSURE(source.fd >= 0, err, ES_E_IO, "object %s: %s", name, strerror(errno));
    if (fstat(source.fd, &st) != 0)
        status = es_error_set(err, ES_E_IO, "object %s: %s", name, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        status = refuse_kind(name, err);
    else if ((source.len = (uint64_t) st.st_size) > ES_BLOB_MAX)
        status = es_error_set(err, ES_E_INTEGRITY, "object %s has %llu bytes, at most %u", name,
                              (unsigned long long) source.len, ES_BLOB_MAX);
    else
        status = es_blob_check(&source, name, err);
    if (status != ES_OK)
        es_source_clear(&source);
    else
        *out = source;
    return status;
}

static es_status open_blob(void *self, const char *name, struct es_source *out,
                           struct es_error *err)
{
    AUTO_FD place = -1;

    ES_TRY(open_place(self, name, &place, err));
    return open_checked(place, name, out, err);
}

static es_status exists(void *self, const char *name, bool *out, struct es_error *err)
{
    AUTO_FD place = -1;
    es_status status = open_place(self, name, &place, err);
    struct stat st;

    if (status == ES_E_ABSENT)
        return ES_OK;
    ES_TRY(status);
    if (fstatat(place, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        ES_ENSURE(errno == ENOENT, err, ES_E_IO, "object %s: %s", name, strerror(errno));
        return ES_OK;
    }
    if (!S_ISREG(st.st_mode))
        return refuse_kind(name, err);
    *out = true;
    return ES_OK;
}

/* ---- writing ---- */

/* Somebody has stored it before: the same bytes, and on disk before we say so. */
static es_status check_earlier(int place, const char *name, uint64_t len, struct es_error *err)
{
    ES_AUTO(es_source) earlier = {.fd = -1};

    ES_TRY(open_checked(place, name, &earlier, err));
    ES_ENSURE(earlier.len == len, err, ES_E_INTEGRITY,
              "object %s is stored with %llu bytes and came with %llu", name,
              (unsigned long long) earlier.len, (unsigned long long) len);
    return sync_fd(earlier.fd, name, err);
}

static es_status put(void *self, const struct es_source *source, char name[ES_BLOB_NAME_LEN + 1],
                     struct es_error *err)
{
    struct folder *folder = self;
    ES_AUTO(blob_temp) temp = {.fd = -1};
    char found[ES_BLOB_NAME_LEN + 1];
    AUTO_FD place = -1;
    es_status status;

    ES_TRY(blob_temp_open(&temp, folder->root, err));
    ES_TRY(blob_temp_fill(&temp, source, found, err));
    ES_TRY(make_place(folder, found, &place, err));
    status = blob_temp_link(&temp, place, found, err);
    if (status == ES_E_EXISTS)
        status = check_earlier(place, found, source->len, err);
    ES_TRY(status);
    ES_TRY(sync_fd(place, found, err));
    memcpy(name, found, sizeof found);
    return ES_OK;
}

static es_status remove_blob(void *self, const char *name, struct es_error *err)
{
    AUTO_FD place = -1;
    es_status status = open_place(self, name, &place, err);

    if (status == ES_E_ABSENT)
        return ES_OK;
    ES_TRY(status);
    ES_ENSURE(unlinkat(place, name, 0) == 0 || errno == ENOENT, err, ES_E_WRITE, "object %s: %s",
              name, strerror(errno));
    return sync_fd(place, name, err);
}

/* ---- listing ---- */

struct listing {
    int place;
    char prefix[5]; /* "abcd", as far as known */
    es_blob_each_fn each;
    void *ctx;
};

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls step for each entry of an open folder, in order. */
static es_status walk(struct listing *at,
                      es_status (*step)(struct listing *at, const char *name, struct es_error *err),
                      struct es_error *err)
{
    struct dirent **entries = NULL;
    int count = scandirat(at->place, ".", &entries, NULL, by_bytes);
    es_status status = ES_OK;

    ES_ENSURE(count >= 0 || errno != ENOMEM, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(count >= 0, err, ES_E_IO, "the objects cannot be listed: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        if (status == ES_OK)
            status = step(at, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* Only what open_blob would find; other files in the folder are none of ours. */
static es_status list_file(struct listing *at, const char *name, struct es_error *err)
{
    if (!es_blob_is_name(es_span_str(name)) || strncmp(name, at->prefix, 4) != 0)
        return ES_OK;
    return at->each(at->ctx, name, err);
}

static bool is_level(const char *name)
{
    return strlen(name) == 2 && strspn(name, "0123456789abcdef") == 2;
}

static es_status list_level(struct listing *at, const char *name, struct es_error *err)
{
    struct listing below = *at;
    size_t depth = strlen(at->prefix);
    AUTO_FD fd = -1;
    es_status status;

    if (!is_level(name))
        return ES_OK;
    (void) snprintf(below.prefix + depth, sizeof below.prefix - depth, "%s", name);
    status = open_level(at->place, below.prefix, name, &fd, err);
    if (status == ES_E_ABSENT)
        return ES_OK;
    ES_TRY(status);
    below.place = fd;
    return walk(&below, depth == 0 ? list_level : list_file, err);
}

static es_status each_blob(void *self, es_blob_each_fn each, void *ctx, struct es_error *err)
{
    struct folder *folder = self;
    struct listing top = {.place = folder->root, .each = each, .ctx = ctx};

    return walk(&top, list_level, err);
}

const struct es_blob_ops es_blob_folder = {
    .kind = "folder",
    .open = open_folder,
    .put = put,
    .open_blob = open_blob,
    .exists = exists,
    .remove = remove_blob,
    .each = each_blob,
    .close = close_folder,
};
