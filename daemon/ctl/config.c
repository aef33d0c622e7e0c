/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <string.h>

#include "core/err.h"
#include "core/name.h"
#include "daemon/ctl/doubt.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/odd.h"
#include "daemon/ctl/table.h"

#define HOST_HELP "this host if not given; '*' is every host"
#define OPTION_SERVICE                                                                     \
    {                                                                                      \
        ITEM_SERVICE, '\0', "service", "SERVICE", false, "name of the service"             \
    }
#define OPTION_PARAM                                                                       \
    {                                                                                      \
        ITEM_PARAM, '\0', "param", "PARAM", false, "name of the parameter"                 \
    }
#define OPTION_VALUE                                                                       \
    {                                                                                      \
        ITEM_VALUE, '\0', "value", "VALUE", false, "its value; may be empty"               \
    }
#define OPTION_HOSTNAME                                                                    \
    {                                                                                      \
        ITEM_HOST, 'H', "hostname", "HOST", false, HOST_HELP                               \
    }
#define OPTION_DEBUG                                                                       \
    {                                                                                      \
        ITEM_DEBUG, '\0', "debug", NULL, false, "accepted, without effect"                 \
    }

const struct ctl_option config_host_options[] = {
    {ITEM_HOST, 'H', "host", "HOST", false, HOST_HELP},
    {.name = NULL},
};
const struct ctl_option config_get_options[] = {
    OPTION_SERVICE, OPTION_PARAM, OPTION_HOSTNAME, OPTION_DEBUG, {.name = NULL}};
const struct ctl_option config_set_options[] = {
    OPTION_SERVICE, OPTION_PARAM, OPTION_VALUE, OPTION_HOSTNAME, {.name = NULL}};
const struct ctl_option config_unset_options[] = {
    OPTION_SERVICE, OPTION_PARAM, OPTION_HOSTNAME, {.name = NULL}};

#define HOST_LEN 256

/* The host that is meant; `*local` tells whether it is this one. */
static const char *choose_host(const struct ctl *ctl, char own[HOST_LEN], bool *local)
{
    name_host(own, HOST_LEN);
    const char *asked = ctl->items[ITEM_HOST];
    *local = asked == NULL || strcmp(asked, own) == 0;
    return *local ? own : asked;
}

/* What `get`, `set` and `unset` tell as JSON: a row of `config list`. */
static int print_json(const struct ctl *ctl, const char *host, const char *value)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct table t;
    const char *param = ctl->items[ITEM_PARAM];
    table_begin(&t, ctl);
    table_text(&t, ctl->items[ITEM_SERVICE]);
    table_text(&t, host);
    table_text(&t, param);
    table_text(&t, ctl->command->run == config_get ? value : doubt_shown(param, value));
    return table_end(&t, &err) == 0 ? 0 : ctl_fail(ctl, &err);
}

static bool has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* ---- get ---- */

static void print_value(const char *value)
{
    if (value != NULL) {
        ctl_show(value, strlen(value));
        (void)putchar('\n');
    }
}

static void tell_value(const struct ctl *ctl, const char *host, const char *value)
{
    if (ctl->items[ITEM_JSON] != NULL)
        (void)print_json(ctl, host, value);
    else
        print_value(value);
}

static int get_value(const struct ctl *ctl, const struct rows *rows, const char *host,
                     bool local, struct helios_error *err)
{
    const char *param = ctl->items[ITEM_PARAM];
    const char *value = rows_value(rows, host, param);
    if (value != NULL || !local) {
        tell_value(ctl, host, value);
        return 0;
    }
    /* No row has a value: what the file says, if it says anything. A default of ours is
     * not printed: nobody has set it. */
    struct helios_params *params = NULL;
    if (inifile_params(ctl, ctl->items[ITEM_SERVICE], NULL, false, &params, err) != 0)
        return -1;
    const struct conf_value *found = conf_value(params, param);
    bool given = found != NULL && found->source != CONF_DEFAULT;
    tell_value(ctl, host, given ? found->text : NULL);
    conf_free(params);
    return 0;
}

int config_get(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct rows rows = {0};
    char own[HOST_LEN];
    bool local;
    if (!has_text(ctl->items[ITEM_SERVICE]) || !has_text(ctl->items[ITEM_PARAM]))
        return ctl_usage(ctl, "a service name and config parameter name are required.");
    const char *host = choose_host(ctl, own, &local);
    int rc = ctl_connect(ctl, ctl->items[ITEM_SERVICE], &err);
    if (rc == 0)
        rc = rows_read(ctl_store(ctl), ctl->items[ITEM_SERVICE], host, &rows, &err);
    if (rc == 0)
        rc = get_value(ctl, &rows, host, local, &err);
    rows_fini(&rows);
    return rc == 0 ? 0 : ctl_fail(ctl, &err);
}

/* ---- set ---- */

/* Any name may be set, since services have parameters of their own; but one that is nearly
 * ours is most likely a slip, and so is a value that is not obeyed. */
static void doubt_param(const struct ctl *ctl, const char *host)
{
    const char *param = ctl->items[ITEM_PARAM];
    const char *meant = odd_name(param);
    if (ctl->command->historical)
        return;
    if (meant != NULL)
        ctl_say(ctl, "%s is no parameter of the daemon; did you mean %s?", param, meant);
    odd_say(ctl, ctl->items[ITEM_SERVICE], host, param);
}

static int check_param(const struct ctl *ctl)
{
    const char *param = ctl->items[ITEM_PARAM];
    if (ctl->command->historical || !doubt_file_only(param))
        return 0;
    return ctl_usage(ctl, DOUBT_FILE_ONLY, param);
}

struct setting {
    const char *service, *host, *param, *value;
};

static int set_value(struct store *store, void *arg, struct helios_error *err)
{
    const struct setting *s = arg;
    return store_param_set(store, s->service, s->host, s->param, s->value, err);
}

int config_set(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char own[HOST_LEN];
    bool local;
    struct setting s = {.service = ctl->items[ITEM_SERVICE],
                        .host = choose_host(ctl, own, &local),
                        .param = ctl->items[ITEM_PARAM],
                        .value = ctl->items[ITEM_VALUE]};
    if (!has_text(s.service) || !has_text(s.param) || s.value == NULL)
        return ctl_usage(ctl,
                         "A service name, config parameter name, and value are required.");
    int code = check_param(ctl);
    if (code != 0)
        return code;
    if (ctl_connect(ctl, NULL, &err) != 0 ||
        store_retry(ctl_store(ctl), set_value, &s, &err) != 0)
        return ctl_fail(ctl, &err);
    doubt_param(ctl, s.host);
    if (ctl->items[ITEM_JSON] != NULL)
        return print_json(ctl, s.host, s.value);
    (void)printf("Service: %s Host: %s Param: %s SET.\n", s.service, s.host, s.param);
    return 0;
}

/* ---- unset ---- */

static int unset_value(struct store *store, void *arg, struct helios_error *err)
{
    const struct setting *s = arg;
    uint64_t deleted;
    return store_param_unset(store, s->service, s->host, s->param, NULL, &deleted, err);
}

int config_unset(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char own[HOST_LEN];
    bool local;
    struct setting s = {.service = ctl->items[ITEM_SERVICE],
                        .host = choose_host(ctl, own, &local),
                        .param = ctl->items[ITEM_PARAM]};
    if (!has_text(s.service) || !has_text(s.param))
        return ctl_usage(ctl, "A service name and config parameter name are required.");
    if (ctl_connect(ctl, NULL, &err) != 0 ||
        store_retry(ctl_store(ctl), unset_value, &s, &err) != 0)
        return ctl_fail(ctl, &err);
    if (ctl->items[ITEM_JSON] != NULL)
        return print_json(ctl, s.host, NULL);
    (void)printf("Service: %s Hostname: %s Param: %s CLEARED.\n", s.service, s.host,
                 s.param);
    return 0;
}
