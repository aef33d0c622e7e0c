/* SPDX-License-Identifier: MIT */
#include "daemon/probe_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mono.h"
#include "daemon/reap.h"
#include "daemon/spawn.h"

/* Not 0 to 2, which the plugin may use as it likes, and just above. */
#define ANSWER_FD 3

static bool write_all(int fd, const void *data, size_t len)
{
    for (const char *p = data; len > 0;) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static _Noreturn void child(probe_fn *probe, const struct heritage *heritage, int fd)
{
    if (fd != ANSWER_FD && dup3(fd, ANSWER_FD, O_CLOEXEC) != ANSWER_FD)
        _exit(EX_OSERR);
    spawn_reset(ANSWER_FD + 1);
    log_set_channel(-1);
    setproctitle("probe %s", heritage->service);
    struct probe answer;
    memset(&answer, 0, sizeof answer);
    probe(heritage, &answer);
    (void)fflush(NULL);
    _exit(write_all(ANSWER_FD, &answer, sizeof answer) ? EX_OK : EX_IOERR);
}

int probe_start(probe_fn *probe, const struct heritage *heritage, pid_t *pid_out,
                int *fd_out)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    (void)fflush(NULL);
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        child(probe, heritage, fds[1]);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    int saved = errno;
    (void)close(fds[1]);
    if (pid < 0) {
        (void)close(fds[0]);
        errno = saved;
        return -1;
    }
    *pid_out = pid;
    *fd_out = fds[0];
    return 0;
}

static void end_texts(struct probe *p)
{
    p->text[sizeof p->text - 1] = '\0';
    p->version[sizeof p->version - 1] = '\0';
    p->dsn[sizeof p->dsn - 1] = '\0';
    p->notes[sizeof p->notes - 1] = '\0';
}

int probe_read(int fd, struct probe *out, size_t *have)
{
    ssize_t n = read(fd, (char *)out + *have, sizeof *out - *have);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 1 : -1;
    if (n == 0)
        return -1;
    *have += (size_t)n;
    if (*have < sizeof *out)
        return 1;
    end_texts(out);
    return 0;
}

void probe_died(struct probe *out, int wait_status)
{
    char how[64];
    memset(out, 0, sizeof *out);
    out->exit_code = EX_SOFTWARE;
    (void)snprintf(out->text, sizeof out->text,
                   "The process that tries out plugin and database ended by %s and gave no "
                   "answer: see what the plugin does while it is loaded",
                   reap_text(wait_status, how, sizeof how));
}

void probe_late(struct probe *out, int timeout_ms)
{
    memset(out, 0, sizeof *out);
    out->exit_code = EX_SOFTWARE;
    (void)snprintf(
        out->text, sizeof out->text,
        "The process that tries out plugin and database gave no answer within %d "
        "ms: see what the plugin does while it is loaded, and whether the "
        "database hangs",
        timeout_ms);
}

/* 0 answered, 1 time is up, -1 ended without an answer. */
static int await(int fd, struct mono deadline, struct probe *out)
{
    size_t have = 0;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, mono_poll_ms(deadline, mono_now()));
        if (ready == 0)
            return 1;
        if (ready < 0 && errno != EINTR)
            return -1;
        int rc = ready < 0 ? 1 : probe_read(fd, out, &have);
        if (rc <= 0)
            return rc;
    }
}

void probe_run(probe_fn *probe, const struct heritage *heritage, int timeout_ms,
               struct probe *out)
{
    pid_t pid;
    int fd;
    memset(out, 0, sizeof *out);
    if (probe_start(probe, heritage, &pid, &fd) != 0) {
        out->exit_code = EX_OSERR;
        (void)snprintf(out->text, sizeof out->text, "Cannot start a child process: %s",
                       strerror(errno));
        return;
    }
    int rc = await(fd, mono_add_ms(mono_now(), timeout_ms), out);
    (void)close(fd);
    if (rc == 1)
        (void)kill(pid, SIGKILL);
    int status = 0;
    pid_t got;
    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    if (rc < 0)
        probe_died(out, status);
    else if (rc == 1)
        probe_late(out, timeout_ms);
}
