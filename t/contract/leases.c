/* SPDX-License-Identifier: MIT */
#include "suite.h"

#define N 700
struct claimed {
    struct store_job jobs[N];
    uint64_t jobids[N];
    uint32_t leases[3];
    uint32_t funcid;
};

static struct claimed *claim_all(struct store *store)
{
    static struct claimed c;
    static struct helios_submission jobs[N];
    struct helios_error err = HELIOS_ERROR_INIT;
    for (size_t i = 0; i < N; i++)
        jobs[i] = (struct helios_submission){.jobtype = "A", .priority = -1};
    OK(store_submit(store, jobs, N, NULL, &err));
    c.funcid = fixture_jobtype(store, "A");
    assert_int_equal(fixture_claim(store, c.funcid, c.jobs, N), N);
    for (size_t i = 0; i < N; i++) {
        c.jobids[i] = c.jobs[i].jobid;
        c.leases[i % 3] = c.jobs[i].lease_until;
        store_job_fini(&c.jobs[i]);
    }
    return &c;
}

static void released(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct claimed *c = claim_all(*state);
    uint64_t n = 0;
    uint64_t due = 0;
    fixture_sql(*state, "UPDATE job SET grabbed_until = 99 WHERE "
                        "jobid = (SELECT * FROM (SELECT MAX(jobid) FROM job) AS j);");
    OK(store_release(*state, c->jobids, N, c->leases, &n, &err));
    assert_int_equal(n, N - 1);
    OK(store_waiting(*state, &c->funcid, 1, 10000, &due, &err));
    assert_int_equal(due, N);
    assert_int_equal(COUNT(*state, "job WHERE grabbed_until = 99"), 1);
    OK(store_release(*state, c->jobids, N, c->leases, &n, &err));
    assert_int_equal(n, 0);
    OK(store_release(*state, c->jobids, 0, c->leases, &n, &err));
    assert_int_equal(n, 0);
    OK(store_release(*state, c->jobids, N, c->leases, NULL, NULL));
}

static void unheld(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct claimed *c = claim_all(*state);
    uint32_t until = 1;
    assert_int_equal(store_unheld(*state, c->jobids[0], &until, &err), 1);
    fixture_sql(*state, "UPDATE job SET grabbed_until = 99;");
    OK(store_unheld(*state, c->jobids[0], &until, &err));
    assert_int_equal(until, 99);
    fixture_sql(*state, "UPDATE job SET grabbed_until = 0;");
    OK(store_unheld(*state, c->jobids[0], &until, &err));
    assert_int_equal(until, 0);
    fixture_sql(*state, "DELETE FROM job;");
    assert_int_equal(store_unheld(*state, c->jobids[0], &until, &err), 1);
}

static void renewed(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct claimed *c = claim_all(*state);
    uint32_t later = c->leases[0] + 1000;
    uint64_t n = 0;
    fixture_sql(*state, "UPDATE job SET grabbed_until = 99 WHERE "
                        "jobid = (SELECT * FROM (SELECT MAX(jobid) FROM job) AS j);");
    OK(store_renew(*state, c->jobids, N, c->leases, later, &n, &err));
    assert_int_equal(n, N - 1);
    assert_int_equal(fixture_number(*state, "SELECT MAX(grabbed_until) FROM job"), later);
    assert_int_equal(COUNT(*state, "job WHERE grabbed_until = 99"), 1);
    OK(store_renew(*state, c->jobids, N, c->leases, later + 1, &n, &err));
    assert_int_equal(n, 0);
}

static void fate(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_job job;
    enum store_fate fate;
    (void)fixture_submit(*state, "A", 1);
    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "A"), &job, 1), 1);
    uint32_t leases[3] = {1, 2, job.lease_until};
    OK(store_fate(*state, job.jobid, leases, &fate, &err));
    assert_int_equal(fate, STORE_STILL_HELD);
    leases[2] = 3;
    OK(store_fate(*state, job.jobid, leases, &fate, &err));
    assert_int_equal(fate, STORE_CHANGED);
    OK(store_fate(*state, job.jobid + 1, leases, &fate, &err));
    assert_int_equal(fate, STORE_ENDED);
    store_job_fini(&job);
}

/* A server may be in the middle of the COMMIT whose connection was lost: what it is about
 * to delete is not held still. */
static void fate_of_what_is_under_way(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_job job;
    enum store_fate fate;
    struct store *other = fixture_open();
    if (helios_db_kind(store_db(*state)) == HELIOS_DB_SQLITE) {
        store_close(other);
        skip();
    }
    (void)fixture_submit(*state, "A", 1);
    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "A"), &job, 1), 1);
    uint32_t leases[3] = {job.lease_until, job.lease_until, job.lease_until};
    OK(helios_db_exec(store_db(*state), "SET SESSION innodb_lock_wait_timeout = 1", NULL, 0,
                      NULL, &err));
    OK(db_begin(store_db(other), &err));
    OK(helios_db_exec(store_db(other), fixture_text("DELETE FROM job"), NULL, 0, NULL,
                      &err));
    FAILS(HELIOS_E_RETRY, store_fate(*state, job.jobid, leases, &fate, &err));
    OK(db_commit(store_db(other), &err));
    OK(store_fate(*state, job.jobid, leases, &fate, &err));
    assert_int_equal(fate, STORE_ENDED);
    store_job_fini(&job);
    store_close(other);
}

static void read_held(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_job job;
    struct store_job again;
    (void)fixture_submit(*state, "A", 1);
    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "A"), &job, 1), 1);
    uint32_t leases[3] = {1, job.lease_until, 2};
    OK(store_read_held(*state, job.jobid, leases, &again, &err));
    assert_int_equal(again.jobid, job.jobid);
    assert_int_equal(again.lease_until, job.lease_until);
    assert_int_equal(again.arg_len, job.arg_len);
    store_job_fini(&again);
    leases[1] = 3;
    assert_int_equal(store_read_held(*state, job.jobid, leases, &again, &err), 1);
    store_job_fini(&job);
}

/* ---- what clients see ---- */

static void looked_up(void **state)
{
    static const struct {
        const char *name;
        const char *sql;
        int rc;
        enum helios_job_state state;
        int exitstatus;
        uint32_t failures;
    } rows[] = {
        {"waiting", "DELETE FROM error;", 0, HELIOS_JOB_WAITING, -1, 0},
        {"delayed", "UPDATE job SET run_after = UNIX_TIMESTAMP() + 60;", 0,
         HELIOS_JOB_DELAYED, -1, 0},
        {"running", "UPDATE job SET grabbed_until = UNIX_TIMESTAMP() + 60;", 0,
         HELIOS_JOB_RUNNING, -1, 0},
        {"failed once",
         "UPDATE job SET grabbed_until = 0;\n"
         "INSERT INTO error (error_time, jobid, message) SELECT 5, jobid, 'x' FROM job;\n"
         "INSERT INTO helios_job_history_tb (jobid, funcid, run_after, grabbed_until, "
         "complete_time, exitstatus) SELECT jobid, funcid, 1, 1, 500, 9 FROM job;",
         0, HELIOS_JOB_DELAYED, 9, 1},
        {"failed for good", "DELETE FROM job;", 0, HELIOS_JOB_FAILED, 9, 1},
        {"completed in the same second",
         "INSERT INTO helios_job_history_tb (jobid, funcid, run_after, grabbed_until, "
         "complete_time, exitstatus) SELECT jobid, funcid, 1, 1, 500, 0 "
         "FROM helios_job_history_tb;",
         0, HELIOS_JOB_DONE, 0, 1},
        {"known by its exit status",
         "INSERT INTO exitstatus (jobid, status, completion_time) "
         "SELECT jobid, 3, 700 FROM error;\n"
         "DELETE FROM helios_job_history_tb;",
         0, HELIOS_JOB_FAILED, 3, 1},
        {"unknown", "DELETE FROM exitstatus;", 1, HELIOS_JOB_WAITING, -1, 1},
    };
    uint64_t jobid = fixture_submit(*state, "A", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct helios_job_status status;
        fixture_sql(*state, rows[i].sql);
        int rc = store_lookup(*state, jobid, &status, &err);
        if (rc != rows[i].rc || status.exitstatus != rows[i].exitstatus ||
            status.failures != rows[i].failures ||
            (rc == 0 && status.state != rows[i].state))
            fail_msg("%s: got %d, state %d, exit status %d, %u failures: %s", rows[i].name,
                     rc, (int)status.state, status.exitstatus, status.failures, err.text);
    }
}

/* ---- repeating ---- */

struct attempts {
    int n, succeed_at;
    enum helios_error_kind kind;
};

static int attempt(struct store *store, void *arg, struct helios_error *err)
{
    struct attempts *attempts = arg;
    (void)store;
    if (++attempts->n == attempts->succeed_at)
        return 0;
    return err_set(err, attempts->kind, "attempt %d", attempts->n);
}

static void repeated_while_it_may_succeed(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct attempts a = {.succeed_at = 4, .kind = HELIOS_E_RETRY};
    OK(store_retry(*state, attempt, &a, &err));
    assert_int_equal(a.n, 4);
    assert_int_equal(err.kind, HELIOS_E_NONE);
    a = (struct attempts){.succeed_at = -1, .kind = HELIOS_E_RETRY};
    FAILS(HELIOS_E_RETRY, store_retry(*state, attempt, &a, &err));
    assert_int_equal(a.n, 11);
    a = (struct attempts){.succeed_at = -1, .kind = HELIOS_E_DATABASE};
    FAILS(HELIOS_E_DATABASE, store_retry(*state, attempt, &a, &err));
    assert_int_equal(a.n, 1);
}

int suite_leases(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(released),
        CONTRACT_TEST(unheld),
        CONTRACT_TEST(renewed),
        CONTRACT_TEST(fate),
        CONTRACT_TEST(fate_of_what_is_under_way),
        CONTRACT_TEST(read_held),
        CONTRACT_TEST(looked_up),
        CONTRACT_TEST(repeated_while_it_may_succeed),
    };
    return cmocka_run_group_tests_name("leases", tests, NULL, NULL);
}
