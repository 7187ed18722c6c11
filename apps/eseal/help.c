/* Help, manual pages and completion, all from the table of commands; and what lies nearest to a
 * wrong word. */
#include "cli.h"

#include "es_topics.h"

/* ---- nearest word ---- */

#define WORD_MAX 63

/* Edits from a to b: one letter more, less or other, or two neighbours exchanged. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1]; /* the last three rows of the table, in turn */
    size_t len_a = strlen(a), len_b = strlen(b);

    if (len_a > WORD_MAX || len_b > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= len_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[len_a % 3][len_b];
}

const char *cli_nearest(const char *word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) < 4 ? 2 : 3;

    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, words[i]);

        if (d < best_distance) {
            best_distance = d;
            best = words[i];
        }
    }
    return best;
}

/* ---- help ---- */

static void put_padded(struct es_buf *out, const char *text, size_t width)
{
    size_t len = strlen(text);

    es_buf_put_str(out, text);
    do
        es_buf_put_byte(out, ' ');
    while (++len < width);
}

static void put_options(const struct cli *cli, const struct cli_option *options, struct es_buf *out)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++) {
        char head[96];
        char letter[8] = "    ";

        if (o->letter != 0)
            (void) snprintf(letter, sizeof letter, "-%c, ", o->letter);
        (void) snprintf(head, sizeof head, "  %s--%s%s%s", letter, o->name, o->arg ? " " : "",
                        o->arg ? o->arg : "");
        put_padded(out, head, 34);
        es_buf_printf(out, "%s\n", cli_text(cli, o->en, o->zh));
    }
}

static void put_name(struct es_buf *out, const struct cli_command *c)
{
    es_buf_printf(out, "eseal %s%s%s", c->area == NULL ? "" : c->area, c->area == NULL ? "" : " ",
                  c->verb);
}

static void put_examples(struct es_buf *out, const char *examples)
{
    struct es_span rest = es_span_str(examples);

    while (rest.len > 0) {
        size_t end = es_span_find(rest, '\n');

        es_buf_put_str(out, "  ");
        es_buf_put_span(out, es_span_sub(rest, 0, end));
        es_buf_put_byte(out, '\n');
        rest = es_span_sub(rest, end + 1, rest.len);
    }
}

void cli_put_command_help(const struct cli *cli, const struct cli_command *c, struct es_buf *out)
{
    put_name(out, c);
    es_buf_printf(out, ": %s\n\n", cli_text(cli, c->en, c->zh));
    put_examples(out, c->examples);
    es_buf_printf(out, "\n%s: ", cli_text(cli, "usage", "用法"));
    put_name(out, c);
    es_buf_printf(out, " [%s] %s\n\n", cli_text(cli, "options", "选项"), c->args);
    put_options(cli, c->options, out);
    es_buf_printf(out, "\n%s\n", cli_text(cli, "common options", "通用选项"));
    put_options(cli, cli_common_options, out);
}

static void put_overview(const struct cli *cli, struct es_buf *out)
{
    es_buf_put_str(out, cli_text(cli,
                                 "eseal: electronic seals and sealed documents\n\n"
                                 "  eseal verify contract.ofd\n"
                                 "  eseal sign notice.ofd -o sealed.ofd --seal office.esl "
                                 "--key office --at 120,200\n\ncommands\n",
                                 "eseal:电子印章与签章文件\n\n"
                                 "  eseal verify contract.ofd\n"
                                 "  eseal sign notice.ofd -o sealed.ofd --seal office.esl "
                                 "--key office --at 120,200\n\n命令\n"));
    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++) {
        char head[64];

        (void) snprintf(head, sizeof head, "  %s%s%s", c->area == NULL ? "" : c->area,
                        c->area == NULL ? "" : " ", c->verb);
        put_padded(out, head, 22);
        es_buf_printf(out, "%s\n", cli_text(cli, c->en, c->zh));
    }
    es_buf_printf(out, "\n%s\n",
                  cli_text(cli, "topics (eseal help TOPIC)", "主题(eseal help 主题)"));
    for (size_t i = 0; i < es_topic_count; i++)
        es_buf_printf(out, "  %s\n", es_topics[i].name);
}

static const struct cli_command *named(const struct cli *cli)
{
    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++) {
        if (cli->arg_count == 1 && c->area == NULL && strcmp(c->verb, cli->args[0]) == 0)
            return c;
        if (cli->arg_count == 2 && c->area != NULL && strcmp(c->area, cli->args[0]) == 0 &&
            strcmp(c->verb, cli->args[1]) == 0)
            return c;
    }
    return NULL;
}

static bool put_area(const struct cli *cli, const char *area, struct es_buf *out)
{
    bool any = false;

    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++)
        if (c->area != NULL && strcmp(c->area, area) == 0) {
            put_name(out, c);
            es_buf_printf(out, " %s: %s\n", c->args, cli_text(cli, c->en, c->zh));
            any = true;
        }
    return any;
}

static bool put_topic(const struct cli *cli, const char *name, struct es_buf *out)
{
    for (size_t i = 0; i < es_topic_count; i++)
        if (strcmp(es_topics[i].name, name) == 0) {
            es_buf_put_str(out, cli_text(cli, es_topics[i].en, es_topics[i].zh));
            return true;
        }
    return false;
}

es_status cli_run_help(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 18);
    const struct cli_command *c = named(cli);

    if (cli->arg_count == 0)
        put_overview(cli, &out);
    else if (c != NULL)
        cli_put_command_help(cli, c, &out);
    else if (cli->arg_count > 1 ||
             (!put_area(cli, cli->args[0], &out) && !put_topic(cli, cli->args[0], &out)))
        return es_error_set(err, ES_E_ABSENT, "no help on \"%s\"; eseal help lists what there is",
                            cli->args[0]);
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

es_status cli_run_version(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(4096);

    if (cli->json)
        es_buf_printf(&out,
                      "{\"v\":1,\"program\":\"eseal\",\"version\":\"%s\",\"crypto\":\"%s\"}\n",
                      ES_VERSION, es_crypto_library());
    else
        es_buf_printf(&out, "eseal %s (%s)\n", ES_VERSION, es_crypto_library());
    ES_TRY(es_crypto_self_test(err));
    return cli_print(es_buf_span(&out), err);
}

/* ---- completion ---- */

static void put_option_words(struct es_buf *out, const struct cli_option *options)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++)
        es_buf_printf(out, " --%s", o->name);
}

static void put_top_words(struct es_buf *out)
{
    const char *last = "";

    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++) {
        const char *word = c->area == NULL ? c->verb : c->area;

        if (strcmp(word, last) != 0)
            es_buf_printf(out, " %s", word);
        last = word;
    }
}

static void put_verb_cases(struct es_buf *out)
{
    const char *last = "";

    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++) {
        if (c->area == NULL || strcmp(c->area, last) == 0)
            continue;
        last = c->area;
        es_buf_printf(out, "    %s) verbs=\"", c->area);
        for (const struct cli_command *d = cli_commands; d->verb != NULL; d++)
            if (d->area != NULL && strcmp(d->area, last) == 0)
                es_buf_printf(out, " %s", d->verb);
        es_buf_put_str(out, "\" ;;\n");
    }
}

static void put_option_cases(struct es_buf *out)
{
    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++) {
        es_buf_printf(out, "    \"%s%s%s\") opts=\"", c->area == NULL ? "" : c->area,
                      c->area == NULL ? "" : " ", c->verb);
        put_option_words(out, c->options);
        es_buf_put_str(out, "\" ;;\n");
    }
}

es_status cli_run_completion(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 18);

    ES_ENSURE(strcmp(cli->args[0], "bash") == 0, err, ES_E_USAGE, "shell \"%s\", known is bash",
              cli->args[0]);
    es_buf_put_str(&out, "# bash completion for eseal; made by: eseal completion bash\n"
                         "_eseal() {\n"
                         "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" a=\"${COMP_WORDS[1]}\" "
                         "b=\"${COMP_WORDS[2]}\" verbs=\"\" opts=\"\" common=\"");
    put_option_words(&out, cli_common_options);
    es_buf_put_str(&out, "\" top=\"");
    put_top_words(&out);
    es_buf_put_str(&out, "\"\n  case \"$a\" in\n");
    put_verb_cases(&out);
    es_buf_put_str(&out, "  esac\n"
                         "  if [ \"$COMP_CWORD\" = 1 ]; then COMPREPLY=($(compgen -W \"$top\" -- "
                         "\"$cur\")); return; fi\n"
                         "  if [ \"$COMP_CWORD\" = 2 ] && [ -n \"$verbs\" ]; then "
                         "COMPREPLY=($(compgen -W \"$verbs\" -- \"$cur\")); return; fi\n"
                         "  [ -z \"$verbs\" ] && b=\"\"\n"
                         "  case \"$a${b:+ $b}\" in\n");
    put_option_cases(&out);
    es_buf_put_str(&out, "  esac\n"
                         "  case \"$cur\" in\n"
                         "    -*) COMPREPLY=($(compgen -W \"$opts $common\" -- \"$cur\")) ;;\n"
                         "    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
                         "  esac\n}\ncomplete -o filenames -F _eseal eseal\n");
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

/* ---- manual pages ---- */

/* Text for troff: a leading dot and backslashes would be commands. */
static void put_troff(struct es_buf *out, const char *text)
{
    bool line_start = true;

    for (const char *c = text; *c != 0; c++) {
        if (line_start && (*c == '.' || *c == '\''))
            es_buf_put_str(out, "\\&");
        if (*c == '\\')
            es_buf_put_str(out, "\\e");
        else if (*c == '-')
            es_buf_put_str(out, "\\-");
        else
            es_buf_put_byte(out, (uint8_t) *c);
        line_start = *c == '\n';
    }
}

static void put_man_options(const struct cli *cli, const struct cli_option *options,
                            struct es_buf *out)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++) {
        es_buf_put_str(out, ".TP\n.B ");
        if (o->letter != 0)
            es_buf_printf(out, "\\-%c\\fR, \\fB", o->letter);
        es_buf_put_str(out, "\\-\\-");
        put_troff(out, o->name);
        if (o->arg != NULL)
            es_buf_printf(out, "\\fR \\fI%s", o->arg);
        es_buf_put_str(out, "\\fR\n");
        put_troff(out, cli_text(cli, o->en, o->zh));
        es_buf_put_byte(out, '\n');
    }
}

static void put_man_command(const struct cli *cli, const struct cli_command *c, struct es_buf *out)
{
    es_buf_put_str(out, ".SH ");
    es_buf_put_byte(out, '"');
    put_name(out, c);
    es_buf_printf(out, " %s\"\n", c->args);
    put_troff(out, cli_text(cli, c->en, c->zh));
    es_buf_put_str(out, "\n.PP\n.nf\n");
    put_troff(out, c->examples);
    es_buf_put_str(out, ".fi\n");
    put_man_options(cli, c->options, out);
}

es_status cli_run_manual(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 19);
    const struct cli_command *only = named(cli);

    ES_ENSURE(cli->arg_count == 0 || only != NULL, err, ES_E_ABSENT, "no command \"%s\"",
              cli->arg_count == 0 ? "" : cli->args[0]);
    es_buf_printf(&out, ".TH ESEAL 1 \"\" \"eseal %s\"\n.SH NAME\neseal \\- ", ES_VERSION);
    put_troff(&out, cli_text(cli, "electronic seals and sealed documents", "电子印章与签章文件"));
    es_buf_put_str(&out, "\n.SH SYNOPSIS\n.B eseal\n.I command\n[options] [file ...]\n");
    for (const struct cli_command *c = cli_commands; c->verb != NULL; c++)
        if (only == NULL || only == c)
            put_man_command(cli, c, &out);
    es_buf_put_str(&out, ".SH COMMON OPTIONS\n");
    put_man_options(cli, cli_common_options, &out);
    for (size_t i = 0; i < es_topic_count && only == NULL; i++) {
        es_buf_printf(&out, ".SH \"%s\"\n.nf\n", es_topics[i].name);
        put_troff(&out, cli_text(cli, es_topics[i].en, es_topics[i].zh));
        es_buf_put_str(&out, ".fi\n");
    }
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}
