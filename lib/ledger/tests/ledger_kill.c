/*
 * A ledger under load that dies where it is told, and what must hold afterwards (log-06):
 *
 *     ledger_kill create FOLDER               a new store and log; ESEAL_STORE_URL as in the tests
 *     ledger_kill load FOLDER [STEP NTH]      8 threads add entries until this process dies at the
 *                                             NTH passing of a step, or is killed from outside;
 *                                             what was acknowledged is written to FOLDER/acks
 *     ledger_kill check FOLDER                opens, verifies: every acknowledged entry is there
 *                                             once, nothing twice, the log is sound
 *     ledger_kill bench FOLDER THREADS SECONDS   entries acknowledged a second
 */
#include "keep_fixture.h"

#include <fcntl.h>

#define LOADERS 8
#define THREADS_MAX 256

struct run {
    struct keep_fixture f;
    int acks;         /* -1: none are written */
    int step;         /* -1: go on for ever */
    atomic_int to_go; /* passings left before the end */
    atomic_bool stop;
    atomic_ullong done;
};

static void die_at(void *ctx, enum es_ledger_step step)
{
    struct run *run = (struct run *) ctx; /* the fixture is its first member */

    if (run->step == (int) step && atomic_fetch_sub(&run->to_go, 1) == 1)
        _exit(9);
}

static es_status add_one(struct run *run, const char *id)
{
    struct es_log_entry entry = keep_login(id);
    struct es_log_place place;
    struct es_ticket *ticket = NULL;
    es_status status;

    entry.detail = es_span_str("{\"ip\":\"192.0.2.7\"}");
    status = keep_add(&run->f, &entry, &ticket, NULL);
    if (status == ES_OK)
        status = es_ledger_wait(run->f.ledger, ticket, KEEP_TIMEOUT_MS, &place, NULL);
    es_ticket_free(ticket);
    return status;
}

static void *load_main(void *arg)
{
    struct run *run = arg;

    for (unsigned long i = 0; !atomic_load(&run->stop); i++) {
        char line[96];
        int len = snprintf(line, sizeof line, "%d-%lx-%lu\n", (int) getpid(),
                           (unsigned long) pthread_self(), i);

        line[len - 1] = '\0';
        if (add_one(run, line) != ES_OK)
            break;
        line[len - 1] = '\n';
        atomic_fetch_add(&run->done, 1);
        if (run->acks >= 0 && write(run->acks, line, (size_t) len) != len)
            break;
    }
    return NULL;
}

static unsigned long number(const char *text)
{
    return strtoul(text, NULL, 10);
}

static void open_run(struct run *run, const char *folder)
{
    memset(run, 0, sizeof *run);
    keep_fixture_at(&run->f, ES_LOG_AUDIT, folder, false);
    run->acks = run->step = -1;
    run->f.config.step = die_at;
}

/* Ends the fixture without taking the folder away. */
static void close_run(struct run *run)
{
    keep_close(&run->f);
    keep_store_close(&run->f);
    es_key_free(run->f.key);
    es_buf_clear(&run->f.mirror);
}

static void start(struct run *run, pthread_t *thread, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, load_main, run), 0);
}

static void join(const pthread_t *thread, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
}

static int load(const char *folder, int step, int nth)
{
    struct run *run = malloc(sizeof *run);
    pthread_t thread[LOADERS];
    char path[256];

    assert_non_null(run);
    open_run(run, folder);
    (void) snprintf(path, sizeof path, "%s/acks", folder);
    run->acks = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(run->acks >= 0);
    run->step = step;
    atomic_store(&run->to_go, nth);
    keep_open(&run->f);
    start(run, thread, LOADERS);
    join(thread, LOADERS); /* only when the log stopped taking entries */
    return 1;
}

static int bench(const char *folder, unsigned threads, unsigned seconds)
{
    struct run *run = malloc(sizeof *run);
    pthread_t thread[THREADS_MAX];

    assert_non_null(run);
    assert_true(threads >= 1 && threads <= THREADS_MAX);
    open_run(run, folder);
    keep_open(&run->f);
    start(run, thread, threads);
    (void) sleep(seconds);
    atomic_store(&run->stop, true);
    (void) printf("threads %u entries %llu a second %llu\n", threads, atomic_load(&run->done),
                  atomic_load(&run->done) / seconds);
    join(thread, threads);
    close_run(run);
    free(run);
    return 0;
}

/* Lines of acks against object_id of the leaves; an id that is there twice counts as doubled. */
struct seen {
    struct es_buf ids; /* sorted, each with its NUL */
    size_t leaves, doubled;
    char last[256];
};

static es_status take_id(void *ctx, const struct es_value *columns, size_t count,
                         struct es_error *err)
{
    struct seen *seen = ctx;
    struct es_span id;

    (void) count;
    ES_TRY(es_value_get_text(&columns[0], &id, err));
    if (seen->leaves++ > 0 && es_span_is(id, seen->last))
        seen->doubled++;
    (void) snprintf(seen->last, sizeof seen->last, "%.*s", ES_SPAN_ARG(id));
    es_buf_printf(&seen->ids, "\n%.*s\n", ES_SPAN_ARG(id));
    return es_buf_check(&seen->ids, err);
}

static es_status read_ids(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_query(tx,
                       "SELECT object_id FROM log_leaf WHERE event_type = 257 ORDER BY object_id",
                       NULL, 0, take_id, ctx, err);
}

static int compare_lines(const void *a, const void *b)
{
    const struct es_span *x = a, *y = b;

    return es_span_compare(*x, *y);
}

static struct es_span *lines_of(struct es_span text, size_t *count)
{
    struct es_span *line = calloc(text.len / 2 + 1, sizeof *line);

    assert_non_null(line);
    *count = 0;
    while (text.len > 0) {
        size_t end = es_span_find(text, '\n');

        if (end > 0 && end < text.len) /* a line without its end was not wholly written */
            line[(*count)++] = es_span_sub(text, 0, end);
        text = es_span_sub(text, end + 1, text.len);
    }
    qsort(line, *count, sizeof *line, compare_lines);
    return line;
}

static size_t missing(struct es_span acks, struct es_span ids, size_t *acknowledged)
{
    size_t count, lost = 0;
    struct es_span *ack = lines_of(acks, acknowledged), *id = lines_of(ids, &count);

    for (size_t i = 0; i < *acknowledged; i++)
        lost += bsearch(&ack[i], id, count, sizeof *id, compare_lines) == NULL;
    free(ack);
    free(id);
    return lost;
}

static int check(const char *folder)
{
    struct run *run = malloc(sizeof *run);
    ES_AUTO(es_buf) acks = ES_BUF_INIT((size_t) 1 << 30);
    struct seen seen = {.leaves = 0};
    struct es_ledger_state now;
    size_t acknowledged = 0, lost;
    uint64_t entries;
    char path[256];

    assert_non_null(run);
    open_run(run, folder);
    keep_open(&run->f);
    es_ledger_state(run->f.ledger, &now);
    assert_false(now.frozen);
    (void) snprintf(path, sizeof path, "goes on %d", (int) getpid());
    assert_int_equal(add_one(run, path), ES_OK);
    keep_close(&run->f);
    entries = keep_verify(&run->f);
    es_buf_init(&seen.ids, (size_t) 1 << 30);
    assert_int_equal(es_store_read(run->f.store, ES_AS_SERVICE, read_ids, &seen, NULL), ES_OK);
    (void) snprintf(path, sizeof path, "%s/acks", folder);
    if (access(path, F_OK) == 0)
        assert_int_equal(es_file_read(path, &acks, NULL), ES_OK);
    lost = missing(es_buf_span(&acks), es_buf_span(&seen.ids), &acknowledged);
    (void) printf("# acknowledged %zu lost %zu doubled %zu entries %llu\n", acknowledged, lost,
                  seen.doubled, (unsigned long long) entries);
    es_buf_clear(&seen.ids);
    close_run(run);
    free(run);
    return lost == 0 && seen.doubled == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct run *run;

    if (argc == 3 && strcmp(argv[1], "create") == 0) {
        run = malloc(sizeof *run);
        assert_non_null(run);
        keep_fixture_at(&run->f, ES_LOG_AUDIT, argv[2], true);
        close_run(run);
        free(run);
        return 0;
    }
    if ((argc == 3 || argc == 5) && strcmp(argv[1], "load") == 0)
        return load(argv[2], argc == 5 ? (int) number(argv[3]) : -1,
                    argc == 5 ? (int) number(argv[4]) : 0);
    if (argc == 3 && strcmp(argv[1], "check") == 0)
        return check(argv[2]);
    if (argc == 5 && strcmp(argv[1], "bench") == 0)
        return bench(argv[2], (unsigned) number(argv[3]), (unsigned) number(argv[4]));
    (void) fprintf(stderr, "usage: ledger_kill create|load|check|bench FOLDER [...]\n");
    return 64;
}
