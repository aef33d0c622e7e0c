/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/steer.h"

#include <string.h>

#include "daemon/ctl/rowset.h"

struct order {
    const char *param; /* HOLD or HALT */
    const char *value; /* NULL: no row */
    const char *done;
};

static const struct order orders[] = {
    [STEER_HOLD] = {"HOLD", "1", "is on hold"},
    [STEER_RESUME] = {"HOLD", "0", "may take jobs"},
    [STEER_HALT] = {"HALT", "1", "is told to stop"},
    [STEER_CLEAR] = {"HALT", NULL, "may start"},
};

struct target {
    const struct order *order;
    const char *service, *host;
};

static int remove_row(struct store *store, void *arg, struct helios_error *err)
{
    const struct target *t = arg;
    uint64_t deleted;
    return store_param_unset(store, t->service, t->host, t->order->param, NULL, &deleted,
                             err);
}

static int write_row(struct store *store, void *arg, struct helios_error *err)
{
    const struct target *t = arg;
    if (t->order->value == NULL)
        return remove_row(store, arg, err);
    return store_param_set(store, t->service, t->host, t->order->param, t->order->value,
                           err);
}

/* A host's own row would win over the one for all. */
static int remove_rows_of_hosts(struct store *store, const struct target *all,
                                struct helios_error *err)
{
    struct rows rows = {0};
    int rc = rows_read_all(store, all->service, &rows, err);
    for (size_t i = 0; rc == 0 && i < rows.count; i++) {
        struct target one = {all->order, all->service, rows.items[i].host};
        if (strcmp(rows.items[i].param, all->order->param) == 0 &&
            strcmp(one.host, "*") != 0)
            rc = store_retry(store, remove_row, &one, err);
    }
    rows_fini(&rows);
    return rc;
}

int steer_rows(struct store *store, enum steer_verb verb, const char *service,
               const char *host, struct helios_error *err)
{
    struct target t = {&orders[verb], service, host};
    int rc = store_retry(store, write_row, &t, err);
    if (rc == 0 && strcmp(host, "*") == 0)
        rc = remove_rows_of_hosts(store, &t, err);
    return rc;
}

const char *steer_param(enum steer_verb verb, const char **value)
{
    *value = orders[verb].value;
    return orders[verb].param;
}

const char *steer_done(enum steer_verb verb)
{
    return orders[verb].done;
}
