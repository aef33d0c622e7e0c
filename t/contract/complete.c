/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdio.h>

static struct store_job claimed(struct store *store)
{
    struct store_job job;
    (void)fixture_submit(store, "A", 1);
    assert_int_equal(fixture_claim(store, fixture_jobtype(store, "A"), &job, 1), 1);
    return job;
}

/* ---- one job ---- */

static void rows_of_a_completion(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    fixture_sql(*state, "INSERT INTO note (jobid, notekey) SELECT jobid, 'a' FROM job;");
    fixture_sql(*state, "INSERT INTO note (jobid, notekey) VALUES (9999999, 'other');");
    OK(store_complete(*state, &held, 1, &fixture_outcome, &err));
    assert_false(held.lost);
    assert_int_equal(COUNT(*state, "job"), 0);
    assert_int_equal(COUNT(*state, "note"), 1);
    assert_int_equal(COUNT(*state, "exitstatus"), 0);
    assert_int_equal(COUNT(*state, "error"), 0);
    assert_true(fixture_history_type(*state, job.jobid));
    char query[512];
    (void)snprintf(query, sizeof query,
                   "SELECT COUNT(*) FROM helios_job_history_tb WHERE jobid = %llu AND "
                   "funcid = %u AND arg = '<job/>' AND uniqkey IS NULL AND "
                   "insert_time = %lld AND run_after = %lld AND grabbed_until = %u AND "
                   "priority IS NULL AND coalesce IS NULL AND exitstatus = 0 AND "
                   "complete_time BETWEEN UNIX_TIMESTAMP() - 5 AND UNIX_TIMESTAMP()",
                   (unsigned long long)job.jobid, job.funcid, (long long)job.insert_time,
                   (long long)job.run_after, job.lease_until);
    assert_int_equal(fixture_number(*state, query), 1);
    store_job_fini(&job);
}

static void options_of_a_completion(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_outcome keep = {.history = false, .keep_exit_s = 100};
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    OK(store_complete(*state, &held, 1, &keep, &err));
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 0);
    assert_int_equal(fixture_number(*state, "SELECT delete_after - completion_time "
                                            "FROM exitstatus WHERE status = 0"),
                     100);
    store_job_fini(&job);
}

static void kept_status_is_replaced(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_outcome keep = {.history = true, .keep_exit_s = UINT32_MAX};
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    fixture_sql(*state, "INSERT INTO exitstatus (jobid, funcid, status) "
                        "SELECT jobid, funcid, 7 FROM job;");
    OK(store_complete(*state, &held, 1, &keep, &err));
    assert_int_equal(COUNT(*state, "exitstatus"), 1);
    assert_int_equal(fixture_number(*state, "SELECT status FROM exitstatus"), 0);
    store_job_fini(&job);
}

static void lost_lease_changes_nothing(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_outcome keep = {.history = true, .keep_exit_s = 100};
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    fixture_sql(*state, "UPDATE job SET grabbed_until = grabbed_until + 1;");
    OK(store_complete(*state, &held, 1, &keep, &err));
    assert_true(held.lost);
    assert_int_equal(COUNT(*state, "job"), 1);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 0);
    assert_int_equal(COUNT(*state, "exitstatus"), 0);

    held.leases[2] = job.lease_until + 1;
    OK(store_complete(*state, &held, 1, &keep, &err));
    assert_false(held.lost);
    assert_int_equal(COUNT(*state, "job"), 0);
    store_job_fini(&job);
}

/* A completion without its history row would be one that nobody knows of. */
static void without_history_table_nothing_is_done(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    fixture_sql(*state, "ALTER TABLE helios_job_history_tb RENAME TO hidden_tb;");
    int rc = store_complete(*state, &held, 1, &fixture_outcome, &err);
    fixture_sql(*state, "ALTER TABLE hidden_tb RENAME TO helios_job_history_tb;");
    assert_int_equal(rc, -1);
    assert_int_equal(fixture_number(*state, "SELECT grabbed_until FROM job"),
                     job.lease_until);
    OK(store_complete(*state, &held, 1, &fixture_outcome, &err));
    assert_int_equal(COUNT(*state, "job"), 0);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 1);
    store_job_fini(&job);
}

/* ---- a batch ---- */

#define BATCH 600
struct batch {
    struct store_job jobs[BATCH];
    struct store_held held[BATCH];
};

static struct batch *batch_claim(struct store *store)
{
    static struct batch batch;
    struct helios_error err = HELIOS_ERROR_INIT;
    static struct helios_submission jobs[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        jobs[i] = (struct helios_submission){.jobtype = "A", .priority = -1};
    OK(store_submit(store, jobs, BATCH, NULL, &err));
    assert_int_equal(fixture_claim(store, fixture_jobtype(store, "A"), batch.jobs, BATCH),
                     BATCH);
    for (size_t i = 0; i < BATCH; i++)
        batch.held[i] = fixture_held(&batch.jobs[i]);
    return &batch;
}

static void batch_fini(struct batch *batch)
{
    for (size_t i = 0; i < BATCH; i++)
        store_job_fini(&batch->jobs[i]);
}

static void whole_batch(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_outcome keep = {.history = true, .keep_exit_s = 100};
    struct batch *batch = batch_claim(*state);
    OK(store_complete(*state, batch->held, BATCH, &keep, &err));
    assert_int_equal(COUNT(*state, "job"), 0);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), BATCH);
    assert_int_equal(COUNT(*state, "exitstatus"), BATCH);
    batch_fini(batch);
}

static void count_history(void *arg, const char *sql, enum helios_error_kind kind)
{
    size_t *n = arg;
    (void)kind;
    *n += sql != NULL && strstr(sql, "INTO helios_job_history") != NULL ? 1u : 0u;
}

static void a_batch_takes_few_statements(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    size_t statements = 0;
    struct batch *batch = batch_claim(*state);
    db_watch(store_db(*state), count_history, &statements);
    OK(store_complete(*state, batch->held, BATCH, &fixture_outcome, &err));
    db_watch(store_db(*state), NULL, NULL);
    batch_fini(batch);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), BATCH);
    /* 512 and 88 rows; or 512, 64, 16 and 8. */
    assert_int_equal(statements, (db_flags(store_db(*state)) & DB_ROWS) != 0 ? 2 : 4);
}

static void lost_ones_of_a_batch(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct batch *batch = batch_claim(*state);
    static const size_t lost[] = {0, 17, 18, 599};
    for (size_t i = 0; i < 4; i++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql,
                       "UPDATE job SET grabbed_until = 1 WHERE jobid = %llu;",
                       (unsigned long long)batch->jobs[lost[i]].jobid);
        fixture_sql(*state, sql);
    }
    OK(store_complete(*state, batch->held, BATCH, &fixture_outcome, &err));
    size_t n = 0;
    for (size_t i = 0; i < BATCH; i++)
        n += batch->held[i].lost ? 1u : 0u;
    assert_int_equal(n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(batch->held[lost[i]].lost);
    assert_int_equal(COUNT(*state, "job"), 4);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), BATCH - 4);
    batch_fini(batch);
}

/* A job is ended under a lease of its own, not under one of its neighbour's. */
static void leases_are_not_mixed(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_job jobs[2];
    (void)fixture_submit(*state, "A", 2);
    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "A"), jobs, 2), 2);
    struct store_held held[2] = {fixture_held(&jobs[0]), fixture_held(&jobs[1])};
    held[0].leases[0] = held[0].leases[1] = held[0].leases[2] = jobs[0].lease_until + 9;
    OK(store_complete(*state, held, 2, &fixture_outcome, &err));
    assert_true(held[0].lost);
    assert_false(held[1].lost);
    assert_int_equal(fixture_number(*state, "SELECT jobid FROM job"), jobs[0].jobid);
    store_job_fini(&jobs[0]);
    store_job_fini(&jobs[1]);
}

/* ---- in the transaction of a service ---- */

static void with_the_work_of_a_service(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    const char *effect = "INSERT INTO helios_class_map (job_type) VALUES ('effect')";
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    struct store_held two[2] = {held, held};
    held.leases[0] = held.leases[1] = held.leases[2] = 1;
    OK(db_begin(db, &err));
    OK(helios_db_exec(db, effect, NULL, 0, NULL, &err));
    OK(store_complete(*state, &held, 1, &fixture_outcome, &err));
    assert_true(held.lost);
    assert_false(db_in_transaction(db));
    assert_int_equal(COUNT(*state, "helios_class_map"), 0);
    assert_int_equal(COUNT(*state, "job"), 1);

    held = fixture_held(&job);
    OK(db_begin(db, &err));
    OK(helios_db_exec(db, effect, NULL, 0, NULL, &err));
    OK(store_complete(*state, two, 2, &fixture_outcome, &err));
    assert_true(two[1].lost); /* it is the first one's, which is undone with it */
    assert_false(db_in_transaction(db));
    assert_int_equal(COUNT(*state, "helios_class_map"), 0);
    assert_int_equal(COUNT(*state, "job"), 1);

    OK(db_begin(db, &err));
    OK(helios_db_exec(db, effect, NULL, 0, NULL, &err));
    OK(store_complete(*state, &held, 1, &fixture_outcome, &err));
    assert_false(held.lost);
    assert_false(db_in_transaction(db));
    assert_int_equal(COUNT(*state, "helios_class_map"), 1);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 1);
    assert_int_equal(COUNT(*state, "job"), 0);
    store_job_fini(&job);
}

static void works_without_the_note_table(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *store = fixture_open();
    struct store_job job = claimed(store);
    struct store_held held = fixture_held(&job);
    fixture_sql(*state, "ALTER TABLE note RENAME TO note_away;");
    OK(store_complete(store, &held, 1, &fixture_outcome, &err));
    fixture_sql(*state, "ALTER TABLE note_away RENAME TO note;");
    assert_int_equal(COUNT(*state, "job"), 0);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 1);
    store_job_fini(&job);
    store_close(store);
}

/* ---- burst ---- */

struct children {
    size_t n, fail_at;
    char xml[64];
};

static int next_child(void *arg, const char **xml, size_t *len, struct helios_error *err)
{
    struct children *children = arg;
    if (children->n == children->fail_at)
        return err_set(err, HELIOS_E_INVALID, "child %zu is broken", children->n);
    if (children->n == 0)
        return 1;
    children->n--;
    *len = (size_t)snprintf(children->xml, sizeof children->xml, "<job>%zu</job>",
                            children->n);
    *xml = children->xml;
    return 0;
}

static void burst(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct children children = {.n = 1200, .fail_at = SIZE_MAX};
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    uint32_t funcid = fixture_jobtype(*state, "B");
    uint64_t n = 0;
    OK(store_burst(*state, &held, funcid, -1, next_child, &children, &fixture_outcome, &n,
                   &err));
    assert_false(held.lost);
    assert_int_equal(n, 1200);
    assert_int_equal(COUNT(*state, "job"), 1200);
    assert_int_equal(fixture_number(*state, "SELECT COUNT(DISTINCT arg) FROM job"), 1200);
    assert_int_equal(COUNT(*state, "helios_job_history_tb WHERE exitstatus = 0"), 1);
    uint64_t due = 0;
    OK(store_waiting(*state, &funcid, 1, 5000, &due, &err));
    assert_int_equal(due, 1200);
    store_job_fini(&job);
}

static void burst_of_nothing_completes(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct children children = {.n = 0, .fail_at = SIZE_MAX};
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    uint64_t n = 1;
    OK(store_burst(*state, &held, job.funcid, -1, next_child, &children, &fixture_outcome,
                   &n, &err));
    assert_int_equal(n, 0);
    assert_int_equal(COUNT(*state, "job"), 0);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 1);
    store_job_fini(&job);
}

static void failed_burst_changes_nothing(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct children children = {.n = 1200, .fail_at = 10};
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    uint64_t n = 1;
    FAILS(HELIOS_E_INVALID, store_burst(*state, &held, job.funcid, -1, next_child,
                                        &children, &fixture_outcome, &n, &err));
    assert_non_null(strstr(err.text, "child 10 is broken"));
    assert_int_equal(n, 0);
    assert_int_equal(fixture_number(*state, "SELECT jobid FROM job"), job.jobid);
    assert_int_equal(COUNT(*state, "job"), 1);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 0);

    fixture_sql(*state, "UPDATE job SET grabbed_until = 1;");
    children = (struct children){.n = 5, .fail_at = SIZE_MAX};
    OK(store_burst(*state, &held, job.funcid, -1, next_child, &children, &fixture_outcome,
                   &n, &err));
    assert_true(held.lost);
    assert_int_equal(n, 0);
    assert_int_equal(COUNT(*state, "job"), 1);
    store_job_fini(&job);
}

int suite_complete(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(rows_of_a_completion),
        CONTRACT_TEST(options_of_a_completion),
        CONTRACT_TEST(kept_status_is_replaced),
        CONTRACT_TEST(lost_lease_changes_nothing),
        CONTRACT_TEST(without_history_table_nothing_is_done),
        CONTRACT_TEST(whole_batch),
        CONTRACT_TEST(a_batch_takes_few_statements),
        CONTRACT_TEST(lost_ones_of_a_batch),
        CONTRACT_TEST(leases_are_not_mixed),
        CONTRACT_TEST(with_the_work_of_a_service),
        CONTRACT_TEST(works_without_the_note_table),
        CONTRACT_TEST(burst),
        CONTRACT_TEST(burst_of_nothing_completes),
        CONTRACT_TEST(failed_burst_changes_nothing),
    };
    return cmocka_run_group_tests_name("complete", tests, NULL, NULL);
}
