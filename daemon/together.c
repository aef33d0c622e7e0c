/* SPDX-License-Identifier: MIT */
#include "daemon/together.h"

#include <stdlib.h>
#include <string.h>

#include <helios/service.h>

#include "core/err.h"
#include "core/log.h"
#include "daemon/claiming.h"
#include "daemon/holding.h"

/* ---- taking ---- */

/* A claim while job `w->running` runs. */
struct taking {
    struct helios_worker *w;
    struct store_claim claim;
    uint64_t jobid; /* out of turn; 0: by coalesce */
    size_t index;   /* where the job goes */
    bool found;
};

static void announce(void *arg, const uint64_t *jobids, size_t n, uint32_t lease_until)
{
    struct taking *t = arg;
    struct helios_worker *w = t->w;
    if (n == 0)
        return;
    if (++w->seq == 0)
        w->seq = 1;
    holding_add(w->slot, t->index, w->seq, t->claim.funcid, jobids[0], lease_until);
    w->jobs[t->index].jobid = jobids[0];
}

static int claim(struct store *store, void *arg, struct helios_error *err)
{
    struct taking *t = arg;
    struct store_job *job = &t->w->jobs[t->index];
    size_t got = 0;
    int rc = 0;
    if (t->jobid != 0) {
        rc = store_claim_one(store, &t->claim, t->jobid, job, err);
        got = rc == 0 ? 1 : 0;
    } else {
        rc = store_claim(store, &t->claim, job, &got, err);
    }
    t->found = rc == 0 && got == 1;
    return rc < 0 ? -1 : 0;
}

/* A place in the batch: of a job before the running one that has its outcome, or a new
 * one. */
static bool find_place(struct helios_worker *w, size_t *out)
{
    for (size_t k = 0; k < w->running; k++) {
        if (atomic_load(&w->slot->jobs[k].jobid) == 0) {
            store_job_fini(&w->jobs[k]);
            *out = k;
            return true;
        }
    }
    *out = w->count;
    return w->count < BOARD_JOBS;
}

/* Rows of a claim whose COMMIT is uncertain may be ours: they are given back when the
 * verdicts have been written, which brings a new connection. */
static int claim_failed(struct taking *t, const struct helios_error *err)
{
    struct helios_worker *w = t->w;
    if (err->kind == HELIOS_E_UNCERTAIN) {
        w->unsure = true;
        w->unsure_at = t->index;
        w->jobs[t->index].jobid = atomic_load(&w->slot->jobs[t->index].jobid);
        if (t->index == w->count)
            w->count++;
    } else {
        holding_drop(w->slot, t->index);
    }
    return -1;
}

static int take_from_database(struct taking *t, struct helios_error *err)
{
    struct helios_worker *w = t->w;
    if (w->unsure)
        return err_set(err, HELIOS_E_LOST,
                       "the connection was lost while another job was claimed");
    if (!find_place(w, &t->index))
        return err_set(err, HELIOS_E_LIMIT, "a worker holds at most %u jobs", BOARD_JOBS);
    if (store_retry(w->store, claim, t, err) != 0)
        return claim_failed(t, err);
    if (!t->found) {
        holding_drop(w->slot, t->index);
        return 1;
    }
    if (t->index == w->count)
        w->count++;
    return 0;
}

static bool fits(const struct store_job *job, const struct store_claim *claim)
{
    if (job->coalesce == NULL || job->funcid != claim->funcid)
        return false;
    return claim->coalesce_prefix
               ? strncmp(job->coalesce, claim->coalesce, strlen(claim->coalesce)) == 0
               : strcmp(job->coalesce, claim->coalesce) == 0;
}

/* What this worker has claimed already and not begun is nearer than what is in the table,
 * and not to be found there. */
static int take_from_batch(struct taking *t)
{
    struct helios_worker *w = t->w;
    for (size_t k = w->running + 1; k < w->count; k++) {
        bool wanted =
            t->jobid != 0 ? w->jobs[k].jobid == t->jobid : fits(&w->jobs[k], &t->claim);
        if (wanted && holding_start(w->slot, k)) {
            t->index = k;
            return 0;
        }
    }
    return 1;
}

/* 0 with a job that is STARTED, 1 none, or -1. */
static int take_one(struct taking *t, struct helios_error *err)
{
    if (take_from_batch(t) == 0)
        return 0;
    for (;;) {
        int rc = take_from_database(t, err);
        /* The poller may have given it back to let the running job be, as it does with
         * jobs that wait behind a slow one. */
        if (rc != 0 || holding_start(t->w->slot, t->index))
            return rc;
        if (record_release(t->w, t->index, t->index + 1) != 0)
            return err_set(err, HELIOS_E_LOST, "a job could not be given back");
    }
}

/* ---- the public side ---- */

static int may_take(const struct helios_worker *w, struct helios_error *err)
{
    if (!w->in_run)
        return err_set(err, HELIOS_E_INVALID, "jobs can be claimed only while a job runs");
    if (w->store == NULL || !db_usable(store_db(w->store)))
        return err_set(err, HELIOS_E_LOST, "the connection to the database is lost");
    if (db_in_transaction(store_db(w->store)) || db_undone(store_db(w->store)))
        return err_set(err, HELIOS_E_INVALID,
                       "jobs must be claimed before helios_job_db() opens the transaction");
    return 0;
}

static struct taken_job *open_job(struct helios_worker *w, size_t index,
                                  struct helios_error *err)
{
    const char *type = NULL;
    const struct store_job *row = &w->jobs[index];
    struct taken_job *taken = calloc(1, sizeof *taken);
    if (taken == NULL) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory for a claimed job");
        return NULL;
    }
    if (store_jobtype_name(w->store, row->funcid, &type, err) != 0 ||
        job_init(&taken->job, w->store, row, type == NULL ? w->heritage->service : type,
                 &w->decoding, err) != 0) {
        free(taken);
        return NULL;
    }
    taken->index = index;
    taken->next = w->taken;
    w->taken = taken;
    w->jobs_run++;
    w->jobs_since_params++;
    return taken;
}

/* Takes jobs until one is for the service: what cannot be read, and metajobs that the
 * service leaves to us, have their verdict at once. */
static int take(struct taking *t, struct helios_job **out, struct helios_error *err)
{
    struct helios_worker *w = t->w;
    struct helios_error local = HELIOS_ERROR_INIT;
    *out = NULL;
    if (err == NULL)
        err = &local;
    if (may_take(w, err) != 0)
        return -1;
    t->claim.want = 1;
    t->claim.lease_s = w->rules.lease_s;
    t->claim.random = claiming_distinct(w);
    t->claim.announce = announce;
    t->claim.arg = t;
    for (;;) {
        int rc = take_one(t, err);
        if (rc != 0)
            return rc;
        struct taken_job *taken = open_job(w, t->index, err);
        if (taken == NULL) {
            (void)record_release(w, t->index, t->index + 1);
            return -1;
        }
        worker_judge(w, &taken->job);
        taken->shown = taken->job.verdict == VERDICT_NONE;
        if (taken->shown) {
            *out = &taken->job;
            return 0;
        }
        if (t->jobid != 0)
            return 1;
    }
}

static int take_coalesced(struct helios_worker *worker, const char *coalesce, bool prefix,
                          struct helios_job **out, struct helios_error *err)
{
    struct taking t = {.w = worker,
                       .claim = {.funcid = worker->jobs[worker->running].funcid,
                                 .order = ORDER_OLDEST,
                                 .coalesce = coalesce,
                                 .coalesce_prefix = prefix}};
    *out = NULL;
    if (coalesce == NULL) /* for the store: any */
        return 1;
    return take(&t, out, err);
}

int helios_worker_claim_value(struct helios_worker *worker, const char *value,
                              struct helios_job **out, struct helios_error *err)
{
    return take_coalesced(worker, value, false, out, err);
}

int helios_worker_claim_prefix(struct helios_worker *worker, const char *prefix,
                               struct helios_job **out, struct helios_error *err)
{
    return take_coalesced(worker, prefix, true, out, err);
}

int helios_worker_claim_job(struct helios_worker *worker, uint64_t jobid,
                            struct helios_job **out, struct helios_error *err)
{
    struct taking t = {.w = worker, .jobid = jobid};
    *out = NULL;
    if (jobid == 0)
        return err_set(err, HELIOS_E_INVALID, "0 is not the number of a job");
    return take(&t, out, err);
}

/* ---- recording ---- */

void together_done(struct helios_worker *w)
{
    for (const struct taken_job *t = w->taken; t != NULL; t = t->next)
        holding_done(w->slot, t->index);
}

static bool uses_transaction(const struct helios_worker *w, const struct helios_job *job)
{
    bool uses = job->used_db;
    for (const struct taken_job *t = w->taken; t != NULL; t = t->next)
        uses = uses || t->job.used_db;
    return uses;
}

static bool all_completed(const struct helios_worker *w, const struct helios_job *job)
{
    bool all = job->verdict == VERDICT_COMPLETED;
    for (const struct taken_job *t = w->taken; t != NULL; t = t->next)
        all = all && (!t->shown || t->job.verdict == VERDICT_COMPLETED);
    return all;
}

static void completed(struct helios_worker *w, size_t index)
{
    atomic_fetch_add_explicit(&w->slot->completed, 1, memory_order_relaxed);
    holding_drop(w->slot, index);
}

/* All of them in the transaction that the service opened: 0 done, 1 undone, -1 failed. */
static int complete_shared(struct helios_worker *w, size_t i, struct helios_job *job,
                           struct helios_error *err)
{
    size_t n = 1;
    for (const struct taken_job *t = w->taken; t != NULL; t = t->next)
        n += t->shown ? 1 : 0;
    struct store_held *held = calloc(n, sizeof *held);
    const struct store_outcome outcome = record_outcome(w);
    if (held == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for the outcomes of %zu jobs",
                       n);
    size_t k = 0;
    record_held(w, i, &job->args, &held[k++]);
    for (const struct taken_job *t = w->taken; t != NULL; t = t->next)
        if (t->shown)
            record_held(w, t->index, &t->job.args, &held[k++]);
    int rc = store_complete(w->store, held, n, &outcome, err);
    bool undone = false;
    /* Which of them is lost shows, and is logged, when they are given back. */
    for (k = 0; rc == 0 && k < n; k++)
        undone = undone || held[k].lost;
    free(held);
    if (undone)
        return 1;
    if (rc != 0)
        return rc;
    completed(w, i);
    for (const struct taken_job *t = w->taken; t != NULL; t = t->next)
        if (t->shown)
            completed(w, t->index);
    return 0;
}

/* What was done in the transaction is undone with it: jobs that were completed there go
 * back, the others keep their verdict. */
static int record_undone(struct helios_worker *w, size_t i, struct helios_job *job,
                         bool uncertain)
{
    if (job->verdict == VERDICT_COMPLETED && !uncertain) {
        helios_log(
            job, HELIOS_LOG_NOTICE,
            "the transaction of the jobs done together was undone; this one is given "
            "back");
        job->verdict = VERDICT_RELEASED;
    }
    job->used_db = uncertain;
    return uncertain ? record_verdict(w, i, job, true) : record_job(w, i, job);
}

static int record_shared(struct helios_worker *w, size_t i, struct helios_job *job)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int rc = 1;
    if (all_completed(w, job) && db_in_transaction(store_db(w->store)))
        rc = complete_shared(w, i, job, &err);
    bool undone = rc != 0;
    bool uncertain = rc < 0 && err.kind == HELIOS_E_UNCERTAIN;
    if (rc < 0)
        helios_log(job, HELIOS_LOG_WARNING, "%s", err.text);
    /* They are given back and run again: not at full speed for as long as that fails. */
    if (rc < 0 && err.kind != HELIOS_E_RETRY && err.kind != HELIOS_E_LOST && !uncertain)
        record_await_repair(w, i, 0, &err);
    db_rollback(store_db(w->store));
    rc = undone ? record_undone(w, i, job, uncertain) : 0;
    for (struct taken_job *t = w->taken; rc == 0 && t != NULL; t = t->next) {
        if (!t->shown)
            rc = record_job(w, t->index, &t->job);
        else if (undone)
            rc = record_undone(w, t->index, &t->job, uncertain);
    }
    return rc;
}

/* -1: it stays on the board for the poller. */
static int give_back_unsure(struct helios_worker *w)
{
    if (!w->unsure)
        return 0;
    if (!db_usable(store_db(w->store)) && worker_reconnect(w, true) != 0)
        return -1;
    if (record_release(w, w->unsure_at, w->unsure_at + 1) != 0)
        return -1;
    w->unsure = false;
    return 0;
}

int together_record(struct helios_worker *w, size_t i, struct helios_job *job)
{
    int rc;
    if (db_misused(store_db(w->store))) {
        record_misuse(job);
        for (struct taken_job *t = w->taken; t != NULL; t = t->next)
            record_misuse(&t->job);
    }
    if (w->taken != NULL && uses_transaction(w, job)) {
        rc = record_shared(w, i, job);
    } else {
        rc = record_job(w, i, job);
        for (struct taken_job *t = w->taken; rc == 0 && t != NULL; t = t->next)
            rc = record_job(w, t->index, &t->job);
    }
    return rc == 0 ? give_back_unsure(w) : rc;
}

void together_free(struct helios_worker *w)
{
    for (struct taken_job *t = w->taken, *next; t != NULL; t = next) {
        next = t->next;
        job_fini(&t->job);
        free(t);
    }
    w->taken = NULL;
}
