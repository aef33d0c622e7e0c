/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "store/prefix.h"

static const struct {
    const char *text, *expected;
} rows[] = {
    {"job", "ts_job"},
    {"exitstatus", "ts_exitstatus"},
    {"helios_log_tb", "helios_log_tb"},
    {"SELECT jobid FROM job WHERE jobid = ?", "SELECT jobid FROM ts_job WHERE jobid = ?"},
    {"DELETE job FROM job FORCE INDEX (PRIMARY)",
     "DELETE ts_job FROM ts_job FORCE INDEX (PRIMARY)"},
    {"SELECT (SELECT COUNT(*) FROM error WHERE error.jobid = job.jobid) FROM job",
     "SELECT (SELECT COUNT(*) FROM ts_error WHERE ts_error.jobid = ts_job.jobid) FROM "
     "ts_job"},
    {"SELECT exitstatus, status FROM exitstatus WHERE exitstatus <> 0",
     "SELECT exitstatus, status FROM ts_exitstatus WHERE exitstatus <> 0"},
    {"REPLACE INTO exitstatus (jobid) VALUES {(?)}",
     "REPLACE INTO ts_exitstatus (jobid) VALUES {(?)}"},
    {"WHERE name IN ('job', 'exitstatus', 'helios_log_tb', 'a job')",
     "WHERE name IN ('ts_job', 'ts_exitstatus', 'helios_log_tb', 'a job')"},
    {"LIKE ? ESCAPE '|'", "LIKE ? ESCAPE '|'"},
    {"SELECT ''", "SELECT ''"},
    {"CREATE TABLE IF NOT EXISTS job (\n  exitstatus INT)",
     "CREATE TABLE IF NOT EXISTS ts_job (\n  exitstatus INT)"},
    {"-- unless index job's (job)\nCREATE INDEX IF NOT EXISTS helios_job_x ON job "
     "(jobid);\n",
     "-- unless index job's (job)\nCREATE INDEX IF NOT EXISTS ts_helios_job_x ON ts_job "
     "(jobid);\n"},
    {"INSERT INTO helios_schema_tb (name)", "INSERT INTO ts_helios_schema_tb (name)"},
    {"SELECT 'open", "SELECT 'open"},
    {"", ""},
};

static void applied(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = BUF_INIT;
        prefix_apply(rows[i].text, "ts_", &out);
        assert_string_equal(buf_text(&out), rows[i].expected);
        buf_clear(&out);
        prefix_apply(rows[i].text, "", &out);
        assert_string_equal(buf_text(&out), rows[i].text);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(applied)};
    return cmocka_run_group_tests_name("prefix", tests, NULL, NULL);
}
