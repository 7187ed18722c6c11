/* Opening, copies and checkpoints. A restore needs an empty database: a new file, or the one that
 * ESEAL_STORE_EMPTY_URL names. */
#include <sys/stat.h>
#include <unistd.h>

#include "contract.h"

static void a_url_of_no_known_store_is_refused(void **state)
{
    static const char *const bad[] = {"",         "store.db", "mysql://x",      "sqlite",
                                      "SQLITE:x", "sqlite:",  "sqlite::memory:"};
    struct es_store *store = NULL;

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(es_store_open(bad[i], NULL, &store, NULL), ES_E_CONFIG);
        assert_null(store);
    }
    assert_int_equal(es_store_open(NULL, NULL, &store, NULL), ES_E_USAGE);
}

static void a_read_only_store_reads_and_refuses_to_write(void **state)
{
    struct es_store_options options = {.read_only = true, .readers = 1};
    struct contract *c = *state, reader = {.sqlite = c->sqlite};

    contract_script(c, "DROP TABLE IF EXISTS c_care; CREATE TABLE c_care (n BIGINT);"
                       "INSERT INTO c_care VALUES (3)");
    assert_int_equal(es_store_open(c->url, &options, &reader.store, NULL), ES_OK);
    assert_int_equal(contract_number(&reader, "SELECT n FROM c_care"), 3);
    assert_int_equal(contract_run(&reader, "INSERT INTO c_care VALUES (4)", NULL, 0, NULL),
                     ES_E_DENIED);
    es_store_free(reader.store);
    contract_script(c, "DROP TABLE c_care");
}

static void a_backup_can_be_restored(void **state)
{
    struct contract *c = *state, copy = {.sqlite = c->sqlite};
    const char *empty = getenv("ESEAL_STORE_EMPTY_URL");
    char path[256], url[256];
    struct stat st;

    if (!c->sqlite && empty == NULL)
        skip();
    snprintf(path, sizeof path, "%s/backup", c->folder);
    snprintf(url, sizeof url, "sqlite:%s/restored.db", c->folder);
    contract_script(c, "DROP TABLE IF EXISTS c_care; CREATE TABLE c_care (n BIGINT);"
                       "INSERT INTO c_care VALUES (3)");
    assert_int_equal(es_store_backup(c->store, path, NULL), ES_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_equal(es_store_backup(c->store, path, NULL), ES_E_EXISTS);
    contract_script(c, "UPDATE c_care SET n = 4"); /* after the copy */
    empty = c->sqlite ? url : empty;
    assert_int_equal(es_store_restore(empty, path, NULL), ES_OK);
    assert_int_equal(es_store_restore(empty, path, NULL), ES_E_EXISTS);
    assert_int_equal(es_store_open(empty, NULL, &copy.store, NULL), ES_OK);
    assert_int_equal(contract_number(&copy, "SELECT n FROM c_care"), 3);
    assert_int_equal(es_store_check_schema(copy.store, NULL), ES_OK);
    es_store_free(copy.store);
    contract_script(c, "DROP TABLE c_care");
}

static void a_checkpoint_keeps_everything(void **state)
{
    struct contract *c = *state;

    contract_script(c, "DROP TABLE IF EXISTS c_care; CREATE TABLE c_care (n BIGINT);"
                       "INSERT INTO c_care VALUES (5)");
    assert_int_equal(es_store_checkpoint(c->store, NULL), ES_OK);
    assert_int_equal(contract_number(c, "SELECT n FROM c_care"), 5);
    contract_script(c, "DROP TABLE c_care");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_url_of_no_known_store_is_refused),
    cmocka_unit_test(a_read_only_store_reads_and_refuses_to_write),
    cmocka_unit_test(a_backup_can_be_restored),
    cmocka_unit_test(a_checkpoint_keeps_everything),
};
const struct contract_part contract_care = {tests, sizeof tests / sizeof *tests};
