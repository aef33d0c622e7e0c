/* SPDX-License-Identifier: MIT */
#include "bare.h"

/* The least that a database has to do for the rows of a queue: no row comes to the program.
 * One connection, `batch` ids at a time: claim, commit; history, delete, commit. */

#define RANGE " WHERE jobid BETWEEN ? AND ? AND funcid = ?"

struct range {
    uint64_t from, to;
};

static int range_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct range *range = arg;
    (void)n;
    range->from = helios_datum_uint(&columns[0]);
    range->to = helios_datum_uint(&columns[1]);
    return 1;
}

static int claim(struct helios_db *db, const struct helios_datum *of,
                 struct helios_error *err)
{
    if (db_begin(db, err) != 0)
        return -1;
    if (helios_db_exec(db,
                       "UPDATE job SET grabbed_until = UNIX_TIMESTAMP() + 3600" RANGE
                       " AND run_after <= UNIX_TIMESTAMP() AND "
                       "grabbed_until <= UNIX_TIMESTAMP()",
                       of, 3, NULL, err) != 0)
        return -1;
    return db_commit(db, err);
}

static int complete(const struct bare *b, struct helios_db *db,
                    const struct helios_datum *of, uint64_t *done, struct helios_error *err)
{
    uint64_t deleted = 0;
    if (db_begin(db, err) != 0)
        return -1;
    if (b->history &&
        helios_db_exec(db,
                       "INSERT INTO helios_job_history_tb (jobid, funcid, arg, uniqkey, "
                       "insert_time, run_after, grabbed_until, priority, coalesce, "
                       "complete_time, exitstatus) SELECT jobid, funcid, arg, uniqkey, "
                       "insert_time, run_after, grabbed_until, priority, coalesce, "
                       "UNIX_TIMESTAMP(), 0 FROM job" RANGE,
                       of, 3, NULL, err) != 0)
        return -1;
    if (helios_db_exec(db, "DELETE FROM job" RANGE, of, 3, &deleted, err) != 0 ||
        db_commit(db, err) != 0)
        return -1;
    *done += deleted;
    return 0;
}

static int drain(const struct bare *b, struct helios_db *db, uint64_t *done,
                 struct helios_error *err)
{
    uint64_t funcid = 0;
    struct range all = {.from = 0};
    if (bare_jobtype(b, db, &funcid, err) != 0)
        return -1;
    struct helios_datum type = helios_uint(funcid);
    if (helios_db_query(db,
                        "SELECT COALESCE(MIN(jobid), 1), COALESCE(MAX(jobid), 0) FROM job "
                        "WHERE funcid = ?",
                        &type, 1, range_row, &all, err) != 0)
        return -1;
    for (uint64_t from = all.from; from <= all.to; from += b->batch) {
        struct helios_datum of[] = {helios_uint(from), helios_uint(from + b->batch - 1),
                                    type};
        if (claim(db, of, err) != 0 || complete(b, db, of, done, err) != 0)
            return -1;
    }
    return 0;
}

int set_drain(const struct bare *b, uint64_t *done, struct helios_error *err)
{
    struct helios_db *db = NULL;
    if (bare_connect(b, &db, err) != 0)
        return -1;
    int rc = drain(b, db, done, err);
    db_close(db);
    return rc;
}
