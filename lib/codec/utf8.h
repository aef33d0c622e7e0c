/* SPDX-License-Identifier: MIT */
#ifndef CODEC_UTF8_H
#define CODEC_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Reads one character of valid UTF-8 (no overlong form, no surrogate, nothing above
 * U+10FFFF). The bytes it takes, or 0 if there is none at `text`. */
size_t utf8_next(const char *text, size_t len, uint32_t *character);

#endif
