/*
 * Tamper-evident logs: leaves, Merkle tree, map of states, checkpoints. Everything here is
 * arithmetic over bytes: no storage, no network, no clock. Byte for byte as in audit-log.md 1 to 4;
 * whoever stores or serves a log stands above this area.
 *
 * Integers in leaves are unsigned, big endian. Times are milliseconds since 1970, UTC. Hash is SM3.
 * What encodes appends to out. Any call may fail with ES_E_NOMEM, or ES_E_CRYPTO where it hashes or
 * signs; the others are named below. No shared state: any thread.
 */
#ifndef ES_LOG_H
#define ES_LOG_H

#include "es_base.h"
#include "es_crypto.h"

#define ES_LOG_HASH_LEN 32
#define ES_LOG_BODY_MAX 65535u
#define ES_LOG_LEAF_MAX (54u + ES_LOG_BODY_MAX)
#define ES_LOG_PATH_MAX 64

struct es_log_hash {
    uint8_t b[ES_LOG_HASH_LEN];
};
bool es_log_hash_equal(const struct es_log_hash *a, const struct es_log_hash *b);
bool es_log_hash_is_zero(const struct es_log_hash *hash); /* zeros stand for "none" */

/* ---- leaves (2) ---- */

enum es_leaf_kind { ES_LEAF_AUDIT = 1, ES_LEAF_STATUS = 2, ES_LEAF_MAP_HEAD = 3 };
struct es_leaf {
    enum es_leaf_kind kind;
    uint64_t index;
    uint64_t sequenced_ms;
    struct es_log_hash previous;
    struct es_span body; /* borrowed */
};
/** Append the leaf's bytes. ES_E_RANGE: body longer than ES_LOG_BODY_MAX. */
ES_CHECKED es_status es_leaf_encode(const struct es_leaf *leaf, struct es_buf *out,
                                    struct es_error *err);
/** ES_E_FORMAT: not exactly one leaf of version 1 and a known kind. body points into bytes. */
ES_CHECKED es_status es_leaf_decode(struct es_span bytes, struct es_leaf *out,
                                    struct es_error *err);
/** H(00 || leaf bytes) */
ES_CHECKED es_status es_leaf_hash(struct es_span bytes, struct es_log_hash *out,
                                  struct es_error *err);
/** H(04 || origin): what stands before the first leaf. */
ES_CHECKED es_status es_log_genesis(const char *origin, struct es_log_hash *out,
                                    struct es_error *err);
/** H(02 || salt || detail) */
ES_CHECKED es_status es_log_detail_hash(const uint8_t salt[32], struct es_span detail,
                                        struct es_log_hash *out, struct es_error *err);

/* ---- bodies (2.1 to 2.3) ---- */

struct es_audit_event {
    bool has_detail;
    uint64_t event_ms;
    uint8_t entry_id[16];
    uint64_t writer_id, writer_seq;
    uint16_t type;
    uint8_t outcome;  /* 0 done, 1 failed, 2 refused, 3 error */
    uint8_t severity; /* 0 info, 1 notice, 2 warning, 3 alarm */
    struct es_span actor, role, object_type, object_id, correlation; /* 0..255 bytes, clean UTF-8 */
    struct es_log_hash subject;                                      /* zeros: none */
    struct es_log_hash detail_hash; /* zeros when has_detail is false */
};
/** ES_E_RANGE: outcome, severity or a text is outside the shape above. ES_E_FORMAT: a detail_hash
 *  without has_detail. */
ES_CHECKED es_status es_audit_event_encode(const struct es_audit_event *event, struct es_buf *out,
                                           struct es_error *err);
/** Strict: what decodes encodes to the same bytes. Spans of out point into body. ES_E_FORMAT, and
 *  ES_E_RANGE for outcome and severity. */
ES_CHECKED es_status es_audit_event_decode(struct es_span body, struct es_audit_event *out,
                                           struct es_error *err);

struct es_status_event {
    uint8_t status; /* codes.md 6: 30, 40, 50, 60, 70, 80 */
    uint8_t reason; /* codes.md 7, 0 when not published */
    uint64_t event_seq;
    uint64_t effective_ms, valid_from_ms, valid_until_ms;
    struct es_log_hash map_key, previous_event;
};
#define ES_STATUS_EVENT_LEN 100
/** ES_E_RANGE: no such status. */
ES_CHECKED es_status es_status_event_encode(const struct es_status_event *event, struct es_buf *out,
                                            struct es_error *err);
/** ES_E_FORMAT: not exactly one event in its one form. */
ES_CHECKED es_status es_status_event_decode(struct es_span body, struct es_status_event *out,
                                            struct es_error *err);

struct es_map_head {
    uint64_t covers; /* leaves before it: its own index */
    uint64_t count;  /* keys in the map */
    struct es_log_hash root;
};
#define ES_MAP_HEAD_LEN 49
ES_CHECKED es_status es_map_head_encode(const struct es_map_head *head, struct es_buf *out,
                                        struct es_error *err);
/** ES_E_FORMAT: not exactly one map head in its one form. */
ES_CHECKED es_status es_map_head_decode(struct es_span body, struct es_map_head *out,
                                        struct es_error *err);

/* ---- tree: RFC 9162 2.1 with SM3 (1) ---- */

/** The right edge of a growing tree: enough to append and to give the root. */
struct es_tree {
    uint64_t size;
    struct es_log_hash
        edge[64]; /* edge[l]: root of the last whole subtree of 2^l, where size has bit l */
};
void es_tree_init(struct es_tree *tree);
/** ES_E_LIMIT: a tree of 2^62 leaves takes no more. */
ES_CHECKED es_status es_tree_append(struct es_tree *tree, const struct es_log_hash *leaf,
                                    struct es_error *err);
/** Root of the leaves so far; H of nothing when there are none. */
ES_CHECKED es_status es_tree_root(const struct es_tree *tree, struct es_log_hash *out,
                                  struct es_error *err);

/** Root of the whole subtree of 2^level leaves that begins at leaf index << level. */
struct es_tree_source {
    es_status (*subtree)(void *self, unsigned level, uint64_t index, struct es_log_hash *out,
                         struct es_error *err);
    void *self;
};
/** Leaf hashes in memory as a source (slow above some thousands: for tests and small logs). */
struct es_tree_leaves {
    const struct es_log_hash *hashes;
    uint64_t count;
};
struct es_tree_source es_tree_source_leaves(const struct es_tree_leaves *leaves);
/** Root of the first size leaves from a source. */
ES_CHECKED es_status es_tree_root_of(const struct es_tree_source *source, uint64_t size,
                                     struct es_log_hash *out, struct es_error *err);

struct es_tree_path {
    struct es_log_hash hash[ES_LOG_PATH_MAX]; /* from the leaf upward */
    size_t count;
};
/** ES_E_RANGE: index >= size. */
ES_CHECKED es_status es_tree_inclusion(const struct es_tree_source *source, uint64_t index,
                                       uint64_t size, struct es_tree_path *out,
                                       struct es_error *err);
/** ES_E_RANGE: not 0 < from <= to. */
ES_CHECKED es_status es_tree_consistency(const struct es_tree_source *source, uint64_t from,
                                         uint64_t to, struct es_tree_path *out,
                                         struct es_error *err);
/** *good tells whether the path leads from leaf at index to root of size leaves. */
ES_CHECKED es_status es_tree_verify_inclusion(const struct es_log_hash *leaf, uint64_t index,
                                              uint64_t size, const struct es_tree_path *path,
                                              const struct es_log_hash *root, bool *good,
                                              struct es_error *err);
ES_CHECKED es_status es_tree_verify_consistency(uint64_t from, uint64_t to,
                                                const struct es_log_hash *root_from,
                                                const struct es_log_hash *root_to,
                                                const struct es_tree_path *path, bool *good,
                                                struct es_error *err);

/* ---- map: a compact sparse Merkle tree over 256-bit keys (3) ---- */

struct es_map_item {
    struct es_log_hash key, value;
};
#define ES_MAP_PATH_MAX 256
struct es_map_proof {
    struct es_log_hash siblings[ES_MAP_PATH_MAX]; /* from the root down */
    size_t count;
    bool has_terminal;
    struct es_map_item terminal;
};
/** H(12 || count || status || effective || last leaf hash) */
ES_CHECKED es_status es_map_value(uint64_t count, uint8_t status, uint64_t effective_ms,
                                  const struct es_log_hash *last_leaf, struct es_log_hash *out,
                                  struct es_error *err);
/** H(10 || key || value): what stands where an item is alone. */
ES_CHECKED es_status es_map_leaf(const struct es_map_item *item, struct es_log_hash *out,
                                 struct es_error *err);
/** H(11 || left || right): what stands above two items or more. */
ES_CHECKED es_status es_map_node(const struct es_log_hash *left, const struct es_log_hash *right,
                                 struct es_log_hash *out, struct es_error *err);
/**
 * Root of a map whose items are all in memory, and the proof of a key in it: the reference that the
 * stored map is tested against, and for small logs. Items are sorted by key; ES_E_CONFLICT: a key
 * twice.
 */
ES_CHECKED es_status es_map_root(const struct es_map_item *items, size_t count,
                                 struct es_log_hash *out, struct es_error *err);
ES_CHECKED es_status es_map_prove(const struct es_map_item *items, size_t count,
                                  const struct es_log_hash *key, struct es_map_proof *out,
                                  struct es_error *err);
enum es_map_answer { ES_MAP_REFUSED = 0, ES_MAP_PRESENT, ES_MAP_ABSENT };
/** What a proof shows about key under root; REFUSED when it does not hold. */
ES_CHECKED es_status es_map_verify(const struct es_map_proof *proof, const struct es_log_hash *key,
                                   const struct es_log_hash *root, enum es_map_answer *answer,
                                   struct es_error *err);

/* ---- checkpoints: signed tree heads (4) ---- */

#define ES_CHECKPOINT_MAX 16384
#define ES_CHECKPOINT_ALGORITHM "sm2-sm3/v1"
#define ES_CHECKPOINT_WITNESS_ALGORITHM "sm2-sm3-cosignature/v1"
#define ES_CHECKPOINT_LINES_MAX 64
struct es_checkpoint_line {
    struct es_span name; /* key name */
    uint8_t key_id[4];
    struct es_span sig; /* behind the key id: 64 bytes, or 72 of a witness */
};
struct es_checkpoint {
    struct es_span origin; /* "<host>/<log>/<epoch>" */
    uint64_t size;
    struct es_log_hash root;
    struct es_span signed_text; /* up to and including the third line end */
    struct es_checkpoint_line lines[ES_CHECKPOINT_LINES_MAX];
    size_t line_count;
    struct es_buf sigs; /* owns decoded signatures */
    struct es_buf text; /* owns everything else */
};
void es_checkpoint_clear(struct es_checkpoint *checkpoint);
/** The three body lines. ES_E_RANGE: origin is not one word of a line, 1..255 bytes. */
ES_CHECKED es_status es_checkpoint_body(const char *origin, uint64_t size,
                                        const struct es_log_hash *root, struct es_buf *out,
                                        struct es_error *err);
/** Body, empty line and the log's own signature line. key's name is the origin. */
ES_CHECKED es_status es_checkpoint_sign(const char *origin, uint64_t size,
                                        const struct es_log_hash *root, struct es_key *key,
                                        struct es_buf *out, struct es_error *err);
/** A witness's line for a checkpoint at time_s. ES_E_RANGE: the name is not one word of a line. */
ES_CHECKED es_status es_checkpoint_cosign(const struct es_checkpoint *checkpoint,
                                          const char *witness, uint64_t time_s, struct es_key *key,
                                          struct es_buf *out, struct es_error *err);
/**
 * out owns what it holds: es_checkpoint_clear. text is read during the call and not kept.
 * ES_E_FORMAT for anything that is not exactly of this form, ES_E_LIMIT for more of it than above.
 */
ES_CHECKED es_status es_checkpoint_parse(struct es_span text, struct es_checkpoint *out,
                                         struct es_error *err);
/**
 * The log's own signature: its line must be there once and hold. *good false when it does not,
 * also when a line with its key id is of wrong length.
 */
ES_CHECKED es_status es_checkpoint_verify(const struct es_checkpoint *checkpoint,
                                          const struct es_pubkey *key, bool *good,
                                          struct es_error *err);
/** The line of a witness, as above; *time_s gets its time (believe it only when *good). */
ES_CHECKED es_status es_checkpoint_verify_witness(const struct es_checkpoint *checkpoint,
                                                  const char *witness, const struct es_pubkey *key,
                                                  bool *good, uint64_t *time_s,
                                                  struct es_error *err);
/** First 4 bytes of H(name || 0A || FF || algorithm || 65-byte point). */
ES_CHECKED es_status es_checkpoint_key_id(const char *name, const char *algorithm,
                                          const struct es_pubkey *key, uint8_t out[4],
                                          struct es_error *err);

#endif
