/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/trail.h"
#include "daemon/reap.h"
#include "daemon/spawn.h"

#define DEATHS_AN_HOUR 120 /* with the longest pause */

static void pause_launching(struct master *m, struct mono now, const char *text)
{
    m->work.fork_failures++;
    m->work.paused_until = mono_add_ms(now, policy_backoff_ms(m->work.fork_failures));
    if (once_pass(&m->once, text, now))
        log_warning("Cannot start a worker: %s; will try again", text);
}

static void worker_succeeded(struct master *m, struct pool_worker *w)
{
    w->prepared = true;
    w->succeeded = true;
    if (m->work.deaths == 0)
        return;
    m->work.deaths = 0;
    atomic_store(&m->pool.board->failing, 0);
    m->work.throttled_until = (struct mono){0};
    m->work.changed = true;
}

static void worker_idle(struct master *m, struct pool_worker *w)
{
    w->idle = true;
    /* It has found the queue empty, which is newer than any count. */
    m->work.waiting = 0;
    /* What comes after that is told by the watcher. */
    if (!watch_sees(m, mono_now()))
        m->work.changed = true;
}

static void worker_said(struct master *m, struct pool_worker *w, const struct msg *msg)
{
    if (msg->generation != w->generation || msg->pid != w->pid)
        return;
    switch ((enum msg_kind)msg->kind) {
    case MSG_PREPARED:
        w->prepared = true;
        break;
    case MSG_SUCCESS:
        worker_succeeded(m, w);
        break;
    case MSG_IDLE:
        worker_idle(m, w);
        break;
    case MSG_TROUBLE:
        if (once_pass(&m->once, msg->text, mono_now()))
            log_err("%s", msg->text);
        break;
    default:
        break;
    }
}

/* Takes what has come; closes our end when there will be no more. */
static void worker_hear(struct master *m, struct pool_worker *w)
{
    struct msg msg;
    int rc;
    while ((rc = msg_recv(w->fd, &msg)) == 0)
        worker_said(m, w, &msg);
    if (rc < 0) {
        loop_remove(m->loop, w->fd);
        (void)close(w->fd);
        w->fd = -1;
    }
}

static void worker_readable(void *arg, int fd, short revents)
{
    (void)revents;
    struct master *m = arg;
    struct pool_worker *w = pool_by_fd(&m->pool, fd);
    if (w != NULL)
        worker_hear(m, w);
}

/* Forks into a slot that is ready for it. 0, or -1 with errno. */
static int fork_worker(struct master *m, unsigned slot, struct mono now)
{
    int fds[2];
    if (msg_pair(fds) != 0)
        return -1;
    uint32_t generation = pool_generation(&m->pool);
    struct heritage heritage = m->heritage;
    heritage.slot = slot;
    heritage.generation = generation;
    atomic_store(&m->pool.board->slot[slot].generation, generation);
    struct spawn spawn = {.title = "worker",
                          .role = m->config->roles.worker,
                          .heritage = &heritage,
                          .master_fd = fds[1],
                          .log_fd = m->log_fds[1],
                          .log_read_fd = -1};
    pid_t pid = -1;
    if (loop_add(m->loop, fds[0], worker_readable, m) == 0)
        pid = spawn_child(&spawn);
    int saved = errno;
    (void)close(fds[1]);
    if (pid < 0) {
        loop_remove(m->loop, fds[0]);
        (void)close(fds[0]);
        errno = saved;
        return -1;
    }
    pool_take(&m->pool, slot, pid, fds[0], generation, now);
    if (m->heritage.debug)
        log_notice("%s process %d launched", m->heritage.service, (int)pid);
    return 0;
}

int worker_launch(struct master *m, struct mono now)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int slot = pool_reserve(&m->pool, &err);
    if (slot < 0) {
        pause_launching(m, now, err.text);
        return -1;
    }
    if (fork_worker(m, (unsigned)slot, now) != 0) {
        pause_launching(m, now, err_reason(errno));
        return -1;
    }
    m->work.fork_failures = 0;
    return 0;
}

/* Whether the process died in a job. */
static bool died_in_job(const struct master *m, const struct pool_worker *w)
{
    return atomic_load(&m->pool.board->slot[pool_slot(&m->pool, w)].running) != 0;
}

/* At the second, and about once an hour while it lasts: what keeps a service from working
 * must not be lost among what it repeats. */
static void say_failing(const struct master *m, const struct msg_dead *dead, int status)
{
    unsigned deaths = m->work.deaths;
    char how[64];
    if (deaths == 2 || deaths % DEATHS_AN_HOUR == 0)
        log_err(
            "Workers of %s end before they can take a job, the last (process %d) by %s: "
            "they are launched one at a time with pauses of up to half a minute; what they "
            "say is in the log",
            m->heritage.service, dead->pid, reap_text(status, how, sizeof how));
}

/* Those of one batch that die of the same fault count as one death. */
static void throttle(struct master *m, const struct pool_worker *w,
                     const struct msg_dead *dead, int status, struct mono now)
{
    struct work *work = &m->work;
    if (work->deaths > 0 && mono_before(w->launched, work->death_at))
        return;
    work->deaths++;
    work->death_at = now;
    bool in_job = died_in_job(m, w);
    int64_t ms =
        in_job ? policy_job_backoff_ms(work->deaths) : policy_backoff_ms(work->deaths);
    work->throttled_until = mono_add_ms(now, ms);
    if (in_job)
        return;
    atomic_store(&m->pool.board->failing, work->deaths);
    say_failing(m, dead, status);
}

/* Counts have been wrong about jobs before; two workers in a row that found nothing to do
 * make the next ones wait. */
static void note_fruit(struct master *m, bool fruitful, struct mono now)
{
    struct work *work = &m->work;
    if (fruitful) {
        work->fruitless = false;
        return;
    }
    work->waiting = 0;
    int64_t ms = m->settings.master_launch_ms;
    if (work->fruitless)
        work->paused_until =
            mono_add_ms(now, ms < POLICY_INTERVAL_MIN_MS ? POLICY_INTERVAL_MIN_MS : ms);
    work->fruitless = true;
}

static void report_death(const struct msg_dead *dead, int status)
{
    char how[64];
    if (dead->death == DEATH_SIGNAL)
        log_err("Worker process %d was killed by %s", dead->pid,
                reap_text(status, how, sizeof how));
    else if (dead->death == DEATH_EXIT && dead->status != 0)
        log_debug("Worker process %d ended with exit code %d", dead->pid, dead->status);
}

/* Frees the slot, or keeps it until the poller has settled what the process held. */
static void leave_slot(struct master *m, struct pool_worker *w, const struct msg_dead *dead)
{
    if (!pool_holds_jobs(&m->pool, w)) {
        pool_release(&m->pool, w);
        return;
    }
    w->state = POOL_DEAD;
    w->dead = *dead;
    w->dead_sent = false;
}

void worker_ended(struct master *m, struct pool_worker *w, int status)
{
    struct mono now = mono_now();
    if (w->fd >= 0)
        worker_hear(m, w); /* its last words tell a success from a death at the start */
    if (w->fd >= 0) {
        loop_remove(m->loop, w->fd);
        (void)close(w->fd);
        w->fd = -1;
    }
    struct msg_dead dead;
    reap_death(w, pool_slot(&m->pool, w), status, &dead);
    report_death(&dead, status);
    const struct board_slot *slot = &m->pool.board->slot[pool_slot(&m->pool, w)];
    if (dead.death != DEATH_EXIT || atomic_load(&slot->running) != 0)
        trail_report(slot, dead.pid);
    bool fruitful = pool_collect(&m->pool, w);
    if (fruitful) /* also when it could not say so */
        worker_succeeded(m, w);
    if (!w->succeeded && !w->told && !w->killed)
        throttle(m, w, &dead, status, now);
    else if (dead.death == DEATH_EXIT && !w->told)
        note_fruit(m, fruitful, now);
    leave_slot(m, w, &dead);
    m->work.owed++;
    m->work.changed = true;
}

static void worker_say(struct pool_worker *w, enum msg_kind kind, bool flag)
{
    const struct msg msg = {.kind = kind, .generation = w->generation, .flag = flag};
    if (w->fd < 0 || msg_send(w->fd, &msg) == 1)
        return; /* LEAVE is repeated, and a WAKE is lost only on a worker that is deaf */
    if (kind == MSG_LEAVE)
        w->told = true;
    else
        w->idle = false;
}

unsigned workers_wake(struct master *m, unsigned count, bool pushed)
{
    unsigned woken = 0;
    for (unsigned i = 0; i < m->pool.high && woken < count; i++) {
        struct pool_worker *w = &m->pool.workers[i];
        if (w->state != POOL_LIVE || !w->idle || w->told)
            continue;
        worker_say(w, MSG_WAKE, pushed);
        woken++;
    }
    return woken;
}

void workers_leave(struct master *m)
{
    for (unsigned i = 0; i < m->pool.high; i++) {
        struct pool_worker *w = &m->pool.workers[i];
        if (w->state == POOL_LIVE && !w->told)
            worker_say(w, MSG_LEAVE, false);
    }
}

static void worker_kill(struct pool_worker *w, enum msg_death death)
{
    /* Not reaped yet, so the number is still its own. */
    (void)kill(w->pid, SIGKILL);
    w->killed = true;
    w->death = death;
}

void workers_kill_old(struct master *m, struct mono now)
{
    int64_t wait_s = m->settings.worker_max_ttl_wait_s;
    int64_t age_ms = (m->settings.worker_max_ttl_s + (wait_s > 0 ? wait_s : 0)) * 1000;
    for (unsigned i = 0; i < m->pool.high; i++) {
        struct pool_worker *w = &m->pool.workers[i];
        if (w->state != POOL_LIVE || w->killed ||
            mono_before(now, mono_add_ms(w->launched, age_ms)))
            continue;
        worker_kill(w, DEATH_TTL);
        log_err("Killed process %d (exceeded WORKER_MAX_TTL)", (int)w->pid);
    }
}

void workers_kill_all(struct master *m)
{
    for (unsigned i = 0; i < m->pool.high; i++) {
        struct pool_worker *w = &m->pool.workers[i];
        if (w->state != POOL_LIVE || w->killed)
            continue;
        worker_kill(w, DEATH_SHUTDOWN);
        log_err("Killed process %d (shutdown %s instance)", (int)w->pid,
                m->heritage.service);
    }
}
