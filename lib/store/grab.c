/* SPDX-License-Identifier: MIT */
#include "store/private.h"

/* One job by its id, out of turn. */
struct grab {
    const struct store_claim *claim;
    struct store_job *job;
    int64_t now;
    bool found, failed;
};

static int grab_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct grab *grab = arg;
    (void)n;
    grab->found = true;
    grab->now = helios_datum_int(&columns[STORE_JOB_NOW_COLUMN]);
    grab->failed = !store_job_read(grab->job, columns);
    return 1;
}

/* The row is changed only while it is as it was read: others claim without asking. */
static int take(struct store *store, struct grab *grab, struct helios_error *err)
{
    struct store_job *job = grab->job;
    uint32_t until = life_lease_until(grab->now, grab->claim->lease_s, grab->claim->random);
    struct helios_datum params[] = {helios_uint(until), helios_uint(job->jobid),
                                    helios_uint(job->lease_until)};
    uint64_t taken = 0;
    if (grab->claim->announce != NULL)
        grab->claim->announce(grab->claim->arg, &job->jobid, 1, until);
    if (store_exec(store, ST_CLAIM_GRAB_ONE, 0, params, 3, &taken, err) != 0)
        return -1;
    job->lease_until = until;
    return taken == 1 ? 0 : 1;
}

static int grab_in_transaction(struct store *store, struct grab *grab, uint64_t jobid,
                               struct helios_error *err)
{
    struct helios_datum id = store_datum_jobid(jobid);
    if (store_query(store, ST_CLAIM_READ_ONE, 0, &id, 1, grab_row, grab, err) != 0)
        return -1;
    if (grab->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for a claimed job");
    if (!grab->found || (int64_t)grab->job->lease_until > grab->now)
        return 1;
    return take(store, grab, err);
}

int store_unheld(struct store *store, uint64_t jobid, uint32_t *lease_until,
                 struct helios_error *err)
{
    int64_t now = 0;
    int64_t until = 0;
    struct helios_datum id = store_datum_jobid(jobid);
    if (store_now(store, &now, err) != 0)
        return -1;
    int rc = store_numbers(store, ST_JOB_LEASE, &id, 1, &until, 1, err);
    *lease_until = (uint32_t)until;
    return rc == 0 && until > now ? 1 : rc;
}

int store_claim_one(struct store *store, const struct store_claim *claim, uint64_t jobid,
                    struct store_job *job, struct helios_error *err)
{
    struct grab grab = {.claim = claim, .job = job};
    *job = (struct store_job){.arg = NULL};
    int rc = store_begin(store, err);
    if (rc == 0)
        rc = store_end_at(store, FAULT_CLAIM_BEFORE_COMMIT,
                          grab_in_transaction(store, &grab, jobid, err), err);
    if (rc == 0)
        return 0;
    store_job_fini(job);
    return rc > 0 ? 1 : err_wrap(err, "cannot claim job %llu", (unsigned long long)jobid);
}
