/* SPDX-License-Identifier: MIT */
#include "daemon/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/board.h"
#include "core/err.h"

#define MOUNT "/sys/fs/cgroup"
#define OWN   "own"

static bool join(char *out, const char *folder, const char *name)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return n > 0 && n < PATH_MAX;
}

/* The beginning of a small file, as text. */
static bool read_text(const char *folder, const char *name, char *out, size_t cap)
{
    char path[PATH_MAX];
    int fd = join(path, folder, name) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t n = read(fd, out, cap - 1);
    (void)close(fd);
    out[n < 0 ? 0 : n] = '\0';
    return n >= 0;
}

/* One write is one order to the kernel. */
static int write_text(const char *folder, const char *name, const char *text,
                      struct helios_error *err)
{
    char path[PATH_MAX];
    if (!join(path, folder, name))
        return err_set(err, HELIOS_E_CONFIG, "cgroup_path is too long: %s", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    size_t len = strlen(text);
    ssize_t n = fd < 0 ? -1 : write(fd, text, len);
    int saved = errno;
    if (fd >= 0)
        (void)close(fd);
    if (n != (ssize_t)len)
        return err_errno(err, saved, "control group: cannot write '%s' to %s", text, path);
    return 0;
}

/* ---- which ---- */

/* The line of version 2 is "0::/PATH". */
static int find_own(char out[PATH_MAX], struct helios_error *err)
{
    char lines[4096];
    if (!read_text("/proc/self", "cgroup", lines, sizeof lines))
        return err_set(err, HELIOS_E_SYSTEM, "cgroup_path: /proc/self/cgroup: %s",
                       strerror(errno));
    const char *line = strncmp(lines, "0::", 3) == 0 ? lines : strstr(lines, "\n0::");
    if (line == NULL)
        return err_set(err, HELIOS_E_CONFIG,
                       "cgroup_path=own: this host has no control groups of version 2");
    line += line == lines ? 3 : 4;
    size_t len = strcspn(line, "\n");
    if (len <= 1)
        return err_set(
            err, HELIOS_E_CONFIG,
            "cgroup_path=own: the daemon is in the topmost control group, which is "
            "nobody's to divide; start it in one of its own (Delegate= of its "
            "unit)");
    int n = snprintf(out, PATH_MAX, "%s%.*s", MOUNT, (int)len, line);
    if (n < 0 || n >= PATH_MAX)
        return err_set(err, HELIOS_E_CONFIG, "cgroup_path=own: the path is too long");
    return 0;
}

static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = text; *at != '\0';) {
        size_t n = strcspn(at, " \n");
        if (n == len && memcmp(at, word, len) == 0)
            return true;
        at += n + (at[n] != '\0');
    }
    return false;
}

int cgroup_find(const char *wanted, char out[PATH_MAX], struct helios_error *err)
{
    char controllers[512], procs[PATH_MAX];
    if (strcmp(wanted, OWN) == 0) {
        if (find_own(out, err) != 0)
            return -1;
    } else if (strlen(wanted) >= PATH_MAX) {
        return err_set(err, HELIOS_E_CONFIG, "cgroup_path is too long");
    } else {
        (void)snprintf(out, PATH_MAX, "%s", wanted);
    }
    if (!read_text(out, "cgroup.controllers", controllers, sizeof controllers))
        return err_set(err, HELIOS_E_CONFIG,
                       "cgroup_path: %s is no control group of version 2 (%s)", out,
                       strerror(errno));
    if (!has_word(controllers, "memory") || !has_word(controllers, "pids"))
        return err_set(err, HELIOS_E_CONFIG,
                       "cgroup_path: %s has not the controllers memory and pids; delegate "
                       "them (Delegate=memory pids in the unit)",
                       out);
    if (access(out, W_OK | X_OK) != 0 || !join(procs, out, "cgroup.procs") ||
        access(procs, W_OK) != 0)
        return err_set(err, HELIOS_E_CONFIG,
                       "cgroup_path: %s is not delegated to user %u (%s)", out,
                       (unsigned)geteuid(), strerror(errno));
    return 0;
}

/* ---- groups below ---- */

static int make_group(const char *folder, const char *name, char out[PATH_MAX],
                      struct helios_error *err)
{
    if (!join(out, folder, name))
        return err_set(err, HELIOS_E_CONFIG, "cgroup_path is too long: %s", folder);
    if (mkdir(out, 0755) != 0 && errno != EEXIST)
        return err_errno(err, errno, "control group %s", out);
    return 0;
}

static void worker_name(unsigned slot, char out[32])
{
    (void)snprintf(out, 32, "worker.%u", slot);
}

int cgroup_begin(const char *folder, struct helios_error *err)
{
    char own[PATH_MAX];
    if (make_group(folder, "daemon", own, err) != 0 ||
        write_text(own, "cgroup.procs", "0", err) != 0)
        return -1;
    return write_text(folder, "cgroup.subtree_control", "+memory +pids", err);
}

static int write_limit(const char *group, const char *name, int64_t value,
                       struct helios_error *err)
{
    char text[32];
    if (value > 0)
        (void)snprintf(text, sizeof text, "%" PRId64, value);
    else
        (void)snprintf(text, sizeof text, "max");
    return write_text(group, name, text, err);
}

int cgroup_enter(const char *folder, unsigned slot, int64_t memory_mb, int64_t pids,
                 struct helios_error *err)
{
    char name[32], group[PATH_MAX];
    worker_name(slot, name);
    /* A new one counts from zero. One in which processes were left behind stays. */
    if (join(group, folder, name))
        (void)rmdir(group);
    if (make_group(folder, name, group, err) != 0 ||
        write_limit(group, "memory.max", memory_mb * 1024 * 1024, err) != 0 ||
        write_limit(group, "pids.max", pids, err) != 0)
        return -1;
    return write_text(group, "cgroup.procs", "0", err);
}

bool cgroup_oom_killed(const char *folder, unsigned slot)
{
    char name[32], group[PATH_MAX], events[1024];
    worker_name(slot, name);
    if (!join(group, folder, name) ||
        !read_text(group, "memory.events", events, sizeof events))
        return false;
    const char *line =
        strncmp(events, "oom_kill ", 9) == 0 ? events : strstr(events, "\noom_kill ");
    return line != NULL && strtoull(strchr(line, ' '), NULL, 10) > 0;
}

void cgroup_end(const char *folder)
{
    char name[32], group[PATH_MAX];
    for (unsigned slot = 0; slot < BOARD_SLOTS; slot++) {
        worker_name(slot, name);
        /* Slots are filled from the first on. */
        if (!join(group, folder, name) || (rmdir(group) != 0 && errno == ENOENT))
            return;
    }
}
