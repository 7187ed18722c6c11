/*
 * keeper create|run|look --url URL --journal FILE [option...]
 *
 *   create  an empty store with keys and logs
 *   run     write until SIGTERM comes, the entries are done or the log is dead; lines on standard
 *           output tell what happens: open, first, sequences, follows, alarm, error, dead, end.
 *           Exit code 0: ended in order, 3: the log took no more, 70: a sync failed
 *   look    judge the store and logs at rest (look.c); exit code 0: nothing is wrong
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#include "keeper.h"

#define USAGE 64

static const char *const step_names[ES_STEP_COUNT] = {
    "read", "built", "stored", "committed", "read-back", "signed", "journalled", "published"};

static bool set_death(struct keeper_options *o, const char *text)
{
    const char *colon = strchr(text, ':');

    if (colon == NULL)
        return false;
    o->die_at = (unsigned) strtoul(colon + 1, NULL, 10);
    for (int i = 0; i < ES_STEP_COUNT; i++) {
        if (strncmp(step_names[i], text, (size_t) (colon - text)) == 0 &&
            step_names[i][colon - text] == '\0') {
            o->die_step = (enum es_ledger_step) i;
            return o->die_at > 0;
        }
    }
    return false;
}

static bool set_option(struct keeper_options *o, int letter, const char *value)
{
    switch (letter) {
    case 'u':
        o->url = value;
        return true;
    case 'j':
        o->journal = value;
        return true;
    case 'a':
        if (o->ack_count == FILES_MAX)
            return false;
        o->acks[o->ack_count++] = value;
        return true;
    case 's':
        o->status = true;
        return true;
    case 'c':
        o->check_tail = true;
        return true;
    case 't':
        o->threads = (unsigned) strtoul(value, NULL, 10);
        return o->threads > 0 && o->threads <= 64;
    case 'e':
        o->entries = (unsigned) strtoul(value, NULL, 10);
        return true;
    case 'r':
        o->rate = (unsigned) strtoul(value, NULL, 10);
        return true;
    case 'd':
        return set_death(o, value);
    case 'i':
        o->instance = value;
        return true;
    case 'f':
        return faults_set(value);
    case 'b':
        o->folder = value;
        return true;
    default:
        return false;
    }
}

static bool read_options(int argc, char **argv, struct keeper_options *o)
{
    static const struct option options[] = {{"url", required_argument, NULL, 'u'},
                                            {"journal", required_argument, NULL, 'j'},
                                            {"acks", required_argument, NULL, 'a'},
                                            {"status", no_argument, NULL, 's'},
                                            {"check-tail", no_argument, NULL, 'c'},
                                            {"threads", required_argument, NULL, 't'},
                                            {"entries", required_argument, NULL, 'e'},
                                            {"rate", required_argument, NULL, 'r'},
                                            {"die", required_argument, NULL, 'd'},
                                            {"instance", required_argument, NULL, 'i'},
                                            {"fault", required_argument, NULL, 'f'},
                                            {"bundles", required_argument, NULL, 'b'},
                                            {NULL, 0, NULL, 0}};
    int letter;

    *o = (struct keeper_options){.threads = 8};
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!set_option(o, letter, optarg))
            return false;
    return optind == argc - 1 && o->url != NULL && o->journal != NULL;
}

/* ---- commands ---- */

static void *await_term(void *ctx)
{
    atomic_bool *stop = ctx;
    sigset_t set;
    int which;

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTERM);
    (void) sigwait(&set, &which);
    atomic_store(stop, true);
    return NULL;
}

static int run(struct site *site)
{
    static atomic_bool stop;
    pthread_t waiter;
    int code;

    if (site->options->ack_count == 0 || pthread_create(&waiter, NULL, await_term, &stop) != 0)
        return USAGE;
    printf("open\n");
    if (site->options->check_tail)
        look_tail(site);
    code = load_run(site, &stop);
    (void) pthread_kill(waiter, SIGTERM); /* it may have had one */
    (void) pthread_join(waiter, NULL);
    site_close_logs(site);
    faults_print();
    printf("end\n");
    return code;
}

static int obey(const char *command, struct site *site)
{
    bool creates = strcmp(command, "create") == 0;
    struct es_error err = {0};
    es_status status = creates ? site_create(site, &err) : site_open(site, &err);

    if (status != ES_OK) {
        printf("cannot %s: %s: %s\n", creates ? "create" : "open", es_status_name(status),
               err.text);
        return 1;
    }
    if (creates)
        return 0;
    return strcmp(command, "run") == 0 ? run(site) : look_run(site);
}

int main(int argc, char **argv)
{
    struct keeper_options options;
    struct site site = {.options = &options};
    sigset_t set;
    int code;

    (void) setvbuf(stdout, NULL, _IOLBF, 0);
    if (!read_options(argc, argv, &options))
        return USAGE;
    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTERM);
    (void) pthread_sigmask(SIG_BLOCK, &set, NULL);
    code = obey(argv[optind], &site);
    site_close(&site);
    return code;
}
