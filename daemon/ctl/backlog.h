/* SPDX-License-Identifier: MIT */
#ifndef CTL_BACKLOG_H
#define CTL_BACKLOG_H

#include "store/listing.h"

/* The queue of each jobtype, and how fast it empties. */

struct backlog {
    const char *jobtype;
    struct listing_queue queue;
    struct listing_ends ends;
    bool ends_more; /* attempts of the last hour that were not counted */
};
typedef void backlog_fn(void *arg, const struct backlog *backlog);

/* Of one jobtype or (NULL) of the first LISTING_JOBTYPES; `*more`: there are others. */
int backlog_read(struct store *store, const char *jobtype, backlog_fn *fn, void *arg,
                 bool *more, struct helios_error *err);
/* Jobs done a second: by the last minute if at least ten were, else by the last hour. */
double backlog_rate(const struct backlog *backlog);
/* Seconds in which what waits would be done at that rate; -1: not known. */
int64_t backlog_drain(const struct backlog *backlog);

#endif
