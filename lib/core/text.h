/* SPDX-License-Identifier: MIT */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stddef.h>

#include "core/buf.h"

/* Text of unknown origin that ought to be UTF-8. */

/* Length of the valid UTF-8 character that `text` begins with, 1 to 4; 0 if there is none
 * (overlong forms, surrogates and values above U+10FFFF are not characters). */
size_t text_char(const char *text, size_t len);
/* The largest length not above `max` that does not end within a character. */
size_t text_cut(const char *text, size_t len, size_t max);
/* Appends `text` as part of one line: control characters, those that turn the direction of
 * writing among them, and bytes that are not UTF-8 as \n, \t, \x1b; newlines at its end
 * are left out. */
void text_line(struct buf *out, const char *text, size_t len);

#endif
