/* SPDX-License-Identifier: MIT */
#include "store/private.h"

/* ---- released and renewed ---- */

/* One statement is a transaction by itself; several get one. `changed` may be NULL. */
static int change(struct store *store, const struct store_ids *ids, uint64_t *changed,
                  struct helios_error *err)
{
    uint64_t unused = 0;
    if (changed == NULL)
        changed = &unused;
    if (ids->n <= GROUPS_MAX)
        return store_exec_ids(store, ids, changed, err);
    if (store_begin(store, err) != 0)
        return -1;
    return store_end(store, store_exec_ids(store, ids, changed, err), err);
}

int store_release(struct store *store, const uint64_t *jobids, size_t n,
                  const uint32_t leases[3], uint64_t *released, struct helios_error *err)
{
    struct helios_datum after[STORE_LEASES];
    struct store_ids ids = {.id = ST_JOB_RELEASE,
                            .jobids = jobids,
                            .n = n,
                            .after = after,
                            .after_n = STORE_LEASES};
    store_datum_leases(leases, after);
    db_rollback(store->db);
    if (store_fault(store, FAULT_RELEASE_BEFORE, err) != 0 ||
        change(store, &ids, released, err) != 0)
        return err_wrap(err, "cannot give %zu jobs back", n);
    return 0;
}

int store_defer(struct store *store, struct store_held *held, int64_t run_after,
                struct helios_error *err)
{
    struct helios_datum params[2 + STORE_LEASES];
    uint64_t changed = 0;
    if (run_after < 0)
        run_after = 0;
    params[0] = helios_int(run_after > STORE_TIME_MAX ? STORE_TIME_MAX : run_after);
    params[1] = helios_uint(held->job->jobid);
    store_datum_leases(held->leases, params + 2);
    db_rollback(store->db);
    if (store_exec(store, ST_JOB_DEFER, 0, params, 2 + STORE_LEASES, &changed, err) != 0)
        return err_wrap(err, "cannot put job %llu off",
                        (unsigned long long)held->job->jobid);
    held->lost = changed == 0;
    return 0;
}

int store_renew(struct store *store, const uint64_t *jobids, size_t n,
                const uint32_t leases[3], uint32_t lease_until, uint64_t *renewed,
                struct helios_error *err)
{
    struct helios_datum before = helios_uint(lease_until);
    struct helios_datum after[STORE_LEASES];
    struct store_ids ids = {.id = ST_JOB_RENEW,
                            .before = &before,
                            .before_n = 1,
                            .jobids = jobids,
                            .n = n,
                            .after = after,
                            .after_n = STORE_LEASES};
    store_datum_leases(leases, after);
    if (store_fault(store, FAULT_RENEW_BEFORE, err) != 0 ||
        change(store, &ids, renewed, err) != 0 ||
        store_fault(store, FAULT_RENEW_AFTER, err) != 0)
        return err_wrap(err, "cannot renew the leases of %zu jobs", n);
    return 0;
}

/* ---- what became of a job ---- */

int store_fate(struct store *store, uint64_t jobid, const uint32_t leases[3],
               enum store_fate *out, struct helios_error *err)
{
    struct helios_datum id = store_datum_jobid(jobid);
    int64_t lease = 0;
    int rc = store_fault(store, FAULT_FATE_BEFORE, err);
    if (rc == 0)
        rc = store_numbers(store, ST_JOB_FATE, &id, 1, &lease, 1, err);
    if (rc < 0)
        return err_wrap(err, "cannot read job %llu back", (unsigned long long)jobid);
    *out = rc == 1 ? STORE_ENDED : STORE_CHANGED;
    for (size_t i = 0; rc == 0 && i < STORE_LEASES; i++) {
        if (lease == (int64_t)leases[i])
            *out = STORE_STILL_HELD;
    }
    return 0;
}

struct held_row {
    struct store_job *job;
    bool found, failed;
};

static int held_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct held_row *row = arg;
    (void)n;
    row->found = true;
    row->failed = !store_job_read(row->job, columns);
    return 1;
}

int store_read_held(struct store *store, uint64_t jobid, const uint32_t leases[3],
                    struct store_job *out, struct helios_error *err)
{
    struct held_row row = {.job = out};
    struct helios_datum params[1 + STORE_LEASES];
    params[0] = store_datum_jobid(jobid);
    store_datum_leases(leases, params + 1);
    int rc = store_fault(store, FAULT_SETTLE_READ, err);
    if (rc == 0)
        rc = store_query(store, ST_JOB_READ_HELD, 0, params, 1 + STORE_LEASES, held_row,
                         &row, err);
    if (rc == 0 && row.failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (rc != 0)
        return err_wrap(err, "cannot read job %llu", (unsigned long long)jobid);
    return row.found ? 0 : 1;
}

int store_failures(struct store *store, uint64_t jobid, uint32_t *out,
                   struct helios_error *err)
{
    struct helios_datum id = store_datum_jobid(jobid);
    int64_t failures = 0;
    if (store_numbers(store, ST_ERROR_COUNT, &id, 1, &failures, 1, err) < 0)
        return err_wrap(err, "cannot count the failures of job %llu",
                        (unsigned long long)jobid);
    *out = (uint32_t)failures;
    return 0;
}
