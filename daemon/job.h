/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_JOB_H
#define DAEMON_JOB_H

#include <helios/job.h>

#include "codec/args.h"
#include "codec/decimal.h"
#include "core/buf.h"
#include "job/life.h"
#include "store/store.h"

/* A number argument as text, made when it is asked for. */
struct job_number {
    struct job_number *next;
    char text[DECIMAL_DOUBLE_SIZE];
};

/* The job that a service sees: a claimed row, its decoded argument and the verdict. */
struct helios_job {
    struct store *store; /* borrowed; NULL once the connection was lost */
    const struct store_job *row;
    const char *jobtype;
    struct args args;
    struct job_number *numbers; /* owned */
    enum job_verdict verdict;
    char handle[54]; /* made when it is asked for */
    int status;
    int64_t run_after; /* of VERDICT_DEFERRED_UNTIL */
    struct buf message;
    int errnum;   /* errno when the service said that the job has failed */
    bool used_db; /* helios_job_db() opened the transaction */
    bool failures_known;
    uint32_t failures;
};

/* Decodes the argument of `row`; both must outlive the job. -1 only for want of memory. */
int job_init(struct helios_job *job, struct store *store, const struct store_job *row,
             const char *jobtype, const struct args_how *how, struct helios_error *err);
void job_fini(struct helios_job *job);

/* Gives a verdict unless there is one; the way of the public functions. */
void job_decide(struct helios_job *job, enum job_verdict verdict, int status,
                const char *format, ...) HELIOS_PRINTF(4, 5);
/* Takes the verdict back, with what the job wrote in its own transaction: another follows.
 */
void job_undecide(struct helios_job *job);

#endif
