/* SPDX-License-Identifier: MIT */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Long work in steps: it shows how far it is where standard error is a terminal, and ends
 * between two steps, not within one, when it is interrupted. */

/* From here on SIGINT, SIGTERM and SIGHUP end the work after the step; a second one ends it
 * at once. With `reads` they also end a read from standard input that waits. */
void progress_begin(bool reads);
bool progress_stopped(void);
/* "N of M jobs held"; without `of` (0) "N rows deleted". Takes the place of what it showed
 * before. */
void progress_show(uint64_t n, uint64_t of, const char *what, const char *done);
/* Takes the line away. */
void progress_end(void);

#endif
