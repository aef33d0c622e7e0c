/* SPDX-License-Identifier: MIT */
#include "daemon/policy.h"

#include "core/board.h"

#define BACKOFF_FIRST_MS 250
#define BACKOFF_MAX_MS   30000
#define IN_JOB_MAX_MS    1000

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t policy_launch_count(enum launch_pattern pattern, uint64_t waiting, int64_t running,
                            int64_t max_workers)
{
    int64_t free_slots = max_workers < 0 ? 0 : max_workers - running;
    if (free_slots <= 0 || waiting == 0)
        return 0;
    if (waiting >= (uint64_t)max_workers)
        return free_slots;
    /* From here waiting < max_workers, so it fits an int64_t. */
    int64_t want = (int64_t)waiting;
    switch (pattern) {
    case LAUNCH_OPTIMISTIC:
        return min64(free_slots, want);
    case LAUNCH_DYNAMIC:
        return min64(free_slots, want > running ? want - running : 1);
    case LAUNCH_LINEAR:
        break;
    }
    return 1;
}

int64_t policy_backoff_ms(unsigned deaths)
{
    if (deaths == 0)
        return 0;
    int64_t ms = BACKOFF_FIRST_MS;
    while (--deaths > 0 && ms < BACKOFF_MAX_MS)
        ms *= 2;
    return min64(ms, BACKOFF_MAX_MS);
}

int64_t policy_job_backoff_ms(unsigned deaths)
{
    return min64(policy_backoff_ms(deaths > 0 ? deaths - 1 : 0), IN_JOB_MAX_MS);
}

static int64_t free_slots(const struct policy_in *in)
{
    int64_t by_limit =
        in->settings.max_workers < 0 ? 0 : in->settings.max_workers - (int64_t)in->running;
    return min64(by_limit, (int64_t)BOARD_SLOTS - in->running - in->accounting);
}

static int64_t idle_ms(const struct policy_in *in)
{
    int64_t ms = in->settings.zero_sleep_ms;
    int64_t watched_ms = min64(POLICY_WATCHED_MS, in->settings.registration_ms);
    return in->watched && ms < watched_ms ? watched_ms : ms;
}

static int64_t interval_ms(const struct policy_in *in)
{
    int64_t ms = in->settings.master_launch_ms;
    if (in->settings.hold || (in->found == 0 && !in->launched))
        ms = idle_ms(in);
    else if (!in->launched && free_slots(in) <= 0)
        ms = in->settings.zero_launch_ms;
    ms = min64(ms, in->settings.registration_ms); /* which a look does, too */
    return ms < POLICY_INTERVAL_MIN_MS ? POLICY_INTERVAL_MIN_MS : ms;
}

static int64_t spacing_ms(const struct policy_in *in)
{
    if (in->pushed)
        return in->pushed_spacing_ms;
    if (in->waiting == 0)
        return POLICY_SPACING_IDLE_MS;
    int64_t room = free_slots(in);
    return room < 0 || in->waiting > (uint64_t)room ? POLICY_SPACING_AMPLE_MS
                                                    : POLICY_SPACING_MS;
}

static struct mono next_look(const struct policy_in *in)
{
    if (in->look_pending)
        return MONO_NEVER;
    if (!in->looked)
        return in->now;
    if (in->away) /* it is to look as soon as it is back */
        return mono_add_ms(in->look_sent, POLICY_SPACING_IDLE_MS);
    struct mono due = mono_add_ms(in->look_done, interval_ms(in));
    if (in->changed)
        due = mono_min(due, mono_add_ms(in->look_sent, spacing_ms(in)));
    return due;
}

static struct mono ttl_end(const struct policy_in *in)
{
    int64_t ttl_s = in->settings.worker_max_ttl_s;
    int64_t wait_s = in->settings.worker_max_ttl_wait_s;
    if (ttl_s <= 0 || ttl_s > INT64_MAX / 2000)
        return MONO_NEVER;
    if (wait_s < 0)
        wait_s = 0;
    if (wait_s > INT64_MAX / 2000)
        return MONO_NEVER;
    return mono_add_ms(in->oldest_start, (ttl_s + wait_s) * 1000);
}

/* How many more workers should be busy: after a look by the launch pattern, between looks
 * what it left to be launched. */
static int64_t wanted(const struct policy_in *in)
{
    if (in->fresh)
        return policy_launch_count((enum launch_pattern)in->settings.pattern, in->waiting,
                                   in->running, in->settings.max_workers);
    return in->owed;
}

static bool may_launch(const struct policy_in *in)
{
    if (!in->looked || in->away || in->waiting == 0)
        return false;
    return in->fresh ||
           (in->owed > 0 && mono_diff_ms(in->now, in->look_done) < POLICY_TRUST_MS);
}

/* No more than there are jobs that neither a woken nor an expected worker will take. */
static int64_t unclaimed(const struct policy_in *in, unsigned wake)
{
    uint64_t taken = wake + (in->fresh ? (uint64_t)in->expected : 0);
    uint64_t rest = in->waiting > taken ? in->waiting - taken : 0;
    return rest > INT64_MAX ? INT64_MAX : (int64_t)rest;
}

/* How many of them at this moment. */
static int64_t pace(const struct policy_in *in, struct policy_out *out)
{
    if (!in->settings.overdrive)
        return INT64_MAX;
    if (in->running < POLICY_BURST)
        return POLICY_BURST;
    struct mono next = mono_add_ms(in->newest_start, POLICY_STEP_MS);
    bool ready = in->in_line == 0 && in->expected == 0 && !mono_before(in->now, next);
    if (ready || mono_diff_ms(in->now, in->newest_start) >= POLICY_PATIENCE_MS)
        return in->running;
    if (!mono_before(in->now, next))
        next = mono_add_ms(in->now, POLICY_STEP_MS);
    out->deadline = mono_min(out->deadline, next);
    return 0;
}

static void decide_launch(const struct policy_in *in, struct policy_out *out)
{
    out->acted = in->fresh && in->waiting == 0;
    if (!may_launch(in))
        return;
    if (mono_before(in->now, in->throttled_until)) {
        out->deadline = mono_min(out->deadline, in->throttled_until);
        return;
    }
    out->acted = in->fresh;
    out->wake = in->waiting < in->idle ? (unsigned)in->waiting : in->idle;
    int64_t count = min64(wanted(in), free_slots(in));
    count = min64(count, unclaimed(in, out->wake));
    if (in->throttled_until.us != 0)
        count = in->starting > 0 ? 0 : min64(count, 1);
    if (count <= 0)
        return;
    out->launch = (unsigned)min64(count, pace(in, out));
    out->owed = (unsigned)count - out->launch;
}

static bool drained(const struct policy_in *in)
{
    return in->drain && in->looked && !in->away && !in->look_pending && !in->changed &&
           in->found == 0 && in->running == 0 && in->accounting == 0;
}

void policy_decide(const struct policy_in *in, struct policy_out *out)
{
    *out = (struct policy_out){.deadline = MONO_NEVER};
    if (in->stopping)
        return;
    if (in->looked && in->settings.halt) {
        out->halt = true;
        out->leave = true;
        return;
    }
    struct mono ttl = ttl_end(in);
    out->check_ttl = !mono_before(in->now, ttl);
    if (!out->check_ttl)
        out->deadline = ttl;
    if (in->looked && in->settings.hold) {
        out->leave = true;
        out->acted = in->fresh;
    } else {
        decide_launch(in, out);
    }
    out->drained = drained(in);
    struct mono look = next_look(in);
    out->look = !out->drained && !mono_before(in->now, look);
    if (!out->look)
        out->deadline = mono_min(out->deadline, look);
}
