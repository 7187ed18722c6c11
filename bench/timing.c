/* Clocks and loops. Costs are processor time of this thread: other work on the machine slows the
 * clock of the wall, not this one. */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double clock_s(clockid_t id)
{
    struct timespec t;

    (void) clock_gettime(id, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

double bench_wall_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

void bench_must(bool good, const char *what)
{
    if (good)
        return;
    (void) fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void measure_slice(struct bench_op *op, double slice_s)
{
    const double begin = clock_s(CLOCK_THREAD_CPUTIME_ID);
    double now = begin;
    long runs = 0;

    do {
        op->run(op->ctx);
        runs++;
        now = clock_s(CLOCK_THREAD_CPUTIME_ID);
    } while (now - begin < slice_s);
    now = (now - begin) / (double) runs;
    if (op->cost_s == 0 || now < op->cost_s)
        op->cost_s = now;
}

void bench_measure(struct bench_op *ops, size_t count, int rounds, double slice_s)
{
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++)
            measure_slice(&ops[i], slice_s);
}

struct crowd {
    void (*run)(void *ctx);
    void *ctx;
    double until_s;
    atomic_long runs;
};

static void *work(void *arg)
{
    struct crowd *crowd = arg;

    while (bench_wall_s() < crowd->until_s) {
        crowd->run(crowd->ctx);
        atomic_fetch_add(&crowd->runs, 1);
    }
    return NULL;
}

double bench_rate(void (*run)(void *ctx), void *ctx, int threads, double seconds)
{
    pthread_t ids[8];
    const double begin = bench_wall_s();
    struct crowd crowd = {.run = run, .ctx = ctx, .until_s = begin + seconds};

    bench_must(threads >= 1 && threads <= 8, "1 to 8 threads");
    for (int i = 0; i < threads; i++)
        bench_must(pthread_create(&ids[i], NULL, work, &crowd) == 0, "no thread");
    for (int i = 0; i < threads; i++)
        (void) pthread_join(ids[i], NULL);
    return (double) atomic_load(&crowd.runs) / (bench_wall_s() - begin);
}
