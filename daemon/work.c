/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/log.h"

#define LINE_PERIOD_MS  3600000 /* SLEEPING and HOLDING */
#define LINE_SPACING_MS 1000    /* of the line about launching, at the least */

static void take_settings(struct master *m, const struct settings *settings)
{
    m->settings = *settings;
    log_set_threshold(settings->log_threshold);
    bool cut = settings->max_workers > (int64_t)BOARD_SLOTS;
    if (cut)
        m->settings.max_workers = BOARD_SLOTS;
    m->heritage.settings = m->settings;
    if (cut && !m->work.cut)
        log_warning("MAX_WORKERS %" PRId64
                    " is more than the %u of one daemon; taken as %u",
                    settings->max_workers, BOARD_SLOTS, BOARD_SLOTS);
    m->work.cut = cut;
}

void work_answer(struct master *m, const struct msg_snapshot *snapshot)
{
    struct work *w = &m->work;
    take_settings(m, &snapshot->settings);
    w->found = w->waiting = snapshot->waiting;
    w->limit = snapshot->waiting_limit;
    w->held = snapshot->held;
    watch_note_look(m, snapshot);
    w->fresh = true;
    w->launched = false;
    w->owed = 0;
    atomic_store(&m->pool.board->master_state, m->settings.hold ? 2 : 1);
}

/* Deaths before the first success, or a launch that failed: the later of the two. */
static struct mono throttled_until(const struct master *m, struct mono now)
{
    const struct work *w = &m->work;
    struct mono until = w->throttled_until;
    if (mono_before(now, w->paused_until) && mono_before(until, w->paused_until))
        until = w->paused_until;
    return until;
}

static void gather(const struct master *m, struct mono now, struct policy_in *in)
{
    const struct lookout *l = &m->lookout;
    const struct work *w = &m->work;
    struct pool_counts counts;
    pool_count(&m->pool, now, &counts);
    *in = (struct policy_in){.now = now,
                             .settings = m->settings,
                             .looked = l->looked,
                             .look_pending = l->pending || l->pid == 0 || l->leaving,
                             .look_sent = l->sent,
                             .look_done = l->done,
                             .away = l->away,
                             .fresh = w->fresh,
                             .launched = w->launched,
                             .found = w->found,
                             .waiting = w->waiting,
                             .owed = w->owed,
                             .running = counts.running,
                             .idle = counts.idle,
                             .starting = counts.starting,
                             .expected = counts.expected,
                             .in_line = counts.in_line,
                             .accounting = counts.dead,
                             .oldest_start = pool_oldest(&m->pool),
                             .newest_start = counts.newest,
                             .throttled_until = throttled_until(m, now),
                             .changed = w->changed,
                             .pushed = w->pushed,
                             .pushed_spacing_ms = watch_spacing_ms(m),
                             .watched = watch_sees(m, now) && !w->held,
                             .drain = m->heritage.drain};
}

/* True when a line that was not due is due again at `*next`; sets the time after that. */
static bool line_due(struct mono *next, struct mono now, int64_t period_ms)
{
    if (mono_before(now, *next))
        return false;
    *next = mono_add_ms(now, period_ms);
    return true;
}

static void announce_work(struct master *m, const struct policy_in *in, unsigned count)
{
    int64_t ms = m->settings.master_launch_ms;
    /* Nothing has changed, and why was said. */
    if (count == 0 && in->running == 0 && mono_before(in->now, in->throttled_until))
        return;
    if (!line_due(&m->work.next_work_line, in->now,
                  ms < LINE_SPACING_MS ? LINE_SPACING_MS : ms))
        return;
    bool bounded = m->work.limit > 0 && in->found >= m->work.limit;
    log_notice("%" PRIu64 "%s jobs waiting; %u workers running; launching %u workers",
               in->found, bounded ? "+" : "", in->running, count);
    if (!m->heritage.debug)
        return;
    log_debug("MAX WORKERS: %" PRId64, m->settings.max_workers);
    log_debug("RUNNING WORKERS: %u", in->running);
    log_debug("%" PRIu64 " waiting %s jobs.", in->found, m->heritage.service);
    if (count == 0 && (int64_t)in->running >= m->settings.max_workers)
        log_debug("MAX WORKERS REACHED, SLEEPING");
}

/* The lines that an operator of Helios knows, for an answer that has just come. */
static void announce(struct master *m, const struct policy_in *in, unsigned count)
{
    struct work *w = &m->work;
    ready_notify(&m->ready, "STATUS=%s%u workers, %" PRIu64 " jobs waiting",
                 in->settings.hold ? "holding, " : "", in->running + count, in->found);
    if (in->settings.hold) {
        if (line_due(&w->next_hold_line, in->now, LINE_PERIOD_MS))
            log_notice("%s %s HOLDING", m->heritage.program, m->heritage.service);
        return;
    }
    w->next_hold_line = (struct mono){0};
    if (in->found > 0) {
        w->next_sleep_line = (struct mono){0};
        announce_work(m, in, count);
    } else if (in->running == 0 && line_due(&w->next_sleep_line, in->now, LINE_PERIOD_MS)) {
        log_notice("0 workers running, 0 in queue.  SLEEPING");
    }
}

static void took(struct work *w, unsigned count)
{
    w->waiting -= w->waiting < count ? w->waiting : count;
    w->launched = w->launched || count > 0;
}

/* 0, or -1 if not all could be forked: then the answer has not been used up. */
static int launch(struct master *m, const struct policy_in *in, unsigned count)
{
    struct work *w = &m->work;
    for (unsigned i = 0; i < count; i++) {
        if (worker_launch(m, in->now) != 0)
            return -1;
        took(w, 1);
        if (!in->fresh && w->owed > 0)
            w->owed--;
    }
    return 0;
}

/* True: something was done, so that policy has to be asked again. */
static bool act(struct master *m, const struct policy_in *in, const struct policy_out *out)
{
    if (out->leave)
        workers_leave(m);
    if (out->halt || out->drained) {
        stop_begin(m, out->halt ? STOP_BY_HALT : STOP_BY_DRAIN, 0);
        return true;
    }
    if (in->fresh)
        announce(m, in, out->launch);
    if (out->check_ttl)
        workers_kill_old(m, in->now);
    if (out->wake > 0) {
        (void)workers_wake(m, out->wake, false);
        took(&m->work, out->wake);
    }
    if (launch(m, in, out->launch) == 0 && out->acted) {
        m->work.fresh = false;
        m->work.owed = out->owed;
    }
    if (out->look)
        lookout_look(m);
    return out->check_ttl || out->wake > 0 || out->launch > 0 || out->acted || out->look;
}

struct mono work_tick(struct master *m, struct mono now)
{
    struct policy_in in;
    struct policy_out out;
    gather(m, now, &in);
    policy_decide(&in, &out);
    return act(m, &in, &out) ? now : out.deadline;
}
