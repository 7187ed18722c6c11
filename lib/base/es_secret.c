/*
 * Secrets live in pages of their own: locked (as far as the limit allows), left out of core dumps
 * and of forks, wiped before they are given back.
 */
#include "es_base.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

void es_wipe(void *ptr, size_t len)
{
    if (len > 0)
        explicit_bzero(ptr, len);
}

static size_t page_round(size_t len)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);

    return (len + page - 1) / page * page;
}

es_status es_secret_init(struct es_secret *secret, size_t cap, struct es_error *err)
{
    size_t len = page_round(cap == 0 ? 1 : cap);
    void *ptr;

    *secret = (struct es_secret){0};
    ES_ENSURE(cap <= 1u << 20, err, ES_E_LIMIT, "secret of %zu bytes, allowed are %u", cap,
              1u << 20);
    ptr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ES_ENSURE(ptr != MAP_FAILED, err, ES_E_NOMEM, "out of memory");
    /* Locking may be over the user's limit; the rest holds all the same. */
    (void) mlock(ptr, len);
    (void) madvise(ptr, len, MADV_DONTDUMP);
    (void) madvise(ptr, len, MADV_WIPEONFORK);
    secret->ptr = ptr;
    secret->cap = cap;
    return ES_OK;
}

void es_secret_clear(struct es_secret *secret)
{
    if (secret->ptr != NULL) {
        es_wipe(secret->ptr, secret->cap);
        (void) munmap(secret->ptr, page_round(secret->cap == 0 ? 1 : secret->cap));
    }
    *secret = (struct es_secret){0};
}

es_status es_secret_set(struct es_secret *secret, struct es_span value, struct es_error *err)
{
    ES_ENSURE(value.len <= secret->cap, err, ES_E_LIMIT, "secret is longer than %zu bytes",
              secret->cap);
    if (value.len > 0)
        memmove(secret->ptr, value.ptr, value.len);
    if (secret->cap > value.len)
        es_wipe(secret->ptr + value.len, secret->cap - value.len);
    secret->len = value.len;
    return ES_OK;
}

bool es_secret_equal(const struct es_secret *a, struct es_span b)
{
    uint8_t diff = 0;

    if (a->len != b.len)
        return false;
    for (size_t i = 0; i < b.len; i++)
        diff |= (uint8_t) (a->ptr[i] ^ b.ptr[i]);
    return diff == 0;
}

static void empty(struct es_secret *secret)
{
    es_wipe(secret->ptr, secret->cap);
    secret->len = 0;
}

/* One line, read byte by byte so that nothing behind it is taken from a shared descriptor. */
static es_status read_line(struct es_secret *secret, int fd, struct es_error *err)
{
    for (;;) {
        uint8_t c = 0;
        ssize_t got = read(fd, &c, 1);

        if (got < 0 && errno == EINTR)
            continue;
        ES_ENSURE(got >= 0, err, ES_E_IO, "cannot read the secret: %s", strerror(errno));
        if (got == 0 || c == '\n')
            break;
        ES_ENSURE(secret->len < secret->cap, err, ES_E_LIMIT, "secret is longer than %zu bytes",
                  secret->cap);
        secret->ptr[secret->len++] = c;
    }
    if (secret->len > 0 && secret->ptr[secret->len - 1] == '\r')
        secret->ptr[--secret->len] = 0;
    return ES_OK;
}

es_status es_secret_read_fd(struct es_secret *secret, int fd, struct es_error *err)
{
    es_status status;

    empty(secret);
    status = read_line(secret, fd, err);
    if (status != ES_OK)
        empty(secret); /* half a secret is none */
    return status;
}

es_status es_secret_read_file(struct es_secret *secret, const char *path, struct es_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    es_status status;

    ES_ENSURE(fd >= 0, err, errno == ENOENT ? ES_E_ABSENT : ES_E_IO, "%s: %s", path,
              strerror(errno));
    status = es_secret_read_fd(secret, fd, err);
    (void) close(fd);
    return status;
}

/* ---- the terminal ---- */

/* Waits until a line can be read; ES_E_ABSENT when one of the signals came first. */
static es_status wait_for_line(int fd, const sigset_t *signals, struct es_error *err)
{
    int signal_fd = signalfd(-1, signals, SFD_CLOEXEC);
    struct pollfd both[2] = {{.fd = fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
    int ready;

    do {
        ready = poll(both, 2, -1);
    } while (ready < 0 && errno == EINTR);
    if (signal_fd >= 0)
        (void) close(signal_fd);
    ES_ENSURE(ready > 0 && both[1].revents == 0, err, ES_E_ABSENT, "no password was given");
    return ES_OK;
}

/*
 * Signals that end or stop the process wait until the terminal echoes again: they stay pending
 * while they are blocked, and take effect when the mask is put back.
 */
static es_status ask_quietly(struct es_secret *secret, int fd, const char *prompt,
                             const struct termios *before, struct es_error *err)
{
    static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    struct termios quiet = *before;
    sigset_t signals, mask;
    es_status status;

    (void) sigemptyset(&signals);
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++)
        (void) sigaddset(&signals, held[i]);
    (void) pthread_sigmask(SIG_BLOCK, &signals, &mask);
    quiet.c_lflag &= ~(tcflag_t) ECHO;
    (void) tcsetattr(fd, TCSAFLUSH, &quiet);
    (void) !write(fd, prompt, strlen(prompt));
    status = wait_for_line(fd, &signals, err);
    if (status == ES_OK)
        status = es_secret_read_fd(secret, fd, err);
    (void) !write(fd, "\n", 1);
    (void) tcsetattr(fd, TCSAFLUSH, before);
    (void) pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return status;
}

es_status es_secret_ask(struct es_secret *secret, const char *prompt, struct es_error *err)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios before;
    es_status status;

    empty(secret);
    ES_ENSURE(fd >= 0, err, ES_E_ABSENT, "no terminal to ask for a password");
    if (tcgetattr(fd, &before) == 0)
        status = ask_quietly(secret, fd, prompt, &before, err);
    else
        status = es_error_set(err, ES_E_ABSENT, "no terminal to ask for a password");
    (void) close(fd);
    return status;
}
