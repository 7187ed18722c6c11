/*
 * A ledger over a fresh store: the one ESEAL_STORE_URL names, emptied, or a new SQLite file. Clock
 * and failures are the test's; alarms and published checkpoints are kept for it to look at.
 */
#ifndef KEEP_FIXTURE_H
#define KEEP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "es_ledger.h"
#include "es_log_bundle.h"

#define KEEP_HOST "seal.example.cn"
#define KEEP_TIMEOUT_MS 60000

struct keep_fixture {
    char folder[128], url[512], journal[192], file[192];
    bool sqlite;
    struct es_store *store;
    struct es_keyring *keyring;
    struct es_key *key;
    struct es_ledger_config config;
    struct es_ledger *ledger;
    atomic_llong now_ms;  /* 0: the system's clock */
    struct es_buf mirror; /* what the mirror answers */
    pthread_mutex_t lock;
    pthread_cond_t told;
    char alarms[8192]; /* "code: text", a line each */
    uint64_t published;
};

/** Store, keys and an empty log; nothing is open yet. */
void keep_fixture_open(struct keep_fixture *f, enum es_log_name log);
/** The same in a folder that is there, of which nothing is removed; create makes log and keys. */
void keep_fixture_at(struct keep_fixture *f, enum es_log_name log, const char *folder, bool create);
void keep_fixture_close(struct keep_fixture *f);
void keep_open(struct keep_fixture *f);
void keep_close(struct keep_fixture *f);
bool keep_alarmed(struct keep_fixture *f, const char *code);
/** Wait until it was; and until a checkpoint of at least size was published. */
void keep_await_alarm(struct keep_fixture *f, const char *code);
void keep_await_size(struct keep_fixture *f, uint64_t size);
void keep_store_close(struct keep_fixture *f);
void keep_store_open(struct keep_fixture *f);
/** SQLite: keep the closed store's file (and the journal) under a name, or put it back. */
void keep_snapshot(struct keep_fixture *f, const char *name, bool journal);
void keep_restore(struct keep_fixture *f, const char *name, bool journal);
void keep_copy_file(const char *from, const char *to);

/** One entry in a transaction of its own; its ticket. */
es_status keep_add(struct keep_fixture *f, const struct es_log_entry *entry,
                   struct es_ticket **ticket, struct es_error *err);
struct es_log_entry keep_login(const char *id);
/** Add one login and wait for it. */
struct es_log_place keep_logged(struct keep_fixture *f, const char *id);
es_status keep_add_state(struct keep_fixture *f, const struct es_status_event *event,
                         struct es_ticket **ticket, struct es_error *err);
/** A statement as the owner; *changed may be NULL. */
es_status keep_sql(struct keep_fixture *f, const char *sql, const struct es_value *values,
                   size_t count, int64_t *changed);
/** A number from a statement without values. */
int64_t keep_number(struct keep_fixture *f, const char *sql);
/** A leaf of the newest epoch as the store has it; event may be NULL. out owns the bytes. */
void keep_leaf_at(struct keep_fixture *f, uint64_t index, struct es_buf *out, struct es_leaf *leaf);
/** All leaves and columns as a bundle in folder/name, and its verdict by es_log_verify: 0 findings
 *  or the test fails. Gives the number of entries. */
uint64_t keep_verify(struct keep_fixture *f);
/** The bundle as it stands in folder/name. */
void keep_bundle(struct keep_fixture *f, const char *name);

#endif
