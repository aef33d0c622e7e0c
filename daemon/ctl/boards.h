/* SPDX-License-Identifier: MIT */
#ifndef CTL_BOARDS_H
#define CTL_BOARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/error.h>

#include "core/board.h"

/* What the scoreboards of this host tell of its daemons and their workers: without asking
 * them, and without the database. */

struct boards_worker {
    size_t daemon; /* index */
    int32_t pid;
    uint32_t state; /* enum board_state */
    uint64_t job;   /* that it runs; 0: none */
    int64_t job_ms; /* when it began, Unix milliseconds */
    uint64_t completed, failed;
};

struct boards_daemon {
    char service[72], host[72];
    int32_t pid;
    bool alive;     /* else the board was left by a daemon that was killed */
    uint32_t state; /* of the master, see core/board.h */
    int64_t start_time;
    int64_t last_look; /* of its poller at the database, Unix seconds; 0: none yet */
    int64_t max_workers;
    unsigned busy, idle; /* workers with a job, and without */
    unsigned failing;    /* workers in a row that ended before they could take a job */
};

/* At most so many are read: more than a host has. */
#define BOARDS_DAEMONS 256u
#define BOARDS_WORKERS 4096u

struct boards {
    struct boards_daemon *daemons;
    size_t daemons_n;
    struct boards_worker *workers;
    size_t workers_n;
    uint64_t *held; /* the jobs that workers hold, in order */
    size_t held_n, held_cap;
    unsigned foreign;        /* boards of daemons that work for another database */
    unsigned unread;         /* files that are no boards that this version can read */
    struct helios_error why; /* of the first of them */
};

/* Reads all boards of the folder `path` that belong to `collective` (conf_identity()): none
 * where there is no such folder. Boards of other versions and databases, and what is no
 * board, are counted and passed over. boards_fini() frees also after a failure. */
int boards_read(const char *path, uint64_t collective, struct boards *out,
                struct helios_error *err);
void boards_fini(struct boards *boards);
bool boards_hold(const struct boards *boards, uint64_t jobid);

#endif
