/* SPDX-License-Identifier: MIT */
#include "daemon/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/name.h"
#include "core/process.h"

/* Another process may replace the file between open and flock; each time means that a
 * daemon has just stopped. */
#define OPEN_ATTEMPTS 10

static int make_path(const char *folder, const char *service, struct pid_file *out,
                     struct helios_error *err)
{
    char file[NAME_MAX_LEN + 1];
    if (!name_file(service, file, sizeof file))
        return err_set(err, HELIOS_E_INVALID, "The service name %s is too long", service);
    int n = snprintf(out->path, sizeof out->path, "%s/%s.pid", folder, file);
    if (n < 0 || (size_t)n >= sizeof out->path)
        return err_set(err, HELIOS_E_CONFIG, "The folder of pid_path is too long: %s",
                       folder);
    return 0;
}

/* A pid as Perl and we write it: digits, an optional newline. 0 for anything else. */
static pid_t read_pid(int fd)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    if (text[0] < '0' || text[0] > '9')
        return 0;
    char *end;
    errno = 0;
    long pid = strtol(text, &end, 10);
    if (errno != 0 || (*end != '\0' && *end != '\n') || pid <= 1 || pid > INT_MAX)
        return 0;
    return (pid_t)pid;
}

/* The command line of a process with blanks between the words; "" if it cannot be read. */
static void read_command(pid_t pid, char *out, size_t cap)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    out[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, out, cap - 1);
    (void)close(fd);
    if (n < 0)
        n = 0;
    for (ssize_t i = 0; i < n; i++) {
        if (out[i] == '\0')
            out[i] = ' ';
    }
    out[n] = '\0';
}

/* Our own pid can be in the file, as can that of the process that waits for our start: in a
 * container the numbers begin again with every start. */
static bool is_us(pid_t pid)
{
    return pid == getpid() || pid == getppid();
}

bool pid_file_runs_service(pid_t pid, const char *service)
{
    /* Another user's runs too: root's, where we have become the account. */
    if (pid == 0 || is_us(pid) || (kill(pid, 0) != 0 && errno != EPERM))
        return false;
    if (process_hidden(pid))
        return true;
    char command[4096];
    read_command(pid, command, sizeof command);
    return strstr(command, service) != NULL || strstr(command, "helios.pl") != NULL;
}

static int running(const char *service, pid_t pid, struct helios_error *err)
{
    (void)err_set(err, HELIOS_E_SYSTEM, "%s service daemon already running (process %d).",
                  service, (int)pid);
    return 1;
}

static bool same_file(int fd, const char *path)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static int open_failed(const char *folder, const char *path, int errnum,
                       struct helios_error *err)
{
    struct stat st;
    if (errnum == EACCES && lstat(path, &st) == 0 && st.st_uid != geteuid())
        return err_set(
            err, HELIOS_E_SYSTEM,
            "The PID file %s belongs to user %u, and this user (%u) cannot write "
            "it: chown it and the scoreboard beside it to this user, or remove "
            "them when no daemon runs",
            path, (unsigned)st.st_uid, (unsigned)geteuid());
    if (errnum == ELOOP)
        return err_set(
            err, HELIOS_E_SYSTEM,
            "The PID file %s is a symbolic link, which is not followed; remove it", path);
    return err_errno(
        err, errnum,
        "Cannot make the PID file in the folder %s; create it, make it writable "
        "for this user, or set pid_path to another one",
        folder);
}

/* One attempt: 0 and a locked descriptor, 1 running, 2 the file was replaced meanwhile. */
static int open_locked(const char *folder, const char *service, struct pid_file *pidfile,
                       struct helios_error *err)
{
    int fd =
        open(pidfile->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (fd < 0)
        return open_failed(folder, pidfile->path, errno, err);
    int result = 0;
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        result = err_set(err, HELIOS_E_SYSTEM,
                         "The PID file %s is not a regular file; remove it", pidfile->path);
    else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        result = errno == EWOULDBLOCK
                     ? running(service, read_pid(fd), err)
                     : err_errno(err, errno, "Cannot lock the PID file %s", pidfile->path);
    else if (!same_file(fd, pidfile->path))
        result = 2;
    if (result == 0)
        pidfile->fd = fd;
    else
        (void)close(fd);
    return result;
}

int pid_file_open(const char *folder, const char *service, struct pid_file *out,
                  struct helios_error *err)
{
    *out = (struct pid_file)PID_FILE_INIT;
    if (make_path(folder, service, out, err) != 0)
        return -1;
    int result = 2;
    for (int i = 0; i < OPEN_ATTEMPTS && result == 2; i++)
        result = open_locked(folder, service, out, err);
    if (result == 2)
        return err_set(err, HELIOS_E_SYSTEM, "The PID file %s keeps being replaced",
                       out->path);
    if (result != 0)
        return result;
    pid_t pid = read_pid(out->fd);
    if (pid_file_runs_service(pid, service)) {
        pid_file_close(out);
        return running(service, pid, err);
    }
    return 0;
}

int pid_file_write(struct pid_file *pidfile, pid_t pid, struct helios_error *err)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%d\n", (int)pid);
    ssize_t written = pwrite(pidfile->fd, text, (size_t)n, 0);
    if (written != n || ftruncate(pidfile->fd, n) != 0)
        return err_errno(err, written >= 0 && written < n ? ENOSPC : errno,
                         "Cannot write the PID file %s", pidfile->path);
    return 0;
}

int pid_file_remove(struct pid_file *pidfile, struct helios_error *err)
{
    int result = 0;
    if (same_file(pidfile->fd, pidfile->path) && unlink(pidfile->path) != 0)
        result = err_errno(err, errno, "Cannot remove PID file %s", pidfile->path);
    pid_file_close(pidfile);
    return result;
}

void pid_file_close(struct pid_file *pidfile)
{
    if (pidfile->fd >= 0)
        (void)close(pidfile->fd);
    pidfile->fd = -1;
}
