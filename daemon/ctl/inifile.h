/* SPDX-License-Identifier: MIT */
#ifndef CTL_INIFILE_H
#define CTL_INIFILE_H

#include "conf/conf.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/rowset.h"

/* The configuration as far as it needs no connection. */

/* The ini that --config, HELIOS_INI or the current folder names: ini_free(). */
int inifile_load(const struct ctl *ctl, struct ini **out, struct helios_error *err);

/* What ini and `rows` (NULL: none) say for `service` (NULL: [global] only) on this host.
 * With `tell`, what is odd in them is said on standard error. conf_free() frees. */
int inifile_params(const struct ctl *ctl, const char *service, const struct rows *rows,
                   bool tell, struct helios_params **out, struct helios_error *err);

/* The value of a parameter that is set to something, else its default; NULL: neither. */
const char *inifile_value(const struct helios_params *params, const char *name);

/* The folder of PID files and scoreboards, free with free(), and whose of them are meant:
 * conf_identity(). NULL and `*err` on failure. */
char *inifile_pid_path(const struct ctl *ctl, uint64_t *collective,
                       struct helios_error *err);

#endif
