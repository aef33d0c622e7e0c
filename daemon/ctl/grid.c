/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/grid.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/cell.h"

#define GAP    2 /* blanks between columns */
#define NARROW 8 /* a text is not cut below this to make room for others */

void grid_begin(struct grid *g, const struct column *columns, size_t n)
{
    *g = (struct grid){.columns = columns, .n = n};
}

void grid_cell(struct grid *g, const char *safe)
{
    buf_append(&g->cells, safe, strlen(safe) + 1);
}

size_t grid_rows(const struct grid *g)
{
    size_t cells = 0;
    for (size_t i = 0; i < g->cells.len; i++)
        cells += g->cells.data[i] == '\0';
    return cells / g->n;
}

void grid_fini(struct grid *g)
{
    buf_fini(&g->cells);
}

static bool is_text(const struct column *column)
{
    return column->kind == COLUMN_TEXT;
}

static size_t measure(const struct grid *g, size_t *widths)
{
    size_t total = GAP * (g->n - 1);
    for (size_t i = 0; i < g->n; i++)
        widths[i] = strlen(g->columns[i].name);
    const char *cell = g->cells.data;
    const char *end = cell + g->cells.len;
    for (size_t i = 0; cell < end;
         i = i + 1 == g->n ? 0 : i + 1, cell += strlen(cell) + 1) {
        size_t width = cell_width(cell);
        widths[i] = width > widths[i] ? width : widths[i];
    }
    for (size_t i = 0; i < g->n; i++)
        total += widths[i];
    return total;
}

/* Takes what is too much from the widest text, again and again. */
static void shrink(const struct grid *g, size_t *widths, size_t total, size_t screen)
{
    while (total > screen) {
        size_t widest = g->n;
        for (size_t i = 0; i < g->n; i++) {
            if (is_text(&g->columns[i]) && widths[i] > NARROW &&
                (widest == g->n || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == g->n)
            return;
        widths[widest]--;
        total--;
    }
}

static const char *colour_of(const struct column *column, const char *text)
{
    static const struct {
        const char *word;
        const char *colour;
    } colours[] = {
        {"running", "\033[32m"}, {"done", "\033[32m"},    {"ok", "\033[32m"},
        {"failed", "\033[31m"},  {"silent", "\033[31m"},  {"fault", "\033[31m"},
        {"delayed", "\033[33m"}, {"holding", "\033[33m"}, {"halting", "\033[33m"},
        {"held", "\033[33m"},    {"warning", "\033[33m"}, {"dead", "\033[31m"},
        {"gone", "\033[31m"},
    };
    for (size_t c = 0;
         column->kind == COLUMN_STATE && c < sizeof colours / sizeof colours[0]; c++) {
        if (strcmp(colours[c].word, text) == 0)
            return colours[c].colour;
    }
    return NULL;
}

/* Lines being made: of which grid, how wide, where to. */
struct drawing {
    const struct grid *g;
    size_t widths[GRID_COLUMNS];
    size_t screen;
    bool colour;
    struct buf *out;
};

/* Appends a cell `width` wide, its text cut with a mark if it is longer. */
static void put_cell(const struct drawing *d, size_t i, const char *text, size_t width)
{
    const struct column *column = &d->g->columns[i];
    bool cut = cell_width(text) > width;
    size_t bytes = cell_bytes(text, cut ? width - 1 : width);
    size_t pad = cut ? 0 : width - cell_width(text);
    bool right = column->kind == COLUMN_NUMBER || column->kind == COLUMN_SPAN;
    const char *colour = d->colour ? colour_of(column, text) : NULL;
    if (right)
        buf_printf(d->out, "%*s", (int)pad, "");
    buf_puts(d->out, colour == NULL ? "" : colour);
    buf_append(d->out, text, bytes);
    buf_puts(d->out, cut ? "~" : "");
    buf_puts(d->out, colour == NULL ? "" : "\033[0m");
    if (!right && i + 1 < d->g->n)
        buf_printf(d->out, "%*s", (int)pad, "");
}

/* What does not fit the screen even so is left out at the right. */
static void put_row(const struct drawing *d, const char *const cells[GRID_COLUMNS])
{
    size_t left = d->screen;
    for (size_t i = 0; i < d->g->n && left > 0; i++) {
        size_t gap = i == 0 ? 0 : GAP;
        if (left <= gap)
            break;
        left -= gap;
        buf_printf(d->out, "%*s", (int)gap, "");
        size_t width = d->widths[i] < left ? d->widths[i] : left;
        put_cell(d, i, cells[i], width);
        left -= width;
    }
    buf_putc(d->out, '\n');
}

static void put_heading(const struct drawing *d)
{
    char names[GRID_COLUMNS][24];
    const char *cells[GRID_COLUMNS];
    for (size_t i = 0; i < d->g->n; i++) {
        (void)snprintf(names[i], sizeof names[i], "%s", d->g->columns[i].name);
        for (char *c = names[i]; *c != '\0'; c++)
            *c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
        cells[i] = names[i];
    }
    buf_puts(d->out, d->colour ? "\033[1m" : "");
    put_row(d, cells);
    buf_puts(d->out, d->colour ? "\033[0m" : "");
}

void grid_lines(const struct grid *g, size_t width, bool colour, struct buf *out)
{
    struct drawing d = {.g = g, .screen = width, .colour = colour, .out = out};
    shrink(g, d.widths, measure(g, d.widths), width);
    put_heading(&d);
    const char *cell = g->cells.data;
    const char *end = cell + g->cells.len;
    while (cell < end) {
        const char *cells[GRID_COLUMNS];
        for (size_t i = 0; i < g->n; i++, cell += strlen(cell) + 1)
            cells[i] = cell[0] == '\0' ? "-" : cell;
        put_row(&d, cells);
    }
}
