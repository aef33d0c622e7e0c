/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_READY_H
#define DAEMON_READY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <helios/version.h>

/* What the master tells the world about its state: a verdict on its start to the process
 * that called it, and datagrams to the service manager (sd_notify(3)'s protocol). */
struct ready {
    int caller_fd;       /* -1: nobody waits for a verdict */
    int notify_fd;       /* -1: no service manager */
    int64_t watchdog_ms; /* how often WATCHDOG=1 is due; 0: never */
};
#define READY_INIT                                                                         \
    {                                                                                      \
        .caller_fd = -1, .notify_fd = -1                                                   \
    }

/* The verdict on a start. */
struct ready_verdict {
    int32_t exit_code; /* 0: up */
    char text[1024];   /* why not */
};

/* Makes the pipe that the verdict goes through. 0, or -1 with errno. */
int ready_pipe(int *read_fd_out, int *write_fd_out);
/* The caller's side: waits for the verdict of `child`. A child that ends without one gets
 * a verdict that says how it ended. */
void ready_await(int read_fd, pid_t child, struct ready_verdict *out);
/* The daemon's side: gives the verdict once and closes the pipe. */
void ready_tell(struct ready *ready, int exit_code, const char *text);

/* Opens the way to the service manager if NOTIFY_SOCKET names one. */
void ready_notify_open(struct ready *ready);
/* Sends a datagram of "NAME=value" lines; does nothing without a service manager. */
void ready_notify(const struct ready *ready, const char *format, ...) HELIOS_PRINTF(2, 3);
void ready_close(struct ready *ready);

#endif
