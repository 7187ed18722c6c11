/*
 * Opening and closing of a SQLite store, sessions, and the driver's table. The file belongs to one
 * process: who opens it for writing holds a lock on "<path>.lock" for as long as it is open. The
 * path is resolved first, so that two names of one file meet at one lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "sqlite/lite.h"

#define DEFAULT_READERS 4
#define DEFAULT_WAIT_MS 30000
#define READERS_MAX 256
#define WAIT_MAX_MS 3600000

static es_status path_of(const char *url, const char **out, struct es_error *err)
{
    const char *path = url + strlen(store_sqlite_ops.scheme);

    ES_ENSURE(*path != '\0' && *path != ':', err, ES_E_CONFIG, "sqlite: needs the path of a file");
    *out = path;
    return ES_OK;
}

/** Resolve the path as the VFS does, and ask it if the file is there. */
static es_status find_file(struct lite_store *store, const char *path, bool *there,
                           struct es_error *err)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(store->vfs);
    int found = 0, rc;

    ES_ENSURE(vfs != NULL, err, ES_E_CONFIG, "no such VFS of SQLite");
    store->path = calloc(1, (size_t) vfs->mxPathname + 1);
    ES_ENSURE(store->path != NULL, err, ES_E_NOMEM, "out of memory");
    rc = vfs->xFullPathname(vfs, path, vfs->mxPathname + 1, store->path);
    ES_ENSURE((rc & 0xff) == SQLITE_OK, err, ES_E_IO, "the database's path cannot be resolved");
    rc = vfs->xAccess(vfs, store->path, SQLITE_ACCESS_EXISTS, &found);
    ES_ENSURE(rc == SQLITE_OK, err, ES_E_IO, "the database's folder cannot be read");
    *there = found != 0;
    return ES_OK;
}

static es_status lock_file(struct lite_store *store, struct es_error *err)
{
    ES_AUTO(es_buf) name = ES_BUF_INIT(64 << 10);
    int failed;

    es_buf_printf(&name, "%s.lock", store->path);
    ES_ENSURE(es_buf_cstr(&name) != NULL, err, ES_E_NOMEM, "out of memory");
    store->lock_fd = open((const char *) name.ptr, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    ES_ENSURE(store->lock_fd >= 0, err, ES_E_WRITE, "the lock beside the database: %s",
              strerror(errno));
    do
        failed = flock(store->lock_fd, LOCK_EX | LOCK_NB);
    while (failed != 0 && errno == EINTR);
    ES_ENSURE(failed == 0, err, ES_E_CONFLICT,
              "the database is open for writing in another process, or twice in this one");
    return ES_OK;
}

static es_status init_threads(struct lite_store *store, struct es_error *err)
{
    bool made = pthread_mutex_init(&store->mutex, NULL) == 0;

    made = made && lite_cond_init(&store->work) && lite_cond_init(&store->reader_idle) &&
           lite_cond_init(&store->left);
    ES_ENSURE(made, err, ES_E_NOMEM, "out of memory");
    store->tail = &store->head;
    store->threads_made = true;
    return ES_OK;
}

static void wait_until_left(struct lite_store *store)
{
    pthread_mutex_lock(&store->mutex);
    while (store->inside > 0)
        pthread_cond_wait(&store->left, &store->mutex);
    pthread_mutex_unlock(&store->mutex);
}

static void lite_close(void *self)
{
    struct lite_store *store = self;

    if (store == NULL)
        return;
    if (store->threads_made) {
        wait_until_left(store);
        lite_readers_close(store);
        lite_writer_stop(store);
        lite_channels_clear(store);
        pthread_cond_destroy(&store->left);
        pthread_cond_destroy(&store->reader_idle);
        pthread_cond_destroy(&store->work);
        pthread_mutex_destroy(&store->mutex);
    }
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    free(store->path);
    free(store->vfs);
    free(store);
}

static es_status open_in(struct lite_store *store, const char *url,
                         const struct es_store_options *options, struct es_error *err)
{
    unsigned readers = options->readers != 0 ? options->readers : DEFAULT_READERS;
    const char *path = NULL;
    bool there = false;

    ES_TRY(path_of(url, &path, err));
    ES_ENSURE(readers <= READERS_MAX, err, ES_E_RANGE, "%u readers, at most %d", readers,
              READERS_MAX);
    ES_ENSURE(store->wait_ms <= WAIT_MAX_MS, err, ES_E_RANGE, "wait of %u ms, at most %d",
              store->wait_ms, WAIT_MAX_MS);
    ES_TRY(init_threads(store, err));
    ES_TRY(find_file(store, path, &there, err));
    ES_ENSURE(there || (options->create && !options->read_only), err, ES_E_ABSENT,
              "no such database");
    if (!options->read_only) {
        ES_TRY(lock_file(store, err));
        ES_TRY(lite_writer_start(store, options->create, err));
    }
    return lite_readers_open(store, readers, err);
}

static es_status lite_open(struct es_store *outer, const char *url,
                           const struct es_store_options *options, void **self,
                           struct es_error *err)
{
    struct lite_store *store = calloc(1, sizeof *store);
    es_status status = ES_OK;

    ES_ENSURE(store != NULL, err, ES_E_NOMEM, "out of memory");
    store->outer = outer;
    store->lock_fd = -1;
    store->wait_ms = options->wait_ms != 0 ? options->wait_ms : DEFAULT_WAIT_MS;
    store->on_fatal = options->on_fatal;
    store->fatal_ctx = options->fatal_ctx;
    store->vfs = options->vfs != NULL ? strdup(options->vfs) : NULL;
    if (options->vfs != NULL && store->vfs == NULL)
        status = es_error_set(err, ES_E_NOMEM, "out of memory");
    if (status == ES_OK)
        status = open_in(store, url, options, err);
    if (status != ES_OK)
        lite_close(store);
    else
        *self = store;
    return status;
}

static unsigned lite_lanes(void *self)
{
    (void) self;
    return 1;
}

static bool lock_is_held(const struct lite_store *store, int64_t lock_id)
{
    for (const struct lite_session *held = store->sessions; held != NULL; held = held->next)
        if (held->lock_id == lock_id)
            return true;
    return false;
}

static es_status lite_session_open(void *self, enum es_store_as as, int64_t lock_id, void **out,
                                   struct es_error *err)
{
    struct lite_session *session = calloc(1, sizeof *session);
    struct lite_store *store = self;
    bool free_to_take;

    ES_ENSURE(session != NULL, err, ES_E_NOMEM, "out of memory");
    *session = (struct lite_session){.store = store, .as = as, .lock_id = lock_id};
    pthread_mutex_lock(&store->mutex);
    free_to_take = !lock_is_held(store, lock_id);
    if (free_to_take) {
        session->next = store->sessions;
        store->sessions = session;
    }
    pthread_mutex_unlock(&store->mutex);
    if (free_to_take)
        *out = session;
    else
        free(session);
    ES_ENSURE(free_to_take, err, ES_E_CONFLICT, "somebody else holds the lock");
    return ES_OK;
}

static void lite_session_close(void *self)
{
    struct lite_session *session = self, **at;

    pthread_mutex_lock(&session->store->mutex);
    for (at = &session->store->sessions; *at != session; at = &(*at)->next)
        ;
    *at = session->next;
    pthread_mutex_unlock(&session->store->mutex);
    free(session);
}

static es_status lite_session_write(void *self, es_tx_fn fn, void *ctx, struct es_error *err)
{
    struct lite_session *session = self;

    return lite_write(session->store, session->as, 0, fn, ctx, err);
}

static es_status lite_session_read(void *self, es_tx_fn fn, void *ctx, struct es_error *err)
{
    struct lite_session *session = self;

    return lite_read(session->store, session->as, fn, ctx, err);
}

const struct es_store_ops store_sqlite_ops = {
    .abi = ES_STORE_OPS_ABI,
    .name = "sqlite",
    .scheme = "sqlite:",
    .open = lite_open,
    .close = lite_close,
    .lanes = lite_lanes,
    .read = lite_read,
    .write = lite_write,
    .session_open = lite_session_open,
    .session_write = lite_session_write,
    .session_read = lite_session_read,
    .session_close = lite_session_close,
    .run = lite_tx_run,
    .queue = lite_tx_queue,
    .flush = lite_tx_flush,
    .query = lite_tx_query,
    .script = lite_tx_script,
    .notify = lite_notify,
    .wait = lite_wait,
    .backup = lite_backup,
    .restore = lite_restore,
    .checkpoint = lite_checkpoint,
};
