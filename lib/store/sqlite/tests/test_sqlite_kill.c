/*
 * A process killed while it writes: what it acknowledged is there afterwards. The child writes from
 * several threads and reports each number once its write came back; the parent kills it after a
 * random count of reports, reads what is left in the pipe, and looks.
 */
#include "lite_test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define ROUNDS 20
#define WRITERS 8
#define ROOM 200000

struct writer {
    struct es_store *store;
    atomic_llong *next;
};

static void *write_on(void *ctx)
{
    struct writer *w = ctx;

    for (;;) {
        int64_t n = atomic_fetch_add(w->next, 1);

        if (lite_test_put(w->store, n, &n, sizeof n, NULL) != ES_OK ||
            write(STDOUT_FILENO, &n, sizeof n) != (ssize_t) sizeof n)
            _exit(1);
    }
}

static int child_write(const char *url)
{
    struct es_store *store = NULL;
    pthread_t thread;
    atomic_llong next;
    struct writer w = {.next = &next};

    if (es_store_open(url, NULL, &store, NULL) != ES_OK)
        return 1;
    w.store = store;
    atomic_init(&next, lite_test_number(store, "SELECT coalesce(max(n), 0) + 1 FROM t"));
    for (int i = 0; i < WRITERS - 1; i++)
        if (pthread_create(&thread, NULL, write_on, &w) != 0)
            return 1;
    write_on(&w);
    return 0;
}

/** Read acknowledged numbers until limit or the end of the pipe; marks them. */
static int64_t read_acknowledged(int fd, bool *marks, int64_t limit)
{
    int64_t n, count = 0;
    size_t have = 0;
    ssize_t got;

    while (count < limit && (got = read(fd, (char *) &n + have, sizeof n - have)) > 0) {
        have += (size_t) got;
        if (have < sizeof n)
            continue;
        assert_in_range(n, 1, ROOM - 1);
        assert_false(marks[n]);
        marks[n] = true;
        have = 0;
        count++;
    }
    return count;
}

struct seen {
    const bool *marks;
    int64_t acknowledged, rows;
};

static es_status look_at(void *ctx, const struct es_value *columns, size_t count,
                         struct es_error *err)
{
    struct seen *seen = ctx;
    int64_t n = 0, body = 0;

    assert_int_equal(count, 2);
    ES_TRY(es_value_get_int(&columns[0], &n, err));
    ES_TRY(es_value_copy_blob(&columns[1], &body, sizeof body, err));
    assert_int_equal(n, body);
    assert_in_range(n, 1, ROOM - 1);
    seen->rows++;
    seen->acknowledged += seen->marks[n] ? 1 : 0;
    return ES_OK;
}

static es_status look(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_query(tx, "SELECT n, body FROM t", NULL, 0, look_at, ctx, err);
}

static int64_t kill_after(struct lite_test *t, bool *marks, int64_t count)
{
    int64_t acknowledged;
    int out;
    pid_t pid = lite_test_start("write", t->url, &out);

    acknowledged = read_acknowledged(out, marks, count);
    assert_int_equal(acknowledged, count);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(lite_test_wait(pid), 256 + SIGKILL);
    acknowledged += read_acknowledged(out, marks, INT64_MAX);
    close(out);
    return acknowledged;
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    bool *marks = calloc(ROOM, sizeof *marks);
    struct lite_test *t = *state;
    int64_t acknowledged = 0;
    unsigned random = 20260301;

    assert_non_null(marks);
    lite_test_open(t, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        struct seen seen = {.marks = marks};

        lite_test_close(t);
        random = random * 1103515245 + 12345;
        acknowledged += kill_after(t, marks, 1 + (int64_t) (random >> 16) % 400);
        lite_test_open(t, NULL);
        assert_int_equal(es_store_read(t->store, ES_AS_OWNER, look, &seen, NULL), ES_OK);
        assert_int_equal(seen.acknowledged, acknowledged);
        /* Each writer may have had one more on its way. */
        assert_in_range(seen.rows - acknowledged, 0, WRITERS * (round + 1));
    }
    free(marks);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_acknowledged_survives_a_kill, lite_test_setup,
                                        lite_test_teardown),
    };

    if (argc == 3)
        return child_write(argv[2]);
    return cmocka_run_group_tests_name("sqlite/kill", tests, NULL, NULL);
}
