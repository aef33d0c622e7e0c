/* SPDX-License-Identifier: MIT */
#ifndef CTL_SUGGEST_H
#define CTL_SUGGEST_H

#include <stddef.h>

/* Which word may have been meant: the nearest of those that are offered. */
struct suggestion {
    const char *typed;
    const char *nearest; /* NULL: none is near */
    unsigned distance;
};

void suggest_begin(struct suggestion *s, const char *typed);
/* Letters that differ only in case count as the same. */
void suggest_offer(struct suggestion *s, const char *word);

#endif
