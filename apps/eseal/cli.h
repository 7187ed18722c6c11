/*
 * The command line: one table of commands and options feeds the parser, the help, the manual pages
 * and the completion, so they cannot differ. A command gets its words here and answers with a
 * status; main turns it into an exit code and a message.
 */
#ifndef ESEAL_CLI_H
#define ESEAL_CLI_H

#include "es_base.h"
#include "es_crypto.h"

/** An option of a command. arg NULL: a flag. All texts in both languages. */
struct cli_option {
    const char *name; /* long name without dashes */
    char letter;      /* 0: none */
    const char *arg;  /* "FILE", NULL for a flag */
    bool repeat;      /* may be given more than once */
    const char *en;
    const char *zh;
};

struct cli;
struct cli_command {
    const char *area; /* "seal", or NULL for the top commands */
    const char *verb;
    const char *args;                 /* "FILE…" */
    int min_args, max_args;           /* max -1: any number */
    const char *en, *zh;              /* one line */
    const char *examples;             /* lines of shell, NULL-ended text */
    const struct cli_option *options; /* ended by a NULL name */
    es_status (*run)(struct cli *cli, struct es_error *err);
};
/** Ended by a NULL verb. */
extern const struct cli_command cli_commands[];
/** Options every command has. */
extern const struct cli_option cli_common_options[];

#define CLI_OPTIONS_MAX 40
#define CLI_VALUES_MAX 256

struct cli_value {
    const struct cli_option *option;
    const char *text; /* NULL for a flag */
};
/** A parsed command line. */
struct cli {
    const struct cli_command *command;
    struct cli_value values[CLI_VALUES_MAX];
    size_t value_count;
    char **args;
    size_t arg_count;
    bool zh, json, quiet, verbose, colour, no_input, force;
    bool out_is_tty, err_is_tty;
    int exit_code; /* what a command that answers sets: 0 yes, 1 no, 2 cannot tell, 3 some failed */
    struct es_clock clock;
    struct es_random random;
};

/** Value of an option, the last one given; NULL when absent. */
const char *cli_get(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);
/** i-th value of a repeated option, or NULL. */
const char *cli_get_nth(const struct cli *cli, const char *name, size_t index);
/** Value, or ES_E_USAGE naming the option. */
ES_CHECKED es_status cli_need(const struct cli *cli, const char *name, const char **out,
                              struct es_error *err);
/** Decimal with a point, millimetres and degrees; whole numbers. ES_E_USAGE names the option. */
ES_CHECKED es_status cli_number(const char *what, const char *text, double min, double max,
                                double *out, struct es_error *err);
ES_CHECKED es_status cli_uint(const char *what, const char *text, uint32_t min, uint32_t max,
                              uint32_t *out, struct es_error *err);
/** "42" or "42x30", whole millimetres. */
ES_CHECKED es_status cli_size(const char *text, uint32_t min, uint32_t max, uint32_t *width,
                              uint32_t *height, struct es_error *err);
/** "120,200": two numbers. */
ES_CHECKED es_status cli_pair(const char *what, const char *text, double min, double max, double *x,
                              double *y, struct es_error *err);
/** --edition as 2014, 2020 or 2025; absent when it is not given. */
ES_CHECKED es_status cli_edition(const struct cli *cli, int absent, int *out, struct es_error *err);
ES_CHECKED es_status cli_time(const struct cli *cli, const char *name, int64_t absent_s,
                              int64_t *out_s, struct es_error *err);

/** Fill cli from argv; help and version are ordinary commands. */
ES_CHECKED es_status cli_parse(int argc, char **argv, struct cli *cli, struct es_error *err);
/** Choose a text by language. */
static inline const char *cli_text(const struct cli *cli, const char *en, const char *zh)
{
    return cli->zh ? zh : en;
}
/** Message on standard error unless --quiet; a line end is added. */
void cli_say(const struct cli *cli, const char *format, ...) ES_PRINTF(2, 3);
/** A failure on standard error; what a file's name or content put into it cannot move the cursor.
 */
void cli_complain(const struct cli *cli, es_status status, const char *text);
/** The failure of a whole command: the same, and with --json an object on standard output. */
void cli_refuse(const struct cli *cli, es_status status, const struct es_error *err);
/** The same in the language chosen; both formats take the same arguments. */
#define CLI_SAY(cli, en, zh_text, ...)                                                             \
    do {                                                                                           \
        if ((cli)->zh)                                                                             \
            cli_say((cli), zh_text, __VA_ARGS__);                                                  \
        else                                                                                       \
            cli_say((cli), en, __VA_ARGS__);                                                       \
    } while (0)
/** And into a buffer. */
#define CLI_PUT(cli, out, en, zh_text, ...)                                                        \
    do {                                                                                           \
        if ((cli)->zh)                                                                             \
            es_buf_printf((out), zh_text, __VA_ARGS__);                                            \
        else                                                                                       \
            es_buf_printf((out), en, __VA_ARGS__);                                                 \
    } while (0)
/** Result bytes to standard output. ES_E_WRITE when it is closed or full. */
ES_CHECKED es_status cli_print(struct es_span bytes, struct es_error *err);
/** With --json the object {"v":1,"KEY":"VALUE"}: the answer of a command that only does something.
 */
ES_CHECKED es_status cli_answer(const struct cli *cli, const char *key, const char *value,
                                struct es_error *err);

/* ---- ending.c: commands that run until they are stopped ---- */
/** Keep the signals that end for cli_await_end; before any thread starts, which inherits it. */
void cli_block_end(void);
/** Wait for one of them, at most seconds (0: for ever). True when it came: exit code 130 or 143. */
bool cli_await_end(struct cli *cli, uint32_t seconds);

/* ---- help.c ---- */
es_status cli_run_help(struct cli *cli, struct es_error *err);
es_status cli_run_completion(struct cli *cli, struct es_error *err);
es_status cli_run_manual(struct cli *cli, struct es_error *err);
es_status cli_run_version(struct cli *cli, struct es_error *err);
/** Help of one command. */
void cli_put_command_help(const struct cli *cli, const struct cli_command *command,
                          struct es_buf *out);
/** Nearest command or option to a wrong word, or NULL. */
const char *cli_nearest(const char *word, const char *const *words, size_t count);

/* ---- files.c: what several commands load ---- */
struct es_seal;
struct es_cert;
/** $XDG_STATE_HOME/eseal/keys or --keys DIR, as a provider. */
ES_CHECKED es_status cli_keys(const struct cli *cli, struct es_key_provider *out,
                              struct es_error *err);
/** Password from --password-file, --password-fd, $ESEAL_PASSWORD_FILE, or the terminal (asked
 *  twice when fresh). prefix "" or "old-". */
ES_CHECKED es_status cli_password(const struct cli *cli, const char *prefix, bool fresh,
                                  struct es_secret *out, struct es_error *err);
/** Open --key NAME (or the given name) with its password. */
ES_CHECKED es_status cli_open_key(const struct cli *cli, const char *name, struct es_key **out,
                                  struct es_error *err);
/** ES_E_MISMATCH unless the key named name is that of the certificate read from path. */
ES_CHECKED es_status cli_check_key(const struct es_cert *cert, const struct es_key *key,
                                   const char *name, const char *path, struct es_error *err);
ES_CHECKED es_status cli_load_cert(const char *path, struct es_cert **out, struct es_error *err);
/** A seal from a file (DER, PEM or base64). */
ES_CHECKED es_status cli_load_seal(const char *path, struct es_seal **out, struct es_error *err);
/** A document to read anywhere in; "-" is standard input. ES_E_LIMIT when longer than max. */
ES_CHECKED es_status cli_source(const char *path, uint64_t max, struct es_source *out,
                                struct es_error *err);
/** Write a file as --force allows; "-" is standard output. */
ES_CHECKED es_status cli_write(const struct cli *cli, const char *path, struct es_span bytes,
                               unsigned mode, struct es_error *err);

/* ---- commands ---- */
es_status cmd_verify(struct cli *cli, struct es_error *err);
es_status cmd_sign(struct cli *cli, struct es_error *err);
es_status cmd_inspect(struct cli *cli, struct es_error *err);
es_status cmd_seal_make(struct cli *cli, struct es_error *err);
es_status cmd_seal_show(struct cli *cli, struct es_error *err);
es_status cmd_seal_verify(struct cli *cli, struct es_error *err);
es_status cmd_seal_image(struct cli *cli, struct es_error *err);
es_status cmd_seal_state(struct cli *cli, struct es_error *err);
es_status cmd_imprint_draw(struct cli *cli, struct es_error *err);
es_status cmd_imprint_compare(struct cli *cli, struct es_error *err);
es_status cmd_key_new(struct cli *cli, struct es_error *err);
es_status cmd_key_list(struct cli *cli, struct es_error *err);
es_status cmd_key_show(struct cli *cli, struct es_error *err);
es_status cmd_key_export(struct cli *cli, struct es_error *err);
es_status cmd_key_passwd(struct cli *cli, struct es_error *err);
es_status cmd_ca_init(struct cli *cli, struct es_error *err);
es_status cmd_ca_issue(struct cli *cli, struct es_error *err);
es_status cmd_ca_revoke(struct cli *cli, struct es_error *err);
es_status cmd_ca_crl(struct cli *cli, struct es_error *err);
es_status cmd_tsa(struct cli *cli, struct es_error *err);
es_status cmd_document_text(struct cli *cli, struct es_error *err);
es_status cmd_document_find(struct cli *cli, struct es_error *err);
es_status cmd_demo_tamper(struct cli *cli, struct es_error *err);
es_status cmd_log_init(struct cli *cli, struct es_error *err);
es_status cmd_log_append(struct cli *cli, struct es_error *err);
es_status cmd_log_state(struct cli *cli, struct es_error *err);
es_status cmd_log_erase(struct cli *cli, struct es_error *err);
es_status cmd_log_entries(struct cli *cli, struct es_error *err);
es_status cmd_log_types(struct cli *cli, struct es_error *err);
es_status cmd_log_checkpoint(struct cli *cli, struct es_error *err);
es_status cmd_log_prove(struct cli *cli, struct es_error *err);
es_status cmd_log_export(struct cli *cli, struct es_error *err);
es_status cmd_log_ship(struct cli *cli, struct es_error *err);
es_status cmd_log_verify(struct cli *cli, struct es_error *err);
es_status cmd_log_rebuild(struct cli *cli, struct es_error *err);
es_status cmd_log_cosign(struct cli *cli, struct es_error *err);
es_status cmd_log_refill(struct cli *cli, struct es_error *err);
es_status cmd_log_new_epoch(struct cli *cli, struct es_error *err);
es_status cmd_witness_sign(struct cli *cli, struct es_error *err);
es_status cmd_witness_serve(struct cli *cli, struct es_error *err);
es_status cmd_witness_line(struct cli *cli, struct es_error *err);
es_status cmd_status_proof_verify(struct cli *cli, struct es_error *err);
es_status cmd_profile_check(struct cli *cli, struct es_error *err);
es_status cmd_profile_diff(struct cli *cli, struct es_error *err);
es_status cmd_profile_show(struct cli *cli, struct es_error *err);
es_status cmd_backup(struct cli *cli, struct es_error *err);
es_status cmd_restore(struct cli *cli, struct es_error *err);

/* Option tables of the commands, beside their code. */
extern const struct cli_option cmd_verify_options[], cmd_sign_options[], cmd_inspect_options[],
    cmd_seal_make_options[], cmd_seal_show_options[], cmd_seal_verify_options[],
    cmd_seal_image_options[], cmd_seal_state_options[], cmd_imprint_draw_options[],
    cmd_imprint_compare_options[], cmd_key_new_options[], cmd_key_options[], cmd_key_show_options[],
    cmd_key_export_options[], cmd_key_passwd_options[], cmd_ca_init_options[],
    cmd_ca_issue_options[], cmd_ca_revoke_options[], cmd_ca_crl_options[], cmd_tsa_options[],
    cmd_document_text_options[], cmd_document_find_options[], cmd_demo_tamper_options[],
    cmd_log_init_options[], cmd_log_append_options[], cmd_log_state_options[],
    cmd_log_erase_options[], cmd_log_entries_options[], cmd_log_types_options[],
    cmd_log_checkpoint_options[], cmd_log_prove_options[], cmd_log_export_options[],
    cmd_log_ship_options[], cmd_log_verify_options[], cmd_log_rebuild_options[],
    cmd_log_cosign_options[], cmd_log_refill_options[], cmd_log_new_epoch_options[],
    cmd_witness_sign_options[], cmd_witness_serve_options[], cmd_witness_line_options[],
    cmd_status_proof_options[], cmd_backup_options[], cmd_restore_options[],
    cmd_profile_check_options[], cmd_profile_options[];

#endif
