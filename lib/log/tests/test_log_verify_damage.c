/*
 * Bundles damaged everywhere, verified since a checkpoint, large, and made by somebody else: the
 * vectors' logs come from a model in another language.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "bundle_maker.h"

#define OK(call) assert_int_equal((call), ES_OK)

static int setup(void **state)
{
    struct made *m = calloc(1, sizeof *m);

    assert_non_null(m);
    made_init(m, false);
    *state = m;
    return 0;
}

static int teardown(void **state)
{
    made_clear(*state);
    free(*state);
    return 0;
}

static void assert_found(struct made *m, const char *found)
{
    es_status status = made_verify(m);

    if (status != ES_OK)
        print_message("# %s\n", m->err.text);
    assert_int_equal(status, ES_OK);
    assert_string_equal((const char *) m->found.ptr, found);
}

static bool is_sound(struct made *m)
{
    return made_verify(m) == ES_OK && m->result.findings == 0;
}

static struct es_buf *bytes_of(struct made *m, const char *name)
{
    struct made_file *file = made_file(m, name);

    assert_non_null(file);
    return &file->bytes;
}

/* ---- cuts and flips ---- */

static void small(struct made *m)
{
    made_standard(m, 0, 2);
    made_files(m);
    assert_found(m, "");
}

static void no_file_can_be_cut(void **state)
{
    struct made *m = *state;

    small(m);
    for (size_t i = 0; i < m->file_count; i++) {
        struct es_buf *bytes = &m->files[i].bytes;
        size_t whole = bytes->len;

        for (bytes->len = 0; bytes->len < whole; bytes->len++)
            assert_false(is_sound(m));
    }
    for (size_t whole = m->manifest.len, len = 0; len < whole - 1; len++) {
        m->manifest.len = len;
        assert_int_equal(made_verify(m), ES_E_FORMAT);
    }
}

/* A bundle need not have the details. */
static void no_file_can_be_cut_and_counted_anew_but_details(void **state)
{
    struct made *m = *state;

    small(m);
    for (size_t i = 0; i < m->file_count; i++) {
        struct es_buf *bytes = &m->files[i].bytes;
        size_t whole = bytes->len;

        for (size_t len = 0; len < whole; len++) {
            bytes->len = len;
            made_seal_manifest(m);
            assert_int_equal(is_sound(m),
                             len == 0 && strcmp(m->files[i].name, BUNDLE_DETAILS) == 0);
        }
        bytes->len = whole;
    }
}

static void no_byte_can_be_changed(void **state)
{
    struct made *m = *state;
    size_t at = 0;

    small(m);
    for (size_t i = 0; i < m->file_count; i++) {
        struct es_buf *bytes = &m->files[i].bytes;

        for (size_t k = 0; k < bytes->len; k++) {
            bytes->ptr[k] ^= 1;
            assert_false(is_sound(m));
            bytes->ptr[k] ^= 1;
        }
    }
    /* The state of the log says nothing about its leaves. */
    assert_true(es_span_search(es_buf_span(&m->manifest), es_span_str("\"open\""), &at));
    for (size_t k = 0; k < m->manifest.len; k++) {
        m->manifest.ptr[k] ^= 1;
        assert_int_equal(is_sound(m), k > at && k < at + 5);
        m->manifest.ptr[k] ^= 1;
    }
}

/* Where the digit k of a line's time stands: the log vouches for no clock but that of its leaves.
 */
static bool is_line_time(const struct es_buf *bytes, size_t k)
{
    size_t from = k;

    while (from > 0 && bytes->ptr[from - 1] >= '0' && bytes->ptr[from - 1] <= '9')
        from--;
    return from >= 5 && k > from && memcmp(bytes->ptr + from - 5, "{\"t\":", 5) == 0 &&
           bytes->ptr[k] != ',';
}

static void no_byte_can_be_changed_and_digested_anew_but_line_times(void **state)
{
    struct made *m = *state;

    small(m);
    for (size_t i = 0; i < m->file_count; i++) {
        struct es_buf *bytes = &m->files[i].bytes;
        bool lines = strstr(m->files[i].name, ".jsonl") != NULL;

        for (size_t k = 0; k < bytes->len; k++) {
            bool time = lines && is_line_time(bytes, k);

            bytes->ptr[k] ^= 1;
            made_seal_manifest(m);
            if (is_sound(m) != time)
                print_message("# %s, byte %zu\n", m->files[i].name, k);
            assert_int_equal(is_sound(m), time);
            bytes->ptr[k] ^= 1;
        }
    }
}

/* ---- what cannot be run ---- */

static void a_manifest_of_another_form_cannot_be_run(void **state)
{
#define HEAD                                                                                       \
    "\"head\":{\"size\":0,\"root\":\"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\","              \
    "\"last_hash\":\"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\",\"last_ms\":0,"                \
    "\"state\":\"open\"}"
#define BEGIN "{\"v\":1,\"type\":\"log-bundle\",\"origin\":\"seal.example.cn/audit/1\","
#define FILES(list) BEGIN "\"entries\":0," HEAD ",\"files\":[" list "]}"
#define FILE_OF(name)                                                                              \
    "{\"name\":\"" name "\",\"length\":0,"                                                         \
    "\"sm3\":\"1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b\"}"
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        BEGIN "\"entries\":-1," HEAD ",\"files\":[]}",
        BEGIN "\"entries\":0.5," HEAD ",\"files\":[]}",
        BEGIN "\"entries\":9223372036854775808," HEAD ",\"files\":[]}",
        BEGIN "\"entries\":0," HEAD ",\"files\":[],\"more\":1}",
        BEGIN "\"entries\":0,\"entries\":0," HEAD ",\"files\":[]}",
        BEGIN "\"entries\":0,\"head\":{},\"files\":[]}",
        BEGIN "\"entries\":0,\"head\":7,\"files\":[]}",
        BEGIN "\"entries\":0," HEAD ",\"files\":{}}",
        FILES("7"),
        FILES(FILE_OF("../../etc/passwd")),
        FILES(FILE_OF("entries/0.bin")),
        FILES(FILE_OF("entries/00000a.bin")),
        FILES(FILE_OF("entries/000000.bin.gz")),
        FILES(FILE_OF("entries/../tiles.bin")),
        FILES(FILE_OF("bundle.json")),
        FILES(FILE_OF("tiles.bin") "," FILE_OF("tiles.bin")),
        FILES(FILE_OF("tiles.bin") "," FILE_OF("journal.jsonl")),
        FILES("{\"name\":\"tiles.bin\",\"length\":0,\"sm3\":\"1AB21D8355CFA17F8E61194831E81A8F"
              "22BEC8C728FEFB747ED035EB5082AA2B\"}"),
        FILES("{\"name\":\"tiles.bin\",\"length\":0,\"sm3\":\"\"}"),
    };
    struct made *m = *state;

    made_files(m);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        es_buf_reset(&m->manifest);
        es_buf_put_str(&m->manifest, texts[i]);
        assert_int_equal(made_verify(m), ES_E_FORMAT);
        assert_true(es_span_starts(es_span_str(m->err.text), "bundle.json: "));
    }
    es_buf_reset(&m->manifest);
    es_buf_put_str(&m->manifest, FILES(FILE_OF("tiles.bin")));
    assert_int_equal(made_verify(m), ES_OK);
}

static void origins_are_of_one_form(void **state)
{
    static const char *const wrong[] = {
        "",           "seal.example.cn", "/audit/1",
        "audit/1",    "a/audit/",        "a/audit/0",
        "a/audit/01", "a/audit/1x",      "a/audit/10000000000000000000",
        "a/Audit/1",  "a b/audit/1",     "a\x7f/audit/1"};
    bool status = false;

    (void) state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(bundle_origin_log(es_span_str(wrong[i]), &status, NULL), ES_E_FORMAT);
    OK(bundle_origin_log(es_span_str("a/audit/1"), &status, NULL));
    assert_false(status);
    OK(bundle_origin_log(es_span_str("a:8443/b/status/9999999999999999999"), &status, NULL));
    assert_true(status);
}

static void the_key_of_another_log_cannot_be_used(void **state)
{
    struct made *m = *state;

    small(m);
    m->trust.origin = "seal.example.cn/audit/2";
    assert_int_equal(made_verify(m), ES_E_MISMATCH);
}

static void nothing_is_signed_by_another_key(void **state)
{
    struct made *m = *state;

    small(m);
    m->trust.key = es_key_public(m->witness[0]);
    assert_found(m, "?unsigned_tail:0 checkpoint_signature:2 witness_quorum:0");
    assert_int_equal(m->result.signed_size, 0);
}

/* ---- since a checkpoint ---- */

#define LONG 600

static void fill(struct made *m, uint64_t to)
{
    while (m->tree.size < to) {
        struct es_audit_event e = made_event(m, 1, m->tree.size == 0 ? 1 : 0x0401);

        made_put_event(m, &e);
    }
}

/* 600 leaves, checkpoints at 300 and 600; to be verified since the first. */
static void long_log(struct made *m)
{
    fill(m, LONG / 2);
    m->since = es_buf_span(&made_sign(m)->note);
    fill(m, LONG);
    (void) made_sign(m);
    made_files(m);
}

static uint8_t *leaf_in_file(struct made *m, uint64_t place)
{
    uint8_t *at = bytes_of(m, "entries/000000.bin")->ptr;

    for (uint64_t i = 0; i < place; i++)
        at += 4 + m->leaves[i].bytes.len;
    return at + 4;
}

static void a_log_is_verified_since_a_checkpoint(void **state)
{
    struct made *m = *state;

    long_log(m);
    assert_found(m, "");
    assert_int_equal(m->result.entries, LONG);
    assert_int_equal(m->result.checkpoints, 2);
    assert_int_equal(m->result.signed_size, LONG);
    assert_int_equal(m->result.witnesses, 2);
}

static void leaves_before_the_checkpoint_are_not_read(void **state)
{
    struct made *m = *state;

    long_log(m);
    leaf_in_file(m, 100)[56] ^= 1;
    made_seal_manifest(m);
    assert_found(m, "");
    m->full = true;
    assert_found(m, "?unsigned_tail:0 checkpoint_root:300 checkpoint_root:600 column:100 head:600 "
                    "leaf_previous:101 tile:0 tile:0 witness_quorum:0");
}

static void leaves_behind_the_checkpoint_are_read(void **state)
{
    struct made *m = *state;

    long_log(m);
    leaf_in_file(m, 400)[61] ^= 1;
    made_seal_manifest(m);
    assert_found(m, "?unsigned_tail:300 checkpoint_root:600 column:400 head:600 "
                    "leaf_previous:401 tile:0 tile:256");
}

static void a_column_behind_the_checkpoint_is_compared(void **state)
{
    struct made *m = *state;
    struct es_buf *columns;

    long_log(m);
    columns = bytes_of(m, "columns/000000.bin");
    columns->ptr[columns->len - 1] ^= 1;
    columns->ptr[51] ^= 1;
    made_seal_manifest(m);
    assert_found(m, "column:599");
}

static void tiles_that_do_not_give_the_root_are_not_believed(void **state)
{
    struct made *m = *state;
    struct es_buf *tiles;

    long_log(m);
    tiles = bytes_of(m, BUNDLE_TILES);
    tiles->ptr[tiles->len - 64] ^= 1; /* level 1, the first of two hashes */
    leaf_in_file(m, 100)[61] ^= 1;
    made_seal_manifest(m);
    assert_found(m, "?unsigned_tail:0 checkpoint_root:300 checkpoint_root:600 column:100 head:600 "
                    "leaf_previous:101 tile:0 tile:0 witness_quorum:0");
}

static void a_tile_behind_the_checkpoint_is_compared(void **state)
{
    struct made *m = *state;

    long_log(m);
    bytes_of(m, BUNDLE_TILES)->ptr[2 * (11 + 256 * 32) + 11] ^= 1;
    made_seal_manifest(m);
    assert_found(m, "tile:512");
}

static void a_fork_of_the_checkpoint_is_found(void **state)
{
    struct made *m = *state;
    struct es_log_hash other = {{1}};
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);

    long_log(m);
    made_note(m, 300, &other, 0, &note);
    m->since = es_buf_span(&note);
    assert_found(m, "checkpoint_fork:300 checkpoint_root:300");
    es_buf_reset(&note);
    made_note(m, 601, &other, 0, &note);
    m->since = es_buf_span(&note);
    assert_found(m, "checkpoint_beyond:601");
}

static void a_checkpoint_of_another_key_cannot_be_used(void **state)
{
    struct made *m = *state;

    long_log(m);
    m->since = es_span_str("no checkpoint");
    assert_int_equal(made_verify(m), ES_E_FORMAT);
    m->since = es_buf_span(&m->checkpoints[0].note);
    m->trust.key = es_key_public(m->witness[0]);
    assert_int_equal(made_verify(m), ES_E_MISMATCH);
}

static void writers_are_taken_as_they_come_behind_the_checkpoint(void **state)
{
    struct made *m = *state;
    struct es_audit_event e;

    fill(m, 4);
    m->since = es_buf_span(&made_sign(m)->note);
    e = made_event(m, 1, 0x0401);
    made_put_event(m, &e);
    e = made_event(m, 2, 0x0401); /* number 0, no start */
    made_put_event(m, &e);
    e = made_event(m, 3, 1);
    e.writer_seq = 9; /* a start that is not number 0 */
    made_put_event(m, &e);
    (void) made_sign(m);
    made_files(m);
    assert_found(m, "writer_start:5 writer_start:6");
}

static void a_checkpoint_of_all_leaves_leaves_nothing_to_read(void **state)
{
    struct made *m = *state;

    long_log(m);
    m->since = es_buf_span(&m->checkpoints[1].note);
    assert_found(m, "");
    assert_int_equal(m->result.entries, LONG);
}

/* ---- large ---- */

static void two_hundred_thousand_entries_in_four_files_are_sound(void **state)
{
    struct made *m = *state;

    fill(m, 100000);
    m->since = es_buf_span(&made_sign(m)->note);
    fill(m, 200000);
    (void) made_sign(m);
    made_files(m);
    assert_found(m, "");
    assert_int_equal(m->result.entries, 200000);
    made_file(m, "entries/000000.bin")->absent = true; /* wholly before the checkpoint */
    assert_found(m, "");
    m->since.len = 0;
    assert_int_equal(made_verify(m), ES_OK);
    assert_true(m->result.findings > 0 && m->result.entries == 0);
}

static void a_file_of_fewer_leaves_ends_reading(void **state)
{
    struct made *m = *state;

    m->trust.quorum = 0;
    fill(m, ES_BUNDLE_CHUNK + 1);
    made_files(m);
    assert_found(m, "?unsigned_tail:0");
    bytes_of(m, "entries/000000.bin")->len -= 4 + m->leaves[ES_BUNDLE_CHUNK - 1].bytes.len;
    made_seal_manifest(m);
    assert_int_equal(made_verify(m), ES_OK);
    assert_non_null(strstr((const char *) m->found.ptr, "entries_format:65535 head:65535"));
    assert_int_equal(m->result.entries, 65535);
}

static void a_file_of_more_leaves_ends_reading(void **state)
{
    struct made *m = *state;
    struct es_buf *first;

    m->trust.quorum = 0;
    fill(m, ES_BUNDLE_CHUNK + 1);
    made_files(m);
    first = bytes_of(m, "entries/000000.bin");
    es_buf_put_span(first, es_buf_span(bytes_of(m, "entries/000001.bin")));
    made_seal_manifest(m);
    assert_int_equal(made_verify(m), ES_OK);
    assert_non_null(strstr((const char *) m->found.ptr, "entries_format:65536 head:65536"));
}

/* ---- the vectors ---- */

static void unhex(const json_t *text, struct es_buf *out)
{
    es_buf_reset(out);
    assert_non_null(json_string_value(text));
    OK(es_hex_decode(es_span_str(json_string_value(text)), out, NULL));
}

/* The leaves and the checkpoint as the model made them; files and manifest around them are ours. */
static void take_vectors(struct made *m, const json_t *log)
{
    ES_AUTO(es_buf) leaf = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    const json_t *entries = json_object_get(log, "entries");
    const char *note = json_string_value(json_object_get(log, "checkpoint"));
    struct made_checkpoint *c = &m->checkpoints[m->checkpoint_count++];
    struct es_leaf last = {.index = 0};

    for (size_t i = 0; i < json_array_size(entries); i++) {
        unhex(json_object_get(json_array_get(entries, i), "leaf"), &leaf);
        made_put_bytes(m, es_buf_span(&leaf));
        OK(es_leaf_decode(es_buf_span(&leaf), &last, NULL));
    }
    *c = (struct made_checkpoint){.time_ms = 1, .in_table = true};
    es_buf_init(&c->note, ES_CHECKPOINT_MAX);
    es_buf_put_str(&c->note, note);
    m->now_ms = last.sequenced_ms + 10;
    m->without_journal = true;
}

/* The model's detail, which its leaves 2 and 3 both have. */
static void take_detail(struct made *m, const json_t *detail)
{
    struct es_buf *out = bytes_of(m, BUNDLE_DETAILS);
    const char *text = json_string_value(json_object_get(detail, "detail"));
    ES_AUTO(es_buf) salt = ES_BUF_INIT(32);

    unhex(json_object_get(detail, "salt"), &salt);
    es_buf_reset(out);
    for (uint8_t i = 2; i <= 3; i++) {
        const uint8_t index[8] = {0, 0, 0, 0, 0, 0, 0, i};
        const uint8_t len[4] = {0, 0, 0, (uint8_t) strlen(text)};

        es_buf_put(out, index, sizeof index);
        es_buf_put_span(out, es_buf_span(&salt));
        es_buf_put(out, len, sizeof len);
        es_buf_put_str(out, text);
    }
    made_seal_manifest(m);
}

static void use_key(struct made *m, const json_t *point, struct es_pubkey **key)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SM2_POINT_LEN);

    unhex(point, &bytes);
    OK(es_pubkey_sm2(es_buf_span(&bytes), key, NULL));
    m->trust.key = *key;
}

static void the_vectors_logs_are_sound(void **state)
{
    static const char *const logs[] = {"audit", "status"};
    const char *folder = getenv("ESEAL_SPEC");
    char path[4096];
    json_t *root;

    (void) state;
    (void) snprintf(path, sizeof path, "%s/audit-log-vectors.json", folder == NULL ? "." : folder);
    root = json_load_file(path, 0, NULL);
    if (root == NULL)
        skip();
    for (size_t i = 0; i < 2; i++) {
        const json_t *log = json_object_get(root, logs[i]);
        const json_t *key = json_object_get(json_object_get(root, "audit"), "key");
        struct es_pubkey *pub = NULL;
        struct made m;

        made_init(&m, i == 1);
        use_key(&m, json_object_get(key, "public"), &pub);
        m.witnesses[0] = (struct es_log_witness){"witness.example.org/w1", pub};
        m.trust.witness_count = m.trust.quorum = i;
        take_vectors(&m, log);
        made_files(&m);
        if (i == 0)
            take_detail(&m, json_object_get(log, "detail"));
        assert_found(&m, "");
        assert_int_equal(m.result.signed_size, 5);
        assert_int_equal(m.result.witnesses, i);
        made_clear(&m);
        es_pubkey_free(pub);
    }
    json_decref(root);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(no_file_can_be_cut),
        T(no_file_can_be_cut_and_counted_anew_but_details),
        T(no_byte_can_be_changed),
        T(no_byte_can_be_changed_and_digested_anew_but_line_times),
        T(a_manifest_of_another_form_cannot_be_run),
        cmocka_unit_test(origins_are_of_one_form),
        T(the_key_of_another_log_cannot_be_used),
        T(nothing_is_signed_by_another_key),
        T(a_log_is_verified_since_a_checkpoint),
        T(leaves_before_the_checkpoint_are_not_read),
        T(leaves_behind_the_checkpoint_are_read),
        T(a_column_behind_the_checkpoint_is_compared),
        T(tiles_that_do_not_give_the_root_are_not_believed),
        T(a_tile_behind_the_checkpoint_is_compared),
        T(a_fork_of_the_checkpoint_is_found),
        T(a_checkpoint_of_another_key_cannot_be_used),
        T(writers_are_taken_as_they_come_behind_the_checkpoint),
        T(a_checkpoint_of_all_leaves_leaves_nothing_to_read),
        T(two_hundred_thousand_entries_in_four_files_are_sound),
        T(a_file_of_fewer_leaves_ends_reading),
        T(a_file_of_more_leaves_ends_reading),
        cmocka_unit_test(the_vectors_logs_are_sound),
    };

    return cmocka_run_group_tests_name("log/verify_damage", tests, NULL, NULL);
}
