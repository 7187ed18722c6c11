/*
 * The server is killed (SIGKILL to all its processes) and started again while eight threads
 * write. Afterwards everything that was acknowledged is there once, nothing that was refused is
 * there, and what was unknown is there at most once. Each number is tried one single time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "pg_fixture.h"

#define THREADS 8
#define KILLS 3
#define BETWEEN 300 /* acknowledged between two kills */
#define TRIES_MAX 200000

struct load {
    struct es_store *store;
    atomic_int next, acknowledged;
    atomic_bool stop;
    pthread_mutex_t outage; /* held while the server is down */
    es_status *status;      /* of each number */
    int *runs;              /* how often the function was called for it */
};

struct one {
    struct load *load;
    int64_t number;
};

static es_status insert(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "INSERT INTO t (n, half) VALUES ($1, $2)";
    struct one *one = ctx;

    one->load->runs[one->number]++;
    for (int64_t half = 0; half < 2; half++) {
        const struct es_value values[] = {es_value_int(one->number), es_value_int(half)};

        if (one->number % 2 == 0)
            ES_TRY(es_tx_run(tx, sql, values, 2, NULL, err));
        else
            ES_TRY(es_tx_queue(tx, sql, values, 2, err));
    }
    return ES_OK;
}

static void *work(void *ctx)
{
    struct load *load = ctx;

    while (!atomic_load(&load->stop)) {
        int number = atomic_fetch_add(&load->next, 1);
        struct one one = {.load = load, .number = number};

        if (number >= TRIES_MAX)
            break;
        load->status[number] = es_store_write(load->store, ES_AS_SERVICE, insert, &one, NULL);
        if (load->status[number] == ES_OK)
            atomic_fetch_add(&load->acknowledged, 1);
        if (load->status[number] == ES_E_UNREACHABLE) {
            (void) pthread_mutex_lock(&load->outage);
            (void) pthread_mutex_unlock(&load->outage);
        }
    }
    return NULL;
}

static void kill_and_start(struct load *load)
{
    for (int kill = 0; kill < KILLS; kill++) {
        int before = atomic_load(&load->acknowledged);

        while (atomic_load(&load->acknowledged) < before + BETWEEN)
            if (atomic_load(&load->next) >= TRIES_MAX)
                fail_msg("the store does not come back");
        (void) pthread_mutex_lock(&load->outage);
        fixture_control("kill");
        fixture_control("start");
        (void) pthread_mutex_unlock(&load->outage);
    }
}

/** The rows of each number, as the server counts them. */
static void count_rows(int *counts)
{
    PGconn *pq = fixture_admin();
    PGresult *result = PQexec(pq, "SELECT n, count(*), count(DISTINCT half) FROM t GROUP BY n");

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(result); i++) {
        long number = strtol(PQgetvalue(result, i, 0), NULL, 10);

        assert_in_range(number, 0, TRIES_MAX - 1);
        assert_string_equal(PQgetvalue(result, i, 1), "2");
        assert_string_equal(PQgetvalue(result, i, 2), "2");
        counts[number] = 1;
    }
    PQclear(result);
    PQfinish(pq);
}

static void check(const struct load *load, const int *counts)
{
    int tried = atomic_load(&load->next), kept = 0, unknown = 0;

    for (int i = 0; i < tried && i < TRIES_MAX; i++) {
        es_status status = load->status[i];

        if (status == ES_OK && counts[i] != 1)
            fail_msg("%d was acknowledged and is not there", i);
        if (status == ES_E_UNREACHABLE && counts[i] != 0)
            fail_msg("%d was said not to be done and is there", i);
        if (status != ES_OK && status != ES_E_UNREACHABLE && status != ES_E_UNKNOWN)
            fail_msg("%d ended with %s", i, es_status_name(status));
        if (load->runs[i] > 1)
            fail_msg("%d was run %d times", i, load->runs[i]);
        kept += status == ES_OK;
        unknown += status == ES_E_UNKNOWN;
    }
    assert_true(kept >= KILLS * BETWEEN);
    print_message("# %d acknowledged, %d unknown, %d tried\n", kept, unknown, tried);
}

static void acknowledged_rows_outlive_a_killed_server(void **state)
{
    struct load load = {.store = fixture_open(NULL)};
    int *counts = calloc(TRIES_MAX, sizeof *counts);
    pthread_t threads[THREADS];

    (void) state;
    (void) pthread_mutex_init(&load.outage, NULL);
    load.status = calloc(TRIES_MAX, sizeof *load.status);
    load.runs = calloc(TRIES_MAX, sizeof *load.runs);
    assert_true(counts != NULL && load.status != NULL && load.runs != NULL);
    fixture_table(load.store, "t", "n BIGINT NOT NULL, half BIGINT NOT NULL");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &load), 0);
    kill_and_start(&load);
    atomic_store(&load.stop, true);
    for (int i = 0; i < THREADS; i++)
        (void) pthread_join(threads[i], NULL);
    count_rows(counts);
    check(&load, counts);
    es_store_free(load.store);
    free(load.status);
    free(load.runs);
    free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acknowledged_rows_outlive_a_killed_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
