/* SPDX-License-Identifier: MIT */
#ifndef CTL_INIFILE_H
#define CTL_INIFILE_H

#include "conf/conf.h"
#include "daemon/ctl/ctl.h"

/* The configuration as far as it needs no connection. */

/* The ini that --config, HELIOS_INI or the current folder names: ini_free(). */
int inifile_load(const struct ctl *ctl, struct ini **out, struct helios_error *err);

/* Rows of the params table, collected. rows_fini() frees. */
struct rows {
    struct conf_row *items;
    size_t count;
    bool failed; /* out of memory */
};
void rows_fini(struct rows *rows);
/* Rows of `service` for host `*` and for `host`. */
int rows_read(const struct ctl *ctl, const char *service, const char *host,
              struct rows *out, struct helios_error *err);
/* Rows of `service` for whatever host. */
int rows_read_all(const struct ctl *ctl, const char *service, struct rows *out,
                  struct helios_error *err);
/* The value of the row for `host` if it has one, else that of the row for all hosts; NULL
 * if there is none. */
const char *rows_value(const struct rows *rows, const char *host, const char *param);

/* What ini and `rows` (NULL: none) say for `service` (NULL: [global] only) on this host.
 * With `tell`, what is odd in them is said on standard error. conf_free() frees. */
int inifile_params(const struct ctl *ctl, const char *service, const struct rows *rows,
                   bool tell, struct helios_params **out, struct helios_error *err);

#endif
