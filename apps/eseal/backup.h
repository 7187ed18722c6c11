/* A backup as a folder: files with their digests, and how far each log was (cmd_backup.c). */
#ifndef ESEAL_BACKUP_H
#define ESEAL_BACKUP_H

#include "records.h"

#define BACKUP_FILES_MAX 256
#define BACKUP_DATABASE "database"

struct backup_file {
    char name[128]; /* relative: "journal/audit.jsonl", "keys/audit-log.key" */
    uint64_t len;
    uint8_t sm3[ES_SM3_LEN];
};
struct backup_log {
    char origin[256];
    uint64_t size;
    struct es_log_hash root;
};
struct backup {
    struct backup_file files[BACKUP_FILES_MAX];
    size_t file_count;
    struct backup_log logs[2];
    size_t log_count;
};

/** Copy a file, synced, mode 0600; entry gets length and digest. ES_E_ABSENT: no such file. */
ES_CHECKED es_status backup_copy(const char *from, const char *to, struct backup_file *entry,
                                 struct es_error *err);
/** ES_E_INTEGRITY when the file is not as the entry says. */
ES_CHECKED es_status backup_check(const char *folder, const struct backup_file *entry,
                                  struct es_error *err);
ES_CHECKED es_status backup_write_manifest(const struct backup *backup, int64_t made_s,
                                           const char *folder, struct es_error *err);
ES_CHECKED es_status backup_read_manifest(const char *folder, struct backup *out,
                                          struct es_error *err);
/** FOLDER/NAME into out; its C string. */
ES_CHECKED es_status backup_path(const char *folder, const char *name, struct es_buf *out,
                                 const char **path, struct es_error *err);
/** How far the logs of a store are: newest signed checkpoint each. */
ES_CHECKED es_status backup_measure_logs(struct es_store *store, struct backup *out,
                                         struct es_error *err);

#endif
