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

bool secret_name(const char *name, size_t len)
{
    return holds(name, len, "pass") || holds(name, len, "pwd") ||
           holds(name, len, "secret");
}
