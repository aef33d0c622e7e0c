/* SPDX-License-Identifier: MIT */
#include "db/sql.h"

#include <string.h>

static bool comment_begins(const char *at)
{
    return at[0] == '/' && at[1] == '*';
}

/* Servers run what is in one of these. */
static bool comment_is_run(const char *at)
{
    return at[2] == '!' || (at[2] == 'M' && at[3] == '!');
}

/* To the first character that is neither blank, comment nor semicolon. */
static const char *skip(const char *at)
{
    for (;;) {
        at += strspn(at, " \t\r\n\f\v;");
        if (at[0] == '#' || (at[0] == '-' && at[1] == '-')) {
            at += strcspn(at, "\n");
        } else if (comment_begins(at) && !comment_is_run(at)) {
            const char *end = strstr(at + 2, "*/");
            at = end == NULL ? at + strlen(at) : end + 2;
        } else {
            return at;
        }
    }
}

bool sql_blank(const char *text)
{
    return *skip(text) == '\0';
}
