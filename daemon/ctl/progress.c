/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static bool shown;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

void progress_begin(bool reads)
{
    unsigned restart = reads ? 0u : (unsigned)SA_RESTART;
    struct sigaction act = {.sa_handler = stop,
                            .sa_flags = (int)(restart | (unsigned)SA_RESETHAND)};
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGHUP, &act, NULL);
}

bool progress_stopped(void)
{
    return stopped != 0;
}

void progress_show(uint64_t n, uint64_t of, const char *what, const char *done)
{
    if (isatty(STDERR_FILENO) != 1)
        return;
    if (of > 0)
        (void)fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " %s %s", n, of, what,
                      done);
    else
        (void)fprintf(stderr, "\r\033[K%" PRIu64 " %s %s", n, what, done);
    (void)fflush(stderr);
    shown = true;
}

void progress_end(void)
{
    if (shown)
        (void)fputs("\r\033[K", stderr);
    shown = false;
}
