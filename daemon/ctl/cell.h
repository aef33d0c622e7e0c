/* SPDX-License-Identifier: MIT */
#ifndef CTL_CELL_H
#define CTL_CELL_H

#include <stddef.h>

/* UTF-8 text in the columns of a terminal. Characters are as wide as the locale's wcwidth()
 * says (cell_locale()): two columns for CJK, none for combining marks. */

/* Sets LC_CTYPE to UTF-8, whatever LANG says: that is what the database holds and what all
 * commands print. Once, at the start of the program. */
void cell_locale(void);
/* The columns that `text`, which text_line() has made safe, takes. */
size_t cell_width(const char *text);
/* The bytes of the longest beginning of `text` that takes no more than `columns`. */
size_t cell_bytes(const char *text, size_t columns);
/* The longest ending of `text` that takes no more than `columns`. */
const char *cell_tail(const char *text, size_t columns);

#endif
