/* SPDX-License-Identifier: MIT */
#include "conf/secret.h"

#include <string.h>
#include <strings.h>

static bool holds(const char *name, size_t len, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(name + i, word, n) == 0)
            return true;
    return false;
}

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Whether a word ends between these two: monkey and keep hold no word "key", apiKey does.
 */
static bool divides(char left, char right)
{
    return !(upper(left) || lower(left)) || !(upper(right) || lower(right)) ||
           (lower(left) && upper(right));
}

static bool holds_key(const char *name, size_t len)
{
    for (size_t i = 0; i + 3 <= len; i++) {
        size_t end = i + 3;
        if (strncasecmp(name + i, "key", 3) != 0 ||
            (i > 0 && !divides(name[i - 1], name[i])))
            continue;
        if (end < len && (name[end] == 's' || name[end] == 'S'))
            end++;
        if (end == len || divides(name[end - 1], name[end]))
            return true;
    }
    return false;
}

bool secret_name(const char *name, size_t len)
{
    static const char *const words[] = {"pass",  "pwd",        "secret",
                                        "token", "credential", "apikey"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (holds(name, len, words[i]))
            return true;
    return holds_key(name, len);
}
