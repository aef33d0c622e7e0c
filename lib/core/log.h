/* SPDX-License-Identifier: MIT */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/log.h>

/* The logging front of one process. Libraries do not log, programs do.
 *
 * A message goes to the *table channel* (a datagram socket whose reader, the poller, writes
 * rows of helios_log_tb in batches), unless internal_logger is off, and to every sink of
 * `loggers`. When the channel is missing or full, or a sink does not take it, the message
 * goes to the fallback: standard error in the foreground, else syslog as "helios_d". The
 * fallback gets nothing that the same process's sinks have written there already. What then
 * is nowhere, because syslog is not there and the background has no standard error, goes to
 * the channel even if internal_logger is off. That a sink fails is told as an emergency, by
 * the channel and the sinks that work, once a minute for each sink in this process and all
 * that were forked since the first log_configure(). Before log_configure() everything goes
 * to standard error.
 *
 * Nothing here waits, with two exceptions: standard error may be a blocking pipe, and a
 * message of more than 32 kB, which may be larger than the channel, waits at most 200 ms in
 * all for the reader to keep up. Any thread may call log_write(). */
enum log_sink {
    LOG_SINK_SYSLOG = 1u << 0,
    LOG_SINK_JOURNAL = 1u << 1,
    LOG_SINK_STDERR = 1u << 2
};

struct log_config {
    const char *service; /* borrowed; ident and job_class */
    unsigned sinks;      /* LOG_SINK_... of `loggers` */
    int syslog_facility; /* LOG_USER, ... */
    int syslog_options;  /* of <syslog.h>; only LOG_PID has a meaning here */
    int syslog_mask;     /* bits 1 << level; 0 = all */
    int syslog_threshold;
    bool table;      /* internal_logger */
    bool foreground; /* fallback is standard error */
    int threshold;   /* log_priority_threshold: of the table, the journal, standard error */
    const char *syslog_socket; /* NULL: the system's, as the next */
    const char *journal_socket;
};

void log_configure(
    const struct log_config *config); /* copied; service text is kept by pointer */
void log_set_threshold(int threshold);
void log_set_channel(int fd); /* -1: none */

/* A text of more than LOG_TEXT_MAX bytes is cut there, marked with LOG_CUT_MARK. errno
 * stays as it was. */
void log_write(int level, uint64_t jobid, uint32_t funcid, const char *format, ...)
    HELIOS_PRINTF(4, 5);
void log_vwrite(int level, uint64_t jobid, uint32_t funcid, const char *format, va_list ap)
    HELIOS_PRINTF(4, 0);

#define log_err(...)     log_write(HELIOS_LOG_ERR, 0, 0, __VA_ARGS__)
#define log_notice(...)  log_write(HELIOS_LOG_NOTICE, 0, 0, __VA_ARGS__)
#define log_crit(...)    log_write(HELIOS_LOG_CRIT, 0, 0, __VA_ARGS__)
#define log_warning(...) log_write(HELIOS_LOG_WARNING, 0, 0, __VA_ARGS__)
#define log_debug(...)   log_write(HELIOS_LOG_DEBUG, 0, 0, __VA_ARGS__)

/* One message as the channel's reader gets it. `text` is followed by a NUL. */
struct log_record {
    int64_t time; /* Unix seconds, of the writer */
    int32_t pid;
    int32_t level;
    uint64_t jobid;  /* 0 = NULL */
    uint32_t funcid; /* 0 = NULL */
    const char *text;
    size_t len;
};

#define LOG_TEXT_MAX (1024u * 1024u)
#define LOG_CUT_MARK "\xe2\x80\xa6 [cut]"

/* The reader's side: joins the datagrams of long messages. Messages of one thread come in
 * order. At most 64 unfinished messages are kept; the oldest gives way. */
struct log_reader;
struct log_reader *log_reader_new(int fd);
void log_reader_free(struct log_reader *reader);
/* 0 a record, valid until the next call; 1 nothing there now; -1 all writers are gone. */
int log_reader_next(struct log_reader *reader, struct log_record *out);
/* 0, or -1 with errno. Makes the pair: [0] for the reader, [1] for all writers.
 * Close-on-exec, non-blocking. */
int log_pair(int fds[2]);

/* Writes a record that could not be stored to the fallback. */
void log_fallback(const struct log_record *record, const char *service);

const char *log_level_name(int level); /* "EMERG" ... "DEBUG" */

#endif
