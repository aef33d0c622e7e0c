/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_CLAIMING_H
#define DAEMON_CLAIMING_H

#include "daemon/worker.h"

/* How a worker comes by its next jobs: of which jobtype, how many, and what if the claim
 * was lost on the way. */

/* Claims the next batch: 0 go on (perhaps with nothing claimed), -1 leave. */
int claiming_next(struct helios_worker *w);
/* A job has ended that began at `begun`: how many to claim next follows from how long jobs
 * have been taking. */
void claiming_measure(struct helios_worker *w, struct mono begun);
/* A number that differs from that of every other worker of this daemon by two or more, as
 * far as the jitter's range allows, and probably from those of other hosts. */
uint32_t claiming_distinct(const struct helios_worker *w);

#endif
