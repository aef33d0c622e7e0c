/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "daemon/reap.h"
#include "daemon/spawn.h"

/* The watcher, as the master sees it: a hint about when to look and whom to wake. Nothing
 * depends on it, so that it is killed and replaced without ceremony. */

#define UNPROVEN_MS    10000  /* beyond two registrations */
#define UNPROVEN_AGE   600000 /* until another one tries */
#define REFUSALS_MOST  3      /* each doubles the time until another one tries */
#define PUSHED_MS      2      /* between looks that changes ask for in vain, at first, */
#define PUSHED_MOST_MS 100    /* and after many */
#define FRUITLESS_FEW  8
#define FRUITLESS_MOST 16
#define DOUBT_MS       30    /* after a change: look again, */
#define DOUBT_LONG_MS  1000  /* and again for a server that has stalled */
#define STEADY_MS      10000 /* one that lived so long has not failed at its start */

static int64_t registration_ms(const struct master *m)
{
    int64_t ms = m->settings.registration_ms;
    return ms < 1000 ? 1000 : ms > INT64_MAX / 4000 ? INT64_MAX / 4000 : ms;
}

static int64_t proof_ms(const struct master *m)
{
    return 2 * registration_ms(m) + UNPROVEN_MS;
}

/* A log that leaves our database out would look like one in which nothing happens. Our own
 * registration is something that happens. */
bool watch_sees(const struct master *m, struct mono now)
{
    const struct watch *w = &m->watch;
    if (!w->on)
        return false;
    struct mono ours = {atomic_load(&m->pool.board->watch_ours)};
    return ours.us != 0 && mono_diff_ms(now, ours) < proof_ms(m);
}

/* ---- what it says ---- */

static void ask_for_look(struct master *m)
{
    m->work.changed = m->work.pushed = true;
}

static void ask_for_looks(struct master *m)
{
    struct watch *w = &m->watch;
    ask_for_look(m);
    w->doubt = mono_min(w->doubt, mono_add_ms(mono_now(), DOUBT_MS));
    w->doubt_twice = true;
}

/* Takes what has been counted since, whether it has rung or not. */
static void take(struct master *m)
{
    struct watch *w = &m->watch;
    struct board *b = m->pool.board;
    uint64_t due = atomic_load(&b->watch_due), unclear = atomic_load(&b->watch_unclear);
    uint64_t fresh = due - w->due;
    w->alarm =
        mono_min(w->alarm, (struct mono){atomic_exchange(&b->watch_next, INT64_MAX)});
    if (unclear != w->unclear)
        ask_for_looks(m);
    w->due = due;
    w->unclear = unclear;
    if (fresh == 0 || m->stop.stage != STOP_NOT || m->settings.hold)
        return;
    unsigned want = fresh > BOARD_SLOTS ? BOARD_SLOTS : (unsigned)fresh;
    unsigned woken = workers_wake(m, want, true);
    w->doubt = mono_min(w->doubt, mono_add_ms(mono_now(), DOUBT_LONG_MS));
    /* Whether more workers are needed is decided by a count. */
    if (woken < want)
        ask_for_looks(m);
}

/* For so long that nobody has to try. */
static void refuse(struct watch *w, int64_t ms)
{
    struct mono now = mono_now();
    bool soon = mono_diff_ms(now, w->on_since) < UNPROVEN_AGE;
    if (w->on)
        w->refusals = !soon                         ? 0
                      : w->refusals < REFUSALS_MOST ? w->refusals + 1
                                                    : REFUSALS_MOST;
    w->on = false;
    w->refused = true;
    w->respawn_at = mono_add_ms(now, ms << w->refusals);
}

/* Without a time it is an error, after which another one tries as after any death. */
static void unwatched(struct master *m, const struct msg *msg)
{
    struct watch *w = &m->watch;
    int64_t ms = msg->number & INT32_MAX;
    if (ms > 0)
        refuse(w, ms);
    if (strcmp(msg->text, w->text) == 0)
        return;
    (void)snprintf(w->text, sizeof w->text, "%s", msg->text);
    log_notice("WAKE: polling, because %s", msg->text);
}

static void watching(struct master *m)
{
    struct watch *w = &m->watch;
    if (!w->announced)
        log_notice("WAKE: watching the changes of the database");
    w->announced = w->on = w->register_wanted = true;
    w->text[0] = '\0';
    w->on_since = mono_now();
    atomic_store(&m->pool.board->watch_ours, 0);
    /* What came before it is found by looking. */
    ask_for_looks(m);
}

static void said(struct master *m, const struct msg *msg)
{
    struct watch *w = &m->watch;
    if (msg->generation != w->generation || msg->pid != w->pid)
        return;
    switch ((enum msg_kind)msg->kind) {
    case MSG_WATCHING:
        watching(m);
        break;
    case MSG_RING:
        take(m);
        break;
    case MSG_RESTING:
        w->on = false;
        break;
    case MSG_UNWATCHED:
        unwatched(m, msg);
        break;
    default:
        break;
    }
}

static void hang_up(struct master *m)
{
    if (m->watch.fd < 0)
        return;
    loop_remove(m->loop, m->watch.fd);
    (void)close(m->watch.fd);
    m->watch.fd = -1;
}

static void hear(struct master *m)
{
    struct msg msg;
    int rc;
    while ((rc = msg_recv(m->watch.fd, &msg)) == 0)
        said(m, &msg);
    if (rc < 0)
        hang_up(m);
}

static void readable(void *arg, int fd, short revents)
{
    (void)fd;
    (void)revents;
    hear(arg);
}

/* Somebody is free, and no work is known that would keep them busy. */
static bool wanted(const struct master *m, struct mono now)
{
    struct pool_counts counts;
    pool_count(&m->pool, now, &counts);
    return m->settings.hold || counts.idle > 0 ||
           (m->work.waiting == 0 && (int64_t)counts.running < m->settings.max_workers);
}

/* ---- its life ---- */

static int fork_watcher(struct master *m)
{
    int fds[2];
    struct watch *w = &m->watch;
    if (msg_pair(fds) != 0)
        return -1;
    struct heritage heritage = m->heritage;
    heritage.generation = pool_generation(&m->pool);
    const struct spawn spawn = {.title = "watcher",
                                .role = m->config->roles.watcher,
                                .heritage = &heritage,
                                .master_fd = fds[1],
                                .log_fd = m->log_fds[1],
                                .log_read_fd = -1};
    atomic_store(&m->pool.board->watch_next, INT64_MAX);
    w->pid = -1;
    if (loop_add(m->loop, fds[0], readable, m) == 0)
        w->pid = spawn_child(&spawn);
    (void)close(fds[1]);
    if (w->pid < 0) {
        loop_remove(m->loop, fds[0]);
        (void)close(fds[0]);
        w->pid = 0;
        return -1;
    }
    w->fd = fds[0];
    w->generation = heritage.generation;
    w->on = w->killed = w->refused = false;
    return 0;
}

static void start(struct master *m, struct mono now)
{
    struct watch *w = &m->watch;
    if (fork_watcher(m) == 0)
        return;
    w->deaths++;
    w->respawn_at = mono_add_ms(now, policy_backoff_ms(w->deaths));
}

void watch_stop(struct master *m)
{
    struct watch *w = &m->watch;
    if (w->pid > 0 && !w->killed)
        (void)kill(w->pid, SIGKILL);
    w->killed = true;
    w->on = false;
}

void watch_ended(struct master *m, int status)
{
    struct watch *w = &m->watch;
    char how[64];
    if (w->fd >= 0)
        hear(m); /* its last words */
    hang_up(m);
    atomic_store(&m->pool.board->watcher_pid, 0);
    atomic_store(&m->pool.board->watch_state, BOARD_WATCH_NONE);
    atomic_store(&m->pool.board->watch_resting, 0);
    struct mono now = mono_now();
    bool steady = w->on && mono_diff_ms(now, w->on_since) > STEADY_MS;
    w->on = false;
    w->pid = 0;
    if (w->killed || w->refused)
        return;
    /* Why it left was said, or is told by the poller, which has lost its connection too, or
     * is of no interest: it was altered tables or a new jobtype. */
    log_debug("The watcher ended by %s; another one takes its place",
              reap_text(status, how, sizeof how));
    w->deaths = steady ? 0 : w->deaths + 1;
    w->respawn_at = mono_add_ms(now, policy_backoff_ms(w->deaths > 0 ? w->deaths - 1 : 0));
    ask_for_look(m);
}

/* When it is clear that no change of our own database comes by, although there was one;
 * NEVER while there is no reason to think so. */
static struct mono unproven_at(const struct master *m, struct mono now)
{
    if (!m->watch.on || m->lookout.away || watch_sees(m, now))
        return MONO_NEVER;
    return mono_add_ms(m->watch.on_since, proof_ms(m));
}

static void give_up_unproven(struct master *m, struct mono now)
{
    struct watch *w = &m->watch;
    watch_stop(m);
    w->respawn_at = mono_add_ms(now, UNPROVEN_AGE);
    log_notice("WAKE: polling, because the changes of this database do not appear in the "
               "server's binary log; see binlog_do_db and binlog_ignore_db there");
}

static void arm(struct master *m, struct mono now)
{
    struct board *b = m->pool.board;
    if (!wanted(m, now)) {
        atomic_store(&b->watch_wanted, 0);
        return;
    }
    if (atomic_exchange(&b->watch_wanted, 1) == 0)
        take(m); /* what came while the flag was not set */
    if (atomic_load(&b->watch_resting) == 0)
        return;
    const struct msg msg = {.kind = MSG_WANTED, .generation = m->watch.generation};
    atomic_store(&b->watch_resting, 0);
    (void)msg_send(m->watch.fd, &msg);
}

/* Looks that are due at a time. */
static struct mono ring_alarms(struct master *m, struct mono now)
{
    struct watch *w = &m->watch;
    if (!mono_before(now, w->alarm)) {
        w->alarm = MONO_NEVER;
        ask_for_look(m);
    }
    if (!mono_before(now, w->doubt)) {
        w->doubt = w->doubt_twice ? mono_add_ms(now, DOUBT_LONG_MS) : MONO_NEVER;
        w->doubt_twice = false;
        /* A second registration within one second changes nothing. */
        w->register_wanted = w->on && !watch_sees(m, now);
        ask_for_look(m);
    }
    return mono_min(w->alarm, w->doubt);
}

struct mono watch_tick(struct master *m, struct mono now)
{
    struct watch *w = &m->watch;
    struct mono alarm = ring_alarms(m, now);
    if (!m->up || m->heritage.drain || m->stop.stage != STOP_NOT ||
        m->config->roles.watcher == NULL)
        return alarm;
    if (m->settings.wake != WAKE_BINLOG) {
        w->respawn_at = (struct mono){0};
        watch_stop(m);
        return alarm;
    }
    if (w->pid == 0) {
        if (mono_before(now, w->respawn_at))
            return mono_min(alarm, w->respawn_at);
        if (m->lookout.away || !wanted(m, now))
            return alarm;
        start(m, now);
    }
    if (w->on || atomic_load(&m->pool.board->watch_resting) != 0)
        arm(m, now);
    struct mono unproven = unproven_at(m, now);
    if (!mono_before(now, unproven))
        give_up_unproven(m, now);
    else
        alarm = unproven;
    alarm = mono_min(alarm, mono_min(w->alarm, w->doubt));
    return w->pid == 0 ? mono_min(alarm, w->respawn_at) : alarm;
}

/* ---- looks that it has asked for ---- */

void watch_note_look(struct master *m, const struct msg_snapshot *snapshot)
{
    struct watch *w = &m->watch;
    if (snapshot->next_ms > 0)
        w->alarm = mono_min(w->alarm, mono_add_ms(mono_now(), snapshot->next_ms + 1));
    if (snapshot->waiting > 0 || !w->look_pushed)
        w->fruitless = 0;
    else if (w->fruitless < FRUITLESS_MOST)
        w->fruitless++;
}

/* A few looks in vain are the price of being early: each commit of ours is a change too. */
int64_t watch_spacing_ms(const struct master *m)
{
    unsigned n = m->watch.fruitless;
    if (n <= FRUITLESS_FEW)
        return n == 0 ? 0 : PUSHED_MS;
    int64_t ms = (int64_t)PUSHED_MS << (n - FRUITLESS_FEW);
    return ms > PUSHED_MOST_MS ? PUSHED_MOST_MS : ms;
}
