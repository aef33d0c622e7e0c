/* SPDX-License-Identifier: MIT */
#include "core/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

struct handler {
    loop_fn *fn;
    void *arg;
};

/* polls[i] and handlers[i] belong together. An entry that is removed while descriptors are
 * being served keeps its place with fd -1, so that neither the indexes of the round nor a
 * new descriptor of the same number are confused with it; it is dropped after the round. */
struct loop {
    struct pollfd *polls;
    struct handler *handlers;
    size_t count;
    size_t cap;
    bool serving;
    bool holes;
};

struct loop *loop_new(void)
{
    return calloc(1, sizeof(struct loop));
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    free(loop->polls);
    free(loop->handlers);
    free(loop);
}

static bool grow(struct loop *loop)
{
    size_t cap = loop->cap == 0 ? 16 : loop->cap * 2;
    struct pollfd *polls = reallocarray(loop->polls, cap, sizeof *polls);
    if (polls == NULL)
        return false;
    loop->polls = polls;
    struct handler *handlers = reallocarray(loop->handlers, cap, sizeof *handlers);
    if (handlers == NULL)
        return false;
    loop->handlers = handlers;
    loop->cap = cap;
    return true;
}

static size_t find(const struct loop *loop, int fd)
{
    size_t i = 0;
    while (i < loop->count && loop->polls[i].fd != fd)
        i++;
    return i;
}

int loop_add(struct loop *loop, int fd, loop_fn *fn, void *arg)
{
    if (fd < 0 || find(loop, fd) < loop->count) {
        errno = fd < 0 ? EBADF : EEXIST;
        return -1;
    }
    if (loop->count == loop->cap && !grow(loop))
        return -1;
    loop->polls[loop->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    loop->handlers[loop->count] = (struct handler){fn, arg};
    loop->count++;
    return 0;
}

static void close_holes(struct loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->count; i++) {
        if (loop->polls[i].fd < 0)
            continue;
        loop->polls[kept] = loop->polls[i];
        loop->handlers[kept++] = loop->handlers[i];
    }
    loop->count = kept;
    loop->holes = false;
}

void loop_remove(struct loop *loop, int fd)
{
    size_t i = fd < 0 ? loop->count : find(loop, fd);
    if (i == loop->count)
        return;
    loop->polls[i].fd = -1;
    loop->holes = true;
    if (!loop->serving)
        close_holes(loop);
}

/* Serves what poll() found among the first `count` entries; those added meanwhile wait for
 * the next round. */
static int serve(struct loop *loop, size_t count)
{
    int served = 0;
    loop->serving = true;
    for (size_t i = 0; i < count; i++) {
        struct pollfd p = loop->polls[i];
        if (p.fd < 0 || p.revents == 0)
            continue;
        struct handler h = loop->handlers[i];
        h.fn(h.arg, p.fd, p.revents);
        served++;
    }
    loop->serving = false;
    if (loop->holes)
        close_holes(loop);
    return served;
}

int loop_wait(struct loop *loop, struct mono deadline)
{
    size_t count = loop->count;
    int ready = poll(loop->polls, (nfds_t)count, mono_poll_ms(deadline, mono_now()));
    if (ready < 0)
        return errno == EINTR ? 0 : -1;
    return ready == 0 ? 0 : serve(loop, count);
}
