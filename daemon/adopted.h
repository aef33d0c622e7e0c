/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ADOPTED_H
#define DAEMON_ADOPTED_H

#include "daemon/settle.h"

/* The scoreboards of masters that were killed: a start renames the one that it finds to
 * `<board>.<pid>.<number>`, and a poller settles what its processes held as they end. */
#define ADOPTED_MOST 16
struct adopted {
    struct board *board[ADOPTED_MOST];
    char *path[ADOPTED_MOST]; /* owned; NULL if memory ran out, then the file stays */
    unsigned count;
};

/* Maps what there is beside `board_path` of daemons of that collective (board_belongs());
 * more than ADOPTED_MOST wait for the next poller. */
void adopted_find(struct adopted *adopted, const char *board_path, uint64_t collective);
/* Settles each, and removes those of which nobody lives any more. Their own poller comes
 * first while it lives. `how` is for all of them, but for the board. `now` is the server's
 * clock. */
int adopted_settle(struct adopted *adopted, const struct settle *how, int64_t now,
                   struct helios_error *err);

#endif
