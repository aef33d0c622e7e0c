/* SPDX-License-Identifier: MIT */
#ifndef JOB_LIFE_H
#define JOB_LIFE_H

#include <stdbool.h>
#include <stdint.h>

/* The life of a job as this program sees it: a table of states and events, and the
 * arithmetic of retries and leases. Pure: no clock, no database. */
enum job_state {
    JOB_QUEUED,  /* in the table, not ours: free, or deferred until its lease runs out */
    JOB_CLAIMED, /* leased by us, not started */
    JOB_RUNNING, /* run was called */
    JOB_DECIDED, /* has a verdict, not yet committed */
    JOB_GONE,    /* deleted: completed or failed for good */
    JOB_LOST,    /* the lease is no longer ours */
    JOB_STATES
};
enum job_event {
    JOB_CLAIM,
    JOB_START,
    JOB_VERDICT,
    JOB_COMMIT_END,   /* completed, failed for good, burst */
    JOB_COMMIT_RETRY, /* failed with retries left, released */
    JOB_DEFER,        /* deferred: leased until the lease runs out */
    JOB_LEASE_LOST,
    JOB_EVENTS
};
/* The state after `event`, or -1 for an event that cannot happen in `from` (a bug). */
int job_next(enum job_state from, enum job_event event);
const char *job_state_name(enum job_state state);
const char *job_event_name(enum job_event event);

enum job_verdict {
    VERDICT_NONE, /* run returned without one */
    VERDICT_COMPLETED,
    VERDICT_FAILED,
    VERDICT_FAILED_NO_RETRY,
    VERDICT_DEFERRED,
    VERDICT_DEFERRED_UNTIL,
    VERDICT_RELEASED, /* not run after all: give it back */
    VERDICT_BURST
};

/* How a service retries: taken from its descriptor by the process that loaded it. */
#define LIFE_TABLE 64
struct life_rules {
    uint32_t max_retries;
    uint32_t lease_s; /* job_lock_interval, 3600 for 0 */
    uint32_t keep_exit_status_s;
    uint32_t
        retry_interval_s[LIFE_TABLE]; /* after failure 1, 2, ...; the last one repeats */
};
/* `failures` includes the present one: max_retries >= failures (helios.md 6.4). */
bool life_may_retry(const struct life_rules *rules, uint32_t failures);
uint32_t life_retry_interval(const struct life_rules *rules, uint32_t failures);

#define LIFE_JITTER_MIN_S 8
#define LIFE_JITTER_MAX_S 64
/* The value of grabbed_until for a claim at server time `now`: now + lease + jitter. The
 * jitter keeps the values of different claimers of one job apart although they may claim it
 * within the same second (one dies before its COMMIT, the other takes the job, then the
 * first one's claim is undone by that value): `distinct` modulo a tenth of the lease, at
 * least LIFE_JITTER_MIN_S and at most LIFE_JITTER_MAX_S seconds. Workers of one daemon pass
 * numbers that are two apart, since the second may change in between. Not
 * above UINT32_MAX. */
uint32_t life_lease_until(int64_t now, uint32_t lease_s, uint32_t distinct);
/* The value that a renewal at `now` writes (strictly larger than `current`), or 0 if less
 * than half of the lease has passed or no larger value exists. Both read lease_s 0 as an
 * hour, the rule of job_lock_interval. */
uint32_t life_renew_until(int64_t now, uint32_t lease_s, uint32_t current);

#define JOB_NO_VERDICT "Job did not explicitly complete, fail, or get replaced"

#endif
