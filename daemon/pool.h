/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POOL_H
#define DAEMON_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/board.h"
#include "core/mono.h"
#include "core/msg.h"

/* The workers of one master, one to a slot of the scoreboard. A slot is taken by a fork and
 * free again when its process has been reaped and, if the process left jobs behind, the
 * poller has accounted for them. What is here was seen by the master itself or told by the
 * worker in a message; the scoreboard is only read when the worker has gone. */
enum pool_state {
    POOL_FREE = 0,
    POOL_LIVE,
    POOL_DEAD /* reaped; the poller has to account for its jobs */
};

struct pool_worker {
    enum pool_state state;
    pid_t pid;
    int fd; /* our end of its socket; -1: closed */
    uint32_t generation;
    struct mono launched;
    bool prepared;
    bool succeeded;
    bool idle;
    bool told;      /* to leave */
    bool killed;    /* by us, because of `death` */
    bool dead_sent; /* the poller has been told of `dead` */
    enum msg_death death;
    struct msg_dead dead; /* of a POOL_DEAD */
};

struct pool {
    struct board *board;
    int board_fd;
    unsigned high; /* slots below have been used */
    uint32_t generation;
    bool reserved[BOARD_SLOTS];
    struct pool_worker workers[BOARD_SLOTS];
};

struct pool_counts {
    unsigned running, idle, starting, expected, in_line, dead;
    struct mono newest; /* launch of the newest live worker; {0} if there is none */
};

void pool_init(struct pool *pool, struct board *board, int board_fd);

/* The number of a free slot whose blocks are there; -1: none free or no space. */
int pool_reserve(struct pool *pool, struct helios_error *err);
/* A generation that no other child of this master has had. */
uint32_t pool_generation(struct pool *pool);
/* Marks a slot as taken by a process that has just been forked. */
void pool_take(struct pool *pool, unsigned slot, pid_t pid, int fd, uint32_t generation,
               struct mono now);
/* The live worker with this pid, or descriptor; NULL: none. */
struct pool_worker *pool_by_pid(struct pool *pool, pid_t pid);
struct pool_worker *pool_by_fd(struct pool *pool, int fd);
unsigned pool_slot(const struct pool *pool, const struct pool_worker *worker);

/* Adds the counters of a process that has gone to the totals of the board, and clears them.
 * True: it recorded an outcome of some job. */
bool pool_collect(struct pool *pool, const struct pool_worker *worker);
/* True: the slot names jobs that its process may have left claimed. */
bool pool_holds_jobs(const struct pool *pool, const struct pool_worker *worker);
/* Wipes the slot and makes it free. */
void pool_release(struct pool *pool, struct pool_worker *worker);

void pool_count(const struct pool *pool, struct mono now, struct pool_counts *out);
/* Launch of the oldest live worker that we have not killed; MONO_NEVER if there is none. */
struct mono pool_oldest(const struct pool *pool);

#endif
