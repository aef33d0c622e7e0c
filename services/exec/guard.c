/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The worker alone has the other end: it ends with the worker, however that ends. */
static int notes = -1;

static _Noreturn void watch(int fd)
{
    pid_t group = 0, next;
    ssize_t n;
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_IGN);
    if (dup2(fd, 0) < 0)
        _exit(1);
    closefrom(1);
    (void)prctl(PR_SET_NAME, "exec guard");
    while ((n = read(0, &next, sizeof next)) == (ssize_t)sizeof next ||
           (n < 0 && errno == EINTR))
        if (n > 0)
            group = next;
    if (group > 0)
        (void)kill(-group, SIGKILL);
    _exit(0);
}

int guard_start(void)
{
    int fds[2];
    if (notes >= 0)
        return 0;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return errno;
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(fds[1]);
        watch(fds[0]);
    }
    int rc = pid < 0 ? errno : 0;
    (void)close(fds[0]);
    if (rc == 0)
        notes = fds[1];
    else
        (void)close(fds[1]);
    return rc;
}

/* A guard that somebody has killed is replaced for the next program. */
void guard_note(pid_t group)
{
    if (notes < 0 || write(notes, &group, sizeof group) == (ssize_t)sizeof group)
        return;
    (void)close(notes);
    notes = -1;
}
