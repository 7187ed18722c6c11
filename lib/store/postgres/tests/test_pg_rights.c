/*
 * Who may do what, asked of the server for each role and verb. Expected is what audit-log.md 6.3
 * says, written down here once more; that the trigger is a second line is tried as superuser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pg_fixture.h"

static const char *const tables[] = {
    "log_head",       "log_outbox",  "log_leaf",        "log_tile", "log_detail",
    "log_checkpoint", "log_cosign",  "log_writer",      "map_node", "map_item",
    "store_key",      "store_queue", "schema_migration"};
#define TABLES (sizeof tables / sizeof *tables)

/* Read, insert, update, delete, truncate: a letter where the role may. */
static const struct {
    enum es_store_as as;
    const char *rights[TABLES];
} allowed[] = {
    {ES_AS_SERVICE, {"r", "ri", "r", "r", "rd", "r", "ri", "r", "r", "r", "r", "riud", "r"}},
    {ES_AS_SEQUENCER,
     {"riu", "rid", "ri", "riud", "ri", "ri", "ri", "riud", "riud", "riud", "r", "riud", "r"}},
    {ES_AS_AUDITOR, {"r", "", "r", "r", "r", "r", "r", "r", "r", "r", "r", "", "r"}},
    {ES_AS_OWNER,
     {"riudt", "riudt", "riudt", "riudt", "riudt", "riudt", "riudt", "riudt", "riudt", "riudt",
      "riudt", "riudt", "riudt"}},
};

static const struct {
    char letter;
    const char *right;
} verbs[] = {{'r', "SELECT"}, {'i', "INSERT"}, {'u', "UPDATE"}, {'d', "DELETE"}, {'t', "TRUNCATE"}};

struct fixture {
    struct es_store *store;
};

static int setup(void **state)
{
    static struct fixture f;

    f.store = fixture_open(NULL);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    es_store_free(((struct fixture *) *state)->store);
    return 0;
}

/** The server's own word on a right, taken inside the role. */
struct asked {
    const char *table, *right;
    int64_t granted;
};

static es_status take_int(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    (void) count;
    return es_value_get_int(&columns[0], ctx, err);
}

static es_status ask(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "SELECT has_table_privilege(current_user::name, $1, $2)";
    struct asked *asked = ctx;
    const struct es_value values[] = {es_value_text(asked->table), es_value_text(asked->right)};

    return es_tx_query(tx, sql, values, 2, take_int, &asked->granted, err);
}

static void each_role_has_these_rights_and_no_others(void **state)
{
    struct fixture *f = *state;

    for (size_t r = 0; r < sizeof allowed / sizeof *allowed; r++)
        for (size_t t = 0; t < TABLES; t++)
            for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++) {
                struct asked asked = {.table = tables[t], .right = verbs[v].right, .granted = -1};
                int64_t expected = strchr(allowed[r].rights[t], verbs[v].letter) != NULL;

                assert_int_equal(es_store_read(f->store, allowed[r].as, ask, &asked, NULL), ES_OK);
                if (asked.granted != expected)
                    fail_msg("role %d: %s on %s", allowed[r].as, verbs[v].right, tables[t]);
            }
}

static void no_role_has_any_other_right(void **state)
{
    (void) state;
    assert_int_equal(fixture_number("SELECT count(*) FROM information_schema.table_privileges "
                                    "WHERE table_schema = 'public' AND grantee <> 'eseal_owner' "
                                    "AND privilege_type NOT IN "
                                    "('SELECT', 'INSERT', 'UPDATE', 'DELETE')"),
                     0);
    assert_int_equal(fixture_number("SELECT count(*) FROM information_schema.column_privileges c "
                                    "WHERE table_schema = 'public' AND grantee = 'PUBLIC'"),
                     0);
    assert_int_equal(fixture_number("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'eseal_%' "
                                    "AND (rolsuper OR rolcanlogin OR rolinherit OR rolcreaterole "
                                    "OR rolcreatedb OR rolbypassrls)"),
                     0);
    assert_int_equal(fixture_number("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' "
                                    "AND tableowner <> 'eseal_owner'"),
                     0);
}

static void assert_denied(struct es_store *store, enum es_store_as as, char *sql)
{
    struct es_error err = {0};

    if (es_store_write(store, as, fixture_run, sql, &err) != ES_E_DENIED)
        fail_msg("role %d could: %s (%s)", as, sql, err.text);
}

static char insert_leaf[] =
    "INSERT INTO log_leaf (log_id, idx, leaf, leaf_hash, event_type, actor, object_id, event_ms) "
    "VALUES (1, 0, '\\x00', '\\x00', 1, '', '', 0)";
static char update_leaf[] = "UPDATE log_leaf SET actor = 'x'";
static char delete_leaf[] = "DELETE FROM log_leaf";
static char truncate_leaf[] = "TRUNCATE log_leaf";

static void only_the_sequencer_and_the_owner_insert_leaves(void **state)
{
    struct fixture *f = *state;

    assert_denied(f->store, ES_AS_SERVICE, insert_leaf);
    assert_denied(f->store, ES_AS_AUDITOR, insert_leaf);
    assert_int_equal(es_store_write(f->store, ES_AS_SEQUENCER, fixture_run, insert_leaf, NULL),
                     ES_OK);
    assert_int_equal(fixture_number("SELECT count(*) FROM log_leaf"), 1);
}

static void nobody_changes_or_removes_a_leaf(void **state)
{
    struct fixture *f = *state;

    for (enum es_store_as as = ES_AS_SERVICE; as <= ES_AS_OWNER; as++) {
        assert_denied(f->store, as, update_leaf);
        assert_denied(f->store, as, delete_leaf);
        assert_denied(f->store, as, truncate_leaf);
    }
    assert_int_equal(fixture_number("SELECT count(*) FROM log_leaf WHERE actor = ''"), 1);
}

static void trigger_stops_even_a_superuser(void **state)
{
    static const char *const statements[] = {"UPDATE log_leaf SET actor = 'x'",
                                             "DELETE FROM log_leaf", "TRUNCATE log_leaf",
                                             "TRUNCATE log_checkpoint", "TRUNCATE log_cosign"};
    PGconn *pq = fixture_admin();

    (void) state;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        PGresult *result = PQexec(pq, statements[i]);

        assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42501");
        PQclear(result);
    }
    PQfinish(pq);
    assert_int_equal(fixture_number("SELECT count(*) FROM log_leaf WHERE actor = ''"), 1);
}

static es_status keep_role(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "SELECT count(*) FROM pg_roles WHERE rolname = current_user AND "
                              "rolname = 'eseal_service'";

    return es_tx_query(tx, sql, NULL, 0, take_int, ctx, err);
}

static void role_of_one_transaction_does_not_reach_the_next(void **state)
{
    struct fixture *f = *state;
    int64_t is_service = 0;

    assert_int_equal(
        es_store_write_on(f->store, ES_AS_OWNER, 0, fixture_script, (char[]){"SELECT 1"}, NULL),
        ES_OK);
    assert_int_equal(es_store_write_on(f->store, ES_AS_SERVICE, 0, keep_role, &is_service, NULL),
                     ES_OK);
    assert_int_equal(is_service, 1);
    assert_denied(f->store, ES_AS_SERVICE, insert_leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_has_these_rights_and_no_others),
        cmocka_unit_test(no_role_has_any_other_right),
        cmocka_unit_test(only_the_sequencer_and_the_owner_insert_leaves),
        cmocka_unit_test(nobody_changes_or_removes_a_leaf),
        cmocka_unit_test(trigger_stops_even_a_superuser),
        cmocka_unit_test(role_of_one_transaction_does_not_reach_the_next),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
