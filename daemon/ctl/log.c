/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include "core/mono.h"
#include "store/query.h"

#define DAYS_DEFAULT 7
#define DAY_S        86400
#define DAYS_MAX     1000000 /* more than the columns hold; keeps the product in bounds */

const struct ctl_option log_clean_options[] = {
    {ITEM_DAYS, '\0', "days", "N", true,
     "delete what is older than N days; 7 if not given"},
    {ITEM_SILENT, '\0', "silent", NULL, false, "do not say what is done"},
    {ITEM_DEBUG, '\0', "debug", NULL, false, "show the statements"},
    {.name = NULL},
};

struct cleaning {
    struct ctl *ctl;
    int64_t days;
    int64_t horizon;
    bool debug;
    bool silent;
};

struct slice {
    enum query_purge table;
    int64_t horizon;
    uint64_t deleted;
};

static int purge_slice(struct store *store, void *arg, struct helios_error *err)
{
    struct slice *slice = arg;
    return query_purge(store, slice->table, slice->horizon, &slice->deleted, err);
}

static int purge(const struct cleaning *cleaning, enum query_purge table,
                 struct helios_error *err)
{
    struct store *store = ctl_store(cleaning->ctl);
    struct slice slice = {.table = table, .horizon = cleaning->horizon};
    if (cleaning->debug)
        (void)printf("%s [%lld]\n", query_purge_text(store, table),
                     (long long)cleaning->horizon);
    do {
        if (store_retry(store, purge_slice, &slice, err) != 0)
            return -1;
    } while (slice.deleted >= QUERY_PURGED);
    return 0;
}

static int clean_all(const struct cleaning *cleaning, struct helios_error *err)
{
    long long days = cleaning->days;
    if (!cleaning->silent)
        (void)printf("Deleting log entries older than %lld days...\n", days);
    if (purge(cleaning, PURGE_LOG, err) != 0)
        return -1;
    /* The original says this one even when silent. */
    if (!cleaning->silent || cleaning->ctl->command->historical)
        (void)puts("...done.");
    if (!cleaning->silent)
        (void)printf("Deleting job history older than %lld days...\n", days);
    if (purge(cleaning, PURGE_HISTORY, err) != 0)
        return -1;
    if (!cleaning->silent)
        (void)puts("...done.");
    return 0;
}

int log_clean(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct cleaning cleaning = {.ctl = ctl};
    const char *days = ctl->items[ITEM_DAYS];
    cleaning.debug = ctl->items[ITEM_DEBUG] != NULL || ctl_debugging();
    cleaning.silent = ctl->items[ITEM_SILENT] != NULL && !cleaning.debug;
    if (days != NULL)
        (void)number_parse(days, &cleaning.days);
    if (cleaning.days == 0)
        cleaning.days = DAYS_DEFAULT;
    if (cleaning.days > DAYS_MAX || cleaning.days < -DAYS_MAX)
        return ctl_usage(ctl, "--days %s is too far away", days);
    cleaning.horizon = wall_now() - cleaning.days * DAY_S;
    if (ctl_connect(ctl, "Helios::Service", &err) != 0)
        return ctl_fail(ctl, &err);
    if (cleaning.debug)
        (void)puts("Connected to Helios database.");
    return clean_all(&cleaning, &err) == 0 ? 0 : ctl_fail(ctl, &err);
}
