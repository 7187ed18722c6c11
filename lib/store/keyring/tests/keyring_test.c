/* The world of the tests of keys, and looks past the keyring into its table. */
#include "keyring_test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void open_store(struct world *w)
{
    const char *given = getenv("ESEAL_STORE_URL");
    const char *base = getenv("TMPDIR");
    struct es_store_options options = {.create = true};
    struct es_error err = {0};
    char url[512];

    snprintf(w->folder, sizeof(w->folder), "%s/es-keyring-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(w->folder));
    if (given == NULL)
        snprintf(w->path, sizeof(w->path), "%s/store.db", w->folder);
    snprintf(url, sizeof(url), "sqlite:%s", w->path);
    if (es_store_open(given != NULL ? given : url, &options, &w->store, &err) != ES_OK ||
        es_store_migrate(w->store, &w->clock, &err) != ES_OK)
        fail_msg("%s", err.text);
    world_run(w, "DELETE FROM store_key");
}

static void make_secret(struct es_secret *secret, uint8_t first)
{
    uint8_t bytes[32];

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t) (first + i);
    assert_int_equal(es_secret_init(secret, sizeof(bytes), NULL), ES_OK);
    assert_int_equal(es_secret_set(secret, es_span_of(bytes, sizeof(bytes)), NULL), ES_OK);
}

int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->now_s = TEST_CREATED_S;
    w->clock = es_clock_fixed(&w->now_s);
    w->random = es_random_system();
    make_secret(&w->master, 1);
    make_secret(&w->other, 101);
    open_store(w);
    *state = w;
    return 0;
}

int world_setup_keys(void **state)
{
    struct es_error err = {0};
    struct world *w;

    world_setup(state);
    w = *state;
    if (es_keyring_create(w->store, &w->master, &w->clock, &w->random, &err) != ES_OK ||
        world_open(w, &w->master) != ES_OK)
        fail_msg("%s", err.text);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void) st;
    (void) kind;
    (void) at;
    return remove(path);
}

int world_teardown(void **state)
{
    struct world *w = *state;

    es_keyring_free(w->keyring);
    es_store_free(w->store);
    es_secret_clear(&w->master);
    es_secret_clear(&w->other);
    nftw(w->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

es_status world_open(struct world *w, const struct es_secret *master)
{
    es_keyring_free(ES_TAKE(w->keyring));
    return es_keyring_open(w->store, master, &w->keyring, NULL);
}

/* ---- past the keyring ---- */

static es_status script_in_tx(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_script(tx, ctx, err);
}

void world_run(struct world *w, const char *sql)
{
    char copy[512];

    snprintf(copy, sizeof(copy), "%s", sql);
    assert_int_equal(es_store_write(w->store, ES_AS_OWNER, script_in_tx, copy, NULL), ES_OK);
}

struct look {
    int64_t purpose, version, count, created_ms;
    uint8_t *out;
    size_t len;
    struct es_span wrapped;
};

static es_status count_row(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct look *look = ctx;

    assert_int_equal(count, 1);
    return es_value_get_int(&columns[0], &look->count, err);
}

static es_status count_in_tx(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_query(tx, "SELECT count(*) FROM store_key", NULL, 0, count_row, ctx, err);
}

int64_t world_count(struct world *w)
{
    struct look look = {.count = -1};

    assert_int_equal(es_store_read(w->store, ES_AS_SERVICE, count_in_tx, &look, NULL), ES_OK);
    return look.count;
}

static es_status take_row(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    struct look *look = ctx;
    struct es_span wrapped;

    assert_int_equal(count, 2);
    ES_TRY(es_value_get_blob(&columns[0], &wrapped, err));
    assert_true(wrapped.len <= 128);
    memcpy(look->out, wrapped.ptr, wrapped.len);
    look->len = wrapped.len;
    return es_value_get_int(&columns[1], &look->created_ms, err);
}

static es_status row_in_tx(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct look *look = ctx;
    struct es_value values[] = {es_value_int(look->purpose), es_value_int(look->version)};

    return es_tx_query(
        tx, "SELECT wrapped, created_ms FROM store_key WHERE purpose = $1 AND version = $2", values,
        2, take_row, ctx, err);
}

size_t world_row(struct world *w, int64_t purpose, int64_t version, uint8_t out[128],
                 int64_t *created_ms)
{
    struct look look = {.purpose = purpose, .version = version, .out = out};

    assert_int_equal(es_store_read(w->store, ES_AS_SERVICE, row_in_tx, &look, NULL), ES_OK);
    if (created_ms != NULL)
        *created_ms = look.created_ms;
    return look.len;
}

static es_status put_in_tx(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct look *look = ctx;
    struct es_value values[] = {es_value_blob(look->wrapped), es_value_int(look->purpose),
                                es_value_int(look->version)};

    return es_tx_run(tx, "UPDATE store_key SET wrapped = $1 WHERE purpose = $2 AND version = $3",
                     values, 3, NULL, err);
}

void world_put(struct world *w, int64_t purpose, int64_t version, struct es_span wrapped)
{
    struct look look = {.purpose = purpose, .version = version, .wrapped = wrapped};

    assert_int_equal(es_store_write(w->store, ES_AS_OWNER, put_in_tx, &look, NULL), ES_OK);
}
