/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdio.h>

#include "core/buf.h"

/* ---- params ---- */

static void collect_param(void *arg, const char *host, const char *param, const char *value)
{
    buf_printf(arg, "%s %s=%s;", host, param, value != NULL ? value : "NULL");
}

static void params_in_order(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf seen = BUF_INIT;
    fixture_sql(*state, "INSERT INTO helios_params_tb (worker_class, host, param, value) "
                        "VALUES ('S', 'h', 'A', '1'), ('S', '*', 'A', '2'), "
                        "('S', 'other', 'A', '3'), ('*', 'h', 'A', '4'), "
                        "('S', 'h', 'B', NULL), ('S', '*', 'A', '5'), "
                        "('S', 'h', NULL, '6'), ('S', 'h', 'A', '');");
    OK(store_params(*state, "S", "h", collect_param, &seen, NULL, &err));
    assert_string_equal(buf_text(&seen), "* A=2;* A=5;h A=1;h B=NULL;h A=;");
    buf_fini(&seen);
}

static void params_tell_what_is_due(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf seen = BUF_INIT;
    uint32_t funcids[] = {fixture_jobtype(*state, "A"), fixture_jobtype(*state, "B"),
                          fixture_jobtype(*state, "C")};
    struct store_due due = {.funcids = funcids, .n = 2};
    fixture_sql(*state, "INSERT INTO helios_params_tb (worker_class, host, param, value) "
                        "VALUES ('S', 'h', 'A', '1'), ('S', 'h', NULL, NULL);");
    char sql[200];
    static const char add[] = "INSERT INTO job (funcid, run_after, grabbed_until) VALUES ";
    /* Of another type, to come, held. */
    (void)snprintf(sql, sizeof sql,
                   "%s(%u, 0, 0), (%u, 4000000000, 0), (%u, 0, 4000000000);", add,
                   funcids[2], funcids[0], funcids[1]);
    fixture_sql(*state, sql);
    OK(store_params(*state, "S", "h", collect_param, &seen, &due, &err));
    assert_false(due.found);
    (void)snprintf(sql, sizeof sql, "%s(%u, 0, 0);", add, funcids[1]);
    fixture_sql(*state, sql);
    OK(store_params(*state, "S", "h", collect_param, &seen, &due, &err));
    assert_true(due.found);
    assert_string_equal(buf_text(&seen), "h A=1;h A=1;");
    buf_fini(&seen);
}

static void params_are_set_and_unset(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf seen = BUF_INIT;
    uint64_t deleted = 0;
    OK(store_param_add(*state, "S", "h", "HALT", "1", &err));
    OK(store_param_add(*state, "S", "h", "HALT", "ours", &err));
    OK(store_param_add(*state, "S", "*", "HOLD", "1", &err));
    OK(store_param_unset(*state, "S", "h", "HALT", "ours", &deleted, &err));
    assert_int_equal(deleted, 1);
    OK(store_param_add(*state, "S", "h", "HALT", "2", &err));
    OK(store_param_set(*state, "S", "h", "HALT", NULL, &err));
    OK(store_param_set(*state, "S", "*", "HOLD", "0", &err));
    OK(store_params(*state, "S", "h", collect_param, &seen, NULL, &err));
    assert_string_equal(buf_text(&seen), "* HOLD=0;h HALT=NULL;");
    OK(store_param_unset(*state, "S", "h", "HALT", NULL, &deleted, &err));
    assert_int_equal(deleted, 1);
    OK(store_param_unset(*state, "S", "h", "HALT", NULL, &deleted, &err));
    assert_int_equal(deleted, 0);
    buf_fini(&seen);
}

static void too_long_params_change_nothing(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char value[130];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    OK(store_param_set(*state, "S", "h", "P", "1", &err));
    FAILS(HELIOS_E_LIMIT, store_param_set(*state, "S", "h", "P", value, &err));
    FAILS(HELIOS_E_LIMIT, store_param_add(*state, value, "h", "P", "1", &err));
    assert_int_equal(COUNT(*state, "helios_params_tb WHERE value = '1'"), 1);
    value[128] = '\0';
    OK(store_param_set(*state, "S", "h", "P", value, &err));
}

static void collect_halt(void *arg, const char *service, const char *host,
                         const char *value)
{
    buf_printf(arg, "%s %s=%s;", service, host, value != NULL ? value : "NULL");
}

static void halts_of_all_services(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf seen = BUF_INIT;
    OK(store_param_add(*state, "A", "h", "HALT", "1", &err));
    OK(store_param_add(*state, "B", "*", "HALT", NULL, &err));
    OK(store_param_add(*state, "C", "other", "HALT", "1", &err));
    OK(store_param_add(*state, "D", "h", "HOLD", "1", &err));
    OK(store_halts(*state, "h", collect_halt, &seen, &err));
    assert_string_equal(buf_text(&seen), "A h=1;B *=NULL;");
    buf_fini(&seen);
}

/* ---- registry ---- */

static void registration_replaces(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_registration r = {.service = "S",
                                   .version = "1.2.3-longer-than-ten",
                                   .host = "h",
                                   .start_time = 1000,
                                   .pid = 42};
    struct store_registration other = {.service = "S", .host = "g", .pid = 7};
    OK(store_register(*state, &other, &err));
    fixture_sql(*state, "INSERT INTO helios_worker_registry_tb (register_time, "
                        "worker_class, host, process_id) VALUES (1, 'S', 'h', 1), "
                        "(2, 'S', 'h', 2);");
    OK(store_register(*state, &r, &err));
    OK(store_register(*state, &r, &err));
    assert_int_equal(COUNT(*state, "helios_worker_registry_tb WHERE host = 'h' AND "
                                   "process_id = 42 AND start_time = 1000 AND "
                                   "worker_version = '1.2.3-long' AND register_time "
                                   "BETWEEN UNIX_TIMESTAMP() - 5 AND UNIX_TIMESTAMP()"),
                     1);
    assert_int_equal(COUNT(*state, "helios_worker_registry_tb"), 2);
    assert_int_equal(
        COUNT(*state, "helios_worker_registry_tb WHERE worker_version IS NULL"), 1);
    r.pid = 43;
    OK(store_unregister(*state, &r, &err));
    assert_int_equal(COUNT(*state, "helios_worker_registry_tb"), 2);
    r.pid = 42;
    OK(store_unregister(*state, &r, &err));
    assert_int_equal(COUNT(*state, "helios_worker_registry_tb"), 1);
}

/* ---- log ---- */

static void log_rows(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    static struct log_record records[637];
    static char large[200000];
    char service[100];
    memset(service, 's', sizeof service - 1);
    service[sizeof service - 1] = '\0';
    memset(large, 'l', sizeof large - 1);
    for (size_t i = 0; i < 637; i++)
        records[i] = (struct log_record){.time = 1000 + (int64_t)i,
                                         .pid = 9,
                                         .level = 6,
                                         .text = "\xe2\x98\xba ok",
                                         .len = 6};
    records[5] = (struct log_record){.time = 5,
                                     .pid = 9,
                                     .level = 3,
                                     .jobid = 77,
                                     .funcid = 3,
                                     .text = large,
                                     .len = sizeof large - 1};
    OK(store_log(*state, service, "h", records, 637, &err));
    assert_int_equal(COUNT(*state, "helios_log_tb"), 637);
    assert_int_equal(COUNT(*state, "helios_log_tb WHERE jobid = 77 AND funcid = 3 AND "
                                   "priority = '3' AND LENGTH(message) = 199999"),
                     1);
    assert_int_equal(COUNT(*state, "helios_log_tb WHERE jobid IS NULL AND funcid IS NULL "
                                   "AND host = 'h' AND process_id = 9 AND priority = '6' "
                                   "AND message = '\xe2\x98\xba ok'"),
                     636);
    assert_int_equal(COUNT(*state, "helios_log_tb WHERE LENGTH(job_class) = 64"), 637);
    OK(store_log(*state, "S", "h", records, 0, &err));
}

static void log_takes_any_bytes(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct log_record record = {.time = 1, .text = "a\xff\xfe\xc3", .len = 4};
    OK(store_log(*state, "S", "h", &record, 1, &err));
    assert_int_equal(COUNT(*state, "helios_log_tb"), 1);
}

/* ---- cleaning ---- */

static void old_rows_are_deleted(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    bool more = true;
    fixture_sql(*state, "INSERT INTO error (error_time, jobid, message) VALUES "
                        "(UNIX_TIMESTAMP() - 604790, 1, 'kept'), "
                        "(UNIX_TIMESTAMP() - 604801, 2, 'old');");
    fixture_sql(*state,
                "INSERT INTO exitstatus (jobid, delete_after) VALUES "
                "(1, UNIX_TIMESTAMP() + 10), (2, UNIX_TIMESTAMP() - 1), (3, NULL);");
    OK(store_clean(*state, &more, &err));
    assert_false(more);
    assert_int_equal(fixture_number(*state, "SELECT jobid FROM error"), 1);
    assert_int_equal(COUNT(*state, "error"), 1);
    assert_int_equal(COUNT(*state, "exitstatus WHERE jobid IN (1, 3)"), 2);
    assert_int_equal(COUNT(*state, "exitstatus"), 2);
}

static void in_bounded_portions(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    bool more = false;
    fixture_sql(*state,
                "INSERT INTO error (error_time, jobid, message) VALUES (1, 1, 'x');");
    for (int i = 0; i < 10; i++)
        fixture_sql(*state, "INSERT INTO error (error_time, jobid, message) "
                            "SELECT error_time, jobid, message FROM error;");
    OK(store_clean(*state, &more, &err));
    assert_true(more);
    assert_int_equal(COUNT(*state, "error"), 24);
    OK(store_clean(*state, &more, &err));
    assert_false(more);
}

int suite_rows(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(params_in_order),
        CONTRACT_TEST(params_tell_what_is_due),
        CONTRACT_TEST(params_are_set_and_unset),
        CONTRACT_TEST(too_long_params_change_nothing),
        CONTRACT_TEST(halts_of_all_services),
        CONTRACT_TEST(registration_replaces),
        CONTRACT_TEST(log_rows),
        CONTRACT_TEST(log_takes_any_bytes),
        CONTRACT_TEST(old_rows_are_deleted),
        CONTRACT_TEST(in_bounded_portions),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
