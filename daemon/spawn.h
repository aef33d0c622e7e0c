/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SPAWN_H
#define DAEMON_SPAWN_H

#include <sys/types.h>

#include "daemon/heritage.h"

/* A child that is to be forked. The descriptors stay the caller's. */
struct spawn {
    const char *title; /* "worker", "poller": shown as "helios_d: <title> <service>" */
    role_fn *role;
    const struct heritage *heritage;
    int master_fd;   /* its end of the socket to the master */
    int log_fd;      /* table channel of the log; -1: none */
    int log_read_fd; /* its other end; -1: none */
};

/* Forks; in the child, makes everything as heritage.h promises, runs the role and exits
 * with what it returns. Gives the pid, or -1 with errno. */
pid_t spawn_child(const struct spawn *spawn);

/* What the first instructions of any child of the master are: a session of its own,
 * default signals, none blocked, no environment of the service manager, only the
 * descriptors below `lowest_closed`. */
void spawn_reset(int lowest_closed);

/* /dev/null for descriptors 0 to 2: the terminal, or whatever called us, is not ours to
 * keep. */
void spawn_leave_stdio(void);

#endif
