/* SPDX-License-Identifier: MIT */
#include "conf/quote.h"

#include <string.h>

#include "core/text.h"

void quote_text(struct buf *out, const char *text, size_t max)
{
    size_t len = strlen(text), end = len;
    if (len > max)
        for (end = max; end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80;)
            end--;
    text_line(out, text, end);
    for (size_t i = end; i > 0 && text[i - 1] == '\n'; i--)
        buf_puts(out, "\\n");
    if (end < len)
        buf_puts(out, "...");
}
