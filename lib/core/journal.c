/* SPDX-License-Identifier: MIT */
#include "core/journal.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"

/* The form with a length, which takes any bytes, so that a message cannot add fields. */
static void put_field(struct buf *entry, const char *name, const char *value, size_t len)
{
    uint64_t le_len = htole64((uint64_t)len);
    buf_puts(entry, name);
    buf_putc(entry, '\n');
    buf_append(entry, &le_len, sizeof le_len);
    buf_append(entry, value, len);
    buf_putc(entry, '\n');
}

static void put_entry(struct buf *entry, const struct log_record *record,
                      const char *service)
{
    size_t len = record->len;
    while (len > 0 && record->text[len - 1] == '\n')
        len--;
    put_field(entry, "MESSAGE", record->text, len);
    buf_printf(entry, "PRIORITY=%" PRId32 "\nSYSLOG_IDENTIFIER=helios_d\n", record->level);
    put_field(entry, "HELIOS_SERVICE", service, strlen(service));
    if (record->jobid != 0)
        buf_printf(entry, "HELIOS_JOBID=%" PRIu64 "\n", record->jobid);
}

/* A sealed memory file that holds the entry, or -1. */
static int entry_file(const struct buf *entry)
{
    int fd = memfd_create("helios-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    size_t done = 0;
    while (done < entry->len) {
        ssize_t n = write(fd, entry->data + done, entry->len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            goto fail;
        done += (size_t)n;
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) ==
        0)
        return fd;
fail:
    (void)close(fd);
    return -1;
}

/* What does not fit in a datagram goes as a descriptor. */
static bool send_large(int sock, struct sockaddr_un *to, const struct buf *entry)
{
    int fd = entry_file(entry);
    if (fd < 0)
        return false;
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr packet = {.msg_name = to,
                            .msg_namelen = sizeof *to,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&packet);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    bool sent = sendmsg(sock, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    int why = errno;
    (void)close(fd);
    errno = why;
    return sent;
}

static bool send_entry(const char *path, const struct buf *entry)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    errno = entry->failed ? ENOMEM : ENAMETOOLONG;
    if (entry->failed || len >= sizeof to.sun_path)
        return false;
    memcpy(to.sun_path, path, len);
    int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sock < 0)
        return false;
    bool sent = sendto(sock, entry->data, entry->len, MSG_DONTWAIT | MSG_NOSIGNAL,
                       (const struct sockaddr *)&to, sizeof to) >= 0;
    if (!sent && (errno == EMSGSIZE || errno == ENOBUFS))
        sent = send_large(sock, &to, entry);
    int why = errno;
    (void)close(sock);
    errno = why;
    return sent;
}

bool journal_send(const char *socket_path, const struct log_record *record,
                  const char *service)
{
    struct buf entry = BUF_INIT;
    put_entry(&entry, record, service);
    bool sent = send_entry(socket_path, &entry);
    buf_fini(&entry);
    return sent;
}
