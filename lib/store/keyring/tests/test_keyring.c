/* Keys in their table: made once, opened by one master, changed by nobody else, rotated, destroyed,
 * wrapped anew. */
#include "keyring_test.h"

#include <stdio.h>
#include <stdlib.h>

static const struct es_field_place place = {
    .table = "person", .column = "name", .row = {.ptr = (const uint8_t *) "42", .len = 2}};

static void seal_word(struct world *w, const char *word, struct es_buf *out)
{
    es_buf_reset(out);
    assert_int_equal(es_field_seal(w->keyring, ES_K_FIELD, &place, es_span_str(word), out, NULL),
                     ES_OK);
}

static es_status opens_to(struct world *w, struct es_span closed, const char *word)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(256);
    es_status status = es_field_open(w->keyring, ES_K_FIELD, &place, closed, &out, NULL);

    if (status == ES_OK)
        assert_true(es_span_is(es_buf_span(&out), word));
    else
        assert_int_equal(out.len, 0);
    return status;
}

/* ---- refusals ---- */

static void masters_of_other_lengths_are_refused(void **state)
{
    struct world *w = *state;

    w->master.len = 31;
    assert_int_equal(es_keyring_create(w->store, &w->master, &w->clock, &w->random, NULL),
                     ES_E_RANGE);
    assert_int_equal(world_open(w, &w->master), ES_E_RANGE);
    assert_int_equal(world_count(w), 0);
}

static void a_store_without_keys_is_told(void **state)
{
    struct world *w = *state;

    assert_int_equal(world_open(w, &w->master), ES_E_ABSENT);
    assert_null(w->keyring);
}

static void keys_are_made_once(void **state)
{
    struct world *w = *state;

    assert_int_equal(world_count(w), 5);
    assert_int_equal(es_keyring_create(w->store, &w->master, &w->clock, &w->random, NULL),
                     ES_E_EXISTS);
    assert_int_equal(world_count(w), 5);
    world_run(w, "DELETE FROM store_key WHERE purpose < 4");
    assert_int_equal(es_keyring_create(w->store, &w->master, &w->clock, &w->random, NULL),
                     ES_E_EXISTS);
}

static void another_master_is_told_from_a_changed_row(void **state)
{
    struct world *w = *state;

    assert_int_equal(world_open(w, &w->other), ES_E_PIN);
    assert_int_equal(world_open(w, &w->master), ES_OK);
    w->other.len = 32;
    memcpy(w->other.ptr, w->master.ptr, 32);
    w->other.ptr[31] ^= 1; /* of the half that seals */
    assert_int_equal(world_open(w, &w->other), ES_E_INTEGRITY);
    w->other.ptr[31] ^= 1;
    w->other.ptr[0] ^= 1; /* of the half that wraps */
    assert_int_equal(world_open(w, &w->other), ES_E_INTEGRITY);
}

static void each_byte_of_each_row_counts(void **state)
{
    struct world *w = *state;

    for (int64_t purpose = 0; purpose <= 4; purpose++) {
        uint8_t row[128];
        size_t len = world_row(w, purpose, purpose == 0 ? 0 : 1, row, NULL);

        assert_int_equal(len, purpose == 0 ? 33 : purpose == 1 || purpose == 4 ? 45 : 61);
        for (size_t i = 0; i < len; i++) {
            row[i] ^= 0x10;
            world_put(w, purpose, purpose == 0 ? 0 : 1, es_span_of(row, len));
            assert_int_equal(world_open(w, &w->master), ES_E_INTEGRITY);
            row[i] ^= 0x10;
        }
        world_put(w, purpose, purpose == 0 ? 0 : 1, es_span_of(row, len - 1));
        assert_int_equal(world_open(w, &w->master), ES_E_INTEGRITY);
        world_put(w, purpose, purpose == 0 ? 0 : 1, es_span_of(row, len));
    }
    assert_int_equal(world_open(w, &w->master), ES_OK);
}

static void a_changed_table_is_refused(void **state)
{
    static const char *const changes[] = {
        "UPDATE store_key SET created_ms = created_ms + 1 WHERE purpose = 2",
        "UPDATE store_key SET version = 2 WHERE purpose = 2",
        "UPDATE store_key SET version = 0 WHERE purpose = 2",
        "UPDATE store_key SET version = 4294967297 WHERE purpose = 2",
        "UPDATE store_key SET version = -1 WHERE purpose = 2",
        "UPDATE store_key SET purpose = 5 WHERE purpose = 2",
        "DELETE FROM store_key WHERE purpose = 3",
        "DELETE FROM store_key WHERE purpose = 0",
        "DELETE FROM store_key WHERE purpose > 0",
        "INSERT INTO store_key (purpose, version, wrapped, created_ms) "
        "SELECT 3, 2, wrapped, created_ms FROM store_key WHERE purpose = 3",
        "INSERT INTO store_key (purpose, version, wrapped, created_ms) "
        "SELECT 0, 1, wrapped, created_ms FROM store_key WHERE purpose = 0",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        world_run(w, "DELETE FROM store_key");
        assert_int_equal(es_keyring_create(w->store, &w->master, &w->clock, &w->random, NULL),
                         ES_OK);
        world_run(w, changes[i]);
        assert_int_equal(world_open(w, &w->master), ES_E_INTEGRITY);
    }
}

static void wraps_of_two_purposes_cannot_be_exchanged(void **state)
{
    struct world *w = *state;
    uint8_t field[128], detail[128];
    size_t len = world_row(w, ES_K_FIELD, 1, field, NULL);

    assert_int_equal(world_row(w, ES_K_DETAIL, 1, detail, NULL), len);
    world_put(w, ES_K_FIELD, 1, es_span_of(detail, len));
    world_put(w, ES_K_DETAIL, 1, es_span_of(field, len));
    assert_int_equal(world_open(w, &w->master), ES_E_INTEGRITY);
}

static void purposes_out_of_range_are_refused(void **state)
{
    struct world *w = *state;
    enum es_key_purpose none = (enum es_key_purpose) 0, five = (enum es_key_purpose) 5;

    assert_int_equal(es_keyring_rotate(w->keyring, w->store, none, &w->clock, &w->random, NULL),
                     ES_E_RANGE);
    assert_int_equal(es_keyring_rotate(w->keyring, w->store, five, &w->clock, &w->random, NULL),
                     ES_E_RANGE);
    assert_int_equal(es_keyring_destroy(w->keyring, w->store, five, 1, NULL), ES_E_RANGE);
    assert_int_equal(es_keyring_version(w->keyring, five), 0);
}

static void the_newest_and_unknown_versions_cannot_be_destroyed(void **state)
{
    struct world *w = *state;

    assert_int_equal(es_keyring_destroy(w->keyring, w->store, ES_K_ROW, 1, NULL), ES_E_CONFLICT);
    assert_int_equal(es_keyring_destroy(w->keyring, w->store, ES_K_ROW, 2, NULL), ES_E_ABSENT);
    assert_int_equal(es_keyring_destroy(w->keyring, w->store, ES_K_ROW, 0, NULL), ES_E_ABSENT);
    assert_int_equal(world_count(w), 5);
}

static void a_changed_table_is_not_sealed_anew_by_a_rotation(void **state)
{
    struct world *w = *state;

    world_run(w, "DELETE FROM store_key WHERE purpose = 3");
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL),
        ES_E_INTEGRITY);
    assert_int_equal(es_keyring_version(w->keyring, ES_K_FIELD), 1);
    assert_int_equal(world_count(w), 4);
}

static es_status no_random(void *self, uint8_t *out, size_t len, struct es_error *err)
{
    (void) self;
    (void) out;
    (void) len;
    return es_error_set(err, ES_E_CRYPTO, "none");
}

static void a_failed_change_leaves_all_as_it_was(void **state)
{
    struct world *w = *state;
    struct es_random none = {.fill = no_random};
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);

    seal_word(w, "word", &closed);
    assert_int_equal(es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &none, NULL),
                     ES_E_CRYPTO);
    assert_int_equal(es_keyring_version(w->keyring, ES_K_FIELD), 1);
    assert_int_equal(opens_to(w, es_buf_span(&closed), "word"), ES_OK);
    assert_int_equal(world_open(w, &w->master), ES_OK);
    assert_int_equal(world_count(w), 5);
}

/* ---- what is kept ---- */

static void keys_outlive_the_process(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);
    uint8_t before[ES_SM3_LEN], after[ES_SM3_LEN];

    seal_word(w, "word", &closed);
    assert_int_equal(es_field_index(w->keyring, "t", "c", es_span_str("v"), before, NULL), ES_OK);
    assert_int_equal(world_open(w, &w->master), ES_OK);
    assert_int_equal(opens_to(w, es_buf_span(&closed), "word"), ES_OK);
    assert_int_equal(es_field_index(w->keyring, "t", "c", es_span_str("v"), after, NULL), ES_OK);
    assert_memory_equal(before, after, sizeof(before));
}

static void rotation_closes_with_the_new_and_opens_the_old(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) old = ES_BUF_INIT(256);
    ES_AUTO(es_buf) young = ES_BUF_INIT(256);

    seal_word(w, "old", &old);
    w->now_s += 3600;
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL), ES_OK);
    assert_int_equal(es_keyring_version(w->keyring, ES_K_FIELD), 2);
    assert_int_equal(es_keyring_version(w->keyring, ES_K_ROW), 1);
    seal_word(w, "young", &young);
    for (int round = 0; round < 2; round++) {
        int64_t created_ms;
        uint8_t row[128];

        assert_int_equal(es_field_version(es_buf_span(&old)), 1);
        assert_int_equal(es_field_version(es_buf_span(&young)), 2);
        assert_int_equal(opens_to(w, es_buf_span(&old), "old"), ES_OK);
        assert_int_equal(opens_to(w, es_buf_span(&young), "young"), ES_OK);
        assert_int_equal(world_row(w, ES_K_FIELD, 2, row, &created_ms), 45);
        assert_int_equal(created_ms, (TEST_CREATED_S + 3600) * INT64_C(1000));
        assert_int_equal(world_open(w, &w->master), ES_OK);
    }
}

static void a_destroyed_version_never_opens_again(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) old = ES_BUF_INIT(256);
    ES_AUTO(es_buf) young = ES_BUF_INIT(256);
    uint8_t row[128];

    seal_word(w, "old", &old);
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL), ES_OK);
    seal_word(w, "young", &young);
    assert_int_equal(es_keyring_destroy(w->keyring, w->store, ES_K_FIELD, 1, NULL), ES_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(opens_to(w, es_buf_span(&old), "old"), ES_E_INTEGRITY);
        assert_int_equal(opens_to(w, es_buf_span(&young), "young"), ES_OK);
        assert_int_equal(world_row(w, ES_K_FIELD, 1, row, NULL), 0);
        assert_int_equal(world_open(w, &w->master), ES_OK);
    }
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL), ES_OK);
    assert_int_equal(es_keyring_version(w->keyring, ES_K_FIELD), 3);
}

static void a_row_put_back_after_destruction_is_refused(void **state)
{
    struct world *w = *state;
    static const char keep[] = "CREATE TABLE kept AS SELECT * FROM store_key WHERE purpose = 1";

    if (w->path[0] == '\0')
        skip();
    world_run(w, keep);
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL), ES_OK);
    assert_int_equal(es_keyring_destroy(w->keyring, w->store, ES_K_FIELD, 1, NULL), ES_OK);
    world_run(w, "INSERT INTO store_key (purpose, version, wrapped, created_ms) "
                 "SELECT purpose, version, wrapped, created_ms FROM kept");
    assert_int_equal(world_open(w, &w->master), ES_E_INTEGRITY);
}

static void rewrapped_keys_are_the_same_under_another_master(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);

    seal_word(w, "word", &closed);
    assert_int_equal(es_keyring_rewrap(w->keyring, w->store, &w->other, NULL), ES_OK);
    assert_int_equal(opens_to(w, es_buf_span(&closed), "word"), ES_OK);
    assert_int_equal(es_keyring_rotate(w->keyring, w->store, ES_K_ROW, &w->clock, &w->random, NULL),
                     ES_OK);
    assert_int_equal(world_open(w, &w->master), ES_E_PIN);
    assert_int_equal(world_open(w, &w->other), ES_OK);
    assert_int_equal(opens_to(w, es_buf_span(&closed), "word"), ES_OK);
    assert_int_equal(es_keyring_version(w->keyring, ES_K_ROW), 2);
    w->master.len = 16;
    assert_int_equal(es_keyring_rewrap(w->keyring, w->store, &w->master, NULL), ES_E_RANGE);
}

static void a_refresh_takes_over_what_another_process_did(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_keyring) here = ES_TAKE(w->keyring);
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);
    ES_AUTO(es_buf) out = ES_BUF_INIT(256);

    assert_int_equal(world_open(w, &w->master), ES_OK);
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL), ES_OK);
    seal_word(w, "there", &closed);
    assert_int_equal(es_field_open(here, ES_K_FIELD, &place, es_buf_span(&closed), &out, NULL),
                     ES_E_INTEGRITY);
    assert_int_equal(es_keyring_refresh(here, w->store, NULL), ES_OK);
    assert_int_equal(es_field_open(here, ES_K_FIELD, &place, es_buf_span(&closed), &out, NULL),
                     ES_OK);
    assert_int_equal(es_keyring_rewrap(w->keyring, w->store, &w->other, NULL), ES_OK);
    assert_int_equal(es_keyring_refresh(here, w->store, NULL), ES_E_PIN);
    assert_int_equal(es_keyring_version(here, ES_K_FIELD), 2);
}

static void a_stale_keyring_rotates_from_what_stands_there(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_keyring) here = ES_TAKE(w->keyring);

    assert_int_equal(world_open(w, &w->master), ES_OK);
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL), ES_OK);
    assert_int_equal(es_keyring_rotate(here, w->store, ES_K_FIELD, &w->clock, &w->random, NULL),
                     ES_OK);
    assert_int_equal(es_keyring_version(here, ES_K_FIELD), 3);
    assert_int_equal(world_open(w, &w->master), ES_OK);
}

/* The bytes of a destroyed key's row are in no file of the database any more. */
static void a_destroyed_key_is_not_left_in_the_files(void **state)
{
    static const char *const ends[] = {"", "-wal"};
    struct world *w = *state;
    uint8_t row[128];
    size_t len = world_row(w, ES_K_FIELD, 1, row, NULL);

    if (w->path[0] == '\0')
        skip();
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL), ES_OK);
    assert_int_equal(es_keyring_destroy(w->keyring, w->store, ES_K_FIELD, 1, NULL), ES_OK);
    for (size_t i = 0; i < 2; i++) {
        ES_AUTO(es_buf) file = ES_BUF_INIT(1 << 26);
        char path[400];

        snprintf(path, sizeof(path), "%s%s", w->path, ends[i]);
        if (es_file_read(path, &file, NULL) == ES_OK)
            assert_false(es_span_search(es_buf_span(&file), es_span_of(row + 13, len - 13), NULL));
        else
            assert_int_not_equal(i, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(masters_of_other_lengths_are_refused),
        WITH_STORE(a_store_without_keys_is_told),
        WITH_KEYS(keys_are_made_once),
        WITH_KEYS(another_master_is_told_from_a_changed_row),
        WITH_KEYS(each_byte_of_each_row_counts),
        WITH_STORE(a_changed_table_is_refused),
        WITH_KEYS(wraps_of_two_purposes_cannot_be_exchanged),
        WITH_KEYS(purposes_out_of_range_are_refused),
        WITH_KEYS(the_newest_and_unknown_versions_cannot_be_destroyed),
        WITH_KEYS(a_changed_table_is_not_sealed_anew_by_a_rotation),
        WITH_KEYS(a_failed_change_leaves_all_as_it_was),
        WITH_KEYS(keys_outlive_the_process),
        WITH_KEYS(rotation_closes_with_the_new_and_opens_the_old),
        WITH_KEYS(a_destroyed_version_never_opens_again),
        WITH_KEYS(a_row_put_back_after_destruction_is_refused),
        WITH_KEYS(rewrapped_keys_are_the_same_under_another_master),
        WITH_KEYS(a_refresh_takes_over_what_another_process_did),
        WITH_KEYS(a_stale_keyring_rotates_from_what_stands_there),
        WITH_KEYS(a_destroyed_key_is_not_left_in_the_files),
    };
    return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
