/*
 * Keeping a log (audit-log.md 6 and 7): entries come in with the change they tell of, a sequencer
 * makes them leaves, signs checkpoints and wakes those who wait. lib/log says what the bytes are,
 * lib/store where they lie. One ledger keeps one log: the audit log or the status log.
 *
 * What holds: no entry without its change and no change without its entry; an entry is
 * acknowledged only when a signed checkpoint in the synced journal covers it; a store older than
 * what was signed is frozen, never signed over.
 */
#ifndef ES_LEDGER_H
#define ES_LEDGER_H

#include "es_base.h"
#include "es_crypto.h"
#include "es_keyring.h"
#include "es_log.h"
#include "es_log_proof.h"
#include "es_store.h"

enum es_log_name { ES_LOG_AUDIT = 1, ES_LOG_STATUS = 2 };
const char *es_log_name_text(enum es_log_name log); /* "audit", "status" */
/** 10 * epoch + log. */
int64_t es_log_id(enum es_log_name log, uint64_t epoch);

/** Where the sequencer is, for tests that kill it there (audit-log.md 6.2). */
enum es_ledger_step {
    ES_STEP_READ,      /* 1 outbox rows were read */
    ES_STEP_BUILT,     /* 3, 4 leaves, tiles, map are made */
    ES_STEP_STORED,    /* 5 before the commit */
    ES_STEP_COMMITTED, /* 6 committed, not read back */
    ES_STEP_READ_BACK,
    ES_STEP_SIGNED,     /* 7 signed, not in the journal */
    ES_STEP_JOURNALLED, /* synced, not in the table */
    ES_STEP_PUBLISHED,  /* in the table, nobody woken */
    ES_STEP_COUNT
};

struct es_ledger_config {
    enum es_log_name log;
    const char *host; /* first part of the origin: "seal.example.cn" */
    struct es_store *store;
    const struct es_keyring *keyring;
    struct es_key *key;  /* the log's own; NULL: entries can be added, somebody else sequences */
    const char *journal; /* path of the journal; needed with key */
    struct es_clock clock;
    struct es_random random;
    const char *program;  /* name and version, into WRITER_START; NULL: none */
    const char *instance; /* what tells this process from others beside it; NULL: "main" */
    unsigned batch_max;   /* entries a round, 0: 512 */
    unsigned heartbeat_s; /* 0: 60 */
    /* Greatest checkpoint that witnesses or mirrors report, or empty; asked at open. May be NULL.
     */
    es_status (*mirror)(void *ctx, struct es_buf *note, struct es_error *err);
    /* A new checkpoint was published; hand it to witnesses from here. May be NULL. */
    void (*published)(void *ctx, uint64_t size, struct es_span note);
    /* Something an operator must see: log_behind, log_fork, frozen, integrity, clock_back,
     * status_late, journal_failed, journal_behind, mirror, audit_unavailable. May be NULL. */
    void (*alarm)(void *ctx, const char *code, const char *text);
    void (*step)(void *ctx, enum es_ledger_step step); /* may be NULL */
    void *ctx;
};

/** Begin a log: epoch 1, empty, with its head, and an empty journal. ES_E_EXISTS: there is one. */
ES_CHECKED es_status es_ledger_create(const struct es_ledger_config *config, struct es_error *err);

struct es_ledger; /* any thread */
/**
 * Open the newest epoch. With a key: take the sequencer's lock, compare store, journal and mirror
 * (audit-log.md 7), finish what a crash left, then sequence in a thread of its own. When another
 * sequencer has the lock (or the journal, which has a lock of its own), the ledger opens all the
 * same: it adds, learns what the other signs, and takes over when the lock is free. A log that is
 * behind or forked opens frozen: reading works, adding does not. The journal of a log of which
 * something was signed must be there; it is never begun anew. Each log has a journal of its own.
 * config's members live as long as the ledger.
 * @return ES_E_ABSENT  no such log     ES_E_INTEGRITY  head and leaves do not agree
 *         ES_E_CONFIG  the key is not the one that signed before, or the journal is missing
 *         ES_E_FORMAT  the journal is damaged before its last line     ES_E_WRITE  it cannot be
 *         opened for writing     ES_E_AUDIT  a sync of it failed: this process must not try again
 */
ES_CHECKED es_status es_ledger_open(const struct es_ledger_config *config, struct es_ledger **out,
                                    struct es_error *err);
/** Orderly end: WRITER_STOP, a last round, then stops the sequencer. */
void es_ledger_close(struct es_ledger *ledger);
static inline void es_ledger_close_at(struct es_ledger **p)
{
    es_ledger_close(*p);
}

struct es_ledger_state {
    bool frozen;   /* or the journal failed: nothing can be added */
    char why[200]; /* "log_behind: store 10, journal 12", when frozen */
    char origin[256];
    uint64_t epoch, size; /* size of the newest signed checkpoint */
    struct es_log_hash root;
    bool sequencing; /* this process has the sequencer */
};
void es_ledger_state(struct es_ledger *ledger, struct es_ledger_state *out);
/** The newest signed checkpoint, without witness lines; ES_E_ABSENT before the first. */
ES_CHECKED es_status es_ledger_checkpoint(struct es_ledger *ledger, struct es_buf *note,
                                          struct es_error *err);

/* ---- adding ---- */

/** An audit event as a caller tells it; ids, numbers and times are the ledger's. */
struct es_log_entry {
    uint16_t type;    /* audit-log.md 8, events.def */
    uint8_t outcome;  /* 0 done, 1 failed, 2 refused, 3 error */
    uint8_t severity; /* 0 info, 1 notice, 2 warning, 3 alarm */
    const char *actor, *role, *object_type, *object_id, *correlation; /* NULL: "" */
    const uint8_t *subject;                                           /* 32 bytes or NULL */
    struct es_span detail; /* canonical JSON (es_log_detail_canonical), empty: none */
};
/** An entry on its way; reference counted, because both the caller and the ledger hold it. */
struct es_ticket;
void es_ticket_free(struct es_ticket *ticket);
ES_DEFINE_FREE_AT(es_ticket)
const uint8_t *es_ticket_entry_id(const struct es_ticket *ticket); /* 16 bytes */

/**
 * Add an audit event in the caller's transaction. ticket (may be NULL) is waited for after the
 * commit and released with es_ticket_free. ES_E_AUDIT: the log cannot be written; ES_E_FROZEN;
 * ES_E_RANGE names a field; ES_E_USAGE: this is the status log.
 */
ES_CHECKED es_status es_ledger_add(struct es_ledger *ledger, struct es_tx *tx,
                                   const struct es_log_entry *entry, struct es_ticket **ticket,
                                   struct es_error *err);
/**
 * Add a change of a seal's state to the status log in the caller's transaction; event_seq and
 * previous_event are filled by the sequencer. Rules of audit-log.md 2.2 are checked: ES_E_CONFLICT
 * names the one that does not hold (first event active, nothing after invalidated, …), ES_E_RANGE
 * effective_ms outside its window. Reasons that are not published become 0.
 *
 * effective_ms 0 stands for the time of the leaf, and is what a change that holds from now on
 * should say: it cannot become too old while it waits. Another time is checked against now; if the
 * log cannot be written for so long that it leaves the window, the leaf gets the nearest time the
 * rules allow, and the alarm status_late tells.
 */
ES_CHECKED es_status es_ledger_add_state(struct es_ledger *ledger, struct es_tx *tx,
                                         const struct es_status_event *event,
                                         struct es_ticket **ticket, struct es_error *err);

struct es_log_place {
    uint64_t index; /* of the leaf */
    uint64_t size;  /* of a signed checkpoint that covers it */
};
/**
 * Wait until the entry is covered by a signed checkpoint. Only after this may what the entry tells
 * leave the process.
 * @param out  may be NULL
 * @return ES_E_AUDIT  not within timeout_ms (the entry may still come), or it will not come: the
 *                     log froze, the ledger was closed, the transaction was not kept
 */
ES_CHECKED es_status es_ledger_wait(struct es_ledger *ledger, struct es_ticket *ticket,
                                    unsigned timeout_ms, struct es_log_place *out,
                                    struct es_error *err);
/** Where an entry is by its id, after an unknown outcome: *sequenced tells whether a signed
 *  checkpoint covers it, and only then out is set. ES_E_ABSENT: not in the log, nor on its way. */
ES_CHECKED es_status es_ledger_find(struct es_ledger *ledger, const uint8_t entry_id[16],
                                    bool *sequenced, struct es_log_place *out,
                                    struct es_error *err);
/** A JSON object (at most 64 KiB) with keys sorted by bytes and no spaces, appended. ES_E_FORMAT:
 *  no object, or a number that is not whole; ES_E_LIMIT. */
ES_CHECKED es_status es_log_detail_canonical(struct es_span json, struct es_buf *out,
                                             struct es_error *err);
/** Open the detail of a leaf, appended. ES_E_ABSENT: none, or erased. */
ES_CHECKED es_status es_ledger_detail(struct es_store *store, const struct es_keyring *keyring,
                                      int64_t log_id, uint64_t index, uint8_t salt[32],
                                      struct es_buf *out, struct es_error *err);
/** Erase details (and salts) of leaves in the caller's transaction, with the event DETAIL_ERASED
 *  that names index, ground, who and who approved. ES_E_DENIED: who and approver are not two
 *  people; ES_E_RANGE: no ground; ES_E_ABSENT: the leaf has no detail. */
ES_CHECKED es_status es_ledger_erase_detail(struct es_ledger *ledger, struct es_tx *tx,
                                            uint64_t index, const char *ground, const char *who,
                                            const char *approver, struct es_ticket **ticket,
                                            struct es_error *err);

/** ES_EVENT_WRITER_START, … (events.def); a number that is not listed is an event all the same. */
enum es_log_event_type {
#define ES_LOG_EVENT(name, number) ES_EVENT_##name = number,
#include "events.def"
#undef ES_LOG_EVENT
};
/** Names of event types (events.def): "SEAL_USE_DONE"; NULL when not known. */
const char *es_log_event_name(uint16_t type);
/** 0 when not known. */
uint16_t es_log_event_by_name(const char *name);

/* ---- after a restore (audit-log.md 7) ---- */

/** Who decided and who approved, both needed and different (ES_E_DENIED); reason of 1 to 4096 bytes
 *  (ES_E_RANGE). */
struct es_log_decision {
    const char *reason, *decided_by, *approved_by;
};
/**
 * Refill a frozen log from a bundle: its leaves are appended up to the journal's or mirror's
 * greatest checkpoint, whose signed root must come out; then the log is open again and the act is
 * logged (RESTORED, in the newest audit log). Nothing is written when the root differs
 * (ES_E_INTEGRITY). replay (may be NULL) is called with each leaf in the same transaction, to bring
 * business tables forward. Details do not come back: a bundle that is shipped has none. No ledger
 * of this log may be open with the key: ES_E_CONFLICT.
 */
ES_CHECKED es_status es_ledger_refill(const struct es_ledger_config *config, const char *bundle,
                                      const struct es_log_decision *decision,
                                      es_status (*replay)(void *ctx, struct es_tx *tx,
                                                          struct es_span leaf,
                                                          struct es_error *err),
                                      void *replay_ctx, uint64_t *refilled, struct es_error *err);
/** Leaves are lost: close this epoch as it is and begin the next, whose EPOCH_OPEN names the last
 *  signed checkpoint, the range lost, the reason and who decided. Audit events that wait are
 * carried over under a writer of this act; a status log begins with an empty map, so that every
 * seal's state must be added anew. EPOCH_OPEN of a status log stands in the newest audit log. */
ES_CHECKED es_status es_ledger_new_epoch(const struct es_ledger_config *config,
                                         const struct es_log_decision *decision,
                                         struct es_error *err);

/* ---- the journal (audit-log.md 6.2) ---- */

/** {"t":ms,"log":"audit","note":"…"}, one a line. */
struct es_journal_line {
    uint64_t t_ms;
    const char *log; /* "audit" */
    struct es_span note;
    struct es_span line; /* without its end */
};
/** Read a journal; a last line without its end was never published and is left out (*torn, may be
 *  NULL, tells). ES_E_ABSENT: no such file. ES_E_FORMAT: another line is damaged. */
ES_CHECKED es_status es_journal_each(const char *path, bool *torn,
                                     es_status (*each)(void *ctx,
                                                       const struct es_journal_line *line,
                                                       struct es_error *err),
                                     void *ctx, struct es_error *err);

#endif
