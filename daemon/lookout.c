/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "daemon/reap.h"
#include "daemon/spawn.h"

#define SILENCE_MS     60000  /* a poller that owes an answer for so long is replaced */
#define AWAY_MS        120000 /* the same while it waits for the database, with pauses */
#define REPEAT_FULL_MS 50     /* its socket was full: try again */
#ifndef LEAVE_MS              /* a test is not as patient */
#define LEAVE_MS 10000        /* a poller that was told to go and does not is killed */
#endif

static void settle_dead(struct master *m, const struct msg_dead *dead)
{
    if (dead->slot >= BOARD_SLOTS)
        return;
    struct pool_worker *w = &m->pool.workers[dead->slot];
    if (w->state != POOL_DEAD || w->dead.pid != dead->pid ||
        w->dead.generation != dead->generation)
        return;
    pool_release(&m->pool, w);
    m->work.changed = true; /* jobs that were given back are due again */
}

static void answered(struct master *m, const struct msg *msg)
{
    struct lookout *l = &m->lookout;
    if (msg->snapshot.look != 0 && msg->snapshot.look != l->number)
        return; /* counted before something that we know already */
    l->pending = false;
    l->done = mono_now();
    l->looked = true;
    l->deaths = 0;
    if (l->away) {
        m->watch.respawn_at = (struct mono){0};
        log_crit("Exiting SAFE MODE; Reestablished connection to database after "
                 "exception: %s",
                 l->away_text);
    }
    l->away = false;
    l->failures = 0;
    work_answer(m, &msg->snapshot);
    master_up(m);
}

static void give_up_database(struct master *m)
{
    log_err("%s %s HALTED on error: Unable to reconnect to the database: %s",
            m->heritage.program, m->heritage.service, m->lookout.away_text);
    (void)snprintf(m->exit_text, sizeof m->exit_text,
                   "%s: unable to reconnect to the database: %s", m->heritage.service,
                   m->lookout.away_text);
    m->exit_code = EX_UNAVAILABLE;
    stop_begin(m, STOP_BY_AWAY, 0);
}

static void went_away(struct master *m, const struct msg *msg)
{
    struct lookout *l = &m->lookout;
    /* A look that was asked for stays so: the poller makes up for it when it is back. */
    l->failures++;
    (void)snprintf(l->away_text, sizeof l->away_text, "%s", msg->text);
    if (!m->up) {
        int code = helios_error_exit_code((enum helios_error_kind)msg->error_kind);
        master_give_up(m, code == EX_OK ? EX_UNAVAILABLE : code, l->away_text);
        return;
    }
    if (!l->away)
        log_err("SAFE MODE: the database is away: %s", l->away_text);
    ready_notify(&m->ready, "STATUS=away from the database: %s", l->away_text);
    l->away = true;
    if (m->settings.safe_mode_retries > 0 && m->stop.stage == STOP_NOT &&
        (int64_t)l->failures >= m->settings.safe_mode_retries)
        give_up_database(m);
}

static void lookout_said(struct master *m, const struct msg *msg)
{
    struct lookout *l = &m->lookout;
    if (msg->generation != l->generation || msg->pid != l->pid)
        return;
    l->heard = mono_now();
    switch ((enum msg_kind)msg->kind) {
    case MSG_SNAPSHOT:
        answered(m, msg);
        break;
    case MSG_AWAY:
        went_away(m, msg);
        break;
    case MSG_DEAD_DONE:
        settle_dead(m, &msg->dead);
        break;
    case MSG_STOPPED:
        stop_answer(m, msg);
        break;
    default:
        break;
    }
}

void lookout_hang_up(struct master *m)
{
    if (m->lookout.fd < 0)
        return;
    loop_remove(m->loop, m->lookout.fd);
    (void)close(m->lookout.fd);
    m->lookout.fd = -1;
}

static void lookout_hear(struct master *m)
{
    struct msg msg;
    int rc;
    bool stopped = false;
    while ((rc = msg_recv(m->lookout.fd, &msg)) == 0) {
        lookout_said(m, &msg);
        stopped = stopped || msg.kind == MSG_STOPPED;
    }
    /* One that is being replaced stays until we hang up. */
    if (rc < 0 || (stopped && m->stop.stage == STOP_NOT))
        lookout_hang_up(m);
}

static void lookout_readable(void *arg, int fd, short revents)
{
    (void)fd;
    (void)revents;
    lookout_hear(arg);
}

static pid_t fork_poller(struct master *m, int fd, uint32_t generation)
{
    struct heritage heritage = m->heritage;
    heritage.generation = generation;
    struct spawn spawn = {.title = "poller",
                          .role = m->config->roles.poller,
                          .heritage = &heritage,
                          .master_fd = fd,
                          .log_fd = m->log_fds[1],
                          .log_read_fd = m->log_fds[0]};
    return spawn_child(&spawn);
}

int lookout_start(struct master *m, struct helios_error *err)
{
    int fds[2];
    if (msg_pair(fds) != 0)
        return err_errno(err, errno, "Cannot make a socket for the poller");
    uint32_t generation = pool_generation(&m->pool);
    pid_t pid = -1;
    if (loop_add(m->loop, fds[0], lookout_readable, m) == 0)
        pid = fork_poller(m, fds[1], generation);
    int saved = errno;
    (void)close(fds[1]);
    if (pid < 0) {
        loop_remove(m->loop, fds[0]);
        (void)close(fds[0]);
        return err_errno(err, saved, "Cannot start the poller");
    }
    struct lookout *l = &m->lookout;
    l->pid = pid;
    l->fd = fds[0];
    l->generation = generation;
    l->pending = l->leaving = l->killed = false;
    l->heard = mono_now();
    m->work.changed = true;
    for (unsigned i = 0; i < m->pool.high; i++)
        m->pool.workers[i].dead_sent = false;
    if (m->stop.stage != STOP_NOT && m->stop.cause == STOP_BY_SIGNAL)
        lookout_say(m, MSG_HALT_SET, false);
    return 0;
}

static int lookout_send(struct master *m, struct msg *msg)
{
    msg->generation = m->lookout.generation;
    return m->lookout.fd < 0 ? -1 : msg_send(m->lookout.fd, msg);
}

void lookout_say(struct master *m, enum msg_kind kind, bool flag)
{
    struct msg msg = {.kind = kind, .flag = flag};
    (void)lookout_send(m, &msg);
}

void lookout_look(struct master *m)
{
    struct lookout *l = &m->lookout;
    struct msg msg = {
        .kind = MSG_LOOK, .number = ++l->number, .flag = m->watch.register_wanted};
    /* A socket that is full belongs to a poller that hangs, which the silence shows. */
    (void)lookout_send(m, &msg);
    l->pending = true;
    l->sent = mono_now();
    m->watch.look_pushed = m->work.pushed;
    m->work.changed = m->work.pushed = false;
    m->watch.register_wanted = false;
}

void lookout_kill(struct master *m)
{
    if (m->lookout.pid > 0 && !m->lookout.killed)
        (void)kill(m->lookout.pid, SIGKILL);
    m->lookout.killed = true;
}

void lookout_replace(struct master *m)
{
    struct lookout *l = &m->lookout;
    if (l->pid == 0)
        return;
    lookout_say(m, MSG_RETIRE, false);
    l->leaving = true;
    l->sent = mono_now();
}

static void note_death(struct master *m, int status)
{
    struct lookout *l = &m->lookout;
    char how[64];
    (void)reap_text(status, how, sizeof how);
    log_err("The poller (process %d) ended by %s; another one takes its place", (int)l->pid,
            how);
    l->deaths++;
    l->respawn_at = mono_add_ms(mono_now(), policy_backoff_ms(l->deaths));
    if (!m->up && m->stop.stage == STOP_NOT) {
        char text[128];
        (void)snprintf(text, sizeof text,
                       "The poller ended by %s before it had looked at the database", how);
        master_give_up(m, EX_SOFTWARE, text);
    }
}

void lookout_ended(struct master *m, int status)
{
    struct lookout *l = &m->lookout;
    if (l->fd >= 0)
        lookout_hear(m);
    lookout_hang_up(m);
    if (!l->leaving)
        note_death(m, status);
    l->pid = 0;
    l->pending = false;
}

/* True: the poller's socket is full, and some deaths have still to be told. */
static bool tell_deaths(struct master *m)
{
    if (m->lookout.fd < 0 || m->lookout.leaving)
        return false;
    for (unsigned i = 0; i < m->pool.high; i++) {
        struct pool_worker *w = &m->pool.workers[i];
        if (w->state != POOL_DEAD || w->dead_sent)
            continue;
        struct msg msg = {.kind = MSG_DEAD, .dead = w->dead};
        if (lookout_send(m, &msg) == 1)
            return true;
        w->dead_sent = true;
    }
    return false;
}

static struct mono respawn(struct master *m, struct mono now)
{
    struct lookout *l = &m->lookout;
    if (m->stop.stage >= STOP_POLLER)
        return MONO_NEVER;
    if (mono_before(now, l->respawn_at))
        return l->respawn_at;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (lookout_start(m, &err) == 0)
        return MONO_NEVER;
    l->deaths++;
    l->respawn_at = mono_add_ms(now, policy_backoff_ms(l->deaths));
    if (once_pass(&m->once, err.text, now))
        log_warning("%s; will try again", err.text);
    return l->respawn_at;
}

/* When the poller has been silent for too long; kills it then. */
static struct mono silence(struct master *m, struct mono now)
{
    struct lookout *l = &m->lookout;
    if (l->killed || (!l->pending && !l->leaving))
        return MONO_NEVER;
    struct mono last = mono_before(l->sent, l->heard) ? l->heard : l->sent;
    int64_t patience_ms = l->leaving ? LEAVE_MS : l->away ? AWAY_MS : SILENCE_MS;
    struct mono end = mono_add_ms(last, patience_ms);
    if (mono_before(now, end))
        return end;
    if (!l->leaving)
        log_err("The poller (process %d) has not answered for %" PRId64
                " seconds and is killed",
                (int)l->pid, patience_ms / 1000);
    lookout_kill(m);
    return MONO_NEVER;
}

struct mono lookout_tick(struct master *m, struct mono now)
{
    if (m->lookout.pid == 0)
        return respawn(m, now);
    struct mono deadline = silence(m, now);
    if (tell_deaths(m))
        deadline = mono_min(deadline, mono_add_ms(now, REPEAT_FULL_MS));
    return deadline;
}
