/*
 * A records folder: what `eseal log init` makes and the commands about logs work on.
 *
 *     records.json   host, store, journal         keys/          the logs' signing keys, encrypted
 *     records.db     the store, when SQLite       audit.pub, status.pub, logs.policy
 *     journal/       signed checkpoints, a file   master.key     seals the keys of the records
 *                    for each log
 *
 * One password opens the master key and the logs' keys.
 */
#ifndef ESEAL_RECORDS_H
#define ESEAL_RECORDS_H

#include "cli.h"
#include "es_ledger_read.h"

#define CLI_WITNESSES_MAX 16

struct cli_records;
/** One log of a records folder, for the ledger's callbacks. */
struct cli_kept_log {
    struct cli_records *records;
    enum es_log_name log;
};

struct cli_records {
    const struct cli *cli;
    const char *folder; /* borrowed */
    struct es_arena arena;
    const char *host, *store_url;             /* absolute or relative to the working folder */
    const char *journal;                      /* folder */
    const char *journals[2];                  /* its files, by es_log_name - 1 */
    const char *witnesses[CLI_WITNESSES_MAX]; /* "NAME=URL": asked what they know, and to sign */
    size_t witness_count;
    struct es_store *store;
    struct es_keyring *keyring;
    struct es_key *keys[2];
    struct es_ledger_config config[2]; /* by es_log_name - 1 */
    struct cli_kept_log logs[2];
};
enum cli_records_use {
    CLI_RECORDS_READ,  /* nothing but the store, for reading */
    CLI_RECORDS_STORE, /* the store, for writing: alone on a SQLite store */
    CLI_RECORDS_WRITE, /* for writing, with what is encrypted and the logs' keys */
};
ES_CHECKED es_status cli_records_open(const struct cli *cli, const char *folder,
                                      enum cli_records_use use, struct cli_records *out,
                                      struct es_error *err);
void cli_records_clear(struct cli_records *records);
/** FOLDER/name in the arena. */
ES_CHECKED es_status cli_records_path(struct cli_records *records, const char *name,
                                      const char **out, struct es_error *err);
/** The journals of a folder, inside the records folder unless it is absolute. */
ES_CHECKED es_status cli_records_journal(struct cli_records *records, const char *folder,
                                         struct es_error *err);
/** Read records.json alone. */
ES_CHECKED es_status cli_records_config(const struct cli *cli, const char *folder,
                                        struct cli_records *out, struct es_error *err);
/** records.json of these values. */
ES_CHECKED es_status cli_records_write_config(const struct cli *cli, const char *path,
                                              const char *host, const char *store,
                                              const char *journal, const char *const *witnesses,
                                              size_t witness_count, struct es_error *err);

/** --log audit (default) or status. */
ES_CHECKED es_status cli_log_name(const struct cli *cli, enum es_log_name *out,
                                  struct es_error *err);
/** Reader of --log and --epoch. */
ES_CHECKED es_status cli_records_reader(struct cli_records *records, struct es_log_reader **out,
                                        struct es_error *err);
/** Write an audit entry and wait until a signed checkpoint covers it (cmd_log_add.c). */
ES_CHECKED es_status cli_log_entry(struct cli_records *records, const struct es_log_entry *entry,
                                   struct es_log_place *place, struct es_error *err);
/** Label of a log's key: "audit-log", "status-log". */
const char *cli_log_key_label(enum es_log_name log);
/** Text of a public key: 130 hex digits. */
ES_CHECKED es_status cli_put_point(const struct es_pubkey *key, struct es_buf *out,
                                   struct es_error *err);
/** A public key from a file with its 130 hex digits. */
ES_CHECKED es_status cli_read_point(const char *path, struct es_pubkey **out, struct es_error *err);
/** A whole number of 64 bits; ES_E_USAGE names the option. */
ES_CHECKED es_status cli_u64(const char *what, const char *text, uint64_t *out,
                             struct es_error *err);
/** An SM3 as 64 hex digits. */
ES_CHECKED es_status cli_hash(const char *what, const char *text, uint8_t out[ES_SM3_LEN],
                              struct es_error *err);

#define CLI_RECORDS_PASSWORD                                                                       \
    {"password-file", 0, "FILE", false, "password of the records", "记录库口令文件"},              \
    {                                                                                              \
        "password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"     \
    }
#define CLI_LOG_OPTION                                                                             \
    {                                                                                              \
        "log", 0, "LOG", false, "audit (default) or status",                                       \
            "audit(审计日志,默认)或 status(状态日志)"                                   \
    }
#define CLI_OPTIONS_END                                                                            \
    {                                                                                              \
        NULL, 0, NULL, false, NULL, NULL                                                           \
    }

#endif
