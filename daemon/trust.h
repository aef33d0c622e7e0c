/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_TRUST_H
#define DAEMON_TRUST_H

#include <stddef.h>

#include <helios/error.h>

/* Code that is loaded does what the daemon may do, so it must come from where nobody else
 * can put it. `path` without its symbolic links goes to `out` and must be a regular file
 * that belongs to root or to the daemon's user and that no other may write; so must be each
 * folder above it. A folder in which files can be removed by their owners only (the sticky
 * bit, as of /tmp) may be writable for others, since what lies in it is checked itself. The
 * group of the daemon's user counts as the user when it has the user's name and no other
 * member. Who owns the running program, or may write to a folder
 * above it, could replace the program itself: he counts as the daemon's user, and the
 * folders that are above both are not looked at. 0, or -1 and HELIOS_E_PLUGIN with the
 * reason. */
int trust_file(const char *path, char *out, size_t cap, struct helios_error *err);

#endif
