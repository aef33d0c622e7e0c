/* SPDX-License-Identifier: MIT */
#include "core/turn.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/mono.h"

/* How long to sleep before looking whether the holder has died without a word. */
#define LOOK_NS 20000000L

static void await_change(_Atomic uint32_t *word, uint32_t seen)
{
    const struct timespec timeout = {.tv_nsec = LOOK_NS};
    (void)syscall(SYS_futex, word, FUTEX_WAIT, seen, &timeout, NULL, 0);
}

static bool is_dead(uint32_t pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static bool take(struct turn *turn, uint32_t pid, bool insist)
{
    struct mono patience = mono_add_ms(mono_now(), TURN_MS);
    uint32_t holder = 0;
    while (!atomic_compare_exchange_strong(&turn->holder, &holder, pid)) {
        if (holder == 0)
            continue;
        bool tired = !mono_before(mono_now(), patience);
        if (tired && !insist)
            return false;
        if (tired || is_dead(holder)) {
            /* Another one who waits may have been first: then it is his. */
            if (insist)
                patience = mono_add_ms(mono_now(), TURN_MS);
            continue;
        }
        atomic_fetch_add(&turn->waiting, 1);
        await_change(&turn->holder, holder);
        atomic_fetch_sub(&turn->waiting, 1);
        holder = 0;
    }
    return true;
}

void turn_take(struct turn *turn, uint32_t pid)
{
    (void)take(turn, pid, true);
}

struct turn *turn_take_any(struct turn *turns, uint32_t n, uint32_t choice, uint32_t pid)
{
    struct turn *own = &turns[choice % n];
    for (uint32_t i = 0; i < n; i++) {
        struct turn *turn = &turns[(choice + i) % n];
        uint32_t nobody = 0;
        if (atomic_compare_exchange_strong(&turn->holder, &nobody, pid))
            return turn;
    }
    turn_take(own, pid);
    return own;
}

bool turn_await(struct turn *turn, uint32_t pid)
{
    return take(turn, pid, false);
}

void turn_end(struct turn *turn, uint32_t pid)
{
    uint32_t holder = pid;
    if (atomic_compare_exchange_strong(&turn->holder, &holder, 0) &&
        atomic_load(&turn->waiting) > 0)
        (void)syscall(SYS_futex, &turn->holder, FUTEX_WAKE, 1, NULL, NULL, 0);
}
