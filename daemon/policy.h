/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POLICY_H
#define DAEMON_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mono.h"
#include "core/settings.h"

/* What the master does next, as a pure function of what it knows. Reads no clock, knows no
 * process. */
struct policy_in {
    struct mono now;
    struct settings settings;
    bool looked;       /* at least one look has succeeded */
    bool look_pending; /* asked for, not answered */
    struct mono look_sent;
    struct mono look_done; /* when the last answer came */
    uint64_t waiting;      /* of that look, less what was launched or woken since */
    unsigned running;      /* live workers, idle and starting ones included */
    unsigned idle;         /* lingering */
    unsigned starting;     /* not yet PREPARED */
    unsigned accounting;   /* slots of dead workers that the poller has not accounted for */
    struct mono oldest_start;    /* launch of the oldest live worker; NEVER if none */
    struct mono throttled_until; /* back-off after deaths before first success */
    bool changed; /* a worker left or went idle since the last look was sent */
    bool drain;
    bool stopping;
};
struct policy_out {
    unsigned launch;      /* fork so many */
    unsigned wake;        /* send WAKE to so many idle workers */
    bool look;            /* send LOOK */
    bool leave;           /* send LEAVE to all workers (hold, halt) */
    bool halt;            /* begin the shutdown because of HALT */
    bool drained;         /* --drain: nothing due, nobody running */
    bool check_ttl;       /* some worker is over age */
    struct mono deadline; /* ask again at the latest then */
};
void policy_decide(const struct policy_in *in, struct policy_out *out);

/* helios.md 5.6: how many workers to launch for W waiting, R running, M allowed. */
int64_t policy_launch_count(enum launch_pattern pattern, uint64_t waiting, int64_t running,
                            int64_t max_workers);

/* The pause before the next launch after `deaths` workers in a row died before their first
 * success: 0 for none, then 250 ms doubling to 30 s. */
int64_t policy_backoff_ms(unsigned deaths);

#endif
