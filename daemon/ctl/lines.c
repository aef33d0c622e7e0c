/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/lines.h"

#include <errno.h>

#include "core/err.h"

static int check_read(FILE *from, const struct buf *text, struct helios_error *err)
{
    if (ferror(from))
        return err_errno(err, errno, "cannot read standard input");
    if (text->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (text->len > LINES_ARGS_MAX)
        return err_set(err, HELIOS_E_LIMIT, "the arguments are longer than %u bytes",
                       LINES_ARGS_MAX);
    return 0;
}

int line_read(FILE *from, struct buf *line, struct helios_error *err)
{
    buf_clear(line);
    int c;
    while ((c = getc_unlocked(from)) != EOF && c != '\n' && line->len <= LINES_ARGS_MAX)
        buf_putc(line, (char)c);
    if (check_read(from, line, err) != 0)
        return -1;
    if (c == EOF && line->len == 0)
        return 1;
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->data[--line->len] = '\0';
    return 0;
}

int text_read(FILE *from, struct buf *text, struct helios_error *err)
{
    char chunk[65536];
    size_t n;
    buf_clear(text);
    while (text->len <= LINES_ARGS_MAX && (n = fread(chunk, 1, sizeof chunk, from)) > 0)
        buf_append(text, chunk, n);
    return check_read(from, text, err);
}
