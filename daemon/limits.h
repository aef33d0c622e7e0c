/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LIMITS_H
#define DAEMON_LIMITS_H

#include <stddef.h>

#include "core/settings.h"

/* What a worker, and what it starts, may use of the host: WORKER_MAX_MEMORY_MB, _CPU,
 * _FILES, _FILE_MB and WORKER_NICE. 0 leaves a limit as the daemon found it; what is above
 * the host's own hard limit is cut to it.
 *
 * Memory, open files and niceness are for the life of the worker. Those that a signal
 * enforces, CPU time and file size, are in force while the service runs a job and not while
 * the worker records it: the record of a job must not be what ends the worker. */

/* At the start, before the plugin is loaded. */
void limits_apply(const struct settings *settings);
/* Around the run of each job. */
void limits_enter(const struct settings *settings);
void limits_leave(const struct settings *settings);

/* The limit that a process met which a signal ended, or a call that failed with `errnum`,
 * as a clause such as "WORKER_MAX_FILES is 64"; "" if it need not have been one. */
const char *limits_of_signal(const struct settings *settings, int signo, char *out,
                             size_t cap);
const char *limits_of_group(const struct settings *settings, char *out, size_t cap);
const char *limits_of_errno(const struct settings *settings, int errnum, char *out,
                            size_t cap);

#endif
