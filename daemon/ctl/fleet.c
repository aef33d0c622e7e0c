/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/fleet.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/process.h"
#include "daemon/ctl/rowset.h"
#include "store/query.h"

const char *fleet_state_name(enum fleet_state state)
{
    static const char *const names[FLEET_STATES] = {
        "starting", "running", "holding", "halting", "silent", "dead", "gone"};
    return names[state];
}

/* ---- the registry ---- */

static void add_registered(void *arg, const struct query_daemon *daemon)
{
    struct fleet *fleet = arg;
    if (fleet->count == FLEET_MOST) {
        fleet->more = true;
        return;
    }
    struct fleet_daemon *d = &fleet->daemons[fleet->count++];
    *d = (struct fleet_daemon){.pid = daemon->pid,
                               .start_time = daemon->start_time,
                               .last_seen = daemon->register_time,
                               .state = FLEET_RUNNING,
                               .busy = -1,
                               .idle = -1,
                               .max_workers = -1};
    (void)snprintf(d->service, sizeof d->service, "%s", daemon->service);
    (void)snprintf(d->host, sizeof d->host, "%s", daemon->host);
    (void)snprintf(d->version, sizeof d->version, "%s",
                   daemon->version == NULL ? "" : daemon->version);
}

/* ---- the parameters ---- */

static void obey(struct fleet_daemon *d, const struct rows *rows, int64_t now)
{
    const char *hold = rows_value(rows, d->host, "HOLD");
    const char *most = rows_value(rows, d->host, "MAX_WORKERS");
    if (most == NULL || option_number(most, &d->max_workers) != 0)
        d->max_workers = -1;
    if (hold != NULL && option_is_one(hold))
        d->state = FLEET_HOLDING;
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->items[i].param, "HALT") == 0)
            d->state = FLEET_HALTING;
    }
    if (now - d->last_seen > FLEET_SILENT_S)
        d->state = FLEET_SILENT;
}

static int obey_rows(struct store *store, struct fleet *fleet, int64_t now,
                     struct helios_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < fleet->count; i++) {
        struct rows rows = {0};
        struct fleet_daemon *d = &fleet->daemons[i];
        rc = rows_read(store, d->service, d->host, &rows, err);
        if (rc == 0)
            obey(d, &rows, now);
        rows_fini(&rows);
    }
    return rc;
}

int fleet_read(struct store *store, const char *service, const char *host,
               struct fleet *out, struct helios_error *err)
{
    int64_t now = 0;
    out->count = 0;
    out->more = false;
    if (store_now(store, &now, err) != 0 ||
        query_daemons(store, service, host, 0, add_registered, out, err) != 0)
        return -1;
    return obey_rows(store, out, now, err);
}

/* ---- the boards ---- */

static struct fleet_daemon *find(struct fleet *fleet, const struct boards_daemon *board,
                                 const char *own)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct fleet_daemon *d = &fleet->daemons[i];
        if (strcmp(d->service, board->service) == 0 && strcmp(d->host, own) == 0)
            return d;
    }
    return NULL;
}

/* Behind the others of its service, so that the order stays. */
static struct fleet_daemon *insert(struct fleet *fleet, const struct boards_daemon *board,
                                   const char *own)
{
    size_t at = 0;
    if (fleet->count == FLEET_MOST) {
        fleet->more = true;
        return NULL;
    }
    while (at < fleet->count && strcmp(fleet->daemons[at].service, board->service) <= 0)
        at++;
    struct fleet_daemon *d = &fleet->daemons[at];
    memmove(d + 1, d, (fleet->count - at) * sizeof *d);
    fleet->count++;
    *d = (struct fleet_daemon){.last_seen = -1};
    (void)snprintf(d->service, sizeof d->service, "%s", board->service);
    (void)snprintf(d->host, sizeof d->host, "%s", own);
    return d;
}

static enum fleet_state board_state(const struct boards_daemon *board)
{
    static const enum fleet_state states[] = {FLEET_STARTING, FLEET_RUNNING, FLEET_HOLDING,
                                              FLEET_HALTING};
    if (!board->alive)
        return FLEET_DEAD;
    return board->state < sizeof states / sizeof states[0] ? states[board->state]
                                                           : FLEET_RUNNING;
}

static void merge(struct fleet_daemon *d, const struct boards_daemon *board)
{
    d->local = true;
    d->pid = board->pid;
    d->start_time = board->start_time;
    if (board->last_look > d->last_seen)
        d->last_seen = board->last_look;
    d->state = board_state(board);
    d->busy = board->busy;
    d->idle = board->idle;
    d->max_workers = board->max_workers;
}

/* A daemon whose board is elsewhere, since it was started with another pid_path, still is a
 * process. */
static void find_gone(struct fleet *fleet, const char *own)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct fleet_daemon *d = &fleet->daemons[i];
        if (!d->local && strcmp(d->host, own) == 0 &&
            (d->pid <= 0 || d->pid > INT32_MAX || !process_lives((pid_t)d->pid, 0)))
            d->state = FLEET_GONE;
    }
}

void fleet_merge(struct fleet *fleet, const struct boards *boards, const char *own,
                 const char *service, const char *host)
{
    for (size_t i = 0; i < boards->daemons_n; i++) {
        const struct boards_daemon *board = &boards->daemons[i];
        if ((service != NULL && strcmp(service, board->service) != 0) ||
            (host != NULL && strcmp(host, own) != 0))
            continue;
        struct fleet_daemon *d = find(fleet, board, own);
        /* A registry row of another process is that of a daemon that came later. */
        if (d != NULL && !board->alive && d->pid != board->pid)
            continue;
        if (d == NULL)
            d = insert(fleet, board, own);
        if (d != NULL)
            merge(d, board);
    }
    find_gone(fleet, own);
}
