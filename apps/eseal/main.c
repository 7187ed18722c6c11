/* eseal: one program. Parses the words, runs the command, turns the outcome into an exit code. */
#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void put_error(const struct cli *cli, es_status status, const struct es_error *err)
{
    cli_refuse(cli, status, err);
    if (status == ES_E_USAGE && cli->command != NULL)
        (void) fprintf(stderr, "%s: eseal help %s%s%s\n", cli_text(cli, "more", "更多"),
                       cli->command->area == NULL ? "" : cli->command->area,
                       cli->command->area == NULL ? "" : " ", cli->command->verb);
}

static es_status run_help_of(const struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(65536);

    cli_put_command_help(cli, cli->command, &buf);
    ES_TRY(es_buf_check(&buf, err));
    return cli_print(es_buf_span(&buf), err);
}

/*
 * A descriptor that was closed by the caller must not become the number of a file we open: messages
 * would end up in it. What takes its place fails on use: reading 0, writing 1 and 2.
 */
static void hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void) open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    static struct cli cli;
    struct es_error err = {ES_OK, ""};
    es_status status;

    hold_standard_descriptors();
    (void) signal(SIGPIPE, SIG_IGN);
    status = cli_parse(argc, argv, &cli, &err);
    if (status == ES_OK && cli_has(&cli, "help") &&
        (cli.command->run != cli_run_help || cli.arg_count == 0))
        status = run_help_of(&cli, &err);
    else if (status == ES_OK)
        status = cli.command->run(&cli, &err);
    if (status != ES_OK) {
        put_error(&cli, status, &err);
        return es_status_exit(status);
    }
    return cli.exit_code;
}
