/*
 * Logs made for tests, as bundles in memory: right in everything by default, wrong where a test
 * says so. Bytes are put by hand, not by the writer under test; hashes come from lib/log, whose own
 * tests compare them with published values.
 */
#ifndef ES_TEST_BUNDLE_MAKER_H
#define ES_TEST_BUNDLE_MAKER_H

#include "bundle_internal.h"

#define MADE_WRITERS 4
#define MADE_SEALS 8
#define MADE_FILES 16
#define MADE_CHECKPOINTS 8

struct made_leaf {
    struct es_buf bytes;
    struct es_log_hash hash;
    uint64_t index;
    uint16_t type;
    uint64_t event_ms;
    char actor[256], object_id[256];
};
struct made_file {
    char name[BUNDLE_NAME_MAX];
    struct es_buf bytes;
    bool absent;  /* named, not there */
    bool unnamed; /* there, not named */
};
struct made_checkpoint {
    uint64_t time_ms;
    struct es_buf note, journal_note;
    bool in_table, in_journal;
};
struct made {
    bool status;
    const char *origin;
    struct es_key *key, *witness[2];
    struct es_log_witness witnesses[2];
    struct es_log_trust trust;
    struct made_leaf *leaves;
    size_t count, cap;
    struct es_tree tree;
    struct es_log_hash previous;
    uint64_t now_ms;
    uint64_t writer_next[MADE_WRITERS];
    struct made_seal {
        uint64_t next;
        struct es_log_hash last;
        uint8_t status;
        uint64_t effective_ms;
    } seals[MADE_SEALS];
    struct made_checkpoint checkpoints[MADE_CHECKPOINTS];
    size_t checkpoint_count;
    bool without_journal;
    struct made_file files[MADE_FILES];
    size_t file_count;
    uint64_t entries; /* of the manifest; made_files sets it */
    struct es_bundle_head head;
    struct es_buf manifest;
    struct es_buf found; /* "rule:index rule …", sorted; notices behind a '?' */
    struct es_log_verify_result result;
    struct es_error err;
    struct es_span since;
    bool full;
};
void made_init(struct made *m, bool status);
void made_clear(struct made *m);

/* ---- leaves ---- */

/** The next leaf with this body, right in every field. */
struct es_leaf made_next(const struct made *m, enum es_leaf_kind kind, struct es_span body);
void made_put(struct made *m, const struct es_leaf *leaf);
void made_put_bytes(struct made *m, struct es_span bytes);
/** The next event of a writer (1 to MADE_WRITERS - 1). */
struct es_audit_event made_event(const struct made *m, unsigned writer, uint16_t type);
void made_put_event(struct made *m, const struct es_audit_event *event);
/** Detail of the event of leaf place: salt 32 times place, text of place. */
void made_give_detail(struct es_audit_event *event, uint64_t place);
/** The next event of a seal (0 to MADE_SEALS - 1). */
struct es_status_event made_state(const struct made *m, unsigned seal, uint8_t status);
void made_put_state(struct made *m, const struct es_status_event *event);
struct es_map_head made_map_head(const struct made *m);
void made_put_head(struct made *m, const struct es_map_head *head);
/** The key's number is the first byte of the key, so the map has long and short ways. */
struct es_log_hash made_key(unsigned seal);

/* ---- checkpoints and files ---- */

/** Sign the tree as it is, with both witnesses in the table; into table and journal. */
struct made_checkpoint *made_sign(struct made *m);
/** A note of size and root; witnesses: how many of the two sign. */
void made_note(struct made *m, uint64_t size, const struct es_log_hash *root, unsigned witnesses,
               struct es_buf *out);
/** A log of six leaves and three checkpoints; leaves from .. to-1 of it. */
#define MADE_STANDARD 6
void made_standard(struct made *m, uint64_t from, uint64_t to);
/** All files but the manifest. */
void made_files(struct made *m);
struct made_file *made_file(struct made *m, const char *name);
/** The manifest, by the files as they are. */
void made_seal_manifest(struct made *m);
/** Run the verifier; findings into m->found. */
es_status made_verify(struct made *m);
/** A folder over the files. */
struct bundle_folder made_folder(struct made *m);
/** Write everything into a folder on disk. */
void made_write(struct made *m, const char *path);

#endif
