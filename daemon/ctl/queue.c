/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "daemon/ctl/table.h"
#include "store/listing.h"

/* queue: one line a jobtype. */

#define WATCH_MS 2000

const struct ctl_option queue_options[] = {
    {ITEM_JOBTYPE, '\0', "jobtype", "NAME", false, "this jobtype only"},
    {ITEM_WATCH, 'w', "watch", NULL, false, "look again every two seconds"},
    {.name = NULL},
};

static const struct column columns[] = {
    {"jobtype", COLUMN_TEXT},       {"waiting", COLUMN_NUMBER},
    {"delayed", COLUMN_NUMBER},     {"running", COLUMN_NUMBER},
    {"done_minute", COLUMN_NUMBER}, {"failed_minute", COLUMN_NUMBER},
    {"done_hour", COLUMN_NUMBER},   {"failed_hour", COLUMN_NUMBER},
    {"oldest", COLUMN_SPAN},        {"per_second", COLUMN_NUMBER},
    {"drain", COLUMN_SPAN},
};

struct type {
    char *name;
    struct listing_ends ends;
};

struct types {
    struct type *items;
    size_t count;
    bool more;   /* ends beyond LISTING_ENDS are not counted */
    bool failed; /* out of memory */
};

static void add_type(void *arg, uint32_t funcid, const char *name)
{
    struct types *types = arg;
    struct type *items = reallocarray(types->items, types->count + 1, sizeof items[0]);
    char *copy = strdup(name);
    types->items = items != NULL ? items : types->items;
    if (items == NULL || copy == NULL) {
        free(copy);
        types->failed = true;
        return;
    }
    items[types->count++] = (struct type){.name = copy, .ends = {.funcid = funcid}};
}

static void add_ends(void *arg, const struct listing_ends *ends)
{
    struct types *types = arg;
    for (size_t i = 0; i < types->count; i++) {
        if (types->items[i].ends.funcid == ends->funcid)
            types->items[i].ends = *ends;
    }
}

static void types_fini(struct types *types)
{
    for (size_t i = 0; i < types->count; i++)
        free(types->items[i].name);
    free(types->items);
}

/* An unfinished minute says nothing about a service that does one job in ten. */
static double rate_of(const struct listing_ends *ends)
{
    return ends->done_minute >= 10 ? (double)ends->done_minute / 60
                                   : (double)ends->done_hour / 3600;
}

/* A count whose sample ended before the hour did is at least what was counted. */
static void put_ends(struct table *t, uint64_t n, bool more)
{
    if (more && n > 0)
        table_count(t, n, n - 1);
    else
        table_count(t, n, n);
}

static void add_row(struct table *t, const struct type *type,
                    const struct listing_queue *queue, bool more)
{
    uint64_t waiting = listing_waiting(queue);
    double rate = rate_of(&type->ends);
    table_text(t, type->name);
    table_count(t, waiting, LISTING_COUNTED);
    table_count(t, queue->delayed, LISTING_COUNTED);
    table_number(t, (int64_t)queue->running);
    put_ends(t, type->ends.done_minute, more);
    put_ends(t, type->ends.failed_minute, more);
    put_ends(t, type->ends.done_hour, more);
    put_ends(t, type->ends.failed_hour, more);
    table_time(t, queue->oldest < 0 ? -1 : queue->now - queue->oldest);
    table_real(t, rate);
    if (waiting > 0 && waiting <= LISTING_COUNTED && rate > 0)
        table_time(t, (int64_t)((double)waiting / rate) + 1);
    else
        table_none(t);
}

static int find_types(const struct ctl *ctl, const char *only, struct types *types,
                      struct helios_error *err)
{
    uint32_t funcid = 0;
    if (only == NULL)
        return listing_jobtypes(ctl_store(ctl), 0, add_type, types, err);
    int rc = store_jobtype(ctl_store(ctl), only, &funcid, err);
    if (rc == 1)
        return err_set(err, HELIOS_E_NOT_FOUND, "there is no jobtype '%s'", only);
    if (rc == 0)
        add_type(types, funcid, only);
    return rc;
}

static int collect(const struct ctl *ctl, struct types *types, struct helios_error *err)
{
    if (find_types(ctl, ctl->items[ITEM_JOBTYPE], types, err) != 0)
        return -1;
    if (types->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (types->count == LISTING_JOBTYPES)
        ctl_say(ctl, "only the first %d jobtypes are shown", LISTING_JOBTYPES);
    return listing_ends(ctl_store(ctl), add_ends, types, &types->more, err);
}

static int show(const struct ctl *ctl, struct helios_error *err)
{
    struct types types = {0};
    struct table t;
    struct helios_error late = HELIOS_ERROR_INIT;
    table_begin(&t, ctl, columns, sizeof columns / sizeof columns[0]);
    int rc = collect(ctl, &types, err);
    for (size_t i = 0; rc == 0 && i < types.count; i++) {
        struct listing_queue queue;
        rc = listing_queue(ctl_store(ctl), types.items[i].ends.funcid, &queue, err);
        if (rc == 0)
            add_row(&t, &types.items[i], &queue, types.more);
    }
    if (rc == 0 && isatty(STDOUT_FILENO) == 1 && ctl->items[ITEM_WATCH] != NULL)
        (void)fputs("\033[H\033[J", stdout);
    if (table_end(&t, &late) != 0 && rc == 0)
        rc = err_set(err, late.kind, "%s", late.text);
    types_fini(&types);
    return rc;
}

int queue_show(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    if (ctl_connect(ctl, NULL, &err) != 0)
        return ctl_fail(ctl, &err);
    do {
        if (show(ctl, &err) != 0)
            return ctl_fail(ctl, &err);
    } while (ctl->items[ITEM_WATCH] != NULL && fflush(stdout) == 0 &&
             poll(NULL, 0, WATCH_MS) == 0);
    return 0;
}
