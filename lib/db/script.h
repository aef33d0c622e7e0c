/* SPDX-License-Identifier: MIT */
#ifndef DB_SCRIPT_H
#define DB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the next statement of a script whose statements end with ';' at the end of a line.
 * `*at` moves behind it; comment lines before it belong to it. False at the end. */
bool script_next(const char **at, const char **statement, size_t *len);

#endif
