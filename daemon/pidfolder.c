/* SPDX-License-Identifier: MIT */
#include "daemon/pidfolder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/name.h"

/* <name>.pid, <name>.board, and <name>.board.<...>, which was set aside. */
static bool is_ours(const char *file)
{
    const char *dot = strchr(file, '.');
    if (dot == NULL || dot == file)
        return false;
    return strcmp(dot, ".pid") == 0 || strcmp(dot, ".board") == 0 ||
           strncmp(dot, ".board.", 7) == 0;
}

static bool of_service(const char *file, const char *name)
{
    size_t len = strlen(name);
    return strncmp(file, name, len) == 0 && file[len] == '.' && is_ours(file);
}

/* A file that root left, given by descriptor: what somebody may have put in its place is
 * looked at before it changes hands. A second name would be a file of elsewhere. */
static int give_file(int folder, const char *file, const struct account *account)
{
    struct stat st;
    int fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    int rc = fstat(fd, &st);
    if (rc == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1)
        rc = fchown(fd, account->uid, account->gid);
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return rc;
}

/* Calls for each entry; stops at a value other than 0 and gives it. -1: cannot be read. */
static int each_entry(int folder, const char *name, const struct account *account,
                      int (*entry)(int, const char *, const char *, const struct account *))
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    int rc = 0;
    for (const struct dirent *e = readdir(dir); rc == 0 && e != NULL; e = readdir(dir))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            rc = entry(folder, e->d_name, name, account);
    (void)closedir(dir);
    return rc;
}

static int foreign_entry(int folder, const char *file, const char *name,
                         const struct account *account)
{
    (void)folder;
    (void)name;
    (void)account;
    return is_ours(file) ? 0 : 1;
}

static int give_entry(int folder, const char *file, const char *name,
                      const struct account *account)
{
    return of_service(file, name) ? give_file(folder, file, account) : 0;
}

static bool writable(const struct stat *st, const struct account *account)
{
    if (st->st_uid == account->uid)
        return (st->st_mode & (S_IWUSR | S_IXUSR)) == (S_IWUSR | S_IXUSR);
    if (st->st_gid == account->gid)
        return (st->st_mode & (S_IWGRP | S_IXGRP)) == (S_IWGRP | S_IXGRP);
    return (st->st_mode & (S_IWOTH | S_IXOTH)) == (S_IWOTH | S_IXOTH);
}

static int hand_over(int folder, bool rooted, const char *path, const char *name,
                     const struct account *account, bool make, struct helios_error *err)
{
    struct stat st;
    if (fstat(folder, &st) != 0)
        return err_errno(err, errno, "PID folder %s", path);
    bool theirs = writable(&st, account);
    if (!theirs && (!rooted || st.st_uid != 0 ||
                    each_entry(folder, name, account, foreign_entry) != 0))
        return err_set(
            err, HELIOS_E_SYSTEM,
            "PID folder %s is not writable for user %u (run_as_user), and is not "
            "the daemons' alone: chown it, or set pid_path in helios.ini to a "
            "folder of its own",
            path, (unsigned)account->uid);
    if (!make || !rooted)
        return 0;
    if (!theirs && fchown(folder, account->uid, account->gid) != 0)
        return err_errno(err, errno, "cannot give the PID folder %s to user %u", path,
                         (unsigned)account->uid);
    if (each_entry(folder, name, account, give_entry) != 0)
        return err_errno(err, errno, "cannot give the files in %s to user %u", path,
                         (unsigned)account->uid);
    return 0;
}

/* Only root can put another entry of the folder in the place of one that is root's. */
static bool roots_alone(int folder)
{
    struct stat st;
    return fstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == 0 &&
           ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (st.st_mode & S_ISVTX) != 0);
}

/* The way to the folder, a part at a time: `rest` is what is left of it, `at` where it
 * begins. */
struct way {
    int at;
    unsigned links;
    char rest[PATH_MAX];
};

#define LINKS_MOST 40

static int step_to(struct way *way, int fd)
{
    (void)close(way->at);
    way->at = fd;
    return fd < 0 ? -1 : 0;
}

/* Puts what the link names before the rest. */
static int follow(struct way *way, int link)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(link, "", target, sizeof target - 1);
    if (n <= 0 || ++way->links > LINKS_MOST)
        return -1;
    target[n] = '\0';
    size_t used = (size_t)n;
    if (used + 1 + strlen(way->rest) >= sizeof target)
        return -1;
    target[used] = '/';
    (void)strlcpy(target + used + 1, way->rest, sizeof target - used - 1);
    memcpy(way->rest, target, sizeof way->rest);
    return target[0] == '/' ? step_to(way, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) : 0;
}

/* One part; a missing last one is made if `make`. */
static int walk_on(struct way *way, bool make)
{
    struct stat st;
    size_t skip = strspn(way->rest, "/");
    size_t len = strcspn(way->rest + skip, "/");
    char part[NAME_MAX + 1];
    if (len == 0 || len >= sizeof part || !roots_alone(way->at))
        return -1;
    memcpy(part, way->rest + skip, len);
    part[len] = '\0';
    memmove(way->rest, way->rest + skip + len, strlen(way->rest + skip + len) + 1);
    bool last = way->rest[strspn(way->rest, "/")] == '\0';
    int fd = openat(way->at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && last && make && mkdirat(way->at, part, 0755) == 0)
        fd = openat(way->at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISLNK(st.st_mode))
        return step_to(way, fd);
    int rc = follow(way, fd);
    (void)close(fd);
    return rc;
}

/* Opens the folder by a way on which nobody but root could have put something else: what
 * root does to it is done to what was meant. -1 if there is no such way. */
static int open_rooted(const char *path, bool make)
{
    struct way way = {.at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (way.at < 0 || path[0] != '/' ||
        strlcpy(way.rest, path, sizeof way.rest) >= sizeof way.rest)
        return step_to(&way, -1);
    while (way.rest[strspn(way.rest, "/")] != '\0')
        if (walk_on(&way, make) != 0)
            return step_to(&way, -1);
    int folder = openat(way.at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)close(way.at);
    return folder;
}

/* As the account would, with none of root's rights. */
static int open_as(const struct account *account, const char *path, bool make)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (setegid(account->gid) != 0 || seteuid(account->uid) != 0)
        return -1;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 && errno == ENOENT && make && mkdir(path, 0755) == 0)
        folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int saved = errno;
    if (seteuid(uid) != 0 || setegid(gid) != 0)
        abort(); /* root again, or nothing that follows is right */
    errno = saved;
    return folder;
}

int pidfolder_prepare(const char *path, const char *service, const struct account *account,
                      bool make, struct helios_error *err)
{
    char name[NAME_MAX_LEN + 1];
    if (!name_file(service, name, sizeof name))
        return err_set(err, HELIOS_E_INVALID, "The service name %s is too long", service);
    int folder = open_rooted(path, make);
    bool rooted = folder >= 0;
    if (!rooted)
        folder = open_as(account, path, make);
    if (folder < 0 && errno == ENOENT && !make)
        return 0;
    if (folder < 0)
        return err_errno(err, errno, "PID folder %s", path);
    int rc = hand_over(folder, rooted, path, name, account, make, err);
    (void)close(folder);
    return rc;
}
