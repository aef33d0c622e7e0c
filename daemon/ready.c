/* SPDX-License-Identifier: MIT */
#include "daemon/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

int ready_pipe(int *read_fd_out, int *write_fd_out)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    *read_fd_out = fds[0];
    *write_fd_out = fds[1];
    return 0;
}

static bool read_verdict(int fd, struct ready_verdict *out)
{
    size_t have = 0;
    while (have < sizeof *out) {
        ssize_t n = read(fd, (char *)out + have, sizeof *out - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    out->text[sizeof out->text - 1] = '\0';
    return true;
}

static void died(pid_t child, struct ready_verdict *out)
{
    int status = 0;
    pid_t got;
    do
        got = waitpid(child, &status, 0);
    while (got < 0 && errno == EINTR);
    out->exit_code = EX_SOFTWARE;
    if (got == child && WIFSIGNALED(status))
        (void)snprintf(out->text, sizeof out->text,
                       "The daemon was killed by signal %d while it started",
                       WTERMSIG(status));
    else
        (void)snprintf(out->text, sizeof out->text,
                       "The daemon ended with exit code %d while it started",
                       got == child ? WEXITSTATUS(status) : -1);
}

void ready_await(int read_fd, pid_t child, struct ready_verdict *out)
{
    memset(out, 0, sizeof *out);
    if (!read_verdict(read_fd, out))
        died(child, out);
}

void ready_tell(struct ready *ready, int exit_code, const char *text)
{
    if (ready->caller_fd < 0)
        return;
    struct ready_verdict verdict;
    memset(&verdict, 0, sizeof verdict);
    verdict.exit_code = exit_code;
    (void)snprintf(verdict.text, sizeof verdict.text, "%s", text);
    /* Smaller than PIPE_BUF, so whole or not at all; a caller that has gone is no reason
     * to stop. */
    _Static_assert(sizeof verdict <= 4096, "a verdict is written at once");
    ssize_t n;
    do
        n = write(ready->caller_fd, &verdict, sizeof verdict);
    while (n < 0 && errno == EINTR);
    (void)close(ready->caller_fd);
    ready->caller_fd = -1;
}

/* Half of what the service manager allows, as it recommends. */
static int64_t watchdog_interval(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (usec == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    long long us = strtoll(usec, NULL, 10);
    if (us <= 0)
        return 0;
    return us < 2000 ? 1 : us / 2000;
}

static bool notify_address(const char *path, struct sockaddr_un *addr, socklen_t *len)
{
    size_t n = strlen(path);
    if (n < 2 || n >= sizeof addr->sun_path || (path[0] != '/' && path[0] != '@'))
        return false;
    memset(addr, 0, sizeof *addr);
    addr->sun_family = AF_UNIX;
    memcpy(addr->sun_path, path, n);
    if (path[0] == '@')
        addr->sun_path[0] = '\0';
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    return true;
}

void ready_notify_open(struct ready *ready)
{
    struct sockaddr_un addr;
    socklen_t len;
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || !notify_address(path, &addr, &len))
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&addr, len) != 0) {
        (void)close(fd);
        return;
    }
    ready->notify_fd = fd;
    ready->watchdog_ms = watchdog_interval();
}

void ready_notify(const struct ready *ready, const char *format, ...)
{
    if (ready->notify_fd < 0)
        return;
    char text[512];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < sizeof text)
        (void)send(ready->notify_fd, text, (size_t)n, MSG_NOSIGNAL);
}

void ready_close(struct ready *ready)
{
    if (ready->caller_fd >= 0)
        (void)close(ready->caller_fd);
    if (ready->notify_fd >= 0)
        (void)close(ready->notify_fd);
    *ready = (struct ready)READY_INIT;
}
