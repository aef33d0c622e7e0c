/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_MASTER_H
#define DAEMON_MASTER_H

#include "daemon/heritage.h"

/* What the master is started with. Everything is borrowed for its whole life. */
struct master_config {
    struct heritage heritage; /* service, host, ini, jobtypes, rules, settings, ... */
    struct roles roles;
    const char *ini_path; /* for HUP */
    bool debug;
};

/* Runs the daemon: PID file, daemonize unless in the foreground, board, poller, loop,
 * orderly stop. Returns the exit code of the process: 0 after a clean stop (TERM, HALT,
 * drained), 1 if --drain saw a job fail for good, else one of <sysexits.h>. In the
 * background the process that calls stays until the daemon is up, and has the same exit
 * code; if the daemon is not up it has printed why.
 *
 * Sees helios_core only: it opens no database, loads no plugin, parses no job. */
int master_run(struct master_config *config);

/* Runs `probe` in a child with a time limit and gives its answer. A child that dies or
 * hangs is an answer too: exit_code EX_SOFTWARE and a text that says how it ended. */
void probe_run(probe_fn *probe, const struct heritage *heritage, int timeout_ms,
               struct probe *out);

#endif
