/* SPDX-License-Identifier: MIT */
#include "conf/beside.h"

#include <string.h>

static void put(const char *ini_path, const char *path, size_t len, struct buf *out)
{
    const char *slash = ini_path == NULL ? NULL : strrchr(ini_path, '/');
    if (slash != NULL && len > 0 && path[0] != '/')
        buf_append(out, ini_path, (size_t)(slash - ini_path + 1));
    buf_append(out, path, len);
}

void beside_path(const char *ini_path, const char *path, struct buf *out)
{
    put(ini_path, path, strlen(path), out);
}

void beside_paths(const char *ini_path, const char *paths, struct buf *out)
{
    for (;;) {
        size_t len = strcspn(paths, ":");
        put(ini_path, paths, len, out);
        if (paths[len] == '\0')
            return;
        buf_putc(out, ':');
        paths += len + 1;
    }
}
