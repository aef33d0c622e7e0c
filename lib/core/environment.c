/* SPDX-License-Identifier: MIT */
#include "core/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Those that end with '_' begin many names. What the service manager tells is for the
 * master; spawn_reset() takes it from the others. */
static const char *const kept[] = {
    "PATH", "HOME",   "USER",    "LOGNAME",       "LANG",      "LANGUAGE", "LC_",
    "TZ",   "TMPDIR", "HELIOS_", "NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_",
};

static bool is_kept(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        size_t n = strlen(kept[i]);
        bool many = kept[i][n - 1] == '_';
        if ((many ? len > n : len == n) && memcmp(name, kept[i], n) == 0)
            return true;
    }
    return false;
}

static bool is_passed(const char *name, size_t len, const char *pass)
{
    for (const char *at = pass == NULL ? "" : pass; *at != '\0';) {
        size_t n = strcspn(at, ", \t");
        if (n == len && memcmp(at, name, len) == 0)
            return true;
        at += n + (at[n] != '\0');
    }
    return false;
}

void environment_reduce(const char *pass)
{
    for (char **var = environ; var != NULL && *var != NULL;) {
        size_t len = strcspn(*var, "=");
        char *name = NULL;
        if (is_kept(*var, len) || is_passed(*var, len, pass) ||
            (name = strndup(*var, len)) == NULL || unsetenv(name) != 0)
            var++; /* else another one has taken this place */
        free(name);
    }
}
