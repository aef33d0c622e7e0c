/* SPDX-License-Identifier: MIT */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include "store/store.h"

/* The changes of a collective as they are committed: on a server out of its binary log,
 * with SQLite by looking whether the file has changed. What is seen is a hint: an event may
 * come before its COMMIT can be seen by others, and what was changed while nobody watched
 * is never told. */
struct store_watch;

struct store_watch_wish {
    const char *service;
    const char *const *jobtypes;
    size_t jobtypes_n;
};

/* What a step has brought. */
struct store_change {
    unsigned due;      /* jobs of ours that became free and are due */
    int64_t next_ms;   /* in so many ms the first of those that are due later; -1: none */
    bool params;       /* rows of the service were added, changed or deleted */
    bool unclear;      /* something has changed, and what it was cannot be told */
    bool ours;         /* a change of this database, be it of another table */
    bool registration; /* of a daemon, be it this one */
    size_t bytes;      /* read for it */
};

/* Connects, and watches from now on. 1: it cannot be done here, `err` says why in words for
 * people. */
int store_watch_open(const struct dsn *dsn, const char *user, const char *password,
                     const struct store_watch_wish *wish, struct store_watch **out,
                     struct helios_error *err);
void store_watch_close(struct store_watch *watch);

/* A descriptor that is readable when there may be something to read: of SQLite only; -1 on
 * a server, where store_watch_next() waits itself. */
int store_watch_fd(const struct store_watch *watch);

/* The next step; on a server waits for it, at most for some seconds. 1: what it relies on
 * has changed (a jobtype came to be, a table was altered, an event was too large): open
 * another one; `err` says what it was. */
int store_watch_next(struct store_watch *watch, struct store_change *out,
                     struct helios_error *err);

#endif
