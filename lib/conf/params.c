/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

static int by_name(const void *key, const void *element)
{
    return strcmp(key, ((const struct conf_value *)element)->name);
}

const struct conf_value *conf_value(const struct helios_params *params, const char *name)
{
    return bsearch(name, params->values, params->count, sizeof *params->values, by_name);
}

const char *helios_params_get(const struct helios_params *params, const char *name)
{
    const struct conf_value *value =
        params == NULL || name == NULL ? NULL : conf_value(params, name);
    return value == NULL ? NULL : value->text;
}

int64_t helios_params_int(const struct helios_params *params, const char *name,
                          int64_t fallback)
{
    const char *text = helios_params_get(params, name);
    int64_t number;
    return text != NULL && option_number(text, &number) == 0 ? number : fallback;
}

size_t helios_params_count(const struct helios_params *params)
{
    return params == NULL ? 0 : params->count;
}

const char *helios_params_name(const struct helios_params *params, size_t i)
{
    return i < helios_params_count(params) ? params->values[i].name : NULL;
}
