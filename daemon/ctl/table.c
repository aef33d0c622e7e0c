/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/text.h"

#define GAP        2 /* blanks between columns */
#define NARROW     8 /* a text is not cut below this to make room for others */
#define COLUMN_MAX 32

bool table_colour(void)
{
    const char *no = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if (no != NULL && no[0] != '\0')
        return false;
    return isatty(STDOUT_FILENO) == 1 && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

size_t table_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

const char *table_stamp(const struct ctl *ctl, int64_t when, char out[CTL_TIME_LEN])
{
    time_t t = (time_t)when;
    struct tm tm;
    bool utc = ctl->items[ITEM_UTC] != NULL;
    out[0] = '\0';
    if (when < 0)
        return out;
    if (ctl->items[ITEM_EPOCH_TIME] != NULL ||
        (utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) == NULL ||
        strftime(out, CTL_TIME_LEN, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        (void)snprintf(out, CTL_TIME_LEN, "%" PRId64, when);
    return out;
}

/* ---- cells ---- */

void table_begin(struct table *t, const struct ctl *ctl, const struct column *columns,
                 size_t n)
{
    *t = (struct table){.ctl = ctl, .columns = columns, .n = n};
    if (ctl->items[ITEM_JSON] != NULL)
        t->form = TABLE_JSON;
    else
        t->form = isatty(STDOUT_FILENO) == 1 ? TABLE_ALIGNED : TABLE_TABS;
    t->colour = t->form == TABLE_ALIGNED && table_colour();
}

static void json_string(struct buf *out, const char *text)
{
    size_t len = strlen(text);
    buf_putc(out, '"');
    for (size_t i = 0; i < len;) {
        size_t n = text_char(text + i, len - i);
        unsigned char c = (unsigned char)text[i];
        if (n == 0)
            buf_puts(out, "\\ufffd");
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            buf_printf(out, "\\u%04x", (unsigned)c);
        else if (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0)
            buf_printf(out, "\\u%04x", (unsigned)(unsigned char)text[i + 1]);
        else
            buf_append(out, text + i, n);
        i += n > 0 ? n : 1;
    }
    buf_putc(out, '"');
}

static void end_row(struct table *t)
{
    t->at = 0;
    if (t->form == TABLE_JSON)
        buf_putc(&t->line, '}');
    if (t->form != TABLE_ALIGNED && !t->line.failed) {
        (void)puts(buf_text(&t->line));
        buf_clear(&t->line);
    }
}

static void begin_cell(struct table *t)
{
    if (t->form == TABLE_JSON) {
        buf_puts(&t->line, t->at == 0 ? "{" : ",");
        buf_printf(&t->line, "\"%s\":", t->columns[t->at].name);
    } else if (t->form == TABLE_TABS && t->at > 0) {
        buf_putc(&t->line, '\t');
    }
}

static void end_cell(struct table *t)
{
    if (++t->at == t->n)
        end_row(t);
}

/* `text` is safe to print, "" for none. */
static void put_plain(struct table *t, const char *text)
{
    if (t->form == TABLE_ALIGNED)
        buf_append(&t->cells, text, strlen(text) + 1);
    else
        buf_puts(&t->line, text);
}

void table_text(struct table *t, const char *text)
{
    begin_cell(t);
    if (t->form == TABLE_JSON && text == NULL) {
        buf_puts(&t->line, "null");
    } else if (t->form == TABLE_JSON) {
        json_string(&t->line, text);
    } else {
        struct buf safe = BUF_INIT;
        text_line(&safe, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
        put_plain(t, buf_text(&safe));
        t->cells.failed = t->cells.failed || safe.failed;
        buf_fini(&safe);
    }
    end_cell(t);
}

void table_none(struct table *t)
{
    begin_cell(t);
    put_plain(t, t->form == TABLE_JSON ? "null" : "");
    end_cell(t);
}

void table_number(struct table *t, int64_t n)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%" PRId64, n);
    begin_cell(t);
    put_plain(t, text);
    end_cell(t);
}

void table_count(struct table *t, uint64_t n, uint64_t limit)
{
    char text[32];
    bool more = n > limit;
    (void)snprintf(text, sizeof text, "%s%" PRIu64,
                   more && t->form != TABLE_JSON ? ">" : "", more ? limit : n);
    begin_cell(t);
    put_plain(t, text);
    if (more && t->form == TABLE_JSON)
        buf_printf(&t->line, ",\"%s_more\":true", t->columns[t->at].name);
    end_cell(t);
}

void table_real(struct table *t, double value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.2f", value);
    begin_cell(t);
    put_plain(t, text);
    end_cell(t);
}

/* "3d 4h", "2h 5m", "7m 1s", "9s". */
static void span_text(int64_t s, char out[CTL_TIME_LEN])
{
    if (s >= 86400)
        (void)snprintf(out, CTL_TIME_LEN, "%" PRId64 "d %" PRId64 "h", s / 86400,
                       s % 86400 / 3600);
    else if (s >= 3600)
        (void)snprintf(out, CTL_TIME_LEN, "%" PRId64 "h %" PRId64 "m", s / 3600,
                       s % 3600 / 60);
    else if (s >= 60)
        (void)snprintf(out, CTL_TIME_LEN, "%" PRId64 "m %" PRId64 "s", s / 60, s % 60);
    else
        (void)snprintf(out, CTL_TIME_LEN, "%" PRId64 "s", s);
}

void table_time(struct table *t, int64_t when)
{
    char text[CTL_TIME_LEN] = "";
    bool span = t->columns[t->at].kind == COLUMN_SPAN;
    if (when < 0 && t->form == TABLE_JSON)
        (void)snprintf(text, sizeof text, "null");
    else if (t->form == TABLE_JSON || (span && t->form == TABLE_TABS && when >= 0))
        (void)snprintf(text, sizeof text, "%" PRId64, when);
    else if (span && when >= 0)
        span_text(when, text);
    else
        (void)table_stamp(t->ctl, when, text);
    begin_cell(t);
    put_plain(t, text);
    end_cell(t);
}

/* ---- aligned columns ---- */

/* One terminal column a character: near enough for names, hosts and messages. */
static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* The bytes of the first `n` characters. */
static size_t bytes_of(const char *text, size_t n)
{
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80 && n-- == 0)
            break;
    }
    return i;
}

static bool is_text(const struct column *column)
{
    return column->kind == COLUMN_TEXT;
}

static size_t measure(const struct table *t, size_t widths[COLUMN_MAX])
{
    size_t total = GAP * (t->n - 1);
    for (size_t i = 0; i < t->n; i++)
        widths[i] = strlen(t->columns[i].name);
    const char *cell = t->cells.data;
    const char *end = cell + t->cells.len;
    for (size_t i = 0; cell < end;
         i = i + 1 == t->n ? 0 : i + 1, cell += strlen(cell) + 1) {
        size_t width = characters(cell);
        widths[i] = width > widths[i] ? width : widths[i];
    }
    for (size_t i = 0; i < t->n; i++)
        total += widths[i];
    return total;
}

/* Takes what is too much from the widest text, again and again. */
static void shrink(const struct table *t, size_t widths[COLUMN_MAX], size_t total,
                   size_t screen)
{
    while (total > screen) {
        size_t widest = t->n;
        for (size_t i = 0; i < t->n; i++) {
            if (is_text(&t->columns[i]) && widths[i] > NARROW &&
                (widest == t->n || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == t->n)
            return;
        widths[widest]--;
        total--;
    }
}

static const char *colour_of(const struct table *t, size_t i, const char *text)
{
    static const struct {
        const char *word;
        const char *colour;
    } colours[] = {
        {"running", "\033[32m"}, {"done", "\033[32m"},    {"ok", "\033[32m"},
        {"failed", "\033[31m"},  {"silent", "\033[31m"},  {"fault", "\033[31m"},
        {"delayed", "\033[33m"}, {"holding", "\033[33m"}, {"halting", "\033[33m"},
        {"held", "\033[33m"},    {"warning", "\033[33m"},
    };
    for (size_t c = 0;
         t->columns[i].kind == COLUMN_STATE && c < sizeof colours / sizeof colours[0];
         c++) {
        if (strcmp(colours[c].word, text) == 0)
            return colours[c].colour;
    }
    return NULL;
}

/* Appends a cell `width` wide, its text cut with a mark if it is longer. */
static void put_cell(const struct table *t, size_t i, const char *text, size_t width,
                     struct buf *out)
{
    size_t len = characters(text);
    bool cut = len > width;
    size_t shown = cut ? width - 1 : len;
    size_t pad = cut ? 0 : width - len;
    bool right = t->columns[i].kind == COLUMN_NUMBER || t->columns[i].kind == COLUMN_SPAN;
    const char *colour = t->colour ? colour_of(t, i, text) : NULL;
    if (right)
        buf_printf(out, "%*s", (int)pad, "");
    buf_puts(out, colour == NULL ? "" : colour);
    buf_append(out, text, bytes_of(text, shown));
    buf_puts(out, cut ? "~" : "");
    buf_puts(out, colour == NULL ? "" : "\033[0m");
    if (!right && i + 1 < t->n)
        buf_printf(out, "%*s", (int)pad, "");
}

/* What does not fit the screen even so is left out at the right. */
static void put_row(const struct table *t, const char *const cells[COLUMN_MAX],
                    const size_t widths[COLUMN_MAX], size_t screen, struct buf *out)
{
    size_t left = screen;
    for (size_t i = 0; i < t->n && left > 0; i++) {
        size_t gap = i == 0 ? 0 : GAP;
        if (left <= gap)
            break;
        left -= gap;
        buf_printf(out, "%*s", (int)gap, "");
        size_t width = widths[i] < left ? widths[i] : left;
        put_cell(t, i, cells[i], width, out);
        left -= width;
    }
    buf_putc(out, '\n');
}

static void put_heading(const struct table *t, const size_t widths[COLUMN_MAX],
                        size_t screen, struct buf *out)
{
    char names[COLUMN_MAX][24];
    const char *cells[COLUMN_MAX];
    for (size_t i = 0; i < t->n; i++) {
        (void)snprintf(names[i], sizeof names[i], "%s", t->columns[i].name);
        for (char *c = names[i]; *c != '\0'; c++)
            *c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
        cells[i] = names[i];
    }
    buf_puts(out, t->colour ? "\033[1m" : "");
    put_row(t, cells, widths, screen, out);
    buf_puts(out, t->colour ? "\033[0m" : "");
}

static void print_aligned(const struct table *t, struct buf *out)
{
    size_t widths[COLUMN_MAX] = {0};
    size_t screen = table_width();
    shrink(t, widths, measure(t, widths), screen);
    put_heading(t, widths, screen, out);
    const char *cell = t->cells.data;
    const char *end = cell + t->cells.len;
    while (cell < end) {
        const char *cells[COLUMN_MAX];
        for (size_t i = 0; i < t->n; i++, cell += strlen(cell) + 1)
            cells[i] = cell[0] == '\0' ? "-" : cell;
        put_row(t, cells, widths, screen, out);
    }
}

int table_end(struct table *t, struct helios_error *err)
{
    struct buf out = BUF_INIT;
    if (t->form == TABLE_ALIGNED && t->cells.len > 0 && !t->cells.failed) {
        print_aligned(t, &out);
        (void)fputs(buf_text(&out), stdout);
    }
    bool failed = t->cells.failed || t->line.failed || out.failed;
    buf_fini(&out);
    buf_fini(&t->cells);
    buf_fini(&t->line);
    return failed ? err_set(err, HELIOS_E_NOMEM, "out of memory") : 0;
}
