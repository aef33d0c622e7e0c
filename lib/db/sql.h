/* SPDX-License-Identifier: MIT */
#ifndef DB_SQL_H
#define DB_SQL_H

#include <stdbool.h>

/* What we have to know of the text of a statement. Pure. */

/* Nothing but blanks, comments and semicolons. */
bool sql_blank(const char *text);

#endif
