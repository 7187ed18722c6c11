/*
 * Writing bundles: the bytes are those that the tests' maker puts by hand, whether written at once
 * or continued, and what was not committed is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundle_maker.h"

#define OK(call) assert_int_equal((call), ES_OK)

struct fixture {
    struct made made;
    char root[256], folder[300];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *temp = getenv("TMPDIR");

    assert_non_null(f);
    made_init(&f->made, false);
    (void) snprintf(f->root, sizeof f->root, "%s/bundle-XXXXXX", temp == NULL ? "/tmp" : temp);
    assert_non_null(mkdtemp(f->root));
    (void) snprintf(f->folder, sizeof f->folder, "%s/log", f->root);
    *state = f;
    return 0;
}

static es_status remove_file(void *ctx, const char *name, struct es_error *err)
{
    char path[4096];

    (void) err;
    (void) snprintf(path, sizeof path, "%s/%s", (const char *) ctx, name);
    if (unlink(path) != 0 && rmdir(path) != 0) {
        OK(es_dir_each(path, remove_file, path, NULL));
        assert_int_equal(rmdir(path), 0);
    }
    return ES_OK;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    OK(es_dir_each(f->root, remove_file, f->root, NULL));
    assert_int_equal(rmdir(f->root), 0);
    made_clear(&f->made);
    free(f);
    return 0;
}

/* ---- writing what the maker made ---- */

static void put_leaves(struct es_bundle_writer *w, const struct made *m, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct made_leaf *leaf = &m->leaves[i];
        const struct es_bundle_leaf row = {.index = leaf->index,
                                           .leaf = es_buf_span(&leaf->bytes),
                                           .leaf_hash = leaf->hash,
                                           .event_type = leaf->type,
                                           .event_ms = leaf->event_ms,
                                           .actor = es_span_str(leaf->actor),
                                           .object_id = es_span_str(leaf->object_id)};

        assert_int_equal(es_bundle_next(w), leaf->index);
        OK(es_bundle_put_leaf(w, &row, NULL));
    }
}

static struct es_span file_of(struct made *m, const char *name)
{
    struct made_file *file = made_file(m, name);

    assert_non_null(file);
    return es_buf_span(&file->bytes);
}

static void put_tiles(struct es_bundle_writer *w, struct made *m)
{
    struct es_span in = file_of(m, BUNDLE_TILES);

    while (in.len > 0) {
        size_t len = 32u * ((unsigned) in.ptr[9] << 8 | in.ptr[10]);
        uint64_t n = (uint64_t) in.ptr[7] << 8 | in.ptr[8];

        OK(es_bundle_put_tile(w, in.ptr[0], n, es_span_sub(in, 11, len), NULL));
        in = es_span_sub(in, 11 + len, in.len);
    }
}

static void put_lines(struct es_bundle_writer *w, struct made *m)
{
    struct es_span journal = file_of(m, BUNDLE_JOURNAL);

    for (size_t i = 0; i < m->checkpoint_count; i++)
        OK(es_bundle_put_checkpoint(w, m->checkpoints[i].time_ms,
                                    es_buf_span(&m->checkpoints[i].note), NULL));
    while (journal.len > 0) {
        size_t end = es_span_find(journal, '\n');

        OK(es_bundle_put_journal(w, es_span_sub(journal, 0, end), NULL));
        journal = es_span_sub(journal, end + 1, journal.len);
    }
}

static void put_details(struct es_bundle_writer *w, struct made *m, uint64_t from)
{
    struct es_span in = file_of(m, BUNDLE_DETAILS);

    while (in.len > 0) {
        size_t len = in.ptr[43];

        if (in.ptr[7] >= from)
            OK(es_bundle_put_detail(w, in.ptr[7], in.ptr + 8, es_span_sub(in, 44, len), NULL));
        in = es_span_sub(in, 44 + len, in.len);
    }
}

static struct es_bundle_writer *opened(const struct fixture *f)
{
    struct es_bundle_writer *w = NULL;

    OK(es_bundle_open(f->folder, f->made.origin, &w, NULL));
    return w;
}

static void write_range(struct fixture *f, size_t from, size_t to)
{
    ES_AUTO_PTR(es_bundle_writer) w = opened(f);

    assert_int_equal(es_bundle_next(w), from);
    put_leaves(w, &f->made, from, to);
    put_tiles(w, &f->made);
    put_lines(w, &f->made);
    if (to == f->made.count)
        put_details(w, &f->made, from);
    OK(es_bundle_commit(w, &f->made.head, NULL));
}

static void assert_file(const struct fixture *f, const char *name, struct es_span want)
{
    ES_AUTO(es_buf) got = ES_BUF_INIT(64u << 20);
    char path[512];

    (void) snprintf(path, sizeof path, "%s/%s", f->folder, name);
    OK(es_file_read(path, &got, NULL));
    assert_true(es_span_equal(es_buf_span(&got), want));
}

static void assert_as_made(struct fixture *f)
{
    for (size_t i = 0; i < f->made.file_count; i++)
        assert_file(f, f->made.files[i].name, es_buf_span(&f->made.files[i].bytes));
    assert_file(f, BUNDLE_MANIFEST, es_buf_span(&f->made.manifest));
}

static es_status verified(const struct fixture *f, struct es_log_verify_result *out)
{
    const struct es_log_verify_options options = {.trust = &f->made.trust};

    return es_log_verify(f->folder, &options, out, NULL);
}

static void assert_sound(const struct fixture *f, uint64_t entries)
{
    struct es_log_verify_result result;

    OK(verified(f, &result));
    assert_int_equal(result.findings, 0);
    assert_int_equal(result.entries, entries);
    assert_string_equal(result.origin, f->made.origin);
}

/* ---- tests ---- */

static void a_bundle_is_byte_for_byte_as_the_page_says(void **state)
{
    struct fixture *f = *state;

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    write_range(f, 0, MADE_STANDARD);
    assert_as_made(f);
    assert_sound(f, MADE_STANDARD);
}

static void a_continued_bundle_is_as_one_written_at_once(void **state)
{
    struct fixture *f = *state;

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    for (size_t i = 0; i < MADE_STANDARD; i += 2) {
        struct made part;

        made_init(&part, false);
        made_standard(&part, 0, i + 2);
        made_files(&part);
        f->made.head = part.head;
        if (i + 2 < MADE_STANDARD) {
            ES_AUTO_PTR(es_bundle_writer) w = opened(f);

            put_leaves(w, &f->made, i, i + 2);
            put_tiles(w, &part);
            put_lines(w, &part);
            OK(es_bundle_commit(w, &part.head, NULL));
            assert_sound(f, i + 2);
        }
        made_clear(&part);
    }
    {
        ES_AUTO_PTR(es_bundle_writer) w = opened(f);

        put_leaves(w, &f->made, 4, MADE_STANDARD);
        put_tiles(w, &f->made);
        put_lines(w, &f->made);
        assert_int_equal(
            es_bundle_put_detail(w, 1, (const uint8_t[32]){1}, es_span_str("{}"), NULL),
            ES_E_RANGE);
        OK(es_bundle_commit(w, &f->made.head, NULL));
    }
    made_file(&f->made, BUNDLE_DETAILS)->unnamed = true;
    made_seal_manifest(&f->made);
    made_file(&f->made, BUNDLE_DETAILS)->bytes.len = 0;
    assert_file(f, BUNDLE_MANIFEST, es_buf_span(&f->made.manifest));
    assert_sound(f, MADE_STANDARD);
}

static void what_is_not_committed_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct es_bundle_writer *w;

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    write_range(f, 0, MADE_STANDARD);
    made_standard(&f->made, 4, 5); /* two more leaves in the model, with another start */
    w = opened(f);
    put_leaves(w, &f->made, MADE_STANDARD, f->made.count);
    put_tiles(w, &f->made);
    OK(es_bundle_put_detail(w, 6, (const uint8_t[32]){1}, es_span_str("{}"), NULL));
    es_bundle_writer_free(w);
    assert_as_made(f);
    assert_sound(f, MADE_STANDARD);
}

static void one_more(struct made *m)
{
    const struct es_audit_event e = made_event(m, 2, 0x0401);

    made_put_event(m, &e);
    (void) made_sign(m);
    for (size_t i = 0; i < m->file_count; i++)
        es_buf_clear(&m->files[i].bytes);
    m->file_count = 0;
    made_files(m);
}

/* A writer that was killed leaves bytes that no manifest counts. */
static void bytes_behind_the_counted_are_cut_off(void **state)
{
    struct fixture *f = *state;
    char path[512];

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    write_range(f, 0, MADE_STANDARD);
    for (size_t i = 0; i < f->made.file_count; i++) {
        FILE *file;

        (void) snprintf(path, sizeof path, "%s/%s", f->folder, f->made.files[i].name);
        file = fopen(path, "ab");
        assert_non_null(file);
        (void) fputs("rest of something", file);
        assert_int_equal(fclose(file), 0);
    }
    one_more(&f->made);
    {
        ES_AUTO_PTR(es_bundle_writer) w = opened(f);

        put_leaves(w, &f->made, MADE_STANDARD, f->made.count);
        put_tiles(w, &f->made);
        put_lines(w, &f->made);
        put_details(w, &f->made, 6);
        OK(es_bundle_commit(w, &f->made.head, NULL));
    }
    assert_as_made(f);
    assert_sound(f, MADE_STANDARD + 1);
}

static void a_bundle_that_was_changed_is_not_continued(void **state)
{
    struct fixture *f = *state;
    const struct es_bundle_leaf row = {.index = MADE_STANDARD};
    char path[512];

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    write_range(f, 0, MADE_STANDARD);
    made_file(&f->made, "entries/000000.bin")->bytes.ptr[99] ^= 1;
    (void) snprintf(path, sizeof path, "%s/entries/000000.bin", f->folder);
    OK(es_file_write(path, file_of(&f->made, "entries/000000.bin"), 0644, true, NULL));
    {
        ES_AUTO_PTR(es_bundle_writer) w = opened(f);

        assert_int_equal(es_bundle_put_leaf(w, &row, NULL), ES_E_MISMATCH);
    }
    assert_file(f, "entries/000000.bin", file_of(&f->made, "entries/000000.bin"));
}

static void a_gap_is_written_and_named_by_the_verifier(void **state)
{
    struct fixture *f = *state;
    struct es_log_verify_result result;
    struct es_bundle_writer *w;
    struct es_bundle_leaf row = {.index = 3};

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    w = opened(f);
    put_leaves(w, &f->made, 0, 2);
    row.leaf = es_buf_span(&f->made.leaves[3].bytes);
    OK(es_bundle_put_leaf(w, &row, NULL));
    assert_int_equal(es_bundle_next(w), 4);
    assert_int_equal(es_bundle_put_leaf(w, &row, NULL), ES_E_RANGE);
    OK(es_bundle_commit(w, &f->made.head, NULL));
    es_bundle_writer_free(w);
    OK(verified(f, &result));
    assert_int_equal(result.entries, 3);
    assert_true(result.findings > 0);
    w = opened(f);
    assert_int_equal(es_bundle_next(w), 4);
    es_bundle_writer_free(w);
}

static void a_second_file_begins_behind_65536_leaves(void **state)
{
    struct fixture *f = *state;
    struct made *m = &f->made;

    m->trust.quorum = 0;
    while (m->count < ES_BUNDLE_CHUNK + 2) {
        const struct es_audit_event e = made_event(m, 1, m->count == 0 ? 1 : 0x0401);

        made_put_event(m, &e);
    }
    made_files(m);
    made_file(m, BUNDLE_DETAILS)->unnamed = true;
    made_file(m, BUNDLE_JOURNAL)->unnamed = true;
    made_seal_manifest(m);
    write_range(f, 0, ES_BUNDLE_CHUNK);
    write_range(f, ES_BUNDLE_CHUNK, ES_BUNDLE_CHUNK + 2);
    assert_file(f, "entries/000001.bin", file_of(m, "entries/000001.bin"));
    assert_file(f, BUNDLE_MANIFEST, es_buf_span(&m->manifest));
    assert_sound(f, ES_BUNDLE_CHUNK + 2);
}

static void an_empty_log_is_a_bundle(void **state)
{
    struct fixture *f = *state;
    ES_AUTO_PTR(es_bundle_writer) w = opened(f);

    f->made.trust.quorum = 0;
    made_files(&f->made);
    OK(es_bundle_commit(w, &f->made.head, NULL));
    assert_sound(f, 0);
}

static void another_log_or_content_is_not_written_over(void **state)
{
    struct fixture *f = *state;
    struct es_bundle_writer *w = NULL;
    struct es_bundle_head head = {.origin = "seal.example.cn/audit/2", .state = "open"};
    char path[512];

    assert_int_equal(es_bundle_open(f->folder, "no origin", &w, NULL), ES_E_FORMAT);
    made_files(&f->made);
    write_range(f, 0, 0);
    assert_int_equal(es_bundle_open(f->folder, "seal.example.cn/audit/2", &w, NULL), ES_E_EXISTS);
    w = opened(f);
    assert_int_equal(es_bundle_commit(w, &head, NULL), ES_E_MISMATCH);
    es_bundle_writer_free(w);
    (void) snprintf(path, sizeof path, "%s/%s", f->folder, BUNDLE_MANIFEST);
    OK(es_file_write(path, es_span_str("{}"), 0644, true, NULL));
    w = NULL;
    assert_int_equal(es_bundle_open(f->folder, f->made.origin, &w, NULL), ES_E_FORMAT);
    assert_int_equal(unlink(path), 0);
    w = opened(f); /* no manifest: an export that was cut off begins anew */
    es_bundle_writer_free(w);
    (void) snprintf(path, sizeof path, "%s/letter.txt", f->folder);
    OK(es_file_write(path, es_span_str("mine"), 0644, true, NULL));
    w = NULL;
    assert_int_equal(es_bundle_open(f->folder, f->made.origin, &w, NULL), ES_E_EXISTS);
    assert_null(w);
}

static void tiles_come_in_order_and_wrong_ones_stay_wrong(void **state)
{
    struct fixture *f = *state;
    static const uint8_t hashes[33] = {1};
    struct es_log_verify_result result;
    struct es_bundle_writer *w;

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    w = opened(f);
    put_leaves(w, &f->made, 0, MADE_STANDARD);
    put_lines(w, &f->made);
    OK(es_bundle_put_tile(w, 0, 0, es_span_of(hashes, 33), NULL));
    assert_int_equal(es_bundle_put_tile(w, 0, 0, es_span_of(hashes, 32), NULL), ES_E_RANGE);
    OK(es_bundle_put_tile(w, 0, 1, es_span_of(NULL, 0), NULL));
    OK(es_bundle_put_tile(w, 1, 0, es_span_of(hashes, 32), NULL));
    assert_int_equal(es_bundle_put_tile(w, 0, 7, es_span_of(hashes, 32), NULL), ES_E_RANGE);
    OK(es_bundle_commit(w, &f->made.head, NULL));
    es_bundle_writer_free(w);
    OK(verified(f, &result));
    assert_int_equal(result.findings, 3);
}

/* ---- reading back ---- */

struct walk {
    const struct made *made;
    uint64_t next, stop;
};

static es_status walk_leaf(void *ctx, uint64_t index, struct es_span leaf, struct es_error *err)
{
    struct walk *w = ctx;

    assert_int_equal(index, w->next);
    assert_true(es_span_equal(leaf, es_buf_span(&w->made->leaves[index].bytes)));
    w->next++;
    ES_ENSURE(w->next != w->stop, err, ES_E_CONFLICT, "enough");
    return ES_OK;
}

static void leaves_are_read_back_from_any_place(void **state)
{
    struct fixture *f = *state;
    struct walk w = {.made = &f->made};

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    write_range(f, 0, MADE_STANDARD);
    for (uint64_t from = 0; from <= MADE_STANDARD; from++) {
        w.next = from;
        OK(es_bundle_each_leaf(f->folder, from, walk_leaf, &w, NULL));
        assert_int_equal(w.next, MADE_STANDARD);
    }
    w = (struct walk){.made = &f->made, .stop = 3};
    assert_int_equal(es_bundle_each_leaf(f->folder, 0, walk_leaf, &w, NULL), ES_E_CONFLICT);
    made_file(&f->made, "entries/000000.bin")->bytes.ptr[99] ^= 1;
    made_write(&f->made, f->folder);
    assert_int_equal(es_bundle_each_leaf(f->folder, 0, walk_leaf, &w, NULL), ES_E_MISMATCH);
    assert_int_equal(es_bundle_each_leaf(f->root, 0, walk_leaf, &w, NULL), ES_E_ABSENT);
}

static void the_newest_checkpoint_is_that_of_the_greatest_size(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    uint64_t size = 0;

    made_standard(&f->made, 0, MADE_STANDARD);
    made_files(&f->made);
    write_range(f, 0, MADE_STANDARD);
    OK(es_bundle_newest(f->folder, &note, &size, NULL));
    assert_int_equal(size, MADE_STANDARD);
    assert_true(es_span_equal(es_buf_span(&note), es_buf_span(&f->made.checkpoints[2].note)));
    made_file(&f->made, BUNDLE_CHECKPOINTS)->bytes.ptr[9] ^= 1;
    made_write(&f->made, f->folder);
    assert_int_equal(es_bundle_newest(f->folder, &note, &size, NULL), ES_E_MISMATCH);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_bundle_is_byte_for_byte_as_the_page_says),
        T(a_continued_bundle_is_as_one_written_at_once),
        T(what_is_not_committed_is_not_there),
        T(bytes_behind_the_counted_are_cut_off),
        T(a_bundle_that_was_changed_is_not_continued),
        T(a_gap_is_written_and_named_by_the_verifier),
        T(a_second_file_begins_behind_65536_leaves),
        T(an_empty_log_is_a_bundle),
        T(another_log_or_content_is_not_written_over),
        T(tiles_come_in_order_and_wrong_ones_stay_wrong),
        T(leaves_are_read_back_from_any_place),
        T(the_newest_checkpoint_is_that_of_the_greatest_size),
    };

    return cmocka_run_group_tests_name("log/bundle", tests, NULL, NULL);
}
