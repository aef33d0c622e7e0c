/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/look.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/text.h"
#include "daemon/ctl/backlog.h"
#include "store/listing.h"

/* Cut where it is too long, not within a character. */
static void copy(char *out, size_t cap, const char *text)
{
    size_t len = text_cut(text, strlen(text), cap - 1);
    memcpy(out, text, len);
    out[len] = '\0';
}

static void add_type(void *arg, const struct backlog *b)
{
    struct look *look = arg;
    if (look->types_n == LOOK_TYPES)
        return;
    struct look_type *type = &look->types[look->types_n++];
    *type = (struct look_type){
        .waiting = listing_waiting(&b->queue),
        .delayed = b->queue.delayed,
        .running = b->queue.running,
        .done_minute = b->ends.done_minute,
        .failed_minute = b->ends.failed_minute,
        .more = b->ends_more,
        .rate = backlog_rate(b),
        .oldest_s = b->queue.oldest < 0 ? -1 : b->queue.now - b->queue.oldest,
        .drain_s = backlog_drain(b)};
    copy(type->name, sizeof type->name, b->jobtype);
}

static void name_type(struct store *store, uint32_t funcid, char out[LOOK_NAME])
{
    const char *name = NULL;
    if (store_jobtype_name(store, funcid, &name, NULL) != 0 || name == NULL)
        (void)snprintf(out, LOOK_NAME, "jobtype %u", funcid);
    else
        copy(out, LOOK_NAME, name);
}

/* Names are read afterwards: a row function must not use the connection. */
struct reading {
    struct look *look;
    uint32_t funcids[LOOK_ERRORS];
};

static void add_error(void *arg, const struct listing_error *row)
{
    struct reading *r = arg;
    struct look *look = r->look;
    if (look->errors_n == LOOK_ERRORS)
        return;
    struct look_error *error = &look->errors[look->errors_n];
    *error = (struct look_error){.time = row->time, .jobid = row->jobid};
    copy(error->message, sizeof error->message, row->message);
    r->funcids[look->errors_n++] = row->funcid;
}

static int read_errors(struct store *store, struct look *look, struct helios_error *err)
{
    struct reading r = {.look = look};
    if (listing_errors(store, LOOK_ERRORS, add_error, &r, err) != 0)
        return -1;
    for (size_t i = 0; i < look->errors_n; i++)
        name_type(store, r.funcids[i], look->errors[i].jobtype);
    return 0;
}

static void add_lease(void *arg, uint64_t jobid, int64_t left_s)
{
    struct look *look = arg;
    if (look->leased_n < LOOK_LEASED)
        look->leased[look->leased_n++] =
            (struct look_lease){.jobid = jobid, .left_s = left_s};
}

static int read_leased(struct store *store, struct look *look, struct helios_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < look->types_n; i++) {
        const struct look_type *type = &look->types[i];
        size_t before = look->leased_n;
        uint32_t funcid = 0;
        if (type->running == 0)
            continue;
        rc = store_jobtype(store, type->name, &funcid, err);
        if (rc == 0)
            rc = listing_leased(store, funcid, LOOK_LEASED, add_lease, look, err);
        for (size_t j = before; j < look->leased_n; j++)
            memcpy(look->leased[j].jobtype, type->name, LOOK_NAME);
        rc = rc < 0 ? -1 : 0;
    }
    return rc;
}

int look_read(struct store *store, struct look *out, struct helios_error *err)
{
    bool more = false;
    out->types_n = 0;
    out->errors_n = 0;
    out->leased_n = 0;
    if (store_now(store, &out->now, err) != 0 ||
        fleet_read(store, NULL, NULL, &out->fleet, err) != 0 ||
        backlog_read(store, NULL, add_type, out, &more, err) != 0 ||
        read_errors(store, out, err) != 0)
        return -1;
    return read_leased(store, out, err);
}
