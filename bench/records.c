/*
 * What keeping a log costs: entries a second through the whole path, from the client's transaction
 * to the signed checkpoint in the synced journal, with 1, 8 and 64 waiting clients; then, with
 * --fill N, a log of N entries: proofs, export, verification, bytes an entry, memory.
 *
 *     bench_records [--fill N] [--seconds S] [STORE-URL]
 *
 * The store is $ESEAL_STORE_URL or SQLite in a temporary folder; PostgreSQL through
 * tools/with-postgres.
 *
 * One sync of a file and one SM2 signature are timed in the same run: they are what the path
 * cannot do without.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "es_ledger_read.h"

#define CLIENTS_MAX 64
#define FILL_BATCH 400
#define PROOFS 2000
#define SAMPLES_MAX 400000

struct bench {
    char folder[256], journal[300], bundle[300], database[300];
    struct es_store *store;
    struct es_keyring *keyring;
    struct es_key *key;
    struct es_ledger_config config;
    struct es_ledger *ledger;
    bool sqlite;
};

static void must(es_status status, const struct es_error *err, const char *what)
{
    if (status == ES_OK)
        return;
    (void) fprintf(stderr, "bench_records: %s: %s\n", what, err->text);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;

    (void) clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* ---- what the path cannot do without ---- */

static double sync_s(const struct bench *b)
{
    char path[320], line[300];
    double start;
    int fd;

    memset(line, 'x', sizeof line);
    (void) snprintf(path, sizeof path, "%s/sync", b->folder);
    fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    start = now_s();
    for (int i = 0; i < 300; i++)
        if (write(fd, line, sizeof line) < 0 || fdatasync(fd) != 0)
            exit(1);
    (void) close(fd);
    (void) unlink(path);
    return (now_s() - start) / 300;
}

static double sign_s(const struct bench *b)
{
    struct es_error err = {0};
    struct es_log_hash root = {{0}};
    double start = now_s();

    for (int i = 0; i < 100; i++) {
        ES_AUTO(es_buf) out = ES_BUF_INIT(4096);

        must(es_checkpoint_sign("bench.example.cn/audit/1", 1, &root, b->key, &out, &err), &err,
             "sign");
    }
    return (now_s() - start) / 100;
}

/* ---- setting up ---- */

static void open_all(struct bench *b, const char *url)
{
    static const uint8_t number[32] = {[31] = 77};
    const struct es_store_options options = {.create = true};
    struct es_secret master = {0};
    struct es_clock clock = es_clock_system();
    struct es_random random = es_random_system();
    struct es_error err = {0};

    must(es_store_open(url, &options, &b->store, &err), &err, "store");
    must(es_store_migrate(b->store, &clock, &err), &err, "migrate");
    must(es_secret_init(&master, 32, &err), &err, "secret");
    must(es_secret_set(&master, es_span_of(number, 32), &err), &err, "secret");
    must(es_keyring_create(b->store, &master, &clock, &random, &err), &err, "keys");
    must(es_keyring_open(b->store, &master, &b->keyring, &err), &err, "keys");
    must(es_key_from_number(number, &b->key, &err), &err, "key");
    es_secret_clear(&master);
    b->config = (struct es_ledger_config){.log = ES_LOG_AUDIT,
                                          .host = "bench.example.cn",
                                          .store = b->store,
                                          .keyring = b->keyring,
                                          .key = b->key,
                                          .journal = b->journal,
                                          .clock = clock,
                                          .random = random};
    must(es_ledger_create(&b->config, &err), &err, "create");
    must(es_ledger_open(&b->config, &b->ledger, &err), &err, "open");
}

/* ---- clients that wait ---- */

struct client {
    struct bench *b;
    struct es_ticket *ticket;
    unsigned number;
    uint64_t done;
    double *samples;
    size_t sample_count;
    const atomic_bool *stop;
};

static es_status add_one(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct client *c = ctx;
    static const char detail[] =
        "{\"approver\":\"u-204\",\"copies\":1,\"date\":\"2026-03-01\",\"ip\":\"192.0.2.7\","
        "\"matter\":\"contract 2026-41\",\"user_agent\":\"eseal\"}";
    uint8_t subject[32] = {(uint8_t) c->number, (uint8_t) c->done, (uint8_t) (c->done >> 8)};
    const struct es_log_entry entry = {.type = ES_EVENT_SEAL_USE_DONE,
                                       .actor = "u-117",
                                       .role = "signer",
                                       .object_type = "seal",
                                       .object_id = "44010601260000000001230Y",
                                       .correlation = "0192f3c1",
                                       .subject = subject,
                                       .detail = es_span_of(detail, sizeof detail - 1)};

    es_ticket_free(c->ticket);
    c->ticket = NULL;
    return es_ledger_add(c->b->ledger, tx, &entry, &c->ticket, err);
}

static void *run_client(void *ctx)
{
    struct client *c = ctx;
    struct es_error err = {0};
    struct es_log_place place;

    while (!atomic_load(c->stop)) {
        double start = now_s();

        must(es_store_write(c->b->store, ES_AS_SERVICE, add_one, c, &err), &err, "write");
        must(es_ledger_wait(c->b->ledger, c->ticket, 60000, &place, &err), &err, "wait");
        c->done++;
        if (c->sample_count < SAMPLES_MAX / CLIENTS_MAX)
            c->samples[c->sample_count++] = now_s() - start;
    }
    es_ticket_free(c->ticket);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

static void run_clients(struct bench *b, unsigned count, double seconds)
{
    struct client clients[CLIENTS_MAX] = {0};
    pthread_t threads[CLIENTS_MAX];
    double *all = calloc(SAMPLES_MAX, sizeof *all), start, took;
    atomic_bool stop = false;
    uint64_t done = 0;
    size_t samples = 0;
    const struct timespec wait = {.tv_sec = (time_t) seconds,
                                  .tv_nsec = (long) ((seconds - (double) (time_t) seconds) * 1e9)};

    if (all == NULL)
        exit(1);
    start = now_s();
    for (unsigned i = 0; i < count; i++) {
        clients[i] = (struct client){.b = b, .number = i, .stop = &stop};
        clients[i].samples = calloc(SAMPLES_MAX / CLIENTS_MAX, sizeof(double));
        if (clients[i].samples == NULL ||
            pthread_create(&threads[i], NULL, run_client, &clients[i]) != 0)
            exit(1);
    }
    (void) nanosleep(&wait, NULL);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < count; i++) {
        (void) pthread_join(threads[i], NULL);
        done += clients[i].done;
        memcpy(all + samples, clients[i].samples, clients[i].sample_count * sizeof *all);
        samples += clients[i].sample_count;
        free(clients[i].samples);
    }
    took = now_s() - start;
    qsort(all, samples, sizeof *all, by_value);
    (void) printf("| %u | %.0f | %.2f | %.2f |\n", count, (double) done / took,
                  samples == 0 ? 0 : 1e3 * all[samples / 2],
                  samples == 0 ? 0 : 1e3 * all[samples * 99 / 100]);
    (void) fflush(stdout);
    free(all);
}

/* ---- a large log ---- */

static es_status add_many(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct client *c = ctx;
    const struct es_log_entry entry = {.type = ES_EVENT_SEAL_USE_DONE,
                                       .actor = "u-117",
                                       .role = "signer",
                                       .object_type = "seal",
                                       .object_id = "44010601260000000001230Y",
                                       .correlation = "0192f3c1"};

    for (int i = 0; i < FILL_BATCH; i++) {
        es_ticket_free(c->ticket);
        c->ticket = NULL;
        ES_TRY(es_ledger_add(c->b->ledger, tx, &entry, &c->ticket, err));
    }
    return ES_OK;
}

static void fill(struct bench *b, uint64_t entries)
{
    struct client c = {.b = b};
    struct es_error err = {0};
    struct es_log_place place;
    double start = now_s();

    for (uint64_t done = 0; done < entries; done += FILL_BATCH) {
        must(es_store_write(b->store, ES_AS_SERVICE, add_many, &c, &err), &err, "fill");
        must(es_ledger_wait(b->ledger, c.ticket, 600000, &place, &err), &err, "wait");
        if (done % 100000 < FILL_BATCH && isatty(2))
            (void) fprintf(stderr, "\r%llu", (unsigned long long) done);
    }
    es_ticket_free(c.ticket);
    (void) printf("filled with %llu entries: %.0f a second\n", (unsigned long long) entries,
                  (double) entries / (now_s() - start));
    (void) fflush(stdout);
}

static void prove(struct bench *b, uint64_t size)
{
    struct es_log_reader *reader = NULL;
    struct es_error err = {0};
    double *all = calloc(PROOFS, sizeof *all);
    size_t bytes = 0;

    if (all == NULL)
        exit(1);
    must(es_log_reader_open(b->store, ES_LOG_AUDIT, 0, &reader, &err), &err, "reader");
    for (int i = 0; i < PROOFS; i++) {
        ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);
        uint64_t index = (uint64_t) i * 2654435761u % size;
        double start = now_s();

        must(es_log_prove_inclusion(reader, index, 0, &out, &err), &err, "prove");
        all[i] = now_s() - start;
        bytes += out.len;
    }
    qsort(all, PROOFS, sizeof *all, by_value);
    (void) printf("inclusion proof: median %.2f ms, 99 %% within %.2f ms, slowest %.2f ms, %zu "
                  "bytes\n",
                  1e3 * all[PROOFS / 2], 1e3 * all[PROOFS * 99 / 100], 1e3 * all[PROOFS - 1],
                  bytes / PROOFS);
    es_log_reader_free(reader);
    free(all);
}

static long peak_kib(void)
{
    struct rusage usage;

    (void) getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void measure_files(struct bench *b, uint64_t size)
{
    struct stat st = {0};
    struct es_error err = {0};

    if (!b->sqlite)
        return;
    must(es_store_checkpoint(b->store, &err), &err, "checkpoint");
    if (stat(b->database, &st) == 0)
        (void) printf("%.0f bytes an entry in the database\n", (double) st.st_size / (double) size);
}

static void export_and_verify(struct bench *b)
{
    struct es_log_reader *reader = NULL;
    const struct es_log_export options = {.journal = b->journal};
    struct es_log_trust trust = {.key = es_key_public(b->key)};
    const struct es_log_verify_options verify = {.trust = &trust};
    struct es_log_verify_result result = {0};
    struct es_error err = {0};
    uint64_t entries = 0;
    double start = now_s();

    must(es_log_reader_open(b->store, ES_LOG_AUDIT, 0, &reader, &err), &err, "reader");
    must(es_log_export(reader, b->bundle, &options, &entries, &err), &err, "export");
    (void) printf("export of %llu entries: %.1f s; peak memory of the process so far %ld KiB\n",
                  (unsigned long long) entries, now_s() - start, peak_kib());
    (void) fflush(stdout);
    trust.origin = es_log_reader_origin(reader);
    start = now_s();
    must(es_log_verify(b->bundle, &verify, &result, &err), &err, "verify");
    (void) printf("verification: %.1f s (%llu checkpoints), %llu findings; peak memory %ld KiB\n",
                  now_s() - start, (unsigned long long) result.checkpoints,
                  (unsigned long long) result.findings, peak_kib());
    es_log_reader_free(reader);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    char own[320];
    const char *url = getenv("ESEAL_STORE_URL"), *temp = getenv("TMPDIR");
    double seconds = 5;
    uint64_t entries = 0;
    struct es_ledger_state state;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--fill") == 0 && i + 1 < argc)
            entries = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = strtod(argv[++i], NULL);
        else
            url = argv[i];
    }
    (void) snprintf(b.folder, sizeof b.folder, "%s/eseal-bench-XXXXXX",
                    temp == NULL ? "/tmp" : temp);
    if (mkdtemp(b.folder) == NULL)
        return 1;
    (void) snprintf(b.journal, sizeof b.journal, "%s/journal.jsonl", b.folder);
    (void) snprintf(b.bundle, sizeof b.bundle, "%s/bundle", b.folder);
    (void) snprintf(b.database, sizeof b.database, "%s/records.db", b.folder);
    (void) snprintf(own, sizeof own, "sqlite:%s", b.database);
    b.sqlite = url == NULL;
    open_all(&b, url == NULL ? own : url);
    (void) printf("## Records: %s\n\none sync %.2f ms, one checkpoint signature %.2f ms\n\n",
                  es_store_driver(b.store), 1e3 * sync_s(&b), 1e3 * sign_s(&b));
    (void) printf("| waiting clients | entries/s acknowledged | median ms | 99 %% ms |\n"
                  "|---|---|---|---|\n");
    run_clients(&b, 1, seconds);
    run_clients(&b, 8, seconds);
    run_clients(&b, 64, seconds);
    (void) printf("\npeak memory %ld KiB\n", peak_kib());
    if (entries > 0)
        fill(&b, entries);
    es_ledger_state(b.ledger, &state);
    measure_files(&b, state.size);
    prove(&b, state.size);
    es_ledger_close(b.ledger);
    export_and_verify(&b);
    es_keyring_free(b.keyring);
    es_key_free(b.key);
    es_store_free(b.store);
    (void) printf("(%s can be removed)\n", b.folder);
    return 0;
}
