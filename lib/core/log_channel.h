/* SPDX-License-Identifier: MIT */
#ifndef CORE_LOG_CHANNEL_H
#define CORE_LOG_CHANNEL_H

#include "core/log.h"

#define LOG_PIECE_MAX    32768u /* bytes of text in one datagram */
#define LOG_PARTIALS_MAX 64u    /* long messages that the reader joins at a time */

/* Sends a record in as many datagrams as it takes. 0 sent; 1 there is no room; -1 nobody
 * reads (errno). Waits for nothing before the first datagram; between the datagrams of one
 * long message, which may be larger than the whole channel, it waits `patience_ms` in all
 * for the reader to make room. What was begun and not finished is dropped by the reader. */
int log_channel_send(int fd, const struct log_record *record, int patience_ms);

#endif
