/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_BURST_H
#define DAEMON_BURST_H

#include "daemon/worker.h"

/* More children than these are not written in one transaction: the metajob becomes as many
 * metajobs of at most so many children as it takes, of its own jobtype and priority. Each
 * of those is a job like any other: it is burst by whoever takes it, whole or not at all,
 * is tried again after a death, and stands when it is committed. So there is no half-done
 * metajob, and nothing that a Perl worker could do twice. */
#define BURST_CHILDREN 10000u

/* One attempt to write the verdict VERDICT_BURST, in one transaction. 0 (look at
 * held->lost), or -1 and `*err`. */
int burst_write(struct helios_worker *w, struct helios_job *job, struct store_held *held,
                const struct store_outcome *outcome, struct helios_error *err);

#endif
