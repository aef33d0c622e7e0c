/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/rowset.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "store/listing.h"

static char *copy(const char *text, bool *failed)
{
    char *out = text == NULL ? NULL : strdup(text);
    *failed = *failed || (text != NULL && out == NULL);
    return out;
}

static void collect_row(void *arg, const char *host, const char *param, const char *value)
{
    struct rows *rows = arg;
    struct conf_row *items =
        reallocarray(rows->items, rows->count + 1, sizeof rows->items[0]);
    if (items == NULL) {
        rows->failed = true;
        return;
    }
    rows->items = items;
    rows->items[rows->count++] = (struct conf_row){.host = copy(host, &rows->failed),
                                                   .param = copy(param, &rows->failed),
                                                   .value = copy(value, &rows->failed)};
}

void rows_fini(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        free((char *)rows->items[i].host);
        free((char *)rows->items[i].param);
        free((char *)rows->items[i].value);
    }
    free(rows->items);
    *rows = (struct rows){0};
}

int rows_read(struct store *store, const char *service, const char *host, struct rows *out,
              struct helios_error *err)
{
    *out = (struct rows){0};
    int rc = store_params(store, service, host, collect_row, out, NULL, err);
    if (rc == 0 && out->failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (rc != 0)
        rows_fini(out);
    return rc;
}

static void collect_of_service(void *arg, const char *service, const char *host,
                               const char *param, const char *value)
{
    (void)service;
    collect_row(arg, host, param, value);
}

int rows_read_all(struct store *store, const char *service, struct rows *out,
                  struct helios_error *err)
{
    *out = (struct rows){0};
    int rc = listing_params(store, service, collect_of_service, out, err);
    if (rc == 0 && out->failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (rc != 0)
        rows_fini(out);
    return rc;
}

const char *rows_value(const struct rows *rows, const char *host, const char *param)
{
    const char *all = NULL;
    const char *own = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        const struct conf_row *row = &rows->items[i];
        if (strcmp(row->param, param) != 0)
            continue;
        if (strcmp(row->host, "*") == 0)
            all = row->value;
        else if (strcmp(host, "*") != 0)
            own = row->value;
    }
    return own != NULL ? own : all;
}
