/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/doubt.h"

#include <string.h>

#include "conf/option.h"
#include "conf/secret.h"

bool doubt_file_only(const char *param)
{
    const struct option *option = option_find(param);
    return option != NULL && option->ini_only;
}

const char *doubt_shown(const char *param, const char *value)
{
    return value != NULL && secret_name(param, strlen(param)) ? "(hidden)" : value;
}
