/* SPDX-License-Identifier: MIT */
#ifndef CORE_CURSOR_H
#define CORE_CURSOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/mono.h"
#include "core/turn.h"

/* Where the claimers of one daemon go on in the order of claims (run_after, jobid) of a
 * jobtype, so that a claim does not cost more the more jobs lie before it that are held, or
 * deleted and not yet purged. Zero bytes are a cursor that is nowhere yet.
 *
 * It is a hint in memory that processes share, of which any may be killed at any
 * instruction: a wrong place costs time and no job. What becomes due before it (a retry, a
 * job given back, a lease that ran out, a COMMIT that came late) is found by a sweep: a
 * look from the start, whenever nothing was found behind the cursor (by one for all that
 * find nothing at the time), and every
 * CURSOR_SWEEP_MS, less often where that takes long. No job is out of reach for longer than
 * CURSOR_SWEEP_MOST_MS. */
#define CURSOR_SWEEP_MS      1000
#define CURSOR_SWEEP_MOST_MS 30000
/* Sweeps that are not needed take at most this part of the time. */
#define CURSOR_SWEEP_SHARE 20

struct cursor {
    _Atomic uint64_t version; /* 0: nowhere; odd while it is written */
    _Atomic int64_t run_after;
    _Atomic uint64_t jobid;
    _Atomic int64_t sweep_us; /* when to look from the start; of the monotonic clock */
    /* Of the one who goes on from here, from reading the place to advancing it: two that
     * begin at one place make the server pass, and lock for a while, what the other has
     * just claimed. */
    struct turn turn;
    /* Of the one who looks from the start because nothing was found: what he finds out is
     * true for those who began to look before him, too. */
    struct turn sweeping;
    _Atomic int64_t empty_us; /* when the last such look began that found nothing */
};

struct cursor_place {
    int64_t run_after;
    uint64_t jobid;
};

/* Whether `a` comes later in the order of claims than `b`. */
bool cursor_place_after(struct cursor_place a, struct cursor_place b);

/* False if it is nowhere: then a look begins at the start. */
bool cursor_get(const struct cursor *cursor, struct cursor_place *out);
/* Goes to `place` if that is further than where it is. */
void cursor_advance(struct cursor *cursor, struct cursor_place place);
/* Goes to `place`, be it back. */
void cursor_set(struct cursor *cursor, struct cursor_place place);

/* Whether a sweep is due, for one caller only: it has to sweep. */
bool cursor_sweep_take(struct cursor *cursor, struct mono now);
/* After a sweep: when the next one is due. */
void cursor_sweep_ended(struct cursor *cursor, struct mono begun, struct mono ended);
/* A sweep that began then has found nothing. */
void cursor_was_empty(struct cursor *cursor, struct mono begun);
/* Whether one has that began after `begun`: who began to look then need not sweep. */
bool cursor_empty_since(const struct cursor *cursor, struct mono begun);
/* Something before the cursor was left: the next claim looks from the start. */
void cursor_sweep_want(struct cursor *cursor);

/* How long to wait after something of such a duration before it is done again, if it is to
 * take no more than a CURSOR_SWEEP_SHARE'th of the time: milliseconds. */
int64_t cursor_sweep_pause_ms(int64_t took_ms);

#endif
