/* SPDX-License-Identifier: MIT */
#include "daemon/pool.h"

#include <string.h>

#include "core/err.h"
#include "daemon/policy.h"

void pool_init(struct pool *pool, struct board *board, int board_fd)
{
    memset(pool, 0, sizeof *pool);
    pool->board = board;
    pool->board_fd = board_fd;
}

uint32_t pool_generation(struct pool *pool)
{
    if (++pool->generation == 0)
        pool->generation = 1;
    return pool->generation;
}

int pool_reserve(struct pool *pool, struct helios_error *err)
{
    unsigned i = 0;
    while (i < BOARD_SLOTS && pool->workers[i].state != POOL_FREE)
        i++;
    if (i == BOARD_SLOTS)
        return err_set(err, HELIOS_E_LIMIT, "All %u slots of the scoreboard are in use",
                       BOARD_SLOTS);
    if (!pool->reserved[i]) {
        if (board_reserve(pool->board_fd, i, err) != 0)
            return -1;
        pool->reserved[i] = true;
    }
    /* Before the fork: a slot that is in use must not lie behind this. */
    if (i >= atomic_load(&pool->board->used_slots))
        atomic_store(&pool->board->used_slots, i + 1);
    return (int)i;
}

void pool_take(struct pool *pool, unsigned slot, pid_t pid, int fd, uint32_t generation,
               struct mono now)
{
    pool->workers[slot] = (struct pool_worker){.state = POOL_LIVE,
                                               .pid = pid,
                                               .fd = fd,
                                               .generation = generation,
                                               .launched = now};
    if (slot >= pool->high)
        pool->high = slot + 1;
}

struct pool_worker *pool_by_pid(struct pool *pool, pid_t pid)
{
    for (unsigned i = 0; i < pool->high; i++) {
        if (pool->workers[i].state == POOL_LIVE && pool->workers[i].pid == pid)
            return &pool->workers[i];
    }
    return NULL;
}

struct pool_worker *pool_by_fd(struct pool *pool, int fd)
{
    for (unsigned i = 0; i < pool->high; i++) {
        if (pool->workers[i].state == POOL_LIVE && pool->workers[i].fd == fd)
            return &pool->workers[i];
    }
    return NULL;
}

unsigned pool_slot(const struct pool *pool, const struct pool_worker *worker)
{
    return (unsigned)(worker - pool->workers);
}

static uint64_t move(_Atomic uint64_t *from, _Atomic uint64_t *to)
{
    uint64_t n = atomic_exchange(from, 0);
    atomic_fetch_add(to, n);
    return n;
}

bool pool_collect(struct pool *pool, const struct pool_worker *worker)
{
    struct board *b = pool->board;
    struct board_slot *s = &b->slot[pool_slot(pool, worker)];
    uint64_t outcomes = move(&s->completed, &b->completed) + move(&s->failed, &b->failed) +
                        move(&s->failed_final, &b->failed_final) +
                        move(&s->deferred, &b->deferred) + move(&s->lost, &b->lost);
    (void)move(&s->released, &b->released);
    return outcomes > 0;
}

static uint32_t entries(const struct board_slot *slot)
{
    uint32_t held = atomic_load(&slot->held);
    return held > BOARD_JOBS ? BOARD_JOBS : held;
}

bool pool_holds_jobs(const struct pool *pool, const struct pool_worker *worker)
{
    const struct board_slot *slot = &pool->board->slot[pool_slot(pool, worker)];
    uint32_t count = entries(slot);
    for (uint32_t i = 0; i < count; i++) {
        if (atomic_load(&slot->jobs[i].jobid) != 0)
            return true;
    }
    return false;
}

static void wipe(struct board_slot *slot)
{
    uint32_t count = entries(slot);
    for (uint32_t i = 0; i < count; i++) {
        struct board_job *job = &slot->jobs[i];
        atomic_store(&job->jobid, 0);
        atomic_store(&job->claimed, 0);
        atomic_store(&job->renewed, 0);
        atomic_store(&job->pending, 0);
        atomic_store(&job->funcid, 0);
        atomic_store(&job->hold, BOARD_HOLD_NONE);
    }
    for (unsigned i = 0; i < BOARD_TRAIL; i++)
        atomic_store(&slot->trail[i].at, 0);
    atomic_store(&slot->in_line, 0);
    atomic_store(&slot->held, 0);
    atomic_store(&slot->running, 0);
    atomic_store(&slot->running_since, 0);
    atomic_store(&slot->started, 0);
    atomic_store(&slot->pid_start, 0);
    atomic_store(&slot->pid, 0);
    atomic_store(&slot->state, BOARD_FREE);
}

void pool_release(struct pool *pool, struct pool_worker *worker)
{
    wipe(&pool->board->slot[pool_slot(pool, worker)]);
    *worker = (struct pool_worker){.state = POOL_FREE, .fd = -1};
}

void pool_count(const struct pool *pool, struct mono now, struct pool_counts *out)
{
    *out = (struct pool_counts){0};
    for (unsigned i = 0; i < pool->high; i++) {
        const struct pool_worker *w = &pool->workers[i];
        if (w->state == POOL_DEAD)
            out->dead++;
        if (w->state != POOL_LIVE)
            continue;
        out->running++;
        if (mono_before(out->newest, w->launched))
            out->newest = w->launched;
        if (w->idle && !w->told)
            out->idle++;
        if (atomic_load(&pool->board->slot[i].in_line) != 0)
            out->in_line++;
        if (w->prepared)
            continue;
        out->starting++;
        if (mono_diff_ms(now, w->launched) < POLICY_TRUST_MS)
            out->expected++;
    }
}

struct mono pool_oldest(const struct pool *pool)
{
    struct mono oldest = MONO_NEVER;
    for (unsigned i = 0; i < pool->high; i++) {
        const struct pool_worker *w = &pool->workers[i];
        if (w->state == POOL_LIVE && !w->killed)
            oldest = mono_min(oldest, w->launched);
    }
    return oldest;
}
