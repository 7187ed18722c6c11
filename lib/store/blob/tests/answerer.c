/* The other side of the S3 tests: a process, two pipes, a folder with a file of credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answerer.h"
#include "es_base.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void answerer_file(const struct answerer *a, const char *name, const char *text, unsigned mode,
                   char path[96])
{
    assert_in_range(snprintf(path, 96, "%s/%s", a->folder, name), 1, 95);
    assert_int_equal(es_file_write(path, es_span_str(text), mode, true, NULL), ES_OK);
    assert_int_equal(chmod(path, (mode_t) mode), 0);
}

static void spawn(struct answerer *a, const char *cert, const char *key)
{
    char *const argv[] = {"python3",
                          S3_ANSWERER,
                          ANSWERER_BUCKET,
                          ANSWERER_REGION,
                          ANSWERER_ACCESS,
                          ANSWERER_SECRET,
                          NULL,
                          NULL,
                          NULL};
    char *full[9];
    posix_spawn_file_actions_t actions;
    int in[2], out[2];

    memcpy(full, argv, sizeof full);
    full[6] = cert == NULL ? NULL : strdup(cert);
    full[7] = key == NULL ? NULL : strdup(key);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, in[0], 0), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out[1], 1), 0);
    assert_int_equal(posix_spawnp(&a->pid, "python3", &actions, NULL, full, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    (void) close(in[0]);
    (void) close(out[1]);
    a->to = fdopen(in[1], "w");
    a->from = fdopen(out[0], "r");
    assert_true(a->to != NULL && a->from != NULL);
    free(full[6]);
    free(full[7]);
}

void answerer_start(struct answerer *a, const char *cert, const char *key)
{
    const char *base = getenv("TMPDIR");
    char line[64];

    *a = (struct answerer){0};
    (void) snprintf(a->folder, sizeof a->folder, "%.40s/es-blob-XXXXXX",
                    base == NULL || strlen(base) > 40 ? "/tmp" : base);
    assert_non_null(mkdtemp(a->folder));
    answerer_file(a, "credentials", ANSWERER_ACCESS "\n" ANSWERER_SECRET "\n", 0600,
                  a->credentials);
    assert_int_equal(setenv("ESEAL_S3_CREDENTIALS", a->credentials, 1), 0);
    spawn(a, cert, key);
    assert_non_null(fgets(line, sizeof line, a->from));
    assert_int_equal(sscanf(line, "port %u", &a->port), 1);
}

const char *answerer_tell(struct answerer *a, const char *format, ...)
{
    static char line[1 << 16];
    va_list args;

    va_start(args, format);
    assert_true(vfprintf(a->to, format, args) > 0);
    va_end(args);
    assert_true(fputc('\n', a->to) == '\n' && fflush(a->to) == 0);
    assert_non_null(fgets(line, sizeof line, a->from));
    line[strcspn(line, "\n")] = '\0';
    return line;
}

void answerer_stop(struct answerer *a)
{
    int status = -1;

    (void) fclose(a->to);
    assert_int_equal(waitpid(a->pid, &status, 0), a->pid);
    (void) fclose(a->from);
    (void) unlink(a->credentials);
    assert_int_equal(rmdir(a->folder), 0);
    assert_int_equal(status, 0);
}
