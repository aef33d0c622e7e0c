/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <signal.h>
#include <string.h>

#include "core/log.h"

#define SECOND_GRACE_MS 1000 /* after a second TERM */
#define POLLER_MS       5000 /* for the poller to account, to clear up, to flush; at most */
#define POLLER_AWAY_MS  1000 /* the same while the database is away */
#define KILLED_MS       5000 /* for the kernel to end what has been killed */

static int64_t grace_ms(const struct settings *settings)
{
    int64_t ms = settings->zero_launch_ms;
    if (ms < POLICY_INTERVAL_MIN_MS)
        ms = POLICY_INTERVAL_MIN_MS;
    return ms > INT64_MAX / 4 ? INT64_MAX / 4 : 2 * ms;
}

static struct mono after_ms(int64_t ms)
{
    return mono_add_ms(mono_now(), ms);
}

static int64_t poller_ms(const struct master *m)
{
    int64_t ms = m->lookout.away || m->lookout.pid == 0 ? POLLER_AWAY_MS : POLLER_MS;
    return ms < m->stop.grace_ms ? ms : m->stop.grace_ms;
}

static void say_why(const struct master *m, enum stop_cause cause, int signo)
{
    const char *service = m->heritage.service;
    const char *host = m->heritage.host;
    if (cause == STOP_BY_SIGNAL || cause == STOP_BY_QUIT)
        log_notice("Received %s signal; HALTING %s on host %s", sigabbrev_np(signo),
                   service, host);
    else
        log_notice("HALTING %s on host %s", service, host);
    if (cause == STOP_BY_SIGNAL)
        log_notice("Setting HALT for %s on host %s", service, host);
}

void stop_begin(struct master *m, enum stop_cause cause, int signo)
{
    struct stop *s = &m->stop;
    say_why(m, cause, signo);
    s->cause = cause;
    s->stage = STOP_LEAVING;
    s->grace_ms = grace_ms(&m->settings);
    s->deadline = after_ms(cause == STOP_BY_QUIT ? 0 : s->grace_ms);
    atomic_store(&m->pool.board->master_state, 3);
    if (cause == STOP_BY_SIGNAL)
        lookout_say(m, MSG_HALT_SET, false);
    reload_abandon(m);
    watch_stop(m);
    ready_notify(&m->ready, "STOPPING=1\nSTATUS=stopping");
    ready_notify(&m->ready, "EXTEND_TIMEOUT_USEC=%lld",
                 (long long)(s->grace_ms > 3600000 ? 3600000 : s->grace_ms) * 1000 +
                     20000000LL);
}

void stop_signal(struct master *m, int signo)
{
    struct stop *s = &m->stop;
    if (s->stage == STOP_NOT) {
        stop_begin(m, signo == SIGQUIT ? STOP_BY_QUIT : STOP_BY_SIGNAL, signo);
        return;
    }
    int64_t ms = signo == SIGQUIT ? 0 : SECOND_GRACE_MS;
    if (s->grace_ms > SECOND_GRACE_MS)
        s->grace_ms = SECOND_GRACE_MS;
    s->deadline = mono_min(s->deadline, after_ms(ms));
}

void stop_answer(struct master *m, const struct msg *stopped)
{
    /* In an earlier stage it is the word of a poller that is being replaced. */
    if (m->stop.stage != STOP_POLLER)
        return;
    m->stop.stopped = true;
    m->stop.cleared = stopped->flag;
    m->stop.remain = stopped->number;
}

/* Workers finish their jobs. */
static void leaving(struct master *m, const struct pool_counts *counts, struct mono now)
{
    struct stop *s = &m->stop;
    workers_leave(m);
    if (counts->running > 0 && mono_before(now, s->deadline))
        return;
    log_notice("Reaping %s workers on host %s", m->heritage.service, m->heritage.host);
    workers_kill_all(m);
    s->stage = STOP_REAPING;
    s->deadline = after_ms(counts->running > 0 ? KILLED_MS : poller_ms(m));
}

/* What was killed ends, and the poller accounts for what it held. */
static void reaping(struct master *m, const struct pool_counts *counts, struct mono now)
{
    struct stop *s = &m->stop;
    bool settled = counts->running == 0 && (counts->dead == 0 || m->lookout.away);
    if (!settled && mono_before(now, s->deadline))
        return;
    s->stage = STOP_POLLER;
    s->deadline = after_ms(poller_ms(m));
    /* It may have had nothing to say for longer than it may take to leave. */
    m->lookout.sent = now;
    m->lookout.leaving = true;
    lookout_say(m, MSG_STOP, s->cause == STOP_BY_SIGNAL);
}

/* True when the poller has gone, killed if it takes too long. */
static bool poller_gone(struct master *m, struct mono now)
{
    struct stop *s = &m->stop;
    if (m->lookout.pid == 0)
        return true;
    if (mono_before(now, s->deadline))
        return false;
    if (m->lookout.killed)
        return true;
    lookout_kill(m);
    s->deadline = after_ms(KILLED_MS);
    return false;
}

/* The poller has cleared up, or there is none any more: the last words. They still reach
 * the table, since the poller stays until we hang up and then stores what is there. */
static void farewell(struct master *m)
{
    const char *service = m->heritage.service;
    const char *host = m->heritage.host;
    if (m->lookout.pid == 0)
        log_set_channel(-1);
    if (m->stop.cleared)
        log_notice("Cleared HALT for %s on host %s", service, host);
    master_remove_files(m);
    log_notice("%s on host %s HALTED.", service, host);
    log_set_channel(-1);
    lookout_hang_up(m);
}

struct mono stop_tick(struct master *m, struct mono now)
{
    struct stop *s = &m->stop;
    enum stop_stage before = s->stage;
    struct pool_counts counts;
    pool_count(&m->pool, now, &counts);
    switch (s->stage) {
    case STOP_LEAVING:
        leaving(m, &counts, now);
        break;
    case STOP_REAPING:
        reaping(m, &counts, now);
        break;
    case STOP_POLLER:
        if (!s->stopped && !poller_gone(m, now))
            break;
        farewell(m);
        s->stage = STOP_FLUSHING;
        s->deadline = after_ms(poller_ms(m));
        break;
    case STOP_FLUSHING:
        if (poller_gone(m, now))
            s->stage = STOP_DONE;
        break;
    case STOP_NOT:
    case STOP_DONE:
        return MONO_NEVER;
    }
    return s->stage == before ? s->deadline : now;
}
