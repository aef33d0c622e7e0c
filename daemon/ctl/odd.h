/* SPDX-License-Identifier: MIT */
#ifndef CTL_ODD_H
#define CTL_ODD_H

#include "daemon/ctl/ctl.h"
#include "store/check.h"

/* Parameters that do not do what their writer may have wanted: values that are not obeyed,
 * and names that are nearly those of others. */

/* The parameter of Helios that may have been meant by a name that is none; NULL: none. */
const char *odd_name(const char *param);

/* In helios.ini: [global], and each section as the service of that name. */
int odd_file(const struct ctl *ctl, check_fn *fn, void *arg, struct helios_error *err);
/* In the rows of the table, on top of this host's helios.ini; and rows of services whose
 * name is nearly that of a known one. */
int odd_rows(const struct ctl *ctl, check_fn *fn, void *arg, struct helios_error *err);

/* Says what is odd in one parameter of `service` for `host`, "*" for all, as the table has
 * it. Nothing where it cannot be found out: the row is as it is. */
void odd_say(const struct ctl *ctl, const char *service, const char *host,
             const char *param);

#endif
