/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ARGUMENTS_H
#define DAEMON_ARGUMENTS_H

#include <stdbool.h>

/* The command line of helios_d. */
struct arguments {
    const char *service; /* NULL if not given */
    const char *config;
    char *jobtypes; /* comma-separated, NULL if not given; free() */
    bool foreground, clear_halt, check, drain, debug;
};

/* -1: go on; else the exit code, everything having been said. Options may stand before or
 * after the class, in whatever case. */
int arguments_parse(int argc, char **argv, struct arguments *args);

void arguments_print_version(void);

#endif
