/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_PIDFILE_H
#define DAEMON_PIDFILE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include <helios/error.h>

/* `<folder>/<service by name_file()>.pid`, locked from pid_file_open() to the end of the
 * last process that holds the descriptor; children that outlive the master must not inherit
 * it. A file without a lock is a Perl daemon's (which locks only while it starts), or was
 * left by a crash: it is respected if its pid is a living Perl daemon of this service. */
struct pid_file {
    int fd; /* -1: none */
    char path[PATH_MAX];
};
#define PID_FILE_INIT                                                                      \
    {                                                                                      \
        .fd = -1                                                                           \
    }

/* 0: the lock is ours, the content is still as found; 1: `service` is running already;
 * -1: the file cannot be made. `err` has a sentence for the user in both failures. */
int pid_file_open(const char *folder, const char *service, struct pid_file *out,
                  struct helios_error *err);

/* Writes "<pid>\n" in place of what is there. */
int pid_file_write(struct pid_file *pidfile, pid_t pid, struct helios_error *err);

/* Removes the file while holding the lock, then closes it. A path that meanwhile leads to
 * another file is left alone. -1: could not be removed; closed all the same. */
int pid_file_remove(struct pid_file *pidfile, struct helios_error *err);

/* Whether another process than this and its parent lives under `pid` and is, by its command
 * line, a daemon of this service. */
bool pid_file_runs_service(pid_t pid, const char *service);

/* Gives up the lock of this process and leaves the file. */
void pid_file_close(struct pid_file *pidfile);

#endif
