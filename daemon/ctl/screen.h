/* SPDX-License-Identifier: MIT */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include <helios/error.h>

#include "daemon/ctl/view.h"

/* The terminal, by ncurses: it sends only what has changed, follows changes of the size,
 * and gives the terminal back while the program is stopped by ^Z. */

enum screen_typed {
    TYPED_NOTHING = -1,
    TYPED_GONE = -2, /* the terminal */
    TYPED_RESIZED = -3,
    TYPED_UP = -4,
    TYPED_DOWN = -5,
    TYPED_ERASE = -6,
    TYPED_DONE = -7,  /* Enter */
    TYPED_LEAVE = -8, /* Esc */
    TYPED_REDRAW = -9
};

/* Takes the terminal. -1: it is none that could be used. From here on the terminal is given
 * back when the program crashes. */
int screen_open(bool colour, struct helios_error *err);
/* Gives it back as it was; nothing if it was not taken. */
void screen_close(void);
void screen_size(size_t *columns, size_t *rows);
void screen_draw(const struct view *view);
/* A character, or one of enum screen_typed; does not wait. */
int screen_key(void);
void screen_redraw(void);

#endif
