/* Secrets: what is left of them, how they are compared, where they are read from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "es_base.h"

#define CAP 16

static void assert_empty(const struct es_secret *secret)
{
    assert_int_equal(secret->len, 0);
    for (size_t i = 0; i < secret->cap; i++)
        assert_int_equal(secret->ptr[i], 0);
}

/* A descriptor that gives these bytes. */
static int pipe_of(const void *bytes, size_t len)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], bytes, len), len);
    (void) close(fds[1]);
    return fds[0];
}

static es_status read_bytes(struct es_secret *secret, const void *bytes, size_t len)
{
    int fd = pipe_of(bytes, len);
    es_status status = es_secret_read_fd(secret, fd, NULL);

    (void) close(fd);
    return status;
}

/* ---- memory ---- */

static void a_secret_past_a_mebibyte_is_refused(void **state)
{
    struct es_secret secret;

    (void) state;
    assert_int_equal(es_secret_init(&secret, (1u << 20) + 1, NULL), ES_E_LIMIT);
    assert_null(secret.ptr);
    assert_int_equal(es_secret_init(&secret, SIZE_MAX, NULL), ES_E_LIMIT);
    es_secret_clear(&secret);
}

static void a_value_longer_than_the_capacity_is_refused(void **state)
{
    ES_AUTO(es_secret) secret = {0};
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_secret_init(&secret, 4, NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_str("abcd"), NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_str("vwxyz"), &err), ES_E_LIMIT);
    assert_null(strstr(err.text, "vwxyz"));
    assert_true(es_secret_equal(&secret, es_span_str("abcd")));
}

static void a_shorter_value_leaves_nothing_of_the_longer_one(void **state)
{
    ES_AUTO(es_secret) secret = {0};

    (void) state;
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_str("0123456789"), NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_str("ab"), NULL), ES_OK);
    for (size_t i = 2; i < CAP; i++)
        assert_int_equal(secret.ptr[i], 0);
}

static void a_part_of_a_secret_can_become_the_secret(void **state)
{
    ES_AUTO(es_secret) secret = {0};

    (void) state;
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_str("0123456789"), NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_of(secret.ptr + 2, 6), NULL), ES_OK);
    assert_true(es_secret_equal(&secret, es_span_str("234567")));
}

static void clear_gives_the_memory_back_and_may_be_repeated(void **state)
{
    struct es_secret secret;

    (void) state;
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_str("abc"), NULL), ES_OK);
    es_secret_clear(&secret);
    es_secret_clear(&secret);
    assert_null(secret.ptr);
    assert_int_equal(secret.len, 0);
    assert_int_equal(secret.cap, 0);
}

static void wiped_memory_is_zero(void **state)
{
    char bytes[] = "secret";

    (void) state;
    es_wipe(bytes, 3);
    assert_memory_equal(bytes, "\0\0\0ret", 7);
    es_wipe(NULL, 0);
}

static void equal_means_same_length_and_bytes(void **state)
{
    ES_AUTO(es_secret) secret = {0};

    (void) state;
    assert_true(es_secret_equal(&secret, es_span_of(NULL, 0)));
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_of("ab\0d", 4), NULL), ES_OK);
    assert_true(es_secret_equal(&secret, es_span_of("ab\0d", 4)));
    assert_false(es_secret_equal(&secret, es_span_of("ab\0e", 4)));
    assert_false(es_secret_equal(&secret, es_span_of("bb\0d", 4)));
    assert_false(es_secret_equal(&secret, es_span_of("ab\0", 3)));
    assert_false(es_secret_equal(&secret, es_span_of("ab\0d\0", 5)));
}

/* ---- reading ---- */

static void one_line_is_read_without_its_end(void **state)
{
    ES_AUTO(es_secret) secret = {0};

    (void) state;
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(read_bytes(&secret, "abc\n", 4), ES_OK);
    assert_true(es_secret_equal(&secret, es_span_str("abc")));
    assert_int_equal(read_bytes(&secret, "abc\r\nrest", 9), ES_OK);
    assert_true(es_secret_equal(&secret, es_span_str("abc")));
    assert_int_equal(secret.ptr[3], 0);
    assert_int_equal(read_bytes(&secret, "a b", 3), ES_OK);
    assert_true(es_secret_equal(&secret, es_span_str("a b")));
    assert_int_equal(read_bytes(&secret, "", 0), ES_OK);
    assert_empty(&secret);
}

static void what_stands_behind_the_line_stays_in_the_descriptor(void **state)
{
    ES_AUTO(es_secret) secret = {0};
    int fd = pipe_of("one\ntwo\n", 8);

    (void) state;
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(es_secret_read_fd(&secret, fd, NULL), ES_OK);
    assert_int_equal(es_secret_read_fd(&secret, fd, NULL), ES_OK);
    assert_true(es_secret_equal(&secret, es_span_str("two")));
    (void) close(fd);
}

static void a_line_of_the_capacity_fits_and_one_more_is_refused(void **state)
{
    ES_AUTO(es_secret) secret = {0};

    (void) state;
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(read_bytes(&secret, "0123456789abcdef\n", 17), ES_OK);
    assert_int_equal(secret.len, CAP);
    assert_int_equal(read_bytes(&secret, "0123456789abcdefg\n", 18), ES_E_LIMIT);
    assert_empty(&secret);
}

static void a_descriptor_that_cannot_be_read_is_told(void **state)
{
    ES_AUTO(es_secret) secret = {0};

    (void) state;
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(es_secret_set(&secret, es_span_str("old"), NULL), ES_OK);
    assert_int_equal(es_secret_read_fd(&secret, -1, NULL), ES_E_IO);
    assert_empty(&secret);
}

static void a_file_is_read_and_a_missing_one_told(void **state)
{
    ES_AUTO(es_secret) secret = {0};
    char path[] = "/tmp/eseal-test-XXXXXX";
    int fd = mkstemp(path);

    (void) state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "from file\n", 10), 10);
    (void) close(fd);
    assert_int_equal(es_secret_init(&secret, CAP, NULL), ES_OK);
    assert_int_equal(es_secret_read_file(&secret, path, NULL), ES_OK);
    assert_true(es_secret_equal(&secret, es_span_str("from file")));
    (void) unlink(path);
    assert_int_equal(es_secret_read_file(&secret, path, NULL), ES_E_ABSENT);
    assert_int_equal(es_secret_read_file(&secret, "/", NULL), ES_E_IO);
}

/* ---- the terminal: a child asks, this side is its terminal ---- */

static int ask_in_child(void)
{
    struct es_secret secret;
    bool good;

    if (es_secret_init(&secret, CAP, NULL) != ES_OK)
        return 2;
    good = es_secret_ask(&secret, "password: ", NULL) == ES_OK &&
           es_secret_equal(&secret, es_span_str("let me in"));
    es_secret_clear(&secret);
    return good ? 0 : 1;
}

static bool echoes(int terminal)
{
    struct termios mode;

    assert_int_equal(tcgetattr(terminal, &mode), 0);
    return (mode.c_lflag & ECHO) != 0;
}

/* Start a child and wait for its prompt. */
static pid_t start_asking(int *terminal)
{
    struct pollfd ready = {.events = POLLIN};
    char prompt[10];
    pid_t child = forkpty(terminal, NULL, NULL, NULL);

    if (child < 0) /* no pseudo-terminals, as in a bare chroot */
        skip();
    if (child == 0)
        _exit(ask_in_child());
    ready.fd = *terminal;
    for (size_t got = 0; got < sizeof prompt;) {
        assert_int_equal(poll(&ready, 1, 10000), 1);
        assert_int_equal(read(*terminal, prompt + got, 1), 1);
        got++;
    }
    assert_memory_equal(prompt, "password: ", sizeof prompt);
    return child;
}

static int end_of(pid_t child)
{
    int end = 0;

    assert_int_equal(waitpid(child, &end, 0), child);
    return end;
}

static void a_password_is_asked_for_without_echo(void **state)
{
    int terminal = -1;
    pid_t child = start_asking(&terminal);
    int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    int end;

    (void) state;
    assert_true(slave >= 0);
    assert_false(echoes(terminal));
    assert_int_equal(write(terminal, "let me in\n", 10), 10);
    end = end_of(child);
    assert_true(WIFEXITED(end));
    assert_int_equal(WEXITSTATUS(end), 0);
    assert_true(echoes(terminal));
    (void) close(slave);
    (void) close(terminal);
}

static void an_interrupted_question_leaves_the_terminal_echoing(void **state)
{
    int terminal = -1;
    pid_t child = start_asking(&terminal);
    int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    int end;

    (void) state;
    assert_true(slave >= 0);
    assert_int_equal(write(terminal, "let \003", 5), 5);
    end = end_of(child);
    assert_true(WIFSIGNALED(end));
    assert_int_equal(WTERMSIG(end), SIGINT);
    assert_true(echoes(terminal));
    (void) close(slave);
    (void) close(terminal);
}

static void without_a_terminal_nobody_is_asked(void **state)
{
    pid_t child = fork();
    int end;

    (void) state;
    assert_true(child >= 0);
    if (child == 0) {
        struct es_secret secret;

        (void) setsid(); /* no controlling terminal from here on */
        if (es_secret_init(&secret, CAP, NULL) != ES_OK)
            _exit(2);
        _exit(es_secret_ask(&secret, "password: ", NULL) == ES_E_ABSENT ? 0 : 1);
    }
    end = end_of(child);
    assert_true(WIFEXITED(end));
    assert_int_equal(WEXITSTATUS(end), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_past_a_mebibyte_is_refused),
        cmocka_unit_test(a_value_longer_than_the_capacity_is_refused),
        cmocka_unit_test(a_shorter_value_leaves_nothing_of_the_longer_one),
        cmocka_unit_test(a_part_of_a_secret_can_become_the_secret),
        cmocka_unit_test(clear_gives_the_memory_back_and_may_be_repeated),
        cmocka_unit_test(wiped_memory_is_zero),
        cmocka_unit_test(equal_means_same_length_and_bytes),
        cmocka_unit_test(one_line_is_read_without_its_end),
        cmocka_unit_test(what_stands_behind_the_line_stays_in_the_descriptor),
        cmocka_unit_test(a_line_of_the_capacity_fits_and_one_more_is_refused),
        cmocka_unit_test(a_descriptor_that_cannot_be_read_is_told),
        cmocka_unit_test(a_file_is_read_and_a_missing_one_told),
        cmocka_unit_test(a_password_is_asked_for_without_echo),
        cmocka_unit_test(an_interrupted_question_leaves_the_terminal_echoing),
        cmocka_unit_test(without_a_terminal_nobody_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
