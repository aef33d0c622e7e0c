/* SPDX-License-Identifier: MIT */
#include "core/cursor.h"

/* A writer needs a few instructions. One that is found at it for this long was killed there
 * (or sleeps, and may then mix two places up: see above what a wrong place costs). */
#define SPINS 10000

bool cursor_place_after(struct cursor_place a, struct cursor_place b)
{
    return a.run_after > b.run_after || (a.run_after == b.run_after && a.jobid > b.jobid);
}

static struct cursor_place place_of(const struct cursor *cursor)
{
    return (struct cursor_place){
        .run_after = atomic_load_explicit(&cursor->run_after, memory_order_relaxed),
        .jobid = atomic_load_explicit(&cursor->jobid, memory_order_relaxed)};
}

bool cursor_get(const struct cursor *cursor, struct cursor_place *out)
{
    for (unsigned spins = 0; spins < SPINS; spins++) {
        uint64_t version = atomic_load_explicit(&cursor->version, memory_order_acquire);
        if (version == 0)
            return false;
        *out = place_of(cursor);
        atomic_thread_fence(memory_order_acquire);
        if ((version & 1) == 0 &&
            version == atomic_load_explicit(&cursor->version, memory_order_relaxed))
            return true;
    }
    return false;
}

/* Makes the version odd; gives the one that ends the writing. */
static uint64_t begin(struct cursor *cursor)
{
    unsigned spins = 0;
    uint64_t version = atomic_load_explicit(&cursor->version, memory_order_acquire);
    for (;;) {
        bool busy = (version & 1) != 0;
        if (busy && ++spins < SPINS) {
            version = atomic_load_explicit(&cursor->version, memory_order_acquire);
            continue;
        }
        uint64_t mine = (version | 1) + (busy ? 2 : 0);
        if (atomic_compare_exchange_weak_explicit(&cursor->version, &version, mine,
                                                  memory_order_acq_rel,
                                                  memory_order_acquire)) {
            atomic_thread_fence(memory_order_release);
            return mine + 1;
        }
    }
}

static void move(struct cursor *cursor, struct cursor_place place, bool back)
{
    bool nowhere = atomic_load_explicit(&cursor->version, memory_order_relaxed) == 0;
    uint64_t end = begin(cursor);
    if (back || nowhere || cursor_place_after(place, place_of(cursor))) {
        atomic_store_explicit(&cursor->run_after, place.run_after, memory_order_relaxed);
        atomic_store_explicit(&cursor->jobid, place.jobid, memory_order_relaxed);
    }
    atomic_store_explicit(&cursor->version, end, memory_order_release);
}

void cursor_advance(struct cursor *cursor, struct cursor_place place)
{
    move(cursor, place, false);
}

void cursor_set(struct cursor *cursor, struct cursor_place place)
{
    move(cursor, place, true);
}

bool cursor_sweep_take(struct cursor *cursor, struct mono now)
{
    int64_t due = atomic_load_explicit(&cursor->sweep_us, memory_order_relaxed);
    return now.us >= due &&
           atomic_compare_exchange_strong_explicit(
               &cursor->sweep_us, &due, mono_add_ms(now, CURSOR_SWEEP_MOST_MS).us,
               memory_order_relaxed, memory_order_relaxed);
}

int64_t cursor_sweep_pause_ms(int64_t took_ms)
{
    int64_t ms = took_ms < CURSOR_SWEEP_MOST_MS ? CURSOR_SWEEP_SHARE * took_ms
                                                : CURSOR_SWEEP_MOST_MS;
    ms = ms > CURSOR_SWEEP_MS ? ms : CURSOR_SWEEP_MS;
    return ms < CURSOR_SWEEP_MOST_MS ? ms : CURSOR_SWEEP_MOST_MS;
}

void cursor_sweep_ended(struct cursor *cursor, struct mono begun, struct mono ended)
{
    int64_t pause_ms = cursor_sweep_pause_ms(mono_diff_ms(ended, begun));
    atomic_store_explicit(&cursor->sweep_us, mono_add_ms(ended, pause_ms).us,
                          memory_order_relaxed);
}

void cursor_was_empty(struct cursor *cursor, struct mono begun)
{
    atomic_store_explicit(&cursor->empty_us, begun.us, memory_order_release);
}

bool cursor_empty_since(const struct cursor *cursor, struct mono begun)
{
    return atomic_load_explicit(&cursor->empty_us, memory_order_acquire) > begun.us;
}

void cursor_sweep_want(struct cursor *cursor)
{
    atomic_store_explicit(&cursor->sweep_us, 0, memory_order_relaxed);
}
