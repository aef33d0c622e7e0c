/* SPDX-License-Identifier: MIT */
#include "core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Field 22 of a line of /proc/PID/stat; -1 for a process that has ended or for other text.
 * The second field is the program's name in parentheses and may hold blanks and
 * parentheses, so counting starts behind the last one. */
static int64_t parse_start(const char *line)
{
    const char *p = strrchr(line, ')');
    if (p == NULL || p[1] != ' ')
        return -1;
    p += 2;
    if (*p == 'Z' || *p == 'X')
        return -1;
    for (int field = 3; field < 22; field++) {
        p = strchr(p, ' ');
        if (p == NULL)
            return -1;
        p++;
    }
    char *end;
    errno = 0;
    long long ticks = strtoll(p, &end, 10);
    return end == p || *end != ' ' || errno != 0 || ticks < 0 ? -1 : ticks;
}

int64_t process_start(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%jd/stat", (intmax_t)pid);
    int fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return -1;
    char line[2048];
    ssize_t len;
    do {
        len = read(fd, line, sizeof line - 1);
    } while (len < 0 && errno == EINTR);
    (void)close(fd);
    if (len <= 0)
        return -1;
    line[len] = '\0';
    return parse_start(line);
}

bool process_hidden(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%jd/stat", (intmax_t)pid);
    if (pid <= 0 || kill(pid, 0) != 0)
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)close(fd);
    return fd < 0;
}

bool process_lives(pid_t pid, int64_t start)
{
    int64_t now = process_start(pid);
    return now >= 0 ? start <= 0 || now == start : process_hidden(pid);
}
