/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include "core/buf.h"

static const struct life_rules retry_twice = {.max_retries = 2,
                                              .retry_interval_s = {60, 60}};

static struct store_failure failure_of(const char *message)
{
    return (struct store_failure){
        .message = message, .message_len = strlen(message), .rules = &retry_twice};
}

static struct store_job claimed(struct store *store)
{
    struct store_job job;
    (void)fixture_submit(store, "A", 1);
    assert_int_equal(fixture_claim(store, fixture_jobtype(store, "A"), &job, 1), 1);
    return job;
}

/* Makes the job due and claims it again. */
static void claim_again(struct store *store, struct store_job *job)
{
    uint32_t funcid = job->funcid;
    store_job_fini(job);
    fixture_sql(store, "UPDATE job SET run_after = 1000;");
    assert_int_equal(fixture_claim(store, funcid, job, 1), 1);
}

static void retried_then_ended(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_outcome keep = {.history = true, .keep_exit_s = 50};
    struct store_failure failure = failure_of("broken");
    struct store_failed failed;
    struct store_job job = claimed(*state);
    failure.status = 42;
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        struct store_held held = fixture_held(&job);
        OK(store_fail(*state, &held, &failure, &keep, &failed, &err));
        assert_false(held.lost);
        assert_int_equal(failed.failures, attempt);
        assert_int_equal(failed.final, attempt == 3);
        assert_int_equal(COUNT(*state, "error WHERE message = 'broken'"), attempt);
        assert_int_equal(COUNT(*state, "helios_job_history_tb WHERE exitstatus = 42"),
                         attempt);
        if (attempt == 3)
            break;
        assert_int_equal(COUNT(*state, "job WHERE grabbed_until = 0"), 1);
        assert_int_equal(fixture_number(*state, "SELECT run_after FROM job"),
                         failed.run_after);
        assert_int_equal(COUNT(*state, "job WHERE run_after - UNIX_TIMESTAMP() "
                                       "BETWEEN 55 AND 60"),
                         1);
        assert_int_equal(COUNT(*state, "exitstatus"), 0);
        claim_again(*state, &job);
    }
    assert_int_equal(COUNT(*state, "job"), 0);
    assert_int_equal(COUNT(*state, "exitstatus WHERE status = 42"), 1);
    store_job_fini(&job);
}

static void without_interval_run_after_stays(void **state)
{
    static const struct life_rules rules = {.max_retries = 1};
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_failure failure = failure_of("broken");
    struct store_failed failed;
    struct store_job job = claimed(*state);
    fixture_sql(*state, "UPDATE job SET grabbed_until = 0;");
    claim_again(*state, &job);
    struct store_held held = fixture_held(&job);
    failure.rules = &rules;
    OK(store_fail(*state, &held, &failure, &fixture_outcome, &failed, &err));
    assert_int_equal(failed.run_after, 1000);
    assert_int_equal(fixture_number(*state, "SELECT run_after FROM job"), 1000);
    store_job_fini(&job);
}

static void others_error_rows_count(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_failure failure = failure_of("broken");
    struct store_failed failed;
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    uint32_t n = 0;
    fixture_sql(*state, "INSERT INTO error (error_time, jobid, message, funcid) "
                        "SELECT 5, jobid, 'by Perl', funcid FROM job;");
    fixture_sql(*state, "INSERT INTO error (error_time, jobid, message, funcid) "
                        "SELECT 5, jobid + 1, 'another job', funcid FROM job;");
    OK(store_fail(*state, &held, &failure, &fixture_outcome, &failed, &err));
    assert_int_equal(failed.failures, 2);
    OK(store_failures(*state, job.jobid, &n, &err));
    assert_int_equal(n, 2);
    store_job_fini(&job);
}

static void permanent(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_failure failure = failure_of("hopeless");
    struct store_failed failed;
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    failure.permanent = true;
    OK(store_fail(*state, &held, &failure, &fixture_outcome, &failed, &err));
    assert_true(failed.final);
    assert_int_equal(COUNT(*state, "job"), 0);
    assert_int_equal(COUNT(*state, "exitstatus"), 0);
    assert_int_equal(COUNT(*state, "helios_job_history_tb WHERE exitstatus = 1"), 1);
    store_job_fini(&job);
}

static void statuses_are_clamped(void **state)
{
    static const struct {
        uint32_t given, stored;
    } rows[] = {{0, 1}, {1, 1}, {65535, 65535}, {65536, 65535}, {UINT32_MAX, 65535}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct store_outcome keep = {.history = true, .keep_exit_s = 5};
        struct store_failure failure = failure_of("x");
        struct store_failed failed;
        struct store_job job = claimed(*state);
        struct store_held held = fixture_held(&job);
        failure.status = rows[i].given;
        failure.permanent = true;
        fixture_sql(*state, "DELETE FROM exitstatus;");
        OK(store_fail(*state, &held, &failure, &keep, &failed, &err));
        assert_int_equal(fixture_number(*state, "SELECT status FROM exitstatus"),
                         rows[i].stored);
        store_job_fini(&job);
    }
}

static void lost_lease_changes_nothing(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_failure failure = failure_of("x");
    struct store_failed failed;
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    fixture_sql(*state, "UPDATE job SET grabbed_until = 77;");
    OK(store_fail(*state, &held, &failure, &fixture_outcome, &failed, &err));
    assert_true(held.lost);
    assert_int_equal(COUNT(*state, "job WHERE grabbed_until = 77"), 1);
    assert_int_equal(COUNT(*state, "error"), 0);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 0);
    store_job_fini(&job);
}

static void rolls_the_services_work_back(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_failure failure = failure_of("x");
    struct store_failed failed;
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    OK(db_begin(store_db(*state), &err));
    OK(helios_db_exec(store_db(*state),
                      "INSERT INTO helios_class_map (job_type) VALUES ('effect')", NULL, 0,
                      NULL, &err));
    OK(store_fail(*state, &held, &failure, &fixture_outcome, &failed, &err));
    assert_int_equal(COUNT(*state, "helios_class_map"), 0);
    assert_int_equal(COUNT(*state, "error"), 1);
    store_job_fini(&job);
}

/* ---- messages ---- */

static void repeat(struct buf *b, const char *text, int n)
{
    while (n-- > 0)
        buf_puts(b, text);
}

/* Whatever the message is, the job has failed and a message is stored. */
static void any_message(struct store *store)
{
    struct buf texts[5] = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};
    repeat(&texts[0], "x", 300);
    repeat(&texts[1], "\xc3\xbc", 300);
    repeat(&texts[2], "\xe2\x98\xba", 300);
    repeat(&texts[3], "a\xff\xc3", 40);
    buf_append(&texts[4], "nul\0in it", 9);
    for (size_t i = 0; i < 5; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct store_failure failure = {.message = texts[i].data,
                                        .message_len = texts[i].len,
                                        .permanent = true,
                                        .rules = &retry_twice};
        struct store_failed failed;
        struct store_job job = claimed(store);
        struct store_held held = fixture_held(&job);
        fixture_sql(store, "DELETE FROM error;");
        OK(store_fail(store, &held, &failure, &fixture_outcome, &failed, &err));
        assert_int_equal(COUNT(store, "job"), 0);
        assert_int_equal(COUNT(store, "error"), 1);
        assert_int_equal(fixture_number(store, "SELECT LENGTH(message) > 3 FROM error"), 1);
        if (i < 3) {
            assert_int_equal(fixture_characters(store, "message", "error"), 254);
        }
        store_job_fini(&job);
        buf_fini(&texts[i]);
    }
}

static void every_message_is_stored(void **state)
{
    any_message(*state);
}

static void in_a_narrow_character_set(void **state)
{
    fixture_narrow_errors(*state);
    any_message(*state);
    fixture_widen_errors(*state);
}

static void no_message(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_failure failure = {.rules = &retry_twice};
    struct store_failed failed;
    struct store_job job = claimed(*state);
    struct store_held held = fixture_held(&job);
    OK(store_fail(*state, &held, &failure, &fixture_outcome, &failed, &err));
    assert_int_equal(COUNT(*state, "error WHERE message = ''"), 1);
    store_job_fini(&job);
}

int suite_fail(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(retried_then_ended),
        CONTRACT_TEST(without_interval_run_after_stays),
        CONTRACT_TEST(others_error_rows_count),
        CONTRACT_TEST(permanent),
        CONTRACT_TEST(statuses_are_clamped),
        CONTRACT_TEST(lost_lease_changes_nothing),
        CONTRACT_TEST(rolls_the_services_work_back),
        CONTRACT_TEST(every_message_is_stored),
        CONTRACT_TEST(in_a_narrow_character_set),
        CONTRACT_TEST(no_message),
    };
    return cmocka_run_group_tests_name("fail", tests, NULL, NULL);
}
