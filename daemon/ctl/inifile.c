/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/inifile.h"

#include <string.h>

#include "core/err.h"
#include "core/name.h"

int inifile_load(const struct ctl *ctl, struct ini **out, struct helios_error *err)
{
    const char *path = NULL;
    if (ini_locate(ctl->items[ITEM_CONFIG], &path, err) != 0)
        return -1;
    return ini_load(path, out, err);
}

static void tell_warning(void *arg, const char *sentence)
{
    ctl_say(arg, "%s", sentence);
}

int inifile_params(const struct ctl *ctl, const char *service, const struct rows *rows,
                   bool tell, struct helios_params **out, struct helios_error *err)
{
    struct ini *ini = NULL;
    if (inifile_load(ctl, &ini, err) != 0)
        return -1;
    char host[256];
    name_host(host, sizeof host);
    int rc = conf_resolve(ini, service, host, rows == NULL ? NULL : rows->items,
                          rows == NULL ? 0 : rows->count, out, NULL, NULL, err);
    if (rc == 0 && tell)
        rc = conf_odd(ini, service, host, rows == NULL ? NULL : rows->items,
                      rows == NULL ? 0 : rows->count, tell_warning, (void *)ctl, err);
    if (rc != 0) {
        conf_free(*out);
        *out = NULL;
    }
    ini_free(ini);
    return rc;
}

const char *inifile_value(const struct helios_params *params, const char *name)
{
    const struct conf_value *value = conf_value(params, name);
    const struct option *option = option_find(name);
    if (value != NULL && value->text != NULL && value->text[0] != '\0')
        return value->text;
    return option == NULL ? NULL : option->fallback;
}

char *inifile_pid_path(const struct ctl *ctl, uint64_t *collective,
                       struct helios_error *err)
{
    struct helios_params *params = NULL;
    if (inifile_params(ctl, NULL, NULL, false, &params, err) != 0)
        return NULL;
    char *path = strdup(inifile_value(params, "pid_path"));
    *collective = conf_identity(params);
    conf_free(params);
    if (path == NULL)
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory");
    return path;
}
