/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_TIES_H
#define DAEMON_TIES_H

#include <stdbool.h>
#include <sys/stat.h>

/* The descriptors that tie a worker to its daemon. A service may close every descriptor
 * that it finds, as libraries that daemonize do; the numbers are then given to whatever is
 * opened next, a connection to the database for one, and messages must not be written
 * there. */
struct ties {
    struct stat master, log;
};

/* Notes which files they are; before any foreign code runs. */
void ties_note(struct ties *ties);
/* True while both are what they were. Otherwise the numbers are taken by /dev/null, which
 * neither the messages nor the log can be confused by, and the master counts as gone. */
bool ties_hold(const struct ties *ties);
/* True while the master's descriptor is what it was; nothing is done about it. */
bool ties_master_holds(const struct ties *ties);

#endif
