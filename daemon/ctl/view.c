/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/view_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "daemon/ctl/cell.h"
#include "daemon/ctl/when.h"

/* ---- lines ---- */

static void add_line(const struct view_input *in, struct view *out, enum view_style style,
                     const char *text, size_t len)
{
    if (out->n == in->rows || out->n == VIEW_LINES)
        return;
    struct buf line = BUF_INIT;
    buf_append(&line, text, len);
    out->lines[out->n++] = (struct view_line){.style = style, .at = out->text.len};
    buf_append(&out->text, buf_text(&line), cell_bytes(buf_text(&line), in->columns));
    buf_putc(&out->text, '\0');
    buf_fini(&line);
}

static void add_text(const struct view_input *in, struct view *out, enum view_style style,
                     struct buf *text)
{
    add_line(in, out, style, buf_text(text), text->len);
    buf_fini(text);
}

const char *view_text(const struct view *view, size_t line)
{
    return view->text.failed ? "" : view->text.data + view->lines[line].at;
}

void view_fini(struct view *view)
{
    buf_fini(&view->text);
}

/* ---- sections ---- */

/* Each section in turn gets a heading and a row, then all get rows by turns: a long list
 * does not hide a short one. */
static void share(struct view_rows sections[SECTIONS], size_t lines)
{
    bool more = true;
    for (size_t i = 0; i < SECTIONS; i++) {
        sections[i].rows = lines >= 2 && sections[i].need > 0 ? 1 : 0;
        lines -= sections[i].rows > 0 ? 2 : 0;
    }
    while (more && lines > 0) {
        more = false;
        for (size_t i = 0; i < SECTIONS && lines > 0; i++) {
            if (sections[i].rows == 0 || sections[i].rows == sections[i].need)
                continue;
            sections[i].rows++;
            lines--;
            more = true;
        }
    }
}

/* From `first` on; the heading tells how many are not shown. */
static void draw(const struct view_input *in, struct view *out,
                 const struct view_lists *lists, const struct view_rows *s, size_t first)
{
    struct grid g;
    struct buf lines = BUF_INIT;
    enum view_style styles[VIEW_LINES];
    size_t rows = s->rows < VIEW_LINES - 1 ? s->rows : VIEW_LINES - 1;
    if (rows == 0)
        return;
    grid_begin(&g, s->columns, s->columns_n);
    styles[0] = VIEW_HEADING;
    for (size_t i = 0; i < rows; i++) {
        styles[i + 1] = s->row(in, lists, first + i, &g);
    }
    grid_lines(&g, in->columns, false, &lines, NULL);
    const char *at = buf_text(&lines);
    for (size_t i = 0; i <= rows && *at != '\0'; i++) {
        size_t len = strcspn(at, "\n");
        struct buf line = BUF_INIT;
        buf_append(&line, at, len);
        if (i == 0 && s->need > rows)
            buf_printf(&line, "  (%zu of %zu)", rows, s->need);
        add_text(in, out, styles[i], &line);
        at += len + (at[len] == '\n' ? 1 : 0);
    }
    buf_fini(&lines);
    grid_fini(&g);
}

/* ---- the screen ---- */

static void add_head(const struct view_input *in, struct view *out)
{
    struct buf line = BUF_INIT;
    unsigned busy = 0;
    for (size_t i = 0; i < in->boards->daemons_n; i++)
        busy += in->boards->daemons[i].busy;
    buf_printf(&line, "helios top  %s  ", in->clock);
    text_line(&line, in->host, strlen(in->host));
    buf_printf(&line, "  daemons: %zu  workers here: %zu  busy: %u", in->fleet->count,
               in->boards->workers_n, busy);
    if (in->filter[0] != '\0' && !in->typing) {
        buf_puts(&line, "  filter: ");
        text_line(&line, in->filter, strlen(in->filter));
    }
    add_text(in, out, VIEW_TITLE, &line);
    if (in->away == NULL)
        return;
    char span[32];
    span_text(in->away_s, span, sizeof span);
    buf_printf(&line, "database away for %s: ", span);
    text_line(&line, in->away, strlen(in->away));
    add_text(in, out, VIEW_BAD, &line);
    if (in->look == NULL)
        return;
    span_text(in->look_age_s, span, sizeof span);
    buf_printf(&line, "queue and failures are as they were %s ago", span);
    add_text(in, out, VIEW_WARNING, &line);
}

static void add_nothing(const struct view_input *in, struct view *out)
{
    struct buf line = BUF_INIT;
    if (in->filter[0] != '\0') {
        buf_puts(&line, "nothing contains: ");
        text_line(&line, in->filter, strlen(in->filter));
    } else if (in->look == NULL && in->away == NULL) {
        buf_puts(&line, "the database has not answered yet");
    } else {
        buf_puts(&line, "no daemons, no jobtypes, no failures");
    }
    add_text(in, out, VIEW_PLAIN, &line);
}

static void add_foot(const struct view_input *in, struct view *out)
{
    static const char keys[] = "q quit  h hold  r resume  / filter  ? help";
    struct buf line = BUF_INIT;
    if (in->typing) {
        buf_puts(&line, "filter: ");
        text_line(&line, in->filter, strlen(in->filter));
        buf_putc(&line, '_');
    } else if (in->message[0] != '\0') {
        text_line(&line, in->message, strlen(in->message));
    } else {
        buf_puts(&line, keys);
    }
    add_text(in, out, in->message[0] != '\0' ? VIEW_WARNING : VIEW_TITLE, &line);
}

static void add_help(const struct view_input *in, struct view *out)
{
    static const char *const lines[] = {
        "up, down   choose a service (also k, j)",
        "h          hold it on its host: its workers take no more jobs",
        "r          let it take jobs again",
        "/          show only what contains a text; Enter ends it, Esc shows all",
        "?          this help; any key leaves it",
        "q          quit",
        "",
        "Workers with the longest job come first. A job 'elsewhere' is held by a",
        "worker of another host, or by a Perl worker.",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        add_line(in, out, VIEW_PLAIN, lines[i], strlen(lines[i]));
}

static void add_sections(const struct view_input *in, struct view *out,
                         struct view_lists *lists, size_t lines)
{
    struct view_rows sections[SECTIONS];
    view_rows_find(in, lists, sections);
    share(sections, lines);
    /* The chosen service stays on the screen. */
    size_t rows = sections[SERVICES].rows;
    size_t first = in->selected >= rows ? in->selected - rows + 1 : 0;
    if (first + rows > sections[SERVICES].need)
        first = 0;
    for (size_t i = 0; i < SECTIONS; i++)
        draw(in, out, lists, &sections[i], i == SERVICES ? first : 0);
}

void view_make(const struct view_input *in, struct view *out)
{
    struct view_lists *lists = calloc(1, sizeof *lists);
    buf_clear(&out->text);
    out->n = 0;
    out->text.failed = lists == NULL;
    if (lists != NULL && in->rows > 0) {
        if (in->rows > 1)
            add_head(in, out);
        size_t heads = out->n;
        if (in->help)
            add_help(in, out);
        else if (in->rows > out->n + 1)
            add_sections(in, out, lists, in->rows - out->n - 1);
        if (!in->help && out->n == heads)
            add_nothing(in, out);
        if (out->n == in->rows)
            out->n--;
        while (out->n + 1 < in->rows && out->n + 1 < VIEW_LINES)
            add_line(in, out, VIEW_PLAIN, "", 0);
        add_foot(in, out);
    }
    free(lists);
}
