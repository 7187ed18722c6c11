/* See lite_test.h. */
#include "lite_test.h"

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int lite_test_setup(void **state)
{
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    struct lite_test *t = calloc(1, sizeof *t);

    assert_non_null(t);
    snprintf(t->folder, sizeof t->folder, "%s/es-sqlite-XXXXXX", base);
    assert_non_null(mkdtemp(t->folder));
    snprintf(t->path, sizeof t->path, "%s/store.db", t->folder);
    snprintf(t->url, sizeof t->url, "sqlite:%s", t->path);
    *state = t;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) type;
    (void) at;
    return remove(path);
}

int lite_test_teardown(void **state)
{
    struct lite_test *t = *state;

    lite_test_close(t);
    nftw(t->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(t);
    return 0;
}

struct statement {
    const char *sql;
    const struct es_value *values;
    size_t count;
    int64_t answer;
};

static es_status run_one(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct statement *s = ctx;

    return es_tx_run(tx, s->sql, s->values, s->count, NULL, err);
}

es_status lite_test_run(struct es_store *store, const char *sql, struct es_error *err)
{
    struct statement s = {.sql = sql};

    return es_store_write(store, ES_AS_OWNER, run_one, &s, err);
}

es_status lite_test_put(struct es_store *store, int64_t n, const void *body, size_t len,
                        struct es_error *err)
{
    const struct es_value values[] = {es_value_int(n), es_value_blob(es_span_of(body, len))};
    struct statement s = {"INSERT INTO t (n, body) VALUES ($1, $2)", values, 2, 0};

    return es_store_write(store, ES_AS_OWNER, run_one, &s, err);
}

static es_status read_number(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    assert_int_equal(count, 1);
    return es_value_get_int(&columns[0], ctx, err);
}

static es_status ask(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct statement *s = ctx;

    return es_tx_query(tx, s->sql, NULL, 0, read_number, &s->answer, err);
}

int64_t lite_test_number(struct es_store *store, const char *sql)
{
    struct statement s = {.sql = sql, .answer = INT64_MIN};

    assert_int_equal(es_store_read(store, ES_AS_OWNER, ask, &s, NULL), ES_OK);
    return s.answer;
}

int64_t lite_test_number_written(struct es_store *store, const char *sql)
{
    struct statement s = {.sql = sql, .answer = INT64_MIN};

    assert_int_equal(es_store_write(store, ES_AS_OWNER, ask, &s, NULL), ES_OK);
    return s.answer;
}

void lite_test_open(struct lite_test *t, const struct es_store_options *options)
{
    const struct es_store_options create = {.create = true};
    struct es_error err = {0};

    if (es_store_open(t->url, options != NULL ? options : &create, &t->store, &err) != ES_OK)
        fail_msg("open: %s", err.text);
    if (options == NULL || !options->read_only)
        assert_int_equal(lite_test_run(t->store,
                                       "CREATE TABLE IF NOT EXISTS t "
                                       "(n INTEGER PRIMARY KEY, body BLOB) STRICT",
                                       NULL),
                         ES_OK);
}

void lite_test_close(struct lite_test *t)
{
    es_store_free(t->store);
    t->store = NULL;
}

pid_t lite_test_start(const char *verb, const char *url, int *out)
{
    char self[] = "/proc/self/exe", *verb_copy = strdup(verb), *url_copy = strdup(url);
    char *argv[] = {self, verb_copy, url_copy, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    assert_int_equal(posix_spawn(&pid, self, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    free(verb_copy);
    free(url_copy);
    *out = ends[0];
    return pid;
}

int lite_test_wait(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

void lite_test_raw(const struct lite_test *t, const char *suffix, struct es_buf *out)
{
    char path[200];

    snprintf(path, sizeof path, "%s%s", t->path, suffix);
    es_buf_reset(out);
    assert_int_equal(es_file_read(path, out, NULL), ES_OK);
}

int64_t lite_test_length(const struct lite_test *t, const char *suffix)
{
    struct stat st;
    char path[200];

    snprintf(path, sizeof path, "%s%s", t->path, suffix);
    return stat(path, &st) == 0 ? (int64_t) st.st_size : -1;
}
