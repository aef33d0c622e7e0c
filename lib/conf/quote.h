/* SPDX-License-Identifier: MIT */
#ifndef CONF_QUOTE_H
#define CONF_QUOTE_H

#include <stddef.h>

#include "core/buf.h"

/* Longest stretch of an operator's text that a sentence repeats. */
#define QUOTE_MAX 60u

/* Appends `text` on one line: what text_line() escapes as \n, \t or \xHH, a backslash as it
 * is.
 * Of more than `max` bytes, as much as fits on a character boundary and "...". */
void quote_text(struct buf *out, const char *text, size_t max);

#endif
