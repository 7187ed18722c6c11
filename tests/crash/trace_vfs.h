/*
 * A VFS of SQLite that does everything as the default one does and writes down every write,
 * truncation, sync and removal. From such a trace the state of the disk after a power cut at any
 * moment can be made (image.h): synced bytes are there, others may be, whole, torn or not at all.
 */
#ifndef TRACE_VFS_H
#define TRACE_VFS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_kind { TRACE_CREATE, TRACE_WRITE, TRACE_TRUNCATE, TRACE_SYNC, TRACE_REMOVE };
struct trace_op {
    enum trace_kind kind;
    unsigned file; /* index of trace.names */
    int64_t at;    /* offset, or new length */
    uint8_t *bytes;
    size_t len;
};

#define TRACE_FILES_MAX 16
struct trace {
    pthread_mutex_t lock;
    struct trace_op *ops;
    size_t count, room;
    char *names[TRACE_FILES_MAX]; /* last part of the path */
    unsigned file_count;
    bool deaf;   /* syncs are not written down: the negative control */
    bool broken; /* out of memory: the trace is of no use */
};

#define TRACE_VFS_NAME "trace"
/** Register the VFS; everything from now on goes into trace. One at a time. 0: done. */
int trace_start(struct trace *trace);
/** Unregister; all databases that used it must be closed. */
void trace_stop(void);
/** How many operations there are by now: what was acknowledged at this moment must survive a cut
 *  at it or later. */
size_t trace_now(struct trace *trace);
/** An operation on a file that is not SQLite's (a journal), bytes copied. */
void trace_note(struct trace *trace, enum trace_kind kind, const char *name, int64_t at,
                const void *bytes, size_t len);
void trace_clear(struct trace *trace);

#endif
