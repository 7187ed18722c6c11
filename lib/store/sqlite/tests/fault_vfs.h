/* A VFS "fault" over the default one, whose writes and syncs fail when told. For tests. */
#ifndef ES_STORE_FAULT_VFS_H
#define ES_STORE_FAULT_VFS_H

#include <stdatomic.h>

struct fault {
    atomic_int sync_code;     /* what xSync returns instead of syncing; 0: it syncs */
    atomic_int write_code;    /* what xWrite returns once write_budget is used up; 0: it writes */
    atomic_long write_budget; /* bytes that can still be written before write_code applies */
    atomic_int syncs, failed;
    atomic_bool no_syncs; /* say that it synced: quick, for tests that are not about it */
    atomic_int writes;
    atomic_int write_at, sync_at; /* the write, the sync of that number (from 1) fails with EIO */
};

/** Register it; fault lives as long as the process. */
void fault_vfs_register(struct fault *fault);

#endif
