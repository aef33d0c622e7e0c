/* SPDX-License-Identifier: MIT */
#include "db/script.h"

#include <string.h>

/* Whether the line [at, end) has anything but blanks and a comment. */
static bool has_code(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at < end && !(end - at >= 2 && at[0] == '-' && at[1] == '-');
}

static bool ends_statement(const char *at, const char *end)
{
    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return end > at && end[-1] == ';';
}

bool script_next(const char **at, const char **statement, size_t *len)
{
    const char *start = *at;
    bool code = false;
    while (**at != '\0') {
        const char *line = *at;
        const char *end = line + strcspn(line, "\n");
        *at = *end == '\0' ? end : end + 1;
        if (!has_code(line, end))
            continue;
        code = true;
        if (ends_statement(line, end))
            break;
    }
    *statement = start;
    *len = (size_t)(*at - start);
    return code;
}
