#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "read_fixture.h"

/* ---- store ---- */

static void make_folder(struct read_fixture *f)
{
    const char *base = getenv("TMPDIR");

    (void) snprintf(f->folder, sizeof f->folder, "%s/eseal-read-XXXXXX",
                    base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(f->folder));
}

static void open_store(struct read_fixture *f)
{
    const struct es_store_options options = {.create = true};
    const char *given = getenv("ESEAL_STORE_URL");
    struct es_clock clock = es_clock_system();
    char url[256];

    (void) snprintf(url, sizeof url, "sqlite:%s/store.db", f->folder);
    assert_int_equal(es_store_open(given != NULL ? given : url, &options, &f->store, NULL), ES_OK);
    assert_int_equal(es_store_migrate(f->store, &clock, NULL), ES_OK);
}

static es_status next_epoch(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct read_fixture *f = ctx;
    int64_t epoch = 0;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &epoch, err));
    f->epoch = (uint64_t) epoch;
    return ES_OK;
}

static es_status make_head(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct read_fixture *f = ctx;
    struct es_log_hash root, genesis;
    struct es_tree tree;

    ES_TRY(es_tx_query(tx, "SELECT COALESCE(MAX(epoch), 0) + 1 FROM log_head", NULL, 0, next_epoch,
                       f, err));
    f->log_id = (int64_t) f->epoch * 10 + (int64_t) f->log;
    (void) snprintf(f->origin, sizeof f->origin, "seal.example.cn/%s/%llu",
                    f->log == ES_LOG_AUDIT ? "audit" : "status", (unsigned long long) f->epoch);
    es_tree_init(&tree);
    ES_TRY(es_tree_root(&tree, &root, err));
    ES_TRY(es_log_genesis(f->origin, &genesis, err));
    return es_tx_run(
        tx,
        "INSERT INTO log_head (log_id, origin, epoch, size, root, last_hash, last_ms, "
        "state) VALUES ($1, $2, $3, 0, $4, $5, 0, 'open')",
        (const struct es_value[]){es_value_int(f->log_id), es_value_text(f->origin),
                                  es_value_int((int64_t) f->epoch),
                                  es_value_blob(es_span_of(root.b, sizeof root.b)),
                                  es_value_blob(es_span_of(genesis.b, sizeof genesis.b))},
        5, NULL, err);
}

void read_fixture_open(struct read_fixture *f, enum es_log_name log)
{
    uint8_t number[32] = {1, 2, 3, (uint8_t) log};

    *f = (struct read_fixture){.log = log, .now_ms = READ_FIXTURE_START_MS};
    make_folder(f);
    open_store(f);
    assert_int_equal(es_key_from_number(number, &f->key, NULL), ES_OK);
    assert_int_equal(es_store_write(f->store, ES_AS_SEQUENCER, make_head, f, NULL), ES_OK);
}

static es_status remove_file(void *ctx, const char *name, struct es_error *err)
{
    char path[512];

    (void) err;
    (void) snprintf(path, sizeof path, "%s/%s", (const char *) ctx, name);
    if (unlink(path) != 0) {
        assert_int_equal(es_dir_each(path, remove_file, path, NULL), ES_OK);
        assert_int_equal(rmdir(path), 0);
    }
    return ES_OK;
}

void read_fixture_close(struct read_fixture *f)
{
    es_store_free(f->store);
    es_key_free(f->key);
    es_buf_clear(&f->leaves);
    free(f->hashes);
    assert_int_equal(es_dir_each(f->folder, remove_file, f->folder, NULL), ES_OK);
    assert_int_equal(rmdir(f->folder), 0);
}
