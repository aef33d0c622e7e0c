/* SPDX-License-Identifier: MIT */
#include "daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"

/* Above all that descriptors are moved to, so that no move closes what is still to be
 * moved. */
#define LIFTED_FD 16

void spawn_reset(int lowest_closed)
{
    static const char *const unset[] = {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
                                        "LISTEN_PID",    "LISTEN_FDS",   "LISTEN_FDNAMES"};
    /* A session without the terminal that the daemon may have been started on: whoever has
     * it as its own can type on it, which an operator's shell, perhaps root's, would read.
     */
    (void)setsid();
    closefrom(lowest_closed);
    for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++)
        (void)unsetenv(unset[i]);
    /* While all is still blocked, so that no signal meets a mixture of dispositions. */
    struct sigaction act = {.sa_handler = SIG_DFL};
    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, &act, NULL);
    act.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &act, NULL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void spawn_leave_stdio(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    for (int i = 0; i <= 2; i++)
        (void)dup2(fd, i);
    if (fd > 2)
        (void)close(fd);
}

/* The process is useless without them, and its first log lines would get lost: said through
 * the master's end of the channel, which is still where it was. */
static _Noreturn void descriptors_refused(const struct spawn *spawn)
{
    /* EINVAL: the limit is below the number that was asked for. */
    const char *why = err_reason(errno == EINVAL ? EMFILE : errno);
    log_set_channel(spawn->log_fd);
    log_warning("Cannot start a %s: %s; will try again", spawn->title, why);
    _exit(EX_OSERR);
}

static int lift(const struct spawn *spawn, int fd)
{
    if (fd < 0)
        return -1;
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, LIFTED_FD);
    if (lifted < 0)
        descriptors_refused(spawn);
    return lifted;
}

static void place(int lifted, int target)
{
    if (lifted < 0)
        (void)close(target);
    else if (dup3(lifted, target, O_CLOEXEC) != target)
        _exit(EX_OSERR);
}

static void place_descriptors(const struct spawn *spawn)
{
    int master_fd = lift(spawn, spawn->master_fd);
    int log_fd = lift(spawn, spawn->log_fd);
    int log_read_fd = lift(spawn, spawn->log_read_fd);
    place(master_fd, HERITAGE_MASTER_FD);
    place(log_fd, HERITAGE_LOG_FD);
    place(log_read_fd, HERITAGE_LOG_READ_FD);
}

static _Noreturn void child(const struct spawn *spawn)
{
    place_descriptors(spawn);
    spawn_reset(HERITAGE_LOG_READ_FD + 1);
    /* The first poller is forked while the master still has its caller's, who may wait for
     * the end of our output. */
    if (!spawn->heritage->foreground)
        spawn_leave_stdio();
    setproctitle("%s %s", spawn->title, spawn->heritage->service);
    log_set_channel(spawn->log_fd < 0 ? -1 : HERITAGE_LOG_FD);
    int code = spawn->role(spawn->heritage);
    (void)fflush(NULL);
    /* Not exit(): what the master, or a plugin, registered to run at the end of its process
     * is no business of this one. */
    _exit(code);
}

pid_t spawn_child(const struct spawn *spawn)
{
    (void)fflush(NULL); /* or the child would write the master's buffers again */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        child(spawn);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}
