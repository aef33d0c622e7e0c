/* SPDX-License-Identifier: MIT */
#include "core/packet.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

int packet_pair(int fds[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
}

int packet_send(int fd, const void *head, size_t head_len, const void *body,
                size_t body_len)
{
    struct iovec parts[2] = {{.iov_base = (void *)head, .iov_len = head_len},
                             {.iov_base = (void *)body, .iov_len = body_len}};
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = body_len > 0 ? 2 : 1};
    for (;;) {
        if (sendmsg(fd, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return 0;
        if (errno == EAGAIN || errno == ENOBUFS)
            return 1;
        if (errno != EINTR)
            return -1;
    }
}

/* After a read of nothing: end-of-file, or a packet without bytes? A packet without bytes
 * must not pass for the end, since a plugin can send one through an inherited descriptor.
 */
static bool at_end(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int left = 0;
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLNVAL)) != 0 &&
           (ioctl(fd, FIONREAD, &left) != 0 || left == 0);
}

ssize_t packet_recv(int fd, void *out, size_t cap)
{
    for (;;) {
        ssize_t n = recv(fd, out, cap, MSG_DONTWAIT | MSG_TRUNC);
        if (n > 0)
            return n;
        if (n == 0) {
            if (at_end(fd))
                return -1;
        } else if (errno == EAGAIN) {
            return 0;
        } else if (errno != EINTR && errno != ECONNRESET) {
            /* ECONNRESET comes once, when the peer left with packets unread; what it sent
             * before is still there. */
            return -1;
        }
    }
}
