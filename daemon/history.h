/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_HISTORY_H
#define DAEMON_HISTORY_H

#include "store/store.h"

/* Logs what the history lacks of an outcome that has been recorded; nothing if it lacks
 * nothing. */
void history_report(const struct store_held *held);

#endif
