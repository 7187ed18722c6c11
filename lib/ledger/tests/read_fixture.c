/* Rows of a log as a sequencer would leave them, made the slow and plain way. */
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

    memset(f, 0, sizeof *f);
    f->log = log;
    f->now_ms = READ_FIXTURE_START_MS;
    f->leaf = calloc(READ_FIXTURE_LEAVES, sizeof *f->leaf);
    assert_non_null(f->leaf);
    make_folder(f);
    open_store(f);
    assert_int_equal(es_key_from_number(number, &f->key, NULL), ES_OK);
    assert_int_equal(es_store_write(f->store, ES_AS_SEQUENCER, make_head, f, NULL), ES_OK);
    f->trust = (struct es_log_trust){.origin = f->origin, .key = es_key_public(f->key)};
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
    for (size_t i = 0; i < f->count; i++)
        es_buf_clear(&f->leaf[i].bytes);
    free(f->leaf);
    assert_int_equal(es_dir_each(f->folder, remove_file, f->folder, NULL), ES_OK);
    assert_int_equal(rmdir(f->folder), 0);
}

/* ---- leaves ---- */

struct es_log_hash read_fixture_hash(uint64_t number)
{
    struct es_log_hash hash;

    assert_int_equal(es_sm3(es_span_of(&number, sizeof number), hash.b, NULL), ES_OK);
    return hash;
}

static struct read_leaf_made *add_leaf(struct read_fixture *f, enum es_leaf_kind kind,
                                       const struct es_buf *body)
{
    struct read_leaf_made *made = &f->leaf[f->count];
    struct es_leaf leaf = {
        .kind = kind, .index = f->count, .sequenced_ms = ++f->now_ms, .body = es_buf_span(body)};

    assert_true(f->count < READ_FIXTURE_LEAVES);
    if (f->count == 0)
        assert_int_equal(es_log_genesis(f->origin, &leaf.previous, NULL), ES_OK);
    else
        leaf.previous = f->leaf[f->count - 1].hash;
    es_buf_init(&made->bytes, ES_LOG_LEAF_MAX);
    assert_int_equal(es_leaf_encode(&leaf, &made->bytes, NULL), ES_OK);
    assert_int_equal(es_leaf_hash(es_buf_span(&made->bytes), &made->hash, NULL), ES_OK);
    f->hash[f->count++] = made->hash;
    return made;
}

void read_fixture_audit(struct read_fixture *f, uint16_t type, const char *object_id,
                        const uint8_t *subject)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    struct es_log_hash entry = read_fixture_hash(f->epoch * 100000 + f->count);
    struct es_audit_event event = {.event_ms = f->now_ms,
                                   .writer_id = 7,
                                   .writer_seq = f->writer_seq++,
                                   .type = type,
                                   .actor = es_span_str("system"),
                                   .object_type = es_span_str("seal"),
                                   .object_id = es_span_str(object_id)};
    struct read_leaf_made *made;

    memcpy(event.entry_id, entry.b, 16);
    if (subject != NULL)
        memcpy(event.subject.b, subject, 32);
    assert_int_equal(es_audit_event_encode(&event, &body, NULL), ES_OK);
    made = add_leaf(f, ES_LEAF_AUDIT, &body);
    made->type = type;
    made->event_ms = event.event_ms;
    made->has_entry = true;
    made->has_subject = subject != NULL;
    memcpy(made->entry_id, event.entry_id, 16);
    memcpy(made->subject, event.subject.b, 32);
    (void) snprintf(made->actor, sizeof made->actor, "system");
    (void) snprintf(made->object_id, sizeof made->object_id, "%s", object_id);
}

static size_t find_seal(struct read_fixture *f, const struct es_log_hash *key)
{
    size_t i = 0;

    while (i < f->seals && !es_log_hash_equal(&f->seal[i].key, key))
        i++;
    assert_true(i < READ_FIXTURE_SEALS);
    if (i == f->seals)
        f->seal[f->seals++] = (struct ledger_map_change){.key = *key};
    return i;
}

void read_fixture_status(struct read_fixture *f, const struct es_log_hash *key, uint8_t status)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_STATUS_EVENT_LEN);
    size_t i = find_seal(f, key);
    struct ledger_map_change *seal = &f->seal[i];
    const struct es_status_event event = {.status = status,
                                          .event_seq = seal->count,
                                          .effective_ms = f->now_ms,
                                          .valid_from_ms = READ_FIXTURE_START_MS,
                                          .valid_until_ms = READ_FIXTURE_START_MS * 2,
                                          .map_key = *key,
                                          .previous_event = seal->last_hash};
    struct read_leaf_made *made;

    assert_int_equal(es_status_event_encode(&event, &body, NULL), ES_OK);
    made = add_leaf(f, ES_LEAF_STATUS, &body);
    made->type = status;
    made->event_ms = event.effective_ms;
    es_hex_encode(es_span_of(key->b, sizeof key->b), made->object_id);
    seal->count++;
    seal->status = status;
    seal->effective_ms = event.effective_ms;
    seal->last_hash = made->hash;
    f->changed[i] = true;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, ES_LOG_HASH_LEN);
}

void read_fixture_map_head(struct read_fixture *f)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_MAP_HEAD_LEN);
    struct es_map_head head = {.covers = f->count, .count = f->seals};
    struct es_map_item items[READ_FIXTURE_SEALS];

    for (size_t i = 0; i < f->seals; i++) {
        const struct ledger_map_change *seal = &f->seal[i];

        items[i].key = seal->key;
        assert_int_equal(es_map_value(seal->count, seal->status, seal->effective_ms,
                                      &seal->last_hash, &items[i].value, NULL),
                         ES_OK);
    }
    qsort(items, f->seals, sizeof *items, by_key);
    assert_int_equal(es_map_root(items, f->seals, &head.root, NULL), ES_OK);
    assert_int_equal(es_map_head_encode(&head, &body, NULL), ES_OK);
    (void) add_leaf(f, ES_LEAF_MAP_HEAD, &body);
}

/* ---- into the store ---- */

static es_status put_leaf(struct read_fixture *f, struct es_tx *tx, uint64_t index,
                          struct es_error *err)
{
    const struct read_leaf_made *leaf = &f->leaf[index];
    struct es_value values[10] = {es_value_int(f->log_id),
                                  es_value_int((int64_t) index),
                                  es_value_blob(es_buf_span(&leaf->bytes)),
                                  es_value_blob(es_span_of(leaf->hash.b, 32)),
                                  es_value_int(leaf->type),
                                  es_value_text(leaf->actor),
                                  es_value_text(leaf->object_id),
                                  es_value_int((int64_t) leaf->event_ms)};

    if (leaf->has_entry)
        values[8] = es_value_blob(es_span_of(leaf->entry_id, 16));
    if (leaf->has_subject)
        values[9] = es_value_blob(es_span_of(leaf->subject, 32));
    return es_tx_queue(tx,
                       "INSERT INTO log_leaf (log_id, idx, leaf, leaf_hash, event_type, actor, "
                       "object_id, event_ms, entry_id, subject) "
                       "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                       values, 10, err);
}

static void subtree(struct read_fixture *f, unsigned level, uint64_t index, struct es_log_hash *out)
{
    struct es_tree_leaves leaves = {f->hash, f->count};
    struct es_tree_source source = es_tree_source_leaves(&leaves);

    assert_int_equal(source.subtree(source.self, level, index, out, NULL), ES_OK);
}

static es_status put_tile(struct read_fixture *f, struct es_tx *tx, unsigned level, uint64_t n,
                          uint64_t hashes, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(8192);
    uint64_t width = hashes - n * 256 < 256 ? hashes - n * 256 : 256;
    struct es_value values[5] = {es_value_int(f->log_id), es_value_int(level),
                                 es_value_int((int64_t) n), es_value_int((int64_t) width)};

    for (uint64_t i = 0; i < width; i++) {
        struct es_log_hash hash;

        subtree(f, 8 * level, n * 256 + i, &hash);
        es_buf_put(&bytes, hash.b, sizeof hash.b);
    }
    values[4] = es_value_blob(es_buf_span(&bytes));
    return es_tx_queue(tx,
                       "INSERT INTO log_tile (log_id, level, n, width, hashes) "
                       "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (log_id, level, n) "
                       "DO UPDATE SET width = excluded.width, hashes = excluded.hashes",
                       values, 5, err);
}

static es_status put_tiles(struct read_fixture *f, struct es_tx *tx, struct es_error *err)
{
    for (unsigned level = 0; f->count >> (8 * level) > 0; level++) {
        uint64_t hashes = f->count >> (8 * level);

        for (uint64_t n = 0; n * 256 < hashes; n++)
            ES_TRY(put_tile(f, tx, level, n, hashes, err));
    }
    return ES_OK;
}

static es_status put_map(struct read_fixture *f, struct es_tx *tx, struct es_error *err)
{
    struct ledger_map_change changes[READ_FIXTURE_SEALS];
    struct es_log_hash root;
    uint64_t keys = 0;
    size_t count = 0;

    for (size_t i = 0; i < f->seals; i++)
        if (f->changed[i])
            changes[count++] = f->seal[i];
    memset(f->changed, 0, sizeof f->changed);
    return ledger_map_apply(tx, f->log_id, changes, count, &root, &keys, err);
}

static void root_at(struct read_fixture *f, uint64_t size, struct es_log_hash *out)
{
    struct es_tree_leaves leaves = {f->hash, f->count};
    struct es_tree_source source = es_tree_source_leaves(&leaves);

    assert_int_equal(es_tree_root_of(&source, size, out, NULL), ES_OK);
}

static es_status write_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct read_fixture *f = ctx;
    struct es_log_hash root;
    struct es_value values[5] = {es_value_int((int64_t) f->count),
                                 es_value_blob(es_span_of(root.b, 32)),
                                 es_value_blob(es_span_of(f->hash[f->count - 1].b, 32)),
                                 es_value_int((int64_t) f->now_ms), es_value_int(f->log_id)};

    root_at(f, f->count, &root);
    for (uint64_t i = f->written; i < f->count; i++)
        ES_TRY(put_leaf(f, tx, i, err));
    ES_TRY(put_tiles(f, tx, err));
    ES_TRY(put_map(f, tx, err));
    return es_tx_run(tx,
                     "UPDATE log_head SET size = $1, root = $2, last_hash = $3, last_ms = $4 "
                     "WHERE log_id = $5",
                     values, 5, NULL, err);
}

void read_fixture_write(struct read_fixture *f)
{
    struct es_error err = {ES_OK, ""};
    es_status status = es_store_write(f->store, ES_AS_SEQUENCER, write_fn, f, &err);

    assert_string_equal(err.text, "");
    assert_int_equal(status, ES_OK);
    f->written = f->count;
}

/* ---- checkpoints ---- */

void read_fixture_note(struct read_fixture *f, uint64_t size, struct es_buf *out)
{
    struct es_log_hash root;

    root_at(f, size, &root);
    assert_int_equal(es_checkpoint_sign(f->origin, size, &root, f->key, out, NULL), ES_OK);
}

struct sign_call {
    struct read_fixture *f;
    uint64_t size;
};

static es_status sign_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct sign_call *c = ctx;
    struct es_log_hash root;
    struct es_value values[5] = {es_value_int(c->f->log_id), es_value_int((int64_t) c->size),
                                 es_value_blob(es_span_of(root.b, 32))};

    root_at(c->f, c->size, &root);
    read_fixture_note(c->f, c->size, &note);
    values[3] = es_value_span(es_buf_span(&note));
    values[4] = es_value_int((int64_t) c->f->now_ms);
    return es_tx_run(tx,
                     "INSERT INTO log_checkpoint (log_id, size, root, note, created_ms) "
                     "VALUES ($1, $2, $3, $4, $5)",
                     values, 5, NULL, err);
}

void read_fixture_sign(struct read_fixture *f, uint64_t size)
{
    struct sign_call call = {f, size};

    assert_int_equal(es_store_write(f->store, ES_AS_SEQUENCER, sign_fn, &call, NULL), ES_OK);
}

static es_status script_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_script(tx, ctx, err);
}

void read_fixture_script(struct read_fixture *f, const char *format, ...)
{
    char text[4000];
    va_list args;

    va_start(args, format);
    (void) vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_int_equal(es_store_write(f->store, ES_AS_OWNER, script_fn, text, NULL), ES_OK);
}
