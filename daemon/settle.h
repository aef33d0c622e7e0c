/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SETTLE_H
#define DAEMON_SETTLE_H

#include "core/board.h"
#include "core/msg.h"
#include "job/life.h"
#include "store/store.h"

/* What the poller does to jobs through the scoreboard: renewing the leases of living
 * workers, giving back what waits behind a slow job, accounting for the dead. Every
 * statement is fenced, so doing too much is harmless. */
struct settle {
    struct store *store;
    struct board *board;
    const struct life_rules *rules;
    const char *service;
    const struct settings *settings; /* as the poller last read them */
    const char *cgroup;              /* as in the heritage */
    bool history;
    struct board *totals; /* where the outcomes are counted */
};

/* Accounts for a worker that has gone: what it had not started, or had run but not
 * recorded, is given back; what it was running has failed, unless the daemon killed it to
 * stop. Entries that are settled are cleared. 0; 1 if some cannot be before somebody mends
 * the database, which `*err` describes; or -1. Nothing is lost by either: call again. */
int settle_dead(const struct settle *s, const struct msg_dead *dead,
                struct helios_error *err);

/* Renews leases that are past half, and takes jobs from behind a job that has been running
 * for more than `slow_ms`. `now` is the server's clock. */
int settle_living(const struct settle *s, int64_t now, int64_t slow_ms,
                  struct helios_error *err);

/* Accounts for slots of a board without master whose process has ended. `*left` counts
 * slots that still hold something. */
int settle_orphans(const struct settle *s, unsigned *left, struct helios_error *err);

/* Whether any slot of the board holds a job. */
bool settle_held(const struct board *board);
/* Whether any slot of the board has a worker, which may claim at any moment, or holds a
 * job. */
bool settle_needed(const struct board *board);

#endif
