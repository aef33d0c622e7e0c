/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WATCHER_H
#define DAEMON_WATCHER_H

#include "daemon/heritage.h"

/* The role that hears of changes as they are committed, and rings the master. It holds
 * nothing that anybody would miss: the master ends it by TERM whenever it likes, and a new
 * one begins at the present end of the log. Says MSG_UNWATCHED before it leaves, with the
 * reason and after how long another one should try. */
int watcher_main(const struct heritage *heritage);

#endif
