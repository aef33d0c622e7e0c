/* SPDX-License-Identifier: MIT */
#include "conf/dsn_split.h"

#include <string.h>
#include <strings.h>

bool dsn_part_is(struct dsn_part part, const char *text)
{
    return strlen(text) == part.len && memcmp(part.at, text, part.len) == 0;
}

bool dsn_part_is_nocase(struct dsn_part part, const char *text)
{
    return strlen(text) == part.len && strncasecmp(part.at, text, part.len) == 0;
}

bool dsn_part_skip(struct dsn_part *part, const char *prefix)
{
    size_t len = strlen(prefix);
    if (part->len < len || memcmp(part->at, prefix, len) != 0)
        return false;
    part->at += len;
    part->len -= len;
    return true;
}

static struct dsn_part trim(struct dsn_part s)
{
    while (s.len > 0 && strchr(" \t", s.at[0]) != NULL) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && strchr(" \t", s.at[s.len - 1]) != NULL)
        s.len--;
    return s;
}

/* Cuts `part` at the first `sign`; false if it holds none. */
static bool cut(struct dsn_part part, char sign, struct dsn_part *left,
                struct dsn_part *right)
{
    const char *at = memchr(part.at, sign, part.len);
    if (at == NULL)
        return false;
    size_t len = (size_t)(at - part.at);
    *left = (struct dsn_part){part.at, len};
    *right = (struct dsn_part){at + 1, part.len - len - 1};
    return true;
}

static bool word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

bool dsn_split_head(const char *text, struct dsn_head *out)
{
    if (strncasecmp(text, "dbi:", 4) != 0)
        return false;
    const char *at = text + 4;
    size_t len = 0;
    while (word(at[len]))
        len++;
    out->driver = (struct dsn_part){at, len};
    at += len;
    out->attributes = (struct dsn_part){at, 0};
    if (at[0] == '(') {
        const char *end = strstr(at, "):");
        if (end == NULL)
            return false;
        out->attributes = (struct dsn_part){at + 1, (size_t)(end - at - 1)};
        at = end + 1;
    }
    if (at[0] != ':')
        return false;
    out->rest = (struct dsn_part){at + 1, strlen(at + 1)};
    return true;
}

int dsn_split_attributes(struct dsn_part text, dsn_key_fn *key, void *arg)
{
    while (text.len > 0) {
        struct dsn_part one = text, name, value;
        if (!cut(text, ',', &one, &text))
            text.len = 0;
        if (!cut(one, '=', &name, &value))
            continue;
        (void)dsn_part_skip(&value, ">");
        if (key(arg, trim(name), trim(value)) != 0)
            return -1;
    }
    return 0;
}

/* The end of the brackets that are open at `limit`; 0 if there are none. DBD::mysql looks
 * for the last ']' of the text instead, and so swallows what stands between two addresses.
 */
static size_t bracket_end(struct dsn_part text, size_t limit)
{
    if (memchr(text.at, '[', limit) == NULL)
        return 0;
    for (size_t i = limit; i < text.len; i++)
        if (text.at[i] == ']' &&
            (i + 1 == text.len || strchr(":;", text.at[i + 1]) != NULL))
            return i + 1;
    return 0;
}

size_t dsn_split_mysql_end(struct dsn_part text)
{
    size_t end = 0;
    while (end < text.len && strchr(":;", text.at[end]) == NULL)
        end++;
    size_t bracket = end > 0 && text.at[end - 1] == ']' ? 0 : bracket_end(text, end);
    return bracket > 0 ? bracket : end;
}

/* A host is "[address]", with nothing else in brackets. */
static struct dsn_part unbracket(struct dsn_part s)
{
    if (s.len >= 2 && s.at[0] == '[' && s.at[s.len - 1] == ']')
        s = (struct dsn_part){s.at + 1, s.len - 2};
    return s;
}

int dsn_split_mysql(struct dsn_part text, dsn_key_fn *key, dsn_value_fn *positional,
                    void *arg)
{
    while (text.len > 0) {
        size_t end = dsn_split_mysql_end(text);
        struct dsn_part one = {text.at, end}, name, value;
        size_t step = end < text.len ? end + 1 : end;
        text = (struct dsn_part){text.at + step, text.len - step};
        int result = cut(one, '=', &name, &value) ? key(arg, name, unbracket(value))
                                                  : positional(arg, unbracket(one));
        if (result != 0)
            return -1;
    }
    return 0;
}

int dsn_split_sqlite(struct dsn_part text, dsn_key_fn *key, void *arg)
{
    while (text.len > 0) {
        struct dsn_part one = text, name, value;
        if (!cut(text, ';', &one, &text))
            text.len = 0;
        if (cut(one, '=', &name, &value) && key(arg, name, value) != 0)
            return -1;
    }
    return 0;
}
