/*
 * eseal verify: many files at once on as many threads as there are processors; answers come in the
 * order of the command line, so the same call gives the same output.
 */
#include "cli.h"
#include "es_json.h"
#include "trust.h"

#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define THREADS_MAX 64
#define OUTPUT_MAX ((size_t) 256 << 20)

const struct cli_option cmd_verify_options[] = {
    {"policy", 0, "NAME|FILE", false, "standard, assured (default), strict, or a file",
     "验证策略:standard、assured(默认)、strict 或文件"},
    {"trust", 0, "DIR", false, "folder of trusted certificates (eseal help trust)",
     "信任目录(见 eseal help trust)"},
    {"at", 0, "TIME", false, "judge as of that time, not now", "以指定时间为准判断"},
    {"status", 0, "FILE", true, "seal-status proof, or signed answer about the seal's state",
     "印章状态证明或签名答复文件"},
    {"log-policy", 0, "FILE", true, "status logs and witnesses to believe (also trust/logs/)",
     "可信状态日志与见证者(亦读取信任目录 logs/)"},
    {"html", 0, "FILE", false, "write a printable report", "输出可打印的 HTML 报告"},
    {"jobs", 'j', "N", false, "files at once (default: processors)", "并行数(默认为处理器数)"},
    {NULL, 0, NULL, false, NULL, NULL},
};

struct answer {
    struct es_report report;
    es_status status; /* of reading the file */
    struct es_error err;
    int code; /* 0 valid, 1 invalid, 2 cannot tell, 3 could not be read */
    bool done;
};

struct batch {
    const struct cli *cli;
    struct cli_verifier *v;
    struct answer *answers;
    size_t count, next, done;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static void verify_file(struct batch *b, size_t i)
{
    struct answer *a = &b->answers[i];
    const char *path = b->cli->args[i];
    struct es_source src = {.fd = -1};

    es_report_init(&a->report, &b->v->policy, b->v->now_s);
    a->report.file = path;
    a->status = cli_source(path, b->v->verifier.limits.zip.file_max, &src, &a->err);
    if (a->status == ES_OK)
        a->status = es_ofd_verify(&src, &b->v->verifier, &a->report, &a->err);
    es_source_clear(&src);
    a->code = a->status == ES_OK ? es_report_exit(&a->report) : 3;
}

static void *work(void *ctx)
{
    struct batch *b = ctx;

    (void) pthread_mutex_lock(&b->lock);
    while (b->next < b->count) {
        size_t i = b->next++;

        (void) pthread_mutex_unlock(&b->lock);
        verify_file(b, i);
        (void) pthread_mutex_lock(&b->lock);
        b->answers[i].done = true;
        b->done++;
        (void) pthread_cond_broadcast(&b->changed);
    }
    (void) pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* ---- output ---- */

static int terminal_width(const struct cli *cli)
{
    struct winsize size;

    if (cli->out_is_tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 0;
}

static es_status print_report(const struct cli *cli, const struct answer *a, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(OUTPUT_MAX);
    const struct es_report_text_options options = {
        .zh = cli->zh,
        .colour = cli->colour,
        .verbose = cli->verbose,
        .width = terminal_width(cli),
    };

    const char *html = cli_get(cli, "html");

    if (!cli->json && (cli->quiet || (html != NULL && strcmp(html, "-") == 0)))
        return ES_OK;
    if (cli->json) {
        ES_TRY(es_report_json(&a->report, &out, err));
        es_buf_put_byte(&out, '\n');
        ES_TRY(es_buf_check(&out, err));
    } else {
        ES_TRY(es_report_text(&a->report, &options, &out, err));
    }
    return cli_print(es_buf_span(&out), err);
}

/* A file that could not be read is told on standard error; with --json a line of its own. */
static es_status print_failure(const struct cli *cli, const char *path, const struct answer *a,
                               struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(65536);
    struct es_json_out json = {.buf = &out};

    cli_complain(cli, a->status, a->err.text);
    if (!cli->json)
        return ES_OK;
    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "file", path);
    es_json_pair_text(&json, "code", es_status_name(a->status));
    es_json_pair_text(&json, "detail", a->err.text);
    es_json_end_object(&json);
    es_buf_put_byte(&out, '\n');
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

static void show_progress(const struct batch *b)
{
    if (b->cli->err_is_tty && !b->cli->quiet && b->count > 1)
        (void) fprintf(stderr, "\r%zu/%zu%s", b->done, b->count,
                       b->done == b->count ? "\r\033[K" : "");
}

static void wait_for(struct batch *b, size_t i)
{
    (void) pthread_mutex_lock(&b->lock);
    while (!b->answers[i].done) {
        show_progress(b);
        (void) pthread_cond_wait(&b->changed, &b->lock);
    }
    show_progress(b);
    (void) pthread_mutex_unlock(&b->lock);
}

static es_status print_answers(struct batch *b, bool keep, struct es_error *err)
{
    es_status status = ES_OK;

    for (size_t i = 0; i < b->count; i++) {
        struct answer *a = &b->answers[i];

        wait_for(b, i);
        if (status == ES_OK)
            status = a->status != ES_OK ? print_failure(b->cli, b->cli->args[i], a, err)
                                        : print_report(b->cli, a, err);
        if (!keep)
            es_report_clear(&a->report);
    }
    return status;
}

static es_status write_html(const struct batch *b, const char *path, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(OUTPUT_MAX);
    const struct es_report **reports = calloc(b->count, sizeof *reports);
    size_t count = 0;
    es_status status;

    ES_ENSURE(reports != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < b->count; i++)
        if (b->answers[i].status == ES_OK)
            reports[count++] = &b->answers[i].report;
    status = es_report_html(reports, count, b->cli->zh, &out, err);
    free(reports);
    ES_TRY(status);
    return cli_write(b->cli, path, es_buf_span(&out), 0644, err);
}

/* Worst of 1 > 2 > 0; 3 when some of several files could not be read. */
static int exit_of(const struct batch *b)
{
    bool invalid = false, unclear = false, failed = false;

    for (size_t i = 0; i < b->count; i++) {
        int code = b->answers[i].code;

        invalid |= code == 1;
        unclear |= code == 2;
        failed |= code == 3;
    }
    return invalid ? 1 : failed ? 3 : unclear ? 2 : 0;
}

/* ---- running ---- */

static es_status count_jobs(const struct cli *cli, size_t files, size_t *out, struct es_error *err)
{
    const char *text = cli_get(cli, "jobs");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t jobs = processors < 1             ? 1
                    : processors > THREADS_MAX ? THREADS_MAX
                                               : (uint32_t) processors;

    if (text != NULL)
        ES_TRY(cli_uint("--jobs", text, 1, THREADS_MAX, &jobs, err));
    *out = jobs < files ? jobs : files;
    return ES_OK;
}

static es_status run_batch(struct batch *b, size_t jobs, struct es_error *err)
{
    pthread_t threads[THREADS_MAX];
    const char *html = cli_get(b->cli, "html");
    size_t started = 0;
    es_status status;

    while (started < jobs && pthread_create(&threads[started], NULL, work, b) == 0)
        started++;
    if (started == 0)
        (void) work(b);
    status = print_answers(b, html != NULL, err);
    for (size_t i = 0; i < started; i++)
        (void) pthread_join(threads[i], NULL);
    if (status == ES_OK && html != NULL)
        status = write_html(b, html, err);
    return status;
}

es_status cmd_verify(struct cli *cli, struct es_error *err)
{
    struct cli_verifier v;
    struct batch b = {.cli = cli, .v = &v, .count = cli->arg_count};
    size_t jobs = 1, dashes = 0;
    es_status status;

    for (size_t i = 0; i < cli->arg_count; i++)
        dashes += strcmp(cli->args[i], "-") == 0;
    ES_ENSURE(dashes < 2, err, ES_E_USAGE, "- is given twice; standard input can be read once");
    ES_TRY(count_jobs(cli, b.count, &jobs, err));
    ES_TRY(cli_verifier_init(cli, &v, err));
    b.answers = calloc(b.count, sizeof *b.answers);
    if (b.answers == NULL) {
        cli_verifier_clear(&v);
        return es_error_set(err, ES_E_NOMEM, "out of memory");
    }
    (void) pthread_mutex_init(&b.lock, NULL);
    (void) pthread_cond_init(&b.changed, NULL);
    status = run_batch(&b, jobs, err);
    cli->exit_code = exit_of(&b);
    if (status == ES_OK && b.count == 1 && b.answers[0].status != ES_OK)
        cli->exit_code = es_status_exit(b.answers[0].status);
    for (size_t i = 0; i < b.count; i++)
        es_report_clear(&b.answers[i].report);
    free(b.answers);
    cli_verifier_clear(&v);
    return status;
}
