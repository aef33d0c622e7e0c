/* SPDX-License-Identifier: MIT */
#include "daemon/claiming.h"

#include "core/err.h"
#include "core/log.h"
#include "core/trail.h"
#include "daemon/holding.h"

/* As many jobs as fill the time that a batch may take. */
static size_t batch_for(const struct helios_worker *w, double job_ms)
{
    double want =
        job_ms < 0.001 ? (double)BOARD_JOBS : (double)w->settings.claim_target_ms / job_ms;
    return want < 1 ? 1 : want > BOARD_JOBS ? BOARD_JOBS : (size_t)want;
}

void claiming_measure(struct helios_worker *w, struct mono begun)
{
    double ms = (double)(mono_now().us - begun.us) / 1000.0;
    w->job_ms = w->job_ms < 0 ? ms : w->job_ms * 0.8 + ms * 0.2;
    size_t most = batch_for(w, w->job_ms);
    if (w->batch > most)
        w->batch = most;
    else if (w->batch < most)
        w->batch = w->batch * 2 < most ? w->batch * 2 : most;
}

/* Workers tell each other how long jobs take, once for each batch: a new one need not begin
 * with one job, as where nothing is known, and take ten claims to learn it. */
static void share_measure(struct helios_worker *w)
{
    _Atomic uint64_t *job_ns = &w->heritage->board->job_ns;
    if (w->job_ms >= 0) {
        atomic_store_explicit(job_ns, (uint64_t)(w->job_ms * 1e6) + 1,
                              memory_order_relaxed);
        return;
    }
    uint64_t known = atomic_load_explicit(job_ns, memory_order_relaxed);
    if (known > 0)
        w->batch = batch_for(w, (double)known / 1e6);
}

static void announce(void *arg, const uint64_t *jobids, size_t n, uint32_t lease_until)
{
    struct helios_worker *w = arg;
    uint32_t funcid = w->jobs[0].funcid;
    if (++w->seq == 0)
        w->seq = 1;
    holding_announce(w->slot, w->seq, funcid, jobids, n, lease_until);
}

static size_t batch_size(const struct helios_worker *w)
{
    if (!w->settings.overdrive || w->one_by_one)
        return 1;
    int64_t most = w->settings.claim_max;
    most = most < 1 ? 1 : most > (int64_t)BOARD_JOBS ? (int64_t)BOARD_JOBS : most;
    /* What a claim leaves behind is read in vain. */
    if (w->job_bytes > 0 && (uint64_t)most > 1 + STORE_CLAIM_BYTES / w->job_bytes)
        most = 1 + (int64_t)(STORE_CLAIM_BYTES / w->job_bytes);
    return w->batch < (size_t)most ? w->batch : (size_t)most;
}

uint32_t claiming_distinct(const struct helios_worker *w)
{
    const struct heritage *heritage = w->heritage;
    uint32_t h = 0;
    for (const char *p = heritage->host; *p != '\0'; p++)
        h = h * 31 + (unsigned char)*p;
    return h + 2 * heritage->slot;
}

/* There is no room for what was to be claimed: fewer, then one, from the start, where its
 * id is known. That job fails by the death of this process, which has announced it under
 * the value that it has while nobody holds it: whoever settles that has no limit. Left in
 * the queue it would keep all behind it from running. */
static int claim_less(struct helios_worker *w, const struct store_claim *want,
                      struct helios_error *err)
{
    uint64_t jobid = w->jobs[0].jobid;
    uint32_t lease_until = 0;
    struct helios_error local = HELIOS_ERROR_INIT;
    holding_trim(w->slot, 0);
    if (want->want > 1 || (jobid == 0 && !w->no_memory)) {
        w->no_memory = want->want == 1;
        w->one_by_one = true;
        w->woken = true;
        return 0;
    }
    w->no_memory = true;
    int rc = jobid == 0 ? -1 : store_unheld(w->store, jobid, &lease_until, &local);
    /* The connection may have ended with what was read half. */
    if (rc < 0 && local.kind == HELIOS_E_LOST && worker_reconnect(w, false) == 0)
        rc = store_unheld(w->store, jobid, &lease_until, &local);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    (void)err_wrap(err, "no room for job %llu", (unsigned long long)jobid);
    w->jobs[0].funcid = want->funcid;
    announce(w, &jobid, 1, lease_until);
    atomic_store(&w->slot->running, jobid);
    (void)holding_start(w->slot, 0);
    return -1;
}

static void measure_bytes(struct helios_worker *w, size_t got)
{
    size_t bytes = 0;
    for (size_t i = 0; i < got; i++)
        bytes += w->jobs[i].arg_len;
    w->job_bytes = bytes / got;
}

/* Asks one jobtype after the other, beginning behind the one that had work last. */
static int claim(struct helios_worker *w, struct helios_error *err)
{
    const struct heritage *h = w->heritage;
    worker_state(w, BOARD_CLAIMING);
    w->count = 0;
    for (unsigned k = 0; k < h->jobtype_count; k++) {
        unsigned type = (w->next_type + k) % h->jobtype_count;
        uint32_t funcid;
        int rc = store_jobtype(w->store, h->jobtypes[type], &funcid, err);
        if (rc < 0)
            return -1;
        if (rc == 1)
            continue;
        w->jobs[0].funcid = funcid;
        struct store_claim want = {
            .funcid = funcid,
            .want = batch_size(w),
            .order = (enum job_order)w->settings.order,
            .floor = w->settings.priority_floor,
            .lease_s = w->rules.lease_s,
            .random = claiming_distinct(w),
            .cursor = &h->board->cursor[type],
            .announce = announce,
            .arg = w,
        };
        size_t got = 0;
        trail_note(w->slot, TRAIL_CLAIM, want.want);
        if (store_claim(w->store, &want, w->jobs, &got, err) != 0)
            return err->kind == HELIOS_E_NOMEM ? claim_less(w, &want, err) : -1;
        w->no_memory = w->one_by_one = false;
        trail_note(w->slot, TRAIL_CLAIMED, got);
        holding_trim(w->slot, got);
        if (got > 0) {
            measure_bytes(w, got);
            w->count = got;
            w->next_type = (type + 1) % h->jobtype_count;
            return 0;
        }
    }
    return 0;
}

/* A claim whose COMMIT was lost may hold: what was announced is given back by fence. */
static int undo_claim(struct helios_worker *w)
{
    uint32_t held = atomic_load(&w->slot->held);
    for (uint32_t i = 0; i < held; i++) {
        uint32_t leases[3];
        uint64_t jobid = atomic_load(&w->slot->jobs[i].jobid);
        holding_leases(&w->slot->jobs[i], leases);
        if (jobid != 0 && store_release(w->store, &jobid, 1, leases, NULL, NULL) != 0)
            return -1; /* stays on the board for the poller */
        holding_drop(w->slot, i);
    }
    holding_trim(w->slot, 0);
    return 0;
}

int claiming_next(struct helios_worker *w)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    share_measure(w);
    struct turn *turn = worker_bulk_begin(w, batch_size(w));
    int rc = claim(w, &err);
    worker_bulk_end(w, turn);
    if (rc == 0)
        return 0;
    w->count = 0;
    switch (err.kind) {
    case HELIOS_E_LOST:
    case HELIOS_E_UNCERTAIN:
        log_warning("worker lost the database: %s", err.text);
        /* A claim that cannot be undone must not be covered by another one. */
        if (worker_reconnect(w, false) != 0 || undo_claim(w) != 0)
            return -1;
        w->woken = true;
        return 0;
    case HELIOS_E_RETRY:
        holding_trim(w->slot, 0);
        worker_listen(w, 1 + mono_now().us % 20);
        w->woken = true;
        return 0;
    case HELIOS_E_NOMEM:
        worker_trouble(w, &err);
        return -1;
    default:
        holding_trim(w->slot, 0);
        worker_trouble(w, &err);
        return -1;
    }
}
