/* SPDX-License-Identifier: MIT */
#include "daemon/job.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <helios/client.h>

#include "core/err.h"
#include "core/log.h"

/* More than the error row keeps, so that a log line can say all of it; bounded all the
 * same. */
#define MESSAGE_MAX 8192

int job_init(struct helios_job *job, struct store *store, const struct store_job *row,
             const char *jobtype, const struct args_how *how, struct helios_error *err)
{
    *job = (struct helios_job){.store = store, .row = row, .jobtype = jobtype};
    return args_decode(row->arg, row->arg_len, how, &job->args, err);
}

void job_fini(struct helios_job *job)
{
    for (struct job_number *n = job->numbers, *next; n != NULL; n = next) {
        next = n->next;
        free(n);
    }
    args_fini(&job->args);
    buf_fini(&job->message);
}

static void decide(struct helios_job *job, enum job_verdict verdict, int status,
                   const char *format, va_list ap) HELIOS_PRINTF(4, 0);

static void decide(struct helios_job *job, enum job_verdict verdict, int status,
                   const char *format, va_list ap)
{
    int errnum = errno; /* of the call that failed the service, as far as it can be known */
    if (job == NULL || job->verdict != VERDICT_NONE)
        return;
    job->verdict = verdict;
    job->status = status <= 0 ? 1 : status > 65535 ? 65535 : status;
    job->errnum = errnum;
    if (format == NULL)
        return;
    char text[MESSAGE_MAX];
    int n = vsnprintf(text, sizeof text, format, ap);
    if (n > 0)
        buf_append(&job->message, text,
                   (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

void job_decide(struct helios_job *job, enum job_verdict verdict, int status,
                const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    decide(job, verdict, status, format, ap);
    va_end(ap);
}

void job_undecide(struct helios_job *job)
{
    job->verdict = VERDICT_NONE;
    job->used_db = false;
    buf_clear(&job->message);
}

/* The service gave NULL for its job. */
static int no_job(struct helios_error *err)
{
    return err_set(err, HELIOS_E_INVALID, "there is no job");
}

uint64_t helios_job_id(const struct helios_job *job)
{
    return job == NULL ? 0 : job->row->jobid;
}

const char *helios_job_handle(struct helios_job *job)
{
    if (job == NULL)
        return NULL;
    if (job->handle[0] == '\0' && job->store != NULL)
        (void)snprintf(job->handle, sizeof job->handle, "%s-%llu", store_hash(job->store),
                       (unsigned long long)job->row->jobid);
    return job->handle;
}

const char *helios_job_type(const struct helios_job *job)
{
    return job == NULL ? NULL : job->jobtype;
}

uint32_t helios_job_type_id(const struct helios_job *job)
{
    return job == NULL ? 0 : job->row->funcid;
}

const char *helios_job_uniqkey(const struct helios_job *job)
{
    return job == NULL ? NULL : job->row->uniqkey;
}

const char *helios_job_coalesce(const struct helios_job *job)
{
    return job == NULL ? NULL : job->row->coalesce;
}

int64_t helios_job_run_after(const struct helios_job *job)
{
    return job == NULL ? 0 : job->row->run_after;
}

int64_t helios_job_priority(const struct helios_job *job)
{
    return job == NULL ? -1 : job->row->priority;
}

uint32_t helios_job_failures(struct helios_job *job)
{
    if (job == NULL)
        return 0;
    if (!job->failures_known)
        job->failures_known =
            store_failures(job->store, job->row->jobid, &job->failures, NULL) == 0;
    return job->failures;
}

const struct helios_value *helios_job_args(const struct helios_job *job)
{
    return job == NULL ? NULL : job->args.map;
}

/* JSON and Storable have numbers where XML has text: a service must not care. The text
 * joins the job's list, which lives as long as the job. */
static const char *number_text(struct helios_job *job, const struct helios_value *value)
{
    int64_t i;
    uint64_t u;
    double d;
    struct job_number *n = malloc(sizeof *n);
    if (n == NULL)
        return NULL;
    if (helios_value_int(value, &i)) {
        (void)snprintf(n->text, sizeof n->text, "%lld", (long long)i);
    } else if (helios_value_uint(value, &u)) {
        (void)snprintf(n->text, sizeof n->text, "%llu", (unsigned long long)u);
    } else if (helios_value_double(value, &d)) {
        decimal_exact(d, n->text);
    } else {
        free(n);
        return NULL;
    }
    n->next = job->numbers;
    job->numbers = n;
    return n->text;
}

const char *helios_job_arg(struct helios_job *job, const char *name)
{
    const struct helios_value *value = helios_value_get(helios_job_args(job), name);
    const char *text = helios_value_text(value, NULL);
    return text != NULL || value == NULL ? text : number_text(job, value);
}

const struct helios_value *helios_job_tree(const struct helios_job *job)
{
    return job == NULL ? NULL : job->args.tree;
}

const char *helios_job_text(const struct helios_job *job, size_t *len)
{
    if (len != NULL)
        *len = job == NULL ? 0 : job->args.text_len;
    return job == NULL ? NULL : job->args.text;
}

const void *helios_job_raw(const struct helios_job *job, size_t *len)
{
    if (len != NULL)
        *len = job == NULL ? 0 : job->args.raw_len;
    return job == NULL ? NULL : job->args.raw;
}

struct helios_db *helios_job_db(struct helios_job *job, struct helios_error *err)
{
    if (job == NULL) {
        (void)no_job(err);
        return NULL;
    }
    struct helios_db *db = store_db(job->store);
    /* Begun anew it would be without what this job, or one done together with it, did. */
    if (db_check(db, err) != 0)
        return NULL;
    if (job->used_db)
        return db;
    if (job->verdict != VERDICT_NONE) {
        (void)err_set(err, HELIOS_E_INVALID, "job %llu has its verdict already",
                      (unsigned long long)job->row->jobid);
        return NULL;
    }
    /* Jobs that are done together share it. */
    if (!db_in_transaction(db) && db_begin(db, err) != 0)
        return NULL;
    job->used_db = true;
    return db;
}

int helios_job_completed(struct helios_job *job)
{
    job_decide(job, VERDICT_COMPLETED, 0, NULL);
    return job == NULL ? -1 : 0;
}

int helios_job_failed(struct helios_job *job, int status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    decide(job, VERDICT_FAILED, status, format, ap);
    va_end(ap);
    return status == 0 ? 1 : status;
}

int helios_job_failed_no_retry(struct helios_job *job, int status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    decide(job, VERDICT_FAILED_NO_RETRY, status, format, ap);
    va_end(ap);
    return status == 0 ? 1 : status;
}

int helios_job_deferred(struct helios_job *job)
{
    job_decide(job, VERDICT_DEFERRED, 0, NULL);
    return job == NULL ? -1 : 0;
}

int helios_job_deferred_until(struct helios_job *job, int64_t run_after)
{
    if (job != NULL && job->verdict == VERDICT_NONE)
        job->run_after = run_after;
    job_decide(job, VERDICT_DEFERRED_UNTIL, 0, NULL);
    return job == NULL ? -1 : 0;
}

/* Outside the transaction of the jobs: a new jobtype is not rolled back with it. */
static int ensure_jobtypes(struct helios_job *job, const struct helios_submission *jobs,
                           size_t n, struct helios_error *err)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t funcid = 0;
        if (store_jobtype_ensure(job->store, jobs[i].jobtype, &funcid, err) != 0)
            return -1;
    }
    return 0;
}

int helios_job_submit(struct helios_job *job, const struct helios_submission *jobs,
                      size_t n, uint64_t *jobids, struct helios_error *err)
{
    if (job == NULL)
        return no_job(err);
    if (job->verdict != VERDICT_NONE)
        return err_set(err, HELIOS_E_INVALID, "job %llu has its verdict already",
                       (unsigned long long)job->row->jobid);
    if (!db_in_transaction(store_db(job->store)) && ensure_jobtypes(job, jobs, n, err) != 0)
        return -1;
    return helios_job_db(job, err) == NULL ? -1
                                           : store_submit(job->store, jobs, n, jobids, err);
}

int helios_job_replace_with(struct helios_job *job, const struct helios_submission *jobs,
                            size_t n, uint64_t *jobids, struct helios_error *err)
{
    if (helios_job_submit(job, jobs, n, jobids, err) != 0)
        return -1;
    job_decide(job, VERDICT_COMPLETED, 0, NULL);
    return 0;
}

void helios_log(struct helios_job *job, enum helios_log_level level, const char *format,
                ...)
{
    va_list ap;
    va_start(ap, format);
    log_vwrite((int)level, job == NULL ? 0 : job->row->jobid,
               job == NULL ? 0 : job->row->funcid, format, ap);
    va_end(ap);
}
