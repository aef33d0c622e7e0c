/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <stdarg.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/text.h"

static void say(const struct ctl *ctl, const char *format, va_list ap) HELIOS_PRINTF(2, 0);

static void say(const struct ctl *ctl, const char *format, va_list ap)
{
    (void)fflush(stdout); /* what was done comes before what was not */
    (void)fprintf(stderr, "%s: ", ctl->prefix);
    (void)vfprintf(stderr, format, ap);
    (void)fputc('\n', stderr);
}

void ctl_say(const struct ctl *ctl, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(ctl, format, ap);
    va_end(ap);
}

/* A statement that fails for want of a table does not know what to do about it. */
static const char *advice(const struct helios_error *err)
{
    bool needed =
        err->kind == HELIOS_E_SCHEMA && strstr(err->text, "helios schema") == NULL;
    return needed ? "; run helios schema init, or helios schema upgrade" : "";
}

int ctl_fail(const struct ctl *ctl, const struct helios_error *err)
{
    if (!ctl->command->historical) {
        ctl_say(ctl, "%s%s", err->text, advice(err));
        return helios_error_exit_code(err->kind);
    }
    ctl_say(ctl, "%s%s%s", ctl->command->context == NULL ? "" : ctl->command->context,
            err->text, advice(err));
    return 1;
}

int ctl_usage(const struct ctl *ctl, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(ctl, format, ap);
    va_end(ap);
    return ctl->command != NULL && ctl->command->historical ? 1 : EX_USAGE;
}

void ctl_show(const char *text, size_t len)
{
    if (isatty(STDOUT_FILENO) != 1) {
        (void)fwrite(text, 1, len, stdout);
        return;
    }
    struct buf shown = BUF_INIT;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line = end == NULL ? len - at : (size_t)(end - text) - at;
        text_line(&shown, text + at, line);
        if (end != NULL)
            buf_putc(&shown, '\n');
        at += line + (end != NULL);
    }
    (void)fwrite(buf_text(&shown), 1, shown.len, stdout);
    buf_fini(&shown);
}

const char *ctl_time(int64_t when, char out[CTL_TIME_LEN])
{
    time_t t = (time_t)when;
    struct tm tm;
    if (localtime_r(&t, &tm) == NULL ||
        strftime(out, CTL_TIME_LEN, "%a %b %e %H:%M:%S %Y", &tm) == 0)
        (void)snprintf(out, CTL_TIME_LEN, "%lld", (long long)when);
    return out;
}

const char *ctl_level(int level)
{
    static const char *const names[] = {"emerg",   "alert",  "crit", "err",
                                        "warning", "notice", "info", "debug"};
    return names[level < 0 || level > HELIOS_LOG_DEBUG ? HELIOS_LOG_INFO : level];
}
