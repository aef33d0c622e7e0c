/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LATEST UINT32_MAX

/* Digits only: strtoll() would take signs and blanks. */
static bool digits(const char **text, int64_t *out)
{
    int64_t n = 0;
    const char *p = *text;
    for (; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (*p - '0');
        if (n > LATEST)
            return false;
    }
    bool any = p != *text;
    *text = p;
    *out = n;
    return any;
}

static bool parse_distance(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    int64_t n;
    if (!digits(&text, &n))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text, units[i].unit) == 0) {
            *out = n * units[i].seconds;
            return *out <= LATEST;
        }
    }
    return false;
}

static bool parse_local(const char *text, int64_t *out)
{
    struct tm tm = {.tm_isdst = -1};
    const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
    if (end == NULL || *end != '\0')
        return false;
    struct tm asked = tm;
    time_t t = mktime(&tm);
    /* mktime() makes 1 May of 31 April: the day would be silently another one. */
    if (t < 0 || t > LATEST || tm.tm_mday != asked.tm_mday)
        return false;
    *out = t;
    return true;
}

bool when_parse(const char *text, int64_t *out, bool *relative)
{
    *relative = text[0] == '+';
    if (*relative)
        return parse_distance(text + 1, out);
    const char *p = text;
    if (digits(&p, out) && *p == '\0')
        return true;
    return parse_local(text, out);
}

void span_text(int64_t s, char *out, size_t cap)
{
    if (s >= 86400)
        (void)snprintf(out, cap, "%" PRId64 "d %" PRId64 "h", s / 86400, s % 86400 / 3600);
    else if (s >= 3600)
        (void)snprintf(out, cap, "%" PRId64 "h %" PRId64 "m", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        (void)snprintf(out, cap, "%" PRId64 "m %" PRId64 "s", s / 60, s % 60);
    else
        (void)snprintf(out, cap, "%" PRId64 "s", s);
}
