/*
 * A log in a store for tests of reading: rows are put there directly, as a sequencer would leave
 * them. The store is that of ESEAL_STORE_URL (a log of its own in it), or SQLite in a temporary
 * folder that goes with the fixture.
 */
#ifndef READ_FIXTURE_H
#define READ_FIXTURE_H

#include "../ledger_internal.h"
#include "es_ledger_read.h"

#define READ_FIXTURE_START_MS UINT64_C(1767225600000)

#define READ_FIXTURE_LEAVES 2000
#define READ_FIXTURE_SEALS 200

struct read_leaf_made {
    struct es_buf bytes;
    struct es_log_hash hash;
    uint16_t type;
    uint64_t event_ms;
    char actor[16], object_id[80];
    uint8_t entry_id[16], subject[32];
    bool has_entry, has_subject;
};

struct read_fixture {
    struct es_store *store;
    char folder[128]; /* temporary, removed at the end */
    char origin[64];
    enum es_log_name log;
    uint64_t epoch;
    int64_t log_id;
    struct es_key *key;
    struct es_log_trust trust;
    struct read_leaf_made *leaf; /* all so far */
    struct es_log_hash hash[READ_FIXTURE_LEAVES];
    uint64_t count, written;
    uint64_t now_ms;
    uint64_t writer_seq;
    struct ledger_map_change seal[READ_FIXTURE_SEALS]; /* the map, as the leaves have it */
    bool changed[READ_FIXTURE_SEALS];                  /* not in the store yet */
    size_t seals;
};

/** New folder, store, schema, and an empty log of a new epoch. */
void read_fixture_open(struct read_fixture *f, enum es_log_name log);
void read_fixture_close(struct read_fixture *f);

/* Leaves in memory. */
void read_fixture_audit(struct read_fixture *f, uint16_t type, const char *object_id,
                        const uint8_t *subject);
void read_fixture_status(struct read_fixture *f, const struct es_log_hash *key, uint8_t status);
void read_fixture_map_head(struct read_fixture *f);
/** Put what is not there yet into the store: leaves, tiles, map, head; as a sequencer would. */
void read_fixture_write(struct read_fixture *f);
/** Sign what was made so far as far as size, into the table. */
void read_fixture_sign(struct read_fixture *f, uint64_t size);
void read_fixture_note(struct read_fixture *f, uint64_t size, struct es_buf *out);
void read_fixture_script(struct read_fixture *f, const char *format, ...) ES_PRINTF(2, 3);
/** SM3 of a number, as a map key or subject. */
struct es_log_hash read_fixture_hash(uint64_t number);

#endif
