/* SPDX-License-Identifier: MIT */
#ifndef CTL_GRID_H
#define CTL_GRID_H

#include <stdint.h>

#include "core/buf.h"

/* Cells of text in rows, made lines that fit a terminal. Where they do not fit, in this
 * order: times lose the date, if it is that of today, or the year, and headings are
 * abbreviated; columns of low value are left out; texts are cut, with a mark. Numbers,
 * times and states are whole or not there. Knows no terminal. */

enum column_kind {
    COLUMN_TEXT,  /* is cut at its end */
    COLUMN_NAME,  /* is cut in its middle: names differ at either end */
    COLUMN_PROSE, /* is never cut, but goes on in further lines */
    COLUMN_STATE, /* a word that is coloured on a terminal */
    COLUMN_NUMBER,
    COLUMN_TIME, /* Unix seconds */
    COLUMN_SPAN  /* a number of seconds */
};
/* Beside the kind: this column is left out before those with a lower number. */
#define COLUMN_LOW(n) ((unsigned)(n) << 4)

struct column {
    const char *name; /* the key in JSON; the heading in capitals, blanks for '_' */
    unsigned kind;    /* enum column_kind, and COLUMN_LOW() */
};
#define GRID_COLUMNS 32
#define GRID_ALL     SIZE_MAX /* as a width: everything in full */

static inline enum column_kind column_kind(const struct column *column)
{
    return (enum column_kind)(column->kind & 15u);
}

struct grid {
    const struct column *columns;
    size_t n;          /* at most GRID_COLUMNS */
    struct buf cells;  /* row after row, a NUL behind each cell */
    const char *today; /* as times begin, "2026-03-07"; NULL: dates are always shown */
};

void grid_begin(struct grid *g, const struct column *columns, size_t n);
/* The next cell: text_line() has made it safe to print; "" is shown as "-". */
void grid_cell(struct grid *g, const char *safe);
size_t grid_rows(const struct grid *g);
/* Appends the heading and the rows, a newline behind each; to `left_out` (may be NULL) the
 * headings of the columns that are not there, with ", " between them. */
void grid_lines(const struct grid *g, size_t width, bool colour, struct buf *out,
                struct buf *left_out);
void grid_fini(struct grid *g);

#endif
