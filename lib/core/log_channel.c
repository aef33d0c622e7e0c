/* SPDX-License-Identifier: MIT */
#include "core/log_channel.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mono.h"
#include "core/packet.h"

/* As much as an ordinary user gets: the kernel cuts it to net.core.wmem_max. */
#define CHANNEL_BYTES (4 * 1024 * 1024)

int log_pair(int fds[2])
{
    if (packet_pair(fds) != 0)
        return -1;
    int bytes = CHANNEL_BYTES;
    (void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return 0;
}

static int send_patiently(int fd, const struct log_piece *piece, const char *text,
                          struct mono deadline)
{
    for (;;) {
        int rc = packet_send(fd, piece, sizeof *piece, text, piece->len);
        int left_ms = mono_poll_ms(deadline, mono_now());
        if (rc != 1 || piece->offset == 0 || left_ms == 0)
            return rc;
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        (void)poll(&p, 1, left_ms);
    }
}

int log_channel_send(int fd, const struct log_record *record, int patience_ms)
{
    struct log_piece piece = {.magic = LOG_PIECE_MAGIC,
                              .pid = record->pid,
                              .thread = (int32_t)gettid(),
                              .level = record->level,
                              .time = record->time,
                              .jobid = record->jobid,
                              .funcid = record->funcid,
                              .total = (uint32_t)record->len};
    struct mono deadline = mono_add_ms(mono_now(), patience_ms);
    do {
        uint32_t left = piece.total - piece.offset;
        piece.len = left < LOG_PIECE_MAX ? left : LOG_PIECE_MAX;
        int rc = send_patiently(fd, &piece, record->text + piece.offset, deadline);
        if (rc != 0)
            return rc;
        piece.offset += piece.len;
    } while (piece.offset < piece.total);
    return 0;
}

/* A message whose last piece has not come yet. */
struct partial {
    struct log_piece first;
    uint32_t have;
    char *text; /* NULL: the place is free */
};

struct log_reader {
    int fd;
    struct partial partials[LOG_PARTIALS_MAX]; /* oldest first, without gaps */
    size_t count;
    char *joined; /* text of the record handed out last */
    char packet[sizeof(struct log_piece) + LOG_PIECE_MAX + 1];
};

struct log_reader *log_reader_new(int fd)
{
    struct log_reader *reader = calloc(1, sizeof *reader);
    if (reader != NULL)
        reader->fd = fd;
    return reader;
}

void log_reader_free(struct log_reader *reader)
{
    if (reader == NULL)
        return;
    for (size_t i = 0; i < reader->count; i++)
        free(reader->partials[i].text);
    free(reader->joined);
    free(reader);
}

static struct partial *find(struct log_reader *reader, int32_t thread)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->partials[i].first.thread == thread)
            return &reader->partials[i];
    }
    return NULL;
}

/* Takes a partial out of the list; the caller owns its text. */
static struct partial take(struct log_reader *reader, struct partial *partial)
{
    struct partial taken = *partial;
    reader->count--;
    size_t after = reader->count - (size_t)(partial - reader->partials);
    memmove(partial, partial + 1, after * sizeof *partial);
    return taken;
}

static void drop(struct log_reader *reader, struct partial *partial)
{
    free(take(reader, partial).text);
}

/* Whether the packet is a piece as log_channel_send() makes them: anybody who inherited the
 * descriptor can send others. */
static bool is_piece(const struct log_piece *piece, size_t packet_len)
{
    return piece->magic == LOG_PIECE_MAGIC && packet_len == sizeof *piece + piece->len &&
           piece->total <= LOG_TEXT_MAX && piece->offset <= piece->total &&
           piece->len <= piece->total - piece->offset &&
           (piece->len > 0 || piece->total == 0) && piece->level >= HELIOS_LOG_EMERG &&
           piece->level <= HELIOS_LOG_DEBUG;
}

static void hand_out(const struct log_piece *piece, const char *text,
                     struct log_record *out)
{
    *out = (struct log_record){.time = piece->time,
                               .pid = piece->pid,
                               .level = piece->level,
                               .jobid = piece->jobid,
                               .funcid = piece->funcid,
                               .text = text,
                               .len = piece->total};
}

/* Makes room for a message that begins, at the cost of the oldest unfinished one. */
static struct partial *begin(struct log_reader *reader, const struct log_piece *piece)
{
    if (reader->count == LOG_PARTIALS_MAX)
        drop(reader, &reader->partials[0]);
    char *text = malloc((size_t)piece->total + 1);
    if (text == NULL)
        return NULL;
    struct partial *partial = &reader->partials[reader->count++];
    *partial = (struct partial){.first = *piece, .text = text};
    return partial;
}

static bool continues(const struct partial *partial, const struct log_piece *piece)
{
    return partial->first.pid == piece->pid && partial->first.total == piece->total &&
           partial->have == piece->offset;
}

/* Joins one piece to what is there; true when that completes a record. */
static bool take_in(struct log_reader *reader, const struct log_piece *piece,
                    const char *text, struct log_record *out)
{
    struct partial *partial = find(reader, piece->thread);
    if (partial != NULL && !continues(partial, piece)) {
        drop(reader, partial); /* its sender gave it up */
        partial = NULL;
    }
    if (piece->len == piece->total) {
        hand_out(piece, text, out);
        return true;
    }
    if (partial == NULL && piece->offset == 0)
        partial = begin(reader, piece);
    if (partial == NULL)
        return false;
    memcpy(partial->text + piece->offset, text, piece->len);
    partial->have += piece->len;
    if (partial->have < piece->total)
        return false;
    reader->joined = take(reader, partial).text;
    reader->joined[piece->total] = '\0';
    hand_out(piece, reader->joined, out);
    return true;
}

int log_reader_next(struct log_reader *reader, struct log_record *out)
{
    free(reader->joined);
    reader->joined = NULL;
    for (;;) {
        size_t cap = sizeof reader->packet - 1;
        ssize_t len = packet_recv(reader->fd, reader->packet, cap);
        if (len <= 0)
            return len == 0 ? 1 : -1;
        struct log_piece piece;
        if ((size_t)len < sizeof piece || (size_t)len > cap)
            continue;
        memcpy(&piece, reader->packet, sizeof piece);
        if (!is_piece(&piece, (size_t)len))
            continue;
        char *text = reader->packet + sizeof piece;
        text[piece.len] = '\0';
        if (take_in(reader, &piece, text, out))
            return 0;
    }
}
