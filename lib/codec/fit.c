/* SPDX-License-Identifier: MIT */
#include "codec/args.h"
#include "core/text.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

void text_fit(const char *text, size_t len, size_t chars, struct buf *out)
{
    for (size_t at = 0; at < len && chars > 0; chars--) {
        size_t n = text_char(text + at, len - at);
        if (n == 0)
            buf_puts(out, REPLACEMENT);
        else if (text[at] == '\0')
            buf_putc(out, ' ');
        else
            buf_append(out, text + at, n);
        at += n == 0 ? 1 : n;
    }
}

void text_ascii(const char *text, size_t len, size_t chars, struct buf *out)
{
    for (size_t at = 0; at < len && chars > 0; chars--) {
        size_t n = text_char(text + at, len - at);
        if (n == 1)
            buf_putc(out, text[at] == '\0' ? ' ' : text[at]);
        else
            buf_putc(out, '?');
        at += n == 0 ? 1 : n;
    }
}
