/* SPDX-License-Identifier: MIT */
#ifndef CTL_DOUBT_H
#define CTL_DOUBT_H

#include <stdbool.h>

#include "daemon/ctl/ctl.h"

/* What is said about a parameter before it is written into the table. */

/* Whether a row by this name would be reported by every daemon, and obeyed by none. */
bool doubt_file_only(const char *param);
#define DOUBT_FILE_ONLY "%s belongs into helios.ini: it is not obeyed in the table"

/* What may be shown of a value: "(hidden)" of a secret; NULL of NULL. */
const char *doubt_shown(const char *param, const char *value);

#endif
