/* How a command ends that runs until it is stopped: by SIGINT or SIGTERM, exit code 130 or 143. */
#include "cli.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

static void end_signals(sigset_t *set)
{
    (void) sigemptyset(set);
    (void) sigaddset(set, SIGINT);
    (void) sigaddset(set, SIGTERM);
}

void cli_block_end(void)
{
    sigset_t set;

    end_signals(&set);
    (void) pthread_sigmask(SIG_BLOCK, &set, NULL);
}

bool cli_await_end(struct cli *cli, uint32_t seconds)
{
    const struct timespec wait = {.tv_sec = seconds};
    sigset_t set;
    int number;

    end_signals(&set);
    number = seconds == 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &wait);
    if (number <= 0)
        return false;
    cli->exit_code = 128 + number;
    return true;
}
