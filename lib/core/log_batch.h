/* SPDX-License-Identifier: MIT */
#ifndef CORE_LOG_BATCH_H
#define CORE_LOG_BATCH_H

#include "core/log.h"

/* Messages that were taken from the channel and are not stored yet. They are in memory that
 * the master shares with its pollers, so that the next one finds what a poller that was
 * killed had in hand; one poller at a time. */
#define LOG_BATCH_MAX 200u
struct log_batch;

/* In memory that children share; lives as long as the process. NULL: no memory. */
struct log_batch *log_batch_new(void);
/* True if there may be no room for another message. */
bool log_batch_full(const struct log_batch *batch);
void log_batch_add(struct log_batch *batch, const struct log_record *record);
/* Fills `out` (of LOG_BATCH_MAX) with records that point into the batch; gives how many. */
size_t log_batch_records(const struct log_batch *batch, struct log_record *out);
void log_batch_clear(struct log_batch *batch);

#endif
