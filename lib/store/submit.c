/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <string.h>

#define ARG_MAX_BYTES 16777215u
#define WRAP_BYTES    12u /* at most, of storable_wrap_text() */
#define PRIORITY_MOST 65535

/* ---- what can be stored ---- */

static int check_job(const struct helios_submission *job, struct helios_error *err)
{
    size_t wrap = job->form == HELIOS_ARGS_TEXT ? WRAP_BYTES : 0;
    if (job->args_len > ARG_MAX_BYTES - wrap)
        return err_set(err, HELIOS_E_LIMIT,
                       "the argument has %zu bytes, at most %zu can be stored",
                       job->args_len, (size_t)ARG_MAX_BYTES - wrap);
    if (job->priority < -1 || job->priority > PRIORITY_MOST)
        return err_set(err, HELIOS_E_INVALID, "priority %lld is not in 0 to %d",
                       (long long)job->priority, PRIORITY_MOST);
    if (job->run_after < 0 || job->run_after > STORE_TIME_MAX)
        return err_set(err, HELIOS_E_INVALID, "run_after %lld is not in 0 to %u",
                       (long long)job->run_after, STORE_TIME_MAX);
    return store_fits("uniqkey", job->uniqkey, STORE_NAME_CHARS, err) != 0 ||
                   store_fits("coalesce", job->coalesce, STORE_NAME_CHARS, err) != 0
               ? -1
               : 0;
}

/* Everything that may fail without the rows: before the transaction, so that jobtypes are
 * not rolled back with it. */
static int prepare(struct store *store, const struct helios_submission *jobs, size_t n,
                   struct helios_error *err)
{
    bool joined = db_in_transaction(store->db);
    for (size_t i = 0; i < n; i++) {
        uint32_t funcid = 0;
        if (check_job(&jobs[i], err) != 0)
            return -1;
        int rc = joined ? store_jobtype_ensure_apart(store, jobs[i].jobtype, &funcid, err)
                        : store_jobtype_ensure(store, jobs[i].jobtype, &funcid, err);
        if (rc != 0)
            return -1;
    }
    return 0;
}

/* ---- rows ---- */

static int add_row(struct store *store, struct jobrows *rows,
                   const struct helios_submission *job, struct helios_error *err)
{
    struct jobrow row = {.uniqkey = job->uniqkey,
                         .coalesce = job->coalesce,
                         .run_after = job->run_after,
                         .priority = job->priority};
    if (store_jobtype(store, job->jobtype, &row.funcid, err) != 0)
        return -1;
    return jobrows_add(rows, &row, job->args, job->args_len, job->form)
               ? 0
               : err_set(err, HELIOS_E_NOMEM, "out of memory for jobs");
}

static int insert_all(struct store *store, const struct helios_submission *jobs, size_t n,
                      uint64_t *jobids, struct helios_error *err)
{
    struct jobrows *rows = jobrows_new();
    size_t done = 0;
    int rc = rows != NULL ? 0 : err_set(err, HELIOS_E_NOMEM, "out of memory for jobs");
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = add_row(store, rows, &jobs[i], err);
        if (rc == 0 && (jobrows_full(rows) || i + 1 == n)) {
            rc = jobrows_insert(rows, store, jobids != NULL ? jobids + done : NULL, err);
            done = i + 1;
        }
    }
    jobrows_free(rows);
    return rc;
}

/* In somebody else's transaction: all or none without ending it. */
static int insert_joined(struct store *store, const struct helios_submission *jobs,
                         size_t n, uint64_t *jobids, struct helios_error *err)
{
    if (db_script(store->db, "SAVEPOINT helios_submit;", err) != 0)
        return -1;
    int rc = insert_all(store, jobs, n, jobids, err);
    if (db_in_transaction(store->db))
        (void)db_script(store->db,
                        rc == 0 ? "RELEASE SAVEPOINT helios_submit;"
                                : "ROLLBACK TO SAVEPOINT helios_submit;",
                        NULL);
    return rc;
}

/* The statement is its own COMMIT: what must not follow that comes before. */
static int insert_alone(struct store *store, const struct helios_submission *job,
                        uint64_t *jobid, struct helios_error *err)
{
    int rc = store_fault(store, FAULT_SUBMIT_BEFORE_COMMIT, err);
    if (rc == 0)
        rc = insert_all(store, job, 1, jobid, err);
    if (store_end(store, rc, err) != 0)
        return -1;
    return store_fault(store, FAULT_SUBMIT_BEFORE_COMMIT + 1, err);
}

static int submit(struct store *store, const struct helios_submission *jobs, size_t n,
                  uint64_t *jobids, struct helios_error *err)
{
    /* Jobs of a transaction that is gone are none of their own. */
    if (db_check(store->db, err) != 0 || prepare(store, jobs, n, err) != 0)
        return -1;
    if (db_in_transaction(store->db))
        return insert_joined(store, jobs, n, jobids, err);
    if ((n == 1 ? store_begin_alone(store, err) : store_begin(store, err)) != 0)
        return -1;
    if (db_alone(store->db))
        return insert_alone(store, jobs, jobids, err);
    return store_end_at(store, FAULT_SUBMIT_BEFORE_COMMIT,
                        insert_all(store, jobs, n, jobids, err), err);
}

/* The server names an index, the submitter wants to hear of the key. */
static void name_duplicate(const struct helios_submission *jobs, size_t n,
                           struct helios_error *err)
{
    const struct helios_submission *only = NULL;
    size_t keys = 0;
    if (err == NULL || err->kind != HELIOS_E_DUPLICATE)
        return;
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].uniqkey != NULL) {
            only = &jobs[i];
            keys++;
        }
    }
    if (keys == 1)
        (void)err_set(err, HELIOS_E_DUPLICATE,
                      "a job of %s with the uniqkey %s is in the queue already",
                      only->jobtype, only->uniqkey);
    else
        (void)err_wrap(err, "one of %zu uniqkeys is in the queue already, or given twice",
                       keys);
}

int store_submit(struct store *store, const struct helios_submission *jobs, size_t n,
                 uint64_t *jobids, struct helios_error *err)
{
    if (n == 0 || submit(store, jobs, n, jobids, err) == 0)
        return 0;
    name_duplicate(jobs, n, err);
    if (jobids != NULL)
        memset(jobids, 0, n * sizeof *jobids);
    if (err != NULL && err->kind == HELIOS_E_UNCERTAIN)
        return err_wrap(err, "whether this is in the queue is not known, look before "
                             "you submit it again");
    return err_wrap(err, "cannot submit");
}
