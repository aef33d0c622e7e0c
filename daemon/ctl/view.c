/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "daemon/ctl/cell.h"
#include "daemon/ctl/grid.h"
#include "daemon/ctl/when.h"
#include "store/listing.h"

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

enum { SERVICES, WORKERS, TYPES, ERRORS, SECTIONS };

/* A worker of this host, or a job that somebody elsewhere holds. */
struct working {
    const struct boards_worker *worker;
    const struct look_lease *lease;
};

/* What the filter shows. */
struct lists {
    const struct fleet_daemon *services[FLEET_MOST];
    struct working workers[BOARDS_WORKERS + LOOK_LEASED];
    const struct look_type *types[LOOK_TYPES];
    const struct look_error *errors[LOOK_ERRORS];
};

/* Puts row `i` into the grid and tells its style. */
typedef enum view_style row_fn(const struct view_input *in, const struct lists *lists,
                               size_t i, struct grid *g);

struct section {
    const struct column *columns;
    size_t columns_n;
    row_fn *row;
    size_t need; /* rows that there are */
    size_t rows; /* that there is room for */
};

/* Each section in turn gets a heading and a row, then all get rows by turns: a long list
 * does not hide a short one. */
static void share(struct section sections[SECTIONS], size_t lines)
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
static void draw(const struct view_input *in, struct view *out, const struct lists *lists,
                 const struct section *s, size_t first)
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
    grid_lines(&g, in->columns, false, &lines);
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

/* ---- cells ---- */

static void put_text(struct grid *g, const char *text)
{
    struct buf safe = BUF_INIT;
    text_line(&safe, text, strlen(text));
    grid_cell(g, buf_text(&safe));
    buf_fini(&safe);
}

static void put_number(struct grid *g, int64_t n)
{
    char text[32] = "";
    if (n >= 0)
        (void)snprintf(text, sizeof text, "%" PRId64, n);
    grid_cell(g, text);
}

static void put_count(struct grid *g, uint64_t n, bool more)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%s%" PRIu64, more ? ">" : "", n);
    grid_cell(g, text);
}

static void put_waiting(struct grid *g, uint64_t n)
{
    put_count(g, n > LISTING_COUNTED ? LISTING_COUNTED : n, n > LISTING_COUNTED);
}

static void put_span(struct grid *g, int64_t s)
{
    char text[32] = "";
    if (s >= 0)
        span_text(s, text, sizeof text);
    grid_cell(g, text);
}

static bool shown(const struct view_input *in, const char *a, const char *b, const char *c)
{
    return in->filter[0] == '\0' || strcasestr(a, in->filter) != NULL ||
           strcasestr(b, in->filter) != NULL || strcasestr(c, in->filter) != NULL;
}

/* ---- services ---- */

static const struct column service_columns[] = {
    {"service", COLUMN_TEXT}, {"host", COLUMN_TEXT},   {"pid", COLUMN_NUMBER},
    {"state", COLUMN_STATE},  {"uptime", COLUMN_SPAN}, {"seen", COLUMN_SPAN},
    {"busy", COLUMN_NUMBER},  {"idle", COLUMN_NUMBER}, {"max", COLUMN_NUMBER},
};

static bool service_shown(const struct view_input *in, const struct fleet_daemon *d)
{
    return shown(in, d->service, d->host, fleet_state_name(d->state));
}

const struct fleet_daemon *view_service(const struct view_input *in, size_t i)
{
    for (size_t d = 0; d < in->fleet->count; d++) {
        if (service_shown(in, &in->fleet->daemons[d]) && i-- == 0)
            return &in->fleet->daemons[d];
    }
    return NULL;
}

size_t view_services(const struct view_input *in)
{
    size_t n = 0;
    for (size_t d = 0; d < in->fleet->count; d++)
        n += service_shown(in, &in->fleet->daemons[d]);
    return n;
}

static size_t find_services(const struct view_input *in, struct lists *lists)
{
    size_t n = 0;
    for (size_t d = 0; d < in->fleet->count; d++) {
        if (service_shown(in, &in->fleet->daemons[d]))
            lists->services[n++] = &in->fleet->daemons[d];
    }
    return n;
}

static int64_t since(const struct view_input *in, int64_t time)
{
    int64_t s = in->now_ms / 1000 - time;
    if (time < 0)
        return -1;
    return s < 0 ? 0 : s;
}

static enum view_style service_row(const struct view_input *in, const struct lists *lists,
                                   size_t i, struct grid *g)
{
    static const enum view_style styles[FLEET_STATES] = {
        [FLEET_STARTING] = VIEW_PLAIN,  [FLEET_RUNNING] = VIEW_PLAIN,
        [FLEET_HOLDING] = VIEW_WARNING, [FLEET_HALTING] = VIEW_WARNING,
        [FLEET_SILENT] = VIEW_BAD,      [FLEET_DEAD] = VIEW_BAD};
    const struct fleet_daemon *d = lists->services[i];
    put_text(g, d->service);
    put_text(g, d->host);
    put_number(g, d->pid);
    put_text(g, fleet_state_name(d->state));
    put_span(g, since(in, d->start_time));
    put_span(g, since(in, d->last_seen));
    put_number(g, d->busy);
    put_number(g, d->idle);
    put_number(g, d->max_workers);
    return i == in->selected ? VIEW_SELECTED : styles[d->state];
}

/* ---- workers ---- */

static const struct column worker_columns[] = {
    {"worker", COLUMN_NUMBER}, {"service", COLUMN_TEXT}, {"state", COLUMN_STATE},
    {"job", COLUMN_NUMBER},    {"for", COLUMN_SPAN},     {"done", COLUMN_NUMBER},
    {"failed", COLUMN_NUMBER},
};

/* Those with the longest job first, those without a job last. */
static int compare_working(const void *a, const void *b)
{
    const struct boards_worker *left = ((const struct working *)a)->worker;
    const struct boards_worker *right = ((const struct working *)b)->worker;
    if (left == NULL || right == NULL)
        return left == right ? 0 : left == NULL ? 1 : -1;
    if ((left->job == 0) != (right->job == 0))
        return left->job == 0 ? 1 : -1;
    if (left->job != 0 && left->job_ms != right->job_ms)
        return left->job_ms < right->job_ms ? -1 : 1;
    return left->pid < right->pid ? -1 : left->pid > right->pid;
}

static size_t find_workers(const struct view_input *in, struct lists *lists)
{
    size_t n = 0;
    for (size_t i = 0; i < in->boards->workers_n; i++) {
        const struct boards_worker *w = &in->boards->workers[i];
        if (shown(in, in->boards->daemons[w->daemon].service, board_state_name(w->state),
                  ""))
            lists->workers[n++] = (struct working){.worker = w};
    }
    for (size_t i = 0; in->look != NULL && i < in->look->leased_n; i++) {
        const struct look_lease *lease = &in->look->leased[i];
        if (!boards_hold(in->boards, lease->jobid) &&
            shown(in, lease->jobtype, "elsewhere", ""))
            lists->workers[n++] = (struct working){.lease = lease};
    }
    if (n > 0)
        qsort(lists->workers, n, sizeof lists->workers[0], compare_working);
    return n;
}

static void put_worker(const struct view_input *in, const struct boards_worker *w,
                       struct grid *g)
{
    put_number(g, w->pid);
    put_text(g, in->boards->daemons[w->daemon].service);
    put_text(g, board_state_name(w->state));
    put_number(g, w->job == 0 ? -1 : (int64_t)w->job);
    put_span(g, w->job == 0 ? -1 : since(in, w->job_ms / 1000));
    put_number(g, (int64_t)w->completed);
    put_number(g, (int64_t)w->failed);
}

static void put_lease(const struct look_lease *lease, struct grid *g)
{
    put_number(g, -1);
    put_text(g, lease->jobtype);
    put_text(g, "elsewhere");
    put_number(g, (int64_t)lease->jobid);
    put_span(g, -1);
    put_number(g, -1);
    put_number(g, -1);
}

static enum view_style worker_row(const struct view_input *in, const struct lists *lists,
                                  size_t i, struct grid *g)
{
    const struct working *working = &lists->workers[i];
    if (working->worker != NULL)
        put_worker(in, working->worker, g);
    else
        put_lease(working->lease, g);
    return VIEW_PLAIN;
}

/* ---- queue ---- */

static const struct column type_columns[] = {
    {"jobtype", COLUMN_TEXT},       {"waiting", COLUMN_NUMBER},
    {"delayed", COLUMN_NUMBER},     {"running", COLUMN_NUMBER},
    {"done_minute", COLUMN_NUMBER}, {"failed_minute", COLUMN_NUMBER},
    {"oldest", COLUMN_SPAN},        {"per_second", COLUMN_NUMBER},
    {"drain", COLUMN_SPAN},
};

static size_t find_types(const struct view_input *in, struct lists *lists)
{
    size_t n = 0;
    for (size_t i = 0; in->look != NULL && i < in->look->types_n; i++) {
        if (shown(in, in->look->types[i].name, "", ""))
            lists->types[n++] = &in->look->types[i];
    }
    return n;
}

static enum view_style type_row(const struct view_input *in, const struct lists *lists,
                                size_t i, struct grid *g)
{
    const struct look_type *type = lists->types[i];
    char rate[32];
    (void)in;
    put_text(g, type->name);
    put_waiting(g, type->waiting);
    put_waiting(g, type->delayed);
    put_number(g, (int64_t)type->running);
    put_count(g, type->done_minute, type->more && type->done_minute > 0);
    put_count(g, type->failed_minute, type->more && type->failed_minute > 0);
    put_span(g, type->oldest_s);
    (void)snprintf(rate, sizeof rate, "%.2f", type->rate);
    grid_cell(g, rate);
    put_span(g, type->drain_s);
    return type->failed_minute > type->done_minute ? VIEW_WARNING : VIEW_PLAIN;
}

/* ---- failures ---- */

static const struct column error_columns[] = {{"failed", COLUMN_SPAN},
                                              {"job", COLUMN_NUMBER},
                                              {"jobtype", COLUMN_TEXT},
                                              {"error", COLUMN_TEXT}};

static size_t find_errors(const struct view_input *in, struct lists *lists)
{
    size_t n = 0;
    for (size_t i = 0; in->look != NULL && i < in->look->errors_n; i++) {
        if (shown(in, in->look->errors[i].jobtype, in->look->errors[i].message, ""))
            lists->errors[n++] = &in->look->errors[i];
    }
    return n;
}

static enum view_style error_row(const struct view_input *in, const struct lists *lists,
                                 size_t i, struct grid *g)
{
    const struct look_error *error = lists->errors[i];
    int64_t ago = in->look->now - error->time + in->look_age_s;
    put_span(g, ago < 0 ? 0 : ago);
    put_number(g, (int64_t)error->jobid);
    put_text(g, error->jobtype);
    put_text(g, error->message);
    return VIEW_PLAIN;
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

#define COLUMNS(table) table, sizeof(table) / sizeof(table)[0]

static void add_sections(const struct view_input *in, struct view *out, struct lists *lists,
                         size_t lines)
{
    struct section sections[SECTIONS] = {
        [SERVICES] = {COLUMNS(service_columns), service_row, find_services(in, lists), 0},
        [WORKERS] = {COLUMNS(worker_columns), worker_row, find_workers(in, lists), 0},
        [TYPES] = {COLUMNS(type_columns), type_row, find_types(in, lists), 0},
        [ERRORS] = {COLUMNS(error_columns), error_row, find_errors(in, lists), 0},
    };
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
    struct lists *lists = calloc(1, sizeof *lists);
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
