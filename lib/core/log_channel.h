/* SPDX-License-Identifier: MIT */
#ifndef CORE_LOG_CHANNEL_H
#define CORE_LOG_CHANNEL_H

#include "core/log.h"

#define LOG_PIECE_MAX    32768u /* bytes of text in one datagram */
#define LOG_PARTIALS_MAX 64u    /* long messages that the reader joins at a time */

/* In front of the text of each datagram. The pieces of one message come from one thread,
 * in order, so the thread and the offset say what belongs together. */
#define LOG_PIECE_MAGIC 0x686c6f67u
struct log_piece {
    uint32_t magic;
    int32_t pid;
    int32_t thread; /* unique among all processes of the host */
    int32_t level;
    int64_t time;
    uint64_t jobid;
    uint32_t funcid;
    uint32_t total; /* bytes of the whole text */
    uint32_t offset;
    uint32_t len; /* bytes in this datagram */
};

/* Sends a record in as many datagrams as it takes. 0 sent; 1 there is no room; -1 nobody
 * reads (errno). Waits for nothing before the first datagram; between the datagrams of one
 * long message, which may be larger than the whole channel, it waits `patience_ms` in all
 * for the reader to make room. What was begun and not finished is dropped by the reader. */
int log_channel_send(int fd, const struct log_record *record, int patience_ms);

#endif
