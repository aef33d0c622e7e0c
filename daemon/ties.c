/* SPDX-License-Identifier: MIT */
#include "daemon/ties.h"

#include <fcntl.h>
#include <unistd.h>

#include "daemon/heritage.h"

void ties_note(struct ties *ties)
{
    *ties = (struct ties){.master = {.st_ino = 0}};
    (void)fstat(HERITAGE_MASTER_FD, &ties->master);
    (void)fstat(HERITAGE_LOG_FD, &ties->log);
}

static bool same(int fd, const struct stat *noted)
{
    struct stat now;
    return fstat(fd, &now) == 0 && now.st_dev == noted->st_dev &&
           now.st_ino == noted->st_ino;
}

/* open() may give the number itself. */
static void occupy(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || null == fd)
        return;
    (void)dup3(null, fd, O_CLOEXEC);
    (void)close(null);
}

bool ties_master_holds(const struct ties *ties)
{
    return same(HERITAGE_MASTER_FD, &ties->master);
}

bool ties_hold(const struct ties *ties)
{
    if (same(HERITAGE_MASTER_FD, &ties->master) && same(HERITAGE_LOG_FD, &ties->log))
        return true;
    occupy(HERITAGE_MASTER_FD);
    occupy(HERITAGE_LOG_FD);
    return false;
}
