/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_PROBE_RUN_H
#define DAEMON_PROBE_RUN_H

#include <sys/types.h>

#include "daemon/master.h"

/* The parts of probe_run(), for a caller that may not wait: the answer comes through a
 * pipe, as the bytes of one struct probe. */

/* Forks the child. 0, or -1 with errno. */
int probe_start(probe_fn *probe, const struct heritage *heritage, pid_t *pid_out,
                int *fd_out);
/* Reads more of the answer. 0 complete; 1 more is to come; -1 the child ended without. */
int probe_read(int fd, struct probe *out, size_t *have);
/* Fills in the answer of a child that gave none. `wait_status` as waitpid() gave it. */
void probe_died(struct probe *out, int wait_status);
/* Fills in the answer of a child that took longer than `timeout_ms`. */
void probe_late(struct probe *out, int timeout_ms);

#endif
