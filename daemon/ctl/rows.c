/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <string.h>

#include "core/err.h"
#include "daemon/ctl/doubt.h"
#include "daemon/ctl/table.h"
#include "store/listing.h"

/* config list and jobtype list: rows as they are in their tables. */

/* ---- config list ---- */

const struct ctl_option config_list_options[] = {
    {ITEM_HOST, 'H', "host", "HOST", false, "rows for this host only; '*' is every host"},
    {.name = NULL},
};

const struct column config_columns[] = {
    {"service", COLUMN_NAME}, {"host", COLUMN_NAME}, {"param", COLUMN_NAME},
    {"value", COLUMN_TEXT},   {.name = NULL},
};

static void add_param(void *arg, const char *service, const char *host, const char *param,
                      const char *value)
{
    struct table *t = arg;
    const char *only = t->ctl->items[ITEM_HOST];
    if (only != NULL && strcmp(only, host) != 0)
        return;
    table_text(t, service);
    table_text(t, host);
    table_text(t, param);
    table_text(t, doubt_shown(param, value));
}

int config_list(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct table t;
    table_begin(&t, ctl);
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = listing_params(ctl_store(ctl), ctl->items[ITEM_SERVICE], add_param, &t, &err);
    if (table_end(&t, rc == 0 ? &err : NULL) != 0)
        rc = -1;
    return rc == 0 ? 0 : ctl_fail(ctl, &err);
}

/* ---- jobtype list ---- */

const struct column jobtype_columns[] = {
    {"jobtypeid", COLUMN_NUMBER},
    {"name", COLUMN_NAME},
    {.name = NULL},
};

struct types {
    struct table table;
    uint32_t last;
    size_t count; /* of this page */
};

static void add_type(void *arg, uint32_t funcid, const char *name)
{
    struct types *types = arg;
    types->last = funcid;
    types->count++;
    table_number(&types->table, funcid);
    table_text(&types->table, name);
}

int jobtype_list(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct types types = {.count = LISTING_JOBTYPES};
    table_begin(&types.table, ctl);
    int rc = ctl_connect(ctl, NULL, &err);
    while (rc == 0 && types.count >= LISTING_JOBTYPES) {
        types.count = 0;
        rc = listing_jobtypes(ctl_store(ctl), types.last, add_type, &types, &err);
    }
    if (table_end(&types.table, rc == 0 ? &err : NULL) != 0)
        rc = -1;
    return rc == 0 ? 0 : ctl_fail(ctl, &err);
}
