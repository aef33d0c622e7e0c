/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/looker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mono.h"

#define PAUSE_MS      2000 /* between two looks, or longer where they take long */
#define PAUSE_AWAY_MS 1000
#define ORDER_US      10000000 /* an order that lay longer is not what is wanted now */

/* ---- the child ---- */

struct child {
    struct ctl ctl; /* with a connection of its own */
    int from, to;
    struct look *look;
};

static bool send_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static void disconnect(struct child *c)
{
    helios_client_close(c->ctl.client);
    c->ctl.client = NULL;
}

static int connected(struct child *c, struct helios_error *err)
{
    return c->ctl.client != NULL ? 0 : ctl_connect(&c->ctl, NULL, err);
}

static void obey(struct child *c, const struct look_order *order)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf said = BUF_INIT;
    if (mono_now().us - order->asked_us > ORDER_US)
        buf_puts(&said, "the database did not answer: nothing was changed");
    else if (connected(c, &err) != 0 || steer_rows(ctl_store(&c->ctl), order->verb,
                                                   order->service, order->host, &err) != 0)
        buf_puts(&said, err.text);
    else
        buf_printf(&said, "%s %s on host %s", order->service, steer_done(order->verb),
                   order->host);
    (void)snprintf(c->look->said, sizeof c->look->said, "%s", buf_text(&said));
    buf_fini(&said);
}

static void look_once(struct child *c)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct look *look = c->look;
    look->connected =
        connected(c, &err) == 0 && look_read(ctl_store(&c->ctl), look, &err) == 0;
    look->away[0] = '\0';
    if (look->connected)
        return;
    (void)snprintf(look->away, sizeof look->away, "%.*s", (int)sizeof look->away - 1,
                   err.text);
    disconnect(c);
}

/* Waits for an order, for at most so long. False: the parent has gone. */
static bool wait_for_order(struct child *c, int64_t pause_ms)
{
    struct look_order order;
    struct pollfd in = {.fd = c->from, .events = POLLIN};
    c->look->said[0] = '\0';
    if (poll(&in, 1, (int)pause_ms) <= 0)
        return true;
    if (read(c->from, &order, sizeof order) != (ssize_t)sizeof order)
        return false;
    order.service[sizeof order.service - 1] = '\0';
    order.host[sizeof order.host - 1] = '\0';
    obey(c, &order);
    return true;
}

static void serve(struct child *c)
{
    bool going = true;
    while (going) {
        struct mono start = mono_now();
        look_once(c);
        if (!send_all(c->to, c->look, sizeof *c->look))
            return;
        int64_t took = 10 * mono_diff_ms(mono_now(), start);
        int64_t pause = c->look->connected ? PAUSE_MS : PAUSE_AWAY_MS;
        going = wait_for_order(c, took > pause && c->look->connected ? took : pause);
    }
}

/* The terminal is the parent's alone, and so are its signals. */
static void leave_terminal(pid_t parent)
{
    sigset_t none;
    (void)sigemptyset(&none);
    if (signal(SIGINT, SIG_IGN) == SIG_ERR || signal(SIGTSTP, SIG_DFL) == SIG_ERR ||
        signal(SIGWINCH, SIG_DFL) == SIG_ERR || signal(SIGTERM, SIG_DFL) == SIG_ERR ||
        signal(SIGHUP, SIG_DFL) == SIG_ERR || signal(SIGABRT, SIG_DFL) == SIG_ERR ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        _exit(1);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
        _exit(1);
}

/* ---- the parent ---- */

static int make_pipes(int order[2], int look[2], struct helios_error *err)
{
    if (pipe2(order, O_CLOEXEC) != 0)
        return err_errno(err, errno, "cannot make a pipe");
    if (pipe2(look, O_CLOEXEC) == 0) {
        (void)fcntl(look[0], F_SETFL, O_NONBLOCK);
        (void)fcntl(order[1], F_SETFL, O_NONBLOCK);
        return 0;
    }
    int code = errno;
    (void)close(order[0]);
    (void)close(order[1]);
    return err_errno(err, code, "cannot make a pipe");
}

int looker_start(struct looker *l, const struct ctl *ctl, struct helios_error *err)
{
    int order[2] = {-1, -1};
    int look[2] = {-1, -1};
    pid_t parent = getpid();
    *l = (struct looker){.from = -1, .to = -1};
    l->coming = calloc(1, sizeof *l->coming);
    if (l->coming == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (make_pipes(order, look, err) != 0)
        return -1;
    l->pid = fork();
    if (l->pid == 0) {
        struct child child = {.ctl = *ctl, .from = order[0], .to = look[1]};
        child.look = l->coming;
        leave_terminal(parent);
        (void)close(order[1]);
        (void)close(look[0]);
        serve(&child);
        _exit(0);
    }
    int code = errno;
    (void)close(order[0]);
    (void)close(look[1]);
    l->from = look[0];
    l->to = order[1];
    if (l->pid > 0)
        return 0;
    l->pid = 0;
    return err_errno(err, code, "cannot start a process");
}

int looker_read(struct looker *l, struct look *out)
{
    while (l->pid != 0) {
        ssize_t n = read(l->from, (char *)l->coming + l->got, sizeof *l->coming - l->got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n <= 0)
            return -1;
        l->got += (size_t)n;
        if (l->got == sizeof *l->coming) {
            l->got = 0;
            *out = *l->coming;
            return 1;
        }
    }
    return -1;
}

bool looker_order(const struct looker *l, const struct look_order *order)
{
    return l->pid != 0 && write(l->to, order, sizeof *order) == (ssize_t)sizeof *order;
}

void looker_stop(struct looker *l)
{
    if (l->pid != 0) {
        (void)kill(l->pid, SIGKILL);
        while (waitpid(l->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        (void)close(l->from);
        (void)close(l->to);
    }
    free(l->coming);
    *l = (struct looker){.from = -1, .to = -1};
}
