/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_SERVICE_H
#define HELIOS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/args.h>
#include <helios/db.h>
#include <helios/error.h>
#include <helios/job.h>
#include <helios/log.h>
#include <helios/params.h>
#include <helios/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The worker process that the service runs in. Valid from `prep` until
 * `cleanup` returns. */
struct helios_worker;

/* Parameters in force; may change between jobs, not during one. */
HELIOS_API const struct helios_params *
helios_worker_params(const struct helios_worker *worker);
HELIOS_API const char *helios_worker_service(const struct helios_worker *worker);
HELIOS_API const char *helios_worker_host(const struct helios_worker *worker);
HELIOS_API bool helios_worker_debug(const struct helios_worker *worker); /* HELIOS_DEBUG */
/* True once the worker was asked to leave, also while `run` is running: at a stop, HALT,
 * HOLD or a HUP of the daemon, and when its master is gone. A long `run` looks at it now
 * and then, cheaply, and had better give the job back by helios_job_deferred_until(job, 0):
 * what is still running when the grace of a stop is over is killed. For the thread that
 * `run` was called in. */
HELIOS_API bool helios_worker_leaving(const struct helios_worker *worker);

/* The worker's connection to the collective, for `prep` and `cleanup` only; NULL while a
 * job runs, which has helios_job_db(). No transaction is open, none can be begun, and each
 * statement is committed by itself, so this is the place for CREATE TABLE IF NOT EXISTS. */
HELIOS_API struct helios_db *helios_worker_db(struct helios_worker *worker);

/* A pointer of the service's own, NULL at first. */
HELIOS_API void helios_worker_set_data(struct helios_worker *worker, void *data);
HELIOS_API void *helios_worker_data(const struct helios_worker *worker);

/* While `run` works on a job it may claim more, to do them together with it: what they have
 * in common is then done once. 0 and `*out`, 1 if there is none to be had, or -1 and
 * `*err`; without a job `*out` is NULL. The job is valid until `run` returns and needs a
 * verdict of its own; without one it has failed. If the worker dies, or `run` ends the
 * process, all of them have failed. Claim before helios_job_db(): the jobs share that
 * transaction, and unless every one of them is completed it is undone, those that were
 * completed going back to the queue. A worker holds at most 512 jobs.
 *
 * A due job of the running job's jobtype whose coalesce is `value`, as the database
 * compares, or begins with `prefix`, in which no character is special. Of NULL, as
 * helios_job_coalesce() is for a job without, there is none: 1. */
HELIOS_API int helios_worker_claim_value(struct helios_worker *worker, const char *value,
                                         struct helios_job **out, struct helios_error *err);
HELIOS_API int helios_worker_claim_prefix(struct helios_worker *worker, const char *prefix,
                                          struct helios_job **out,
                                          struct helios_error *err);
/* The job of this number, whatever its jobtype and its run_after, unless somebody holds
 * it. */
HELIOS_API int helios_worker_claim_job(struct helios_worker *worker, uint64_t jobid,
                                       struct helios_job **out, struct helios_error *err);

/* Flags of a service. */
enum {
    /* Running a job twice does no harm. Completions may then be grouped into one commit,
     * for at most COMPLETION_DELAY_MS; a crash runs the group again. */
    HELIOS_SERVICE_IDEMPOTENT = 1u << 0
};

/* The one constant that a plugin exports, named `helios_service` and announced by
 * HELIOS_SERVICE_EXPORT. Begin it with HELIOS_SERVICE_HEAD; fields that are not named
 * are 0. */
struct helios_service {
    uint32_t abi;  /* HELIOS_ABI of the header it was compiled with */
    uint32_t size; /* sizeof(struct helios_service) then */

    const char *name;    /* "My::Service": must be the class that it is loaded for */
    const char *version; /* at most 10 characters; NULL for none */

    /* Once per worker, before its first job. 0, or anything else to give up: the worker
     * leaves and the master slows launching down. May be NULL. */
    int (*prep)(struct helios_worker *worker);

    /* Once per job. Must give a verdict by one of helios_job_completed(), ..._failed(),
     * ..._failed_no_retry(), ..._deferred(); without one the job has failed. The result is
     * looked at only if DOWNSHIFT_ON_NONZERO_RUN is 1. Required. */
    int (*run)(struct helios_worker *worker, struct helios_job *job);

    /* As `run`, for a metajob; NULL bursts it: its children are inserted, it
     * is completed. */
    int (*metarun)(struct helios_worker *worker, struct helios_job *job);

    /* Once, before the worker leaves in an orderly way. May be NULL. */
    void (*cleanup)(struct helios_worker *worker);

    uint32_t max_retries;         /* attempts after the first one */
    uint32_t retry_interval_s;    /* seconds from a failure to the next attempt */
    uint32_t job_lock_interval_s; /* length of a lease in seconds; 0 is 3600 */
    uint32_t keep_exit_status_s;  /* seconds to keep a row in exitstatus; 0 keeps none */
    uint32_t flags;               /* HELIOS_SERVICE_... */

    /* Seconds to the next attempt after failure number `failures` (1 is the first);
     * overrides `retry_interval_s`. Must be pure: it is asked once, at start, for 1, 2,
     * ... 64. May be NULL. */
    uint32_t (*retry_interval)(uint32_t failures);
};

/* C++ has designated initialisers from C++20 on; before that HELIOS_SERVICE_INIT, a whole
 * descriptor that says nothing yet, is the beginning of a function that sets the fields. */
#if defined(__cplusplus) && __cplusplus < 202002L
#define HELIOS_SERVICE_HEAD HELIOS_ABI, (uint32_t)sizeof(struct helios_service)
#else
#define HELIOS_SERVICE_HEAD                                                                \
    .abi = HELIOS_ABI, .size = (uint32_t)sizeof(struct helios_service)
#endif
#define HELIOS_SERVICE_INIT                                                                \
    {                                                                                      \
        HELIOS_ABI, (uint32_t)sizeof(struct helios_service), NULL, NULL, NULL, NULL, NULL, \
            NULL, 0, 0, 0, 0, 0, NULL                                                      \
    }
#ifdef __cplusplus
#define HELIOS_SERVICE_EXPORT                                                              \
    extern "C" HELIOS_API const struct helios_service helios_service
#else
#define HELIOS_SERVICE_EXPORT extern HELIOS_API const struct helios_service helios_service
#endif

#ifdef __cplusplus
}
#endif

#endif
