/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_PROBE_H
#define DAEMON_PROBE_H

#include "daemon/heritage.h"

/* The two looks that are taken before the daemon starts, each in a child of its own
 * (probe_run), so that nothing of a plugin or a client library stays in the master. */

/* Loads the plugin and reads its descriptor. No database. */
void probe_service(const struct heritage *heritage, struct probe *out);

/* Opens the collective: schema, parameters, HALT (cleared first if
 * `clear_halt`), jobtypes. */
void probe_collective(const struct heritage *heritage, struct probe *out);

/* `helios_d --clear-halt` without a service: which services are halted on this host.
 * Prints; the exit code is the result. */
int probe_halts(const struct heritage *heritage);

#endif
