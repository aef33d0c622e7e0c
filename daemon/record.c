/* SPDX-License-Identifier: MIT */
#include "daemon/worker.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/log.h"
#include "core/trail.h"
#include "daemon/burst.h"
#include "daemon/history.h"
#include "daemon/holding.h"

/* How often one outcome is tried before the worker gives up and leaves it to the poller. */
#define TRIES 20
/* Between them after an error that somebody has to mend: a full disk, a right revoked. */
#define PAUSE_FIRST_MS 50
#define PAUSE_MOST_MS  5000
/* Of the texts of a group at most so much memory stays for the next one: bytes. */
#define TEXTS_KEPT 1048576

static void add_one(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void record_held(struct helios_worker *w, size_t i, const struct args *args,
                 struct store_held *held)
{
    *held = (struct store_held){.job = &w->jobs[i]};
    holding_leases(&w->slot->jobs[i], held->leases);
    held->text = args->text != NULL ? args->text : args->raw;
    held->text_len = args->text != NULL ? args->text_len : args->raw_len;
}

struct store_outcome record_outcome(const struct helios_worker *w)
{
    return (struct store_outcome){.history = w->settings.job_history,
                                  .keep_exit_s = w->rules.keep_exit_status_s};
}

static void lease_lost(struct helios_worker *w, size_t i)
{
    add_one(&w->slot->lost);
    log_write(
        HELIOS_LOG_WARNING, w->jobs[i].jobid, w->jobs[i].funcid,
        "lease lost: the job was taken or changed by another program while it ran; its "
        "outcome here is not recorded");
    holding_drop(w->slot, i);
}

/* A fence that missed may only mean that a renewal began between our reading of the board
 * and the statement: true if there are values now that were not tried. */
static bool leases_moved(struct helios_worker *w, size_t i, const uint32_t tried[3])
{
    uint32_t now[3];
    holding_leases(&w->slot->jobs[i], now);
    for (int k = 0; k < 3; k++)
        if (now[k] != tried[0] && now[k] != tried[1] && now[k] != tried[2])
            return true;
    return false;
}

static int write_failure(struct helios_worker *w, struct helios_job *job,
                         struct store_held *held, bool *final, struct helios_error *err)
{
    const struct store_outcome outcome = record_outcome(w);
    struct store_failure failure = {
        .message = buf_text(&job->message),
        .message_len = job->message.len,
        .status = (uint32_t)job->status,
        .permanent = job->verdict == VERDICT_FAILED_NO_RETRY,
        .rules = &w->rules,
    };
    struct store_failed failed = {0};
    int rc = store_fail(w->store, held, &failure, &outcome, &failed, err);
    *final = failed.final;
    return rc;
}

static int give_back(struct helios_worker *w, struct store_held *held,
                     struct helios_error *err)
{
    uint64_t released = 0;
    int rc = store_release(w->store, &held->job->jobid, 1, held->leases, &released, err);
    held->lost = rc == 0 && released == 0;
    return rc;
}

/* One attempt at the transaction that the verdict asks for. */
static int write_verdict(struct helios_worker *w, struct helios_job *job,
                         struct store_held *held, bool *final, struct helios_error *err)
{
    const struct store_outcome outcome = record_outcome(w);
    switch (job->verdict) {
    case VERDICT_COMPLETED:
        return store_complete(w->store, held, 1, &outcome, err);
    case VERDICT_BURST:
        return burst_write(w, job, held, &outcome, err);
    case VERDICT_RELEASED:
        return give_back(w, held, err);
    case VERDICT_DEFERRED:
        return 0;
    case VERDICT_DEFERRED_UNTIL:
        return store_defer(w->store, held, job->run_after, err);
    case VERDICT_NONE:
    case VERDICT_FAILED:
    case VERDICT_FAILED_NO_RETRY:
        break;
    }
    return write_failure(w, job, held, final, err);
}

static void count_outcome(struct helios_worker *w, size_t i, enum job_verdict verdict,
                          bool final)
{
    struct board_slot *slot = w->slot;
    if (verdict != VERDICT_RELEASED && verdict != VERDICT_DEFERRED)
        w->repairs = 0;
    switch (verdict) {
    case VERDICT_COMPLETED:
    case VERDICT_BURST:
        add_one(&slot->completed);
        break;
    case VERDICT_RELEASED:
        add_one(&slot->released);
        break;
    case VERDICT_DEFERRED:
        add_one(&slot->deferred);
        log_write(HELIOS_LOG_DEBUG, w->jobs[i].jobid, w->jobs[i].funcid,
                  "deferred: available again when the lease runs out");
        break;
    case VERDICT_DEFERRED_UNTIL:
        add_one(&slot->deferred);
        log_write(HELIOS_LOG_DEBUG, w->jobs[i].jobid, w->jobs[i].funcid,
                  "deferred to a later time");
        break;
    case VERDICT_NONE:
    case VERDICT_FAILED:
    case VERDICT_FAILED_NO_RETRY:
        add_one(final ? &slot->failed_final : &slot->failed);
        break;
    }
    holding_drop(slot, i);
}

/* What the service did in its own transaction is gone with the connection, or with the
 * deadlock: the job has not been done. It goes back, which is no failure of the job. */
static void effects_undone(struct helios_job *job)
{
    if (!job->used_db)
        return;
    helios_log(job, HELIOS_LOG_NOTICE,
               "the job's transaction was undone with the database's; it is given back");
    job->used_db = false;
    job->verdict = VERDICT_RELEASED;
}

/* A burst that cannot be written is a failure of the metajob, with retry rules. */
static void burst_failed(struct helios_job *job, const struct helios_error *err)
{
    helios_log(job, HELIOS_LOG_ERR, "Metajob burst failure for metajob %llu: %s",
               (unsigned long long)job->row->jobid, err->text);
    job->verdict = VERDICT_NONE;
    job_decide(job, VERDICT_FAILED, 1, "%s", err->text);
}

enum next { NEXT_DONE, NEXT_AGAIN, NEXT_ASK_AGAIN, NEXT_REPAIR, NEXT_GIVE_UP };

/* After an uncertain COMMIT: the row tells. */
static enum next resolve(struct helios_worker *w, size_t i, struct helios_job *job)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    enum store_fate fate;
    uint32_t leases[3];
    holding_leases(&w->slot->jobs[i], leases);
    if (store_fate(w->store, w->jobs[i].jobid, leases, &fate, &err) != 0) {
        /* The COMMIT is still under way: a server that waits for its disk or its replica.
         */
        if (err.kind == HELIOS_E_RETRY)
            return NEXT_ASK_AGAIN;
        return err.kind == HELIOS_E_LOST ? NEXT_AGAIN : NEXT_GIVE_UP;
    }
    if (fate == STORE_STILL_HELD) {
        effects_undone(job);
        return NEXT_AGAIN;
    }
    if (fate == STORE_CHANGED && leases_moved(w, i, leases))
        return NEXT_ASK_AGAIN;
    /* A failure with retries left frees the row; a completion removes it. */
    bool expected = fate == STORE_ENDED || job->verdict == VERDICT_FAILED ||
                    job->verdict == VERDICT_NONE || job->verdict == VERDICT_RELEASED ||
                    job->verdict == VERDICT_DEFERRED_UNTIL;
    if (expected)
        count_outcome(w, i, job->verdict, fate == STORE_ENDED);
    else
        lease_lost(w, i);
    return NEXT_DONE;
}

/* The database takes the values neither now nor later: to run the job again would end the
 * same way. Its transaction is undone, and the failure is recorded with the reason. */
static enum next refused(struct helios_worker *w, size_t i, struct helios_job *job,
                         const struct helios_error *err)
{
    if (job->verdict == VERDICT_FAILED_NO_RETRY || job->verdict == VERDICT_RELEASED)
        return NEXT_GIVE_UP;
    log_write(HELIOS_LOG_ERR, w->jobs[i].jobid, w->jobs[i].funcid,
              "the database refuses the outcome of this job, which has failed for good: %s",
              err->text);
    job_undecide(job);
    job_decide(job, VERDICT_FAILED_NO_RETRY, 1, "The database refused the outcome: %s",
               err->text);
    return NEXT_AGAIN;
}

/* What is broken may be mended meanwhile. The pauses grow from job to job too, or a job
 * that has to be given back would be run again and again without one. */
void record_await_repair(struct helios_worker *w, size_t i, int tries,
                         const struct helios_error *err)
{
    int64_t ms = PAUSE_FIRST_MS;
    if (tries == 0)
        log_write(HELIOS_LOG_ERR, w->jobs[i].jobid, w->jobs[i].funcid,
                  "the outcome of this job cannot be written, will try again: %s",
                  err->text);
    for (unsigned k = 0; k < w->repairs && ms < PAUSE_MOST_MS; k++)
        ms *= 2;
    w->repairs++;
    w->woken = false;
    worker_listen(w, ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS);
}

static enum next after_error(struct helios_worker *w, size_t i, struct helios_job *job,
                             bool *uncertain, const struct helios_error *err)
{
    switch (err->kind) {
    case HELIOS_E_RETRY:
        effects_undone(job);
        worker_listen(w, 1 + mono_now().us % 50);
        return NEXT_AGAIN;
    case HELIOS_E_LOST:
    case HELIOS_E_UNCERTAIN:
        log_write(HELIOS_LOG_WARNING, w->jobs[i].jobid, w->jobs[i].funcid,
                  "the database was lost before the outcome was written (%s); reconnecting",
                  err->text);
        *uncertain = *uncertain || err->kind == HELIOS_E_UNCERTAIN;
        if (!*uncertain)
            effects_undone(job);
        return NEXT_AGAIN;
    default:
        if (job->verdict == VERDICT_BURST) {
            burst_failed(job, err);
            return NEXT_AGAIN;
        }
        /* This process will not have more, and to give the job back would have it run
         * without end: it fails by the death of this process, under the retry rules. */
        if (err->kind == HELIOS_E_NOMEM) {
            w->no_memory = true;
            holding_fails(w->slot, i);
            return NEXT_GIVE_UP;
        }
        if (store_refused(err->kind))
            return refused(w, i, job, err);
        effects_undone(job);
        return NEXT_REPAIR;
    }
}

int record_verdict(struct helios_worker *w, size_t i, struct helios_job *job,
                   bool uncertain)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_held held;
    bool final = false;
    trail_note(w->slot, TRAIL_RECORD, w->jobs[i].jobid);
    for (int tries = 0; tries < TRIES; tries++) {
        if (!db_usable(store_db(w->store)) && worker_reconnect(w, true) != 0)
            break;
        job->store = w->store;
        if (uncertain) {
            enum next next = resolve(w, i, job);
            if (next == NEXT_DONE)
                return 0;
            if (next == NEXT_GIVE_UP)
                break;
            if (next == NEXT_ASK_AGAIN || !db_usable(store_db(w->store)))
                continue;
            uncertain = false;
        }
        record_held(w, i, &job->args, &held);
        err_clear(&err);
        if (write_verdict(w, job, &held, &final, &err) != 0) {
            /* A file that another program keeps locked is waited for as a server that is
             * away. */
            if (err.kind == HELIOS_E_RETRY && !w->master_gone &&
                (db_flags(store_db(w->store)) & DB_ONE_WRITER) != 0)
                tries--;
            enum next next = after_error(w, i, job, &uncertain, &err);
            if (next == NEXT_GIVE_UP)
                break;
            if (next == NEXT_REPAIR)
                record_await_repair(w, i, tries, &err);
            continue;
        }
        if (!held.lost) {
            history_report(&held);
            trail_note(w->slot, TRAIL_RECORDED, w->jobs[i].jobid);
            count_outcome(w, i, job->verdict, final);
            return 0;
        }
        if (!leases_moved(w, i, held.leases)) {
            lease_lost(w, i);
            return 0;
        }
        effects_undone(job);
    }
    if (err.kind == HELIOS_E_NONE)
        (void)err_set(&err, HELIOS_E_DATABASE, "no transaction succeeded in %d tries",
                      TRIES);
    (void)err_wrap(&err, "the outcome of job %llu could not be written",
                   (unsigned long long)w->jobs[i].jobid);
    worker_trouble(w, &err);
    return -1;
}

/* Notes a completion of an idempotent service for the group's commit. Only the text is
 * kept, in one piece: what the arguments were decoded to is freed, and its memory serves
 * the next job. */
static int record_later(struct helios_worker *w, size_t i, struct helios_job *job)
{
    struct worker_group *g = &w->group;
    struct store_held held;
    record_held(w, i, &job->args, &held);
    struct worker_done done = {
        .index = i, .text_at = g->texts.len, .text_len = held.text_len};
    buf_append(&g->texts, held.text, held.text_len);
    if (g->texts.failed) {
        g->texts.failed = false; /* what it had it has */
        return record_verdict(w, i, job, false);
    }
    if (g->count == 0)
        g->since = mono_now();
    g->done[g->count++] = done;
    return 0;
}

void record_misuse(struct helios_job *job)
{
    if (job->verdict != VERDICT_COMPLETED && job->verdict != VERDICT_NONE)
        return;
    helios_log(job, HELIOS_LOG_ERR, "the job has failed: %s", db_misuse);
    job->verdict = VERDICT_NONE;
    buf_clear(&job->message);
    job_decide(job, VERDICT_FAILED, 1, "%s", db_misuse);
}

int record_job(struct helios_worker *w, size_t i, struct helios_job *job)
{
    if (job->verdict == VERDICT_NONE)
        job_decide(job, VERDICT_FAILED, 1, "%s", JOB_NO_VERDICT);
    if (job->verdict == VERDICT_COMPLETED && !job->used_db &&
        (w->plugin.service.flags & HELIOS_SERVICE_IDEMPOTENT) != 0)
        return record_later(w, i, job);
    if (job->used_db && job->verdict != VERDICT_COMPLETED) {
        db_rollback(store_db(w->store));
        job->used_db = false;
    }
    /* A deadlock or a lost connection in the service's own statement took the transaction.
     */
    if (job->used_db && !db_in_transaction(store_db(w->store)))
        effects_undone(job);
    return record_verdict(w, i, job, false);
}

static struct args done_args(const struct worker_group *g, const struct worker_done *done)
{
    return (struct args){.text = buf_text(&g->texts) + done->text_at,
                         .text_len = done->text_len};
}

/* One of the group alone: after an error of the whole, or when its fence missed. */
static int record_singly(struct helios_worker *w, const struct worker_done *done,
                         bool uncertain)
{
    struct helios_job job = {.store = w->store,
                             .row = &w->jobs[done->index],
                             .args = done_args(&w->group, done),
                             .verdict = VERDICT_COMPLETED};
    int rc = record_verdict(w, done->index, &job, uncertain);
    job_fini(&job);
    return rc;
}

static void group_clear(struct worker_group *g)
{
    g->count = 0;
    if (g->texts.cap > TEXTS_KEPT)
        buf_fini(&g->texts);
    buf_clear(&g->texts);
}

int record_group(struct helios_worker *w)
{
    struct worker_group *g = &w->group;
    if (g->count == 0)
        return 0;
    int rc = 0;
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct store_outcome outcome = record_outcome(w);
    trail_note(w->slot, TRAIL_GROUP, g->count);
    struct store_held *held = calloc(g->count, sizeof *held);
    bool together = held != NULL;
    for (size_t k = 0; together && k < g->count; k++) {
        const struct args args = done_args(g, &g->done[k]);
        record_held(w, g->done[k].index, &args, &held[k]);
    }
    struct turn *turn = worker_bulk_begin(w, g->count);
    if (together && store_complete(w->store, held, g->count, &outcome, &err) != 0)
        together = false;
    worker_bulk_end(w, turn);
    for (size_t k = 0; k < g->count; k++) {
        const struct worker_done *done = &g->done[k];
        if (together && !held[k].lost) {
            history_report(&held[k]);
            count_outcome(w, done->index, VERDICT_COMPLETED, false);
        } else if (rc == 0) {
            rc = record_singly(w, done, err.kind == HELIOS_E_UNCERTAIN);
        }
    }
    group_clear(g);
    free(held);
    return rc;
}

int record_release(struct helios_worker *w, size_t from, size_t to)
{
    if (from < to)
        trail_note(w->slot, TRAIL_RELEASE, to - from);
    for (size_t i = from; i < to; i++) {
        struct board_job *entry = &w->slot->jobs[i];
        uint32_t leases[3];
        uint64_t released = 0;
        holding_leases(entry, leases);
        if (holding_owed(entry) &&
            store_release(w->store, &w->jobs[i].jobid, 1, leases, &released, NULL) != 0)
            return -1;
        if (released > 0)
            add_one(&w->slot->released);
        holding_drop(w->slot, i);
    }
    return 0;
}
