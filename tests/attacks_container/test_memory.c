/*
 * Bombs and other large files are refused in little memory and time (verification.md 8 P7, 9.1
 * zip-16, 9.2 xml-01, xml-08). Each is verified in a child process; what its peak grows by is
 * measured by getrusage. The file itself, and one XML entry of 64 MB, are within the bounds.
 */
#include "attack.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOUND_KB (160L * 1024)
#define CPU_S 20

#if defined(__SANITIZE_ADDRESS__)
#define MEASURES 0 /* the sanitizer keeps freed memory */
#else
#define MEASURES 1
#endif

static long peak_kb(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return -1;
    return usage.ru_maxrss;
}

/* In the child: exit code 0 when all went well. */
static int verify_in_bounds(struct world *w, struct es_span bytes)
{
    const struct es_source src = es_source_memory(bytes);
    const struct es_verifier verifier = {.policy = &w->policies[ES_POLICY_ASSURED],
                                         .trust = w->trust,
                                         .seals = w->cache,
                                         .states = w->states,
                                         .clock = es_clock_fixed(&w->now_s),
                                         .limits = es_ofd_limits_default()};
    long before = peak_kb(), grown;
    struct rusage usage;
    struct es_report report;

    es_report_init(&report, verifier.policy, w->now_s);
    if (es_ofd_verify(&src, &verifier, &report, NULL) != ES_OK || getrusage(RUSAGE_SELF, &usage))
        return 1;
    es_report_clear(&report);
    grown = peak_kb() - before;
    (void) fprintf(stderr, "# %zu bytes: %ld KiB more, %ld s\n", bytes.len, grown,
                   (long) usage.ru_utime.tv_sec);
    if (MEASURES && grown > BOUND_KB)
        return 2;
    return usage.ru_utime.tv_sec > CPU_S ? 3 : 0;
}

static void bounds_kept(struct world *w, const struct attack_case *c)
{
    struct attack a;
    const struct es_span bytes = attack_build(&a, w, c);
    int status = 0;
    pid_t child;

    (void) malloc_trim(0);
    child = fork();
    if (child == 0)
        _exit(verify_in_bounds(w, bytes));
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    attack_clear(&a);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s", !WIFEXITED(status)         ? "the process ended"
                       : WEXITSTATUS(status) == 2 ? "too much memory"
                       : WEXITSTATUS(status) == 3 ? "too much time"
                                                  : "verifying failed");
}

int main(void)
{
    static const struct attack_table *const tables[] = {&attack_zip_bombs, &attack_xml_files, NULL};

    return attack_run("attacks_container/memory", tables, bounds_kept);
}
