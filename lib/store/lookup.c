/* SPDX-License-Identifier: MIT */
#include "store/private.h"

/* Reads two numbers of a table that a TheSchwartz database may not have. */
static int read_end(struct store *store, enum statement id, uint64_t jobid, int64_t out[2],
                    struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    struct helios_datum key = store_datum_jobid(jobid);
    int rc = store_numbers(store, id, &key, 1, out, 2, &local);
    if (rc >= 0 || local.kind == HELIOS_E_SCHEMA)
        return rc < 0 ? 1 : rc;
    return err_set(err, local.kind, "%s", local.text);
}

static enum helios_job_state queued_state(int64_t run_after, int64_t lease, int64_t now)
{
    if (lease > now)
        return HELIOS_JOB_RUNNING;
    return run_after > now ? HELIOS_JOB_DELAYED : HELIOS_JOB_WAITING;
}

/* The queue first: a job that ends between the two looks is then found ended, not unknown.
 * 1 if neither knows it. */
static int look_up(struct store *store, uint64_t jobid, struct helios_job_status *out,
                   struct helios_error *err)
{
    struct helios_datum key = store_datum_jobid(jobid);
    int64_t row[3] = {0};
    int64_t end[2] = {0};
    int queued = store_numbers(store, ST_JOB_LOOKUP, &key, 1, row, 3, err);
    if (queued < 0 || store_failures(store, jobid, &out->failures, err) != 0)
        return -1;
    int ended = read_end(store, ST_HISTORY_LAST, jobid, end, err);
    if (ended == 1)
        ended = read_end(store, ST_EXITSTATUS_LOOK, jobid, end, err);
    if (ended < 0)
        return -1;
    out->exitstatus = ended == 0 ? (int)end[0] : -1;
    out->complete_time = ended == 0 ? end[1] : 0;
    if (queued == 0)
        out->state = queued_state(row[0], row[1], row[2]);
    else
        out->state = end[0] == 0 ? HELIOS_JOB_DONE : HELIOS_JOB_FAILED;
    return queued == 1 && ended == 1 ? 1 : 0;
}

int store_lookup(struct store *store, uint64_t jobid, struct helios_job_status *out,
                 struct helios_error *err)
{
    *out = (struct helios_job_status){.exitstatus = -1};
    int rc = look_up(store, jobid, out, err);
    return rc < 0 ? err_wrap(err, "cannot look up job %llu", (unsigned long long)jobid)
                  : rc;
}
