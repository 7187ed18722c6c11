/* Bundles of what the store holds, and everything derived made again from the leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "read_fixture.h"

struct fixture {
    struct read_fixture log;
    struct es_log_reader *reader;
    char bundle[160], journal[160];
    struct es_log_export options;
    struct es_log_verify_result result;
    char rule[40]; /* of the first finding */
    uint64_t index;
};

static int open_log(void **state, enum es_log_name log)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    *state = f;
    read_fixture_open(&f->log, log);
    (void) snprintf(f->bundle, sizeof f->bundle, "%s/bundle", f->log.folder);
    (void) snprintf(f->journal, sizeof f->journal, "%s/journal", f->log.folder);
    assert_int_equal(es_log_reader_open(f->log.store, log, f->log.epoch, &f->reader, NULL), ES_OK);
    return 0;
}

static int setup_audit(void **state)
{
    return open_log(state, ES_LOG_AUDIT);
}

static int setup_status(void **state)
{
    return open_log(state, ES_LOG_STATUS);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_log_reader_free(f->reader);
    read_fixture_close(&f->log);
    free(f);
    return 0;
}

/* ---- helpers ---- */

static void fill_audit(struct fixture *f, uint64_t count)
{
    if (f->log.count == 0)
        read_fixture_audit(&f->log, 0x0001, "main", NULL); /* WRITER_START */
    while (f->log.count < count)
        read_fixture_audit(&f->log, 0x0402, "seal-1", NULL);
    read_fixture_write(&f->log);
    read_fixture_sign(&f->log, f->log.count);
}

static void fill_status(struct fixture *f, unsigned rounds)
{
    for (unsigned round = 0; round < rounds; round++) {
        for (uint64_t seal = 0; seal < 5; seal++) {
            struct es_log_hash key = read_fixture_hash(f->log.count * 7 % 60);
            bool first = true;

            for (size_t i = 0; i < f->log.seals; i++)
                first = first && !es_log_hash_equal(&f->log.seal[i].key, &key);
            read_fixture_status(&f->log, &key, first ? 30 : 40);
        }
        read_fixture_map_head(&f->log);
        read_fixture_write(&f->log);
        read_fixture_sign(&f->log, f->log.count);
    }
}

static es_status export_to(struct fixture *f, uint64_t *entries)
{
    return es_log_export(f->reader, f->bundle, &f->options, entries, NULL);
}

static void keep_first(void *ctx, const struct es_log_finding *finding)
{
    struct fixture *f = ctx;

    if (finding->notice || f->rule[0] != '\0')
        return;
    (void) snprintf(f->rule, sizeof f->rule, "%s", finding->rule);
    f->index = finding->index;
}

static void verify(struct fixture *f)
{
    const struct es_log_verify_options options = {
        .trust = &f->log.trust, .found = keep_first, .ctx = f};

    f->rule[0] = '\0';
    assert_int_equal(es_log_verify(f->bundle, &options, &f->result, NULL), ES_OK);
}

static void export_sound(struct fixture *f)
{
    uint64_t entries = 0;

    assert_int_equal(export_to(f, &entries), ES_OK);
    assert_int_equal(entries, f->log.count);
    verify(f);
    assert_string_equal(f->rule, "");
    assert_int_equal(f->result.findings, 0);
    assert_int_equal(f->result.entries, f->log.count);
    assert_int_equal(f->result.signed_size, f->log.count);
}

/* ---- exports ---- */

static void an_export_of_either_log_verifies_without_findings(void **state)
{
    struct fixture *f = *state;

    if (f->log.log == ES_LOG_AUDIT)
        fill_audit(f, 1500); /* more than one page, tiles of two levels */
    else
        fill_status(f, 30);
    export_sound(f);
}

static void an_export_goes_on_where_the_bundle_ends(void **state)
{
    struct fixture *f = *state;

    fill_audit(f, 300);
    export_sound(f);
    export_sound(f); /* nothing new */
    fill_audit(f, 700);
    export_sound(f);
    assert_int_equal(f->result.checkpoints, 2);
}

static void an_older_or_another_store_does_not_write_over_a_bundle(void **state)
{
    struct fixture *f = *state;
    uint64_t entries = 0;

    if (strcmp(es_store_driver(f->log.store), "sqlite") != 0)
        skip();
    fill_audit(f, 300);
    export_sound(f);
    read_fixture_script(&f->log, "UPDATE log_head SET size = 200");
    assert_int_equal(export_to(f, &entries), ES_E_CONFLICT);
    read_fixture_script(&f->log, "UPDATE log_head SET size = 300; "
                                 "UPDATE log_tile SET hashes = zeroblob(32 * width)");
    assert_int_equal(export_to(f, &entries), ES_E_INTEGRITY);
    verify(f);
    assert_int_equal(f->result.findings, 0);
}

static void witness_lines_go_along_with_their_checkpoint(void **state)
{
    struct fixture *f = *state;
    const struct es_log_witness witness = {"w1", es_key_public(f->log.key)};
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) line = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct es_checkpoint checkpoint;

    fill_audit(f, 40);
    read_fixture_note(&f->log, 40, &note);
    assert_int_equal(es_checkpoint_parse(es_buf_span(&note), &checkpoint, NULL), ES_OK);
    assert_int_equal(es_checkpoint_cosign(&checkpoint, "w1", 1767225700, f->log.key, &line, NULL),
                     ES_OK);
    es_checkpoint_clear(&checkpoint);
    assert_int_equal(
        es_log_add_cosign(f->log.store, f->reader, 40, "w1", witness.key, es_buf_span(&line), NULL),
        ES_OK);
    f->log.trust.witnesses = &witness;
    f->log.trust.witness_count = f->log.trust.quorum = 1;
    export_sound(f);
    assert_int_equal(f->result.witnesses, 1);
    assert_int_equal(f->result.witnessed_s, 1767225700);
}

/* ---- the journal ---- */

static void add_line(struct fixture *f, struct es_buf *text, const char *origin, uint64_t size)
{
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct es_json_out out = {.buf = text};

    if (origin == NULL) {
        read_fixture_note(&f->log, size, &note);
    } else {
        const struct es_log_hash root = {{1}};

        assert_int_equal(es_checkpoint_sign(origin, size, &root, f->log.key, &note, NULL), ES_OK);
    }
    es_json_begin_object(&out);
    es_json_pair_int(&out, "t", 1767225600000);
    es_json_pair_text(&out, "log", "audit");
    es_json_key(&out, "note");
    es_json_put_span(&out, es_buf_span(&note));
    es_json_end_object(&out);
    es_buf_put_byte(text, '\n');
}

static void write_journal(struct fixture *f, const struct es_buf *text)
{
    assert_int_equal(es_file_write(f->journal, es_buf_span(text), 0600, true, NULL), ES_OK);
    f->options.journal = f->journal;
}

static void lines_of_the_journal_are_those_of_this_log(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) text = ES_BUF_INIT(100000);
    ES_AUTO(es_buf) copied = ES_BUF_INIT(100000);
    ES_AUTO(es_buf) expected = ES_BUF_INIT(100000);
    char path[200];

    fill_audit(f, 40);
    add_line(f, &text, "other.cn/audit/1", 99);
    add_line(f, &expected, NULL, 40);
    es_buf_put_span(&text, es_buf_span(&expected));
    write_journal(f, &text);
    export_sound(f);
    (void) snprintf(path, sizeof path, "%s/journal.jsonl", f->bundle);
    assert_int_equal(es_file_read(path, &copied, NULL), ES_OK);
    assert_int_equal(copied.len, expected.len);
    assert_memory_equal(copied.ptr, expected.ptr, copied.len);
}

static void a_journal_that_knows_more_shows_in_the_bundle(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) text = ES_BUF_INIT(100000);
    uint64_t entries = 0;

    fill_audit(f, 40);
    while (f->log.count < 50)
        read_fixture_audit(&f->log, 0x0402, "seal-1", NULL); /* signed, then lost */
    add_line(f, &text, NULL, 50);
    write_journal(f, &text);
    assert_int_equal(export_to(f, &entries), ES_OK);
    verify(f);
    assert_true(f->result.findings > 0);
}

static void a_journal_that_is_named_must_be_there(void **state)
{
    struct fixture *f = *state;
    uint64_t entries = 0;

    fill_audit(f, 5);
    f->options.journal = f->journal;
    assert_int_equal(export_to(f, &entries), ES_E_ABSENT);
}

/* ---- attacks on the store show in the bundle (log-05) ---- */

static void what_was_changed_in_the_store_is_found_in_the_bundle(void **state)
{
    static const struct {
        const char *script, *rule;
        uint64_t index;
    } attacks[] = {
        {"UPDATE log_leaf SET actor = 'mallory' WHERE idx = 7", "column", 7},
        {"UPDATE log_leaf SET event_type = event_type + 65536 WHERE idx = 8", "column", 8},
        {"UPDATE log_leaf SET object_id = object_id || hex(zeroblob(200)) WHERE idx = 9", "column",
         9},
        {"UPDATE log_leaf SET leaf_hash = zeroblob(7) WHERE idx = 10", "column", 10},
        {"DELETE FROM log_leaf WHERE idx = 33", "leaf_index", 33},
        {"UPDATE log_tile SET hashes = zeroblob(31) WHERE level = 0", "tile", 0},
        {"INSERT INTO log_tile SELECT log_id, 5, 0, 1, zeroblob(32) FROM log_head", "tile", 0},
    };

    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        struct fixture *f;
        uint64_t entries = 0;

        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup_audit(state), 0);
        f = *state;
        if (strcmp(es_store_driver(f->log.store), "sqlite") != 0)
            skip();
        fill_audit(f, 40);
        read_fixture_script(&f->log, "DROP TRIGGER log_leaf_no_update; "
                                     "DROP TRIGGER log_leaf_no_delete");
        read_fixture_script(&f->log, "%s", attacks[i].script);
        assert_int_equal(export_to(f, &entries), ES_OK);
        verify(f);
        assert_string_equal(f->rule, attacks[i].rule);
        assert_int_equal(f->index, attacks[i].index);
    }
}

/* ---- rebuilding ---- */

static struct es_log_rebuild_result rebuild(struct fixture *f, bool write)
{
    struct es_log_rebuild_result result;

    assert_int_equal(es_log_rebuild(f->reader, write, &result, NULL), ES_OK);
    assert_int_equal(result.leaves, f->log.count);
    return result;
}

static void assert_sound(struct fixture *f)
{
    struct es_log_rebuild_result result = rebuild(f, false);

    assert_int_equal(result.columns, 0);
    assert_int_equal(result.tiles, 0);
    assert_int_equal(result.nodes, 0);
    assert_int_equal(result.items, 0);
    assert_int_equal(result.writers, 0);
}

static void script(struct fixture *f, const char *text)
{
    char whole[400];

    (void) snprintf(whole, sizeof whole, "%s log_id = %lld", text, (long long) f->log.log_id);
    read_fixture_script(&f->log, "%s", whole);
}

static void a_sound_map_and_tree_need_no_rebuilding(void **state)
{
    fill_status(*state, 40);
    assert_sound(*state);
}

static void the_map_is_made_again_from_the_leaves(void **state)
{
    struct fixture *f = *state;
    struct es_log_rebuild_result result;

    fill_status(f, 40);
    script(f, "DELETE FROM map_node WHERE depth > 0 AND");
    result = rebuild(f, false);
    assert_true(result.nodes > 0);
    assert_int_equal(result.items, 0);
    script(f, "UPDATE map_item SET status = 80 WHERE");
    result = rebuild(f, true);
    assert_int_equal(result.items, f->log.seals);
    assert_sound(f);
    script(f, "DELETE FROM map_item WHERE");
    script(f, "DELETE FROM map_node WHERE");
    result = rebuild(f, true);
    assert_int_equal(result.items, f->log.seals);
    assert_sound(f);
}

static void rows_too_many_are_taken_away(void **state)
{
    struct fixture *f = *state;
    struct es_log_rebuild_result result;

    fill_status(f, 10);
    read_fixture_script(
        &f->log,
        "INSERT INTO log_tile SELECT log_id, level, n + 9, width, hashes FROM log_tile "
        "WHERE log_id = %lld AND n = 0; "
        "INSERT INTO log_tile SELECT log_id, 9, n, width, hashes FROM log_tile "
        "WHERE log_id = %lld AND n = 0 AND level = 0; "
        "INSERT INTO map_node SELECT log_id, depth + 200, path, hash FROM map_node "
        "WHERE log_id = %lld AND depth = 0; "
        "INSERT INTO map_item SELECT log_id, last_hash, count, status, effective_ms, last_hash "
        "FROM map_item WHERE log_id = %lld",
        (long long) f->log.log_id, (long long) f->log.log_id, (long long) f->log.log_id,
        (long long) f->log.log_id);
    result = rebuild(f, true);
    assert_int_equal(result.tiles, 2);
    assert_int_equal(result.nodes, 1);
    assert_int_equal(result.items, f->log.seals);
    assert_sound(f);
}

static void tiles_and_writers_are_made_again_from_the_leaves(void **state)
{
    struct fixture *f = *state;
    struct es_log_rebuild_result result;

    fill_audit(f, 700);
    result = rebuild(f, true); /* the fixture writes no row of its writer */
    assert_int_equal(result.writers, 1);
    assert_int_equal(result.tiles, 0);
    assert_sound(f);
    script(f, "DELETE FROM log_tile WHERE level = 1 AND");
    script(f, "UPDATE log_tile SET width = 255 WHERE n = 1 AND");
    script(f, "UPDATE log_writer SET last_seq = last_seq - 1 WHERE");
    result = rebuild(f, true);
    assert_int_equal(result.tiles, 2);
    assert_int_equal(result.writers, 1);
    assert_sound(f);
}

static void leaves_that_are_not_those_signed_put_nothing_right(void **state)
{
    struct fixture *f = *state;
    struct es_log_rebuild_result result;

    if (strcmp(es_store_driver(f->log.store), "sqlite") != 0)
        skip();
    fill_audit(f, 40);
    read_fixture_script(&f->log, "DROP TRIGGER log_leaf_no_update; DELETE FROM log_tile; "
                                 "UPDATE log_leaf SET leaf = CAST(substr(leaf, 1, 10) || "
                                 "zeroblob(8) || substr(leaf, 19) AS BLOB) WHERE idx = 20");
    assert_int_equal(es_log_rebuild(f->reader, true, &result, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_log_rebuild(f->reader, false, &result, NULL), ES_E_INTEGRITY);
    {
        ES_AUTO(es_buf) tile = ES_BUF_INIT(10000);

        assert_int_equal(es_log_read_tile(f->reader, 0, 0, &tile, NULL), ES_E_INTEGRITY);
    }
}

static void search_columns_are_counted(void **state)
{
    struct fixture *f = *state;

    if (strcmp(es_store_driver(f->log.store), "sqlite") != 0)
        skip();
    fill_audit(f, 40);
    read_fixture_script(&f->log, "DROP TRIGGER log_leaf_no_update; "
                                 "UPDATE log_leaf SET actor = 'x' WHERE idx < 3; "
                                 "UPDATE log_leaf SET entry_id = NULL WHERE idx = 5; "
                                 "UPDATE log_leaf SET subject = zeroblob(32) WHERE idx = 6");
    assert_int_equal(rebuild(f, false).columns, 5);
}

int main(void)
{
#define AUDIT(name) cmocka_unit_test_setup_teardown(name, setup_audit, teardown)
#define STATUS(name) cmocka_unit_test_setup_teardown(name, setup_status, teardown)
    const struct CMUnitTest tests[] = {
        AUDIT(an_export_of_either_log_verifies_without_findings),
        STATUS(an_export_of_either_log_verifies_without_findings),
        AUDIT(an_export_goes_on_where_the_bundle_ends),
        AUDIT(an_older_or_another_store_does_not_write_over_a_bundle),
        AUDIT(witness_lines_go_along_with_their_checkpoint),
        AUDIT(lines_of_the_journal_are_those_of_this_log),
        AUDIT(a_journal_that_knows_more_shows_in_the_bundle),
        AUDIT(a_journal_that_is_named_must_be_there),
        AUDIT(what_was_changed_in_the_store_is_found_in_the_bundle),
        STATUS(a_sound_map_and_tree_need_no_rebuilding),
        STATUS(the_map_is_made_again_from_the_leaves),
        STATUS(rows_too_many_are_taken_away),
        AUDIT(tiles_and_writers_are_made_again_from_the_leaves),
        AUDIT(leaves_that_are_not_those_signed_put_nothing_right),
        AUDIT(search_columns_are_counted),
    };

    return cmocka_run_group_tests_name("ledger/export", tests, NULL, NULL);
}
