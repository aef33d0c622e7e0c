/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <poll.h>
#include <unistd.h>

#include "core/err.h"
#include "daemon/ctl/backlog.h"
#include "daemon/ctl/table.h"

/* queue: one line a jobtype. */

#define WATCH_MS 2000

const struct ctl_option queue_options[] = {
    {ITEM_JOBTYPE, '\0', "jobtype", "NAME", false, "this jobtype only"},
    {ITEM_WATCH, 'w', "watch", NULL, false, "look again every two seconds"},
    {.name = NULL},
};

const struct column queue_columns[] = {
    {"jobtype", COLUMN_NAME},
    {"waiting", COLUMN_NUMBER},
    {"delayed", COLUMN_NUMBER},
    {"running", COLUMN_NUMBER},
    {"done_minute", COLUMN_NUMBER},
    {"failed_minute", COLUMN_NUMBER},
    {"done_hour", COLUMN_NUMBER | COLUMN_LOW(4)},
    {"failed_hour", COLUMN_NUMBER | COLUMN_LOW(3)},
    {"oldest", COLUMN_SPAN},
    {"per_second", COLUMN_NUMBER | COLUMN_LOW(2)},
    {"drain", COLUMN_SPAN | COLUMN_LOW(1)},
    {.name = NULL},
};

/* A count whose sample ended before the hour did is at least what was counted. */
static void put_ends(struct table *t, uint64_t n, bool more)
{
    if (more && n > 0)
        table_count(t, n, n - 1);
    else
        table_count(t, n, n);
}

static void add_row(void *arg, const struct backlog *b)
{
    struct table *t = arg;
    const struct listing_queue *queue = &b->queue;
    table_text(t, b->jobtype);
    table_count(t, listing_waiting(queue), LISTING_COUNTED);
    table_count(t, queue->delayed, LISTING_COUNTED);
    table_number(t, (int64_t)queue->running);
    put_ends(t, b->ends.done_minute, b->ends_more);
    put_ends(t, b->ends.failed_minute, b->ends_more);
    put_ends(t, b->ends.done_hour, b->ends_more);
    put_ends(t, b->ends.failed_hour, b->ends_more);
    table_time(t, queue->oldest < 0 ? -1 : queue->now - queue->oldest);
    table_real(t, backlog_rate(b));
    table_time(t, backlog_drain(b));
}

static int show(const struct ctl *ctl, struct helios_error *err)
{
    struct table t;
    struct helios_error late = HELIOS_ERROR_INIT;
    bool more = false;
    table_begin(&t, ctl);
    int rc =
        backlog_read(ctl_store(ctl), ctl->items[ITEM_JOBTYPE], add_row, &t, &more, err);
    if (rc == 0 && isatty(STDOUT_FILENO) == 1 && ctl->items[ITEM_WATCH] != NULL)
        (void)fputs("\033[H\033[J", stdout);
    if (table_end(&t, &late) != 0 && rc == 0)
        rc = err_set(err, late.kind, "%s", late.text);
    if (rc == 0 && more)
        ctl_say(ctl, "only the first %d jobtypes are shown", LISTING_JOBTYPES);
    return rc;
}

int queue_show(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    if (ctl_connect(ctl, NULL, &err) != 0)
        return ctl_fail(ctl, &err);
    bool watch = ctl->items[ITEM_WATCH] != NULL;
    do {
        if (show(ctl, &err) != 0 && !(watch && ctl_reconnect(ctl, &err) == 0))
            return ctl_fail(ctl, &err);
    } while (watch && fflush(stdout) == 0 && poll(NULL, 0, WATCH_MS) == 0);
    return 0;
}
