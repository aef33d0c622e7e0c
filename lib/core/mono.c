/* SPDX-License-Identifier: MIT */
#include "core/mono.h"

#include <limits.h>
#include <time.h>

struct mono mono_now(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (struct mono){(int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000};
}

struct mono mono_add_ms(struct mono t, int64_t ms)
{
    int64_t us;
    if (t.us == INT64_MAX || __builtin_mul_overflow(ms, 1000, &us) ||
        __builtin_add_overflow(t.us, us, &us))
        return ms < 0 && t.us != INT64_MAX ? (struct mono){0} : MONO_NEVER;
    return (struct mono){us};
}

int64_t mono_diff_ms(struct mono later, struct mono earlier)
{
    return (later.us - earlier.us) / 1000;
}

bool mono_before(struct mono a, struct mono b)
{
    return a.us < b.us;
}

struct mono mono_min(struct mono a, struct mono b)
{
    return a.us < b.us ? a : b;
}

int mono_poll_ms(struct mono t, struct mono now)
{
    if (t.us == INT64_MAX)
        return -1;
    if (t.us <= now.us)
        return 0;
    int64_t ms = (t.us - now.us + 999) / 1000;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

int64_t wall_now(void)
{
    return (int64_t)time(NULL);
}

int64_t wall_now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
