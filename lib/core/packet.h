/* SPDX-License-Identifier: MIT */
#ifndef CORE_PACKET_H
#define CORE_PACKET_H

#include <stddef.h>
#include <sys/types.h>

/* Packets over SOCK_SEQPACKET pairs: each arrives whole or not at all, and the reader
 * learns that the last writer has gone. Nothing here waits or raises SIGPIPE. */

/* A connected pair, close-on-exec, non-blocking. 0, or -1 with errno. */
int packet_pair(int fds[2]);
/* 0 sent; 1 there is no room now; -1 the peer is gone (errno). */
int packet_send(int fd, const void *head, size_t head_len, const void *body,
                size_t body_len);
/* The packet's length, which is larger than `cap` if it was cut; 0 nothing there now; -1
 * the peer is gone and all that it sent has been read. */
ssize_t packet_recv(int fd, void *out, size_t cap);

#endif
