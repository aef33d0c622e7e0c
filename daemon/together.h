/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_TOGETHER_H
#define DAEMON_TOGETHER_H

#include "daemon/worker.h"

/* Jobs that the service claims while one of the batch runs, to be done together with it.
 * Each has a place in the batch and in the slot as the others have, and its own outcome. */
struct taken_job {
    struct taken_job *next;
    size_t index; /* in the batch */
    bool shown;   /* to the service; else it had its verdict at once */
    struct helios_job job;
};

/* `run` has returned: none of them is running any more. */
void together_done(struct helios_worker *w);
/* Records job `i` of the batch and those taken with it. -1 as record_job(). */
int together_record(struct helios_worker *w, size_t i, struct helios_job *job);
/* Forgets them, recorded or not. */
void together_free(struct helios_worker *w);

#endif
