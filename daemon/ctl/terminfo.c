/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/terminfo.h"

#include <curses.h>
#include <term.h>
#include <unistd.h>

bool terminfo_known(void)
{
    int found = 0;
    if (setupterm(NULL, STDOUT_FILENO, &found) != OK)
        return false;
    (void)del_curterm(cur_term);
    return true;
}
