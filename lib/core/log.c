/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "core/journal.h"
#include "core/log_channel.h"
#include "core/log_line.h"
#include "core/mono.h"
#include "core/text.h"

#define PATIENCE_MS 200

static struct log_config config = {.service = "helios_d",
                                   .table = true,
                                   .foreground = true,
                                   .threshold = HELIOS_LOG_DEBUG};
/* These two change while threads of a plugin may be logging. */
static atomic_int threshold = HELIOS_LOG_DEBUG;
static atomic_int channel = -1;

void log_configure(const struct log_config *c)
{
    config = *c;
    log_set_threshold(c->threshold);
}

void log_set_threshold(int level)
{
    atomic_store(&threshold, level);
}

void log_set_channel(int fd)
{
    atomic_store(&channel, fd);
}

const char *log_level_name(int level)
{
    static const char *const names[] = {"EMERG",   "ALERT",  "CRIT", "ERR",
                                        "WARNING", "NOTICE", "INFO", "DEBUG"};
    return level >= HELIOS_LOG_EMERG && level <= HELIOS_LOG_DEBUG ? names[level]
                                                                  : "UNKNOWN";
}

/* The sinks that take a message of this level. */
static unsigned sinks_for(int level)
{
    unsigned sinks = config.sinks;
    if (level > atomic_load(&threshold))
        sinks &= ~(unsigned)(LOG_SINK_JOURNAL | LOG_SINK_STDERR);
    if (level > config.syslog_threshold ||
        (config.syslog_mask != 0 && (config.syslog_mask & LOG_MASK(level)) == 0))
        sinks &= ~(unsigned)LOG_SINK_SYSLOG;
    return sinks;
}

/* Writes to the fallback unless `written` says that the record is there already. A host
 * without syslog gets it on standard error. */
static void fall_back(const struct log_record *record, const char *service,
                      unsigned written)
{
    const struct log_syslog to = {.socket = SYSLOG_SOCKET,
                                  .ident = "helios_d",
                                  .prefix = service,
                                  .facility = config.syslog_facility,
                                  .pid = true};
    if (!config.foreground &&
        ((written & LOG_SINK_SYSLOG) != 0 || log_line_syslog(record, &to)))
        return;
    if ((written & LOG_SINK_STDERR) == 0)
        log_line_stderr(record, service);
}

void log_fallback(const struct log_record *record, const char *service)
{
    fall_back(record, service, sinks_for(record->level));
}

/* The sinks of `sinks` that took the record. */
static unsigned to_sinks(const struct log_record *record, unsigned sinks)
{
    const struct log_syslog to = {.socket = SYSLOG_SOCKET,
                                  .ident = config.service,
                                  .facility = config.syslog_facility,
                                  .pid = (config.syslog_options & LOG_PID) != 0};
    unsigned written = sinks & LOG_SINK_STDERR;
    if (written != 0)
        log_line_stderr(record, config.service);
    if ((sinks & LOG_SINK_SYSLOG) != 0 && log_line_syslog(record, &to))
        written |= LOG_SINK_SYSLOG;
    if ((sinks & LOG_SINK_JOURNAL) != 0 &&
        journal_send(JOURNAL_SOCKET, record, config.service))
        written |= LOG_SINK_JOURNAL;
    return written;
}

static bool to_table(const struct log_record *record)
{
    int fd = atomic_load(&channel);
    return fd >= 0 && log_channel_send(fd, record, PATIENCE_MS) == 0;
}

static void deliver(const struct log_record *record, unsigned sinks, bool table)
{
    bool stored = !table || to_table(record);
    unsigned written = to_sinks(record, sinks);
    if (!stored || written != sinks)
        fall_back(record, config.service, written);
}

/* Cuts to LOG_TEXT_MAX with the mark. `text` holds LOG_TEXT_MAX bytes of a longer text. */
static size_t mark_cut(char *text, size_t max)
{
    size_t len = text_cut(text, max, max - strlen(LOG_CUT_MARK));
    memcpy(text + len, LOG_CUT_MARK, sizeof LOG_CUT_MARK);
    return len + strlen(LOG_CUT_MARK);
}

/* Formats into `small`, or into memory of its own if that is too small (then returned, to
 * be freed). Without memory the text is cut to what `small` holds. */
HELIOS_PRINTF(4, 0)
static char *format_text(char *small, size_t small_cap, size_t *len, const char *format,
                         va_list ap)
{
    va_list again;
    va_copy(again, ap);
    char *large = NULL;
    char *text = small;
    size_t cap = small_cap;
    int n = vsnprintf(small, small_cap, format, ap);
    if (n < 0)
        n = snprintf(small, small_cap, "(cannot format this message) %s", format);
    else if ((size_t)n >= small_cap) {
        cap = (size_t)n < LOG_TEXT_MAX ? (size_t)n + 1 : LOG_TEXT_MAX + 1;
        large = malloc(cap);
        if (large != NULL) {
            text = large;
            (void)vsnprintf(large, cap, format, again);
        } else {
            cap = small_cap;
        }
    }
    va_end(again);
    *len = (size_t)n < cap ? (size_t)n : mark_cut(text, cap - 1);
    return large;
}

void log_vwrite(int level, uint64_t jobid, uint32_t funcid, const char *format, va_list ap)
{
    if (level < HELIOS_LOG_EMERG)
        level = HELIOS_LOG_EMERG;
    if (level > HELIOS_LOG_DEBUG)
        level = HELIOS_LOG_DEBUG;
    unsigned sinks = sinks_for(level);
    bool table = config.table && level <= atomic_load(&threshold);
    if (sinks == 0 && !table)
        return;
    int saved = errno;
    char small[1024];
    struct log_record record = {.time = wall_now(),
                                .pid = (int32_t)getpid(),
                                .level = level,
                                .jobid = jobid,
                                .funcid = funcid};
    char *large = format_text(small, sizeof small, &record.len, format, ap);
    record.text = large != NULL ? large : small;
    deliver(&record, sinks, table);
    free(large);
    errno = saved;
}

void log_write(int level, uint64_t jobid, uint32_t funcid, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    log_vwrite(level, jobid, funcid, format, ap);
    va_end(ap);
}
