/* SPDX-License-Identifier: MIT */
#ifndef DB_SQL_H
#define DB_SQL_H

#include <stdbool.h>

/* What we have to know of the text of a statement. Pure. */

/* What a statement does to transactions, as far as its first words tell. */
enum sql_kind {
    SQL_PLAIN,
    SQL_CONTROL,  /* begins or ends one, or asks the session to */
    SQL_COMMITS,  /* on a server it commits the one that is open, and then does its work */
    SQL_SAVEPOINT /* means nothing outside of one, where SQLite begins one with it */
};
enum sql_kind sql_kind(const char *text);

/* Nothing but blanks, comments and semicolons. */
bool sql_blank(const char *text);

#endif
