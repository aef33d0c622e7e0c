/* SPDX-License-Identifier: MIT */
#include "child.h"
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* After the end of the program, read no more than a pipe can hold: a process that it left
 * behind may go on writing. */
#define DRAIN_READS 64

struct child {
    const struct child_spec *spec;
    struct child_result *result;
    pid_t pid;
    int pid_fd;       /* -1 once the program has ended */
    int in_fd;        /* our end of its standard input; -1 when all is written */
    int out_fd;       /* our end of its output; -1 after the end of it */
    size_t written;   /* bytes of the input */
    int64_t deadline; /* of what comes next: TERM, or KILL when timed out */
    bool killed;
};

static int64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void fd_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void tail_add(struct child_result *result, const char *bytes, size_t len)
{
    if (len > sizeof result->tail) {
        bytes += len - sizeof result->tail;
        len = sizeof result->tail;
    }
    size_t kept = result->tail_len;
    if (kept > sizeof result->tail - len) {
        kept = sizeof result->tail - len;
        memmove(result->tail, result->tail + result->tail_len - kept, kept);
    }
    memcpy(result->tail + kept, bytes, len);
    result->tail_len = kept + len;
}

/* One read of the output; false when there is nothing to read now. */
static bool output_read(struct child *child)
{
    char buf[4096];
    ssize_t n = read(child->out_fd, buf, sizeof buf);
    if (n > 0) {
        tail_add(child->result, buf, (size_t)n);
        child->spec->output(child->spec->output_arg, buf, (size_t)n);
        return true;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        fd_close(&child->out_fd);
    return false;
}

/* A program need not read its input: EPIPE is as good as all written. */
static void input_write(struct child *child)
{
    const struct child_spec *spec = child->spec;
    ssize_t n =
        write(child->in_fd, spec->input + child->written, spec->input_len - child->written);
    if (n > 0)
        child->written += (size_t)n;
    else if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0 || child->written == spec->input_len)
        fd_close(&child->in_fd);
}

/* The program is not reaped before the end of child_run(), so its process group cannot
 * become somebody else's meanwhile. */
static void time_over(struct child *child)
{
    if (!child->result->timed_out) {
        child->result->timed_out = true;
        child->deadline = now_ms() + CHILD_GRACE_S * 1000;
        (void)kill(-child->pid, SIGTERM);
    } else {
        child->killed = true;
        (void)kill(-child->pid, SIGKILL);
    }
}

/* When the time is over, whoever holds the output open is given the grace too. */
static bool finished(const struct child *child)
{
    if (child->pid_fd >= 0)
        return false;
    return !child->result->timed_out || child->killed || child->out_fd < 0;
}

static int wait_ms(const struct child *child)
{
    if (child->killed)
        return -1;
    int64_t left = child->deadline - now_ms();
    return left <= 0 ? 0 : (int)left;
}

static void wait_once(struct child *child)
{
    struct pollfd fds[] = {
        {.fd = child->pid_fd, .events = POLLIN},
        {.fd = child->out_fd, .events = POLLIN},
        {.fd = child->in_fd, .events = POLLOUT},
    };
    int timeout = wait_ms(child);
    if (timeout == 0) {
        time_over(child);
        return;
    }
    if (poll(fds, sizeof fds / sizeof fds[0], timeout) <= 0)
        return;
    if (fds[1].revents)
        (void)output_read(child);
    if (fds[2].revents)
        input_write(child);
    if (fds[0].revents)
        fd_close(&child->pid_fd);
}

/* 0, or an errno value: without a status nobody knows how the program ended. */
static int wait_all(struct child *child)
{
    while (!finished(child))
        wait_once(child);
    for (int i = 0; i < DRAIN_READS && child->out_fd >= 0; i++) {
        if (!output_read(child))
            break;
    }
    if (child->result->timed_out)
        (void)kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &child->result->status, 0) < 0) {
        if (errno != EINTR)
            return errno;
    }
    return 0;
}

/* Standard descriptors, signals, process group and folder of the program. 0 or an errno
 * value. */
static int spawn_with(struct child *child, posix_spawn_file_actions_t *files,
                      posix_spawnattr_t *attributes, int in, int out)
{
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    const short flags =
        POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    int rc = posix_spawnattr_setflags(attributes, flags);
    rc = rc ? rc : posix_spawnattr_setsigmask(attributes, &none);
    rc = rc ? rc : posix_spawnattr_setsigdefault(attributes, &all);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(files, in, 0);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(files, out, 1);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(files, out, 2);
    rc = rc ? rc : posix_spawn_file_actions_addclosefrom_np(files, 3);
    rc = rc ? rc : posix_spawn_file_actions_addchdir_np(files, "/");
    if (rc)
        return rc;
    return posix_spawn(&child->pid, child->spec->argv[0], files, attributes,
                       child->spec->argv, child->spec->envp);
}

static int spawn(struct child *child, int in, int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int rc = posix_spawn_file_actions_init(&files);
    if (rc)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = spawn_with(child, &files, &attributes, in, out);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return rc;
}

/* Our ends must not block; the program's ends are its own, as it expects them. */
static int start(struct child *child)
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    int rc = 0;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
        fcntl(in[1], F_SETFL, O_NONBLOCK) != 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) != 0)
        rc = errno;
    if (rc == 0)
        rc = spawn(child, in[0], out[1]);
    fd_close(&in[0]);
    fd_close(&out[1]);
    child->in_fd = in[1];
    child->out_fd = out[0];
    if (rc != 0)
        return rc;
    child->pid_fd = pidfd_open(child->pid, 0);
    if (child->pid_fd >= 0)
        return 0;
    rc = errno;
    (void)kill(-child->pid, SIGKILL);
    (void)waitpid(child->pid, NULL, 0);
    return rc;
}

int child_run(const struct child_spec *spec, struct child_result *out)
{
    struct child child = {.spec = spec, .result = out, .pid_fd = -1};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, saved;
    *out = (struct child_result){0};

    (void)sigaction(SIGPIPE, &ignore, &saved);
    int rc = guard_start();
    if (rc == 0)
        rc = start(&child);
    if (rc == 0) {
        guard_note(child.pid);
        child.deadline = now_ms() + (int64_t)spec->timeout_s * 1000;
        rc = wait_all(&child);
        guard_note(0);
    }
    (void)sigaction(SIGPIPE, &saved, NULL);
    fd_close(&child.in_fd);
    fd_close(&child.out_fd);
    fd_close(&child.pid_fd);
    return rc;
}
