/*
 * A process that keeps logs and can be broken at will; what its files share.
 *
 *   keeper.c   commands and options
 *   site.c     store, keys and logs, opened and closed
 *   acks.c     what was acknowledged, as lines
 *   load.c     writers: a change, its audit entry and its status event in one transaction
 *   look.c     what must hold of a store and its logs at rest
 *   faults.c   writes and syncs that fail by their number
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_ledger_read.h"

#define LOGS_MAX 2
#define FILES_MAX 8

/** From the command line. */
struct keeper_options {
    const char *url, *journal, *instance, *folder; /* folder: for bundles */
    const char *acks[FILES_MAX];
    size_t ack_count;
    bool status; /* keep the status log beside the audit log */
    bool check_tail;
    unsigned threads, entries, rate;
    enum es_ledger_step die_step;
    unsigned die_at; /* 0: it does not */
};

/** Store, keys and logs; everything a process has open. */
struct site {
    const struct keeper_options *options;
    struct es_store *store;
    struct es_keyring *keyring;
    struct log {
        enum es_log_name name;
        char journal[512];
        struct es_key *key;
        struct es_ledger_config config;
        struct es_ledger *ledger;
    } logs[LOGS_MAX];
    size_t log_count;
    atomic_uint steps;
};
ES_CHECKED es_status site_create(struct site *site, struct es_error *err);
/** Open all; a frozen log is opened as such. */
ES_CHECKED es_status site_open(struct site *site, struct es_error *err);
void site_close_logs(struct site *site);
void site_close(struct site *site);
/** True when a log of this process will take no more entries; why (may be NULL) gets the reason. */
bool site_is_dead(struct site *site, char *why, size_t room);
/** Where an entry is; ES_E_ABSENT. *signed_ tells whether a checkpoint covers it. */
ES_CHECKED es_status site_find(struct log *log, const uint8_t id[16], bool *signed_,
                               uint64_t *index, struct es_error *err);

/** Write until stop is set or each thread has its entries; 0, or 3 when the log is dead. */
int load_run(struct site *site, const atomic_bool *stop);

/** An acknowledged entry, as its line in a file says: "audit HEX INDEX OBJECT". */
struct ack {
    char log[8];
    uint8_t id[16];
    uint64_t index;
    char object[64];
};
/** Append as one line by one write. */
ES_CHECKED es_status ack_write(int fd, const struct ack *ack, struct es_error *err);
/** Lines of a file in order; of the last tail bytes alone when tail is not 0. */
ES_CHECKED es_status ack_each(const char *path, long tail,
                              es_status (*each)(void *ctx, const struct ack *ack,
                                                struct es_error *err),
                              void *ctx, struct es_error *err);

/** Finish what is on its way, then look at everything; prints each fault. 0: there is none. */
int look_run(struct site *site);
/** The same for what was acknowledged last, quickly, while the log is open. */
void look_tail(struct site *site);

/** "write:N", "sync:N" (of the database), "journal-write:N", "journal-short:N" (half a line),
 *  "journal-sync:N", "none" (count only); false: another word. */
bool faults_set(const char *text);
/** Name of the VFS to open the store with; NULL: no faults were asked for. */
const char *faults_vfs(void);
void faults_journal(const char *path);
void faults_print(void);

#endif
