/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/mono.h"
#include "core/name.h"
#include "daemon/ctl/fleet.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/table.h"
#include "store/listing.h"

/* service status | list: the daemons that have registered, or that run here. */

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

const struct column service_columns[] = {
    {"service", COLUMN_NAME},
    {"host", COLUMN_NAME},
    {"pid", COLUMN_NUMBER},
    {"version", COLUMN_TEXT | COLUMN_LOW(4)},
    {"state", COLUMN_STATE},
    {"uptime", COLUMN_SPAN | COLUMN_LOW(1)},
    {"last_seen", COLUMN_TIME | COLUMN_LOW(2)},
    {"busy", COLUMN_NUMBER},
    {"idle", COLUMN_NUMBER},
    {"max_workers", COLUMN_NUMBER | COLUMN_LOW(3)},
    {"running", COLUMN_NUMBER},
    {"waiting", COLUMN_NUMBER},
    {.name = NULL},
};

/* The jobs of the service on all hosts; none where the jobtype does not exist. */
static int count_jobs(struct store *store, const char *service, struct listing_queue *queue,
                      struct helios_error *err)
{
    uint32_t funcid = 0;
    *queue = (struct listing_queue){.oldest = -1};
    int rc = store_jobtype(store, service, &funcid, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    return listing_queue(store, funcid, queue, err);
}

static void put_known(struct table *t, int64_t n)
{
    if (n < 0)
        table_none(t);
    else
        table_number(t, n);
}

/* `queue` NULL: not known. */
static void add_row(struct table *t, const struct fleet_daemon *d,
                    const struct listing_queue *queue, int64_t now)
{
    table_text(t, d->service);
    table_text(t, d->host);
    table_number(t, d->pid);
    table_text(t, d->version);
    table_text(t, fleet_state_name(d->state));
    table_time(t, now > d->start_time ? now - d->start_time : 0);
    table_time(t, d->last_seen);
    put_known(t, d->busy);
    put_known(t, d->idle);
    put_known(t, d->max_workers);
    if (queue == NULL) {
        table_none(t);
        table_none(t);
        return;
    }
    table_number(t, (int64_t)queue->running);
    table_count(t, listing_waiting(queue), LISTING_COUNTED);
}

/* Daemons come in the order of services: the jobs of each are counted once. What the
 * database does not tell, for it may be away, is left open. */
static int add_rows(const struct ctl *ctl, struct table *t, const struct fleet *fleet,
                    bool away, struct helios_error *err)
{
    struct listing_queue queue;
    int64_t now = wall_now();
    int rc = away ? 0 : store_now(ctl_store(ctl), &now, err);
    for (size_t i = 0; i < fleet->count; i++) {
        const struct fleet_daemon *d = &fleet->daemons[i];
        if (!away && rc == 0 && (i == 0 || strcmp(d[-1].service, d->service) != 0))
            rc = count_jobs(ctl_store(ctl), d->service, &queue, err);
        add_row(t, d, away || rc != 0 ? NULL : &queue, now);
    }
    return rc;
}

/* What the boards of this host say is known while the database is away: it is shown, and
 * the failure is that of the database. */
static int show(struct ctl *ctl, struct table *t, const char *host,
                const struct boards *boards, struct fleet *fleet, struct helios_error *err)
{
    struct helios_error late = HELIOS_ERROR_INIT;
    char own[256];
    const char *service = ctl->items[ITEM_SERVICE];
    name_host(own, sizeof own);
    int rc = ctl_connect_soon(ctl, err);
    if (rc == 0)
        rc = fleet_read(ctl_store(ctl), service, host, fleet, err);
    bool away = rc != 0;
    if (away)
        fleet->count = 0;
    fleet_merge(fleet, boards, own, service, host);
    if (add_rows(ctl, t, fleet, away, away ? &late : err) != 0)
        rc = -1;
    return rc;
}

static int list(struct ctl *ctl, const char *host, struct helios_error *err)
{
    struct table t;
    struct boards boards = {0};
    struct helios_error late = HELIOS_ERROR_INIT;
    struct fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    uint64_t collective = 0;
    char *path = inifile_pid_path(ctl, &collective, err);
    int rc = path == NULL ? -1 : boards_read(path, collective, &boards, err);
    table_begin(&t, ctl);
    if (rc == 0)
        rc = show(ctl, &t, host, &boards, fleet, err);
    if (table_end(&t, &late) != 0 && rc == 0)
        rc = err_set(err, late.kind, "%s", late.text);
    if (rc == 0 && fleet->more)
        ctl_say(ctl, "only the first %d daemons are shown", FLEET_MOST);
    boards_fini(&boards);
    free(path);
    free(fleet);
    return rc;
}

static int run(struct ctl *ctl, const char *host)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    return list(ctl, host, &err) == 0 ? 0 : ctl_fail(ctl, &err);
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
