/*
 * log-06, a round of it: the process ends at each step of the sequencer under load. Nothing that
 * was acknowledged is lost or doubled, and the log goes on and verifies. The program that is killed
 * is the first argument.
 */
#include "keep_fixture.h"

#include <sys/wait.h>

static const char *program;

static int run(const char *const *argv)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        (void) execv(program, (char *const *) (uintptr_t) argv);
        _exit(127);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static es_status remove_file(void *ctx, const char *name, struct es_error *err)
{
    char path[512];

    (void) err;
    (void) snprintf(path, sizeof path, "%s/%s", (const char *) ctx, name);
    if (unlink(path) != 0) {
        assert_int_equal(es_dir_each(path, remove_file, path, NULL), ES_OK);
        assert_int_equal(rmdir(path), 0);
    }
    return ES_OK;
}

static void whoever_dies_at_a_step_loses_and_doubles_nothing(void **state)
{
    const char *base = getenv("TMPDIR");
    char folder[128], step[16], nth[16];

    (void) state;
    if (program == NULL)
        skip();
    (void) snprintf(folder, sizeof folder, "%s/eseal-kill-XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(run((const char *const[]){program, "create", folder, NULL}), 0);
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < ES_STEP_COUNT; i++) {
            (void) snprintf(step, sizeof step, "%d", i);
            (void) snprintf(nth, sizeof nth, "%d", round * 5 - 4);
            assert_int_equal(run((const char *const[]){program, "load", folder, step, nth, NULL}),
                             9);
            assert_int_equal(run((const char *const[]){program, "check", folder, NULL}), 0);
        }
    }
    assert_int_equal(es_dir_each(folder, remove_file, folder, NULL), ES_OK);
    assert_int_equal(rmdir(folder), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_dies_at_a_step_loses_and_doubles_nothing),
    };

    program = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
