/* SPDX-License-Identifier: MIT */
#include "conf/quote.h"

#include <string.h>

static void put(struct buf *out, unsigned char c)
{
    if (c == '\n')
        buf_puts(out, "\\n");
    else if (c == '\t')
        buf_puts(out, "\\t");
    else if (c < ' ' || c == 0x7f)
        buf_printf(out, "\\x%02x", (unsigned)c);
    else
        buf_putc(out, (char)c);
}

void quote_text(struct buf *out, const char *text, size_t max)
{
    size_t len = strlen(text), end = len;
    if (len > max)
        for (end = max; end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80;)
            end--;
    for (size_t i = 0; i < end; i++)
        put(out, (unsigned char)text[i]);
    if (end < len)
        buf_puts(out, "...");
}
