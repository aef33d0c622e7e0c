/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cursor.h"
#include "db/db.h"

/* What a database does for the same rows without a daemon around it. */
struct bare {
    const char *dsn, *user, *jobtype;
    unsigned connections;
    unsigned batch;
    bool each;    /* a commit for each job, as for a service that is not idempotent */
    bool history; /* with a history row for each job */
    bool set;     /* by set-based statements on one connection */
    struct cursor *cursor; /* in memory that all connections share */
};

/* Connects. The caller closes. */
int bare_connect(const struct bare *b, struct helios_db **db, struct helios_error *err);
/* The id of the jobtype; -1 if there is none. */
int bare_jobtype(const struct bare *b, struct helios_db *db, uint64_t *funcid,
                 struct helios_error *err);

/* Each empties the queue of the jobtype and adds the jobs that it ended to `*done`.
 * `*again` counts transactions that were undone by a conflict and repeated. */
int loop_drain(const struct bare *b, uint64_t *done, uint64_t *again,
               struct helios_error *err);
int set_drain(const struct bare *b, uint64_t *done, struct helios_error *err);

#endif
