/*
 * What the files that keep a log share; reading, map and witness have nothing of it.
 *
 *   es_ledger_add       in a caller's transaction: one row of log_outbox      entry.c, writer.c
 *   keeper thread       outbox -> leaves, tiles, map, head: one transaction   round.c, build.c
 *                       read back, hashed again, signed, journal, table       publish.c, journal.c
 *                       and those who wait are woken                          tickets.c
 *   at open             store against journal and mirror                      start_check.c
 *
 * The seat is the keeper thread's alone (and of the functions it runs in the store); everything
 * else in es_ledger that changes stands under its lock.
 */
#ifndef LEDGER_KEEP_H
#define LEDGER_KEEP_H

#include <pthread.h>
#include <stdatomic.h>

#include "ledger_internal.h"

#define KEEP_DETAIL_MAX 65536u
#define KEEP_WINDOW_MS 300000u     /* effective_ms may lie so far before sequenced_ms (2.2) */
#define KEEP_HEAD_EVERY_MS 3300000 /* a map head at least once an hour */
#define KEEP_CLOCK_SLACK_MS 2000   /* a clock further back than this is told */
#define KEEP_WHY_MAX 200
#define KEEP_REASON_MAX 4096 /* of a decision */

static inline struct es_value keep_int(uint64_t value)
{
    return es_value_int((int64_t) value);
}
static inline struct es_value keep_blob(const void *ptr, size_t len)
{
    return es_value_blob(es_span_of(ptr, len));
}

/** An es_row_fn for rows that are not looked at. */
ES_CHECKED es_status keep_no_row(void *ctx, const struct es_value *columns, size_t count,
                                 struct es_error *err);

/* ---- head.c: the row of a log ---- */

struct keep_head {
    int64_t log_id;
    char origin[256];
    uint64_t epoch, size, last_ms;
    struct es_log_hash root, last_hash;
    char state[8]; /* open, frozen, closed */
    char why[KEEP_WHY_MAX];
};
ES_CHECKED es_status keep_head_read(struct es_tx *tx, int64_t log_id, struct keep_head *out,
                                    struct es_error *err);
/** Of the newest epoch; ES_E_ABSENT. */
ES_CHECKED es_status keep_head_newest(struct es_tx *tx, enum es_log_name log, struct keep_head *out,
                                      struct es_error *err);
/** A new, empty log. */
ES_CHECKED es_status keep_head_insert(struct es_tx *tx, enum es_log_name log, const char *host,
                                      uint64_t epoch, struct keep_head *out, struct es_error *err);
/** Compare and set; ES_E_CONFLICT when the row is not as was believed. */
ES_CHECKED es_status keep_head_advance(struct es_tx *tx, const struct keep_head *from,
                                       const struct keep_head *to, struct es_error *err);
ES_CHECKED es_status keep_head_set_state(struct es_tx *tx, int64_t log_id, const char *state,
                                         const char *why, struct es_error *err);

/** A signed checkpoint; size 0: none. */
struct keep_checkpoint {
    uint64_t size;
    struct es_log_hash root;
    struct es_buf note;
};
void keep_checkpoint_clear(struct keep_checkpoint *c);
ES_CHECKED es_status keep_checkpoint_set(struct keep_checkpoint *c, uint64_t size,
                                         const struct es_log_hash *root, struct es_span note,
                                         struct es_error *err);
/** Newest row of log_checkpoint. */
ES_CHECKED es_status keep_checkpoint_newest(struct es_tx *tx, int64_t log_id,
                                            struct keep_checkpoint *out, struct es_error *err);
/** A row unless there is one of that size. */
ES_CHECKED es_status keep_checkpoint_insert(struct es_tx *tx, int64_t log_id,
                                            const struct keep_checkpoint *c, uint64_t now_ms,
                                            struct es_error *err);

/* ---- writer.c, outbox.c: what is on its way ---- */

struct keep_writer {
    uint64_t id;       /* 0: none yet */
    uint64_t next_seq; /* 0: WRITER_START comes first */
    char label[96];
};
/** An entry before it is a row: owned bytes. */
struct keep_made {
    uint8_t entry_id[16];
    uint64_t created_ms;
    struct es_buf body, salt_ct, detail_ct;
};
void keep_made_clear(struct keep_made *made);
/** An entry as a row of the outbox (or the sequencer's own: id 0); bytes borrowed. */
struct keep_row {
    int64_t id;
    uint8_t entry_id[16];
    struct es_span body, salt_ct, detail_ct;
};

ES_CHECKED es_status keep_entry_id(const struct es_ledger_config *config, uint64_t now_ms,
                                   uint8_t out[16], struct es_error *err);
/** Body and closed detail of the writer's next entry; the writer does not move. */
ES_CHECKED es_status keep_make(const struct es_ledger_config *config,
                               const struct keep_writer *writer, const struct es_log_entry *entry,
                               struct keep_made *out, struct es_error *err);
ES_CHECKED es_status keep_outbox_insert(const struct es_ledger_config *config, struct es_tx *tx,
                                        int64_t log_id, const struct keep_made *made,
                                        struct es_error *err);
/** A row's columns id, entry_id, body, salt_ct, detail_ct, mac, created_ms against its MAC. */
ES_CHECKED es_status keep_outbox_check(const struct es_ledger_config *config, int64_t log_id,
                                       const struct es_value *columns, struct es_error *err);

/** Give the writer an id when it has none. */
ES_CHECKED es_status keep_writer_prepare(const struct es_ledger_config *config,
                                         struct keep_writer *writer, struct es_error *err);
/** The WRITER_START of a writer that has written nothing. */
ES_CHECKED es_status keep_writer_make_start(const struct es_ledger_config *config, struct es_tx *tx,
                                            int64_t log_id, const struct keep_writer *writer,
                                            struct keep_made *out, struct es_error *err);
/** Put an entry into the outbox, WRITER_START before it when it is the first; the writer moves. */
ES_CHECKED es_status keep_writer_put(const struct es_ledger_config *config, struct es_tx *tx,
                                     int64_t log_id, struct keep_writer *writer,
                                     const struct es_log_entry *entry, uint8_t entry_id[16],
                                     struct es_error *err);
/** One entry between its own WRITER_START and WRITER_STOP, by who is no sequencer. */
ES_CHECKED es_status keep_write_once(const struct es_ledger_config *config, struct es_tx *tx,
                                     int64_t log_id, const char *role,
                                     const struct es_log_entry *entry, struct es_error *err);
/** The entry that ends the writer of that label, which is borrowed. */
struct es_log_entry keep_stop_entry(const char *label);
/** How long a writer may be silent. */
uint64_t keep_heartbeat_ms(const struct es_ledger_config *config);
/** What config names this process, "main" by default. */
const char *keep_instance(const struct es_ledger_config *config);

/* ---- tickets.c: who waits ---- */

struct keep_tickets; /* reference counted: tickets may outlive the ledger */
ES_CHECKED es_status keep_tickets_new(struct keep_tickets **out, struct es_error *err);
void keep_tickets_free(struct keep_tickets *tickets);
struct keep_lane;
/** Reference counted; first the fields of the hook that follows the transaction's fate. */
struct es_ticket {
    struct es_ledger *ledger; /* alive as long as transactions are */
    struct keep_lane *lane;   /* NULL: no writer */
    uint64_t writer_id, seq_before;
    uint8_t entry_id[16];
    struct keep_tickets *tickets;
    struct es_ticket *next;
    pthread_cond_t done;
    atomic_uint refs;
    bool listed, finished;
    es_status status;
    struct es_log_place place;
};
ES_CHECKED es_status keep_ticket_new(struct keep_tickets *tickets, struct es_ticket **out,
                                     struct es_error *err);
struct es_ticket *keep_ticket_ref(struct es_ticket *ticket);
void keep_ticket_unref(struct es_ticket *ticket);
/** From here on keep_tickets_done finds it by its entry_id. */
void keep_ticket_list(struct es_ticket *ticket);
/** Its transaction was dropped. */
void keep_ticket_drop(struct es_ticket *ticket);
void keep_tickets_done(struct keep_tickets *tickets, const uint8_t entry_id[16],
                       const struct es_log_place *place);
/** The log will not be written: all who wait, and all who will, are told. */
void keep_tickets_fail(struct keep_tickets *tickets, const char *why);
/** Entry ids of those who wait, 16 bytes each. */
ES_CHECKED es_status keep_tickets_waiting(struct keep_tickets *tickets, struct es_buf *out,
                                          struct es_error *err);
ES_CHECKED es_status keep_ticket_wait(struct es_ticket *ticket, unsigned timeout_ms,
                                      struct es_log_place *out, struct es_error *err);

/* ---- leaf.c: leaves as rows ---- */

/** A leaf with what its row repeats; spans borrow from bytes. */
struct keep_leaf {
    struct es_span bytes;
    struct es_log_hash hash;
    struct es_leaf leaf;
    struct es_audit_event audit;
    struct es_status_event status;
    struct es_map_head map;
    uint64_t event_type, event_ms;
    struct es_span actor, object_id;
    char key_hex[2 * ES_LOG_HASH_LEN + 1];
    const uint8_t *subject;  /* NULL: none */
    const uint8_t *entry_id; /* NULL: none; of a status event it is the row's */
};
/** *out stays where it is: object_id may point into it. */
ES_CHECKED es_status keep_leaf_read(struct es_span bytes, struct keep_leaf *out,
                                    struct es_error *err);
/** The same of what was kept before: bytes that are no leaf are ES_E_INTEGRITY and named. That it
 *  could not be looked at (ES_E_NOMEM, ES_E_CRYPTO) stays what it is, for no log is frozen for it.
 */
ES_CHECKED es_status keep_leaf_reread(struct es_span bytes, uint64_t index, struct keep_leaf *out,
                                      struct es_error *err);
ES_CHECKED es_status keep_leaf_insert(struct es_tx *tx, int64_t log_id,
                                      const struct keep_leaf *leaf, struct es_error *err);
/** The chain front to back: index, previous, time. */
struct keep_chain {
    uint64_t next;
    struct es_log_hash last_hash;
    uint64_t last_ms;
};
ES_CHECKED es_status keep_chain_step(struct keep_chain *chain, const struct keep_leaf *leaf,
                                     struct es_error *err);

/* ---- writers.c: writers as the log knows them ---- */

struct keep_writers {
    struct keep_known_writer {
        uint64_t id, started, stopped, last_seq, last_ms;
        bool known, has_stopped, changed;
        char label[256];
    } * at;
    size_t count, cap;
    uint32_t *index; /* place in at + 1 by id, 0: free; twice as long as cap */
};
void keep_writers_clear(struct keep_writers *writers);
/** NULL when it is not there. Valid until the next is added, as is what _add gives. */
struct keep_known_writer *keep_writers_find(const struct keep_writers *writers, uint64_t id);
ES_CHECKED es_status keep_writers_add(struct keep_writers *writers, uint64_t id,
                                      struct keep_known_writer **out, struct es_error *err);
/** *why is NULL when the event is its writer's next one, else a static text. */
ES_CHECKED es_status keep_writers_check(struct keep_writers *writers, struct es_tx *tx,
                                        int64_t log_id, const struct es_audit_event *event,
                                        const char **why, struct es_error *err);
/** Move the writer of a checked event on. */
void keep_writers_note(struct keep_writers *writers, const struct keep_leaf *leaf);
ES_CHECKED es_status keep_writers_store(struct keep_writers *writers, struct es_tx *tx,
                                        int64_t log_id, struct es_error *err);

/* ---- states.c: rules of status events (audit-log.md 2.2) ---- */

/** May effective_ms lie before the window? */
bool keep_may_backdate(uint8_t status, uint8_t reason);
/** Rule that an event after count others, the last of status, breaks; NULL: none. */
const char *keep_state_rule(const struct es_status_event *event, uint64_t count, uint8_t last);
/** Keys whose state changed in a batch. */
struct keep_states {
    struct ledger_map_change *at;
    size_t count, cap;
};
void keep_states_clear(struct keep_states *states);
/** State of a key in this batch, from the map when it is met first. Valid until the next call. */
ES_CHECKED es_status keep_states_get(struct keep_states *states, struct es_tx *tx, int64_t log_id,
                                     const struct es_log_hash *key, struct ledger_map_change **out,
                                     struct es_error *err);
/** Into the map; states is empty afterwards. */
ES_CHECKED es_status keep_states_apply(struct keep_states *states, struct es_tx *tx, int64_t log_id,
                                       struct es_log_hash *root, uint64_t *keys,
                                       struct es_error *err);

/* ---- journal.c ---- */

struct keep_journal {
    int fd; /* -1: closed */
    bool failed;
    struct keep_checkpoint last; /* greatest of this origin */
};
/** Make an empty journal when there is none. */
ES_CHECKED es_status keep_journal_create(const char *path, struct es_error *err);
/** Lock it, cut off a torn last line, read what it knows of origin. ES_E_ABSENT: no such file.
 *  ES_E_CONFLICT: somebody else appends to it. */
ES_CHECKED es_status keep_journal_open(const char *path, const char *origin,
                                       struct keep_journal *out, struct es_error *err);
/** Append and sync. A failure is for good: nothing is appended after it. */
ES_CHECKED es_status keep_journal_append(struct keep_journal *journal, const char *log,
                                         uint64_t now_ms, const struct keep_checkpoint *c,
                                         struct es_error *err);
void keep_journal_clear(struct keep_journal *journal);

/* ---- the ledger ---- */

struct keep_lane {
    struct keep_writer writer; /* of the lane's transactions, which never overlap */
    atomic_bool started;
};
/** The tree as it was read back and hashed again; it contains all that was signed. */
struct keep_verified {
    struct es_tree tree;
    struct keep_chain chain;
};
struct keep_seat {
    struct es_session *session; /* NULL: somebody else sequences, or nobody can */
    struct keep_journal journal;
    struct keep_verified verified;
    struct ledger_tiles tiles; /* as at head */
    bool tiles_valid;
    struct es_log_hash tiles_root;
    struct keep_writer own;
    uint64_t own_beat_ms; /* monotonic, of the last entry of our own */
    uint64_t last_ms;     /* of the log's last leaf */
    bool clock_back;      /* it was told; not again before the clock has caught up */
};
enum keep_mode { KEEP_SERVING = 0, KEEP_FROZEN, KEEP_DEAD };
struct es_ledger {
    struct es_ledger_config config; /* its random is ours, which takes turns */
    struct es_random random;
    pthread_mutex_t random_lock;
    int64_t log_id;
    uint64_t epoch;
    char origin[256], channel[32];
    struct keep_lane *lane;
    unsigned lanes;
    struct keep_tickets *tickets;

    pthread_mutex_t lock; /* of all that follows, up to the threads */
    pthread_cond_t wake;
    enum keep_mode mode;
    char why[KEEP_WHY_MAX];
    bool sequencing, woken, stopping, unavailable;
    pthread_cond_t beat;
    bool quiet; /* no more heartbeats */
    struct keep_checkpoint newest;

    pthread_t keeper, beater;
    bool has_keeper, has_beater;
    struct keep_seat seat;
};
void keep_alarm(const struct es_ledger_config *config, const char *code, const char *format, ...)
    ES_PRINTF(3, 4);
/** Stop adding and sequencing in this process, with an alarm; the first reason stays. */
void keep_stop(struct es_ledger *ledger, enum keep_mode mode, const char *code, const char *why);
/** The alarm's code that the reason of a freeze begins with, or "frozen". */
const char *keep_code(const char *why);
enum keep_mode keep_mode(struct es_ledger *ledger);
/** ES_E_FROZEN or ES_E_AUDIT when nothing can be added. */
ES_CHECKED es_status keep_may_add(struct es_ledger *ledger, struct es_error *err);
void keep_wake(struct es_ledger *ledger);
ES_CHECKED es_status keep_set_newest(struct es_ledger *ledger, const struct keep_checkpoint *c,
                                     struct es_error *err);
void keep_step(struct es_ledger *ledger, enum es_ledger_step step);
uint64_t keep_now_ms(const struct es_ledger_config *config);
uint64_t keep_monotonic_ms(void);
/** A condition that pthread_cond_timedwait measures by the monotonic clock. */
ES_CHECKED es_status keep_cond_init(pthread_cond_t *cond, struct es_error *err);
/** Wait under lock until *flag, at most timeout_ms. */
bool keep_wait_flag(pthread_cond_t *cond, pthread_mutex_t *lock, const bool *flag,
                    uint64_t timeout_ms);

/* entry.c, writer.c */
/** A ticket that follows the transaction; lane may be NULL. */
ES_CHECKED es_status keep_follow(struct es_ledger *ledger, struct es_tx *tx, struct keep_lane *lane,
                                 struct es_ticket **out, struct es_error *err);
ES_CHECKED es_status keep_check_decision(const struct es_log_decision *decision,
                                         struct es_error *err);
ES_CHECKED es_status keep_two_people(const char *one, const char *other, struct es_error *err);
void *keep_beat(void *ledger);
void keep_stop_writers(struct es_ledger *ledger);

/* sequencer.c, round.c, publish.c, start_check.c, watch.c */
void *keep_main(void *ledger);
/** Take the seat: lock, journal, check, and finish what a crash left. ES_E_CONFLICT: taken. */
ES_CHECKED es_status keep_take_seat(struct es_ledger *ledger, struct es_error *err);
void keep_leave_seat(struct es_ledger *ledger);
/** Steps 1 to 5 and the commit; *more tells whether anything was appended. last: append what ends
 *  a process in order. ES_E_FROZEN: a row was refused, the log is frozen in the store. */
ES_CHECKED es_status keep_round(struct es_ledger *ledger, bool last, bool *more,
                                struct es_error *err);
/** Is it time for a heartbeat of the sequencer's own writer? */
bool keep_own_beat_due(struct es_ledger *ledger);
/** Is there something to append without any entry: a heartbeat of our own, a map head? */
bool keep_duty(struct es_ledger *ledger);
/** Steps 6 and 7 for all that is not signed. */
ES_CHECKED es_status keep_publish(struct es_ledger *ledger, struct es_error *err);
/** Compare store, journal and mirror (audit-log.md 7); fills seat.verified. ES_E_FROZEN. */
ES_CHECKED es_status keep_start_check(struct es_ledger *ledger, struct es_error *err);
/** Freeze in the store and here. */
void keep_freeze(struct es_ledger *ledger, const char *code, const char *why);
/** Look what others signed, and wake whose entries are under it. */
ES_CHECKED es_status keep_watch(struct es_ledger *ledger, bool force, struct es_error *err);
/** The greatest checkpoint that journal and mirror know of origin; mirror's is verified. */
ES_CHECKED es_status keep_mirror_newest(const struct es_ledger_config *config, const char *origin,
                                        struct keep_checkpoint *out, struct es_error *err);
/** ES_E_CONFIG: key did not sign note. Gives size and root. */
ES_CHECKED es_status keep_note_read(struct es_span note, const char *origin,
                                    const struct es_pubkey *key, struct keep_checkpoint *out,
                                    struct es_error *err);
/** mend.c: bring checkpoints of sizes above from, up to to, from the journal into the table, or
 *  those above the journal's last from the table into the journal. */
ES_CHECKED es_status keep_mend_table(struct es_tx *tx, const struct es_ledger_config *config,
                                     int64_t log_id, const char *origin, uint64_t from, uint64_t to,
                                     struct es_error *err);
ES_CHECKED es_status keep_mend_journal(struct es_tx *tx, const struct es_ledger_config *config,
                                       int64_t log_id, const char *origin,
                                       struct keep_journal *journal, uint64_t to,
                                       struct es_error *err);
/** The verified tree at a signed size, from tiles that give its root. ES_E_MISMATCH: they do not.
 */
ES_CHECKED es_status keep_verified_at(struct es_tx *tx, int64_t log_id, const char *origin,
                                      const struct keep_checkpoint *c, struct keep_verified *out,
                                      struct es_error *err);

#endif
