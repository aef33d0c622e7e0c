/* SPDX-License-Identifier: MIT */
#include "daemon/watcher.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/conf.h"
#include "core/err.h"
#include "core/log.h"
#include "core/msg.h"
#include "daemon/watch_cost.h"
#include "store/watch.h"

/* How often what has been read is weighed against its cost. */
#define WEIGH_EVENTS 64u
/* Rights and settings seldom change; who changes them can send HUP. */
#define REFUSED_MS  600000
#define GIVEN_UP_MS 600000
/* SQLite writes to the file before the commit can be seen; how soon after it can be depends
 * on the disk. It is looked for again after 1 ms, 2, 4 ... up to this. */
#define UNSEEN_MOST_MS 1024

struct watcher {
    const struct heritage *heritage;
    struct board *board;
    struct store_watch *watch;
    struct watch_cost cost;
    int unseen_ms;   /* SQLite: look again after so long; -1: when the file is written to */
    unsigned events; /* since they were weighed */
    bool wanted;     /* at some time since then */
    uint64_t bytes, jobs, registrations;
};

static void say(struct watcher *w, enum msg_kind kind, const char *text, int64_t retry_ms)
{
    struct msg msg = {
        .kind = kind, .generation = w->heritage->generation, .number = (uint64_t)retry_ms};
    (void)strlcpy(msg.text, text, sizeof msg.text);
    if (msg_send(HERITAGE_MASTER_FD, &msg) < 0)
        _exit(EX_OK); /* the master is gone, and with it whoever might be woken */
}

/* One message at a time is on its way: the master reads the counters, and sets the flag
 * again when it wants to hear of more. */
static void ring(struct watcher *w, bool always)
{
    if (atomic_exchange(&w->board->watch_wanted, 0) != 0 || always)
        say(w, MSG_RING, "", 0);
}

static void lower_next(struct watcher *w, int64_t next_ms)
{
    int64_t at = mono_add_ms(mono_now(), next_ms).us;
    int64_t old = atomic_load(&w->board->watch_next);
    while (at < old && !atomic_compare_exchange_weak(&w->board->watch_next, &old, at))
        continue;
}

/* Counted first and rung after, as the master sets the flag first and counts after: so
 * neither waits for the other. */
static void tell(struct watcher *w, const struct store_change *change)
{
    struct board *b = w->board;
    if (change->ours)
        atomic_store(&b->watch_ours, mono_now().us);
    if (change->due > 0)
        atomic_fetch_add(&b->watch_due, change->due);
    if (change->unclear || change->params)
        atomic_fetch_add(&b->watch_unclear, 1);
    if (change->next_ms >= 0)
        lower_next(w, change->next_ms);
    if (change->params)
        ring(w, true);
    else if (change->due > 0 || change->unclear || change->next_ms >= 0)
        ring(w, false);
}

/* ---- opening ---- */

static int open_watch(struct watcher *w, struct helios_error *err)
{
    const struct heritage *h = w->heritage;
    struct helios_params *params = NULL;
    struct dsn dsn;
    const char *user, *password;
    const struct store_watch_wish wish = {
        .service = h->service, .jobtypes = h->jobtypes, .jobtypes_n = h->jobtype_count};
    atomic_store(&w->board->watch_state, BOARD_WATCH_OPENING);
    if (conf_resolve(h->ini, h->service, h->host, NULL, 0, &params, NULL, NULL, err) != 0)
        return -1;
    int rc = conf_database(params, &dsn, &user, &password, err);
    if (rc == 0) {
        rc = store_watch_open(&dsn, user, password, &wish, &w->watch, err);
        dsn_fini(&dsn);
    }
    conf_free(params);
    if (rc == 0) {
        w->cost = (struct watch_cost){0};
        atomic_store(&w->board->watch_state, BOARD_WATCH_ON);
        say(w, MSG_WATCHING, "", 0);
    }
    return rc;
}

/* ---- resting ---- */

/* Until the master says that somebody is free. */
static void rest(struct watcher *w)
{
    store_watch_close(w->watch);
    w->watch = NULL;
    say(w, MSG_RESTING, "", 0);
    atomic_store(&w->board->watch_state, BOARD_WATCH_RESTING);
    atomic_store(&w->board->watch_resting, 1);
    while (atomic_load(&w->board->watch_wanted) == 0) {
        struct pollfd fd = {.fd = HERITAGE_MASTER_FD, .events = POLLIN};
        struct msg msg;
        (void)poll(&fd, 1, -1);
        int rc;
        while ((rc = msg_recv(HERITAGE_MASTER_FD, &msg)) == 0 && msg.kind != MSG_WANTED)
            continue;
        if (rc < 0)
            _exit(EX_OK);
        if (rc == 0)
            break;
    }
    atomic_store(&w->board->watch_resting, 0);
}

static int64_t cpu_us(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static enum watch_verdict weigh(struct watcher *w, const struct store_change *change)
{
    w->wanted = w->wanted || atomic_load(&w->board->watch_wanted) != 0;
    w->bytes += change->bytes;
    w->jobs += change->due;
    w->registrations += change->registration;
    if (++w->events < WEIGH_EVENTS)
        return WATCH_GO_ON;
    const struct watch_step step = {.now = mono_now(),
                                    .cpu_us = cpu_us(),
                                    .wanted = w->wanted,
                                    .bytes = w->bytes,
                                    .jobs = w->jobs,
                                    .registrations = w->registrations};
    atomic_fetch_add(&w->board->watch_bytes, w->bytes);
    w->bytes = w->jobs = w->registrations = w->events = 0;
    w->wanted = false;
    return watch_cost_step(&w->cost, &step);
}

/* ---- the loop ---- */

/* SQLite: until a file is written to, or it is time to look again. */
static void wait_for_file(struct watcher *w, int fd)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
                            {.fd = HERITAGE_MASTER_FD, .events = POLLIN}};
    struct msg msg;
    int rc;
    (void)poll(fds, 2, w->unseen_ms);
    while ((rc = msg_recv(HERITAGE_MASTER_FD, &msg)) == 0)
        continue;
    if (rc < 0)
        _exit(EX_OK);
}

/* Another commit may have begun with what was read for this one. */
static void note_file(struct watcher *w, const struct store_change *change)
{
    if (change->bytes > 0 || change->unclear)
        w->unseen_ms = 1;
    else if (w->unseen_ms > 0)
        w->unseen_ms = w->unseen_ms < UNSEEN_MOST_MS ? w->unseen_ms * 2 : -1;
}

static int step(struct watcher *w, struct helios_error *err)
{
    struct store_change change;
    int fd = store_watch_fd(w->watch);
    if (fd >= 0)
        wait_for_file(w, fd);
    int rc = store_watch_next(w->watch, &change, err);
    if (rc != 0)
        return rc;
    if (fd >= 0)
        note_file(w, &change);
    tell(w, &change);
    switch (weigh(w, &change)) {
    case WATCH_REST:
        rest(w);
        return open_watch(w, err);
    case WATCH_GIVE_UP:
        say(w, MSG_UNWATCHED,
            "what others write costs more to read than polling does; see WAKE in "
            "helios.ini(5)",
            GIVEN_UP_MS);
        return 2;
    case WATCH_GO_ON:
        break;
    }
    return 0;
}

/* What the watcher relied on has changed, or the connection is lost: another one begins
 * anew. Where it could not even begin there is a reason that lasts. */
static int leave(struct watcher *w, int rc, bool begun, const struct helios_error *err)
{
    if (rc == 1 && !begun)
        say(w, MSG_UNWATCHED, err->text, REFUSED_MS);
    else if (rc < 0 && err->kind != HELIOS_E_LOST)
        say(w, MSG_UNWATCHED, err->text, 0);
    store_watch_close(w->watch);
    return rc < 0 ? EX_UNAVAILABLE : EX_OK;
}

int watcher_main(const struct heritage *heritage)
{
    static struct watcher watcher;
    struct watcher *w = &watcher;
    struct helios_error err = HELIOS_ERROR_INIT;
    w->heritage = heritage;
    w->board = heritage->board;
    w->unseen_ms = -1;
    setproctitle("watcher %s", heritage->service);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGUSR1, SIG_IGN);
    (void)signal(SIGQUIT, SIG_IGN);
    /* It may wait in a library that knows nothing of our descriptors. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != (pid_t)heritage->master_pid)
        return EX_OK;
    atomic_store(&w->board->watcher_pid, (int32_t)getpid());
    int rc = open_watch(w, &err);
    bool begun = rc == 0;
    while (rc == 0)
        rc = step(w, &err);
    return leave(w, rc, begun, &err);
}
