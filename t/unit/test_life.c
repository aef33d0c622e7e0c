/* SPDX-License-Identifier: MIT */
#include "job/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Each possible step; every other pair must be -1. */
static const struct {
    enum job_state from;
    enum job_event event;
    enum job_state to;
} steps[] = {
    {JOB_QUEUED, JOB_CLAIM, JOB_CLAIMED},
    {JOB_CLAIMED, JOB_START, JOB_RUNNING},
    {JOB_CLAIMED, JOB_VERDICT, JOB_DECIDED},
    {JOB_CLAIMED, JOB_COMMIT_RETRY, JOB_QUEUED},
    {JOB_CLAIMED, JOB_LEASE_LOST, JOB_LOST},
    {JOB_RUNNING, JOB_VERDICT, JOB_DECIDED},
    {JOB_RUNNING, JOB_LEASE_LOST, JOB_LOST},
    {JOB_DECIDED, JOB_COMMIT_END, JOB_GONE},
    {JOB_DECIDED, JOB_COMMIT_RETRY, JOB_QUEUED},
    {JOB_DECIDED, JOB_DEFER, JOB_QUEUED},
    {JOB_DECIDED, JOB_LEASE_LOST, JOB_LOST},
    {JOB_LOST, JOB_VERDICT, JOB_LOST},
};

static int expected(int from, int event)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if ((int)steps[i].from == from && (int)steps[i].event == event)
            return (int)steps[i].to;
    }
    return -1;
}

static void every_pair(void **state)
{
    (void)state;
    for (int from = -1; from <= JOB_STATES; from++) {
        for (int event = -1; event <= JOB_EVENTS; event++) {
            int to = job_next((enum job_state)from, (enum job_event)event);
            if (to != expected(from, event))
                fail_msg("%s after %s: %d, expected %d",
                         job_state_name((enum job_state)from),
                         job_event_name((enum job_event)event), to, expected(from, event));
        }
    }
}

static void names(void **state)
{
    (void)state;
    for (int i = 0; i < JOB_STATES; i++)
        assert_non_null(job_state_name((enum job_state)i));
    for (int i = 0; i < JOB_EVENTS; i++)
        assert_non_null(job_event_name((enum job_event)i));
    assert_string_equal(job_state_name(JOB_DECIDED), "decided");
    assert_string_equal(job_state_name(JOB_STATES), "unknown");
    assert_string_equal(job_event_name(JOB_EVENTS), "unknown");
}

static void retries(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t max, failures;
        bool may;
        uint32_t interval;
    } rows[] = {
        {"no retries, first failure", 0, 1, false, 10},
        {"one retry, first failure", 1, 1, true, 10},
        {"one retry, second failure", 1, 2, false, 20},
        {"many, at the end of the table", 99, 64, true, 640},
        {"many, beyond the table", 99, 65, true, 640},
        {"huge", UINT32_MAX, UINT32_MAX, true, 640},
        {"a count that cannot be", 1, 0, true, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct life_rules rules = {.max_retries = rows[i].max};
        for (uint32_t n = 0; n < LIFE_TABLE; n++)
            rules.retry_interval_s[n] = (n + 1) * 10;
        if (life_may_retry(&rules, rows[i].failures) != rows[i].may)
            fail_msg("%s: may retry should be %d", rows[i].name, rows[i].may);
        uint32_t interval = life_retry_interval(&rules, rows[i].failures);
        if (interval != rows[i].interval)
            fail_msg("%s: interval %u, expected %u", rows[i].name, interval,
                     rows[i].interval);
    }
}

static void leases(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t now;
        uint32_t lease, random, until;
    } rows[] = {
        {"no jitter", 1000, 60, 0, 1060},
        {"most jitter", 1000, 60, 7, 1067},
        {"jitter wraps", 1000, 60, 8, 1060},
        {"a second", 1000, 1, 16, 1001},
        {"0 is an hour", 1000, 0, 0, 4600},
        {"an hour, most jitter", 1000, 3600, 63, 4663},
        {"an hour, jitter wraps", 1000, 3600, 64, 4600},
        {"a tenth", 1000, 200, 19, 1219},
        {"a tenth wraps", 1000, 200, 20, 1200},
        {"last value", UINT32_MAX - 60, 60, 0, UINT32_MAX},
        {"beyond it", UINT32_MAX - 60, 60, 7, UINT32_MAX},
        {"clock beyond it", INT64_MAX, 60, 7, UINT32_MAX},
        {"longest lease", 1000, UINT32_MAX, 0, UINT32_MAX},
        {"clock before 1970", -5, 60, 0, 60},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t until = life_lease_until(rows[i].now, rows[i].lease, rows[i].random);
        if (until != rows[i].until)
            fail_msg("%s: %u, expected %u", rows[i].name, until, rows[i].until);
    }
}

static void renewals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t now;
        uint32_t lease, current, until;
    } rows[] = {
        {"just claimed", 1000, 60, 1060, 0},
        {"a second before half", 1029, 60, 1060, 0},
        {"half", 1030, 60, 1060, 1090},
        {"odd lease, before half", 1001, 5, 1005, 0},
        {"odd lease, half", 1002, 5, 1005, 1007},
        {"run out", 2000, 60, 1060, 2060},
        {"a second: larger all the same", 1000, 1, 1001, 1002},
        {"0 is an hour, before half", 1000, 0, 2801, 0},
        {"0 is an hour, half", 1000, 0, 2800, 4600},
        {"saturates", UINT32_MAX - 10, 60, UINT32_MAX - 1, UINT32_MAX},
        {"no larger value", UINT32_MAX - 10, 60, UINT32_MAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t until = life_renew_until(rows[i].now, rows[i].lease, rows[i].current);
        if (until != rows[i].until)
            fail_msg("%s: %u, expected %u", rows[i].name, until, rows[i].until);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair), cmocka_unit_test(names), cmocka_unit_test(retries),
        cmocka_unit_test(leases), cmocka_unit_test(renewals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
