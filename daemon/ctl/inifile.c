/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/inifile.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/name.h"
#include "store/listing.h"

int inifile_load(const struct ctl *ctl, struct ini **out, struct helios_error *err)
{
    const char *path = NULL;
    if (ini_locate(ctl->items[ITEM_CONFIG], &path, err) != 0)
        return -1;
    return ini_load(path, out, err);
}

/* ---- rows ---- */

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

int rows_read(const struct ctl *ctl, const char *service, const char *host,
              struct rows *out, struct helios_error *err)
{
    *out = (struct rows){0};
    int rc = store_params(ctl_store(ctl), service, host, collect_row, out, err);
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

int rows_read_all(const struct ctl *ctl, const char *service, struct rows *out,
                  struct helios_error *err)
{
    *out = (struct rows){0};
    int rc = listing_params(ctl_store(ctl), service, collect_of_service, out, err);
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

/* ---- resolution ---- */

static void tell_warning(void *arg, const char *sentence)
{
    const struct ctl *ctl = arg;
    if (ctl != NULL)
        ctl_say(ctl, "%s", sentence);
}

int inifile_params(const struct ctl *ctl, const char *service, const struct rows *rows,
                   bool tell, struct helios_params **out, struct helios_error *err)
{
    struct ini *ini = NULL;
    struct settings settings;
    void *listener = tell ? (void *)ctl : NULL;
    if (inifile_load(ctl, &ini, err) != 0)
        return -1;
    char host[256];
    name_host(host, sizeof host);
    int rc = conf_resolve(ini, service, host, rows == NULL ? NULL : rows->items,
                          rows == NULL ? 0 : rows->count, out, tell_warning, listener, err);
    if (rc == 0 && tell) /* only the conversion to figures finds what is no number */
        conf_settings(*out, NULL, &settings, tell_warning, listener);
    ini_free(ini);
    return rc;
}
