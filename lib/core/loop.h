/* SPDX-License-Identifier: MIT */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stddef.h>

#include "core/mono.h"

/* The one place where a process waits: descriptors and a deadline. Signals come in as a
 * signalfd, children by SIGCHLD. */
struct loop;

/* Called when `fd` is readable or hung up. May add and remove descriptors, its own
 * included. */
typedef void loop_fn(void *arg, int fd, short revents);

struct loop *loop_new(void); /* NULL without memory */
void loop_free(struct loop *loop);
/* 0, or -1 with errno: ENOMEM, EEXIST for a descriptor that is there already, EBADF. */
int loop_add(struct loop *loop, int fd, loop_fn *fn, void *arg);
void loop_remove(struct loop *loop, int fd); /* does not close */
/* Waits until a descriptor is ready or `deadline` is reached and runs what is ready.
 * Returns the number of descriptors served, or -1 with errno. 0 also comes early, when a
 * signal handler ran. Not to be called from a loop_fn. */
int loop_wait(struct loop *loop, struct mono deadline);

#endif
