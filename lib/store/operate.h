/* SPDX-License-Identifier: MIT */
#ifndef STORE_OPERATE_H
#define STORE_OPERATE_H

#include "store/store.h"

/* What an operator does to jobs. None of it touches a job while it runs, none holds a lock
 * for longer than one short transaction; a job that is not as it should be is passed over.
 */

/* run_after of a held job: a time that never comes. */
#define OPERATE_HELD UINT32_MAX

enum operate_verb {
    /* A job that failed for good goes back into the queue with its number, key, priority
     * and arguments; its errors are forgotten, so that it has all its retries again. */
    OPERATE_RETRY,
    OPERATE_CANCEL,  /* a job that does not run fails for good */
    OPERATE_HOLD,    /* and runs no more until it is requeued */
    OPERATE_REQUEUE, /* a delayed or held job is due now */
    OPERATE_VERBS
};

/* Does it to at most OPERATE_BATCH jobs; `*changed` of them were as they should be. When it
 * fails, those changed so far stay changed. */
#define OPERATE_BATCH 500
int operate_jobs(struct store *store, enum operate_verb verb, const uint64_t *jobids,
                 size_t n, uint64_t *changed, struct helios_error *err);

#endif
