/* Whole processes: build/eseal started for one document, as a script would. Sealing includes
 * opening the key under its password (PBKDF2, slow on purpose). */
#include "bench.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 5

struct used {
    double wall_s, cpu_s;
    long kib;
};

static double seconds(struct timeval t)
{
    return (double) t.tv_sec + (double) t.tv_usec / 1e6;
}

/* Run argv in the current folder without output; its exit code must be 0. */
static struct used run(const char *const *argv)
{
    const double begin = bench_wall_s();
    struct rusage usage;
    struct used used;
    int status = 0;
    pid_t pid = fork();

    bench_must(pid >= 0, "no process");
    if (pid == 0) {
        char *args[32] = {0};
        int null = open("/dev/null", O_WRONLY);

        for (size_t i = 0; i < 31 && argv[i] != NULL; i++)
            args[i] = strdup(argv[i]);
        (void) dup2(null, STDOUT_FILENO);
        (void) execv(args[0], args);
        _exit(127);
    }
    bench_must(wait4(pid, &status, 0, &usage) == pid, "process lost");
    used = (struct used){.wall_s = bench_wall_s() - begin,
                         .cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime),
                         .kib = usage.ru_maxrss};
    if (status != 0)
        (void) fprintf(stderr, "bench: %s %s: status %d\n", argv[1], argv[2], status);
    bench_must(status == 0, "the program failed");
    return used;
}

static void best(const char *const *argv, struct used *out)
{
    *out = run(argv);
    for (int i = 1; i < ROUNDS; i++) {
        struct used used = run(argv);

        if (used.wall_s < out->wall_s)
            out->wall_s = used.wall_s;
        if (used.cpu_s < out->cpu_s)
            out->cpu_s = used.cpu_s;
    }
}

static void write_file(const char *path, struct es_span bytes)
{
    bench_must(es_file_write(path, bytes, 0600, true, NULL) == ES_OK, path);
}

static void copy_file(const char *from, const char *to)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(1u << 24);

    bench_must(es_file_read(from, &bytes, NULL) == ES_OK, from);
    write_file(to, es_buf_span(&bytes));
}

static void date_days_ago(char out[16], int64_t days)
{
    char text[ES_TIME_TEXT_MAX];

    es_time_iso(es_clock_system().now_s(NULL) - days * 86400, text);
    (void) snprintf(out, 16, "%.10s", text);
}

#define RUN(...) (void) run((const char *const[]){eseal, __VA_ARGS__, NULL})

static void make_keys(const char *eseal)
{
    static const char *const folders[] = {"keys",         "trust",      "trust/roots",
                                          "trust/makers", "trust/crls", "trust/states"};
    char event[64], today[16];

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        bench_must(mkdir(folders[i], 0700) == 0, folders[i]);
    write_file("password", es_span_str("Correct-Horse-9-Battery\n"));
    (void) setenv("ESEAL_PASSWORD_FILE", "password", 1);
    (void) setenv("ESEAL_KEYS", "keys", 1);
    (void) setenv("ESEAL_TRUST", "trust", 1);
    RUN("ca", "init", "ca", "--name", "bench root");
    RUN("key", "new", "maker");
    RUN("key", "new", "signer");
    RUN("ca", "issue", "ca", "--use", "maker", "--name", "maker", "--key", "maker", "-o", "m.pem");
    RUN("ca", "issue", "ca", "--use", "signer", "--name", "office", "--key", "signer", "-o",
        "s.pem");
    RUN("ca", "crl", "ca", "-o", "trust/crls/ca.crl");
    copy_file("ca/ca.pem", "trust/roots/ca.pem");
    copy_file("m.pem", "trust/makers/m.pem");
    RUN("imprint", "draw", "-o", "i.png", "--ring", "示例市档案局", "--star", "--size", "42",
        "--maker", "m.pem", "--key", "maker");
    RUN("seal", "make", "-o", "o.esl", "--name", "示例市档案局", "--picture", "i.png", "--size",
        "42x42", "--signer", "s.pem", "--maker", "m.pem", "--key", "maker");
    date_days_ago(today, 0);
    (void) snprintf(event, sizeof event, "active@%s", today);
    RUN("seal", "state", "o.esl", "--event", event, "--signer", "m.pem", "--key", "maker", "-o",
        "trust/states/o.json");
}

static void measure(const char *eseal, enum bench_size size, struct bench_process *out)
{
    const char *const sign[] = {eseal,     "sign",    "in.ofd", "-o",     "out.ofd",
                                "--seal",  "o.esl",   "--key",  "signer", "--at",
                                "120,200", "--force", NULL};
    const char *const verify[] = {eseal, "verify", "out.ofd", NULL};
    ES_AUTO(es_buf) document = ES_BUF_INIT((size_t) 1 << 28);
    struct used used;

    bench_document(size, &document);
    write_file("in.ofd", es_buf_span(&document));
    es_buf_clear(&document);
    best(sign, &used);
    out->sign_s = used.wall_s;
    out->sign_cpu_s = used.cpu_s;
    out->sign_kib = used.kib;
    best(verify, &used);
    out->verify_s = used.wall_s;
    out->verify_cpu_s = used.cpu_s;
    out->verify_kib = used.kib;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void) st;
    (void) flag;
    (void) ftw;
    return remove(path);
}

void bench_processes(const char *eseal, struct bench_process out[BENCH_SIZES])
{
    char folder[] = "/tmp/es-bench-XXXXXX";
    char *program = realpath(eseal, NULL);
    int back = open(".", O_RDONLY | O_DIRECTORY);

    bench_must(program != NULL && back >= 0, "program not found");
    bench_must(mkdtemp(folder) != NULL && chdir(folder) == 0, "no folder");
    make_keys(program);
    for (int i = 0; i < BENCH_SIZES; i++)
        measure(program, (enum bench_size) i, &out[i]);
    bench_must(fchdir(back) == 0, "no way back");
    (void) close(back);
    (void) nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(program);
}
