/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/grid.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/cell.h"

#define GAP     2  /* blanks between columns */
#define HEADING 24 /* bytes of one */
/* Texts are not cut below this to spare ... */
#define WIDE   40u /* ... dates and whole headings, */
#define MEDIUM 16u /* ... columns of low value, */
#define NARROW 8u  /* ... the columns at the right. */
#define DATE   11u /* of "2026-03-07 17:12:08" */
#define YEAR   5u
#define STAMP  19u

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

/* ---- what is shown, and how wide ---- */

/* Lines being made: of which grid, how wide, where to. */
struct drawing {
    const struct grid *g;
    size_t widths[GRID_COLUMNS];
    size_t skips[GRID_COLUMNS]; /* bytes of each time that are not shown */
    bool hidden[GRID_COLUMNS];
    bool brief; /* headings are abbreviated */
    size_t screen;
    bool colour;
    struct buf *out;
};

static bool is_text(const struct column *column)
{
    enum column_kind kind = column_kind(column);
    return kind == COLUMN_TEXT || kind == COLUMN_NAME || kind == COLUMN_PROSE;
}

static void heading_of(const struct column *column, bool brief, char out[HEADING])
{
    static const struct {
        const char *name, *brief;
    } briefs[] = {
        {"done_minute", "DONE/M"}, {"failed_minute", "FAIL/M"}, {"done_hour", "DONE/H"},
        {"failed_hour", "FAIL/H"}, {"per_second", "PER S"},     {"max_workers", "MAX"},
        {"last_seen", "SEEN"},     {"exitstatus", "EXIT"},
    };
    (void)snprintf(out, HEADING, "%s", column->name);
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
    for (size_t i = 0; brief && i < sizeof briefs / sizeof briefs[0]; i++) {
        if (strcmp(briefs[i].name, column->name) == 0)
            (void)snprintf(out, HEADING, "%s", briefs[i].brief);
    }
}

static const char *shown_of(const struct drawing *d, size_t i, const char *cell)
{
    if (cell[0] == '\0')
        return "-";
    return cell + (strlen(cell) == STAMP ? d->skips[i] : 0);
}

static void measure(struct drawing *d)
{
    const struct grid *g = d->g;
    for (size_t i = 0; i < g->n; i++) {
        char heading[HEADING];
        heading_of(&g->columns[i], d->brief, heading);
        d->widths[i] = strlen(heading);
    }
    const char *cell = g->cells.data;
    const char *end = cell + g->cells.len;
    for (size_t i = 0; cell < end;
         i = i + 1 == g->n ? 0 : i + 1, cell += strlen(cell) + 1) {
        size_t width = cell_width(shown_of(d, i, cell));
        d->widths[i] = width > d->widths[i] ? width : d->widths[i];
    }
}

/* How wide the lines are if texts are cut to `floor`. */
static size_t total(const struct drawing *d, size_t floor)
{
    size_t sum = 0;
    for (size_t i = 0; i < d->g->n; i++) {
        bool cut = is_text(&d->g->columns[i]) && d->widths[i] > floor;
        if (!d->hidden[i])
            sum += (sum > 0 ? GAP : 0) + (cut ? floor : d->widths[i]);
    }
    return sum;
}

/* What all times of the column may go without. */
static size_t find_skip(const struct grid *g, size_t column)
{
    size_t skip = g->today == NULL ? 0 : DATE;
    const char *cell = g->cells.data;
    const char *end = cell + g->cells.len;
    for (size_t i = 0; skip > 0 && cell < end;
         i = i + 1 == g->n ? 0 : i + 1, cell += strlen(cell) + 1) {
        if (i != column || cell[0] == '\0')
            continue;
        if (strlen(cell) != STAMP || strncmp(cell, g->today, YEAR) != 0)
            skip = 0;
        else if (strncmp(cell, g->today, DATE - 1) != 0)
            skip = YEAR;
    }
    return skip;
}

static void abbreviate(struct drawing *d)
{
    d->brief = true;
    for (size_t i = 0; i < d->g->n; i++) {
        if (column_kind(&d->g->columns[i]) == COLUMN_TIME)
            d->skips[i] = find_skip(d->g, i);
    }
    measure(d);
}

/* False if all that are left are of value. */
static bool hide_lowest(struct drawing *d)
{
    size_t lowest = d->g->n;
    for (size_t i = 0; i < d->g->n; i++) {
        unsigned low = d->g->columns[i].kind >> 4;
        if (!d->hidden[i] && low > 0 &&
            (lowest == d->g->n || low > d->g->columns[lowest].kind >> 4))
            lowest = i;
    }
    if (lowest == d->g->n)
        return false;
    d->hidden[lowest] = true;
    return true;
}

/* False if the first is the only one. */
static bool hide_last(struct drawing *d)
{
    size_t last = d->g->n - 1;
    while (last > 0 && d->hidden[last])
        last--;
    if (last == 0)
        return false;
    d->hidden[last] = true;
    return true;
}

/* Takes what is too much from the widest text, again and again. */
static void shrink(struct drawing *d, size_t floor)
{
    for (size_t sum = total(d, SIZE_MAX); sum > d->screen; sum--) {
        size_t widest = d->g->n;
        for (size_t i = 0; i < d->g->n; i++) {
            if (!d->hidden[i] && is_text(&d->g->columns[i]) && d->widths[i] > floor &&
                (widest == d->g->n || d->widths[i] > d->widths[widest]))
                widest = i;
        }
        if (widest == d->g->n)
            return;
        d->widths[widest]--;
    }
}

static void fit(struct drawing *d)
{
    measure(d);
    if (total(d, WIDE) > d->screen)
        abbreviate(d);
    while (total(d, MEDIUM) > d->screen && hide_lowest(d))
        continue;
    while (total(d, NARROW) > d->screen && hide_last(d))
        continue;
    shrink(d, MEDIUM);
    shrink(d, NARROW);
    shrink(d, 1);
    if (total(d, SIZE_MAX) > d->screen) /* the only one */
        d->widths[0] = d->screen;
}

/* ---- drawing ---- */

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
         column_kind(column) == COLUMN_STATE && c < sizeof colours / sizeof colours[0];
         c++) {
        if (strcmp(colours[c].word, text) == 0)
            return colours[c].colour;
    }
    return NULL;
}

static bool is_last(const struct drawing *d, size_t column)
{
    for (size_t i = column + 1; i < d->g->n; i++) {
        if (!d->hidden[i])
            return false;
    }
    return true;
}

/* A text or a heading without what is too much: `~` stands for it. */
static void put_cut(const struct drawing *d, size_t i, const char *text, size_t width)
{
    enum column_kind kind = column_kind(&d->g->columns[i]);
    size_t tail = kind == COLUMN_NAME ? width / 2 : 0;
    size_t head = width == 0 || !is_text(&d->g->columns[i]) ? 0 : width - 1 - tail;
    buf_append(d->out, text, cell_bytes(text, head));
    buf_puts(d->out, width == 0 ? "" : "~");
    buf_puts(d->out, cell_tail(text, tail));
}

static void put_cell(const struct drawing *d, size_t i, const char *text)
{
    const struct column *column = &d->g->columns[i];
    enum column_kind kind = column_kind(column);
    size_t width = d->widths[i];
    bool cut = cell_width(text) > width;
    size_t pad = cut ? 0 : width - cell_width(text);
    bool right = kind == COLUMN_NUMBER || kind == COLUMN_SPAN;
    const char *colour = d->colour ? colour_of(column, text) : NULL;
    if (right)
        buf_printf(d->out, "%*s", (int)pad, "");
    buf_puts(d->out, colour == NULL ? "" : colour);
    if (cut)
        put_cut(d, i, text, width);
    else
        buf_puts(d->out, text);
    buf_puts(d->out, colour == NULL ? "" : "\033[0m");
    if (!right && !is_last(d, i))
        buf_printf(d->out, "%*s", (int)pad, "");
}

static void put_row(const struct drawing *d, const char *const cells[GRID_COLUMNS])
{
    bool first = true;
    for (size_t i = 0; i < d->g->n; i++) {
        if (d->hidden[i])
            continue;
        buf_printf(d->out, "%*s", first ? 0 : GAP, "");
        put_cell(d, i, cells[i]);
        first = false;
    }
    buf_putc(d->out, '\n');
}

static void put_heading(const struct drawing *d)
{
    char names[GRID_COLUMNS][HEADING];
    const char *cells[GRID_COLUMNS] = {NULL};
    for (size_t i = 0; i < d->g->n; i++) {
        heading_of(&d->g->columns[i], d->brief, names[i]);
        cells[i] = names[i];
    }
    buf_puts(d->out, d->colour ? "\033[1m" : "");
    put_row(d, cells);
    buf_puts(d->out, d->colour ? "\033[0m" : "");
}

static void tell_hidden(const struct drawing *d, struct buf *left_out)
{
    for (size_t i = 0; left_out != NULL && i < d->g->n; i++) {
        char heading[HEADING];
        if (!d->hidden[i])
            continue;
        heading_of(&d->g->columns[i], false, heading);
        buf_printf(left_out, "%s%s", left_out->len > 0 ? ", " : "", heading);
    }
}

/* The bytes of `text` that a line of `width` takes, at least a character: words where they
 * fit. */
static size_t line_bytes(const char *text, size_t width)
{
    size_t most = cell_bytes(text, width);
    if (text[most] == '\0' || most == 0)
        return strlen(text);
    size_t bytes = most;
    while (bytes > 0 && text[bytes] != ' ')
        bytes--;
    return bytes > 0 ? bytes : most;
}

/* A row, with a further line as long as there is more of a sentence. */
static void put_rows(const struct drawing *d, const char *cells[GRID_COLUMNS])
{
    struct buf lines[GRID_COLUMNS] = {{0}};
    bool more = true;
    while (more) {
        const char *shown[GRID_COLUMNS] = {NULL};
        more = false;
        for (size_t i = 0; i < d->g->n; i++) {
            const char *rest = "";
            shown[i] = cells[i];
            if (column_kind(&d->g->columns[i]) == COLUMN_PROSE && !d->hidden[i]) {
                size_t bytes = line_bytes(cells[i], d->widths[i]);
                buf_clear(&lines[i]);
                buf_append(&lines[i], cells[i], bytes);
                shown[i] = buf_text(&lines[i]);
                rest = cells[i] + bytes + strspn(cells[i] + bytes, " ");
            }
            cells[i] = rest;
            more = more || rest[0] != '\0';
        }
        put_row(d, shown);
    }
    for (size_t i = 0; i < d->g->n; i++)
        buf_fini(&lines[i]);
}

void grid_lines(const struct grid *g, size_t width, bool colour, struct buf *out,
                struct buf *left_out)
{
    struct drawing d = {.g = g, .screen = width, .colour = colour, .out = out};
    fit(&d);
    put_heading(&d);
    const char *cell = g->cells.data;
    const char *end = cell + g->cells.len;
    while (cell < end) {
        const char *cells[GRID_COLUMNS] = {NULL};
        for (size_t i = 0; i < g->n; i++, cell += strlen(cell) + 1)
            cells[i] = shown_of(&d, i, cell);
        put_rows(&d, cells);
    }
    tell_hidden(&d, left_out);
}
