/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_JOB_H
#define HELIOS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/args.h>
#include <helios/db.h>
#include <helios/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The job that `run` was called with. Valid until `run` returns, and so is every pointer
 * obtained from it. Of NULL there is nothing: NULL, 0 or -1, whatever says so. */
struct helios_job;

HELIOS_API uint64_t helios_job_id(const struct helios_job *job);
/* As TheSchwartz's programs write it: see HELIOS_HANDLE_SIZE in <helios/client.h>. */
HELIOS_API const char *helios_job_handle(struct helios_job *job);
HELIOS_API const char *
helios_job_type(const struct helios_job *job); /* name of the jobtype */
HELIOS_API uint32_t helios_job_type_id(const struct helios_job *job);
HELIOS_API const char *helios_job_uniqkey(const struct helios_job *job);  /* or NULL */
HELIOS_API const char *helios_job_coalesce(const struct helios_job *job); /* or NULL */
HELIOS_API int64_t helios_job_run_after(const struct helios_job *job);    /* Unix seconds */
HELIOS_API int64_t helios_job_priority(const struct helios_job *job);     /* -1 for NULL */

/* Failed attempts so far: the error rows of this job. Asks the database at the
 * first call. */
HELIOS_API uint32_t helios_job_failures(struct helios_job *job);

/* The named arguments: a MAP, or NULL when the argument has none (an empty <params/>, plain
 * text, a Storable list). */
HELIOS_API const struct helios_value *helios_job_args(const struct helios_job *job);

/* The text of the named argument, a number as the decimal text that reads back to it (JSON
 * and Storable have numbers of 64 bits: 9007199254740993.0 is 9007199254740992); NULL if it
 * is missing, undefined, or not a scalar. */
HELIOS_API const char *helios_job_arg(struct helios_job *job, const char *name);

/* The whole decoded argument, whatever its form; NULL for raw bytes. */
HELIOS_API const struct helios_value *helios_job_tree(const struct helios_job *job);

/* What the submitter wrote: the XML or JSON text where there is one, else the bytes of the
 * column. Followed by a NUL that `*len` does not count. */
HELIOS_API const char *helios_job_text(const struct helios_job *job, size_t *len);

/* The bytes of the column `arg` as stored, decoded or not. */
HELIOS_API const void *helios_job_raw(const struct helios_job *job, size_t *len);

/* The connection whose open transaction will record the job's completion: what is done on
 * it and the completion happen both or neither, exactly once. The first call opens the
 * transaction, so compute first and call this last: on SQLite every other writer waits from
 * here on. A verdict other than completed rolls it back. SQL that commits, rolls
 * back or defines tables is refused (see helios_db_exec()): all is undone, and a job that
 * was to be completed has failed. A statement that fails with RETRY has undone all of it,
 * and what follows fails so too. NULL if the transaction could not be opened, or was undone
 * (the reason is in
 * `*err`). In either case the service should return without a verdict or fail the job: its
 * next attempt begins anew. */
HELIOS_API struct helios_db *helios_job_db(struct helios_job *job,
                                           struct helios_error *err);

/* Verdicts. The first one decides; later ones are ignored. They only note the decision, the
 * rows are written when `run` returns, in one transaction. Each returns the value that
 * `run` may pass on. `status` goes to the history (0 counts as 1; at most 65535); the
 * message is cut at 254 characters. Source of the rules: Helios::Service of Perl
 * Helios 2.x. */
HELIOS_API int helios_job_completed(struct helios_job *job);
HELIOS_API int helios_job_failed(struct helios_job *job, int status, const char *format,
                                 ...) HELIOS_PRINTF(3, 4);
HELIOS_API int helios_job_failed_no_retry(struct helios_job *job, int status,
                                          const char *format, ...) HELIOS_PRINTF(3, 4);
/* Nothing is recorded; the job becomes available again when its lease runs out. */
HELIOS_API int helios_job_deferred(struct helios_job *job);
/* The job becomes available again at `run_after`, Unix seconds of the database's clock; at
 * once if that has passed. */
HELIOS_API int helios_job_deferred_until(struct helios_job *job, int64_t run_after);

/* Puts `n` jobs into the queue in the transaction of helios_job_db(), which this opens; the
 * same rules hold. They are there if the job completes, and not if it has another verdict
 * or none; until then nobody else sees them. `jobids` (may be NULL) receives their ids. On
 * -1 (a uniqkey that is taken is HELIOS_E_DUPLICATE) none of these was put in, and the
 * service may go on unless the kind is RETRY or LOST. A client of the service's own would
 * be another connection, which on SQLite waits for this transaction. <helios/client.h> has
 * the structure. */
struct helios_submission;
HELIOS_API int helios_job_submit(struct helios_job *job,
                                 const struct helios_submission *jobs, size_t n,
                                 uint64_t *jobids, struct helios_error *err);

/* Completes the job and puts `n` others in its place (may be 0): all in the transaction of
 * helios_job_db(), which this opens; the same rules hold. `jobids` (may be NULL) receives
 * their ids. On -1 (a uniqkey that is taken is HELIOS_E_DUPLICATE) none of them was put in
 * and the job has no verdict yet. */
HELIOS_API int helios_job_replace_with(struct helios_job *job,
                                       const struct helios_submission *jobs, size_t n,
                                       uint64_t *jobids, struct helios_error *err);

#ifdef __cplusplus
}
#endif

#endif
