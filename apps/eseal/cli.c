/*
 * Parsing: area and verb first, options in any order after them, "--" ends options. Every option
 * stands in a table; what is not in it is refused with the nearest one that is.
 */
#include "cli.h"

#include "es_json.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <unistd.h>

const struct cli_option cli_common_options[] = {
    {"json", 0, NULL, false, "machine-readable answer on standard output", "以 JSON 输出结果"},
    {"quiet", 'q', NULL, false, "no messages; the exit code is the answer",
     "不输出提示,以退出码为结果"},
    {"verbose", 'v', NULL, false, "more details", "输出更多细节"},
    {"lang", 0, "zh|en", false, "language of texts (default: from the environment)",
     "输出语言(默认取自环境)"},
    {"no-color", 0, NULL, false, "no colours (also: NO_COLOR)", "不使用颜色(或设 NO_COLOR)"},
    {"no-input", 0, NULL, false, "fail instead of asking", "需要询问时直接失败"},
    {"force", 'f', NULL, false, "replace an existing output file", "覆盖已有的输出文件"},
    {"help", 'h', NULL, false, "this help", "显示本帮助"},
    {NULL, 0, NULL, false, NULL, NULL},
};

/* ---- looking up ---- */

const char *cli_get_nth(const struct cli *cli, const char *name, size_t index)
{
    for (size_t i = 0; i < cli->value_count; i++)
        if (strcmp(cli->values[i].option->name, name) == 0 && index-- == 0)
            return cli->values[i].text;
    return NULL;
}

const char *cli_get(const struct cli *cli, const char *name)
{
    for (size_t i = cli->value_count; i > 0; i--)
        if (strcmp(cli->values[i - 1].option->name, name) == 0)
            return cli->values[i - 1].text;
    return NULL;
}

bool cli_has(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < cli->value_count; i++)
        if (strcmp(cli->values[i].option->name, name) == 0)
            return true;
    return false;
}

es_status cli_need(const struct cli *cli, const char *name, const char **out, struct es_error *err)
{
    *out = cli_get(cli, name);
    ES_ENSURE(*out != NULL, err, ES_E_USAGE, "--%s is missing", name);
    return ES_OK;
}

es_status cli_number(const char *what, const char *text, double min, double max, double *out,
                     struct es_error *err)
{
    char *end = NULL;

    errno = 0;
    *out = strtod(text, &end);
    ES_ENSURE(errno == 0 && end != text && *end == 0 && *out >= min && *out <= max, err, ES_E_USAGE,
              "%s \"%s\", allowed are %g to %g", what, text, min, max);
    return ES_OK;
}

es_status cli_uint(const char *what, const char *text, uint32_t min, uint32_t max, uint32_t *out,
                   struct es_error *err)
{
    char *end = NULL;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    ES_ENSURE(errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == 0 && value >= min &&
                  value <= max,
              err, ES_E_USAGE, "%s \"%s\", allowed are %u to %u", what, text, min, max);
    *out = (uint32_t) value;
    return ES_OK;
}

/* The part of text before mark; false when there is none or it is too long. */
static bool before(const char *text, char mark, char *out, size_t len)
{
    const char *at = strchr(text, mark);

    if (at == NULL || (size_t) (at - text) >= len)
        return false;
    memcpy(out, text, (size_t) (at - text));
    out[at - text] = 0;
    return true;
}

es_status cli_size(const char *text, uint32_t min, uint32_t max, uint32_t *width, uint32_t *height,
                   struct es_error *err)
{
    char first[16];

    if (!before(text, 'x', first, sizeof first)) {
        ES_TRY(cli_uint("--size", text, min, max, width, err));
        *height = *width;
        return ES_OK;
    }
    ES_TRY(cli_uint("--size", first, min, max, width, err));
    return cli_uint("--size", strchr(text, 'x') + 1, min, max, height, err);
}

es_status cli_pair(const char *what, const char *text, double min, double max, double *x, double *y,
                   struct es_error *err)
{
    char first[64];

    ES_ENSURE(before(text, ',', first, sizeof first), err, ES_E_USAGE,
              "%s \"%s\", it must be two numbers such as 120,200", what, text);
    ES_TRY(cli_number(what, first, min, max, x, err));
    return cli_number(what, strchr(text, ',') + 1, min, max, y, err);
}

es_status cli_edition(const struct cli *cli, int absent, int *out, struct es_error *err)
{
    const char *text = cli_get(cli, "edition");

    *out = absent;
    if (text == NULL)
        return ES_OK;
    *out = strcmp(text, "2014") == 0   ? 2014
           : strcmp(text, "2020") == 0 ? 2020
           : strcmp(text, "2025") == 0 ? 2025
                                       : 0;
    ES_ENSURE(*out != 0, err, ES_E_USAGE, "--edition \"%s\", allowed are 2014, 2020 and 2025",
              text);
    return ES_OK;
}

es_status cli_time(const struct cli *cli, const char *name, int64_t absent_s, int64_t *out_s,
                   struct es_error *err)
{
    const char *text = cli_get(cli, name);

    *out_s = absent_s;
    if (text == NULL)
        return ES_OK;
    if (es_time_parse(text, cli->clock.now_s(cli->clock.self), out_s, err) != ES_OK)
        return es_error_at(err, ES_E_USAGE, "--%s", name);
    return ES_OK;
}

/* ---- output ---- */

void cli_say(const struct cli *cli, const char *format, ...)
{
    va_list args;

    if (cli->quiet)
        return;
    va_start(args, format);
    (void) vfprintf(stderr, format, args);
    va_end(args);
    (void) fputc('\n', stderr);
}

void cli_complain(const struct cli *cli, es_status status, const char *text)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(8 * ES_ERROR_TEXT_MAX);

    es_buf_put_shown(&shown, es_span_str(text), ES_ERROR_TEXT_MAX);
    (void) fprintf(stderr, "eseal: %s%s%s [%s]\n", cli->zh ? es_status_text_zh(status) : "",
                   cli->zh ? ": " : "", es_buf_cstr(&shown) == NULL ? "" : es_buf_cstr(&shown),
                   es_status_name(status));
}

static void put_problem(const struct cli *cli, es_status status, const char *detail)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(16384);
    struct es_json_out json = {.buf = &buf};
    char no[16];

    (void) snprintf(no, sizeof no, "0x%04X", (unsigned) status);
    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "title",
                      cli->zh ? es_status_text_zh(status) : es_status_text_en(status));
    es_json_pair_text(&json, "code", es_status_name(status));
    es_json_pair_text(&json, "no", no);
    es_json_pair_text(&json, "detail", detail);
    es_json_end_object(&json);
    es_buf_put_byte(&buf, '\n');
    if (buf.failed == ES_OK)
        (void) !write(STDOUT_FILENO, buf.ptr, buf.len);
}

void cli_refuse(const struct cli *cli, es_status status, const struct es_error *err)
{
    if (cli->json)
        put_problem(cli, status, err->text);
    cli_complain(cli, status, err->text[0] != 0 ? err->text : es_status_text_en(status));
}

es_status cli_print(struct es_span bytes, struct es_error *err)
{
    bool good = bytes.len == 0 || fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len;

    ES_ENSURE(good && fflush(stdout) == 0, err, ES_E_WRITE, "standard output: %s", strerror(errno));
    return ES_OK;
}

es_status cli_answer(const struct cli *cli, const char *key, const char *value,
                     struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(65536);
    struct es_json_out json = {.buf = &out};

    if (!cli->json)
        return ES_OK;
    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, key, value);
    es_json_end_object(&json);
    es_buf_put_byte(&out, '\n');
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

/* ---- commands ---- */

static bool is_area(const char *word)
{
    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++)
        if (c->area != NULL && strcmp(c->area, word) == 0)
            return true;
    return false;
}

static const struct cli_command *find_command(const char *area, const char *verb)
{
    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++)
        if ((area == NULL) == (c->area == NULL) && (area == NULL || strcmp(area, c->area) == 0) &&
            strcmp(verb, c->verb) == 0)
            return c;
    return NULL;
}

static es_status unknown_command(const char *area, const char *word, struct es_error *err)
{
    const char *words[128];
    const char *near;
    size_t count = 0;

    for (const struct cli_command *c = cli_commands; c->verb != NULL && count < 128; c++) {
        if (area == NULL)
            words[count++] = c->area == NULL ? c->verb : c->area;
        else if (c->area != NULL && strcmp(area, c->area) == 0)
            words[count++] = c->verb;
    }
    near = cli_nearest(word, words, count);
    if (near != NULL)
        return es_error_set(err, ES_E_USAGE, "no command \"%s%s%s\"; did you mean \"%s%s%s\"?",
                            area == NULL ? "" : area, area == NULL ? "" : " ", word,
                            area == NULL ? "" : area, area == NULL ? "" : " ", near);
    return es_error_set(err, ES_E_USAGE, "no command \"%s%s%s\"; eseal help lists them",
                        area == NULL ? "" : area, area == NULL ? "" : " ", word);
}

/* Area alone shows its help. */
static es_status choose_command(int argc, char **argv, int *used, struct cli *cli,
                                struct es_error *err)
{
    const char *first = argc > 1 ? argv[1] : "help";
    const char *second = argc > 2 ? argv[2] : NULL;

    *used = argc > 1 ? 2 : 1;
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        first = "help";
    if (strcmp(first, "--version") == 0)
        first = "version";
    if (is_area(first) && find_command(NULL, first) == NULL) {
        if (second == NULL || strcmp(second, "--help") == 0 || strcmp(second, "-h") == 0) {
            cli->command = find_command(NULL, "help");
            *used = 1;
            return ES_OK;
        }
        cli->command = find_command(first, second);
        *used = 3;
        return cli->command != NULL ? ES_OK : unknown_command(first, second, err);
    }
    cli->command = find_command(NULL, first);
    return cli->command != NULL ? ES_OK : unknown_command(NULL, first, err);
}

/* ---- options ---- */

static const struct cli_option *find_in(const struct cli_option *table, const char *name,
                                        size_t len, char letter)
{
    for (const struct cli_option *o = table; o != NULL && o->name != NULL; o++)
        if (letter != 0 ? o->letter == letter
                        : strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

static const struct cli_option *find_option(const struct cli *cli, const char *name, size_t len,
                                            char letter)
{
    const struct cli_option *o = find_in(cli->command->options, name, len, letter);

    return o != NULL ? o : find_in(cli_common_options, name, len, letter);
}

static es_status unknown_option(const struct cli *cli, const char *word, struct es_error *err)
{
    const char *words[CLI_OPTIONS_MAX * 2];
    const char *near;
    char name[64];
    size_t count = 0;

    for (const struct cli_option *o = cli->command->options;
         o != NULL && o->name != NULL && count < CLI_OPTIONS_MAX; o++)
        words[count++] = o->name;
    for (const struct cli_option *o = cli_common_options; o->name != NULL; o++)
        words[count++] = o->name;
    /* What stands after "=" is not repeated: it may be a password somebody tried to give. */
    (void) snprintf(name, sizeof name, "%.*s", (int) strcspn(word, "="), word);
    near = name[1] == '-' ? cli_nearest(name + 2, words, count) : NULL;
    ES_ENSURE(near == NULL, err, ES_E_USAGE, "no option \"%s\"; did you mean --%s?", name, near);
    return es_error_set(err, ES_E_USAGE, "no option \"%s\"; --help lists them", name);
}

static es_status add_value(struct cli *cli, const struct cli_option *option, const char *text,
                           struct es_error *err)
{
    ES_ENSURE(option->repeat || !cli_has(cli, option->name), err, ES_E_USAGE, "--%s is given twice",
              option->name);
    ES_ENSURE(cli->value_count < CLI_VALUES_MAX, err, ES_E_USAGE, "more than %d options",
              CLI_VALUES_MAX);
    cli->values[cli->value_count++] = (struct cli_value){option, text};
    return ES_OK;
}

/* --name, --name=value, --name value, -n value; *at is moved past what was used. */
static es_status take_option(struct cli *cli, int argc, char **argv, int *at, struct es_error *err)
{
    const char *word = argv[*at];
    bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    size_t len = !is_long ? 0 : equals != NULL ? (size_t) (equals - word) - 2 : strlen(word) - 2;
    const struct cli_option *option = NULL;

    if (is_long || word[2] == 0)
        option = find_option(cli, is_long ? word + 2 : NULL, len, is_long ? 0 : word[1]);
    if (option == NULL)
        return unknown_option(cli, word, err);
    ++*at;
    if (option->arg == NULL) {
        ES_ENSURE(equals == NULL, err, ES_E_USAGE, "--%s takes no value", option->name);
        return add_value(cli, option, NULL, err);
    }
    if (equals != NULL)
        return add_value(cli, option, equals + 1, err);
    ES_ENSURE(*at < argc, err, ES_E_USAGE, "--%s needs a value: %s", option->name, option->arg);
    return add_value(cli, option, argv[(*at)++], err);
}

/* Positional words are moved to the front of argv, so no memory is needed. */
static es_status take_words(int argc, char **argv, int from, struct cli *cli, struct es_error *err)
{
    bool ended = false;
    int at = from;

    cli->args = argv + 1;
    while (at < argc) {
        const char *word = argv[at];

        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
            at++;
        } else if (!ended && word[0] == '-' && word[1] != 0) {
            ES_TRY(take_option(cli, argc, argv, &at, err));
        } else {
            cli->args[cli->arg_count++] = argv[at++];
        }
    }
    return ES_OK;
}

static bool environment_is_chinese(void)
{
    static const char *const names[] = {"ESEAL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != 0)
            return strncmp(value, "zh", 2) == 0;
    }
    return false;
}

/* A document and the JSON object cannot both be standard output. */
static es_status check_standard_output(const struct cli *cli, struct es_error *err)
{
    static const char *const outputs[] = {"output", "prepare", "html", "difference", "csr"};

    for (size_t i = 0; cli->json && i < sizeof outputs / sizeof outputs[0]; i++) {
        const char *path = cli_get(cli, outputs[i]);

        ES_ENSURE(path == NULL || strcmp(path, "-") != 0, err, ES_E_USAGE,
                  "--json and --%s - both want standard output", outputs[i]);
    }
    return ES_OK;
}

static es_status common_values(struct cli *cli, struct es_error *err)
{
    const char *lang = cli_get(cli, "lang");

    ES_ENSURE(lang == NULL || strcmp(lang, "zh") == 0 || strcmp(lang, "en") == 0, err, ES_E_USAGE,
              "--lang \"%s\", allowed are zh and en", lang);
    if (lang != NULL)
        cli->zh = strcmp(lang, "zh") == 0;
    cli->quiet = cli_has(cli, "quiet");
    cli->verbose = cli_has(cli, "verbose");
    cli->no_input = cli_has(cli, "no-input");
    cli->force = cli_has(cli, "force");
    cli->colour = cli->out_is_tty && !cli_has(cli, "no-color") && getenv("NO_COLOR") == NULL;
    return ES_OK;
}

static es_status check_count(const struct cli *cli, struct es_error *err)
{
    const struct cli_command *c = cli->command;

    if (cli_has(cli, "help"))
        return ES_OK;
    ES_ENSURE(cli->arg_count >= (size_t) c->min_args, err, ES_E_USAGE,
              "%s is missing; usage: eseal %s%s%s %s", c->args, c->area == NULL ? "" : c->area,
              c->area == NULL ? "" : " ", c->verb, c->args);
    ES_ENSURE(c->max_args < 0 || cli->arg_count <= (size_t) c->max_args, err, ES_E_USAGE,
              "\"%s\" is one word too many", cli->args[c->max_args < 0 ? 0 : c->max_args]);
    return ES_OK;
}

es_status cli_parse(int argc, char **argv, struct cli *cli, struct es_error *err)
{
    int used = 1;
    es_status status;

    *cli = (struct cli){.clock = es_clock_system(), .random = es_random_system()};
    cli->out_is_tty = isatty(STDOUT_FILENO) != 0;
    cli->err_is_tty = isatty(STDERR_FILENO) != 0;
    cli->zh = environment_is_chinese();
    ES_TRY(choose_command(argc, argv, &used, cli, err));
    status = take_words(argc, argv, used, cli, err);
    cli->json = cli_has(cli, "json"); /* a refusal is an object as well */
    ES_TRY(status);
    ES_TRY(common_values(cli, err));
    ES_TRY(check_standard_output(cli, err));
    return check_count(cli, err);
}
