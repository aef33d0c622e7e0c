/* SPDX-License-Identifier: MIT */
#include "daemon/watch_cost.h"

static void begin_period(struct watch_cost *cost, const struct watch_step *step)
{
    cost->period = step->now;
    cost->cpu_us = step->cpu_us;
    cost->bytes = cost->jobs = cost->registrations = 0;
}

static bool too_crowded(struct watch_cost *cost, int64_t ms)
{
    bool crowded =
        cost->jobs == 0 && (int64_t)cost->registrations * 1000 > WATCH_FLEET_RATE * ms;
    cost->crowded = crowded ? cost->crowded + 1 : 0;
    return cost->crowded >= WATCH_FLEET_PERIODS;
}

static bool too_dear(const struct watch_cost *cost, const struct watch_step *step,
                     int64_t ms)
{
    return (step->cpu_us - cost->cpu_us) * WATCH_CPU_SHARE > ms * 1000 &&
           cost->jobs < cost->bytes / WATCH_WORTH_BYTES;
}

enum watch_verdict watch_cost_step(struct watch_cost *cost, const struct watch_step *step)
{
    if (cost->period.us == 0) {
        begin_period(cost, step);
        cost->wanted_at = step->now;
    }
    cost->bytes += step->bytes;
    cost->jobs += step->jobs;
    cost->registrations += step->registrations;
    cost->idle_bytes += step->bytes;
    if (step->wanted) {
        cost->wanted_at = step->now;
        cost->idle_bytes = 0;
    }
    if (cost->idle_bytes > WATCH_REST_BYTES &&
        mono_diff_ms(step->now, cost->wanted_at) > WATCH_REST_MS)
        return WATCH_REST;
    int64_t ms = mono_diff_ms(step->now, cost->period);
    if (ms < WATCH_PERIOD_MS)
        return WATCH_GO_ON;
    bool crowded = too_crowded(cost, ms);
    bool dear = crowded || too_dear(cost, step, ms);
    begin_period(cost, step);
    return dear ? WATCH_GIVE_UP : WATCH_GO_ON;
}
