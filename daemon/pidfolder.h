/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_PIDFOLDER_H
#define DAEMON_PIDFOLDER_H

#include <stdbool.h>

#include "core/account.h"

/* Makes the folder of PID files and scoreboards usable for `account`, while this process is
 * still root: a missing one is made (its last part only), one of root's with nothing in it
 * but PID files and scoreboards is given to the account with those of `service` that root
 * left there. That is done only where nobody but root could have put something else in the
 * way of `path`; elsewhere the folder is made as the account. A folder of anybody else, and
 * one of root's with other things in it, such as /run itself, stays as it is. With `make`
 * false nothing is done.
 *
 * 0: the account may write there (or could after a start); -1 and `*err`. */
int pidfolder_prepare(const char *path, const char *service, const struct account *account,
                      bool make, struct helios_error *err);

#endif
