/* SPDX-License-Identifier: MIT */
#include "daemon/adopted.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/process.h"

void adopted_find(struct adopted *adopted, const char *board_path, uint64_t collective)
{
    char pattern[4200];
    glob_t found;
    (void)snprintf(pattern, sizeof pattern, "%s.*", board_path);
    if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc && adopted->count < ADOPTED_MOST; i++) {
        struct board *board = NULL;
        char *path = found.gl_pathv[i];
        size_t len = strlen(path);
        if (len > 4 && strcmp(path + len - 4, ".new") == 0)
            continue;
        struct helios_error err = HELIOS_ERROR_INIT;
        if (board_open(path, true, &board, &err) != 0) {
            log_warning(
                "The jobs that an earlier daemon held cannot be settled, and stay locked "
                "until their leases run out; then remove the file: %s",
                err.text);
            continue;
        }
        if (!board_belongs(board, collective)) {
            log_warning(
                "%s is of a daemon that works for another database and settles it at "
                "its next start; give each collective of a host a pid_path of its own",
                path);
            board_close(board);
            continue;
        }
        adopted->board[adopted->count] = board;
        adopted->path[adopted->count++] = strdup(path);
    }
    globfree(&found);
}

static bool poller_lives(const struct board *board)
{
    return process_lives(atomic_load(&board->poller_pid),
                         atomic_load(&board->poller_pid_start));
}

/* 1 while somebody of it lives, or something cannot be settled yet. */
static int settle_one(struct board *board, const struct settle *how, int64_t now,
                      struct helios_error *err)
{
    struct settle s = *how;
    unsigned left = 0;
    s.board = board;
    if (poller_lives(board))
        return 1;
    if (settle_living(&s, now, INT64_MAX, err) != 0 || settle_orphans(&s, &left, err) != 0)
        return -1;
    return left > 0 ? 1 : 0;
}

static void remove_one(struct adopted *adopted, unsigned i)
{
    if (adopted->path[i] != NULL)
        (void)unlink(adopted->path[i]);
    board_close(adopted->board[i]);
    free(adopted->path[i]);
    adopted->count--;
    adopted->board[i] = adopted->board[adopted->count];
    adopted->path[i] = adopted->path[adopted->count];
}

int adopted_settle(struct adopted *adopted, const struct settle *how, int64_t now,
                   struct helios_error *err)
{
    for (unsigned i = adopted->count; i-- > 0;) {
        int rc = settle_one(adopted->board[i], how, now, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            remove_one(adopted, i);
    }
    return 0;
}
