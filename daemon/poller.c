/* SPDX-License-Identifier: MIT */
#include "daemon/poller.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/log_batch.h"
#include "core/mono.h"
#include "core/msg.h"
#include "core/process.h"
#include "daemon/adopted.h"
#include "daemon/collective.h"
#include "daemon/look.h"
#include "daemon/settle.h"

/* How often the scoreboard is looked at while workers hold jobs. */
#define BOARD_TICK_MS 1000
/* Jobs behind one that has been running for this long are given to somebody else. */
#define SLOW_MS  2000
#define CLEAN_MS 600000
/* After a deadlock. */
#define RETRY_MS 20
/* What has to be repeated for so long without success passes for a database that is away:
 * a file that another program keeps locked. */
#define BLOCKED_MS 10000
/* How long the server's clock is reckoned from one reading of it. */
#define SERVER_CLOCK_MS 60000

struct poller {
    const struct heritage *heritage;
    pid_t pid;
    struct store *store; /* NULL while the database is away */
    struct look look;
    struct log_reader *log;

    struct mono retry_at; /* next attempt to connect */
    int64_t retry_pause_ms;
    struct mono repeating; /* since when work has to be repeated; 0 = it has not */
    bool blocked;          /* for longer than BLOCKED_MS */

    bool look_wanted;
    uint64_t look_number;
    struct msg_dead dead[BOARD_SLOTS];
    unsigned dead_count;
    struct mono
        dead_at;     /* when they are tried again after an error that has to be mended */
    bool dead_stuck; /* there was one */
    bool halt_wanted;
    bool stop_wanted, stop_clears;
    bool retire_wanted; /* another poller takes over: the registration stays */
    bool master_gone;

    struct mono tick_at; /* next look at the scoreboard */
    struct mono clean_at;
    int64_t server_time; /* Unix seconds of the server, read at server_read; 0 = never */
    struct mono server_read;

    struct adopted adopted;
    bool took_over; /* they were looked at once */
};

static void answer(struct poller *p, struct msg *msg)
{
    msg->magic = MSG_MAGIC;
    msg->pid = p->pid;
    msg->generation = p->heritage->generation;
    if (!p->master_gone && msg_send(HERITAGE_MASTER_FD, msg) < 0)
        p->master_gone = true;
}

/* ---- the database, there or away ---- */

static void say_away(struct poller *p, const struct helios_error *err)
{
    struct msg msg = {.kind = MSG_AWAY, .error_kind = (int32_t)err->kind};
    (void)strlcpy(msg.text, err->text, sizeof msg.text);
    answer(p, &msg);
}

static void gone_away(struct poller *p, const struct helios_error *err)
{
    store_close(p->store);
    p->store = NULL;
    say_away(p, err);
    p->retry_pause_ms = p->retry_pause_ms == 0 ? 200 : p->retry_pause_ms * 2;
    if (p->retry_pause_ms > 30000)
        p->retry_pause_ms = 30000;
    int64_t jitter = mono_now().us % (p->retry_pause_ms / 2 + 1);
    p->retry_at = mono_add_ms(mono_now(), p->retry_pause_ms + jitter);
}

/* After a failed unit of work: a connection is given up unless the same work may succeed
 * on it in a moment. Where it does not, the master must not take us for one that hangs. */
static void failed(struct poller *p, const struct helios_error *err)
{
    if (err->kind != HELIOS_E_RETRY) {
        gone_away(p, err);
        return;
    }
    struct mono now = mono_now();
    p->tick_at = mono_add_ms(now, RETRY_MS);
    if (p->repeating.us == 0)
        p->repeating = now;
    p->blocked = mono_diff_ms(now, p->repeating) >= BLOCKED_MS;
    if (p->blocked)
        say_away(p, err);
}

static bool connect_due(struct poller *p)
{
    if (p->store != NULL)
        return true;
    if (mono_before(mono_now(), p->retry_at))
        return false;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (collective_open(p->heritage, &p->store, &err) != 0) {
        p->store = NULL;
        gone_away(p, &err);
        return false;
    }
    return true;
}

static int look(struct poller *p, struct helios_error *err)
{
    struct msg msg = {.kind = MSG_SNAPSHOT};
    if (look_once(&p->look, p->store, &msg.snapshot, err) != 0)
        return -1;
    msg.snapshot.look = p->look_number;
    answer(p, &msg);
    p->look_wanted = false;
    if (p->clean_at.us == MONO_NEVER.us)
        p->clean_at = mono_now();
    return 0;
}

/* ---- the scoreboard ---- */

static struct settle settling(const struct poller *p, struct board *board)
{
    return (struct settle){.store = p->store,
                           .board = board,
                           .rules = &p->heritage->rules,
                           .service = p->heritage->service,
                           .settings = &p->look.settings,
                           .cgroup = p->heritage->cgroup,
                           .history = p->look.settings.job_history,
                           .totals = p->heritage->board};
}

/* What cannot be settled is said once and tried again each second: the rest of the work,
 * which may be possible, goes on. */
static void stuck(struct poller *p, const struct helios_error *err)
{
    if (!p->dead_stuck)
        log_err("the jobs of workers that have ended cannot be settled, will try again: %s",
                err->text);
    p->dead_stuck = true;
    p->dead_at = mono_add_ms(mono_now(), BOARD_TICK_MS);
}

static int settle_named(struct poller *p, struct helios_error *err)
{
    const struct settle s = settling(p, p->heritage->board);
    unsigned left = 0;
    if (p->dead_stuck && mono_before(mono_now(), p->dead_at))
        return 0;
    while (p->dead_count > left) {
        const struct msg_dead dead = p->dead[left];
        int rc = dead.slot < BOARD_SLOTS ? settle_dead(&s, &dead, err) : 0;
        if (rc < 0)
            return -1;
        if (rc > 0) {
            stuck(p, err);
            left++;
            continue;
        }
        struct msg msg = {.kind = MSG_DEAD_DONE, .dead = dead};
        answer(p, &msg);
        p->dead_count--;
        memmove(&p->dead[left], &p->dead[left + 1],
                (p->dead_count - left) * sizeof p->dead[0]);
    }
    p->dead_stuck = left > 0;
    return 0;
}

/* The server's clock: from our monotonic one in between, as this host's may be set. */
static int server_now(struct poller *p, int64_t *out, struct helios_error *err)
{
    struct mono now = mono_now();
    if (p->server_time == 0 || mono_diff_ms(now, p->server_read) > SERVER_CLOCK_MS) {
        if (store_now(p->store, &p->server_time, err) != 0)
            return -1;
        p->server_read = now;
    }
    *out = p->server_time + mono_diff_ms(now, p->server_read) / 1000;
    return 0;
}

static int settle_ours(struct poller *p, struct helios_error *err)
{
    const struct settle s = settling(p, p->heritage->board);
    int64_t now = 0;
    /* Not even the clock is asked while workers only wait. */
    if (!settle_held(s.board))
        return 0;
    return server_now(p, &now, err) != 0 ? -1 : settle_living(&s, now, SLOW_MS, err);
}

static int settle_adopted(struct poller *p, struct helios_error *err)
{
    const struct settle s = settling(p, p->heritage->board);
    int64_t now = 0;
    if (p->adopted.count == 0)
        return 0;
    return server_now(p, &now, err) != 0 ? -1 : adopted_settle(&p->adopted, &s, now, err);
}

/* Housekeeping: what the database refuses here is said, and keeps nobody from working. */
static int clean(struct poller *p, struct mono now, struct helios_error *err)
{
    bool more = false;
    p->clean_at = mono_add_ms(now, CLEAN_MS);
    if (store_clean(p->store, &more, err) == 0) {
        if (more)
            p->clean_at = mono_add_ms(now, 1000);
    } else if (err->kind == HELIOS_E_RETRY) {
        p->clean_at = mono_add_ms(now, 1000);
    } else if (!db_usable(store_db(p->store))) {
        return -1;
    } else {
        log_warning("expired exit statuses cannot be removed: %s", err->text);
    }
    return 0;
}

static int tick(struct poller *p, struct helios_error *err)
{
    struct mono now = mono_now();
    if (!mono_before(now, p->tick_at)) {
        if (settle_ours(p, err) != 0 || settle_adopted(p, err) != 0)
            return -1;
        p->tick_at = mono_add_ms(now, BOARD_TICK_MS);
    }
    if (!mono_before(now, p->clean_at))
        return clean(p, now, err);
    return 0;
}

/* ---- the log ---- */

/* Reads what is there, in batches of one statement each. What the table does not take goes
 * to the fallback, in order. */
static void write_log(struct poller *p)
{
    static struct log_record records[LOG_BATCH_MAX];
    struct helios_error err = HELIOS_ERROR_INIT;
    size_t n = log_batch_records(p->heritage->log_batch, records);
    if (n == 0)
        return;
    bool stored =
        p->store != NULL && !p->blocked &&
        store_log(p->store, p->heritage->service, p->heritage->host, records, n, &err) == 0;
    for (size_t i = 0; !stored && i < n; i++)
        log_fallback(&records[i], p->heritage->service);
    log_batch_clear(p->heritage->log_batch);
    if (stored)
        return;
    atomic_fetch_add(&p->heritage->board->log_dropped, n);
    if (p->store != NULL && !db_usable(store_db(p->store)))
        gone_away(p, &err);
}

/* Beginning with what a poller before this one had read and not stored. */
static void pump_log(struct poller *p)
{
    struct log_batch *batch = p->heritage->log_batch;
    struct log_record record;
    bool more = true;
    while (more) {
        while (!log_batch_full(batch) && (more = log_reader_next(p->log, &record) == 0))
            log_batch_add(batch, &record);
        write_log(p);
    }
}

/* ---- orders ---- */

static void take_orders(struct poller *p)
{
    struct msg msg;
    int rc;
    while (!p->master_gone && (rc = msg_recv(HERITAGE_MASTER_FD, &msg)) != 1) {
        if (rc < 0) {
            p->master_gone = true;
            break;
        }
        switch ((enum msg_kind)msg.kind) {
        case MSG_LOOK:
            p->look_wanted = true;
            p->look_number = msg.number;
            if (msg.flag)
                p->look.registered = (struct mono){0};
            break;
        case MSG_DEAD:
            if (p->dead_count < BOARD_SLOTS)
                p->dead[p->dead_count++] = msg.dead;
            break;
        case MSG_HALT_SET:
            p->halt_wanted = true;
            break;
        case MSG_STOP:
            p->stop_wanted = true;
            p->stop_clears = msg.flag;
            break;
        case MSG_RETIRE:
            p->stop_wanted = p->retire_wanted = true;
            break;
        default:
            break;
        }
    }
}

static int set_halt(struct poller *p, struct helios_error *err)
{
    const struct heritage *h = p->heritage;
    char value[129];
    collective_halt_value(h->host, h->master_pid, value, sizeof value);
    if (store_param_add(p->store, h->service, h->host, "HALT", value, err) != 0)
        return -1;
    p->halt_wanted = false;
    struct msg msg = {.kind = MSG_HALT_DONE};
    answer(p, &msg);
    return 0;
}

/* Clears what is ours in the database. */
static void withdraw(struct poller *p, struct msg *answer)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct heritage *h = p->heritage;
    const struct store_registration r = look_registration(h);
    char value[129];
    uint64_t deleted = 0;
    collective_halt_value(h->host, h->master_pid, value, sizeof value);
    if (p->stop_clears && store_param_unset(p->store, h->service, h->host, "HALT", value,
                                            &deleted, &err) != 0)
        log_crit("cannot clear our HALT row: %s; the next start will", err.text);
    answer->flag = deleted > 0;
    if (store_unregister(p->store, &r, &err) != 0)
        log_crit("cannot remove the registry row: %s", err.text);
    if (h->drain && look_backlog(&p->look, p->store, &answer->number, &err) != 0)
        log_warning("cannot count the jobs that remain: %s", err.text);
}

/* The last act. The database may be away: then the row stays, and the next start recognises
 * it. The master's last words come after the answer; it hangs up when they are said. */
static void stop(struct poller *p)
{
    struct msg msg = {.kind = MSG_STOPPED};
    if (p->store != NULL && !p->retire_wanted)
        withdraw(p, &msg);
    answer(p, &msg);
    while (!p->master_gone) {
        struct pollfd fds[2] = {{.fd = HERITAGE_LOG_READ_FD, .events = POLLIN},
                                {.fd = HERITAGE_MASTER_FD, .events = POLLIN}};
        (void)poll(fds, 2, -1);
        pump_log(p);
        take_orders(p);
    }
    pump_log(p);
}

/* What is wanted, in the order of its urgency. */
static int serve(struct poller *p, struct helios_error *err)
{
    if (p->halt_wanted && set_halt(p, err) != 0)
        return -1;
    if (settle_named(p, err) != 0)
        return -1;
    /* Before the first look, after which workers claim: what the daemon before this one
     * left is accounted for, also if its leases have run out. */
    if (!p->took_over && settle_adopted(p, err) != 0)
        return -1;
    p->took_over = true;
    /* A look may need to write nothing: it is to say that the database is back only when
     * all the rest has succeeded. */
    if (p->blocked && tick(p, err) != 0)
        return -1;
    if (p->look_wanted && !p->master_gone && look(p, err) != 0)
        return -1;
    if (tick(p, err) != 0)
        return -1;
    p->retry_pause_ms = 0;
    p->repeating = (struct mono){0};
    p->blocked = false;
    return 0;
}

static struct mono next_deadline(const struct poller *p)
{
    if (p->store == NULL)
        return p->retry_at;
    if (p->look_wanted || (p->dead_count > 0 && !p->dead_stuck) || p->halt_wanted)
        return mono_add_ms(mono_now(), RETRY_MS);
    bool held =
        p->look.working || p->adopted.count > 0 || settle_needed(p->heritage->board);
    struct mono next = held ? mono_min(p->tick_at, p->clean_at) : p->clean_at;
    return p->dead_stuck ? mono_min(next, p->dead_at) : next;
}

static void wait_for_work(struct poller *p)
{
    struct pollfd fds[2] = {{.fd = HERITAGE_LOG_READ_FD, .events = POLLIN},
                            {.fd = HERITAGE_MASTER_FD, .events = POLLIN}};
    int ms = mono_poll_ms(next_deadline(p), mono_now());
    (void)poll(fds, p->master_gone ? 1 : 2, ms);
}

/* Without a master: stay while a worker of this board lives. */
static bool orphans_left(struct poller *p)
{
    const struct board *board = p->heritage->board;
    uint32_t used = atomic_load(&board->used_slots);
    for (uint32_t k = 0; k < used && k < BOARD_SLOTS; k++) {
        pid_t pid = atomic_load(&board->slot[k].pid);
        if (process_lives(pid, atomic_load(&board->slot[k].pid_start)))
            return true;
    }
    return false;
}

static int run_orphaned(struct poller *p)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    bool left = true;
    while (left) {
        struct pollfd fd = {.fd = HERITAGE_LOG_READ_FD, .events = POLLIN};
        (void)poll(&fd, 1, BOARD_TICK_MS / 4);
        left = orphans_left(p);
        if (connect_due(p)) {
            const struct settle s = settling(p, p->heritage->board);
            unsigned alive = 0;
            if (tick(p, &err) != 0 || settle_orphans(&s, &alive, &err) != 0)
                failed(p, &err);
            if (left || alive > 0)
                left = true;
        }
        pump_log(p);
    }
    return EX_OK;
}

int poller_main(const struct heritage *heritage)
{
    static struct poller poller;
    struct poller *p = &poller;
    p->heritage = heritage;
    p->pid = getpid();
    p->look = (struct look){.heritage = heritage, .settings = heritage->settings};
    p->log = log_reader_new(HERITAGE_LOG_READ_FD);
    if (p->log == NULL)
        return EX_OSERR;
    setproctitle("poller %s", heritage->service);
    /* The master decides when the poller goes; a terminal's or a group's signal does not.
     */
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGUSR1, SIG_IGN);
    (void)signal(SIGQUIT, SIG_IGN);
    atomic_store(&heritage->board->poller_pid_start, process_start(p->pid));
    atomic_store(&heritage->board->poller_pid, (int32_t)p->pid);
    p->clean_at = MONO_NEVER; /* a start does not wait for housekeeping, nor fail by it */
    adopted_find(&p->adopted, heritage->board_path, heritage->collective);
    for (;;) {
        struct helios_error err = HELIOS_ERROR_INIT;
        take_orders(p);
        if (p->master_gone)
            return run_orphaned(p);
        if (connect_due(p) && serve(p, &err) != 0)
            failed(p, &err);
        pump_log(p);
        if (p->stop_wanted && (p->store == NULL || p->dead_count == 0 || p->dead_stuck)) {
            stop(p);
            store_close(p->store);
            return EX_OK;
        }
        wait_for_work(p);
    }
}
