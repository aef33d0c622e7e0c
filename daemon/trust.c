/* SPDX-License-Identifier: MIT */
#include "daemon/trust.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

/* Where the usual umask of a user is 002, all that he makes is writable for a group which
 * has his name and nobody else in it. */
static bool is_private_group(gid_t gid)
{
    const struct passwd *user = getpwuid(geteuid());
    if (user == NULL || user->pw_gid != gid)
        return false;
    char name[LOGIN_NAME_MAX];
    size_t len = strlcpy(name, user->pw_name, sizeof name);
    const struct group *group = getgrgid(gid);
    if (group == NULL || len >= sizeof name || strcmp(group->gr_name, name) != 0)
        return false;
    for (char **member = group->gr_mem; *member != NULL; member++)
        if (strcmp(*member, name) != 0)
            return false;
    return true;
}

/* The file that this process runs. */
#define PROGRAM "/proc/self/exe"

static bool owns_program(uid_t uid)
{
    struct stat st;
    return stat(PROGRAM, &st) == 0 && st.st_uid == uid;
}

/* Whether the program lies in the folder or below: who may write there could replace the
 * program itself, so nothing is gained by keeping him from replacing what it loads. */
static bool holds_program(const char *folder)
{
    char path[PATH_MAX];
    size_t len = strlen(folder);
    ssize_t n = readlink(PROGRAM, path, sizeof path);
    return n > (ssize_t)len && memcmp(path, folder, len) == 0 && path[len] == '/';
}

static int check_owner(const char *path, const struct stat *st, struct helios_error *err)
{
    if (st->st_uid == 0 || st->st_uid == geteuid() || owns_program(st->st_uid))
        return 0;
    return err_set(err, HELIOS_E_PLUGIN,
                   "%s belongs to user %u, who could change what is loaded: it must belong "
                   "to root or to the daemon's user %u",
                   path, (unsigned)st->st_uid, (unsigned)geteuid());
}

static int check_mode(const char *path, const struct stat *st, struct helios_error *err)
{
    if (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0)
        return 0;
    bool others = (st->st_mode & S_IWOTH) != 0;
    if (!others && ((st->st_mode & S_IWGRP) == 0 || is_private_group(st->st_gid)))
        return 0;
    return err_set(err, HELIOS_E_PLUGIN,
                   "%s is writable for %s, who could change what is loaded: chmod %s %s",
                   path, others ? "everybody" : "its group", others ? "go-w" : "g-w", path);
}

static int check_one(const char *path, bool folder, struct helios_error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return err_set(err, HELIOS_E_PLUGIN, "%s: %s", path, strerror(errno));
    if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
        return err_set(err, HELIOS_E_PLUGIN, "%s is not a %s", path,
                       folder ? "folder" : "regular file");
    return check_owner(path, &st, err) != 0 ? -1 : check_mode(path, &st, err);
}

int trust_file(const char *path, char *out, size_t cap, struct helios_error *err)
{
    char above[PATH_MAX];
    if (realpath(path, above) == NULL)
        return err_set(err, HELIOS_E_PLUGIN, "%s: %s", path, strerror(errno));
    if (strlcpy(out, above, cap) >= cap)
        return err_set(err, HELIOS_E_PLUGIN, "%s is too long a path", above);
    if (check_one(above, false, err) != 0)
        return -1;
    for (;;) {
        *strrchr(above, '/') = '\0';
        if (above[0] == '\0' || holds_program(above))
            return 0;
        if (check_one(above, true, err) != 0)
            return -1;
    }
}
