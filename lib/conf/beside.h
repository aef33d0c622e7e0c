/* SPDX-License-Identifier: MIT */
#ifndef CONF_BESIDE_H
#define CONF_BESIDE_H

#include "core/buf.h"

/* A relative path begins in the folder of the ini, because a daemon's own folder is "/" and
 * a command may be called from anywhere. */

/* Appends `path`, absolute if that of the ini is. */
void beside_path(const char *ini_path, const char *path, struct buf *out);
/* The same for each of the paths that colons divide. Empty ones stay empty. */
void beside_paths(const char *ini_path, const char *paths, struct buf *out);

#endif
