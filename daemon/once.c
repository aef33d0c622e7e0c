/* SPDX-License-Identifier: MIT */
#include "daemon/once.h"

#include <stddef.h>

/* FNV-1a. Two texts with one hash cost a log line a minute, no more. */
uint64_t once_hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325ULL;
    for (const char *p = text; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * 0x100000001b3ULL;
    return h;
}

bool once_pass(struct once *once, const char *text, struct mono now)
{
    uint64_t h = once_hash(text);
    size_t oldest = 0;
    for (size_t i = 0; i < ONCE_TEXTS; i++) {
        if (once->texts[i].hash == h && mono_before(now, once->texts[i].until))
            return false;
        if (mono_before(once->texts[i].until, once->texts[oldest].until))
            oldest = i;
    }
    once->texts[oldest].hash = h;
    once->texts[oldest].until = mono_add_ms(now, ONCE_PERIOD_MS);
    return true;
}
