/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ONCE_H
#define DAEMON_ONCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mono.h"

/* Keeps a message that is repeated by many workers, or by every attempt, from flooding the
 * log: each distinct text may pass once a minute. Remembers ONCE_TEXTS texts; the one that
 * passed longest ago gives way. */
#define ONCE_TEXTS     16
#define ONCE_PERIOD_MS 60000

struct once {
    struct {
        uint64_t hash;
        struct mono until;
    } texts[ONCE_TEXTS];
};

uint64_t once_hash(const char *text);
/* True: `text` has not passed within the last minute, and passes now. */
bool once_pass(struct once *once, const char *text, struct mono now);

#endif
