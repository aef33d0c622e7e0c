/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "core/err.h"
#include "core/journal.h"
#include "core/log_channel.h"
#include "core/log_line.h"
#include "core/mono.h"
#include "core/text.h"

#define PATIENCE_MS      200
#define FAILURE_EVERY_US INT64_C(60000000) /* of one logger that is told */

static struct log_config config = {.service = "helios_d",
                                   .table = true,
                                   .foreground = true,
                                   .threshold = HELIOS_LOG_DEBUG};
/* These two change while threads of a plugin may be logging. */
static atomic_int threshold = HELIOS_LOG_DEBUG;
static atomic_int channel = -1;

/* What `loggers` can name. */
static const struct sink {
    unsigned bit;
    const char *name;
} known_sinks[] = {{LOG_SINK_SYSLOG, "syslog"},
                   {LOG_SINK_JOURNAL, "journal"},
                   {LOG_SINK_STDERR, "stderr"}};
#define SINKS (sizeof known_sinks / sizeof known_sinks[0])

/* When the failure of each was last told, of the monotonic clock; 0: never. In memory that
 * children share: each job may have a worker of its own. */
struct told {
    _Atomic int64_t us[SINKS];
};
static struct told own_told;
static struct told *told = &own_told;

void log_configure(const struct log_config *c)
{
    config = *c;
    log_set_threshold(c->threshold);
    if (told != &own_told)
        return;
    void *memory =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED)
        told = memory;
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

static const char *syslog_socket(void)
{
    return config.syslog_socket != NULL ? config.syslog_socket : SYSLOG_SOCKET;
}

static const char *journal_socket(void)
{
    return config.journal_socket != NULL ? config.journal_socket : JOURNAL_SOCKET;
}

/* Writes to the fallback unless `written` says that the record is there already. A host
 * without syslog gets it on standard error. False: it is nowhere, since a daemon in the
 * background has no standard error. */
static bool fall_back(const struct log_record *record, const char *service,
                      unsigned written)
{
    const struct log_syslog to = {.socket = syslog_socket(),
                                  .ident = "helios_d",
                                  .prefix = service,
                                  .facility = config.syslog_facility,
                                  .pid = true};
    if (!config.foreground &&
        ((written & LOG_SINK_SYSLOG) != 0 || log_line_syslog(record, &to)))
        return true;
    if ((written & LOG_SINK_STDERR) == 0)
        (void)log_line_stderr(record, service);
    return config.foreground;
}

void log_fallback(const struct log_record *record, const char *service)
{
    (void)fall_back(record, service, sinks_for(record->level));
}

/* False with errno. */
static bool to_sink(const struct log_record *record, unsigned bit)
{
    const struct log_syslog to = {.socket = syslog_socket(),
                                  .ident = config.service,
                                  .facility = config.syslog_facility,
                                  .pid = (config.syslog_options & LOG_PID) != 0};
    if (bit == LOG_SINK_SYSLOG)
        return log_line_syslog(record, &to);
    if (bit == LOG_SINK_JOURNAL)
        return journal_send(journal_socket(), record, config.service);
    return log_line_stderr(record, config.service);
}

/* The sinks of `sinks` that took the record; errno of the others in `why`. */
static unsigned to_sinks(const struct log_record *record, unsigned sinks, int why[SINKS])
{
    unsigned written = 0;
    for (size_t i = 0; i < SINKS; i++) {
        if ((sinks & known_sinks[i].bit) == 0)
            continue;
        if (to_sink(record, known_sinks[i].bit))
            written |= known_sinks[i].bit;
        else
            why[i] = errno;
    }
    return written;
}

static bool to_table(const struct log_record *record)
{
    int fd = atomic_load(&channel);
    return fd >= 0 && log_channel_send(fd, record, PATIENCE_MS) == 0;
}

/* Whether it is this process that tells of the failure now. */
static bool may_tell(size_t sink)
{
    int64_t now = mono_now().us, last = atomic_load(&told->us[sink]);
    return (last == 0 || now - last >= FAILURE_EVERY_US) &&
           atomic_compare_exchange_strong(&told->us[sink], &last, now);
}

/* Helios's message of a logger that fails: in the table even without internal_logger, and
 * in those of `working` that take its level. Their failure is nobody's concern here, or one
 * message would lead to the next. */
static void tell_failure(size_t sink, int why, unsigned working)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%s LOGGING FAILURE: %s", known_sinks[sink].name,
                     err_reason(why));
    const struct log_record record = {.time = wall_now(),
                                      .pid = (int32_t)getpid(),
                                      .level = HELIOS_LOG_EMERG,
                                      .text = text,
                                      .len = (size_t)n < sizeof text ? (size_t)n
                                                                     : sizeof text - 1};
    int ignored[SINKS];
    unsigned written = to_sinks(&record, sinks_for(record.level) & working, ignored);
    if (!to_table(&record))
        (void)fall_back(&record, config.service, written);
}

static void deliver(const struct log_record *record, unsigned sinks, bool table)
{
    int why[SINKS] = {0};
    bool stored = !table || to_table(record);
    unsigned written = to_sinks(record, sinks, why);
    bool kept = (stored && written == sinks) || fall_back(record, config.service, written);
    /* The last resort of a message that is nowhere, which internal_logger does not close.
     */
    if (!kept && !table && written == 0 && record->level <= atomic_load(&threshold))
        (void)to_table(record);
    for (size_t i = 0; i < SINKS; i++)
        if ((sinks & ~written & known_sinks[i].bit) != 0 && may_tell(i))
            tell_failure(i, why[i], written);
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
