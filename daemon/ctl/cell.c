/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/cell.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

void cell_locale(void)
{
    /* Without it characters count as one column each: lists are then less even. */
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        (void)setlocale(LC_CTYPE, "");
}

/* Bytes and columns of the character that `text`, which is not empty, begins with. */
static size_t character(const char *text, size_t *columns)
{
    wchar_t wide = 0;
    mbstate_t state = {0};
    size_t n = mbrtowc(&wide, text, strlen(text), &state);
    if (n == 0 || n > strlen(text)) {
        *columns = ((unsigned char)text[0] & 0xc0) != 0x80;
        return 1;
    }
    int width = wcwidth(wide);
    *columns = width < 0 ? 1 : (size_t)width;
    return n;
}

size_t cell_width(const char *text)
{
    size_t total = 0;
    size_t columns = 0;
    while (*text != '\0') {
        text += character(text, &columns);
        total += columns;
    }
    return total;
}

size_t cell_bytes(const char *text, size_t columns)
{
    size_t i = 0;
    size_t left = columns;
    while (text[i] != '\0') {
        size_t width = 0;
        size_t n = character(text + i, &width);
        if (width > left)
            break;
        left -= width;
        i += n;
    }
    return i;
}

const char *cell_tail(const char *text, size_t columns)
{
    size_t left = cell_width(text);
    while (left > columns) {
        size_t width = 0;
        text += character(text, &width);
        left -= width;
    }
    return text;
}
