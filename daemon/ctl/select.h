/* SPDX-License-Identifier: MIT */
#ifndef CTL_SELECT_H
#define CTL_SELECT_H

#include "daemon/ctl/ctl.h"
#include "store/listing.h"

/* The jobs that --jobtype, --state, --since and --error choose. */

extern const char *const select_states[LISTING_STATES];

struct selection {
    const struct ctl *ctl;
    unsigned states;     /* one bit each */
    const char *jobtype; /* NULL: all */
    const char *error;   /* in the last error; NULL: any */
    int64_t since;       /* submitted, or ended, since; 0: any time */
    uint64_t most;       /* jobs looked at, of each jobtype and of the history */
    bool more;           /* out: there are others that were not looked at */
};

/* By the options; without --state those of `states`, which are also all that may be asked
 * for. 0, or the exit code, having said what is wrong. */
int select_begin(struct selection *s, const struct ctl *ctl, unsigned states);
/* Gives each job that fits; connects are up to the caller. */
int select_jobs(struct selection *s, listing_job_fn *fn, void *arg,
                struct helios_error *err);
/* "2h" ago, or a time as when_parse() takes it. */
bool since_parse(const char *text, int64_t now, int64_t *out);

#endif
