/* SPDX-License-Identifier: MIT */
#include "codec/args.h"
#include "codec/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

void text_fit(const char *text, size_t len, size_t chars, struct buf *out)
{
    uint32_t c;
    for (size_t at = 0; at < len && chars > 0; chars--) {
        size_t n = utf8_next(text + at, len - at, &c);
        if (n == 0)
            buf_puts(out, REPLACEMENT);
        else if (c == 0)
            buf_putc(out, ' ');
        else
            buf_append(out, text + at, n);
        at += n == 0 ? 1 : n;
    }
}

void text_ascii(const char *text, size_t len, size_t chars, struct buf *out)
{
    uint32_t c;
    for (size_t at = 0; at < len && chars > 0; chars--) {
        size_t n = utf8_next(text + at, len - at, &c);
        if (n == 1)
            buf_putc(out, c == 0 ? ' ' : (char)c);
        else
            buf_putc(out, '?');
        at += n == 0 ? 1 : n;
    }
}
