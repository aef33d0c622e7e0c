/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_CGROUP_H
#define DAEMON_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <helios/error.h>

/* Limits on a worker with all that it starts, by the kernel's control groups (version 2) in
 * a group that was delegated to the daemon's user:
 *
 *   FOLDER/daemon      master and poller: a group with groups below may hold no process
 *   FOLDER/worker.N    the worker in slot N, with memory.max and pids.max
 *
 * FOLDER is cgroup_path of helios.ini; "own" is the group that the daemon was started in.
 */

/* The folder, if it can be used: a delegated group with the controllers memory and pids. -1
 * and one sentence if not. */
int cgroup_find(const char *wanted, char out[PATH_MAX], struct helios_error *err);

/* The master, before it has a child: moves into FOLDER/daemon and has the kernel account
 * for the groups beside it. */
int cgroup_begin(const char *folder, struct helios_error *err);
/* A worker, before it loads the plugin; 0 stands for no limit. -1 and `*err`: it is not
 * limited, and must not go on as if it were. */
int cgroup_enter(const char *folder, unsigned slot, int64_t memory_mb, int64_t pids,
                 struct helios_error *err);
/* Whether the kernel has killed in the group of that slot for want of memory since a worker
 * last entered it. */
bool cgroup_oom_killed(const char *folder, unsigned slot);
/* At the end, when all workers have gone: removes their groups. */
void cgroup_end(const char *folder);

#endif
