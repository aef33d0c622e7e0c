/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <stdlib.h>
#include <string.h>

/* ---- job rows ---- */

void store_job_fini(struct store_job *job)
{
    free(job->arg);
    free(job->uniqkey);
    free(job->coalesce);
    *job = (struct store_job){.arg = NULL};
}

/* A copy with a NUL behind it; NULL stays NULL. */
static bool copy_bytes(char **to, const struct helios_datum *d)
{
    *to = NULL;
    if (d->type != HELIOS_DATUM_TEXT && d->type != HELIOS_DATUM_BLOB)
        return true;
    *to = malloc(d->len + 1);
    if (*to == NULL)
        return false;
    memcpy(*to, d->data, d->len);
    (*to)[d->len] = '\0';
    return true;
}

static int64_t number_or_none(const struct helios_datum *d)
{
    return d->type == HELIOS_DATUM_NULL ? -1 : helios_datum_int(d);
}

bool store_job_read(struct store_job *job, const struct helios_datum *columns)
{
    char *arg = NULL;
    *job = (struct store_job){
        .jobid = helios_datum_uint(&columns[0]),
        .funcid = (uint32_t)helios_datum_uint(&columns[1]),
        .arg_len = columns[2].len,
        .insert_time = number_or_none(&columns[5]),
        .run_after = helios_datum_int(&columns[6]),
        .priority = number_or_none(&columns[7]),
        .lease_until = (uint32_t)helios_datum_uint(&columns[8]),
    };
    bool copied = copy_bytes(&arg, &columns[2]) && copy_bytes(&job->uniqkey, &columns[3]) &&
                  copy_bytes(&job->coalesce, &columns[4]);
    job->arg = arg;
    if (!copied)
        store_job_fini(job);
    return copied;
}

/* ---- claim ---- */

/* A server keeps every row locked that a locking scan has read, also those that were not
 * due: scanning the index with locks would hold up everybody whose jobs are being run. So
 * ids are looked up without locks first, some more than are wanted as others look up the
 * same, and then rows are locked by their ids. */
#define SPARE_IDS 16u

struct batch {
    const struct store_claim *claim;
    struct store_job *jobs;
    size_t n;
    uint64_t *ids; /* of jobs that were due, in order */
    size_t ids_n, ids_max;
    int64_t now; /* of the database */
    bool failed; /* out of memory */
};

static int batch_id_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct batch *b = arg;
    (void)n;
    if (b->ids_n == b->ids_max)
        return 1;
    b->ids[b->ids_n++] = helios_datum_uint(&columns[0]);
    return 0;
}

static int batch_look(struct store *store, struct batch *b, struct helios_error *err)
{
    static const enum statement statements[] = {
        [ORDER_OLDEST] = ST_CLAIM_IDS,
        [ORDER_LOW] = ST_CLAIM_IDS_LOW,
        [ORDER_HIGH] = ST_CLAIM_IDS_HIGH,
    };
    b->ids_max = 2 * b->claim->want + SPARE_IDS;
    struct helios_datum params[] = {helios_uint(b->claim->funcid), helios_uint(b->ids_max)};
    b->ids = reallocarray(NULL, b->ids_max, sizeof *b->ids);
    if (b->ids == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for claimed jobs");
    return store_query(store, statements[b->claim->order], 0, params, 2, batch_id_row, b,
                       err);
}

static int batch_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct batch *b = arg;
    (void)n;
    if (b->n == b->claim->want)
        return 1;
    b->now = helios_datum_int(&columns[STORE_JOB_NOW_COLUMN]);
    b->failed = !store_job_read(&b->jobs[b->n], columns);
    if (b->failed)
        return 1;
    b->n++;
    return 0;
}

static void batch_free(struct batch *b)
{
    while (b->n > 0)
        store_job_fini(&b->jobs[--b->n]);
}

static int batch_checked(const struct batch *b, int rc, struct helios_error *err)
{
    if (rc == 0 && b->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for claimed jobs");
    return rc;
}

static int batch_read(struct store *store, struct batch *b, struct helios_error *err)
{
    struct helios_datum params[] = {helios_uint(b->claim->funcid),
                                    helios_uint(b->claim->want)};
    int rc = store_query(store, ST_CLAIM_ROWS, 0, params, 2, batch_row, b, err);
    return batch_checked(b, rc, err);
}

static int read_some(struct store *store, struct batch *b, size_t from, size_t n,
                     struct helios_error *err)
{
    struct helios_datum limit = helios_uint(b->claim->want - b->n);
    bool skip = (db_flags(store->db) & DB_SKIP_LOCKED) != 0;
    struct store_ids ids = {.id = skip ? ST_CLAIM_LOCK : ST_CLAIM_READ,
                            .jobids = b->ids + from,
                            .n = n,
                            .after = &limit,
                            .after_n = 1};
    int rc = store_query_ids(store, &ids, batch_row, b, err);
    return batch_checked(b, rc, err);
}

static int earlier(const void *x, const void *y)
{
    const struct store_job *a = x;
    const struct store_job *b = y;
    if (a->run_after != b->run_after)
        return a->run_after < b->run_after ? -1 : 1;
    return a->jobid < b->jobid ? -1 : a->jobid > b->jobid;
}

static int lower(const void *x, const void *y)
{
    const struct store_job *a = x;
    const struct store_job *b = y;
    return a->priority == b->priority ? earlier(x, y) : a->priority < b->priority ? -1 : 1;
}

static int higher(const void *x, const void *y)
{
    const struct store_job *a = x;
    const struct store_job *b = y;
    return a->priority == b->priority ? earlier(x, y) : a->priority > b->priority ? -1 : 1;
}

/* How many ids to ask for next. Where others were quicker all the rest at once: of these
 * the database picks. By priority never more than are wanted, so that none is passed over.
 */
static size_t next_some(const struct batch *b, size_t from)
{
    size_t left = b->ids_n - from;
    size_t want = b->claim->want - b->n;
    size_t n = b->n == from || b->claim->order != ORDER_OLDEST ? want : left;
    n = n < left ? n : left;
    return n < GROUPS_MAX ? n : GROUPS_MAX;
}

/* As many as are wanted, in the order of the ids. */
static int batch_read_ids(struct store *store, struct batch *b, struct helios_error *err)
{
    static int (*const orders[])(const void *, const void *) = {
        [ORDER_OLDEST] = earlier, [ORDER_LOW] = lower, [ORDER_HIGH] = higher};
    for (size_t from = 0; from < b->ids_n && b->n < b->claim->want;) {
        size_t n = next_some(b, from);
        if (read_some(store, b, from, n, err) != 0)
            return -1;
        from += n;
    }
    qsort(b->jobs, b->n, sizeof *b->jobs, orders[b->claim->order]);
    return 0;
}

/* Tells the ids before any row is changed, so that a death in what follows is accounted
 * for; and again before the COMMIT if some of them were not to be had, since the listener
 * knows a job by its place in the batch. */
static uint64_t *announce(const struct batch *b, uint32_t lease_until,
                          struct helios_error *err)
{
    uint64_t *jobids = reallocarray(NULL, b->n, sizeof *jobids);
    if (jobids == NULL) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory for claimed jobs");
        return NULL;
    }
    for (size_t i = 0; i < b->n; i++)
        jobids[i] = b->jobs[i].jobid;
    if (b->claim->announce != NULL)
        b->claim->announce(b->claim->arg, jobids, b->n, lease_until);
    return jobids;
}

/* The rows are locked by this transaction, or it is the only writer. */
static int take_all(struct store *store, const struct batch *b, const uint64_t *jobids,
                    uint32_t lease_until, struct helios_error *err)
{
    struct helios_datum lease = helios_uint(lease_until);
    struct store_ids ids = {
        .id = ST_CLAIM_TAKE, .before = &lease, .before_n = 1, .jobids = jobids, .n = b->n};
    uint64_t taken = 0;
    if (store_exec_ids(store, &ids, &taken, err) != 0)
        return -1;
    if (taken != b->n)
        return err_set(err, HELIOS_E_RETRY,
                       "%zu jobs were locked and %llu could be claimed", b->n,
                       (unsigned long long)taken);
    return 0;
}

/* Row by row where it still is as it was read; the jobs that others got first are left
 * out of the batch. */
static int take_each(struct store *store, struct batch *b, uint32_t lease_until,
                     struct helios_error *err)
{
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct store_job *job = &b->jobs[i];
        struct helios_datum params[] = {helios_uint(lease_until), helios_uint(job->jobid),
                                        helios_uint(job->lease_until)};
        uint64_t taken = 0;
        if (rc == 0)
            rc = store_exec(store, ST_CLAIM_TAKE_ONE, 0, params, 3, &taken, err);
        if (taken == 1)
            b->jobs[kept++] = *job;
        else
            store_job_fini(job);
    }
    b->n = kept;
    return rc;
}

static int batch_take(struct store *store, struct batch *b, bool locked,
                      struct helios_error *err)
{
    uint32_t lease_until = life_lease_until(b->now, b->claim->lease_s, b->claim->random);
    size_t wanted = b->n;
    uint64_t *jobids = announce(b, lease_until, err);
    int rc = jobids == NULL ? -1 : store_fault(store, FAULT_CLAIM_AFTER_ANNOUNCE, err);
    if (rc == 0)
        rc = locked ? take_all(store, b, jobids, lease_until, err)
                    : take_each(store, b, lease_until, err);
    free(jobids);
    if (rc == 0 && b->n > 0 && b->n < wanted) {
        jobids = announce(b, lease_until, err);
        rc = jobids == NULL ? -1 : 0;
        free(jobids);
    }
    for (size_t i = 0; i < b->n; i++)
        b->jobs[i].lease_until = lease_until;
    return rc == 0 ? store_fault(store, FAULT_CLAIM_AFTER_UPDATE, err) : rc;
}

static int claim_in_transaction(struct store *store, struct batch *b,
                                struct helios_error *err)
{
    unsigned flags = db_flags(store->db);
    bool skip = (flags & DB_SKIP_LOCKED) != 0;
    bool locked = skip || (flags & DB_ONE_WRITER) != 0;
    bool by_id = skip || b->claim->order != ORDER_OLDEST;
    int rc = by_id ? batch_read_ids(store, b, err) : batch_read(store, b, err);
    if (rc == 0)
        rc = store_fault(store, FAULT_CLAIM_AFTER_SELECT, err);
    return rc != 0 || b->n == 0 ? rc : batch_take(store, b, locked, err);
}

int store_claim(struct store *store, const struct store_claim *claim,
                struct store_job *jobs, size_t *got, struct helios_error *err)
{
    struct batch b = {.claim = claim, .jobs = jobs};
    *got = 0;
    db_rollback(store->db);
    int rc = batch_look(store, &b, err);
    if (rc == 0 && b.ids_n > 0) {
        rc = store_begin(store, err);
        if (rc == 0)
            rc = store_end_at(store, FAULT_CLAIM_BEFORE_COMMIT,
                              claim_in_transaction(store, &b, err), err);
    }
    free(b.ids);
    if (rc != 0) {
        batch_free(&b);
        return err_wrap(err, "cannot claim jobs");
    }
    *got = b.n;
    return 0;
}

/* ---- counts ---- */

static int count(struct store *store, enum statement id, const uint32_t *funcids, size_t n,
                 uint64_t limit, uint64_t *out, struct helios_error *err)
{
    *out = 0;
    for (size_t i = 0; i < n && *out < limit; i++) {
        struct helios_datum params[] = {helios_uint(funcids[i]), helios_uint(limit - *out)};
        int64_t some = 0;
        if (store_numbers(store, id, params, 2, &some, 1, err) != 0)
            return err_wrap(err, "cannot count jobs");
        *out += (uint64_t)some;
    }
    return 0;
}

int store_waiting(struct store *store, const uint32_t *funcids, size_t n, uint64_t limit,
                  uint64_t *out, struct helios_error *err)
{
    return count(store, ST_WAITING, funcids, n, limit, out, err);
}

int store_backlog(struct store *store, const uint32_t *funcids, size_t n, uint64_t limit,
                  uint64_t *out, struct helios_error *err)
{
    return count(store, ST_BACKLOG, funcids, n, limit, out, err);
}
