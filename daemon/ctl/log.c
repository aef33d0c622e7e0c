/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <inttypes.h>

#include "core/err.h"
#include "core/mono.h"
#include "daemon/ctl/progress.h"
#include "daemon/ctl/table.h"
#include "store/query.h"

#define DAYS_DEFAULT 7
#define DAY_S        86400
#define BATCH_MAX    100000
#define DAYS_MAX     1000000 /* more than the columns hold; keeps the product in bounds */

#define OPTION_DAYS                                                                        \
    {                                                                                      \
        ITEM_DAYS, '\0', "days", "N", true,                                                \
            "delete what is older than N days; 7 if not given"                             \
    }
#define OPTION_BATCH                                                                       \
    {                                                                                      \
        ITEM_BATCH, '\0', "batch", "N", true, "N rows at once; 5000 if not given"          \
    }

const struct ctl_option history_clean_options[] = {
    OPTION_DAYS, OPTION_BATCH, {.name = NULL}};
const struct ctl_option log_clean_historical_options[] = {
    OPTION_DAYS,
    {ITEM_SILENT, '\0', "silent", NULL, false, "do not say what is done"},
    {ITEM_DEBUG, '\0', "debug", NULL, false, "show the statements"},
    {.name = NULL},
};
const struct ctl_option log_clean_options[] = {
    OPTION_DAYS,
    OPTION_BATCH,
    {ITEM_SILENT, '\0', "silent", NULL, false, "do not say what is done"},
    {ITEM_DEBUG, '\0', "debug", NULL, false, "show the statements"},
    {.name = NULL},
};

const struct column clean_columns[] = {{"deleted", COLUMN_NUMBER}, {.name = NULL}};

struct cleaning {
    struct ctl *ctl;
    int64_t days;
    int64_t horizon;
    int64_t batch;
    uint64_t deleted;
    bool debug;
    bool silent;
};

struct slice {
    enum query_purge table;
    int64_t horizon;
    uint64_t most;
    uint64_t deleted;
};

static int purge_slice(struct store *store, void *arg, struct helios_error *err)
{
    struct slice *slice = arg;
    return query_purge(store, slice->table, slice->horizon, slice->most, &slice->deleted,
                       err);
}

static int purge(struct cleaning *cleaning, enum query_purge table,
                 struct helios_error *err)
{
    struct store *store = ctl_store(cleaning->ctl);
    struct slice slice = {
        .table = table, .horizon = cleaning->horizon, .most = (uint64_t)cleaning->batch};
    if (cleaning->debug)
        (void)printf("%s [%lld]\n", query_purge_text(store, table),
                     (long long)cleaning->horizon);
    do {
        if (store_retry(store, purge_slice, &slice, err) != 0)
            return -1;
        cleaning->deleted += slice.deleted;
        if (!cleaning->silent && slice.deleted >= slice.most)
            progress_show(cleaning->deleted, 0, "rows", "deleted");
    } while (slice.deleted >= slice.most && !progress_stopped());
    progress_end();
    return 0;
}

static int clean_all(struct cleaning *cleaning, struct helios_error *err)
{
    long long days = cleaning->days;
    if (!cleaning->silent)
        (void)printf("Deleting log entries older than %lld days...\n", days);
    if (purge(cleaning, PURGE_LOG, err) != 0)
        return -1;
    if (progress_stopped())
        return 0;
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

/* The exit code. */
static int finish(const struct cleaning *cleaning)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    if (cleaning->ctl->items[ITEM_JSON] != NULL) {
        struct table t;
        table_begin(&t, cleaning->ctl);
        table_number(&t, (int64_t)cleaning->deleted);
        if (table_end(&t, &err) != 0)
            return ctl_fail(cleaning->ctl, &err);
    }
    if (!progress_stopped())
        return 0;
    ctl_say(cleaning->ctl,
            "interrupted: %" PRIu64 " rows are deleted, the rest is as it was",
            cleaning->deleted);
    return 1;
}

/* 0, or the exit code, having said what is wrong. */
static int begin(struct cleaning *cleaning, struct ctl *ctl)
{
    const char *days = ctl->items[ITEM_DAYS];
    const char *batch = ctl->items[ITEM_BATCH];
    *cleaning = (struct cleaning){.ctl = ctl, .batch = QUERY_PURGED};
    cleaning->debug = ctl->items[ITEM_DEBUG] != NULL || ctl_debugging();
    cleaning->silent = (ctl->items[ITEM_SILENT] != NULL && !cleaning->debug) ||
                       ctl->items[ITEM_JSON] != NULL;
    if (days != NULL)
        (void)number_parse(days, &cleaning->days);
    if (cleaning->days == 0)
        cleaning->days = DAYS_DEFAULT;
    if (cleaning->days > DAYS_MAX || cleaning->days < -DAYS_MAX)
        return ctl_usage(ctl, "--days %s is too far away", days);
    if (batch != NULL)
        (void)number_parse(batch, &cleaning->batch);
    if (cleaning->batch < 1 || cleaning->batch > BATCH_MAX)
        return ctl_usage(ctl, "--batch must be from 1 to %d", BATCH_MAX);
    cleaning->horizon = wall_now() - cleaning->days * DAY_S;
    progress_begin(false);
    return 0;
}

int log_clean(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct cleaning cleaning;
    int code = begin(&cleaning, ctl);
    if (code != 0)
        return code;
    if (ctl_connect(ctl, "Helios::Service", &err) != 0)
        return ctl_fail(ctl, &err);
    if (cleaning.debug)
        (void)puts("Connected to Helios database.");
    if (clean_all(&cleaning, &err) == 0)
        return finish(&cleaning);
    if (!ctl->command->historical)
        (void)err_wrap(&err, "%" PRIu64 " rows deleted; then", cleaning.deleted);
    return ctl_fail(ctl, &err);
}

int history_clean(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct cleaning cleaning;
    int code = begin(&cleaning, ctl);
    if (code != 0)
        return code;
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = purge(&cleaning, PURGE_HISTORY, &err);
    if (rc == 0) {
        if (ctl->items[ITEM_JSON] == NULL)
            (void)printf("%" PRIu64 " rows deleted\n", cleaning.deleted);
        return finish(&cleaning);
    }
    (void)err_wrap(&err, "%" PRIu64 " rows deleted; then", cleaning.deleted);
    return ctl_fail(ctl, &err);
}
