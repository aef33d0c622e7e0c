/* SPDX-License-Identifier: MIT */
#include "codec/utf8.h"

#include "codec/args.h"
#include "core/text.h"

size_t utf8_next(const char *text, size_t len, uint32_t *character)
{
    static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = text_char(text, len);
    if (n == 0)
        return 0;
    uint32_t c = (unsigned char)text[0] & lead_bits[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)text[i] & 0x3Fu);
    *character = c;
    return n;
}

bool text_is_ascii(const char *text, size_t len)
{
    unsigned char all = 0; /* no early end: the compiler looks at many bytes at once */
    for (size_t i = 0; i < len; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

bool text_is_utf8(const char *text, size_t len)
{
    while (len > 0) {
        size_t n = text_char(text, len);
        if (n == 0)
            return false;
        text += n;
        len -= n;
    }
    return true;
}
