/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/name.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/table.h"
#include "store/listing.h"
#include "store/query.h"

/* service status | list: the daemons that have registered. */

/* A daemon registers every minute; one that has not for so long gives no sign of life. */
#define SILENT_S 300

#define OPTION_SERVICE                                                                     \
    {                                                                                      \
        ITEM_SERVICE, '\0', "service", "SERVICE", false, "this service only"               \
    }
const struct ctl_option service_list_options[] = {
    OPTION_SERVICE,
    {ITEM_HOST, 'H', "host", "HOST", false, "this host only"},
    {.name = NULL},
};
const struct ctl_option service_status_options[] = {
    OPTION_SERVICE,
    {ITEM_HOST, 'H', "host", "HOST", false, "another host than this one"},
    {ITEM_ALL_HOSTS, 'a', "all-hosts", NULL, false, "every host"},
    {.name = NULL},
};

static const struct column columns[] = {
    {"service", COLUMN_TEXT},       {"host", COLUMN_TEXT},      {"pid", COLUMN_NUMBER},
    {"version", COLUMN_TEXT},       {"state", COLUMN_STATE},    {"uptime", COLUMN_SPAN},
    {"last_seen", COLUMN_TIME},     {"running", COLUMN_NUMBER}, {"waiting", COLUMN_NUMBER},
    {"max_workers", COLUMN_NUMBER},
};

struct registered {
    char *service, *version, *host;
    int64_t pid, start_time, register_time;
};

struct daemons {
    struct registered *items;
    size_t count;
    bool failed; /* out of memory */
};

static char *copy(const char *text, bool *failed)
{
    char *out = strdup(text == NULL ? "" : text);
    *failed = *failed || out == NULL;
    return out;
}

static void collect(void *arg, const struct query_daemon *daemon)
{
    struct daemons *daemons = arg;
    struct registered *items =
        reallocarray(daemons->items, daemons->count + 1, sizeof items[0]);
    if (items == NULL) {
        daemons->failed = true;
        return;
    }
    daemons->items = items;
    items[daemons->count++] = (struct registered){
        .service = copy(daemon->service, &daemons->failed),
        .version = copy(daemon->version, &daemons->failed),
        .host = copy(daemon->host, &daemons->failed),
        .pid = daemon->pid,
        .start_time = daemon->start_time,
        .register_time = daemon->register_time,
    };
}

static void daemons_fini(struct daemons *daemons)
{
    for (size_t i = 0; i < daemons->count; i++) {
        free(daemons->items[i].service);
        free(daemons->items[i].version);
        free(daemons->items[i].host);
    }
    free(daemons->items);
}

static const char *state_of(const struct registered *d, const struct rows *rows,
                            int64_t now)
{
    const char *hold = rows_value(rows, d->host, "HOLD");
    if (now - d->register_time > SILENT_S)
        return "silent";
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->items[i].param, "HALT") == 0)
            return "halting";
    }
    return hold != NULL && option_is_one(hold) ? "holding" : "running";
}

/* The jobs of the service on all hosts; none where the jobtype does not exist. */
static int count_jobs(const struct ctl *ctl, const char *service,
                      struct listing_queue *queue, struct helios_error *err)
{
    uint32_t funcid = 0;
    *queue = (struct listing_queue){.oldest = -1};
    int rc = store_jobtype(ctl_store(ctl), service, &funcid, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    return listing_queue(ctl_store(ctl), funcid, queue, err);
}

static void add_row(struct table *t, const struct registered *d, const struct rows *rows,
                    const struct listing_queue *queue, int64_t now)
{
    int64_t most = 0;
    const char *max_workers = rows_value(rows, d->host, "MAX_WORKERS");
    table_text(t, d->service);
    table_text(t, d->host);
    table_number(t, d->pid);
    table_text(t, d->version);
    table_text(t, state_of(d, rows, now));
    table_time(t, now > d->start_time ? now - d->start_time : 0);
    table_time(t, d->register_time);
    table_number(t, (int64_t)queue->running);
    table_count(t, listing_waiting(queue), LISTING_COUNTED);
    if (max_workers != NULL && option_number(max_workers, &most) == 0)
        table_number(t, most);
    else
        table_none(t);
}

static int add_daemon(struct table *t, const struct registered *d, int64_t now,
                      struct helios_error *err)
{
    struct rows rows = {0};
    struct listing_queue queue;
    if (rows_read(t->ctl, d->service, d->host, &rows, err) != 0)
        return -1;
    int rc = count_jobs(t->ctl, d->service, &queue, err);
    if (rc == 0)
        add_row(t, d, &rows, &queue, now);
    rows_fini(&rows);
    return rc;
}

static int list(const struct ctl *ctl, const char *host, struct helios_error *err)
{
    struct daemons daemons = {0};
    struct table t;
    int64_t now = 0;
    table_begin(&t, ctl, columns, sizeof columns / sizeof columns[0]);
    int rc = store_now(ctl_store(ctl), &now, err);
    if (rc == 0)
        rc = query_daemons(ctl_store(ctl), ctl->items[ITEM_SERVICE], host, 0, collect,
                           &daemons, err);
    if (rc == 0 && daemons.failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < daemons.count; i++)
        rc = add_daemon(&t, &daemons.items[i], now, err);
    struct helios_error late = HELIOS_ERROR_INIT;
    if (table_end(&t, &late) != 0 && rc == 0) {
        *err = late;
        rc = -1;
    }
    daemons_fini(&daemons);
    return rc;
}

static int run(struct ctl *ctl, const char *host)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    if (ctl_connect(ctl, NULL, &err) != 0 || list(ctl, host, &err) != 0)
        return ctl_fail(ctl, &err);
    return 0;
}

int service_list(struct ctl *ctl)
{
    return run(ctl, ctl->items[ITEM_HOST]);
}

int service_status(struct ctl *ctl)
{
    char own[256];
    name_host(own, sizeof own);
    const char *asked = ctl->items[ITEM_HOST];
    if (asked != NULL && ctl->items[ITEM_ALL_HOSTS] != NULL)
        return ctl_usage(ctl, "--host and --all-hosts exclude each other");
    bool all =
        ctl->items[ITEM_ALL_HOSTS] != NULL || (asked != NULL && strcmp(asked, "*") == 0);
    return run(ctl, all ? NULL : asked != NULL ? asked : own);
}
