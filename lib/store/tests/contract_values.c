/* Values, statements and what the failures of statements are called. */
#include "contract.h"

#define VALUES_DROP "DROP TABLE IF EXISTS c_values"

static const char values_sqlite[] =
    "CREATE TABLE c_values (id BIGINT PRIMARY KEY, i BIGINT, t TEXT, b BLOB)";
static const char values_postgres[] =
    "CREATE TABLE c_values (id BIGINT PRIMARY KEY, i BIGINT, t TEXT, b BYTEA)";
static const char insert_value[] = "INSERT INTO c_values (id, i, t, b) VALUES ($1, $2, $3, $4)";

static void fresh(struct contract *c)
{
    contract_table(c, VALUES_DROP, values_sqlite, values_postgres);
}

static es_status put(struct contract *c, int64_t id, struct es_value i, struct es_value t,
                     struct es_value b, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(id), i, t, b};

    return contract_run(c, insert_value, values, 4, err);
}

/** What a row must hold. */
struct expected {
    int64_t id;
    const struct es_value *values; /* i, t, b */
    int rows;
};

static bool same(const struct es_value *a, const struct es_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == ES_VALUE_INT)
        return a->i == b->i;
    return a->kind == ES_VALUE_NULL || es_span_equal(a->s, b->s);
}

static es_status compare(void *ctx, const struct es_value *columns, size_t count,
                         struct es_error *err)
{
    struct expected *e = ctx;

    (void) err;
    assert_int_equal(count, 3);
    for (size_t k = 0; k < 3; k++)
        assert_true(same(&columns[k], &e->values[k]));
    e->rows++;
    return ES_OK;
}

static es_status read_back(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct expected *e = ctx;
    const struct es_value id = es_value_int(e->id);

    return es_tx_query(tx, "SELECT i, t, b FROM c_values WHERE id = $1", &id, 1, compare, e, err);
}

static void comes_back(struct contract *c, int64_t id, struct es_value i, struct es_value t,
                       struct es_value b)
{
    const struct es_value values[] = {i, t, b};
    struct expected e = {.id = id, .values = values};

    assert_int_equal(put(c, id, i, t, b, NULL), ES_OK);
    assert_int_equal(es_store_read(c->store, ES_AS_OWNER, read_back, &e, NULL), ES_OK);
    assert_int_equal(e.rows, 1);
}

static void values_come_back_as_they_were(void **state)
{
    static const uint8_t bytes[] = {0, 1, 0, 0xff, 0x80, '\\', '\'', 0};
    const struct es_value null = {.kind = ES_VALUE_NULL};
    const struct es_value blob = es_value_blob(es_span_of(bytes, sizeof bytes));
    const struct es_value empty = es_value_blob(es_span_of(NULL, 0));
    struct contract *c = *state;

    fresh(c);
    comes_back(c, 1, es_value_int(INT64_MIN), es_value_text("电子印章 𠮷 é"), blob);
    comes_back(c, 2, es_value_int(INT64_MAX), es_value_text(""), empty);
    comes_back(c, 3, es_value_int(-1), null, null);
    comes_back(c, 4, null, es_value_text("it's \"quoted\" \\ $1 %s"), blob);
    comes_back(c, INT64_MAX, es_value_int(0), es_value_text("NULL"), blob);
    comes_back(c, INT64_MIN, es_value_int(0), es_value_text("\x7f\x01\n"), blob);
    contract_script(c, VALUES_DROP);
}

static void a_mebibyte_comes_back(void **state)
{
    struct contract *c = *state;
    size_t len = 1 << 20;
    uint8_t *bytes = malloc(len);

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t) (i * 31 + (i >> 8));
    fresh(c);
    comes_back(c, 1, es_value_int(1), es_value_text("x"), es_value_blob(es_span_of(bytes, len)));
    free(bytes);
    contract_script(c, VALUES_DROP);
}

static void text_must_be_utf8_without_nul(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {{"a\0b", 3}, {"\xff", 1}, {"\xe7\x94", 2}, {"\xed\xa0\x80", 3}, {"", 1}};
    const struct es_value null = {.kind = ES_VALUE_NULL};
    struct contract *c = *state;

    fresh(c);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct es_value text = es_value_span(es_span_of(bad[i].bytes, bad[i].len));

        assert_int_equal(put(c, (int64_t) i, null, text, null, NULL), ES_E_RANGE);
    }
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_values"), 0);
    contract_script(c, VALUES_DROP);
}

static void a_value_that_does_not_fit_its_column_is_out_of_range(void **state)
{
    struct contract *c = *state;
    const struct es_value values[] = {es_value_text("fit"), es_value_blob(es_span_of("b", 1)),
                                      es_value_text("tomorrow")};

    assert_int_equal(contract_run_as(c, ES_AS_SERVICE,
                                     "INSERT INTO store_queue (topic, body, due_ms) "
                                     "VALUES ($1, $2, $3)",
                                     values, 3, NULL),
                     ES_E_RANGE);
}

static void constraints_have_their_own_codes(void **state)
{
    static const char drop[] = "DROP TABLE IF EXISTS c_child; DROP TABLE IF EXISTS c_rules";
    static const char make[] =
        "CREATE TABLE c_rules (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
        " age BIGINT CHECK (age >= 0));"
        "CREATE TABLE c_child (id BIGINT PRIMARY KEY,"
        " parent BIGINT REFERENCES c_rules (id) DEFERRABLE INITIALLY DEFERRED,"
        " strict_parent BIGINT REFERENCES c_rules (id))";
    struct contract *c = *state;
    struct es_error err = {0};

    contract_table(c, drop, make, make);
    contract_script(c, "INSERT INTO c_rules VALUES (1, 'one', 1)");
    assert_int_equal(contract_run(c, "INSERT INTO c_rules VALUES (1, 'x', 1)", NULL, 0, &err),
                     ES_E_EXISTS);
    assert_int_equal(contract_run(c, "INSERT INTO c_rules VALUES (2, 'one', 1)", NULL, 0, &err),
                     ES_E_EXISTS);
    assert_int_equal(contract_run(c, "INSERT INTO c_rules VALUES (2, 'two', -1)", NULL, 0, &err),
                     ES_E_CONFLICT);
    assert_int_equal(contract_run(c, "INSERT INTO c_rules VALUES (2, NULL, 1)", NULL, 0, &err),
                     ES_E_CONFLICT);
    assert_int_equal(contract_run(c, "INSERT INTO c_child VALUES (1, NULL, 7)", NULL, 0, &err),
                     ES_E_CONFLICT);
    assert_int_equal(contract_run(c, "INSERT INTO c_child VALUES (2, 7, NULL)", NULL, 0, &err),
                     ES_E_CONFLICT);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_rules"), 1);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_child"), 0);
    contract_script(c, drop);
}

static es_status count_changed(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct es_value limit = es_value_int(3);
    int64_t *changed = ctx;

    ES_TRY(es_tx_script(tx, "INSERT INTO c_values (id) VALUES (1), (2), (3), (4), (5)", err));
    ES_TRY(es_tx_run(tx, "UPDATE c_values SET i = 1 WHERE id > $1", &limit, 1, &changed[0], err));
    ES_TRY(es_tx_run(tx, "DELETE FROM c_values WHERE id < $1", &limit, 1, &changed[1], err));
    ES_TRY(es_tx_run(tx, "INSERT INTO c_values (id) VALUES ($1) ON CONFLICT DO NOTHING", &limit, 1,
                     &changed[2], err));
    return es_tx_run(tx, "DELETE FROM c_values WHERE id = $1 + 90", &limit, 1, &changed[3], err);
}

static void a_statement_tells_how_many_rows_it_changed(void **state)
{
    struct contract *c = *state;
    int64_t changed[4] = {-1, -1, -1, -1};

    fresh(c);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, count_changed, changed, NULL), ES_OK);
    assert_int_equal(changed[0], 2);
    assert_int_equal(changed[1], 2);
    assert_int_equal(changed[2], 0);
    assert_int_equal(changed[3], 0);
    contract_script(c, VALUES_DROP);
}

static es_status use_again(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const int64_t *from = ctx;

    for (int64_t id = *from; id < *from + 100; id++) {
        const struct es_value values[] = {es_value_int(id), es_value_int(-id), es_value_text("t"),
                                          es_value_blob(es_span_of("b", id % 2 == 0 ? 1 : 0))};

        ES_TRY(es_tx_run(tx, insert_value, values, 4, NULL, err));
    }
    return ES_OK;
}

static void a_statement_can_be_used_again_with_other_values(void **state)
{
    struct contract *c = *state;

    fresh(c);
    for (int64_t from = 0; from < 300; from += 100)
        assert_int_equal(es_store_write(c->store, ES_AS_OWNER, use_again, &from, NULL), ES_OK);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_values WHERE i = -id"), 300);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_values WHERE length(b) = 1"), 150);
    contract_script(c, VALUES_DROP);
}

struct stop {
    int rows;
    int64_t count_after;
};

static es_status stop_at_two(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    struct stop *stop = ctx;

    (void) columns;
    (void) count;
    ES_ENSURE(++stop->rows < 2, err, ES_E_LIMIT, "enough");
    return ES_OK;
}

static es_status stop_and_go_on(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct stop *stop = ctx;

    assert_int_equal(
        es_tx_query(tx, "SELECT id FROM c_values ORDER BY id", NULL, 0, stop_at_two, stop, err),
        ES_E_LIMIT);
    return es_tx_query(tx, "SELECT count(*) FROM c_values", NULL, 0, contract_read_number,
                       &stop->count_after, err);
}

static void a_failing_row_ends_the_query_but_not_the_transaction(void **state)
{
    struct contract *c = *state;
    struct stop stop = {0};
    int64_t from = 0;

    fresh(c);
    assert_int_equal(es_store_write(c->store, ES_AS_OWNER, use_again, &from, NULL), ES_OK);
    assert_int_equal(es_store_read(c->store, ES_AS_OWNER, stop_and_go_on, &stop, NULL), ES_OK);
    assert_int_equal(stop.rows, 2);
    assert_int_equal(stop.count_after, 100);
    contract_script(c, VALUES_DROP);
}

static es_status write_in_read(void *ctx, struct es_tx *tx, struct es_error *err)
{
    (void) ctx;
    return es_tx_run(tx, "INSERT INTO c_values (id) VALUES (1)", NULL, 0, NULL, err);
}

static void a_reading_transaction_cannot_write(void **state)
{
    struct contract *c = *state;

    fresh(c);
    assert_int_equal(es_store_read(c->store, ES_AS_OWNER, write_in_read, NULL, NULL), ES_E_DENIED);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM c_values"), 0);
    contract_script(c, VALUES_DROP);
}

static void the_auditor_cannot_write(void **state)
{
    struct contract *c = *state;
    struct es_value values[] = {es_value_text("audit"), es_value_blob(es_span_of("b", 1)),
                                es_value_int(1)};

    assert_int_equal(contract_run_as(c, ES_AS_AUDITOR,
                                     "INSERT INTO store_queue (topic, body, due_ms) "
                                     "VALUES ($1, $2, $3)",
                                     values, 3, NULL),
                     ES_E_DENIED);
}

static void nobody_changes_or_deletes_what_was_logged(void **state)
{
    static const char *const leaf = "INSERT INTO log_leaf (log_id, idx, leaf, leaf_hash, "
                                    "event_type, actor, object_id, event_ms) VALUES "
                                    "(990011, 0, '', '', 1, 'a', 'o', 1) ON CONFLICT DO NOTHING";
    static const char *const note = "INSERT INTO log_checkpoint (log_id, size, root, note, "
                                    "created_ms) VALUES (990011, 1, '', 'n', 1) "
                                    "ON CONFLICT DO NOTHING";
    static const char *const line = "INSERT INTO log_cosign (log_id, size, witness, line) VALUES "
                                    "(990011, 1, 'w', 'l') ON CONFLICT DO NOTHING";
    static const char *const forbidden[] = {
        "UPDATE log_leaf SET actor = 'b' WHERE log_id = 990011",
        "DELETE FROM log_leaf WHERE log_id = 990011",
        "UPDATE log_checkpoint SET note = 'm' WHERE log_id = 990011",
        "DELETE FROM log_checkpoint WHERE log_id = 990011",
        "UPDATE log_cosign SET line = 'm' WHERE log_id = 990011",
        "DELETE FROM log_cosign WHERE log_id = 990011",
    };
    struct contract *c = *state;

    if (c->sqlite) { /* bytes are written otherwise there */
        contract_script(c, "INSERT INTO log_leaf VALUES (990011, 0, x'', x'', 1, 'a', 'o', 1, "
                           "NULL, NULL) ON CONFLICT DO NOTHING;"
                           "INSERT INTO log_checkpoint VALUES (990011, 1, x'', 'n', 1) "
                           "ON CONFLICT DO NOTHING");
    } else {
        assert_int_equal(contract_run_as(c, ES_AS_SEQUENCER, leaf, NULL, 0, NULL), ES_OK);
        assert_int_equal(contract_run_as(c, ES_AS_SEQUENCER, note, NULL, 0, NULL), ES_OK);
    }
    assert_int_equal(contract_run_as(c, ES_AS_SEQUENCER, line, NULL, 0, NULL), ES_OK);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        for (enum es_store_as as = ES_AS_SERVICE; as <= ES_AS_OWNER; as++)
            assert_int_equal(contract_run_as(c, as, forbidden[i], NULL, 0, NULL), ES_E_DENIED);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM log_leaf WHERE log_id = 990011"), 1);
}

static void columns_are_checked_when_read(void **state)
{
    const struct es_value null = {0}, number = es_value_int(5), text = es_value_text("five");
    const struct es_value blob = es_value_blob(es_span_of("12345", 5));
    struct es_span span;
    uint8_t out[5];
    int64_t i = 0;

    (void) state;
    assert_int_equal(es_value_get_int(&number, &i, NULL), ES_OK);
    assert_int_equal(i, 5);
    assert_int_equal(es_value_get_int(&text, &i, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_value_get_int(&null, &i, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_value_get_text(&blob, &span, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_value_get_blob(&text, &span, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_value_copy_blob(&blob, out, 5, NULL), ES_OK);
    assert_memory_equal(out, "12345", 5);
    assert_int_equal(es_value_copy_blob(&blob, out, 4, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_value_copy_blob(&null, out, 0, NULL), ES_E_INTEGRITY);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_come_back_as_they_were),
    cmocka_unit_test(a_mebibyte_comes_back),
    cmocka_unit_test(text_must_be_utf8_without_nul),
    cmocka_unit_test(a_value_that_does_not_fit_its_column_is_out_of_range),
    cmocka_unit_test(constraints_have_their_own_codes),
    cmocka_unit_test(a_statement_tells_how_many_rows_it_changed),
    cmocka_unit_test(a_statement_can_be_used_again_with_other_values),
    cmocka_unit_test(a_failing_row_ends_the_query_but_not_the_transaction),
    cmocka_unit_test(a_reading_transaction_cannot_write),
    cmocka_unit_test(the_auditor_cannot_write),
    cmocka_unit_test(nobody_changes_or_deletes_what_was_logged),
    cmocka_unit_test(columns_are_checked_when_read),
};
const struct contract_part contract_values = {tests, sizeof tests / sizeof *tests};
