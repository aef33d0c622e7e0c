/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/view_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "daemon/ctl/when.h"
#include "store/listing.h"

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
    {"service", COLUMN_NAME},
    {"host", COLUMN_NAME},
    {"pid", COLUMN_NUMBER},
    {"state", COLUMN_STATE},
    {"uptime", COLUMN_SPAN | COLUMN_LOW(1)},
    {"seen", COLUMN_SPAN | COLUMN_LOW(2)},
    {"busy", COLUMN_NUMBER},
    {"idle", COLUMN_NUMBER},
    {"max", COLUMN_NUMBER},
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

static size_t find_services(const struct view_input *in, struct view_lists *lists)
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

static enum view_style service_row(const struct view_input *in,
                                   const struct view_lists *lists, size_t i, struct grid *g)
{
    static const enum view_style styles[FLEET_STATES] = {
        [FLEET_STARTING] = VIEW_PLAIN,  [FLEET_RUNNING] = VIEW_PLAIN,
        [FLEET_HOLDING] = VIEW_WARNING, [FLEET_HALTING] = VIEW_WARNING,
        [FLEET_SILENT] = VIEW_BAD,      [FLEET_DEAD] = VIEW_BAD,
        [FLEET_GONE] = VIEW_BAD};
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
    {"worker", COLUMN_NUMBER}, {"service", COLUMN_NAME}, {"state", COLUMN_STATE},
    {"job", COLUMN_NUMBER},    {"for", COLUMN_SPAN},     {"done", COLUMN_NUMBER},
    {"failed", COLUMN_NUMBER},
};

/* Those with the longest job first, those without a job last. */
static int compare_working(const void *a, const void *b)
{
    const struct boards_worker *left = ((const struct view_worker *)a)->worker;
    const struct boards_worker *right = ((const struct view_worker *)b)->worker;
    if (left == NULL || right == NULL)
        return left == right ? 0 : left == NULL ? 1 : -1;
    if ((left->job == 0) != (right->job == 0))
        return left->job == 0 ? 1 : -1;
    if (left->job != 0 && left->job_ms != right->job_ms)
        return left->job_ms < right->job_ms ? -1 : 1;
    return left->pid < right->pid ? -1 : left->pid > right->pid;
}

static size_t find_workers(const struct view_input *in, struct view_lists *lists)
{
    size_t n = 0;
    for (size_t i = 0; i < in->boards->workers_n; i++) {
        const struct boards_worker *w = &in->boards->workers[i];
        if (shown(in, in->boards->daemons[w->daemon].service, board_state_name(w->state),
                  ""))
            lists->workers[n++] = (struct view_worker){.worker = w};
    }
    for (size_t i = 0; in->look != NULL && i < in->look->leased_n; i++) {
        const struct look_lease *lease = &in->look->leased[i];
        if (!boards_hold(in->boards, lease->jobid) &&
            shown(in, lease->jobtype, "elsewhere", ""))
            lists->workers[n++] = (struct view_worker){.lease = lease};
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

static enum view_style worker_row(const struct view_input *in,
                                  const struct view_lists *lists, size_t i, struct grid *g)
{
    const struct view_worker *working = &lists->workers[i];
    if (working->worker != NULL)
        put_worker(in, working->worker, g);
    else
        put_lease(working->lease, g);
    return VIEW_PLAIN;
}

/* ---- queue ---- */

static const struct column type_columns[] = {
    {"jobtype", COLUMN_NAME},
    {"waiting", COLUMN_NUMBER},
    {"delayed", COLUMN_NUMBER},
    {"running", COLUMN_NUMBER},
    {"done_minute", COLUMN_NUMBER},
    {"failed_minute", COLUMN_NUMBER},
    {"oldest", COLUMN_SPAN},
    {"per_second", COLUMN_NUMBER | COLUMN_LOW(2)},
    {"drain", COLUMN_SPAN | COLUMN_LOW(1)},
};

static size_t find_types(const struct view_input *in, struct view_lists *lists)
{
    size_t n = 0;
    for (size_t i = 0; in->look != NULL && i < in->look->types_n; i++) {
        if (shown(in, in->look->types[i].name, "", ""))
            lists->types[n++] = &in->look->types[i];
    }
    return n;
}

static enum view_style type_row(const struct view_input *in, const struct view_lists *lists,
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
                                              {"jobtype", COLUMN_NAME},
                                              {"error", COLUMN_TEXT}};

static size_t find_errors(const struct view_input *in, struct view_lists *lists)
{
    size_t n = 0;
    for (size_t i = 0; in->look != NULL && i < in->look->errors_n; i++) {
        if (shown(in, in->look->errors[i].jobtype, in->look->errors[i].message, ""))
            lists->errors[n++] = &in->look->errors[i];
    }
    return n;
}

static enum view_style error_row(const struct view_input *in,
                                 const struct view_lists *lists, size_t i, struct grid *g)
{
    const struct look_error *error = lists->errors[i];
    int64_t ago = in->look->now - error->time + in->look_age_s;
    put_span(g, ago < 0 ? 0 : ago);
    put_number(g, (int64_t)error->jobid);
    put_text(g, error->jobtype);
    put_text(g, error->message);
    return VIEW_PLAIN;
}

/* ---- all ---- */

#define COLUMNS(table) table, sizeof(table) / sizeof(table)[0]

void view_rows_find(const struct view_input *in, struct view_lists *lists,
                    struct view_rows sections[SECTIONS])
{
    const struct view_rows all[SECTIONS] = {
        [SERVICES] = {COLUMNS(service_columns), service_row, find_services(in, lists), 0},
        [WORKERS] = {COLUMNS(worker_columns), worker_row, find_workers(in, lists), 0},
        [TYPES] = {COLUMNS(type_columns), type_row, find_types(in, lists), 0},
        [ERRORS] = {COLUMNS(error_columns), error_row, find_errors(in, lists), 0},
    };
    memcpy(sections, all, sizeof all);
}
