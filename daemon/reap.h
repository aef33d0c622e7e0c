/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_REAP_H
#define DAEMON_REAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/pool.h"

/* Takes the next ended child without waiting: false when there is none. */
bool reap_next(pid_t *pid_out, int *status_out);

/* Why a worker with this wait status ended. A signal that we sent is our reason, unless the
 * process was quicker and exited by itself. */
void reap_death(const struct pool_worker *worker, unsigned slot, int status,
                struct msg_dead *out);

/* "signal 11 (Segmentation fault)" or "exit code 1". */
const char *reap_text(int status, char *out, size_t cap);

#endif
