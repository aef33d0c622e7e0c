/* SPDX-License-Identifier: MIT */
#ifndef CTL_WHEN_H
#define CTL_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A point of time as an operator writes it: Unix seconds ("1763788800"), a distance from
 * now ("+30s", "+5m", "+2h", "+1d"), or local time ("2026-03-07 17:12:08"). False if it is
 * none of them or does not fit the 32 bits of the column. For a distance `*relative` is
 * true and `*out` is the number of seconds to be added to the database's clock. */
bool when_parse(const char *text, int64_t *out, bool *relative);

/* A number of seconds for people: "3d 4h", "2h 5m", "7m 1s", "9s". */
void span_text(int64_t s, char *out, size_t cap);

#endif
