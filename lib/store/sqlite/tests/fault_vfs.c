/*
 * Files are the real VFS's own, with two methods exchanged: the table of methods of each kind of
 * file is copied once and the copy's xWrite and xSync look at the fault first.
 */
#include "fault_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define KINDS 8

static struct {
    struct fault *fault;
    sqlite3_vfs vfs, *real;
    pthread_mutex_t mutex;
    struct kind {
        const sqlite3_io_methods *real;
        sqlite3_io_methods mine;
    } kinds[KINDS];
} self = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static const sqlite3_io_methods *real_of(const sqlite3_file *file)
{
    for (size_t i = 0; i < KINDS; i++)
        if (file->pMethods == &self.kinds[i].mine)
            return self.kinds[i].real;
    abort();
}

static int faulty_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 off)
{
    int code = atomic_load(&self.fault->write_code);

    if (atomic_fetch_add(&self.fault->writes, 1) + 1 == atomic_load(&self.fault->write_at)) {
        self.fault->failed++;
        return SQLITE_IOERR_WRITE;
    }
    if (code != 0 && atomic_fetch_sub(&self.fault->write_budget, len) < len) {
        self.fault->failed++;
        return code;
    }
    return real_of(file)->xWrite(file, bytes, len, off);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    int code = atomic_load(&self.fault->sync_code);

    if (atomic_fetch_add(&self.fault->syncs, 1) + 1 == atomic_load(&self.fault->sync_at))
        code = SQLITE_IOERR_FSYNC;
    if (code != 0)
        self.fault->failed++;
    if (code != 0 || self.fault->no_syncs)
        return code;
    return real_of(file)->xSync(file, flags);
}

/** The exchanged table for a real one. */
static const sqlite3_io_methods *mine_of(const sqlite3_io_methods *real)
{
    struct kind *kind = self.kinds;

    pthread_mutex_lock(&self.mutex);
    while (kind->real != NULL && kind->real != real)
        kind++;
    if (kind->real == NULL) {
        kind->mine = *real;
        kind->mine.xWrite = faulty_write;
        kind->mine.xSync = faulty_sync;
        kind->real = real;
    }
    pthread_mutex_unlock(&self.mutex);
    return &kind->mine;
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    int rc = self.real->xOpen(self.real, name, file, flags, out);

    (void) vfs;
    if (rc == SQLITE_OK && file->pMethods != NULL)
        file->pMethods = mine_of(file->pMethods);
    return rc;
}

void fault_vfs_register(struct fault *fault)
{
    self.fault = fault;
    self.real = sqlite3_vfs_find(NULL);
    self.vfs = *self.real;
    self.vfs.zName = "fault";
    self.vfs.xOpen = faulty_open;
    self.vfs.pNext = NULL;
    if (sqlite3_vfs_register(&self.vfs, 0) != SQLITE_OK)
        abort();
}
