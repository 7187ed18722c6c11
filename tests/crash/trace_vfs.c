/* Passing through to the default VFS and writing down; shared memory is passed through unseen,
 * because it is no part of what survives. */
#include "trace_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trace_file {
    sqlite3_file base;
    unsigned index;
    sqlite3_file *real;
};

static struct trace *current; /* the VFS interface has no other way to it */
static sqlite3_vfs trace_vfs;
static sqlite3_io_methods methods;

static struct trace_file *of(sqlite3_file *file)
{
    return (struct trace_file *) file;
}

/* ---- writing down ---- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static unsigned index_of(struct trace *trace, const char *name)
{
    for (unsigned i = 0; i < trace->file_count; i++)
        if (strcmp(trace->names[i], name) == 0)
            return i;
    if (trace->file_count == TRACE_FILES_MAX ||
        (trace->names[trace->file_count] = strdup(name)) == NULL) {
        trace->broken = true;
        return 0;
    }
    return trace->file_count++;
}

static void append(struct trace *trace, struct trace_op op, const void *bytes)
{
    if (trace->count == trace->room) {
        size_t room = trace->room == 0 ? 4096 : 2 * trace->room;
        struct trace_op *ops = realloc(trace->ops, room * sizeof *ops);

        if (ops == NULL) {
            trace->broken = true;
            return;
        }
        trace->ops = ops;
        trace->room = room;
    }
    if (op.len > 0) {
        op.bytes = malloc(op.len);
        if (op.bytes == NULL) {
            trace->broken = true;
            return;
        }
        memcpy(op.bytes, bytes, op.len);
    }
    trace->ops[trace->count++] = op;
}

void trace_note(struct trace *trace, enum trace_kind kind, const char *name, int64_t at,
                const void *bytes, size_t len)
{
    (void) pthread_mutex_lock(&trace->lock);
    if (kind != TRACE_SYNC || !trace->deaf)
        append(trace,
               (struct trace_op){
                   .kind = kind, .file = index_of(trace, last_part(name)), .at = at, .len = len},
               bytes);
    (void) pthread_mutex_unlock(&trace->lock);
}

size_t trace_now(struct trace *trace)
{
    size_t count;

    (void) pthread_mutex_lock(&trace->lock);
    count = trace->count;
    (void) pthread_mutex_unlock(&trace->lock);
    return count;
}

void trace_clear(struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        free(trace->ops[i].bytes);
    for (unsigned i = 0; i < trace->file_count; i++)
        free(trace->names[i]);
    free(trace->ops);
    (void) pthread_mutex_destroy(&trace->lock);
}

/* ---- files ---- */

static int trace_close(sqlite3_file *file)
{
    int rc = of(file)->real->pMethods->xClose(of(file)->real);

    free(of(file)->real);
    return rc;
}

static int trace_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    return of(file)->real->pMethods->xRead(of(file)->real, out, len, at);
}

static int trace_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    /* Written down before: what is acknowledged after this call is behind it in the trace. */
    trace_note(current, TRACE_WRITE, current->names[of(file)->index], at, bytes, (size_t) len);
    return of(file)->real->pMethods->xWrite(of(file)->real, bytes, len, at);
}

static int trace_truncate(sqlite3_file *file, sqlite3_int64 len)
{
    trace_note(current, TRACE_TRUNCATE, current->names[of(file)->index], len, NULL, 0);
    return of(file)->real->pMethods->xTruncate(of(file)->real, len);
}

static int trace_sync(sqlite3_file *file, int flags)
{
    int rc = of(file)->real->pMethods->xSync(of(file)->real, flags);

    if (rc == SQLITE_OK)
        trace_note(current, TRACE_SYNC, current->names[of(file)->index], 0, NULL, 0);
    return rc;
}

static int trace_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return of(file)->real->pMethods->xFileSize(of(file)->real, out);
}

static int trace_lock(sqlite3_file *file, int level)
{
    return of(file)->real->pMethods->xLock(of(file)->real, level);
}

static int trace_unlock(sqlite3_file *file, int level)
{
    return of(file)->real->pMethods->xUnlock(of(file)->real, level);
}

static int trace_check_lock(sqlite3_file *file, int *out)
{
    return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, out);
}

static int trace_control(sqlite3_file *file, int op, void *arg)
{
    /* A size hint would grow the file behind the trace's back. */
    if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK;
    return of(file)->real->pMethods->xFileControl(of(file)->real, op, arg);
}

static int trace_sector(sqlite3_file *file)
{
    return of(file)->real->pMethods->xSectorSize(of(file)->real);
}

static int trace_traits(sqlite3_file *file)
{
    return of(file)->real->pMethods->xDeviceCharacteristics(of(file)->real);
}

static int trace_shm_map(sqlite3_file *file, int page, int len, int extend, void volatile **out)
{
    return of(file)->real->pMethods->xShmMap(of(file)->real, page, len, extend, out);
}

static int trace_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return of(file)->real->pMethods->xShmLock(of(file)->real, offset, n, flags);
}

static void trace_shm_barrier(sqlite3_file *file)
{
    of(file)->real->pMethods->xShmBarrier(of(file)->real);
}

static int trace_shm_unmap(sqlite3_file *file, int remove)
{
    return of(file)->real->pMethods->xShmUnmap(of(file)->real, remove);
}

static sqlite3_io_methods methods = {
    .iVersion = 2, /* without memory mapping: writes would be unseen */
    .xClose = trace_close,
    .xRead = trace_read,
    .xWrite = trace_write,
    .xTruncate = trace_truncate,
    .xSync = trace_sync,
    .xFileSize = trace_size,
    .xLock = trace_lock,
    .xUnlock = trace_unlock,
    .xCheckReservedLock = trace_check_lock,
    .xFileControl = trace_control,
    .xSectorSize = trace_sector,
    .xDeviceCharacteristics = trace_traits,
    .xShmMap = trace_shm_map,
    .xShmLock = trace_shm_lock,
    .xShmBarrier = trace_shm_barrier,
    .xShmUnmap = trace_shm_unmap,
};

/* ---- the VFS ---- */

static sqlite3_vfs *real_vfs(void)
{
    return (sqlite3_vfs *) trace_vfs.pAppData;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct trace_file *own = of(file);
    int exists = 0, rc;

    (void) vfs;
    own->base.pMethods = NULL;
    own->real = calloc(1, (size_t) real_vfs()->szOsFile);
    if (own->real == NULL)
        return SQLITE_NOMEM;
    if (name != NULL)
        (void) real_vfs()->xAccess(real_vfs(), name, SQLITE_ACCESS_EXISTS, &exists);
    rc = real_vfs()->xOpen(real_vfs(), name, own->real, flags, out);
    if (rc != SQLITE_OK) {
        free(own->real);
        return rc;
    }
    (void) pthread_mutex_lock(&current->lock);
    own->index = index_of(current, name == NULL ? "unnamed" : last_part(name));
    (void) pthread_mutex_unlock(&current->lock);
    if (name != NULL && exists == 0)
        trace_note(current, TRACE_CREATE, name, 0, NULL, 0);
    own->base.pMethods = &methods;
    return SQLITE_OK;
}

static int remove_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    int rc;

    (void) vfs;
    trace_note(current, TRACE_REMOVE, name, 0, NULL, 0);
    rc = real_vfs()->xDelete(real_vfs(), name, sync);
    if (rc == SQLITE_OK && sync != 0) /* the folder is synced with it */
        trace_note(current, TRACE_SYNC, name, 0, NULL, 0);
    return rc;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void) vfs;
    return real_vfs()->xAccess(real_vfs(), name, flags, out);
}

static int full_name(sqlite3_vfs *vfs, const char *name, int len, char *out)
{
    (void) vfs;
    return real_vfs()->xFullPathname(real_vfs(), name, len, out);
}

int trace_start(struct trace *trace)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    *trace = (struct trace){.deaf = trace->deaf};
    if (real == NULL || pthread_mutex_init(&trace->lock, NULL) != 0)
        return -1;
    current = trace;
    trace_vfs = *real;
    trace_vfs.szOsFile = (int) sizeof(struct trace_file);
    trace_vfs.zName = TRACE_VFS_NAME;
    trace_vfs.pNext = NULL;
    trace_vfs.pAppData = real;
    trace_vfs.xOpen = open_file;
    trace_vfs.xDelete = remove_file;
    trace_vfs.xAccess = access_file;
    trace_vfs.xFullPathname = full_name;
    return sqlite3_vfs_register(&trace_vfs, 0) == SQLITE_OK ? 0 : -1;
}

void trace_stop(void)
{
    (void) sqlite3_vfs_unregister(&trace_vfs);
    current = NULL;
}
