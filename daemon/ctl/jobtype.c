/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include "core/err.h"
#include "daemon/ctl/table.h"
#include "store/query.h"

#define OPTION_NAME                                                                        \
    {                                                                                      \
        ITEM_JOBTYPE, '\0', "name", "NAME", false, "name of the jobtype"                   \
    }
#define OPTION_ID                                                                          \
    {                                                                                      \
        ITEM_JOBTYPE_ID, '\0', "jobtypeid", "N", true, "number of the jobtype"             \
    }

const struct ctl_option jobtype_id_options[] = {OPTION_ID, {.name = NULL}};
const struct ctl_option jobtype_add_options[] = {OPTION_NAME, {.name = NULL}};
const struct ctl_option jobtype_info_options[] = {OPTION_NAME, OPTION_ID, {.name = NULL}};

static int print_json(const struct ctl *ctl, uint32_t funcid, const char *name)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct table t;
    table_begin(&t, ctl);
    table_number(&t, funcid);
    table_text(&t, name);
    return table_end(&t, &err) == 0 ? 0 : ctl_fail(ctl, &err);
}

int jobtype_add(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    const char *name = ctl->items[ITEM_JOBTYPE];
    uint32_t funcid = 0;
    if (name == NULL || name[0] == '\0')
        return ctl_usage(ctl, "A jobtype name is required.");
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = query_jobtype_create(ctl_store(ctl), name, &funcid, &err);
    if (rc != 0 && err.kind == HELIOS_E_DUPLICATE)
        (void)err_set(&err, err.kind, "create(): a jobtype named %s exists", name);
    if (rc != 0)
        return ctl_fail(ctl, &err);
    if (ctl->items[ITEM_JSON] != NULL)
        return print_json(ctl, funcid, name);
    (void)printf("Jobtype: %s Jobtypeid: %u created.\n", name, funcid);
    return 0;
}

/* The name wins over the number. 1 if there is no such jobtype. */
static int find_jobtype(struct ctl *ctl, uint32_t *funcid, const char **name,
                        struct helios_error *err)
{
    int64_t id = 0;
    *name = ctl->items[ITEM_JOBTYPE];
    if (*name != NULL) {
        int rc = store_jobtype(ctl_store(ctl), *name, funcid, err);
        if (rc != 0)
            return rc;
    } else if (number_parse(ctl->items[ITEM_JOBTYPE_ID], &id) && id >= 0 &&
               id <= UINT32_MAX) {
        *funcid = (uint32_t)id;
    } else {
        return 1;
    }
    /* The table's spelling may differ from what was asked for. */
    if (store_jobtype_name(ctl_store(ctl), *funcid, name, err) != 0)
        return -1;
    return *name == NULL ? 1 : 0;
}

int jobtype_info(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint32_t funcid = 0;
    const char *name = NULL;
    if (ctl->items[ITEM_JOBTYPE] == NULL && ctl->items[ITEM_JOBTYPE_ID] == NULL)
        return ctl_usage(
            ctl, "Either a jobtype name (--name) or jobtypeid (--jobtypeid) is required.");
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = find_jobtype(ctl, &funcid, &name, &err);
    if (rc == 0 && ctl->items[ITEM_JSON] != NULL)
        return print_json(ctl, funcid, name);
    if (rc == 0)
        (void)printf("Jobtypeid: %u\nName: %s\n", funcid, name);
    if (rc == 1 && !ctl->command->historical)
        rc = err_set(&err, HELIOS_E_NOT_FOUND, "there is no such jobtype");
    return rc == -1 ? ctl_fail(ctl, &err) : 0;
}
