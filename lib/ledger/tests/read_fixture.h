/*
 * A log in a store for tests of reading: rows are put there directly, as a sequencer would leave
 * them. The store is that of ESEAL_STORE_URL (a log of its own in it), or SQLite in a temporary
 * folder that goes with the fixture.
 */
#ifndef READ_FIXTURE_H
#define READ_FIXTURE_H

#include "es_ledger_read.h"

#define READ_FIXTURE_START_MS UINT64_C(1767225600000)

struct read_fixture {
    struct es_store *store;
    char folder[128]; /* temporary, removed at the end */
    char origin[64];
    enum es_log_name log;
    uint64_t epoch;
    int64_t log_id;
    struct es_key *key;
    /* what was added so far, written or not */
    uint64_t count, written;
    struct es_log_hash *hashes; /* of the leaves */
    struct es_buf leaves;       /* those not written yet: u32 length, leaf */
    uint64_t now_ms;
};

/** New folder, store, schema, and an empty log of a new epoch. */
void read_fixture_open(struct read_fixture *f, enum es_log_name log);
void read_fixture_close(struct read_fixture *f);

#endif
