/* SPDX-License-Identifier: MIT */
#include "core/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"

int ini_locate(const char *path, const char **out, struct helios_error *err)
{
    const char *named = getenv("HELIOS_INI");
    if (path == NULL && named != NULL && named[0] == '\0')
        return err_set(err, HELIOS_E_CONFIG,
                       "HELIOS_INI is set but empty: set it to the path of helios.ini, or "
                       "unset it to use ./helios.ini");
    if (path == NULL)
        path = named != NULL ? named : "./helios.ini";
    *out = path;
    return 0;
}

static int cannot(const char *path, const char *why, struct helios_error *err)
{
    return err_set(err, HELIOS_E_CONFIG,
                   "cannot read configuration file %s: %s; name another with --config or "
                   "HELIOS_INI",
                   path, why);
}

/* A daemon changes its directory and reads the file again on HUP, so the path is made
 * absolute; symbolic links stay, because they may be switched to another file. */
static char *absolute(const char *path)
{
    char cwd[PATH_MAX];
    if (path[0] == '/' || getcwd(cwd, sizeof cwd) == NULL)
        return strdup(path);
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    struct buf full = BUF_INIT;
    buf_printf(&full, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path);
    return buf_steal(&full, NULL);
}

/* A FIFO or a device could block the reader, and could not be read again on HUP. */
static int open_regular(const char *path, unsigned *mode, struct helios_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return cannot(path, strerror(errno), err);
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *mode = st.st_mode & 07777;
        return fd;
    }
    (void)close(fd);
    return cannot(path, "not a regular file", err);
}

static int read_all(int fd, const char *path, struct buf *out, struct helios_error *err)
{
    char block[16384];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot(path, strerror(errno), err);
        buf_append(out, block, (size_t)n);
        if (out->len > INI_SIZE_MAX)
            return cannot(path, "larger than 1 MiB", err);
    }
    if (out->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while reading %s", path);
    return 0;
}

int ini_load(const char *path, struct ini **out, struct helios_error *err)
{
    int result = -1;
    int fd = -1;
    unsigned mode = 0;
    struct buf text = BUF_INIT;
    char *full = absolute(path);
    if (full == NULL) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory while reading %s", path);
        goto out;
    }
    fd = open_regular(full, &mode, err);
    if (fd < 0 || read_all(fd, full, &text, err) != 0)
        goto out;
    result = ini_parse(full, buf_text(&text), text.len, out, err);
    if (result == 0)
        (*out)->mode = mode;
out:
    if (fd >= 0)
        (void)close(fd);
    buf_fini(&text);
    free(full);
    return result;
}
