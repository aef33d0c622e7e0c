/* SPDX-License-Identifier: MIT */
#ifndef CTL_LOOK_H
#define CTL_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ctl/fleet.h"

/* What `helios top` knows of the database: looked up again and again by a process of its
 * own, so that no server that hangs holds up the screen and its keys. */

#define LOOK_TYPES   200u
#define LOOK_ERRORS  50u
#define LOOK_LEASED  100u
#define LOOK_NAME    128u
#define LOOK_MESSAGE 256u

struct look_type {
    char name[LOOK_NAME];
    uint64_t waiting, delayed; /* above LISTING_COUNTED: more than that */
    uint64_t running;
    uint64_t done_minute, failed_minute;
    bool more; /* attempts that were not counted */
    double rate;
    int64_t oldest_s, drain_s; /* -1: none */
};

struct look_error { /* a failed attempt */
    int64_t time;   /* Unix seconds of the database */
    uint64_t jobid;
    char jobtype[LOOK_NAME], message[LOOK_MESSAGE];
};

struct look_lease { /* a job that somebody holds */
    uint64_t jobid;
    int64_t left_s; /* until the lease ends, if it is not renewed */
    char jobtype[LOOK_NAME];
};

/* No pointers: it goes through a pipe. */
struct look {
    bool connected;
    char away[LOOK_MESSAGE]; /* why not */
    char said[LOOK_MESSAGE]; /* what became of an order; "" : there was none */
    int64_t now;             /* the database's clock */
    struct fleet fleet;
    size_t types_n, errors_n, leased_n;
    struct look_type types[LOOK_TYPES];
    struct look_error errors[LOOK_ERRORS];
    struct look_lease leased[LOOK_LEASED];
};

/* Fills everything but `said`; the connection is `store`. */
int look_read(struct store *store, struct look *out, struct helios_error *err);

#endif
