/* SPDX-License-Identifier: MIT */
#include "daemon/holding.h"

/* `jobid` is stored last and cleared first, both with release order: whoever sees an id
 * sees the lease that belongs to it, also after the writer was killed between two stores.
 */

static void clear(struct board_job *job)
{
    atomic_store_explicit(&job->jobid, 0, memory_order_release);
    atomic_store_explicit(&job->hold, BOARD_HOLD_NONE, memory_order_release);
}

static void enter(struct board_job *job, uint32_t seq, uint32_t funcid, uint64_t jobid,
                  uint32_t lease_until)
{
    atomic_store_explicit(&job->funcid, funcid, memory_order_relaxed);
    atomic_store_explicit(&job->hold, BOARD_HOLD_CLAIMED, memory_order_relaxed);
    atomic_store_explicit(&job->claimed, BOARD_LEASE(seq, lease_until),
                          memory_order_relaxed);
    atomic_store_explicit(&job->jobid, jobid, memory_order_release);
}

void holding_announce(struct board_slot *slot, uint32_t seq, uint32_t funcid,
                      const uint64_t *jobids, size_t n, uint32_t lease_until)
{
    for (size_t i = 0; i < n && i < BOARD_JOBS; i++)
        enter(&slot->jobs[i], seq, funcid, jobids[i], lease_until);
    atomic_store_explicit(&slot->held, (uint32_t)(n < BOARD_JOBS ? n : BOARD_JOBS),
                          memory_order_release);
}

void holding_add(struct board_slot *slot, size_t i, uint32_t seq, uint32_t funcid,
                 uint64_t jobid, uint32_t lease_until)
{
    clear(&slot->jobs[i]);
    enter(&slot->jobs[i], seq, funcid, jobid, lease_until);
    if (atomic_load_explicit(&slot->held, memory_order_relaxed) <= i)
        atomic_store_explicit(&slot->held, (uint32_t)i + 1, memory_order_release);
}

void holding_trim(struct board_slot *slot, size_t n)
{
    uint32_t held = atomic_load_explicit(&slot->held, memory_order_relaxed);
    for (size_t i = n; i < held; i++)
        clear(&slot->jobs[i]);
    if (n < held)
        atomic_store_explicit(&slot->held, (uint32_t)n, memory_order_release);
}

void holding_drop(struct board_slot *slot, size_t i)
{
    clear(&slot->jobs[i]);
}

bool holding_start(struct board_slot *slot, size_t i)
{
    uint32_t expected = BOARD_HOLD_CLAIMED;
    return atomic_compare_exchange_strong(&slot->jobs[i].hold, &expected,
                                          BOARD_HOLD_STARTED);
}

bool holding_begun(const struct board_job *job)
{
    uint32_t hold = atomic_load_explicit(&job->hold, memory_order_acquire);
    return hold != BOARD_HOLD_CLAIMED && hold != BOARD_HOLD_TAKEN &&
           hold != BOARD_HOLD_GIVEN;
}

void holding_done(struct board_slot *slot, size_t i)
{
    atomic_store_explicit(&slot->jobs[i].hold, BOARD_HOLD_DONE, memory_order_release);
}

void holding_fails(struct board_slot *slot, size_t i)
{
    atomic_store_explicit(&slot->jobs[i].hold, BOARD_HOLD_STARTED, memory_order_release);
}

void holding_leases(const struct board_job *job, uint32_t leases[3])
{
    uint64_t claimed = atomic_load_explicit(&job->claimed, memory_order_acquire);
    uint64_t renewed = atomic_load_explicit(&job->renewed, memory_order_acquire);
    uint64_t pending = atomic_load_explicit(&job->pending, memory_order_acquire);
    uint32_t seq = BOARD_LEASE_SEQ(claimed);
    leases[0] = BOARD_LEASE_UNTIL(claimed);
    leases[1] = BOARD_LEASE_SEQ(renewed) == seq ? BOARD_LEASE_UNTIL(renewed) : leases[0];
    leases[2] = BOARD_LEASE_SEQ(pending) == seq ? BOARD_LEASE_UNTIL(pending) : leases[0];
}

bool holding_take(struct board_job *job)
{
    uint32_t expected = BOARD_HOLD_CLAIMED;
    return atomic_compare_exchange_strong(&job->hold, &expected, BOARD_HOLD_TAKEN);
}

void holding_given(struct board_job *job)
{
    uint32_t expected = BOARD_HOLD_TAKEN;
    (void)atomic_compare_exchange_strong(&job->hold, &expected, BOARD_HOLD_GIVEN);
}

bool holding_owed(const struct board_job *job)
{
    return atomic_load_explicit(&job->jobid, memory_order_acquire) != 0 &&
           atomic_load_explicit(&job->hold, memory_order_acquire) != BOARD_HOLD_GIVEN;
}

bool holding_any(const struct board_slot *slot)
{
    uint32_t held = atomic_load_explicit(&slot->held, memory_order_acquire);
    for (uint32_t i = 0; i < held && i < BOARD_JOBS; i++)
        if (holding_owed(&slot->jobs[i]))
            return true;
    return false;
}
