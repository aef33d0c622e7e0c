/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/log_channel.h"
#include "core/msg.h"
#include "core/packet.h"

/* Packets that a plugin could send through the descriptors that it inherited: each is two
 * bytes of length and that many bytes. The first byte of the input says to which end. The
 * magic of a kind is put in front where the packet has none, which would rarely be met. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_packet(int fd, uint32_t magic, const uint8_t *bytes, size_t len)
{
    (void)packet_send(fd, &magic, sizeof magic, bytes, len);
}

static size_t take(const uint8_t **data, size_t *size)
{
    size_t len = (size_t)((*data)[0] | (*data)[1] << 8);
    *data += 2;
    *size -= 2;
    return len < *size ? len : *size;
}

static void messages(int fd)
{
    struct msg msg;
    while (msg_recv(fd, &msg) == 0) {
        bool snapshot = msg.kind == MSG_SNAPSHOT;
        if (snapshot && msg.snapshot.settings.hold + msg.snapshot.params_changed > 2)
            abort();
        if (msg.kind == MSG_TROUBLE &&
            strnlen(msg.text, sizeof msg.text) == sizeof msg.text)
            abort();
    }
}

static void records(struct log_reader *reader)
{
    struct log_record record;
    while (log_reader_next(reader, &record) == 0)
        if (record.text[record.len] != '\0' || record.len > LOG_TEXT_MAX)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    if (size < 1 || packet_pair(fds) != 0)
        return 0;
    bool log = (data[0] & 1) != 0;
    struct log_reader *reader = log_reader_new(fds[0]);
    for (data++, size--; size >= 2;) {
        size_t len = take(&data, &size);
        send_packet(fds[1], log ? LOG_PIECE_MAGIC : MSG_MAGIC, data, len);
        if (log)
            records(reader);
        else
            messages(fds[0]);
        data += len;
        size -= len;
    }
    log_reader_free(reader);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return 0;
}
