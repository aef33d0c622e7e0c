/* SPDX-License-Identifier: MIT */
#include "core/name.h"

#include <string.h>
#include <unistd.h>

/* ASCII only: the rule must not depend on a locale. */
static bool letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool word(char c)
{
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool name_valid(const char *name)
{
    size_t len = strlen(name);
    if (len < 2 || len > NAME_MAX_LEN || !letter(name[0]) || !word(name[len - 1]))
        return false;
    for (size_t i = 1; i < len; i++) {
        if (word(name[i]))
            continue;
        if (name[i] != ':' || name[i + 1] != ':')
            return false;
        i++;
    }
    return true;
}

bool name_file(const char *name, char *out, size_t cap)
{
    size_t len = strlen(name);
    if (len >= cap)
        return false;
    for (size_t i = 0; i <= len; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        out[i] = c == ':' ? '_' : c;
    }
    return true;
}

void name_host(char *out, size_t cap)
{
    if (cap == 0)
        return;
    if (gethostname(out, cap) != 0)
        out[0] = '\0';
    out[cap - 1] = '\0';
}
