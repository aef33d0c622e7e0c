/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <inttypes.h>

#include "core/log.h"

static const char *state_of(const struct master *m)
{
    if (m->stop.stage != STOP_NOT)
        return "stopping";
    if (m->lookout.away)
        return "away from the database";
    if (m->reload.pid != 0)
        return "reloading";
    return m->settings.hold ? "holding" : "running";
}

static void report_worker(const struct master *m, unsigned i)
{
    const struct pool_worker *w = &m->pool.workers[i];
    const struct board_slot *s = &m->pool.board->slot[i];
    int64_t age_s = mono_diff_ms(mono_now(), w->launched) / 1000;
    if (w->state == POOL_DEAD) {
        log_notice("State: slot %u, process %d has ended, its jobs are being settled", i,
                   (int)w->pid);
        return;
    }
    log_notice("State: slot %u, process %d, %s, age %" PRId64 " s, job %" PRIu64
               ", completed %" PRIu64 ", failed %" PRIu64,
               i, (int)w->pid, board_state_name(atomic_load(&s->state)), age_s,
               atomic_load(&s->running), atomic_load(&s->completed),
               atomic_load(&s->failed) + atomic_load(&s->failed_final));
}

static void report_settings(const struct settings *s)
{
    static const char *const patterns[] = {"linear", "dynamic", "optimistic"};
    log_notice("State: MAX_WORKERS %" PRId64
               ", OVERDRIVE %d, HOLD %d, WORKER_MAX_TTL %" PRId64 " s (+ %" PRId64
               "), WORKER_LAUNCH_PATTERN %s, WORKER_LINGER %" PRId64 " ms",
               s->max_workers, s->overdrive, s->hold, s->worker_max_ttl_s,
               s->worker_max_ttl_wait_s,
               s->pattern <= LAUNCH_OPTIMISTIC ? patterns[s->pattern] : "linear",
               s->worker_linger_ms);
    log_notice("State: intervals in ms: master_launch %" PRId64 ", zero_launch %" PRId64
               ", zero_sleep %" PRId64 ", registration %" PRId64,
               s->master_launch_ms, s->zero_launch_ms, s->zero_sleep_ms,
               s->registration_ms);
}

static void report_totals(const struct board *b)
{
    log_notice("State: of workers that have ended: completed %" PRIu64 ", failed %" PRIu64
               ", failed for good %" PRIu64 ", deferred %" PRIu64 ", released %" PRIu64
               ", lost %" PRIu64,
               atomic_load(&b->completed), atomic_load(&b->failed),
               atomic_load(&b->failed_final), atomic_load(&b->deferred),
               atomic_load(&b->released), atomic_load(&b->lost));
    log_notice("State: settled for dead workers: failed %" PRIu64
               ", failed for good %" PRIu64 ", released %" PRIu64,
               atomic_load(&b->dead_failed), atomic_load(&b->dead_failed_final),
               atomic_load(&b->dead_released));
}

void report_state(struct master *m)
{
    struct pool_counts counts;
    pool_count(&m->pool, mono_now(), &counts);
    log_notice(
        "State: %s %s is %s; %" PRIu64 " jobs waiting, %u workers running, %u idle, %u "
        "starting, %u to be settled; poller process %d",
        m->heritage.program, m->heritage.service, state_of(m), m->work.found,
        counts.running, counts.idle, counts.starting, counts.dead, (int)m->lookout.pid);
    for (unsigned i = 0; i < m->pool.high; i++) {
        if (m->pool.workers[i].state != POOL_FREE)
            report_worker(m, i);
    }
    report_totals(m->pool.board);
    report_settings(&m->settings);
}
