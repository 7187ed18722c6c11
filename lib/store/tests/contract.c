/* The program that runs the contract, and what its parts share. */
#include "contract.h"

#include <ftw.h>
#include <unistd.h>

#include "es_crypto.h"

struct statement {
    const char *sql;
    const struct es_value *values;
    size_t count;
};

static es_status run_script(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_script(tx, ctx, err);
}

void contract_script(struct contract *c, const char *sql)
{
    struct es_error err = {0};
    char *copy = strdup(sql);

    assert_non_null(copy);
    if (es_store_write(c->store, ES_AS_OWNER, run_script, copy, &err) != ES_OK)
        fail_msg("script: %s", err.text);
    free(copy);
}

void contract_table(struct contract *c, const char *drop, const char *sqlite, const char *postgres)
{
    contract_script(c, drop);
    contract_script(c, c->sqlite ? sqlite : postgres);
}

es_status contract_read_number(void *ctx, const struct es_value *columns, size_t count,
                               struct es_error *err)
{
    assert_int_equal(count, 1);
    return es_value_get_int(&columns[0], ctx, err);
}

struct question {
    const char *sql;
    int64_t answer;
};

static es_status ask(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct question *q = ctx;

    return es_tx_query(tx, q->sql, NULL, 0, contract_read_number, &q->answer, err);
}

int64_t contract_number(struct contract *c, const char *sql)
{
    struct question q = {.sql = sql, .answer = INT64_MIN};
    struct es_error err = {0};

    if (es_store_read(c->store, ES_AS_OWNER, ask, &q, &err) != ES_OK)
        fail_msg("%s: %s", sql, err.text);
    return q.answer;
}

static es_status run_statement(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct statement *s = ctx;

    return es_tx_run(tx, s->sql, s->values, s->count, NULL, err);
}

es_status contract_run_as(struct contract *c, enum es_store_as as, const char *sql,
                          const struct es_value *values, size_t count, struct es_error *err)
{
    struct statement s = {.sql = sql, .values = values, .count = count};

    return es_store_write(c->store, as, run_statement, &s, err);
}

es_status contract_run(struct contract *c, const char *sql, const struct es_value *values,
                       size_t count, struct es_error *err)
{
    return contract_run_as(c, ES_AS_OWNER, sql, values, count, err);
}

static int open_store(void **state)
{
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    struct es_store_options options = {.create = true};
    struct contract *c = calloc(1, sizeof *c);
    struct es_clock clock = es_clock_system();
    struct es_error err = {0};

    assert_non_null(c);
    snprintf(c->folder, sizeof c->folder, "%s/es-contract-XXXXXX", base);
    assert_non_null(mkdtemp(c->folder));
    snprintf(c->own_url, sizeof c->own_url, "sqlite:%s/store.db", c->folder);
    c->url = getenv("ESEAL_STORE_URL") != NULL ? getenv("ESEAL_STORE_URL") : c->own_url;
    c->sqlite = strncmp(c->url, "sqlite:", 7) == 0;
    if (es_store_open(c->url, &options, &c->store, &err) != ES_OK ||
        es_store_migrate(c->store, &clock, &err) != ES_OK) {
        print_error("store: %s\n", err.text);
        return 1;
    }
    *state = c;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) type;
    (void) at;
    return remove(path);
}

static int close_store(void **state)
{
    struct contract *c = *state;

    es_store_free(c->store);
    nftw(c->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(c);
    return 0;
}

int main(void)
{
    static const struct contract_part *const parts[] = {&contract_values,   &contract_groups,
                                                        &contract_sessions, &contract_migrations,
                                                        &contract_queue,    &contract_care};
    struct CMUnitTest tests[200];
    size_t count = 0;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (size_t j = 0; j < parts[i]->count; j++) {
            assert_true(count < sizeof tests / sizeof *tests);
            tests[count++] = parts[i]->tests[j];
        }
    return _cmocka_run_group_tests("store", tests, count, open_store, close_store);
}
