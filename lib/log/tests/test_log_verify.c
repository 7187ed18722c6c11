/*
 * Every rule of docs/formats/log-bundle.md: bundles wrong in one thing, and exactly what is found.
 * A case makes its log, then damages files; the manifest is sealed over what came of it, so that
 * no digest gives the answer away, but where the case is about digests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundle_maker.h"

struct verify_case {
    const char *name;
    bool status;
    void (*build)(struct made *m);  /* NULL: the standard log */
    void (*damage)(struct made *m); /* before sealing; NULL: nothing */
    void (*after)(struct made *m);  /* after sealing; NULL: nothing */
    const char *found;
};

#define OK(call) assert_int_equal((call), ES_OK)

/* ---- leaves ---- */

static struct es_leaf audit_leaf(struct made *m, struct es_buf *body, unsigned writer)
{
    const struct es_audit_event e = made_event(m, writer, 0x0401);

    OK(es_audit_event_encode(&e, body, NULL));
    m->writer_next[writer] = e.writer_seq + 1;
    return made_next(m, ES_LEAF_AUDIT, es_buf_span(body));
}

/* The standard log with leaf 2 made by fill, which gets it right in everything. */
static void with_leaf_2(struct made *m, void (*change)(struct es_leaf *leaf))
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    struct es_leaf leaf;

    made_standard(m, 0, 2);
    leaf = audit_leaf(m, &body, 1);
    change(&leaf);
    made_put(m, &leaf);
    made_standard(m, 3, MADE_STANDARD);
}

static void other_index(struct es_leaf *leaf)
{
    leaf->index = 3;
}
static void leaf_index(struct made *m)
{
    with_leaf_2(m, other_index);
}

static void other_previous(struct es_leaf *leaf)
{
    leaf->previous.b[31] ^= 1;
}
static void leaf_previous(struct made *m)
{
    with_leaf_2(m, other_previous);
}

static void genesis_of_another(struct made *m)
{
    OK(es_log_genesis("seal.example.cn/audit/2", &m->previous, NULL));
    made_standard(m, 0, MADE_STANDARD);
}

static void earlier(struct es_leaf *leaf)
{
    leaf->sequenced_ms -= 11;
}
static void leaf_time(struct made *m)
{
    with_leaf_2(m, earlier);
}
static void same_time(struct es_leaf *leaf)
{
    leaf->sequenced_ms -= 10;
}
static void leaf_time_equal(struct made *m)
{
    with_leaf_2(m, same_time);
}

static void status_kind(struct es_leaf *leaf)
{
    leaf->kind = ES_LEAF_STATUS;
}
static void leaf_kind(struct made *m)
{
    with_leaf_2(m, status_kind);
}

static void audit_in_status(struct made *m)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    struct es_leaf leaf;

    made_standard(m, 0, 4);
    leaf = audit_leaf(m, &body, 1);
    made_put(m, &leaf);
    made_standard(m, 5, MADE_STANDARD);
}

static void cut_body(struct es_leaf *leaf)
{
    leaf->body.len--;
}
static void body_cut(struct made *m)
{
    with_leaf_2(m, cut_body);
}

/* Leaf 2 replaced byte-wise: at is an offset into the leaf, or into a leaf of garbage. */
static void leaf_2_byte(struct made *m, size_t at, uint8_t value)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_leaf leaf;

    made_standard(m, 0, 2);
    leaf = audit_leaf(m, &body, 1);
    OK(es_leaf_encode(&leaf, &bytes, NULL));
    bytes.ptr[at] = value;
    made_put_bytes(m, es_buf_span(&bytes));
    made_standard(m, 3, MADE_STANDARD);
}

static void leaf_version(struct made *m)
{
    leaf_2_byte(m, 0, 2);
}
static void leaf_unknown_kind(struct made *m)
{
    leaf_2_byte(m, 1, 4);
}
static void leaf_body_len(struct made *m)
{
    leaf_2_byte(m, 53, 1);
}
static void body_version(struct made *m)
{
    leaf_2_byte(m, 54, 2);
}
static void body_flags(struct made *m)
{
    leaf_2_byte(m, 55, 2);
}
static void body_flag_without_detail(struct made *m)
{
    leaf_2_byte(m, 55, 1);
}
static void body_outcome(struct made *m)
{
    leaf_2_byte(m, 54 + 44, 4);
}
static void body_severity(struct made *m)
{
    leaf_2_byte(m, 54 + 45, 4);
}
static void body_utf8(struct made *m)
{
    leaf_2_byte(m, 54 + 47, 0xff);
}
static void body_control(struct made *m)
{
    leaf_2_byte(m, 54 + 47, 0x0a);
}

/* ---- writers ---- */

static void with_event_2(struct made *m, void (*change)(struct es_audit_event *e))
{
    struct es_audit_event e;

    made_standard(m, 0, 2);
    e = made_event(m, 1, 0x0401);
    change(&e);
    made_put_event(m, &e);
    made_standard(m, 3, MADE_STANDARD);
}

static void number_7(struct es_audit_event *e)
{
    e->writer_seq = 7;
}
static void writer_gap(struct made *m)
{
    with_event_2(m, number_7);
}
static void number_1(struct es_audit_event *e)
{
    e->writer_seq = 1;
}
static void writer_again(struct made *m)
{
    with_event_2(m, number_1);
}
static void number_last(struct es_audit_event *e)
{
    e->writer_seq = UINT64_MAX;
}
static void writer_wraps(struct made *m)
{
    with_event_2(m, number_last);
}
static void start_again(struct es_audit_event *e)
{
    e->type = 1;
}
static void writer_starts_twice(struct made *m)
{
    with_event_2(m, start_again);
}
static void stop_early(struct es_audit_event *e)
{
    e->type = 2;
}
static void writer_goes_on(struct made *m)
{
    with_event_2(m, stop_early);
}
static void writer_3(struct es_audit_event *e)
{
    e->writer_id = 3;
    e->writer_seq = 0;
}
static void writer_without_start(struct made *m)
{
    with_event_2(m, writer_3);
}
static void writer_3_at_5(struct es_audit_event *e)
{
    e->writer_id = 3;
    e->writer_seq = 5;
    e->type = 1;
}
static void writer_begins_late(struct made *m)
{
    with_event_2(m, writer_3_at_5);
}

/* Writer 1 has no stop when writer 2 of the same instance starts. */
static void without_stop(struct made *m)
{
    struct es_audit_event e;

    made_standard(m, 0, 3);
    e = made_event(m, 1, 0x0402);
    made_put_event(m, &e);
    made_standard(m, 4, MADE_STANDARD);
}

static void without_stop_elsewhere(struct made *m)
{
    struct es_audit_event e;

    made_standard(m, 0, 3);
    e = made_event(m, 3, 1);
    e.object_id = es_span_str("other");
    made_put_event(m, &e);
    made_standard(m, 4, MADE_STANDARD);
}

static void id_of_event_0(struct es_audit_event *e)
{
    memset(e->entry_id, 0, 8);
}
static void entry_twice(struct made *m)
{
    with_event_2(m, id_of_event_0);
}
static void entry_thrice(struct made *m)
{
    struct es_audit_event e;

    made_standard(m, 0, 5);
    for (int i = 0; i < 2; i++) {
        e = made_event(m, 2, 0x0401);
        id_of_event_0(&e);
        made_put_event(m, &e);
    }
    (void) made_sign(m);
}

/* ---- seals ---- */

static void with_state_3(struct made *m, void (*change)(struct es_status_event *e))
{
    struct es_status_event e;

    made_standard(m, 0, 3);
    e = made_state(m, 0, 40);
    change(&e);
    made_put_state(m, &e);
    made_standard(m, 4, MADE_STANDARD);
}

static void seq_5(struct es_status_event *e)
{
    e->event_seq = 5;
}
static void status_gap(struct made *m)
{
    with_state_3(m, seq_5);
}
static void seq_0(struct es_status_event *e)
{
    e->event_seq = 0;
}
static void status_again(struct made *m)
{
    with_state_3(m, seq_0);
}
static void previous_zero(struct es_status_event *e)
{
    memset(e->previous_event.b, 0, 32);
}
static void status_previous(struct made *m)
{
    with_state_3(m, previous_zero);
}
static void reason_23(struct es_status_event *e)
{
    e->reason = 23;
}
static void status_reason(struct made *m)
{
    with_state_3(m, reason_23);
}
static void valid_backwards(struct es_status_event *e)
{
    e->valid_from_ms = e->valid_until_ms + 1;
}
static void status_validity(struct made *m)
{
    with_state_3(m, valid_backwards);
}
static void effective_late(struct es_status_event *e)
{
    e->effective_ms++;
}
static void status_future(struct made *m)
{
    with_state_3(m, effective_late);
}
static void effective_edge(struct es_status_event *e)
{
    e->effective_ms -= 300000;
}
static void status_within_window(struct made *m)
{
    with_state_3(m, effective_edge);
}
static void effective_before(struct es_status_event *e)
{
    e->effective_ms -= 300001;
}
static void status_before_window(struct made *m)
{
    with_state_3(m, effective_before);
}
static void lost_before(struct es_status_event *e)
{
    effective_before(e);
    e->reason = 13;
}
static void status_lost_before_window(struct made *m)
{
    with_state_3(m, lost_before);
}
static void expired_before(struct es_status_event *e)
{
    effective_before(e);
    e->status = 50;
    e->reason = 11;
}
static void status_expired_before_window(struct made *m)
{
    with_state_3(m, expired_before);
}
static void invalid_before(struct es_status_event *e)
{
    effective_before(e);
    e->status = 80;
}
static void status_invalid_before_window(struct made *m)
{
    with_state_3(m, invalid_before);
}

static void first_not_active(struct made *m)
{
    struct es_status_event e;

    made_standard(m, 0, 4);
    e = made_state(m, 4, 40);
    made_put_state(m, &e);
    made_standard(m, 5, MADE_STANDARD);
}

static void after_invalid(struct made *m)
{
    struct es_map_head head;

    made_standard(m, 0, 3);
    for (int i = 0; i < 3; i++) {
        struct es_status_event e = made_state(m, 0, i == 0 ? 80 : 30);

        made_put_state(m, &e);
    }
    head = made_map_head(m);
    made_put_head(m, &head);
    (void) made_sign(m);
}

static void state_body(struct made *m, size_t at, uint8_t value)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    struct es_status_event e;
    struct es_leaf leaf;

    made_standard(m, 0, 3);
    e = made_state(m, 0, 40);
    OK(es_status_event_encode(&e, &body, NULL));
    body.ptr[at] = value;
    leaf = made_next(m, ES_LEAF_STATUS, es_buf_span(&body));
    made_put(m, &leaf);
    made_standard(m, 4, MADE_STANDARD);
}
static void state_version(struct made *m)
{
    state_body(m, 0, 0);
}
static void state_status(struct made *m)
{
    state_body(m, 1, 20);
}
static void state_flags(struct made *m)
{
    state_body(m, 3, 1);
}

static void with_head_5(struct made *m, void (*change)(struct es_map_head *head))
{
    struct es_map_head head;

    made_standard(m, 0, 5);
    head = made_map_head(m);
    change(&head);
    made_put_head(m, &head);
    (void) made_sign(m);
}
static void covers_4(struct es_map_head *head)
{
    head->covers = 4;
}
static void head_covers(struct made *m)
{
    with_head_5(m, covers_4);
}
static void count_2(struct es_map_head *head)
{
    head->count = 2;
}
static void head_count(struct made *m)
{
    with_head_5(m, count_2);
}
static void root_wrong(struct es_map_head *head)
{
    head->root.b[0] ^= 1;
}
static void head_root(struct made *m)
{
    with_head_5(m, root_wrong);
}
static void no_seals_yet(struct made *m)
{
    const struct es_map_head head = made_map_head(m);

    made_put_head(m, &head);
    (void) made_sign(m);
}
static void all_seals(struct made *m)
{
    for (unsigned i = 0; i < MADE_SEALS; i++) {
        struct es_status_event e = made_state(m, (i * 5 + 3) % MADE_SEALS, 30);
        struct es_map_head head;

        made_put_state(m, &e);
        head = made_map_head(m);
        made_put_head(m, &head);
    }
    (void) made_sign(m);
}

/* ---- checkpoints ---- */

static struct made_checkpoint *noted(struct made *m, uint64_t size, const struct es_log_hash *root)
{
    struct made_checkpoint *c = made_sign(m);

    es_buf_reset(&c->note);
    es_buf_reset(&c->journal_note);
    made_note(m, size, root, 2, &c->note);
    made_note(m, size, root, 0, &c->journal_note);
    return c;
}

static void checkpoint_root(struct made *m)
{
    struct es_log_hash root = {{7}};

    made_standard(m, 0, 5);
    (void) noted(m, 5, &root);
    made_standard(m, 5, MADE_STANDARD);
}
static void checkpoint_zero(struct made *m)
{
    struct es_log_hash root;

    OK(es_tree_root(&m->tree, &root, NULL));
    (void) noted(m, 0, &root);
    made_standard(m, 0, MADE_STANDARD);
}
static void checkpoint_beyond(struct made *m)
{
    struct es_log_hash root = {{7}};

    made_standard(m, 0, MADE_STANDARD);
    (void) noted(m, 7, &root);
}
static void checkpoint_head(struct made *m)
{
    made_standard(m, 0, 4);
    (void) made_sign(m);
    made_standard(m, 4, MADE_STANDARD);
}
static void checkpoint_fork(struct made *m)
{
    struct es_log_hash root = {{7}};

    made_standard(m, 0, MADE_STANDARD);
    noted(m, 6, &root)->in_table = false;
    m->checkpoints[2].in_table = m->checkpoints[2].in_journal = true;
}
static void table_out_of_order(struct made *m)
{
    struct made_checkpoint keep;

    made_standard(m, 0, MADE_STANDARD);
    keep = m->checkpoints[1];
    m->checkpoints[1] = m->checkpoints[2];
    m->checkpoints[2] = keep;
}
static void journal_missing(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    m->checkpoints[1].in_journal = false;
}
static void table_missing(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    m->checkpoints[1].in_table = false;
}
static void no_journal(struct made *m)
{
    m->without_journal = true;
    made_standard(m, 0, MADE_STANDARD);
}
static void signed_by_another(struct made *m)
{
    struct es_key *own = m->key;
    struct made_checkpoint *c;

    made_standard(m, 0, 4);
    m->key = m->witness[0];
    c = noted(m, 5, &m->previous);
    c->in_journal = false;
    m->key = own;
    made_standard(m, 4, MADE_STANDARD);
}
static void no_quorum(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    m->trust.quorum = 3;
}
static void unsigned_log(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    m->checkpoint_count = 0;
}
static void unsigned_tail(struct made *m)
{
    made_standard(m, 0, 5);
}
static void empty_log(struct made *m)
{
    m->trust.quorum = 0;
}

/* A byte of the last base64 character group of the n-th signature line of note. */
static void spoil_line(struct es_buf *note, unsigned line)
{
    size_t at = 0;

    for (unsigned i = 0; i < 4 + line; i++)
        at += es_span_find(es_span_sub(es_buf_span(note), at, note->len), '\n') + 1;
    at += es_span_find(es_span_sub(es_buf_span(note), at, note->len), '\n') - 20;
    note->ptr[at] = note->ptr[at] == 'A' ? 'B' : 'A';
}
static void own_line_spoilt(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    spoil_line(&m->checkpoints[1].note, 0);
    spoil_line(&m->checkpoints[1].journal_note, 0);
}
static void own_line_of_table_spoilt(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    spoil_line(&m->checkpoints[1].note, 0);
}
static void witness_line_spoilt(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    spoil_line(&m->checkpoints[1].note, 2);
}
static void only_quorum_spoilt(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    m->trust.quorum = 1;
    for (unsigned i = 0; i < 3; i++)
        spoil_line(&m->checkpoints[i].note, 2);
}
static void newest_unwitnessed(struct made *m)
{
    made_standard(m, 0, MADE_STANDARD);
    es_buf_reset(&m->checkpoints[2].note);
    es_buf_put_span(&m->checkpoints[2].note, es_buf_span(&m->checkpoints[2].journal_note));
}
static void other_log_in_line(struct made *m)
{
    struct es_span from = es_span_str("\"log\":\"audit\"");
    struct es_buf *table = &made_file(m, BUNDLE_CHECKPOINTS)->bytes;
    size_t at = 0, second = es_span_find(es_buf_span(table), '\n') + 1;

    assert_true(es_span_search(es_span_sub(es_buf_span(table), second, table->len), from, &at));
    memcpy(table->ptr + second + at, "\"log\":\"audjt\"", from.len);
}
static void journal_without_end(struct made *m)
{
    made_file(m, BUNDLE_JOURNAL)->bytes.len--;
}
static void long_line(struct made *m)
{
    struct es_buf *journal = &made_file(m, BUNDLE_JOURNAL)->bytes;

    for (size_t i = 0; i < 200000; i++)
        es_buf_put_byte(journal, ' ');
    es_buf_put_str(journal, "\n\n");
}

/* ---- files ---- */

static void entries_name(const char *folder, char out[BUNDLE_NAME_MAX])
{
    bundle_chunk_name(folder, 0, out);
}
static struct made_file *chunk(struct made *m, const char *folder)
{
    char name[BUNDLE_NAME_MAX];

    entries_name(folder, name);
    return made_file(m, name);
}
static void entries_absent(struct made *m)
{
    chunk(m, "entries")->absent = true;
}
static void columns_absent(struct made *m)
{
    chunk(m, "columns")->absent = true;
}
static void entries_unnamed(struct made *m)
{
    chunk(m, "entries")->unnamed = true;
}
static void tiles_unnamed(struct made *m)
{
    made_file(m, BUNDLE_TILES)->unnamed = true;
}
static void table_unnamed(struct made *m)
{
    made_file(m, BUNDLE_CHECKPOINTS)->unnamed = true;
}
static void journal_absent(struct made *m)
{
    made_file(m, BUNDLE_JOURNAL)->absent = true;
}
static void tiles_absent(struct made *m)
{
    made_file(m, BUNDLE_TILES)->absent = true;
}
static void many_more_counted(struct made *m)
{
    m->entries = INT64_MAX;
}
static void one_more_counted(struct made *m)
{
    m->entries++;
}
static void one_less_counted(struct made *m)
{
    m->entries--;
}
static void digest_of_tiles(struct made *m)
{
    struct es_span from = es_span_str("tiles.bin");
    size_t at = 0;

    assert_true(es_span_search(es_buf_span(&m->manifest), from, &at));
    at += es_span_find(es_span_sub(es_buf_span(&m->manifest), at, m->manifest.len), '}') - 2;
    m->manifest.ptr[at] = m->manifest.ptr[at] == '0' ? '1' : '0';
}
static void one_byte_behind_details(struct made *m)
{
    es_buf_put_byte(&made_file(m, BUNDLE_DETAILS)->bytes, 0);
}
static void last_leaf_cut(struct made *m)
{
    chunk(m, "entries")->bytes.len--;
}
static void short_leaf(struct made *m)
{
    es_buf_put(&chunk(m, "entries")->bytes, "\0\0\0\x05xxxxx", 9);
}
static void head_size(struct made *m)
{
    m->head.size++;
}
static void head_of_other_root(struct made *m)
{
    m->head.root.b[0] ^= 1;
}
static void head_hash(struct made *m)
{
    m->head.last_hash.b[0] ^= 1;
}
static void head_time(struct made *m)
{
    m->head.last_ms++;
}

/* Offset of the row-th row of columns. */
static uint8_t *row_at(struct made *m, size_t row)
{
    struct es_buf *columns = &chunk(m, "columns")->bytes;
    size_t at = 0;

    for (size_t i = 0; i < row; i++) {
        at += 50;
        at += 1u + columns->ptr[at];
        at += 1u + columns->ptr[at];
    }
    return columns->ptr + at;
}
static void column_index(struct made *m)
{
    row_at(m, 2)[7] ^= 1;
}
static void column_hash(struct made *m)
{
    row_at(m, 2)[8] ^= 1;
}
static void column_type(struct made *m)
{
    row_at(m, 2)[41] ^= 1;
}
static void column_time(struct made *m)
{
    row_at(m, 2)[49] ^= 1;
}
static void column_actor(struct made *m)
{
    row_at(m, 2)[51] ^= 1;
}
static void column_object(struct made *m)
{
    row_at(m, 3)[-1] ^= 1;
}
static void columns_one_less(struct made *m)
{
    struct es_buf *columns = &chunk(m, "columns")->bytes;

    columns->len = (size_t) (row_at(m, 5) - columns->ptr);
}
static void columns_one_more(struct made *m)
{
    struct es_buf *columns = &chunk(m, "columns")->bytes;

    es_buf_put(columns, row_at(m, 5), columns->len - (size_t) (row_at(m, 5) - columns->ptr));
}
static void columns_cut(struct made *m)
{
    chunk(m, "columns")->bytes.len--;
}
static void columns_without_entries(struct made *m)
{
    struct made_file *file = &m->files[m->file_count++];

    *file = (struct made_file){.name = "columns/000003.bin"};
    es_buf_init(&file->bytes, 16);
    es_buf_put_byte(&file->bytes, 1);
}
static void tile_hash(struct made *m)
{
    made_file(m, BUNDLE_TILES)->bytes.ptr[11 + 32 * 4] ^= 1;
}
static void tile_narrow(struct made *m)
{
    struct es_buf *tiles = &made_file(m, BUNDLE_TILES)->bytes;

    tiles->ptr[10]--;
    tiles->len -= 32;
}
static void no_tile(struct made *m)
{
    made_file(m, BUNDLE_TILES)->bytes.len = 0;
}
static void put_tile(struct made *m, uint8_t level, uint8_t n, uint8_t width)
{
    struct es_buf *tiles = &made_file(m, BUNDLE_TILES)->bytes;
    const uint8_t head[11] = {level, 0, 0, 0, 0, 0, 0, 0, n, 0, width};

    es_buf_put(tiles, head, sizeof head);
    for (unsigned i = 0; i < 32u * width; i++)
        es_buf_put_byte(tiles, 0);
}
static void tiles_without_place(struct made *m)
{
    put_tile(m, 0, 3, 1);
    put_tile(m, 1, 0, 2);
    put_tile(m, 6, 1, 1);
    put_tile(m, 7, 0, 1);
}
static void tile_twice(struct made *m)
{
    put_tile(m, 0, 0, 1);
}
static void tile_of_level_8(struct made *m)
{
    put_tile(m, 8, 0, 1);
}
static void tile_too_far(struct made *m)
{
    put_tile(m, 6, 64, 1);
}
static void tile_of_no_width(struct made *m)
{
    put_tile(m, 1, 0, 0);
}
static void tile_cut(struct made *m)
{
    made_file(m, BUNDLE_TILES)->bytes.len--;
}
static void detail_text_other(struct made *m)
{
    made_file(m, BUNDLE_DETAILS)->bytes.ptr[44] ^= 1;
}
static void detail_salt(struct made *m)
{
    made_file(m, BUNDLE_DETAILS)->bytes.ptr[8] ^= 1;
}
static void detail_of_none(struct made *m)
{
    made_file(m, BUNDLE_DETAILS)->bytes.ptr[7] = 2;
}
static void detail_of_no_leaf(struct made *m)
{
    struct es_buf *details = &made_file(m, BUNDLE_DETAILS)->bytes;
    size_t len = details->len / 2;

    details->ptr[len + 7] = 9;
}
static void details_turned(struct made *m)
{
    made_file(m, BUNDLE_DETAILS)->bytes.ptr[7] = 6;
}
static void details_cut(struct made *m)
{
    made_file(m, BUNDLE_DETAILS)->bytes.len--;
}
static void details_fewer(struct made *m)
{
    made_file(m, BUNDLE_DETAILS)->bytes.len /= 2;
}

static const struct verify_case cases[] = {
    {"an audit log right in everything is sound", 0, 0, 0, 0, ""},
    {"a status log right in everything is sound", 1, 0, 0, 0, ""},
    {"an empty log is sound", 0, empty_log, 0, 0, ""},
    {"a map head before any seal is sound", 1, no_seals_yet, 0, 0, ""},
    {"a map head after each of many seals is sound", 1, all_seals, 0, 0, ""},
    {"leaf_format: a leaf of version 2", 0, leaf_version, 0, 0, "leaf_format:2 writer_seq:3"},
    {"leaf_format: a kind that nobody knows", 0, leaf_unknown_kind, 0, 0,
     "leaf_format:2 writer_seq:3"},
    {"leaf_format: a body length that does not fit", 0, leaf_body_len, 0, 0,
     "leaf_format:2 writer_seq:3"},
    {"leaf_index: the index of another place", 0, leaf_index, 0, 0, "leaf_index:2"},
    {"leaf_previous: a hash of no leaf before", 0, leaf_previous, 0, 0, "leaf_previous:2"},
    {"leaf_previous: the genesis of another epoch", 0, genesis_of_another, 0, 0, "leaf_previous:0"},
    {"leaf_time: earlier than the leaf before", 0, leaf_time, 0, 0, "leaf_time:2"},
    {"leaf_time: the same time is right", 0, leaf_time_equal, 0, 0, ""},
    {"leaf_kind: a status event in an audit log", 0, leaf_kind, 0, 0, "leaf_kind:2 writer_seq:3"},
    {"leaf_kind: an audit event in a status log", 1, audit_in_status, 0, 0, "leaf_kind:4"},
    {"body_format: cut by one byte", 0, body_cut, 0, 0, "body_format:2 writer_seq:3"},
    {"body_format: another version", 0, body_version, 0, 0, "body_format:2 writer_seq:3"},
    {"body_format: an unknown flag", 0, body_flags, 0, 0, "body_format:2 writer_seq:3"},
    {"body_format: the flag of a detail without its hash", 0, body_flag_without_detail, 0, 0,
     "body_format:2 detail:2 writer_seq:3"},
    {"body_format: an outcome of 4", 0, body_outcome, 0, 0, "body_format:2 writer_seq:3"},
    {"body_format: a severity of 4", 0, body_severity, 0, 0, "body_format:2 writer_seq:3"},
    {"body_format: a text that is no UTF-8", 0, body_utf8, 0, 0, "body_format:2 writer_seq:3"},
    {"body_format: a control character", 0, body_control, 0, 0, "body_format:2 writer_seq:3"},
    {"body_format: a status event of version 0", 1, state_version, 0, 0, "body_format:3"},
    {"body_format: a status of 20", 1, state_status, 0, 0, "body_format:3"},
    {"body_format: flags in a status event", 1, state_flags, 0, 0, "body_format:3"},
    {"writer_seq: a gap", 0, writer_gap, 0, 0, "writer_seq:2"},
    {"writer_seq: a number again", 0, writer_again, 0, 0, "writer_seq:2"},
    {"writer_seq: nothing follows the last number", 0, writer_wraps, 0, 0,
     "writer_seq:2 writer_seq:3"},
    {"writer_start: a second start", 0, writer_starts_twice, 0, 0, "writer_start:2"},
    {"writer_start: an event after the stop", 0, writer_goes_on, 0, 0, "writer_start:3"},
    {"writer_start: a writer without a start", 0, writer_without_start, 0, 0, "writer_start:2"},
    {"writer_seq: a start that is not number 0", 0, writer_begins_late, 0, 0, "writer_seq:2"},
    {"writer_unfinished: the next start of an instance without a stop", 0, without_stop, 0, 0,
     "?writer_unfinished:4"},
    {"writer_unfinished: instances are told apart", 0, without_stop_elsewhere, 0, 0,
     "?writer_unfinished:4"},
    {"entry_twice: an id again", 0, entry_twice, 0, 0, "entry_twice:2"},
    {"entry_twice: each time but the first", 0, entry_thrice, 0, 0, "entry_twice:5 entry_twice:6"},
    {"status_seq: a gap", 1, status_gap, 0, 0, "status_seq:3"},
    {"status_seq: a number again", 1, status_again, 0, 0, "status_seq:3"},
    {"status_previous: not the event before", 1, status_previous, 0, 0, "status_previous:3"},
    {"status_value: no such reason", 1, status_reason, 0, 0, "status_value:3"},
    {"status_value: a first event that is not 30", 1, first_not_active, 0, 0, "status_value:4"},
    {"status_value: any event after 80", 1, after_invalid, 0, 0, "status_value:4 status_value:5"},
    {"status_value: valid from after valid until", 1, status_validity, 0, 0, "status_value:3"},
    {"status_effective: in the future", 1, status_future, 0, 0, "status_effective:3"},
    {"status_effective: five minutes back are right", 1, status_within_window, 0, 0, ""},
    {"status_effective: more than five minutes back", 1, status_before_window, 0, 0,
     "status_effective:3"},
    {"status_effective: a lost seal may lie back", 1, status_lost_before_window, 0, 0, ""},
    {"status_effective: expiry may not lie back, whatever the reason", 1,
     status_expired_before_window, 0, 0, "status_effective:3"},
    {"status_effective: invalidation may lie back", 1, status_invalid_before_window, 0, 0, ""},
    {"map_head: covers another place", 1, head_covers, 0, 0, "map_head:5"},
    {"map_head: counts other keys", 1, head_count, 0, 0, "map_head:5"},
    {"map_head: another root", 1, head_root, 0, 0, "map_head:5"},
    {"checkpoint_format: another log in a line", 0, 0, other_log_in_line, 0,
     "checkpoint_format:1 table_missing:4"},
    {"checkpoint_format: a line without its end", 0, 0, journal_without_end, 0,
     "checkpoint_format:2 journal_missing:6"},
    {"checkpoint_format: a line of any length is passed over", 0, 0, long_line, 0,
     "checkpoint_format:3 checkpoint_format:4"},
    {"checkpoint_signature: changed in table and journal, said once", 0, own_line_spoilt, 0, 0,
     "checkpoint_signature:4"},
    {"checkpoint_signature: changed in the table only", 0, own_line_of_table_spoilt, 0, 0,
     "checkpoint_signature:4 table_missing:4"},
    {"checkpoint_signature: of another key", 0, signed_by_another, 0, 0, "checkpoint_signature:5"},
    {"checkpoint_root: not that of the leaves", 0, checkpoint_root, 0, 0, "checkpoint_root:5"},
    {"checkpoint_root: of no leaves is right", 0, checkpoint_zero, 0, 0, ""},
    {"checkpoint_beyond: fewer leaves than signed", 0, checkpoint_beyond, 0, 0,
     "checkpoint_beyond:7"},
    {"checkpoint_head: the last leaf is no map head", 1, checkpoint_head, 0, 0,
     "checkpoint_head:4"},
    {"checkpoint_order: sizes turned round", 0, table_out_of_order, 0, 0,
     "checkpoint_order:4 checkpoint_order:4"},
    {"checkpoint_fork: two roots for one size", 0, checkpoint_fork, 0, 0,
     "checkpoint_fork:6 checkpoint_root:6 table_missing:6"},
    {"journal_missing: a checkpoint of the table only", 0, journal_missing, 0, 0,
     "journal_missing:4"},
    {"table_missing: a checkpoint of the journal only", 0, table_missing, 0, 0, "table_missing:4"},
    {"journal_missing: nothing is missing where there is no journal", 0, no_journal, 0, 0, ""},
    {"witness_signature: the line of a known witness", 0, witness_line_spoilt, 0, 0,
     "witness_signature:4"},
    {"witness_quorum: more wanted than there are", 0, no_quorum, 0, 0, "witness_quorum:6"},
    {"witness_quorum: a wrong line counts against its checkpoint", 0, only_quorum_spoilt, 0, 0,
     "witness_quorum:6 witness_signature:2 witness_signature:4 witness_signature:6"},
    {"unwitnessed_tail: the newest has no lines of witnesses", 0, newest_unwitnessed, 0, 0,
     "?unwitnessed_tail:4"},
    {"witness_quorum: no checkpoint at all", 0, unsigned_log, 0, 0,
     "?unsigned_tail:0 witness_quorum:0"},
    {"unsigned_tail: leaves behind the newest checkpoint", 0, unsigned_tail, 0, 0,
     "?unsigned_tail:4"},
    {"file_missing: entries", 0, 0, entries_absent, 0,
     "checkpoint_beyond:2 checkpoint_beyond:4 checkpoint_beyond:6 detail:1 detail:5 file_missing "
     "head:0 tile:0 witness_quorum:0"},
    {"file_missing: entries that the manifest does not name", 0, 0, entries_unnamed, 0,
     "checkpoint_beyond:2 checkpoint_beyond:4 checkpoint_beyond:6 detail:1 detail:5 file_missing "
     "head:0 tile:0 witness_quorum:0"},
    {"file_missing: columns", 0, 0, columns_absent, 0, "file_missing"},
    {"file_missing: tiles not named", 0, 0, tiles_unnamed, 0, "file_missing"},
    {"file_missing: tiles not there", 0, 0, tiles_absent, 0, "file_missing"},
    {"file_missing: the table", 0, 0, table_unnamed, 0, "file_missing witness_quorum:6"},
    {"file_missing: a journal that was named", 0, 0, journal_absent, 0, "file_missing"},
    {"file_missing: said once, however many are", 0, 0, many_more_counted, 0,
     "file_missing file_missing"},
    {"file_digest: another digest in the manifest", 0, 0, 0, digest_of_tiles, "file_digest"},
    {"file_digest: another length", 0, 0, 0, one_byte_behind_details, "details_format file_digest"},
    {"entries_count: one more", 0, 0, one_more_counted, 0, "entries_count:6"},
    {"entries_count: one less", 0, 0, one_less_counted, 0, "entries_count:6"},
    {"entries_format: the last leaf is cut", 0, 0, last_leaf_cut, 0,
     "?unsigned_tail:4 checkpoint_beyond:6 detail:5 entries_format:5 head:5 tile:0"},
    {"entries_format: a leaf too short", 0, 0, short_leaf, 0, "entries_format:6"},
    {"head: another size", 0, 0, head_size, 0, "head:6"},
    {"head: another root", 0, 0, head_of_other_root, 0, "head:6"},
    {"head: another last hash", 0, 0, head_hash, 0, "head:6"},
    {"head: another last time", 0, 0, head_time, 0, "head:6"},
    {"column: another index", 0, 0, column_index, 0, "column:2"},
    {"column: another leaf hash", 0, 0, column_hash, 0, "column:2"},
    {"column: another event type", 0, 0, column_type, 0, "column:2"},
    {"column: another time", 0, 0, column_time, 0, "column:2"},
    {"column: another actor", 0, 0, column_actor, 0, "column:2"},
    {"column: another object", 0, 0, column_object, 0, "column:2"},
    {"column: another status", 1, 0, column_type, 0, "column:2"},
    {"columns_format: one row less", 0, 0, columns_one_less, 0, "columns_format:5"},
    {"columns_format: one row more", 0, 0, columns_one_more, 0, "columns_format:6"},
    {"columns_format: the last row is cut", 0, 0, columns_cut, 0, "columns_format:5"},
    {"columns_format: rows without entries", 0, 0, columns_without_entries, 0,
     "columns_format:196608"},
    {"tile: another hash", 0, 0, tile_hash, 0, "tile:0"},
    {"tile: one hash less", 0, 0, tile_narrow, 0, "tile:0"},
    {"tile: missing", 0, 0, no_tile, 0, "tile:0"},
    {"tile: without a place", 0, 0, tiles_without_place, 0,
     "tile:0 tile:0 tile:72057594037927936 tile:768"},
    {"tiles_format: a tile twice", 0, 0, tile_twice, 0, "tiles_format"},
    {"tiles_format: level 8", 0, 0, tile_of_level_8, 0, "tiles_format"},
    {"tiles_format: farther than a log can be", 0, 0, tile_too_far, 0, "tiles_format"},
    {"tiles_format: no width", 0, 0, tile_of_no_width, 0, "tiles_format"},
    {"tiles_format: cut", 0, 0, tile_cut, 0, "tiles_format"},
    {"detail: another text", 0, 0, detail_text_other, 0, "detail:1"},
    {"detail: another salt", 0, 0, detail_salt, 0, "detail:1"},
    {"detail: of a leaf that has none", 0, 0, detail_of_none, 0, "detail:2"},
    {"detail: of no leaf", 0, 0, detail_of_no_leaf, 0, "detail:9"},
    {"detail: one less is right", 0, 0, details_fewer, 0, ""},
    {"details_format: out of order", 0, 0, details_turned, 0, "detail:6 details_format"},
    {"details_format: cut", 0, 0, details_cut, 0, "details_format"},
};
#define CASES (sizeof cases / sizeof cases[0])

static void finds_exactly_what_is_wrong(void **state)
{
    const struct verify_case *c = *state;
    struct made m;
    es_status status;

    made_init(&m, c->status);
    if (c->build != NULL)
        c->build(&m);
    else
        made_standard(&m, 0, MADE_STANDARD);
    made_files(&m);
    if (c->damage != NULL)
        c->damage(&m);
    made_seal_manifest(&m);
    if (c->after != NULL)
        c->after(&m);
    status = made_verify(&m);
    if (status != ES_OK)
        print_message("# %s\n", m.err.text);
    assert_int_equal(status, ES_OK);
    assert_string_equal((const char *) m.found.ptr, c->found);
    made_clear(&m);
}

int main(void)
{
    struct CMUnitTest tests[CASES];
    const struct verify_case *at = cases;

    for (size_t i = 0; i < CASES; i++, at++) {
        union {
            const struct verify_case *in;
            void *out;
        } pointer = {.in = at};

        tests[i] = (struct CMUnitTest){.name = at->name,
                                       .test_func = finds_exactly_what_is_wrong,
                                       .initial_state = pointer.out};
    }
    return _cmocka_run_group_tests("log/verify", tests, CASES, NULL, NULL);
}
