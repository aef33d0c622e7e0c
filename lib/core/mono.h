/* SPDX-License-Identifier: MIT */
#ifndef CORE_MONO_H
#define CORE_MONO_H

#include <stdbool.h>
#include <stdint.h>

/* A point of the monotonic clock. A type of its own, so that wall time cannot be
 * mixed in. */
struct mono {
    int64_t us;
};
#define MONO_NEVER ((struct mono){INT64_MAX})

struct mono mono_now(void);
struct mono mono_add_ms(struct mono t, int64_t ms); /* saturates; NEVER stays NEVER */
int64_t mono_diff_ms(struct mono later, struct mono earlier);
bool mono_before(struct mono a, struct mono b);
struct mono mono_min(struct mono a, struct mono b);
/* Milliseconds from `now` until `t` for poll(): 0 if past, rounded up, -1 for NEVER. */
int mono_poll_ms(struct mono t, struct mono now);

/* Unix seconds of this host: for log rows and titles only. */
int64_t wall_now(void);
int64_t wall_now_ms(void);

#endif
