/* SPDX-License-Identifier: MIT */
#include "daemon/reap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

bool reap_next(pid_t *pid_out, int *status_out)
{
    pid_t pid;
    do
        pid = waitpid(-1, status_out, WNOHANG);
    while (pid < 0 && errno == EINTR);
    *pid_out = pid;
    return pid > 0;
}

void reap_death(const struct pool_worker *worker, unsigned slot, int status,
                struct msg_dead *out)
{
    *out = (struct msg_dead){
        .pid = worker->pid, .generation = worker->generation, .slot = slot};
    if (!WIFSIGNALED(status)) {
        out->death = DEATH_EXIT;
        out->status = WEXITSTATUS(status);
        return;
    }
    out->status = WTERMSIG(status);
    out->death = worker->killed && out->status == SIGKILL ? worker->death : DEATH_SIGNAL;
}

const char *reap_text(int status, char *out, size_t cap)
{
    if (WIFSIGNALED(status))
        (void)snprintf(out, cap, "signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    else
        (void)snprintf(out, cap, "exit code %d", WEXITSTATUS(status));
    return out;
}
