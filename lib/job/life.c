/* SPDX-License-Identifier: MIT */
#include "job/life.h"

#define LEASE_DEFAULT_S 3600u

/* One more than the state that follows; 0 is "cannot happen", so that an entry that is not
 * written here is one. */
#define TO(state) ((state) + 1)
static const unsigned char transitions[JOB_STATES][JOB_EVENTS] = {
    [JOB_QUEUED] = {[JOB_CLAIM] = TO(JOB_CLAIMED)},
    [JOB_CLAIMED] = {[JOB_START] = TO(JOB_RUNNING),
                     /* arguments that cannot be read: decided without a run */
                     [JOB_VERDICT] = TO(JOB_DECIDED),
                     /* released before it started */
                     [JOB_COMMIT_RETRY] = TO(JOB_QUEUED),
                     [JOB_LEASE_LOST] = TO(JOB_LOST)},
    [JOB_RUNNING] = {[JOB_VERDICT] = TO(JOB_DECIDED), [JOB_LEASE_LOST] = TO(JOB_LOST)},
    [JOB_DECIDED] = {[JOB_COMMIT_END] = TO(JOB_GONE),
                     [JOB_COMMIT_RETRY] = TO(JOB_QUEUED),
                     [JOB_DEFER] = TO(JOB_QUEUED),
                     [JOB_LEASE_LOST] = TO(JOB_LOST)},
    /* the verdict of a run that outlived its lease is dropped */
    [JOB_LOST] = {[JOB_VERDICT] = TO(JOB_LOST)},
};

int job_next(enum job_state from, enum job_event event)
{
    if ((unsigned)from >= JOB_STATES || (unsigned)event >= JOB_EVENTS)
        return -1;
    return (int)transitions[from][event] - 1;
}

const char *job_state_name(enum job_state state)
{
    static const char *const names[JOB_STATES] = {
        [JOB_QUEUED] = "queued",   [JOB_CLAIMED] = "claimed", [JOB_RUNNING] = "running",
        [JOB_DECIDED] = "decided", [JOB_GONE] = "gone",       [JOB_LOST] = "lost"};
    return (unsigned)state < JOB_STATES ? names[state] : "unknown";
}

const char *job_event_name(enum job_event event)
{
    static const char *const names[JOB_EVENTS] = {[JOB_CLAIM] = "claim",
                                                  [JOB_START] = "start",
                                                  [JOB_VERDICT] = "verdict",
                                                  [JOB_COMMIT_END] = "commit of the end",
                                                  [JOB_COMMIT_RETRY] = "commit of a retry",
                                                  [JOB_DEFER] = "deferral",
                                                  [JOB_LEASE_LOST] = "loss of the lease"};
    return (unsigned)event < JOB_EVENTS ? names[event] : "unknown";
}

bool life_may_retry(const struct life_rules *rules, uint32_t failures)
{
    return rules->max_retries >= failures;
}

uint32_t life_retry_interval(const struct life_rules *rules, uint32_t failures)
{
    uint32_t i = failures == 0 ? 0 : failures - 1;
    return rules->retry_interval_s[i < LIFE_TABLE ? i : LIFE_TABLE - 1];
}

static uint32_t saturate(int64_t now, int64_t more)
{
    if (now < 0)
        now = 0;
    if (now >= (int64_t)UINT32_MAX - more)
        return UINT32_MAX;
    return (uint32_t)(now + more);
}

uint32_t life_lease_until(int64_t now, uint32_t lease_s, uint32_t distinct)
{
    if (lease_s == 0)
        lease_s = LEASE_DEFAULT_S;
    uint32_t window = lease_s / 10;
    if (window < LIFE_JITTER_MIN_S)
        window = LIFE_JITTER_MIN_S;
    if (window > LIFE_JITTER_MAX_S)
        window = LIFE_JITTER_MAX_S;
    return saturate(now, (int64_t)lease_s + distinct % window);
}

uint32_t life_renew_until(int64_t now, uint32_t lease_s, uint32_t current)
{
    if (lease_s == 0)
        lease_s = LEASE_DEFAULT_S;
    if (current == UINT32_MAX || (int64_t)current > saturate(now, lease_s - lease_s / 2))
        return 0;
    uint32_t until = saturate(now, lease_s);
    return until > current ? until : current + 1;
}
