/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POLLER_H
#define DAEMON_POLLER_H

#include "daemon/heritage.h"

/* The role: the master's eyes and hands in the database. Runs until the master says STOP or
 * has gone; in the latter case it stays while orphaned workers live, to renew their leases
 * and to write their log. */
int poller_main(const struct heritage *heritage);

#endif
