/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <stdlib.h>

#include "core/err.h"
#include "core/name.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/table.h"

/* A list without the rows is still worth having when the database is away, which is when
 * people look at their configuration; but the reader must know. */
static int read_rows(struct ctl *ctl, struct rows *rows, struct helios_error *err)
{
    char host[256];
    const char *service = ctl->items[ITEM_SERVICE];
    name_host(host, sizeof host);
    if (ctl_connect(ctl, service, err) == 0 &&
        rows_read(ctl_store(ctl), service, host, rows, err) == 0)
        return 0;
    if (err->kind == HELIOS_E_CONFIG)
        return -1;
    ctl_say(ctl, "without rows of the params table: %s", err->text);
    err_clear(err);
    return 0;
}

const struct column explain_columns[] = {
    {"param", COLUMN_TEXT},
    {"value", COLUMN_TEXT},
    {"from", COLUMN_TEXT},
    {.name = NULL},
};

static int print_json(const struct ctl *ctl, const struct helios_params *params,
                      struct helios_error *err)
{
    struct table t;
    table_begin(&t, ctl);
    for (size_t i = 0; i < params->count; i++) {
        struct buf text = BUF_INIT;
        table_text(&t, params->values[i].name);
        conf_show(&params->values[i], &text);
        table_text(&t, params->values[i].text == NULL ? NULL : buf_text(&text));
        buf_clear(&text);
        conf_origin(params, &params->values[i], &text);
        table_text(&t, buf_text(&text));
        buf_fini(&text);
    }
    return table_end(&t, err);
}

static int print_explanation(const struct ctl *ctl, const struct rows *rows,
                             struct helios_error *err)
{
    struct helios_params *params = NULL;
    if (inifile_params(ctl, ctl->items[ITEM_SERVICE], rows, true, &params, err) != 0)
        return -1;
    if (ctl->items[ITEM_JSON] != NULL) {
        int rc = print_json(ctl, params, err);
        conf_free(params);
        return rc;
    }
    char *text = conf_explain(params);
    conf_free(params);
    if (text == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    (void)fputs(text, stdout);
    free(text);
    return 0;
}

int config_explain(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct rows rows = {0};
    if (!name_valid(ctl->items[ITEM_SERVICE]))
        return ctl_usage(ctl, "'%s' is not the name of a service",
                         ctl->items[ITEM_SERVICE]);
    int rc = read_rows(ctl, &rows, &err);
    if (rc == 0)
        rc = print_explanation(ctl, &rows, &err);
    rows_fini(&rows);
    return rc == 0 ? 0 : ctl_fail(ctl, &err);
}
