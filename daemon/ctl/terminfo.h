/* SPDX-License-Identifier: MIT */
#ifndef CTL_TERMINFO_H
#define CTL_TERMINFO_H

#include <stdbool.h>

/* Apart from other users of ncurses, since <term.h> makes macros of words like `columns`.
 */

/* Whether TERM names a terminal that is described here. newterm(3) finds that out too, but
 * too late to give back its memory. */
bool terminfo_known(void);

#endif
