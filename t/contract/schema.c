/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "db/script.h"
#include "store/lack.h"

#define LATEST 3

static struct store_schema status_of(struct store *store)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_schema s;
    OK(store_schema_status(store, &s, &err));
    return s;
}

static void collect_step(void *arg, unsigned version, const char *name)
{
    buf_printf(arg, "%u %s;", version, name);
}

static void current(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_schema s = status_of(*state);
    assert_int_equal(s.state, SCHEMA_CURRENT);
    assert_int_equal(s.version, LATEST);
    assert_int_equal(s.latest, LATEST);
    assert_true(s.has_helios_tables);
    OK(store_schema_require(*state, &err));
    assert_int_equal(COUNT(*state, "helios_schema_tb"), LATEST);
}

static void from_nothing(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf steps = BUF_INIT;
    fixture_drop_tables(*state);
    assert_int_equal(status_of(*state).state, SCHEMA_EMPTY);
    FAILS(HELIOS_E_SCHEMA, store_schema_require(*state, &err));
    assert_non_null(strstr(err.text, "helios schema init"));
    OK(store_schema_upgrade(*state, collect_step, &steps, &err));
    assert_string_equal(buf_text(&steps), "1 queue;2 helios;3 history_time;");
    buf_clear(&steps);
    OK(store_schema_upgrade(*state, collect_step, &steps, &err));
    assert_string_equal(buf_text(&steps), "");
    buf_fini(&steps);
    current(state);
    assert_true(fixture_has_index(*state, "job", "funcid,run_after"));
    assert_true(fixture_has_index(*state, "job", "funcid,uniqkey"));
    assert_true(fixture_has_index(*state, "job", "funcid,coalesce"));
    assert_true(fixture_has_index(*state, "helios_job_history_tb", "complete_time"));
}

static void stock_with_rows(struct store *store, const char *what, bool helios)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    fixture_drop_tables(store);
    fixture_load_stock(store, what);
    int64_t jobs = COUNT(store, "job");
    int64_t sum = fixture_number(store, "SELECT SUM(jobid * 7 + run_after) FROM job");
    struct store_schema s = status_of(store);
    assert_int_equal(s.state, SCHEMA_STOCK);
    assert_int_equal(s.has_helios_tables, helios);
    if (helios) {
        OK(store_schema_require(store, &err));
    } else {
        FAILS(HELIOS_E_SCHEMA, store_schema_require(store, &err));
        assert_non_null(strstr(err.text, "helios schema upgrade"));
    }
    OK(store_schema_upgrade(store, NULL, NULL, &err));
    assert_int_equal(status_of(store).state, SCHEMA_CURRENT);
    assert_int_equal(COUNT(store, "job"), jobs);
    assert_int_equal(fixture_number(store, "SELECT SUM(jobid * 7 + run_after) FROM job"),
                     sum);
    assert_true(fixture_has_index(store, "job", "funcid,run_after"));
    assert_true(fixture_has_index(store, "helios_job_history_tb", "complete_time"));

    struct store_job job;
    uint32_t funcid = 0;
    OK(store_jobtype(store, "Lab::Svc", &funcid, &err));
    assert_int_equal(fixture_claim(store, funcid, &job, 1), 1);
    struct store_held held = fixture_held(&job);
    OK(store_complete(store, &held, 1, &fixture_outcome, &err));
    assert_false(held.lost);
    store_job_fini(&job);
}

static void over_helios(void **state)
{
    stock_with_rows(*state, "helios", true);
    assert_int_equal(COUNT(*state, "helios_params_tb WHERE param = 'MAX_WORKERS'"), 1);
}

static void over_theschwartz(void **state)
{
    stock_with_rows(*state, "theschwartz", false);
}

static void newer_and_older(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    fixture_sql(*state, "INSERT INTO helios_schema_tb VALUES (99, 'later', 1);");
    assert_int_equal(status_of(*state).state, SCHEMA_NEWER);
    OK(store_schema_require(*state, &err));
    OK(store_schema_upgrade(*state, NULL, NULL, &err));
    fixture_sql(*state, "DELETE FROM helios_schema_tb WHERE version > 2;");
    assert_int_equal(status_of(*state).state, SCHEMA_OLD);
    FAILS(HELIOS_E_SCHEMA, store_schema_require(*state, &err));
    assert_non_null(strstr(err.text, "helios schema upgrade"));
    OK(store_schema_upgrade(*state, NULL, NULL, &err));
    assert_int_equal(status_of(*state).state, SCHEMA_CURRENT);
}

static void collect_lack(void *arg, const struct lack *lack)
{
    buf_printf(arg, "%s;", lack->finding);
}

/* What is dropped or renamed is told, comes again, and its rows are not made up. */
static void lost_parts(void **state)
{
    static const char *const lost[] = {
        "DROP TABLE helios_params_tb;",
        "DROP TABLE note;",
        "DROP TABLE helios_job_history_tb;",
        "ALTER TABLE helios_log_tb RENAME TO helios_log_away;",
    };
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf text = BUF_INIT;
    (void)fixture_submit(*state, "T", 3);
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
        fixture_sql(*state, lost[i]);
    assert_int_equal(status_of(*state).state, SCHEMA_INCOMPLETE);
    OK(lack_tell(*state, collect_lack, &text, NULL, &err));
    assert_string_equal(buf_text(&text),
                        fixture_text("there is no table note;there is no table "
                                     "helios_params_tb;there is no table "
                                     "helios_job_history_tb;there is no table "
                                     "helios_log_tb;"));
    buf_clear(&text);
    OK(store_schema_upgrade(*state, collect_step, &text, &err));
    assert_non_null(strstr(buf_text(&text), "0 helios_params_tb;"));
    buf_fini(&text);
    fixture_sql(*state, "DROP TABLE helios_log_away;");
    current(state);
    assert_int_equal(COUNT(*state, "job"), 3);
    assert_int_equal(COUNT(*state, "helios_job_history_tb"), 0);
    assert_true(fixture_has_index(*state, "helios_job_history_tb", "jobid"));
    assert_true(fixture_has_index(*state, "helios_job_history_tb", "complete_time"));
    assert_true(fixture_has_index(*state, "helios_log_tb", "log_time"));
}

/* Tables that are there, without an index, as another hand has made them. */
static void lost_indexes(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    fixture_sql(*state, "DROP TABLE helios_job_history_tb;");
    fixture_sql(*state, "DROP TABLE funcmap;");
    fixture_sql(*state, "CREATE TABLE helios_job_history_tb (jobid BIGINT, funcid INT, arg "
                        "BLOB, uniqkey VARCHAR(255), insert_time INT, run_after INT, "
                        "grabbed_until INT, priority INT, coalesce VARCHAR(255), "
                        "complete_time INT, exitstatus INT);");
    fixture_sql(
        *state,
        "CREATE TABLE funcmap (funcid INTEGER PRIMARY KEY, funcname VARCHAR(255));");
    assert_int_equal(status_of(*state).state, SCHEMA_INCOMPLETE);
    OK(store_schema_upgrade(*state, NULL, NULL, &err));
    current(state);
    assert_true(fixture_has_index(*state, "helios_job_history_tb", "jobid"));
    assert_true(fixture_has_index(*state, "helios_job_history_tb", "complete_time"));
    assert_true(fixture_has_index(*state, "funcmap", "funcname"));
    fixture_sql(*state, "INSERT INTO funcmap VALUES (1, 'a');");
    assert_int_equal(db_script(store_db(*state),
                               fixture_text("INSERT INTO funcmap VALUES (2, 'a');"), &err),
                     -1);
    fixture_drop_tables(*state);
    OK(store_schema_upgrade(*state, NULL, NULL, &err));
}

static void lost_column(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    fixture_sql(*state, "DROP TABLE error;");
    fixture_sql(*state, "DROP TABLE note;");
    fixture_sql(*state, "CREATE TABLE error (error_time INT, jobid INT, message TEXT);");
    assert_int_equal(status_of(*state).state, SCHEMA_INCOMPLETE);
    FAILS(HELIOS_E_SCHEMA, store_schema_upgrade(*state, NULL, NULL, &err));
    assert_non_null(strstr(err.text,
                           "error has no column funcid: helios schema upgrade adds no "
                           "columns: restore the table, or add funcid INT"));
    FAILS(HELIOS_E_SCHEMA,
          helios_db_query(store_db(*state), fixture_text("SELECT jobid FROM note"), NULL, 0,
                          NULL, NULL, &err));
    fixture_sql(*state, "DROP TABLE error;");
    OK(store_schema_upgrade(*state, NULL, NULL, &err));
    current(state);
}

/* Numbers in new tables would mean other jobs and jobtypes than those in the old rows. */
static void torn(void **state)
{
    static const struct {
        const char *row, *missing, *witness, *cure;
    } rows[] = {
        {"INSERT INTO helios_job_history_tb (jobid, funcid, run_after, grabbed_until, "
         "complete_time) VALUES (7, 1, 1, 0, 2);",
         "job", "helios_job_history_tb has rows that refer to ",
         "DELETE FROM helios_job_history_tb;"},
        {"INSERT INTO error (error_time, jobid, message) VALUES (1, 7, 'x');", "job",
         "error has rows that refer to ", "DELETE FROM error;"},
        {"INSERT INTO job (funcid, run_after, grabbed_until) VALUES (7, 1, 0);", "funcmap",
         "job has rows that refer to ", "DELETE FROM job;"},
    };
    struct helios_error err = HELIOS_ERROR_INIT;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char drop[64];
        (void)snprintf(drop, sizeof drop, "DROP TABLE %s;", rows[i].missing);
        fixture_sql(*state, rows[i].row);
        fixture_sql(*state, drop);
        FAILS(HELIOS_E_SCHEMA, store_schema_upgrade(*state, NULL, NULL, &err));
        assert_non_null(strstr(err.text, rows[i].witness));
        assert_int_equal(status_of(*state).state, SCHEMA_INCOMPLETE);
        fixture_sql(*state, rows[i].cure);
        OK(store_schema_upgrade(*state, NULL, NULL, &err));
        current(state);
    }
}

static int upgrade_when_told(int start)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *store = NULL;
    char c;
    if (store_open(fixture_dsn(), "root", NULL, &store, &err) != 0 ||
        read(start, &c, 1) != 0 || store_schema_upgrade(store, NULL, NULL, &err) != 0) {
        print_error("%s\n", err.text);
        return 1;
    }
    store_close(store);
    return 0;
}

static void two_at_once(void **state)
{
    int start[2];
    pid_t children[4];
    fixture_drop_tables(*state);
    assert_int_equal(pipe(start), 0);
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            (void)close(start[1]);
            _exit(upgrade_when_told(start[0]));
        }
    }
    (void)close(start[0]);
    (void)close(start[1]);
    for (int i = 0; i < 4; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    current(state);
}

int suite_schema(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(current),         CONTRACT_TEST(from_nothing),
        CONTRACT_TEST(over_helios),     CONTRACT_TEST(over_theschwartz),
        CONTRACT_TEST(newer_and_older), CONTRACT_TEST(two_at_once),
        CONTRACT_TEST(lost_parts),      CONTRACT_TEST(lost_indexes),
        CONTRACT_TEST(lost_column),     CONTRACT_TEST(torn),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
