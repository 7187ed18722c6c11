/* Logs made for tests; see bundle_maker.h. */
#include "bundle_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "es_json.h"

#define START_MS UINT64_C(1772323200000)
#define OK(call) assert_int_equal((call), ES_OK)

static struct es_key *key_of(uint8_t number)
{
    uint8_t d[32] = {number};
    struct es_key *key = NULL;

    OK(es_key_from_number(d, &key, NULL));
    return key;
}

void made_init(struct made *m, bool status)
{
    *m = (struct made){.status = status, .now_ms = START_MS};
    m->origin = status ? "seal.example.cn/status/1" : "seal.example.cn/audit/1";
    m->key = key_of(1);
    m->witness[0] = key_of(2);
    m->witness[1] = key_of(3);
    m->witnesses[0] = (struct es_log_witness){"w1.example.org", es_key_public(m->witness[0])};
    m->witnesses[1] = (struct es_log_witness){"w2.example.org", es_key_public(m->witness[1])};
    m->trust = (struct es_log_trust){.origin = m->origin,
                                     .key = es_key_public(m->key),
                                     .witnesses = m->witnesses,
                                     .witness_count = 2,
                                     .quorum = 2};
    es_tree_init(&m->tree);
    OK(es_log_genesis(m->origin, &m->previous, NULL));
    es_buf_init(&m->manifest, 1 << 20);
    es_buf_init(&m->found, 1 << 22);
}

void made_clear(struct made *m)
{
    for (size_t i = 0; i < m->count; i++)
        es_buf_clear(&m->leaves[i].bytes);
    for (size_t i = 0; i < MADE_CHECKPOINTS; i++) {
        es_buf_clear(&m->checkpoints[i].note);
        es_buf_clear(&m->checkpoints[i].journal_note);
    }
    for (size_t i = 0; i < m->file_count; i++)
        es_buf_clear(&m->files[i].bytes);
    free(m->leaves);
    es_buf_clear(&m->manifest);
    es_buf_clear(&m->found);
    es_key_free(m->key);
    es_key_free(m->witness[0]);
    es_key_free(m->witness[1]);
}

/* ---- leaves ---- */

struct es_leaf made_next(const struct made *m, enum es_leaf_kind kind, struct es_span body)
{
    return (struct es_leaf){.kind = kind,
                            .index = m->tree.size,
                            .sequenced_ms = m->now_ms,
                            .previous = m->previous,
                            .body = body};
}

static void keep_text(char out[256], struct es_span text)
{
    memcpy(out, text.ptr == NULL ? (const uint8_t *) "" : text.ptr, text.len);
    out[text.len] = 0;
}

static void fill_columns(struct made_leaf *row, const struct es_leaf *leaf)
{
    struct es_audit_event audit;
    struct es_status_event state;

    row->index = leaf->index;
    if (leaf->kind == ES_LEAF_AUDIT && es_audit_event_decode(leaf->body, &audit, NULL) == ES_OK) {
        row->type = audit.type;
        row->event_ms = audit.event_ms;
        keep_text(row->actor, audit.actor);
        keep_text(row->object_id, audit.object_id);
    }
    if (leaf->kind == ES_LEAF_STATUS && es_status_event_decode(leaf->body, &state, NULL) == ES_OK) {
        row->type = state.status;
        row->event_ms = state.effective_ms;
        es_hex_encode(es_span_of(state.map_key.b, 32), row->object_id);
    }
}

void made_put_bytes(struct made *m, struct es_span bytes)
{
    struct es_leaf leaf;
    struct made_leaf *row;

    if (m->count == m->cap) {
        m->cap = m->cap == 0 ? 16 : 2 * m->cap;
        m->leaves = realloc(m->leaves, m->cap * sizeof *m->leaves);
        assert_non_null(m->leaves);
    }
    row = &m->leaves[m->count++];
    *row = (struct made_leaf){.index = m->tree.size};
    es_buf_init(&row->bytes, 1 << 20);
    es_buf_put_span(&row->bytes, bytes);
    OK(es_leaf_hash(bytes, &row->hash, NULL));
    if (es_leaf_decode(es_buf_span(&row->bytes), &leaf, NULL) == ES_OK)
        fill_columns(row, &leaf);
    OK(es_tree_append(&m->tree, &row->hash, NULL));
    m->previous = row->hash;
    m->now_ms += 10;
}

void made_put(struct made *m, const struct es_leaf *leaf)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);

    OK(es_leaf_encode(leaf, &bytes, NULL));
    made_put_bytes(m, es_buf_span(&bytes));
}

struct es_audit_event made_event(const struct made *m, unsigned writer, uint16_t type)
{
    struct es_audit_event e = {.event_ms = m->now_ms - 5,
                               .writer_id = writer,
                               .writer_seq = m->writer_next[writer],
                               .type = type,
                               .actor = es_span_str("u-1001"),
                               .role = es_span_str("operator"),
                               .object_type = es_span_str("seal"),
                               .object_id = es_span_str(type <= 2 ? "main" : "seal-7")};

    memset(e.entry_id, 0xa0, sizeof e.entry_id);
    memcpy(e.entry_id, &m->tree.size, sizeof m->tree.size);
    return e;
}

void made_put_event(struct made *m, const struct es_audit_event *e)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    struct es_leaf leaf;

    OK(es_audit_event_encode(e, &body, NULL));
    leaf = made_next(m, ES_LEAF_AUDIT, es_buf_span(&body));
    made_put(m, &leaf);
    m->writer_next[e->writer_id % MADE_WRITERS] = e->writer_seq + 1;
}

static struct es_span detail_text(uint64_t place, char out[64])
{
    (void) snprintf(out, 64, "{\"ip\":\"192.0.2.%u\"}", (unsigned) place);
    return es_span_str(out);
}

void made_give_detail(struct es_audit_event *e, uint64_t place)
{
    uint8_t salt[32];
    char text[64];

    memset(salt, (int) place, sizeof salt);
    e->has_detail = true;
    OK(es_log_detail_hash(salt, detail_text(place, text), &e->detail_hash, NULL));
}

struct es_log_hash made_key(unsigned seal)
{
    struct es_log_hash key = {{0}};

    key.b[0] = (uint8_t) (seal / 2 * 32);
    key.b[31] = (uint8_t) (seal % 2);
    return key;
}

struct es_status_event made_state(const struct made *m, unsigned seal, uint8_t status)
{
    return (struct es_status_event){.status = status,
                                    .event_seq = m->seals[seal].next,
                                    .effective_ms = m->now_ms,
                                    .valid_from_ms = START_MS,
                                    .valid_until_ms = START_MS + 1000000,
                                    .map_key = made_key(seal),
                                    .previous_event = m->seals[seal].last};
}

static unsigned seal_of(const struct es_log_hash *key)
{
    return key->b[0] / 32u * 2 + key->b[31];
}

void made_put_state(struct made *m, const struct es_status_event *e)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    struct made_seal *seal = &m->seals[seal_of(&e->map_key)];
    struct es_leaf leaf;

    OK(es_status_event_encode(e, &body, NULL));
    leaf = made_next(m, ES_LEAF_STATUS, es_buf_span(&body));
    made_put(m, &leaf);
    *seal = (struct made_seal){.next = e->event_seq + 1,
                               .last = m->previous,
                               .status = e->status,
                               .effective_ms = e->effective_ms};
}

struct es_map_head made_map_head(const struct made *m)
{
    struct es_map_head head = {.covers = m->tree.size};
    struct es_map_item items[MADE_SEALS];

    for (unsigned i = 0; i < MADE_SEALS; i++) {
        const struct made_seal *seal = &m->seals[i];

        if (seal->status == 0)
            continue;
        items[head.count].key = made_key(i);
        OK(es_map_value(seal->next, seal->status, seal->effective_ms, &seal->last,
                        &items[head.count].value, NULL));
        head.count++;
    }
    OK(es_map_root(items, head.count, &head.root, NULL));
    return head;
}

void made_put_head(struct made *m, const struct es_map_head *head)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    struct es_leaf leaf;

    OK(es_map_head_encode(head, &body, NULL));
    leaf = made_next(m, ES_LEAF_MAP_HEAD, es_buf_span(&body));
    made_put(m, &leaf);
}

/* ---- checkpoints ---- */

void made_note(struct made *m, uint64_t size, const struct es_log_hash *root, unsigned witnesses,
               struct es_buf *out)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};

    OK(es_checkpoint_sign(m->origin, size, root, m->key, out, NULL));
    OK(es_checkpoint_parse(es_buf_span(out), &c, NULL));
    for (unsigned i = 0; i < witnesses; i++)
        OK(es_checkpoint_cosign(&c, m->witnesses[i].name, m->now_ms / 1000 + i, m->witness[i], out,
                                NULL));
}

struct made_checkpoint *made_sign(struct made *m)
{
    struct made_checkpoint *c = &m->checkpoints[m->checkpoint_count++];
    struct es_log_hash root;

    assert_true(m->checkpoint_count <= MADE_CHECKPOINTS);
    *c = (struct made_checkpoint){.time_ms = m->now_ms, .in_table = true, .in_journal = true};
    es_buf_init(&c->note, ES_CHECKPOINT_MAX);
    es_buf_init(&c->journal_note, ES_CHECKPOINT_MAX);
    OK(es_tree_root(&m->tree, &root, NULL));
    made_note(m, m->tree.size, &root, 2, &c->note);
    made_note(m, m->tree.size, &root, 0, &c->journal_note);
    return c;
}

static void standard_event(struct made *m, uint64_t place)
{
    struct es_audit_event e = made_event(m, place < 4 ? 1 : 2,
                                         place == 0 || place == 4 ? 1
                                         : place == 3             ? 2
                                                                  : 0x0401);

    if (place == 1 || place == 5)
        made_give_detail(&e, place);
    made_put_event(m, &e);
}

/* Two seals, a head, one of them cancelled for loss and backdated, a third seal, a head. */
static void standard_state(struct made *m, uint64_t place)
{
    static const unsigned seal[MADE_STANDARD] = {0, 1, 0, 0, 4, 0};
    struct es_status_event e = made_state(m, seal[place], place == 3 ? 70 : 30);
    struct es_map_head head = made_map_head(m);

    if (place == 3) {
        e.reason = 11;
        e.effective_ms -= 900000;
    }
    if (place == 2 || place == 5)
        made_put_head(m, &head);
    else
        made_put_state(m, &e);
}

void made_standard(struct made *m, uint64_t from, uint64_t to)
{
    for (uint64_t place = from; place < to; place++) {
        if (m->status)
            standard_state(m, place);
        else
            standard_event(m, place);
        if (m->status ? place == 2 || place == 5 : place % 2 == 1)
            (void) made_sign(m);
    }
}

/* ---- files ---- */

static void put_uint(struct es_buf *out, uint64_t value, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        es_buf_put_byte(out, (uint8_t) (value >> shift));
}

struct made_file *made_file(struct made *m, const char *name)
{
    for (size_t i = 0; i < m->file_count; i++)
        if (strcmp(m->files[i].name, name) == 0)
            return &m->files[i];
    return NULL;
}

static struct es_buf *add_file(struct made *m, const char *name)
{
    struct made_file *file = &m->files[m->file_count++];

    assert_true(m->file_count <= MADE_FILES);
    *file = (struct made_file){.absent = false};
    (void) snprintf(file->name, sizeof file->name, "%s", name);
    es_buf_init(&file->bytes, 256u << 20);
    return &file->bytes;
}

static void put_row(struct es_buf *out, const struct made_leaf *row)
{
    put_uint(out, row->index, 8);
    es_buf_put(out, row->hash.b, 32);
    put_uint(out, row->type, 2);
    put_uint(out, row->event_ms, 8);
    put_uint(out, strlen(row->actor), 1);
    es_buf_put_str(out, row->actor);
    put_uint(out, strlen(row->object_id), 1);
    es_buf_put_str(out, row->object_id);
}

static void put_leaves(struct made *m)
{
    char name[BUNDLE_NAME_MAX];

    for (size_t chunk = 0; chunk * ES_BUNDLE_CHUNK < m->count; chunk++) {
        struct es_buf *entries, *columns;

        bundle_chunk_name("columns", chunk, name);
        columns = add_file(m, name);
        bundle_chunk_name("entries", chunk, name);
        entries = add_file(m, name);
        for (size_t i = chunk * ES_BUNDLE_CHUNK; i < m->count && i < (chunk + 1) * ES_BUNDLE_CHUNK;
             i++) {
            put_uint(entries, m->leaves[i].bytes.len, 4);
            es_buf_put_span(entries, es_buf_span(&m->leaves[i].bytes));
            put_row(columns, &m->leaves[i]);
        }
    }
}

/* Level by level from hashes in memory: each hash of a level is the root of 256 below. */
static void put_tiles(struct es_buf *out, const struct made *m)
{
    size_t count = m->count;
    struct es_log_hash *hashes = calloc(count + 1, sizeof *hashes);

    assert_non_null(hashes);
    for (size_t i = 0; i < count; i++)
        hashes[i] = m->leaves[i].hash;
    for (unsigned level = 0; count > 0; level++, count /= 256) {
        for (size_t n = 0; 256 * n < count; n++) {
            size_t width = count - 256 * n < 256 ? count - 256 * n : 256;
            const struct es_tree_leaves part = {hashes + 256 * n, width};
            const struct es_tree_source source = es_tree_source_leaves(&part);

            put_uint(out, level, 1);
            put_uint(out, n, 8);
            put_uint(out, width, 2);
            es_buf_put(out, hashes + 256 * n, 32 * width);
            if (width == 256)
                OK(es_tree_root_of(&source, 256, &hashes[n], NULL));
        }
    }
    free(hashes);
}

static void put_line(struct made *m, struct es_buf *out, const struct made_checkpoint *c,
                     const struct es_buf *note)
{
    struct es_json_out json = {.buf = out};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "t", (int64_t) c->time_ms);
    es_json_pair_text(&json, "log", m->status ? "status" : "audit");
    es_json_key(&json, "note");
    es_json_put_span(&json, es_buf_span(note));
    es_json_end_object(&json);
    es_buf_put_byte(out, '\n');
}

static void put_lines(struct made *m)
{
    struct es_buf *table = add_file(m, BUNDLE_CHECKPOINTS);
    struct es_buf *journal = m->without_journal ? NULL : add_file(m, BUNDLE_JOURNAL);

    for (size_t i = 0; i < m->checkpoint_count; i++) {
        const struct made_checkpoint *c = &m->checkpoints[i];

        if (c->in_table)
            put_line(m, table, c, &c->note);
        if (c->in_journal && journal != NULL)
            put_line(m, journal, c, &c->journal_note);
    }
}

static void put_details(struct made *m)
{
    struct es_buf *out = add_file(m, BUNDLE_DETAILS);

    for (size_t i = 0; i < m->count; i++) {
        struct es_audit_event e;
        struct es_leaf leaf;
        struct es_span detail;
        char text[64];

        if (es_leaf_decode(es_buf_span(&m->leaves[i].bytes), &leaf, NULL) != ES_OK ||
            es_audit_event_decode(leaf.body, &e, NULL) != ES_OK || !e.has_detail)
            continue;
        detail = detail_text(i, text);
        put_uint(out, i, 8);
        for (int k = 0; k < 32; k++)
            es_buf_put_byte(out, (uint8_t) i);
        put_uint(out, detail.len, 4);
        es_buf_put_span(out, detail);
    }
}

void made_files(struct made *m)
{
    put_leaves(m);
    put_lines(m);
    if (!m->status)
        put_details(m);
    put_tiles(add_file(m, BUNDLE_TILES), m);
    m->entries = m->count;
    m->head = (struct es_bundle_head){.origin = m->origin,
                                      .state = "open",
                                      .size = m->count,
                                      .last_ms = m->count == 0 ? 0 : m->now_ms - 10,
                                      .last_hash = m->previous};
    OK(es_tree_root(&m->tree, &m->head.root, NULL));
    made_seal_manifest(m);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct made_file *) a)->name, ((const struct made_file *) b)->name);
}

static void put_base64(struct es_buf *out, const struct es_log_hash *hash)
{
    es_buf_put_byte(out, '"');
    es_buf_put_base64(out, es_span_of(hash->b, 32));
    es_buf_put_byte(out, '"');
}

void made_seal_manifest(struct made *m)
{
    struct es_buf *out = &m->manifest;
    bool comma = false;

    es_buf_reset(out);
    qsort(m->files, m->file_count, sizeof *m->files, by_name);
    es_buf_printf(out, "{\"v\":1,\"type\":\"log-bundle\",\"origin\":\"%s\",\"entries\":%llu,",
                  m->origin, (unsigned long long) m->entries);
    es_buf_printf(out, "\"head\":{\"size\":%llu,\"root\":", (unsigned long long) m->head.size);
    put_base64(out, &m->head.root);
    es_buf_put_str(out, ",\"last_hash\":");
    put_base64(out, &m->head.last_hash);
    es_buf_printf(out, ",\"last_ms\":%llu,\"state\":\"%s\"},\"files\":[",
                  (unsigned long long) m->head.last_ms, m->head.state);
    for (size_t i = 0; i < m->file_count; i++) {
        const struct made_file *file = &m->files[i];
        uint8_t sm3[32];

        if (file->unnamed)
            continue;
        OK(es_sm3(es_buf_span(&file->bytes), sm3, NULL));
        es_buf_printf(out, "%s{\"name\":\"%s\",\"length\":%zu,\"sm3\":\"", comma ? "," : "",
                      file->name, file->bytes.len);
        es_buf_put_hex(out, es_span_of(sm3, 32));
        es_buf_put_str(out, "\"}");
        comma = true;
    }
    es_buf_put_str(out, "]}\n");
    OK(es_buf_check(out, NULL));
}

/* ---- verifying ---- */

static es_status open_made(void *self, const char *name, struct es_source *out,
                           struct es_error *err)
{
    struct made *m = self;
    const struct made_file *file = made_file(m, name);

    if (strcmp(name, BUNDLE_MANIFEST) == 0)
        *out = es_source_memory(es_buf_span(&m->manifest));
    else if (file != NULL && !file->absent)
        *out = es_source_memory(es_buf_span(&file->bytes));
    else
        return es_error_set(err, ES_E_ABSENT, "%s is not there", name);
    return ES_OK;
}

struct bundle_folder made_folder(struct made *m)
{
    return (struct bundle_folder){.open = open_made, .self = m};
}

#define WORDS_MAX 4096
struct words {
    char (*word)[48];
    size_t count;
};

static void note_finding(void *ctx, const struct es_log_finding *f)
{
    struct words *w = ctx;

    assert_true(f->text[0] != 0 && es_text_clean(es_span_str(f->text)));
    if (w->count == WORDS_MAX)
        return;
    if (f->has_index)
        (void) snprintf(w->word[w->count++], sizeof *w->word, "%s%s:%llu", f->notice ? "?" : "",
                        f->rule, (unsigned long long) f->index);
    else
        (void) snprintf(w->word[w->count++], sizeof *w->word, "%s%s", f->notice ? "?" : "",
                        f->rule);
}

static int by_word(const void *a, const void *b)
{
    return strcmp((const char *) a, (const char *) b);
}

es_status made_verify(struct made *m)
{
    const struct bundle_folder folder = made_folder(m);
    struct words words = {.word = calloc(WORDS_MAX, sizeof *words.word)};
    const struct es_log_verify_options options = {.trust = &m->trust,
                                                  .since = m->since,
                                                  .full = m->full,
                                                  .found = note_finding,
                                                  .ctx = &words};
    es_status status;

    assert_non_null(words.word);
    status = log_verify_folder(&folder, &options, &m->result, &m->err);
    qsort(words.word, words.count, sizeof *words.word, by_word);
    es_buf_reset(&m->found);
    for (size_t i = 0; i < words.count; i++)
        es_buf_printf(&m->found, "%s%s", i > 0 ? " " : "", words.word[i]);
    assert_non_null(es_buf_cstr(&m->found));
    free(words.word);
    return status;
}

void made_write(struct made *m, const char *path)
{
    char name[4096];

    (void) snprintf(name, sizeof name, "%s/entries", path);
    (void) mkdir(name, 0755);
    (void) snprintf(name, sizeof name, "%s/columns", path);
    (void) mkdir(name, 0755);
    for (size_t i = 0; i < m->file_count; i++) {
        (void) snprintf(name, sizeof name, "%s/%s", path, m->files[i].name);
        if (!m->files[i].absent)
            OK(es_file_write(name, es_buf_span(&m->files[i].bytes), 0644, true, NULL));
    }
    (void) snprintf(name, sizeof name, "%s/%s", path, BUNDLE_MANIFEST);
    OK(es_file_write(name, es_buf_span(&m->manifest), 0644, true, NULL));
}
