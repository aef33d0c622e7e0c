/* SPDX-License-Identifier: MIT */
#ifndef CORE_TURN_H
#define CORE_TURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One process after the other does what is dear when several do it at once. In memory that
 * they share, and any of them may be killed at any instruction: the dead lose their turn,
 * and who has waited for TURN_MS takes it from the living. So it is no lock: what it orders
 * must be right without it. Zero bytes are nobody's turn. */
#ifndef TURN_MS /* a test is not as patient */
#define TURN_MS 10000
#endif

struct turn {
    _Atomic uint32_t holder;  /* a pid, or 0 */
    _Atomic uint32_t waiting; /* how many wait for theirs */
};

/* Waits until it is the turn of `pid`, which turn_end() ends. */
void turn_take(struct turn *turn, uint32_t pid);
/* A turn of `n`: one that is free, or the one of `choice` when it comes. */
struct turn *turn_take_any(struct turn *turns, uint32_t n, uint32_t choice, uint32_t pid);
/* As turn_take() for who does without when it has not come after TURN_MS: false. */
bool turn_await(struct turn *turn, uint32_t pid);
void turn_end(struct turn *turn, uint32_t pid);

#endif
