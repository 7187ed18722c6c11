/*
 * What is said of a transaction whose end was not seen. A proxy between store and server cuts the
 * line at a chosen moment; the server itself is asked what became of the row. Nothing that was
 * not seen to be kept is reported as kept, nothing that may be there as not done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pg_fixture.h"

/* ---- a proxy ---- */

enum cut {
    CUT_NEVER,
    CUT_BEFORE_COMMIT, /* COMMIT does not reach the server */
    CUT_AFTER_COMMIT,  /* the server answers COMMIT, the answer gets lost */
    CUT_AT_INSERT,     /* the statement does not reach the server */
};
struct proxy {
    char folder[32], path[64], real[100];
    int listener;
    pthread_t thread;
    enum cut cut; /* under the mutex */
    bool stop;
    pthread_mutex_t mutex;
};

static enum cut cut_of(struct proxy *p)
{
    enum cut cut;

    (void) pthread_mutex_lock(&p->mutex);
    cut = p->stop ? CUT_NEVER : p->cut;
    (void) pthread_mutex_unlock(&p->mutex);
    return cut;
}

static void set_cut(struct proxy *p, enum cut cut)
{
    (void) pthread_mutex_lock(&p->mutex);
    p->cut = cut;
    (void) pthread_mutex_unlock(&p->mutex);
}

static int dial(const char path[100])
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void) snprintf(at.sun_path, sizeof at.sun_path, "%.100s", path);
    if (fd >= 0 && connect(fd, (const struct sockaddr *) &at, sizeof at) != 0) {
        (void) close(fd);
        return -1;
    }
    return fd;
}

static bool holds(const char *bytes, ssize_t len, const char *word)
{
    return memmem(bytes, (size_t) len, word, strlen(word)) != NULL;
}

/** The query COMMIT, which a level of isolation begins like. */
static bool holds_commit(const char *bytes, ssize_t len)
{
    return memmem(bytes, (size_t) len, "COMMIT", sizeof "COMMIT") != NULL;
}

/** Pass bytes on until one side ends or the cut comes. */
static void pass(struct proxy *p, int client, int server)
{
    struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    char bytes[4096];

    while (poll(fds, 2, -1) > 0) {
        bool from_client = fds[0].revents != 0;
        ssize_t len = read(from_client ? client : server, bytes, sizeof bytes);
        enum cut cut = cut_of(p);

        if (len <= 0)
            return;
        if (from_client && holds_commit(bytes, len) && cut == CUT_BEFORE_COMMIT)
            return;
        /* A statement already prepared goes by its name; the text of the row is in the message. */
        if (from_client && holds(bytes, len, "needle") && cut == CUT_AT_INSERT)
            return;
        if (send(from_client ? server : client, bytes, (size_t) len, MSG_NOSIGNAL) != len)
            return;
        if (from_client && holds_commit(bytes, len) && cut == CUT_AFTER_COMMIT) {
            (void) recv(server, bytes, sizeof bytes, MSG_PEEK); /* it has answered */
            return;
        }
    }
}

struct line {
    struct proxy *proxy;
    int client;
};

static void *serve_line(void *ctx)
{
    struct line *line = ctx;
    int server = dial(line->proxy->real);

    if (server >= 0)
        pass(line->proxy, line->client, server);
    (void) close(line->client);
    if (server >= 0)
        (void) close(server);
    free(line);
    return NULL;
}

static void *accept_lines(void *ctx)
{
    struct proxy *p = ctx;
    int client;

    while ((client = accept(p->listener, NULL, NULL)) >= 0) {
        struct line *line = malloc(sizeof *line);
        pthread_t thread;

        if (line == NULL)
            break;
        *line = (struct line){.proxy = p, .client = client};
        if (pthread_create(&thread, NULL, serve_line, line) == 0)
            (void) pthread_detach(thread);
    }
    return NULL;
}

/* The URL of the fixture is postgresql:///eseal?host=FOLDER&port=PORT&user=eseal. */
static void proxy_start(struct proxy *p, char *url, size_t cap)
{
    const char *given = getenv("ESEAL_STORE_URL");
    const char *host = strstr(given, "host=") + strlen("host=");
    const char *port = strstr(given, "port=") + strlen("port=");
    int host_len = (int) strcspn(host, "&"), port_len = (int) strcspn(port, "&");
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    (void) snprintf(p->folder, sizeof p->folder, "/tmp/eseal-test-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    (void) snprintf(p->path, sizeof p->path, "%s/.s.PGSQL.%.*s", p->folder, port_len, port);
    (void) snprintf(p->real, sizeof p->real, "%.*s/.s.PGSQL.%.*s", host_len, host, port_len, port);
    (void) snprintf(url, cap, "postgresql:///eseal?host=%s&port=%.*s&user=eseal", p->folder,
                    port_len, port);
    (void) pthread_mutex_init(&p->mutex, NULL);
    p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void) snprintf(at.sun_path, sizeof at.sun_path, "%s", p->path);
    assert_int_equal(bind(p->listener, (const struct sockaddr *) &at, sizeof at), 0);
    assert_int_equal(listen(p->listener, 16), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, accept_lines, p), 0);
}

static void proxy_stop(struct proxy *p)
{
    (void) shutdown(p->listener, SHUT_RDWR);
    (void) pthread_join(p->thread, NULL);
    (void) close(p->listener);
    (void) unlink(p->path);
    (void) rmdir(p->folder);
}

/* ---- the tests ---- */

struct fixture {
    struct es_store *direct, *store; /* store: by the proxy, one lane */
    struct proxy proxy;
};

static int setup(void **state)
{
    static struct fixture f;
    const struct es_store_options options = {.lanes = 1};
    char url[256];

    f.direct = fixture_open(NULL);
    fixture_table(f.direct, "t", "txt TEXT");
    proxy_start(&f.proxy, url, sizeof url);
    if (es_store_open(url, &options, &f.store, NULL) != ES_OK)
        fail_msg("no connection by the proxy");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_store_free(f->store);
    es_store_free(f->direct);
    proxy_stop(&f->proxy);
    return 0;
}

static int empty_table(void **state)
{
    struct fixture *f = *state;

    set_cut(&f->proxy, CUT_NEVER);
    fixture_sql("TRUNCATE t");
    return 0;
}

struct attempt {
    int calls, kept, dropped, unknown;
    void (*before_end)(void); /* called behind the statement */
    es_status status;
    struct es_store *store;
};

static void count_end(void *ctx, enum es_tx_end end)
{
    struct attempt *a = ctx;

    a->kept += end == ES_TX_KEPT;
    a->dropped += end == ES_TX_DROPPED;
    a->unknown += end == ES_TX_UNKNOWN;
}

static es_status insert(void *ctx, struct es_tx *tx, struct es_error *err)
{
    static const char sql[] = "INSERT INTO t (txt) VALUES ($1)";
    const struct es_value needle = es_value_text("needle");
    struct attempt *a = ctx;

    a->calls++;
    ES_TRY(es_tx_at_end(tx, count_end, a, err));
    ES_TRY(es_tx_run(tx, sql, &needle, 1, NULL, err));
    if (a->before_end != NULL)
        a->before_end();
    return ES_OK;
}

static int64_t rows(void)
{
    return fixture_number("SELECT count(*) FROM t");
}

/** Nobody is at work in the database but who asks: what was begun has ended. */
static void wait_for_backends(void)
{
    fixture_wait_for("SELECT count(*) FROM pg_stat_activity WHERE usename = 'eseal' AND "
                     "state <> 'idle'",
                     0);
}

static void assert_heals(struct fixture *f)
{
    struct attempt again = {0};
    int64_t before = rows();

    set_cut(&f->proxy, CUT_NEVER);
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, insert, &again, NULL), ES_OK);
    assert_int_equal(again.kept, 1);
    assert_int_equal(rows(), before + 1);
}

static void commit_whose_answer_got_lost_is_unknown_and_there(void **state)
{
    struct fixture *f = *state;
    struct attempt a = {0};

    set_cut(&f->proxy, CUT_AFTER_COMMIT);
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, insert, &a, NULL), ES_E_UNKNOWN);
    assert_int_equal(a.calls, 1);
    assert_int_equal(a.unknown, 1);
    assert_int_equal(a.kept + a.dropped, 0);
    wait_for_backends();
    assert_int_equal(rows(), 1);
    assert_heals(f);
}

static void commit_that_did_not_arrive_is_unknown_and_not_there(void **state)
{
    struct fixture *f = *state;
    struct attempt a = {0};

    set_cut(&f->proxy, CUT_BEFORE_COMMIT);
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, insert, &a, NULL), ES_E_UNKNOWN);
    assert_int_equal(a.calls, 1);
    assert_int_equal(a.unknown, 1);
    assert_int_equal(a.kept + a.dropped, 0);
    wait_for_backends();
    assert_int_equal(rows(), 0);
    assert_heals(f);
}

static void line_cut_before_the_commit_is_unreachable_and_not_there(void **state)
{
    struct fixture *f = *state;
    struct attempt a = {0};

    set_cut(&f->proxy, CUT_AT_INSERT);
    assert_int_equal(es_store_write(f->store, ES_AS_SERVICE, insert, &a, NULL), ES_E_UNREACHABLE);
    assert_int_equal(a.calls, 1);
    assert_int_equal(a.dropped, 1);
    assert_int_equal(a.kept + a.unknown, 0);
    wait_for_backends();
    assert_int_equal(rows(), 0);
    assert_heals(f);
}

static void session_is_lost_with_its_unknown_commit(void **state)
{
    struct fixture *f = *state;
    struct es_session *session = NULL;
    struct attempt a = {0};

    assert_int_equal(es_session_open(f->store, ES_AS_SERVICE, 5, &session, NULL), ES_OK);
    set_cut(&f->proxy, CUT_AFTER_COMMIT);
    assert_int_equal(es_session_write(session, insert, &a, NULL), ES_E_UNKNOWN);
    set_cut(&f->proxy, CUT_NEVER);
    assert_int_equal(es_session_write(session, insert, &a, NULL), ES_E_UNREACHABLE);
    assert_int_equal(a.calls, 1);
    es_session_free(session);
    assert_int_equal(rows(), 1);
}

#define WRITERS "FROM pg_stat_activity WHERE usename = 'eseal' AND state = 'idle in transaction'"

static void terminate_writers(void)
{
    fixture_sql("SELECT pg_terminate_backend(pid) " WRITERS);
    fixture_wait_for("SELECT count(*) " WRITERS, 0);
}

static void backend_ended_before_the_commit_is_unreachable(void **state)
{
    struct fixture *f = *state;
    struct attempt a = {.before_end = terminate_writers};

    assert_int_equal(es_store_write(f->direct, ES_AS_SERVICE, insert, &a, NULL), ES_E_UNREACHABLE);
    assert_int_equal(a.calls, 1);
    assert_int_equal(a.dropped, 1);
    assert_int_equal(rows(), 0);
}

/* ---- a standby that never answers ---- */

#define WAITERS "FROM pg_stat_activity WHERE usename = 'eseal' AND wait_event = 'SyncRep'"

static void *write_alone(void *ctx)
{
    struct attempt *a = ctx;

    a->status = es_store_write(a->store, ES_AS_SERVICE, insert, a, NULL);
    return NULL;
}

static void set_standby(const char *names)
{
    char sql[128];

    (void) snprintf(sql, sizeof sql, "ALTER SYSTEM SET synchronous_standby_names = '%s'", names);
    fixture_sql(sql);
    fixture_sql("SELECT pg_reload_conf()");
    (void) snprintf(sql, sizeof sql,
                    "SELECT (current_setting('synchronous_standby_names') = '%s')::int", names);
    fixture_wait_for(sql, 1);
}

/** End the wait for a standby by a function of the server and see what is said of it. */
static void assert_ended_wait_is_unknown(struct fixture *f, const char *end)
{
    struct attempt a = {.store = f->direct};
    pthread_t thread;

    set_standby("ANY 1 (nobody)");
    assert_int_equal(pthread_create(&thread, NULL, write_alone, &a), 0);
    fixture_wait_for("SELECT count(*) " WAITERS, 1);
    fixture_sql(end);
    (void) pthread_join(thread, NULL);
    set_standby("");
    assert_int_equal(a.status, ES_E_UNKNOWN);
    assert_int_equal(a.calls, 1);
    assert_int_equal(a.unknown, 1);
    assert_int_equal(a.kept + a.dropped, 0);
    assert_int_equal(rows(), 1);
}

static void cancelled_wait_for_a_standby_is_unknown(void **state)
{
    assert_ended_wait_is_unknown(*state, "SELECT pg_cancel_backend(pid) " WAITERS);
}

static void backend_ended_while_it_waits_for_a_standby_is_unknown(void **state)
{
    assert_ended_wait_is_unknown(*state, "SELECT pg_terminate_backend(pid) " WAITERS);
}

#define FRESH(test) cmocka_unit_test_setup(test, empty_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(commit_whose_answer_got_lost_is_unknown_and_there),
        FRESH(commit_that_did_not_arrive_is_unknown_and_not_there),
        FRESH(line_cut_before_the_commit_is_unreachable_and_not_there),
        FRESH(session_is_lost_with_its_unknown_commit),
        FRESH(backend_ended_before_the_commit_is_unreachable),
        FRESH(cancelled_wait_for_a_standby_is_unknown),
        FRESH(backend_ended_while_it_waits_for_a_standby_is_unknown),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
