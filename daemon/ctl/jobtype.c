/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <sysexits.h>

#include "core/buf.h"
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

/* ---- remove ---- */

static void put_uses(struct buf *text, uint64_t n, const char *what)
{
    bool more = n > QUERY_USES;
    if (n > 0)
        buf_printf(text, "%s%s%llu %s", text->len > 0 ? ", " : "", more ? "more than " : "",
                   (unsigned long long)(more ? QUERY_USES : n), what);
}

static void count_daemon(void *arg, const struct query_daemon *daemon)
{
    (void)daemon;
    ++*(uint64_t *)arg;
}

/* Appends what there is of it; a daemon would go on with a number that nobody explains. */
static int find_uses(const struct ctl *ctl, uint32_t funcid, const char *name,
                     struct buf *text, struct helios_error *err)
{
    struct query_uses uses;
    uint64_t daemons = 0;
    if (query_jobtype_uses(ctl_store(ctl), funcid, &uses, err) != 0 ||
        query_daemons(ctl_store(ctl), name, NULL, 0, count_daemon, &daemons, err) != 0)
        return -1;
    put_uses(text, uses.jobs, "jobs");
    put_uses(text, uses.history, "rows of the history");
    put_uses(text, uses.errors, "errors");
    put_uses(text, uses.exitstatus, "exit statuses");
    put_uses(text, daemons, "registered daemons");
    return text->failed ? err_set(err, HELIOS_E_NOMEM, "out of memory") : 0;
}

struct removal {
    uint32_t funcid;
    int rc;
};

static int remove_type(struct store *store, void *arg, struct helios_error *err)
{
    struct removal *r = arg;
    r->rc = query_jobtype_remove(store, r->funcid, err);
    return r->rc < 0 ? -1 : 0;
}

/* The exit code. */
static int remove_unused(struct ctl *ctl, uint32_t funcid, const char *name)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct removal r = {.funcid = funcid};
    struct buf uses = BUF_INIT;
    int code = 0;
    if (find_uses(ctl, funcid, name, &uses, &err) != 0 ||
        (uses.len == 0 && store_retry(ctl_store(ctl), remove_type, &r, &err) != 0)) {
        code = ctl_fail(ctl, &err);
    } else if (uses.len > 0) {
        ctl_say(ctl, "%s is not removed: it has %s", name, buf_text(&uses));
        code = EX_DATAERR;
    } else if (r.rc != 0) {
        ctl_say(ctl, "%s is not removed: a job of it has just come, or it has gone", name);
        code = EX_DATAERR;
    }
    buf_fini(&uses);
    return code;
}

int jobtype_remove(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint32_t funcid = 0;
    const char *name = NULL;
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = find_jobtype(ctl, &funcid, &name, &err);
    if (rc == 1)
        rc = err_set(&err, HELIOS_E_NOT_FOUND, "there is no such jobtype");
    if (rc != 0)
        return ctl_fail(ctl, &err);
    int code = remove_unused(ctl, funcid, name);
    if (code == 0 && ctl->items[ITEM_JSON] != NULL)
        return print_json(ctl, funcid, name);
    if (code == 0)
        (void)printf("Jobtype: %s Jobtypeid: %u removed.\n", name, funcid);
    return code;
}
