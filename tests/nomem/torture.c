/* See torture.h. ES_NOMEM_ONLY=name:n:all (all 0 or 1) runs one round and shows its site. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "torture.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SITES_MAX 1000000

/* What is being done, for the handler of a crash. */
static struct {
    char text[128];
    size_t len;
} now;

static void tell_crash(int number)
{
    (void) !write(STDERR_FILENO, now.text, now.len);
    (void) signal(number, SIG_DFL);
    (void) raise(number);
}

static void note(const struct job *job, long nth, bool all)
{
    int len = snprintf(now.text, sizeof now.text, "# crash in %s:%ld:%d\n", job->name, nth, all);

    now.len = len > 0 ? (size_t) len : 0;
}

static long every(void)
{
    const char *text = getenv("ES_NOMEM_EVERY");
    long n = text == NULL ? 7 : strtol(text, NULL, 10);

    return n < 1 ? 1 : n;
}

/* OpenSSL keeps an error queue and random state for the thread; the next round makes them anew. */
static long live_at_rest(void)
{
    OPENSSL_thread_stop();
    return alloc_live();
}

/* Run without failures until the caches of the libraries are full. */
static long warm_up(const struct job *job)
{
    long live = -1;

    for (int i = 0; i < 8; i++) {
        struct es_error err = {0};
        es_status status = job->run(job->ctx, &err);

        if (status != ES_OK)
            fail_msg("%s without failures: %s", job->name, err.text);
        if (job->check != NULL)
            job->check(job->ctx, status);
        if (live_at_rest() == live)
            return live;
        live = live_at_rest();
    }
    fail_msg("%s leaks", job->name);
    return live;
}

/* OpenSSL does not always say that it lacked memory; then it only "could not". */
static bool is_allowed(es_status status)
{
    return status == ES_OK || status == ES_E_NOMEM || status == ES_E_CRYPTO;
}

/* False when the job ended before it met the failing allocation. */
static bool round_at(const struct job *job, long nth, bool all, long live)
{
    struct es_error err = {0};
    es_status status;
    bool met;

    note(job, nth, all);
    alloc_fail(nth, all);
    status = job->run(job->ctx, &err);
    met = alloc_relent();
    if (!is_allowed(status))
        fail_msg("%s:%ld:%d: status %s, %s", job->name, nth, all, es_status_name(status), err.text);
    if (!met && status != ES_OK)
        fail_msg("%s:%ld:%d: failed without reason", job->name, nth, all);
    if (job->check != NULL)
        job->check(job->ctx, status);
    if (live_at_rest() != live)
        fail_msg("%s:%ld:%d: %ld blocks leak", job->name, nth, all, live_at_rest() - live);
    return met;
}

/* The one round that ES_NOMEM_ONLY names, when it names this job. */
static bool only(const struct job *job, long live)
{
    const char *text = getenv("ES_NOMEM_ONLY");
    size_t len = strlen(job->name);
    char *rest;
    long nth;

    if (text == NULL)
        return false;
    if (strncmp(text, job->name, len) != 0 || text[len] != ':')
        return true;
    nth = strtol(text + len + 1, &rest, 10);
    alloc_trace(true);
    (void) round_at(job, nth, strcmp(rest, ":1") == 0, live);
    alloc_trace(false);
    return true;
}

void torture(const struct job *job)
{
    const long step = every();
    long live = warm_up(job);
    long nth[2] = {0, step / 2}; /* the two ways meet different sites when some are left out */

    (void) signal(SIGSEGV, tell_crash);
    (void) signal(SIGABRT, tell_crash);
    if (only(job, live))
        return;
    for (int all = 0; all < 2; all++)
        while (round_at(job, nth[all], all != 0, live)) {
            nth[all] += step;
            assert_true(nth[all] < SITES_MAX);
        }
    print_message("# %s: %ld sites, every %ld.\n", job->name, nth[0], step);
}
