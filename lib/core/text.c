/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

/* What may follow a first byte: the number of bytes in all, and the range of the second
 * one, which is where overlong forms, surrogates and too large values show. */
struct shape {
    size_t len;
    unsigned char low, high;
};

static struct shape shape_of(unsigned char first)
{
    if (first < 0x80)
        return (struct shape){1, 0, 0};
    if (first >= 0xc2 && first <= 0xdf)
        return (struct shape){2, 0x80, 0xbf};
    if (first >= 0xe0 && first <= 0xef)
        return (struct shape){3, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf};
    if (first >= 0xf0 && first <= 0xf4)
        return (struct shape){4, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf};
    return (struct shape){0, 0, 0};
}

static bool follows(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t text_char(const char *text, size_t len)
{
    if (len == 0)
        return 0;
    struct shape shape = shape_of((unsigned char)text[0]);
    if (shape.len > len)
        return 0;
    if (shape.len > 1 &&
        ((unsigned char)text[1] < shape.low || (unsigned char)text[1] > shape.high))
        return 0;
    for (size_t i = 2; i < shape.len; i++) {
        if (!follows(text[i]))
            return 0;
    }
    return shape.len;
}

size_t text_cut(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    /* Only if a character begins shortly before the cut and reaches over it. */
    for (size_t back = 1; back <= 3 && back <= max; back++) {
        size_t start = max - back;
        if (!follows(text[start]))
            return text_char(text + start, len - start) > back ? start : max;
    }
    return max;
}

static bool is_control(const char *c, size_t len)
{
    unsigned char first = (unsigned char)c[0];
    unsigned char last = (unsigned char)c[len - 1];
    if (len == 1)
        return first < 0x20 || first == 0x7f;
    if (len == 2)
        return first == 0xc2 && last < 0xa0; /* C1: terminals obey these too */
    /* U+2028 to U+202E and U+2066 to U+2069 end lines or turn the order of what follows. */
    bool general = len == 3 && first == 0xe2;
    return general && (((unsigned char)c[1] == 0x80 && last >= 0xa8 && last <= 0xae) ||
                       ((unsigned char)c[1] == 0x81 && last >= 0xa6 && last <= 0xa9));
}

static void escape(struct buf *out, const char *bytes, size_t len)
{
    if (len == 1 && (*bytes == '\n' || *bytes == '\t')) {
        buf_puts(out, *bytes == '\n' ? "\\n" : "\\t");
        return;
    }
    for (size_t i = 0; i < len; i++)
        buf_printf(out, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
}

void text_line(struct buf *out, const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == '\n')
        len--;
    size_t plain = 0; /* where the run of harmless characters before `i` begins */
    for (size_t i = 0; i < len;) {
        size_t n = text_char(text + i, len - i);
        if (n > 0 && !is_control(text + i, n)) {
            i += n;
            continue;
        }
        buf_append(out, text + plain, i - plain);
        n = n > 0 ? n : 1;
        escape(out, text + i, n);
        i += n;
        plain = i;
    }
    buf_append(out, text + plain, len - plain);
}
