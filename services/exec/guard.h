/* SPDX-License-Identifier: MIT */
#ifndef EXEC_GUARD_H
#define EXEC_GUARD_H

#include <sys/types.h>

/* A process beside the worker. A worker that is killed has no time to end its program,
 * which would go on while the job is run again: the guard ends it then, with its process
 * group. */

/* Starts the guard of this process, at its first call. 0, or an errno value. */
int guard_start(void);
/* The process group that must not outlive this process; 0: none. */
void guard_note(pid_t group);

#endif
