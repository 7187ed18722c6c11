/* Fields open only where they were closed; rows are what they were. */
#include "keyring_test.h"
#include "second_opinion.h"

#include <stdio.h>
#include <stdlib.h>

static struct es_field_place at(const char *table, const char *column, const char *row)
{
    return (struct es_field_place){.table = table, .column = column, .row = es_span_str(row)};
}

static void close_at(struct world *w, struct es_field_place place, const char *word,
                     struct es_buf *out)
{
    es_buf_reset(out);
    assert_int_equal(es_field_seal(w->keyring, ES_K_FIELD, &place, es_span_str(word), out, NULL),
                     ES_OK);
    assert_int_equal(out->len, strlen(word) + ES_FIELD_OVERHEAD);
}

static es_status open_at(struct world *w, enum es_key_purpose purpose, struct es_field_place place,
                         struct es_span closed)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(4096);
    es_status status = es_field_open(w->keyring, purpose, &place, closed, &out, NULL);

    assert_true(status == ES_OK || out.len == 0);
    return status;
}

static void a_field_moved_elsewhere_does_not_open(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);
    struct es_span bytes;

    close_at(w, at("person", "name", "42"), "Zhang San", &closed);
    bytes = es_buf_span(&closed);
    assert_int_equal(open_at(w, ES_K_FIELD, at("person", "name", "43"), bytes), ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_FIELD, at("person", "name", "4"), bytes), ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_FIELD, at("person", "name", ""), bytes), ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_FIELD, at("person", "names", "42"), bytes), ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_FIELD, at("person", "phone", "42"), bytes), ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_FIELD, at("agent", "name", "42"), bytes), ES_E_INTEGRITY);
    /* the same letters, divided otherwise */
    assert_int_equal(open_at(w, ES_K_FIELD, at("personn", "ame", "42"), bytes), ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_FIELD, at("person", "name4", "2"), bytes), ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_DETAIL, at("person", "name", "42"), bytes), ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_FIELD, at("person", "name", "42"), bytes), ES_OK);
}

static void each_bit_and_each_cut_of_a_field_counts(void **state)
{
    struct world *w = *state;
    struct es_field_place place = at("person", "name", "42");
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);

    close_at(w, place, "Zhang San", &closed);
    for (size_t bit = 0; bit < closed.len * 8; bit++) {
        closed.ptr[bit / 8] ^= (uint8_t) (1u << bit % 8);
        assert_int_equal(open_at(w, ES_K_FIELD, place, es_buf_span(&closed)), ES_E_INTEGRITY);
        closed.ptr[bit / 8] ^= (uint8_t) (1u << bit % 8);
    }
    for (size_t len = 0; len < closed.len; len++)
        assert_int_equal(open_at(w, ES_K_FIELD, place, es_span_of(closed.ptr, len)),
                         ES_E_INTEGRITY);
    assert_int_equal(open_at(w, ES_K_FIELD, place, es_buf_span(&closed)), ES_OK);
}

static void keys_of_other_purposes_close_no_fields(void **state)
{
    struct world *w = *state;
    struct es_field_place place = at("t", "c", "r");
    ES_AUTO(es_buf) out = ES_BUF_INIT(256);

    assert_int_equal(es_field_seal(w->keyring, ES_K_ROW, &place, es_span_str("x"), &out, NULL),
                     ES_E_RANGE);
    assert_int_equal(es_field_seal(w->keyring, ES_K_INDEX, &place, es_span_str("x"), &out, NULL),
                     ES_E_RANGE);
    assert_int_equal(es_field_open(w->keyring, ES_K_ROW, &place, es_span_str("x"), &out, NULL),
                     ES_E_RANGE);
    assert_int_equal(out.len, 0);
}

static void a_buffer_too_small_keeps_what_it_held(void **state)
{
    struct world *w = *state;
    struct es_field_place place = at("t", "c", "r");

    for (size_t room = 0; room < ES_FIELD_OVERHEAD + 5; room++) {
        ES_AUTO(es_buf) out = ES_BUF_INIT(3 + room);

        es_buf_put_str(&out, "abc");
        assert_int_equal(
            es_field_seal(w->keyring, ES_K_FIELD, &place, es_span_str("12345"), &out, NULL),
            ES_E_LIMIT);
        assert_true(es_span_is(es_buf_span(&out), "abc"));
    }
}

static void the_same_text_never_looks_the_same(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) one = ES_BUF_INIT(256);
    ES_AUTO(es_buf) two = ES_BUF_INIT(256);

    close_at(w, at("t", "c", "r"), "the same", &one);
    close_at(w, at("t", "c", "r"), "the same", &two);
    assert_memory_not_equal(one.ptr + 5, two.ptr + 5, 12);
    assert_memory_not_equal(one.ptr + 17, two.ptr + 17, 8);
}

static void other_bytes_have_no_version(void **state)
{
    uint8_t bytes[ES_FIELD_OVERHEAD] = {1, 0, 0, 1, 2};

    (void) state;
    assert_int_equal(es_field_version(es_span_of(bytes, sizeof(bytes))), 258);
    assert_int_equal(es_field_version(es_span_of(bytes, sizeof(bytes) - 1)), 0);
    bytes[0] = 2;
    assert_int_equal(es_field_version(es_span_of(bytes, sizeof(bytes))), 0);
    assert_int_equal(es_field_version((struct es_span){0}), 0);
}

static void indexes_tell_values_apart_and_depend_on_the_place(void **state)
{
    struct world *w = *state;
    static const char *const cases[][3] = {
        {"t", "c", "v"}, {"t", "c", "w"}, {"t", "cv", ""}, {"tc", "", "v"}, {"", "tc", "v"}};
    uint8_t seen[5][ES_SM3_LEN], again[ES_SM3_LEN];

    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(es_field_index(w->keyring, cases[i][0], cases[i][1],
                                        es_span_str(cases[i][2]), seen[i], NULL),
                         ES_OK);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(seen[i], seen[j], ES_SM3_LEN);
    }
    assert_int_equal(es_field_index(w->keyring, "t", "c", es_span_str("v"), again, NULL), ES_OK);
    assert_memory_equal(seen[0], again, ES_SM3_LEN);
    assert_int_equal(
        es_keyring_rotate(w->keyring, w->store, ES_K_INDEX, &w->clock, &w->random, NULL), ES_OK);
    assert_int_equal(es_field_index(w->keyring, "t", "c", es_span_str("v"), again, NULL), ES_OK);
    assert_memory_not_equal(seen[0], again, ES_SM3_LEN);
}

/* ---- rows ---- */

#define ROW_COUNT 4
static void make_row(struct es_value row[ROW_COUNT])
{
    row[0] = es_value_int(7);
    row[1] = es_value_text("seven");
    row[2] = es_value_blob(es_span_str("\x01\x02\x03"));
    row[3] = es_value_text(NULL);
}

static es_status check(struct world *w, const struct es_value *row, size_t count,
                       const uint8_t mac[ES_ROW_MAC_LEN])
{
    return es_row_check(w->keyring, "seal", row, count, es_span_of(mac, ES_ROW_MAC_LEN), NULL);
}

static void each_value_kind_and_length_of_a_row_counts(void **state)
{
    struct world *w = *state;
    struct es_value good[ROW_COUNT], other[ROW_COUNT];
    uint8_t mac[ES_ROW_MAC_LEN];
    const struct es_value changes[][2] = {
        {{.i = 0}, es_value_int(8)},
        {{.i = 0}, es_value_int(7 + (INT64_C(1) << 32))},
        {{.i = 0}, es_value_text("7")},
        {{.i = 0}, es_value_blob(es_span_str("\0\0\0\0\0\0\0\7"))},
        {{.i = 0}, es_value_text(NULL)},
        {{.i = 1}, es_value_text("sevem")},
        {{.i = 1}, es_value_text("seve")},
        {{.i = 1}, es_value_text("seven ")},
        {{.i = 1}, es_value_blob(es_span_str("seven"))},
        {{.i = 2}, es_value_blob(es_span_str("\x01\x02"))},
        {{.i = 2}, es_value_span(es_span_str("\x01\x02\x03"))},
        {{.i = 3}, es_value_text("")},
        {{.i = 3}, es_value_blob((struct es_span){0})},
        {{.i = 3}, es_value_int(0)},
    };

    make_row(good);
    assert_int_equal(es_row_mac(w->keyring, "seal", good, ROW_COUNT, mac, NULL), ES_OK);
    assert_int_equal(check(w, good, ROW_COUNT, mac), ES_OK);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        make_row(other);
        other[changes[i][0].i] = changes[i][1];
        assert_int_equal(check(w, other, ROW_COUNT, mac), ES_E_INTEGRITY);
    }
    assert_int_equal(check(w, good, ROW_COUNT - 1, mac), ES_E_INTEGRITY);
    make_row(other);
    other[0] = good[1];
    other[1] = good[0];
    assert_int_equal(check(w, other, ROW_COUNT, mac), ES_E_INTEGRITY);
}

static void each_bit_of_a_row_mac_its_length_and_its_table_count(void **state)
{
    struct world *w = *state;
    struct es_value row[ROW_COUNT];
    struct es_error err = {0};
    uint8_t mac[ES_ROW_MAC_LEN + 1] = {0};

    make_row(row);
    assert_int_equal(es_row_mac(w->keyring, "seal", row, ROW_COUNT, mac, NULL), ES_OK);
    for (size_t bit = 0; bit < ES_ROW_MAC_LEN * 8; bit++) {
        mac[bit / 8] ^= (uint8_t) (1u << bit % 8);
        assert_int_equal(check(w, row, ROW_COUNT, mac), ES_E_INTEGRITY);
        mac[bit / 8] ^= (uint8_t) (1u << bit % 8);
    }
    for (size_t len = 0; len <= ES_ROW_MAC_LEN + 1; len++)
        assert_int_equal(
            es_row_check(w->keyring, "seal", row, ROW_COUNT, es_span_of(mac, len), NULL),
            len == ES_ROW_MAC_LEN ? ES_OK : ES_E_INTEGRITY);
    assert_int_equal(
        es_row_check(w->keyring, "seat", row, ROW_COUNT, es_span_of(mac, ES_ROW_MAC_LEN), &err),
        ES_E_INTEGRITY);
    assert_string_equal(err.text, "seat: a row was changed");
}

static void row_macs_hold_after_a_rotation(void **state)
{
    struct world *w = *state;
    struct es_value row[ROW_COUNT];
    uint8_t old[ES_ROW_MAC_LEN], young[ES_ROW_MAC_LEN];

    make_row(row);
    assert_int_equal(es_row_mac(w->keyring, "seal", row, ROW_COUNT, old, NULL), ES_OK);
    assert_int_equal(es_keyring_rotate(w->keyring, w->store, ES_K_ROW, &w->clock, &w->random, NULL),
                     ES_OK);
    assert_int_equal(es_row_mac(w->keyring, "seal", row, ROW_COUNT, young, NULL), ES_OK);
    assert_int_equal(young[3], 2);
    assert_int_equal(check(w, row, ROW_COUNT, old), ES_OK);
    assert_int_equal(check(w, row, ROW_COUNT, young), ES_OK);
    old[3] = 2;
    assert_int_equal(check(w, row, ROW_COUNT, old), ES_E_INTEGRITY);
}

/* ---- at rest ---- */

#define SEEDED 100
struct seeding {
    struct world *w;
    int number;
};

static void seeded_text(int number, char out[64])
{
    snprintf(out, 64, "personal-%03d-1101011990%08d", number, number * 7919);
}

static es_status insert_in_tx(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct seeding *seeding = ctx;
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);
    struct es_field_place place = at("store_queue", "body", "r");
    struct es_value values[3];
    uint8_t index[ES_SM3_LEN];
    char text[64];

    seeded_text(seeding->number, text);
    ES_TRY(es_field_seal(seeding->w->keyring, ES_K_FIELD, &place, es_span_str(text), &closed, err));
    ES_TRY(
        es_field_index(seeding->w->keyring, "store_queue", "body", es_span_str(text), index, err));
    es_buf_put(&closed, index, sizeof(index));
    values[0] = es_value_text("t");
    values[1] = es_value_blob(es_buf_span(&closed));
    values[2] = es_value_int(0);
    return es_tx_run(tx, "INSERT INTO store_queue (topic, body, due_ms) VALUES ($1, $2, $3)",
                     values, 3, NULL, err);
}

static void no_file_of_the_database_holds_a_seeded_text(void **state)
{
    static const char *const ends[] = {"", "-wal"};
    struct world *w = *state;
    size_t found_files = 0;

    if (w->path[0] == '\0')
        skip();
    for (int i = 0; i < SEEDED; i++) {
        struct seeding seeding = {.w = w, .number = i};
        assert_int_equal(es_store_write(w->store, ES_AS_OWNER, insert_in_tx, &seeding, NULL),
                         ES_OK);
    }
    world_run(w, "INSERT INTO store_queue (topic, body, due_ms) VALUES ('t', x'00', 77); "
                 "UPDATE store_queue SET topic = 'plainly-there' WHERE due_ms = 77");
    for (size_t k = 0; k < 2; k++) {
        ES_AUTO(es_buf) file = ES_BUF_INIT(1 << 26);
        char path[400], text[64];

        snprintf(path, sizeof(path), "%s%s", w->path, ends[k]);
        if (es_file_read(path, &file, NULL) != ES_OK)
            continue;
        found_files += es_span_search(es_buf_span(&file), es_span_str("plainly-there"), NULL);
        for (int i = 0; i < SEEDED; i++) {
            seeded_text(i, text);
            assert_false(es_span_search(es_buf_span(&file), es_span_str(text), NULL));
            text[12] = '\0';
            assert_false(es_span_search(es_buf_span(&file), es_span_str(text), NULL));
        }
    }
    assert_true(found_files > 0); /* looking finds what is there */
}

/* ---- the documented form, by another implementation ---- */

#ifdef HAVE_LIBGCRYPT
static void part(struct es_buf *out, const void *bytes, size_t len)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        es_buf_put_byte(out, (uint8_t) ((uint64_t) len >> shift));
    es_buf_put(out, bytes, len);
}

static void number(struct es_buf *out, uint64_t value)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t) (value >> (56 - 8 * i));
    part(out, bytes, sizeof(bytes));
}

/* libgcrypt closes what came out with the same nonce, and gets the same bytes. */
static void unwrap(struct world *w, int purpose, uint8_t *key, size_t len)
{
    ES_AUTO(es_buf) aad = ES_BUF_INIT(256);
    ES_AUTO(es_buf) opened = ES_BUF_INIT(64);
    uint8_t row[128], again[64];
    int64_t created_ms;

    assert_int_equal(world_row(w, purpose, 1, row, &created_ms), len + 29);
    assert_int_equal(row[0], 1);
    part(&aad, "eseal wrapped key", 17);
    number(&aad, (uint64_t) purpose);
    number(&aad, 1);
    number(&aad, (uint64_t) created_ms);
    assert_int_equal(es_sm4_gcm_open(w->master.ptr, es_span_of(row + 1, 12), es_buf_span(&aad),
                                     es_span_of(row + 13, len + 16), &opened, NULL),
                     ES_OK);
    second_gcm_seal(w->master.ptr, row + 1, es_buf_span(&aad), es_buf_span(&opened), again);
    assert_memory_equal(again, row + 13, len + 16);
    memcpy(key, opened.ptr, len);
}

static void the_table_seal_is_as_documented(struct world *w)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4096);
    uint8_t row[128], wanted[32];
    int64_t created_ms;

    part(&text, "eseal table of keys", 19);
    number(&text, 4);
    for (int purpose = 1; purpose <= 4; purpose++) {
        size_t len = world_row(w, purpose, 1, row, &created_ms);

        number(&text, (uint64_t) purpose);
        number(&text, 1);
        number(&text, (uint64_t) created_ms);
        part(&text, row, len);
    }
    second_hmac(es_span_of(w->master.ptr + 16, 16), es_buf_span(&text), wanted);
    assert_int_equal(world_row(w, 0, 0, row, NULL), 33);
    assert_int_equal(row[0], 1);
    assert_memory_equal(row + 1, wanted, 32);
}

static void the_field_is_as_documented(struct world *w)
{
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);
    ES_AUTO(es_buf) aad = ES_BUF_INIT(256);
    uint8_t key[16], again[64];

    unwrap(w, ES_K_FIELD, key, sizeof(key));
    close_at(w, at("person", "name", "42"), "Zhang San", &closed);
    assert_memory_equal(closed.ptr, "\1\0\0\0\1", 5);
    part(&aad, "eseal field", 11);
    number(&aad, ES_K_FIELD);
    number(&aad, 1);
    part(&aad, "person", 6);
    part(&aad, "name", 4);
    part(&aad, "42", 2);
    second_gcm_seal(key, closed.ptr + 5, es_buf_span(&aad), es_span_str("Zhang San"), again);
    assert_memory_equal(closed.ptr + 17, again, 9 + 16);
}

static void the_row_mac_is_as_documented(struct world *w)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(512);
    struct es_value row[ROW_COUNT];
    uint8_t key[32], mac[ES_ROW_MAC_LEN], wanted[32];

    unwrap(w, ES_K_ROW, key, sizeof(key));
    make_row(row);
    part(&text, "eseal row", 9);
    number(&text, 1);
    part(&text, "seal", 4);
    number(&text, 4);
    number(&text, ES_VALUE_INT);
    number(&text, 7);
    number(&text, ES_VALUE_TEXT);
    part(&text, "seven", 5);
    number(&text, ES_VALUE_BLOB);
    part(&text, "\x01\x02\x03", 3);
    number(&text, ES_VALUE_NULL);
    second_hmac(es_span_of(key, 32), es_buf_span(&text), wanted);
    assert_int_equal(es_row_mac(w->keyring, "seal", row, ROW_COUNT, mac, NULL), ES_OK);
    assert_memory_equal(mac, "\0\0\0\1", 4);
    assert_memory_equal(mac + 4, wanted, 32);
}

static void forms_are_the_documented_ones_by_libgcrypt(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) text = ES_BUF_INIT(256);
    uint8_t key[32], index[32], wanted[32];

    second_start();
    the_table_seal_is_as_documented(w);
    the_field_is_as_documented(w);
    the_row_mac_is_as_documented(w);
    unwrap(w, ES_K_INDEX, key, sizeof(key));
    part(&text, "eseal index", 11);
    part(&text, "t", 1);
    part(&text, "c", 1);
    part(&text, "value", 5);
    second_hmac(es_span_of(key, 32), es_buf_span(&text), wanted);
    assert_int_equal(es_field_index(w->keyring, "t", "c", es_span_str("value"), index, NULL),
                     ES_OK);
    assert_memory_equal(index, wanted, 32);
}
#else
static void forms_are_the_documented_ones_by_libgcrypt(void **state)
{
    (void) state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_KEYS(a_field_moved_elsewhere_does_not_open),
        WITH_KEYS(each_bit_and_each_cut_of_a_field_counts),
        WITH_KEYS(keys_of_other_purposes_close_no_fields),
        WITH_KEYS(a_buffer_too_small_keeps_what_it_held),
        WITH_KEYS(the_same_text_never_looks_the_same),
        cmocka_unit_test(other_bytes_have_no_version),
        WITH_KEYS(indexes_tell_values_apart_and_depend_on_the_place),
        WITH_KEYS(each_value_kind_and_length_of_a_row_counts),
        WITH_KEYS(each_bit_of_a_row_mac_its_length_and_its_table_count),
        WITH_KEYS(row_macs_hold_after_a_rotation),
        WITH_KEYS(no_file_of_the_database_holds_a_seeded_text),
        WITH_KEYS(forms_are_the_documented_ones_by_libgcrypt),
    };
    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
