/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/log.h"
#include "daemon/reap.h"

static void reap_children(struct master *m)
{
    pid_t pid;
    int status;
    while (reap_next(&pid, &status)) {
        struct pool_worker *w = pool_by_pid(&m->pool, pid);
        if (w != NULL)
            worker_ended(m, w, status);
        else if (pid == m->lookout.pid)
            lookout_ended(m, status);
        else if (pid == m->watch.pid)
            watch_ended(m, status);
        else if (pid == m->reload.pid)
            reload_ended(m, status);
    }
}

static void take_signal(struct master *m, int signo)
{
    switch (signo) {
    case SIGCHLD:
        reap_children(m);
        break;
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
        stop_signal(m, signo);
        break;
    case SIGHUP:
        if (m->stop.stage == STOP_NOT)
            reload_begin(m);
        break;
    case SIGUSR1:
        report_state(m);
        break;
    default:
        break;
    }
}

void master_take_signals(void *arg, int fd, short revents)
{
    (void)revents;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        take_signal(arg, (int)info.ssi_signo);
}

/* Only a loop that comes round tells the service manager's watchdog so. */
static struct mono ping(struct master *m, struct mono now)
{
    if (m->ready.watchdog_ms <= 0)
        return MONO_NEVER;
    if (!mono_before(now, m->ping_at)) {
        ready_notify(&m->ready, "WATCHDOG=1");
        m->ping_at = mono_add_ms(now, m->ready.watchdog_ms);
    }
    return m->ping_at;
}

static struct mono tick(struct master *m)
{
    struct mono now = mono_now();
    struct mono deadline = lookout_tick(m, now);
    deadline = mono_min(deadline, reload_tick(m, now));
    deadline = mono_min(deadline, ping(m, now));
    deadline = mono_min(deadline, watch_tick(m, now));
    return mono_min(deadline,
                    m->stop.stage == STOP_NOT ? work_tick(m, now) : stop_tick(m, now));
}

void master_loop(struct master *m)
{
    while (m->stop.stage != STOP_DONE)
        (void)loop_wait(m->loop, tick(m));
}
