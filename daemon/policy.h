/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POLICY_H
#define DAEMON_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mono.h"
#include "core/settings.h"

/* What the master does next, as a pure function of what it knows. Reads no clock, knows no
 * process.
 *
 * The intervals of the settings are the longest time from one look to the next; one that is
 * 0, negative or tiny counts as POLICY_INTERVAL_MIN_MS. Looks come earlier when something
 * has changed, but never closer than the spacings, so that neither a crowd of leaving
 * workers nor jobs that nobody can claim turn into a stream of queries. */
#define POLICY_INTERVAL_MIN_MS  100
#define POLICY_SPACING_MS       5   /* the known work would not fill the free slots */
#define POLICY_SPACING_AMPLE_MS 50  /* it would */
#define POLICY_SPACING_IDLE_MS  100 /* no work is known */
/* While a watcher tells of what changes: for the rest, and for a watcher that is mistaken.
 * No less often than the daemon is to register. */
#define POLICY_WATCHED_MS 60000
/* A leaving worker is replaced on the word of a look that is younger than this. */
#define POLICY_TRUST_MS 1000
/* With OVERDRIVE so many workers are launched without a question; as many again as are
 * running every POLICY_STEP_MS, once those before have started, and none while one of them
 * has to wait until it may have a large batch in the database: another would wait with it,
 * and take its time and its memory from those that work. One that is stopped may wait for
 * ever: after POLICY_PATIENCE_MS without a launch nobody is asked. */
#define POLICY_BURST       8
#define POLICY_STEP_MS     20
#define POLICY_PATIENCE_MS 10000

struct policy_in {
    struct mono now;
    struct settings settings;
    bool looked;       /* at least one look has succeeded */
    bool look_pending; /* asked for, not answered, be it because the database is away */
    struct mono look_sent;
    struct mono look_done; /* when the last answer came */
    bool away;             /* the poller says that it cannot reach the database */
    bool fresh;            /* that answer has not been acted upon */
    bool launched;         /* it has, and something was launched or woken */
    uint64_t found;        /* waiting jobs of that answer */
    uint64_t waiting;      /* the same, less what was launched or woken since */
    unsigned owed; /* to be launched on the word of the last answer: what it asked for and
                      was not launched yet, and one for each worker that has left since */
    unsigned running;  /* live workers, idle and starting ones included */
    unsigned idle;     /* lingering */
    unsigned starting; /* not yet PREPARED */
    unsigned expected; /* of those, launched within POLICY_TRUST_MS: the job that each is to
                          take may have been counted as waiting once more */
    unsigned in_line;  /* wait for their turn with a large batch */
    unsigned accounting; /* slots of dead workers that the poller has not accounted for */
    struct mono oldest_start;    /* launch of the oldest live worker; NEVER if none */
    struct mono newest_start;    /* of the newest; {0} if none */
    struct mono throttled_until; /* no launch before; {0}: none. While it is set, also when
                                    it has passed, workers are launched one at a time */
    bool changed; /* a worker left or went idle, or jobs were given back, since the last
                     look was sent */
    bool pushed;  /* it was the watcher who said so */
    int64_t pushed_spacing_ms; /* the least time between two looks then */
    bool watched; /* a watcher tells of jobs that become due and of changed parameters */
    bool drain;
    bool stopping;
};
struct policy_out {
    unsigned launch;      /* fork so many */
    unsigned wake;        /* send WAKE to so many idle workers */
    bool look;            /* send LOOK */
    bool acted;           /* `fresh` has been used up */
    unsigned owed;        /* then: what is still to be launched */
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
/* The same after a death in a job. The process could start, so the job may be the cause,
 * and its retry rules say how often it is tried: it must not hold up the others for long.
 * Nor is the first death a series: whoever was killed from outside is replaced at once. */
int64_t policy_job_backoff_ms(unsigned deaths);

#endif
