/* SPDX-License-Identifier: MIT */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include "core/buf.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/grid.h"

/* Rows for people, for programs and for pipes: aligned columns that fit the terminal, one
 * JSON object a line (--json), or values between tabs where standard output is no terminal.
 * What comes from the database is escaped in all three. */
enum table_form { TABLE_ALIGNED, TABLE_TABS, TABLE_JSON };

struct table {
    const struct ctl *ctl;
    const struct column *columns;
    size_t n;
    size_t at; /* the next cell's column */
    enum table_form form;
    bool colour;
    struct buf line;  /* the row that is being made */
    struct grid grid; /* aligned: all rows */
};

/* With the columns of the command. */
void table_begin(struct table *t, const struct ctl *ctl);
/* With others. */
void table_begin_of(struct table *t, const struct ctl *ctl, const struct column *columns);
/* The cells of a row in the order of the columns; after the last one the row
 * is complete. */
void table_text(struct table *t, const char *text); /* NULL: none */
void table_none(struct table *t);
void table_number(struct table *t, int64_t n);
/* A count that went no further than `limit`: ">LIMIT", in JSON with NAME_more true. */
void table_count(struct table *t, uint64_t n, uint64_t limit);
void table_real(struct table *t, double value);
void table_time(struct table *t, int64_t when); /* of a TIME or SPAN; below 0: none */
/* Prints what is not printed yet and frees. 0, or -1: out of memory. */
int table_end(struct table *t, struct helios_error *err);

/* "2026-03-07 17:12:08" by --utc and --epoch-time; "" below 0. */
const char *table_stamp(const struct ctl *ctl, int64_t when, char out[CTL_TIME_LEN]);
/* Whether standard output may be coloured: a terminal, and no NO_COLOR. */
bool table_colour(void);
/* The width of the terminal, 80 where it has none. */
size_t table_width(void);

#endif
