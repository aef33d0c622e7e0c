/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mono.h"
#include "core/text.h"
#include "daemon/ctl/when.h"

#define NOTE_WIDTH 16 /* the longest word of a note */

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

void table_begin(struct table *t, const struct ctl *ctl)
{
    table_begin_of(t, ctl, ctl->command->columns);
}

void table_begin_of(struct table *t, const struct ctl *ctl, const struct column *columns)
{
    size_t n = 0;
    while (columns[n].name != NULL)
        n++;
    *t = (struct table){.ctl = ctl, .columns = columns, .n = n};
    grid_begin(&t->grid, columns, n);
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
        grid_cell(&t->grid, text);
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
        t->line.failed = t->line.failed || safe.failed;
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

void table_time(struct table *t, int64_t when)
{
    char text[CTL_TIME_LEN] = "";
    bool span = column_kind(&t->columns[t->at]) == COLUMN_SPAN;
    if (when < 0 && t->form == TABLE_JSON)
        (void)snprintf(text, sizeof text, "null");
    else if (t->form == TABLE_JSON || (span && t->form == TABLE_TABS && when >= 0))
        (void)snprintf(text, sizeof text, "%" PRId64, when);
    else if (span && when >= 0)
        span_text(when, text, sizeof text);
    else
        (void)table_stamp(t->ctl, when, text);
    begin_cell(t);
    put_plain(t, text);
    end_cell(t);
}

/* Words in lines that fit; nothing where the terminal is too narrow for any. */
static void put_note(const char *note, size_t width, struct buf *out)
{
    size_t at = 0;
    for (const char *word = note; width >= NOTE_WIDTH && *word != '\0';) {
        size_t len = strcspn(word, " ");
        bool wrap = at > 0 && at + 1 + len > width;
        buf_puts(out, at == 0 ? "" : wrap ? "\n" : " ");
        buf_append(out, word, len);
        at = at == 0 || wrap ? len : at + 1 + len;
        word += len + (word[len] == ' ' ? 1 : 0);
    }
    buf_puts(out, at > 0 ? "\n" : "");
}

static void draw(struct table *t, struct buf *out)
{
    char today[CTL_TIME_LEN];
    struct buf left_out = BUF_INIT;
    struct buf note = BUF_INIT;
    size_t width = t->ctl->items[ITEM_WIDE] != NULL ? GRID_ALL : table_width();
    t->grid.today = table_stamp(t->ctl, wall_now(), today);
    grid_lines(&t->grid, width, t->colour, out, &left_out);
    if (left_out.len > 0) {
        buf_printf(&note, "left out: %s; --wide shows all", buf_text(&left_out));
        put_note(buf_text(&note), width, out);
    }
    buf_fini(&left_out);
    buf_fini(&note);
}

int table_end(struct table *t, struct helios_error *err)
{
    struct buf out = BUF_INIT;
    if (t->form == TABLE_ALIGNED && grid_rows(&t->grid) > 0) {
        draw(t, &out);
        (void)fputs(buf_text(&out), stdout);
    }
    bool failed = t->grid.cells.failed || t->line.failed || out.failed;
    buf_fini(&out);
    grid_fini(&t->grid);
    buf_fini(&t->line);
    return failed ? err_set(err, HELIOS_E_NOMEM, "out of memory") : 0;
}
