/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <string.h>

#include "codec/args.h"

#define MESSAGE_CHARS 254u
#define STATUS_MOST   65535u
/* Keeps delete_after within its column for the next decades. */
#define KEEP_MOST_S 1000000000u

/* ---- parts ---- */

/* There need not be a table of notes, nor a right to it: 1 then. */
static int without_notes(int rc, const struct helios_error *local, struct helios_error *err)
{
    if (rc >= 0)
        return rc;
    if (local->kind == HELIOS_E_SCHEMA || local->kind == HELIOS_E_DENIED)
        return 1;
    return err_set(err, local->kind, "%s", local->text);
}

/* After the jobs were deleted, so that what is denied is the notes. Few programs write any:
 * for many jobs it is cheaper to see that there is none at all. */
static int delete_notes(struct store *store, const uint64_t *jobids, size_t n,
                        struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    uint64_t changed = 0;
    int64_t any = 0;
    struct store_ids ids = {.id = ST_NOTE_DELETE, .jobids = jobids, .n = n};
    if (store->no_notes)
        return 0;
    int rc = n > 1 ? store_numbers(store, ST_NOTE_LOOK, NULL, 0, &any, 1, &local) : 0;
    if (rc == 1)
        return 0; /* none at all */
    if (rc == 0)
        rc = store_exec_ids(store, &ids, &changed, &local);
    rc = without_notes(rc, &local, err);
    store->no_notes = rc == 1;
    return rc < 0 ? -1 : 0;
}

static int delete_jobs(struct store *store, const uint64_t *jobids, size_t n,
                       const uint32_t leases[STORE_LEASES], uint64_t *deleted,
                       struct helios_error *err)
{
    struct helios_datum after[STORE_LEASES];
    struct store_ids ids = {.id = ST_JOB_DELETE,
                            .run_id = ST_JOB_DELETE_RUN,
                            .jobids = jobids,
                            .n = n,
                            .after = after,
                            .after_n = STORE_LEASES};
    store_datum_leases(leases, after);
    return store_exec_ids(store, &ids, deleted, err);
}

/* In one statement where the database has such a one; 1 if that is not possible. */
static int delete_with_notes(struct store *store, const struct store_held *held,
                             uint64_t *deleted, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    struct helios_datum params[1 + STORE_LEASES];
    params[0] = helios_uint(held->job->jobid);
    store_datum_leases(held->leases, params + 1);
    int rc = store_exec(store, ST_JOB_DELETE_NOTED, 0, params, 1 + STORE_LEASES, deleted,
                        &local);
    return without_notes(rc, &local, err);
}

int store_delete_held(struct store *store, const struct store_held *held, bool *deleted,
                      struct helios_error *err)
{
    uint64_t n = 0;
    int rc = 1;
    *deleted = false;
    if (!store->no_notes && helios_db_kind(store->db) == HELIOS_DB_MYSQL)
        rc = delete_with_notes(store, held, &n, err);
    if (rc == 1) {
        rc = delete_jobs(store, &held->job->jobid, 1, held->leases, &n, err);
        if (rc == 0 && n > 0)
            rc = delete_notes(store, &held->job->jobid, 1, err);
    }
    *deleted = n > 0;
    return rc;
}

struct ends {
    struct store_held *held;
    uint32_t status;
    uint32_t keep_s;
};

static void fill_history(void *arg, size_t i, struct helios_datum *v)
{
    const struct ends *ends = arg;
    const struct store_held *held = &ends->held[i];
    const struct store_job *job = held->job;
    v[0] = helios_uint(job->jobid);
    v[1] = helios_uint(job->funcid);
    bool text = held->text != NULL && held->history == STORE_HISTORY_WHOLE;
    v[2] = text ? helios_blob(held->text, held->text_len) : helios_null();
    v[3] = helios_text(job->uniqkey);
    v[4] = store_number_or_null(job->insert_time);
    v[5] = helios_int(job->run_after);
    v[6] = helios_uint(job->lease_until);
    v[7] = store_number_or_null(job->priority);
    v[8] = helios_text(job->coalesce);
    v[9] = helios_uint(ends->status);
}

static void fill_exitstatus(void *arg, size_t i, struct helios_datum *v)
{
    const struct ends *ends = arg;
    const struct store_job *job = ends->held[i].job;
    v[0] = helios_uint(job->jobid);
    v[1] = helios_uint(job->funcid);
    v[2] = helios_uint(ends->status);
    v[3] = helios_uint(ends->keep_s < KEEP_MOST_S ? ends->keep_s : KEEP_MOST_S);
}

bool store_refused(enum helios_error_kind kind)
{
    return kind == HELIOS_E_DATA || kind == HELIOS_E_LIMIT || kind == HELIOS_E_DUPLICATE;
}

/* A row that is refused with its text is written without: what the job was given is worth
 * less than what became of it. Of several rows it is not known which is at fault. */
static int add_history(struct store *store, struct ends *ends, size_t n,
                       struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    struct store_rows rows = {.id = ST_HISTORY_ADD,
                              .n = n,
                              .width = 10,
                              .fill = fill_history,
                              .fill_arg = ends,
                              .apart = true};
    int rc = store_insert_rows(store, &rows, &local);
    if (rc != 0 && n == 1 && store_refused(local.kind) && ends->held->text != NULL) {
        ends->held->history = STORE_HISTORY_TEXTLESS;
        rc = store_insert_rows(store, &rows, &local);
    }
    return rc == 0 ? 0 : err_set(err, local.kind, "%s", local.text);
}

/* `n` neighbours, none of them lost. */
static int record_run(struct store *store, struct ends *ends, size_t n, bool final,
                      const struct store_outcome *outcome, struct helios_error *err)
{
    struct store_rows exitstatus = {.id = ST_EXITSTATUS_ADD,
                                    .n = n,
                                    .width = 4,
                                    .fill = fill_exitstatus,
                                    .apart = true,
                                    .fill_arg = ends};
    if (outcome->history && add_history(store, ends, n, err) != 0)
        return -1;
    if (final && ends->keep_s > 0 && store_insert_rows(store, &exitstatus, err) != 0)
        return -1;
    return 0;
}

int store_record_ends(struct store *store, struct store_held *held, size_t n,
                      uint32_t status, bool final, const struct store_outcome *outcome,
                      struct helios_error *err)
{
    for (size_t from = 0; from < n;) {
        size_t run = 0;
        while (from + run < n && !held[from + run].lost)
            run++;
        struct ends ends = {
            .held = held + from, .status = status, .keep_s = outcome->keep_exit_s};
        if (run > 0 && record_run(store, &ends, run, final, outcome, err) != 0)
            return -1;
        from += run > 0 ? run : 1;
    }
    return 0;
}

/* ---- completed ---- */

static bool same_leases(const struct store_held *a, const struct store_held *b)
{
    return memcmp(a->leases, b->leases, sizeof a->leases) == 0;
}

/* Deletes the jobs in runs of equal leases, so that each is deleted under one of its own
 * leases only. `*deleted` counts all. */
static int delete_runs(struct store *store, const struct store_held *held, size_t n,
                       uint64_t *deleted, struct helios_error *err)
{
    uint64_t jobids[GROUPS_MAX];
    *deleted = 0;
    for (size_t from = 0; from < n;) {
        size_t run = 0;
        uint64_t some = 0;
        while (run < GROUPS_MAX && from + run < n &&
               same_leases(&held[from], &held[from + run])) {
            jobids[run] = held[from + run].job->jobid;
            run++;
        }
        if (delete_jobs(store, jobids, run, held[from].leases, &some, err) != 0 ||
            delete_notes(store, jobids, run, err) != 0)
            return -1;
        *deleted += some;
        from += run;
    }
    return 0;
}

/* One by one, to learn which of them are lost. */
static int delete_singly(struct store *store, struct store_held *held, size_t n,
                         struct helios_error *err)
{
    for (size_t i = 0; i < n; i++) {
        bool deleted = false;
        if (store_delete_held(store, &held[i], &deleted, err) != 0)
            return -1;
        held[i].lost = !deleted;
    }
    return 0;
}

static int complete_batch(struct store *store, struct store_held *held, size_t n,
                          const struct store_outcome *outcome, struct helios_error *err)
{
    uint64_t deleted = 0;
    if (n > 1 && delete_runs(store, held, n, &deleted, err) != 0)
        return -1;
    if (deleted != n) {
        if ((n > 1 && store_begin(store, err) != 0) ||
            delete_singly(store, held, n, err) != 0)
            return -1;
    }
    return store_record_ends(store, held, n, 0, true, outcome, err);
}

/* In the transaction that a service opened: its work is rolled back with a lost lease. 1
 * then. */
static int complete_joined(struct store *store, struct store_held *held, size_t n,
                           const struct store_outcome *outcome, struct helios_error *err)
{
    if (delete_singly(store, held, n, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (held[i].lost)
            return 1;
    }
    /* One by one, so that a text that the history refuses is left out of its row. */
    for (size_t i = 0; i < n; i++) {
        if (store_record_ends(store, &held[i], 1, 0, true, outcome, err) != 0)
            return -1;
    }
    return 0;
}

static int complete(struct store *store, struct store_held *held, size_t n,
                    const struct store_outcome *outcome, struct helios_error *err)
{
    if (db_in_transaction(store->db)) {
        int rc = store_end_at(store, FAULT_COMPLETE_BEFORE_COMMIT,
                              complete_joined(store, held, n, outcome, err), err);
        return rc == 1 ? 0 : rc;
    }
    if (store_begin(store, err) != 0)
        return -1;
    return store_end_at(store, FAULT_COMPLETE_BEFORE_COMMIT,
                        complete_batch(store, held, n, outcome, err), err);
}

int store_complete(struct store *store, struct store_held *held, size_t n,
                   const struct store_outcome *outcome, struct helios_error *err)
{
    for (size_t i = 0; i < n; i++)
        held[i].lost = false;
    if (n == 0)
        return 0;
    if (complete(store, held, n, outcome, err) != 0)
        return err_wrap(err, "cannot complete job %llu",
                        (unsigned long long)held[0].job->jobid);
    return 0;
}

/* ---- failed ---- */

static int add_error_text(struct store *store, const struct store_job *job,
                          const struct buf *text, struct helios_error *err)
{
    struct helios_datum params[] = {helios_uint(job->jobid), helios_text(buf_text(text)),
                                    helios_uint(job->funcid)};
    if (text->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for an error message");
    return store_exec(store, ST_ERROR_ADD, 0, params, 3, NULL, err);
}

/* A message must never keep a job from failing: what the column cannot hold is written in
 * ASCII. */
static int add_error(struct store *store, const struct store_job *job,
                     const struct store_failure *failure, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    struct buf text = BUF_INIT;
    const char *message = failure->message != NULL ? failure->message : "";
    size_t len = failure->message != NULL ? failure->message_len : 0;
    text_fit(message, len, MESSAGE_CHARS, &text);
    int rc = add_error_text(store, job, &text, &local);
    if (rc != 0 && local.kind == HELIOS_E_DATA) {
        buf_clear(&text);
        text_ascii(message, len, MESSAGE_CHARS, &text);
        rc = add_error_text(store, job, &text, &local);
    }
    buf_fini(&text);
    return rc == 0 ? 0 : err_set(err, local.kind, "%s", local.text);
}

static uint32_t stored_status(uint32_t status)
{
    if (status == 0)
        return 1;
    return status > STATUS_MOST ? STATUS_MOST : status;
}

/* Locks the row and counts the failures: 1 if the lease is lost. */
static int lock_failed(struct store *store, const struct store_held *held, int64_t *now,
                       uint32_t *failures, struct helios_error *err)
{
    struct helios_datum params[1 + STORE_LEASES];
    int64_t numbers[2] = {0, 0};
    params[0] = helios_uint(held->job->jobid);
    store_datum_leases(held->leases, params + 1);
    int rc =
        store_numbers(store, ST_JOB_LOCK_FAILED, params, 1 + STORE_LEASES, numbers, 2, err);
    *now = numbers[0];
    *failures = (uint32_t)numbers[1] + 1;
    return rc;
}

static int put_back(struct store *store, const struct store_job *job, int64_t run_after,
                    struct helios_error *err)
{
    struct helios_datum params[] = {helios_int(run_after), helios_uint(job->jobid)};
    return store_exec(store, ST_JOB_RETRY, 0, params, 2, NULL, err);
}

static int end_failed(struct store *store, const struct store_held *held,
                      struct helios_error *err)
{
    bool deleted = false;
    return store_delete_held(store, held, &deleted, err);
}

static int64_t next_run(const struct store_job *job, const struct store_failure *failure,
                        uint32_t failures, int64_t now)
{
    int64_t interval = life_retry_interval(failure->rules, failures);
    if (interval == 0 && (!failure->behind || job->run_after > now))
        return job->run_after;
    return now + interval > STORE_TIME_MAX ? STORE_TIME_MAX : now + interval;
}

/* In a transaction; 1 if the lease is lost. */
static int fail(struct store *store, struct store_held *held,
                const struct store_failure *failure, const struct store_outcome *outcome,
                struct store_failed *out, struct helios_error *err)
{
    int64_t now = 0;
    int rc = lock_failed(store, held, &now, &out->failures, err);
    if (rc != 0)
        return rc;
    out->final = failure->permanent || !life_may_retry(failure->rules, out->failures);
    out->run_after = next_run(held->job, failure, out->failures, now);
    if (add_error(store, held->job, failure, err) != 0 ||
        store_record_ends(store, held, 1, stored_status(failure->status), out->final,
                          outcome, err) != 0)
        return -1;
    return out->final ? end_failed(store, held, err)
                      : put_back(store, held->job, out->run_after, err);
}

static int fail_whole(struct store *store, struct store_held *held,
                      const struct store_failure *failure,
                      const struct store_outcome *outcome, struct store_failed *out,
                      struct helios_error *err)
{
    if (store_begin(store, err) != 0)
        return -1;
    return store_end_at(store, FAULT_FAIL_BEFORE_COMMIT,
                        fail(store, held, failure, outcome, out, err), err);
}

int store_fail(struct store *store, struct store_held *held,
               const struct store_failure *failure, const struct store_outcome *outcome,
               struct store_failed *out, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    if (err == NULL)
        err = &local;
    *out = (struct store_failed){.final = false};
    held->lost = false;
    db_rollback(store->db);
    int rc = fail_whole(store, held, failure, outcome, out, err);
    if (rc < 0 && outcome->history && store_refused(err->kind)) {
        struct store_outcome less = *outcome;
        less.history = false;
        held->history = STORE_HISTORY_NONE;
        err_clear(err);
        rc = fail_whole(store, held, failure, &less, out, err);
    }
    held->lost = rc == 1;
    if (rc < 0)
        return err_wrap(err, "cannot record the failure of job %llu",
                        (unsigned long long)held->job->jobid);
    return 0;
}
