/* SPDX-License-Identifier: MIT */
#include "conf/conf.h"
#include "conf/figure.h"

/* Numbers that are no settings of the daemon. */
static const char *const others[] = {"queue_database_retry", "exec_timeout"};

static int64_t fallback_of(const char *name)
{
    int64_t number = 0;
    (void)option_number(option_find(name)->fallback, &number);
    return number;
}

int conf_odd(const struct ini *ini, const char *service, const char *host,
             const struct conf_row *rows, size_t n, conf_warn_fn *warn, void *arg,
             struct helios_error *err)
{
    struct helios_params *params = NULL;
    struct settings settings;
    struct log_config logging = {.foreground = true};
    if (conf_resolve(ini, service, host, rows, n, &params, warn, arg, err) != 0)
        return -1;
    const struct figure f = {params, warn, arg};
    conf_settings(params, NULL, &settings, warn, arg);
    conf_logging(params, &logging, warn, arg);
    conf_stderr(params, warn, arg);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        (void)figure_number(&f, others[i], fallback_of(others[i]));
    conf_free(params);
    return 0;
}
