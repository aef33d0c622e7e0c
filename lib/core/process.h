/* SPDX-License-Identifier: MIT */
#ifndef CORE_PROCESS_H
#define CORE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Other processes of this host, known by number and start time: numbers are used again. */

/* When it was started, in clock ticks since boot (field 22 of /proc/PID/stat); -1 if there
 * is no such process, if it has ended and only waits to be reaped, or if it is hidden. */
int64_t process_start(pid_t pid);
/* Whether there is a process that we may signal and not look at: /proc mounted with hidepid
 * shows nobody but root a process that must not be dumped, as all of a daemon's are; or no
 * descriptor is to be had. */
bool process_hidden(pid_t pid);
/* Whether `pid` is still the process that was started then; `start` 0 or less: nobody has
 * noted when. A hidden one is taken for it: the job of a worker that only seems dead would
 * run twice. */
bool process_lives(pid_t pid, int64_t start);

#endif
