/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"

/* An unfinished minute says nothing about a service that does one job in ten. */
double backlog_rate(const struct backlog *backlog)
{
    const struct listing_ends *ends = &backlog->ends;
    return ends->done_minute >= 10 ? (double)ends->done_minute / 60
                                   : (double)ends->done_hour / 3600;
}

int64_t backlog_drain(const struct backlog *backlog)
{
    uint64_t waiting = listing_waiting(&backlog->queue);
    double rate = backlog_rate(backlog);
    if (waiting == 0 || waiting > LISTING_COUNTED || rate <= 0)
        return -1;
    return (int64_t)((double)waiting / rate) + 1;
}

/* ---- reading ---- */

struct type {
    char *name;
    struct listing_ends ends;
};

struct types {
    struct type *items;
    size_t count;
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

static int find_types(struct store *store, const char *only, struct types *types,
                      struct helios_error *err)
{
    uint32_t funcid = 0;
    if (only == NULL)
        return listing_jobtypes(store, 0, add_type, types, err);
    int rc = store_jobtype(store, only, &funcid, err);
    if (rc == 1)
        return err_set(err, HELIOS_E_NOT_FOUND, "there is no jobtype '%s'", only);
    if (rc == 0)
        add_type(types, funcid, only);
    return rc;
}

int backlog_read(struct store *store, const char *jobtype, backlog_fn *fn, void *arg,
                 bool *more, struct helios_error *err)
{
    struct types types = {0};
    struct backlog one = {0};
    int rc = find_types(store, jobtype, &types, err);
    if (rc == 0 && types.failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (rc == 0)
        rc = listing_ends(store, add_ends, &types, &one.ends_more, err);
    *more = types.count == LISTING_JOBTYPES;
    for (size_t i = 0; rc == 0 && i < types.count; i++) {
        one.jobtype = types.items[i].name;
        one.ends = types.items[i].ends;
        rc = listing_queue(store, one.ends.funcid, &one.queue, err);
        if (rc == 0)
            fn(arg, &one);
    }
    types_fini(&types);
    return rc;
}
