/* SPDX-License-Identifier: MIT */
#ifndef CTL_GRID_H
#define CTL_GRID_H

#include "core/buf.h"

/* Cells of text in rows, made lines that fit a terminal: columns aligned, the widest texts
 * cut, and what does not fit even so left out at the right. Knows no terminal. */

enum column_kind {
    COLUMN_TEXT,
    COLUMN_STATE, /* a word that is coloured on a terminal */
    COLUMN_NUMBER,
    COLUMN_TIME, /* Unix seconds */
    COLUMN_SPAN  /* a number of seconds */
};
struct column {
    const char *name; /* the key in JSON; the heading in capitals, blanks for '_' */
    enum column_kind kind;
};
#define GRID_COLUMNS 32

struct grid {
    const struct column *columns;
    size_t n;         /* at most GRID_COLUMNS */
    struct buf cells; /* row after row, a NUL behind each cell */
};

void grid_begin(struct grid *g, const struct column *columns, size_t n);
/* The next cell: text_line() has made it safe to print; "" is shown as "-". */
void grid_cell(struct grid *g, const char *safe);
size_t grid_rows(const struct grid *g);
/* Appends the heading and the rows, a newline behind each. */
void grid_lines(const struct grid *g, size_t width, bool colour, struct buf *out);
void grid_fini(struct grid *g);

#endif
