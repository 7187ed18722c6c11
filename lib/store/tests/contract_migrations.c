/* Migrations: applied once, in order, never over a database that is not what we think. */
#include "contract.h"
#include "core/migrate.h"
#include "es_crypto.h"

static struct store_migrations built_in(const struct contract *c)
{
    struct store_migrations ours = {0};

    ours.list = es_store_migrations(es_store_driver(c->store), &ours.count);
    return ours;
}

static void every_driver_has_the_same_migrations(void **state)
{
    size_t sqlite = 0, postgres = 0, none = 1;
    const struct es_migration *a = es_store_migrations("sqlite", &sqlite);
    const struct es_migration *b = es_store_migrations("postgres", &postgres);

    (void) state;
    assert_null(es_store_migrations("oracle", &none));
    assert_int_equal(none, 0);
    assert_true(sqlite >= 2);
    assert_int_equal(sqlite, postgres);
    for (size_t i = 0; i < sqlite; i++) {
        assert_int_equal(a[i].number, i + 1);
        assert_int_equal(b[i].number, i + 1);
        assert_string_equal(a[i].name, b[i].name);
    }
}

static void migrating_again_changes_nothing(void **state)
{
    static const int64_t later_s = 4000000000;
    struct es_clock clock = es_clock_fixed(&later_s);
    struct contract *c = *state;
    int64_t entered = contract_number(c, "SELECT count(*) FROM schema_migration");

    assert_int_equal(entered, built_in(c).count);
    assert_int_equal(es_store_migrate(c->store, &clock, NULL), ES_OK);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM schema_migration"), entered);
    assert_true(contract_number(c, "SELECT max(applied_ms) FROM schema_migration") <
                later_s * 1000);
    assert_int_equal(es_store_check_schema(c->store, NULL), ES_OK);
}

static void a_digest_is_the_sm3_of_the_text(void **state)
{
    struct contract *c = *state;
    const struct es_migration *list = built_in(c).list;
    uint8_t digest[ES_SM3_LEN];
    struct es_value value = es_value_blob(es_span_of(digest, sizeof digest));

    assert_int_equal(es_sm3(es_span_str(list[0].sql), digest, NULL), ES_OK);
    /* The row can be entered nowhere else, and is found by what the digest should be. */
    assert_int_equal(contract_run(c,
                                  "UPDATE schema_migration SET number = number WHERE digest = $1",
                                  &value, 1, NULL),
                     ES_OK);
    assert_int_equal(contract_number(c, "SELECT count(*) FROM schema_migration WHERE "
                                        "length(digest) = 32 AND number = 1"),
                     1);
}

static void refuses(struct contract *c, es_status expected, const char *text)
{
    struct es_clock clock = es_clock_system();
    struct es_error err = {0};

    assert_int_equal(es_store_check_schema(c->store, &err), expected);
    assert_non_null(strstr(err.text, text));
    assert_int_equal(es_store_migrate(c->store, &clock, &err), expected);
    assert_non_null(strstr(err.text, text));
}

static void set_digest(struct contract *c, const uint8_t digest[ES_SM3_LEN])
{
    const struct es_value value = es_value_blob(es_span_of(digest, ES_SM3_LEN));

    assert_int_equal(contract_run(c, "UPDATE schema_migration SET digest = $1 WHERE number = 2",
                                  &value, 1, NULL),
                     ES_OK);
}

static void an_applied_migration_with_another_text_is_refused(void **state)
{
    struct contract *c = *state;
    uint8_t digest[ES_SM3_LEN];

    assert_int_equal(es_sm3(es_span_str(built_in(c).list[1].sql), digest, NULL), ES_OK);
    digest[31] ^= 1;
    set_digest(c, digest);
    refuses(c, ES_E_INTEGRITY, "migration 2 ");
    digest[31] ^= 1;
    set_digest(c, digest);
    assert_int_equal(es_store_check_schema(c->store, NULL), ES_OK);
}

static void a_newer_database_is_refused(void **state)
{
    struct contract *c = *state;
    struct store_migrations ours = built_in(c);
    struct es_clock clock = es_clock_system();
    struct es_error err = {0};

    ours.count--;
    assert_int_equal(store_check_with(c->store, ours, &err), ES_E_CONFIG);
    assert_int_equal(store_migrate_with(c->store, ours, &clock, &err), ES_E_CONFIG);
    contract_script(c, "INSERT INTO schema_migration (number, name, digest, applied_ms) "
                       "SELECT 999, name, digest, applied_ms FROM schema_migration "
                       "WHERE number = 1");
    refuses(c, ES_E_CONFIG, "migration 999");
    contract_script(c, "DELETE FROM schema_migration WHERE number = 999");
    assert_int_equal(es_store_check_schema(c->store, NULL), ES_OK);
}

static void a_gap_in_the_entries_is_refused(void **state)
{
    struct contract *c = *state;

    contract_script(c, "UPDATE schema_migration SET number = 0 WHERE number = 1");
    refuses(c, ES_E_INTEGRITY, "where 1 is due");
    contract_script(c, "UPDATE schema_migration SET number = 1 WHERE number = 0");
    assert_int_equal(es_store_check_schema(c->store, NULL), ES_OK);
}

static void a_migration_that_fails_leaves_nothing(void **state)
{
    struct contract *c = *state;
    struct store_migrations ours = built_in(c);
    struct es_migration *list = calloc(ours.count + 2, sizeof *list);
    struct es_clock clock = es_clock_system();
    unsigned count = (unsigned) ours.count;
    struct es_error err = {0};

    assert_non_null(list);
    memcpy(list, ours.list, ours.count * sizeof *list);
    list[count] = (struct es_migration){count + 1, "good", "CREATE TABLE c_good (n BIGINT)"};
    list[count + 1] = (struct es_migration){
        count + 2, "bad", "CREATE TABLE c_bad (n BIGINT); INSERT INTO c_no_such VALUES (1)"};
    ours = (struct store_migrations){list, count + 2};
    assert_int_equal(store_check_with(c->store, ours, &err), ES_E_CONFIG);
    assert_int_not_equal(store_migrate_with(c->store, ours, &clock, &err), ES_OK);
    assert_non_null(strstr(err.text, "(bad)"));
    assert_int_equal(contract_number(c, "SELECT max(number) FROM schema_migration"), count + 1);
    contract_script(c, "CREATE TABLE c_bad (n BIGINT)"); /* is free: nothing was left */
    contract_script(c, "DROP TABLE c_bad; DROP TABLE c_good");
    contract_script(c, "DELETE FROM schema_migration WHERE name = 'good'");
    assert_int_equal(es_store_check_schema(c->store, NULL), ES_OK);
    free(list);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_driver_has_the_same_migrations),
    cmocka_unit_test(migrating_again_changes_nothing),
    cmocka_unit_test(a_digest_is_the_sm3_of_the_text),
    cmocka_unit_test(an_applied_migration_with_another_text_is_refused),
    cmocka_unit_test(a_newer_database_is_refused),
    cmocka_unit_test(a_gap_in_the_entries_is_refused),
    cmocka_unit_test(a_migration_that_fails_leaves_nothing),
};
const struct contract_part contract_migrations = {tests, sizeof tests / sizeof *tests};
