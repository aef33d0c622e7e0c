/* SPDX-License-Identifier: MIT */
/* The client library, on a collective in an SQLite file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <helios/client.h>

#include "core/mono.h"
#include "store/connection.h"

#define XML "<job><params><a>1</a></params></job>"

static char folder[64];
static char ini[128];

static void write_ini(void)
{
    FILE *f = fopen(ini, "we");
    assert_non_null(f);
    (void)fprintf(f, "[global]\ndsn=dbi:SQLite:dbname=%s/collective.db\n", folder);
    assert_int_equal(fclose(f), 0);
}

/* A file of size 0 is an SQLite database without tables. */
static void create_database(void)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/collective.db", folder);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
}

static struct helios_client *client_open(void)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_client *client = NULL;
    if (helios_client_open(ini, NULL, &client, &err) != 0)
        fail_msg("cannot open: %s", err.text);
    return client;
}

static int group_setup(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    (void)snprintf(folder, sizeof folder, "/tmp/helios-client-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(ini, sizeof ini, "%s/helios.ini", folder);
    write_ini();
    create_database();
    struct helios_client *client = client_open();
    if (store_schema_upgrade(client_store(client), NULL, NULL, &err) != 0)
        fail_msg("no schema: %s", err.text);
    helios_client_close(client);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"helios.ini", "collective.db", "collective.db-wal",
                                        "collective.db-shm"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static int setup(void **state)
{
    *state = client_open();
    return 0;
}

static int teardown(void **state)
{
    helios_client_close(*state);
    return 0;
}

static struct helios_submission job_of(const char *jobtype)
{
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    job.jobtype = jobtype;
    job.args = XML;
    job.args_len = strlen(XML);
    return job;
}

static uint64_t submit(struct helios_client *client, const char *jobtype)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = job_of(jobtype);
    uint64_t jobid = 0;
    if (helios_submit(client, &job, 1, &jobid, &err) != 0)
        fail_msg("cannot submit: %s", err.text);
    assert_true(jobid > 0);
    return jobid;
}

static void assert_state(struct helios_client *client, uint64_t jobid,
                         enum helios_job_state expected)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status;
    assert_int_equal(helios_job_lookup(client, jobid, &status, &err), 0);
    assert_int_equal(status.state, expected);
}

/* ---- opening ---- */

static void test_open_failures(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_client *const none = (struct helios_client *)&err; /* of no use */
    struct helios_client *client = none;
    assert_int_equal(helios_client_open("/nonexistent/helios.ini", NULL, &client, &err),
                     -1);
    assert_int_equal(err.kind, HELIOS_E_CONFIG);
    assert_non_null(strstr(err.text, "/nonexistent/helios.ini"));
    assert_null(client);
    char path[160];
    (void)snprintf(path, sizeof path, "%s/nowhere.ini", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fprintf(f, "[global]\ndsn=dbi:SQLite:dbname=%s/nowhere.db\n", folder);
    assert_int_equal(fclose(f), 0);
    client = none;
    int rc = helios_client_open(path, NULL, &client, &err);
    (void)unlink(path);
    assert_int_equal(rc, -1);
    assert_int_equal(err.kind, HELIOS_E_SCHEMA);
    assert_null(client);
    helios_client_close(NULL);
}

/* ---- submitting ---- */

static void test_submit_many(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission jobs[3] = {job_of("Many"), job_of("Many"), job_of("Other")};
    uint64_t ids[3] = {0};
    assert_int_equal(helios_submit(client, jobs, 3, ids, &err), 0);
    assert_true(ids[0] > 0 && ids[0] < ids[1] && ids[1] < ids[2]);
    assert_int_equal(helios_submit(client, jobs, 3, NULL, &err), 0);
    assert_int_equal(helios_submit(client, jobs, 0, NULL, &err), 0);
}

static void test_submit_all_or_none(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission jobs[2] = {job_of("Unique"), job_of("Unique")};
    uint64_t ids[2] = {0};
    jobs[0].uniqkey = jobs[1].uniqkey = "k";
    assert_int_equal(helios_submit(client, jobs, 2, ids, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_DUPLICATE);
    assert_int_equal(helios_submit(client, jobs, 1, ids, &err), 0);
    assert_int_equal(helios_submit(client, jobs, 1, ids, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_DUPLICATE);
}

static void test_submit_refusals(void **state)
{
    struct helios_client *client = *state;
    struct helios_submission none = job_of("");
    struct helios_submission missing = job_of(NULL);
    struct helios_submission urgent = job_of("T");
    struct helios_submission late = job_of("T");
    urgent.priority = 65536;
    late.run_after = INT64_MAX;
    const struct {
        const char *name;
        const struct helios_submission *job;
    } rows[] = {
        {"empty jobtype", &none},
        {"no jobtype", &missing},
        {"priority above 65535", &urgent},
        {"run_after beyond 32 bits", &late},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        int rc = helios_submit(client, rows[i].job, 1, NULL, &err);
        if (rc != -1 || err.kind != HELIOS_E_INVALID)
            fail_msg("%s: expected -1 and 'invalid', got %d and '%s'", rows[i].name, rc,
                     helios_error_name(err.kind));
    }
}

/* ---- transactions ---- */

static void test_rollback(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status;
    (void)submit(client, "Transaction"); /* the jobtype exists */
    assert_int_equal(helios_client_begin(client, &err), 0);
    uint64_t jobid = submit(client, "Transaction");
    helios_client_rollback(client);
    assert_int_equal(helios_job_lookup(client, jobid, &status, &err), 1);
}

static void test_commit(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    (void)submit(client, "Transaction");
    assert_int_equal(helios_client_begin(client, &err), 0);
    uint64_t jobid = submit(client, "Transaction");
    const struct helios_datum params[] = {helios_int(7), helios_uint(jobid)};
    uint64_t changed = 0;
    assert_int_equal(helios_db_exec(helios_client_db(client),
                                    "UPDATE job SET priority = ? WHERE jobid = ?", params,
                                    2, &changed, &err),
                     0);
    assert_int_equal(changed, 1);
    assert_int_equal(helios_client_commit(client, &err), 0);
    assert_state(client, jobid, HELIOS_JOB_WAITING);
}

static void test_transaction_misuse(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status;
    assert_int_equal(helios_client_commit(client, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_INVALID);
    helios_client_rollback(client);
    assert_int_equal(helios_client_begin(client, &err), 0);
    assert_int_equal(helios_client_begin(client, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_INVALID);
    assert_int_equal(helios_job_wait(client, 1, 0, &status, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_INVALID);
    helios_client_rollback(client);
}

static void test_transaction_by_sql(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = helios_client_db(client);
    struct helios_submission job = job_of("Transaction");
    assert_int_equal(helios_db_exec(db, "BEGIN", NULL, 0, NULL, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_INVALID);
    assert_non_null(strstr(err.text, "helios_client_begin()"));
    uint64_t jobid = submit(client, "Transaction"); /* by itself */
    assert_state(client, jobid, HELIOS_JOB_WAITING);
    assert_int_equal(helios_client_begin(client, &err), 0);
    jobid = submit(client, "Transaction");
    assert_int_equal(helios_db_exec(db, "COMMIT", NULL, 0, NULL, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_INVALID);
    assert_int_equal(helios_submit(client, &job, 1, NULL, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_INVALID);
    assert_int_equal(helios_client_commit(client, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_INVALID);
    struct helios_job_status status;
    assert_int_equal(helios_job_lookup(client, jobid, &status, &err), 1);
}

/* ---- a file that somebody keeps locked ---- */

static void test_locked(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = job_of("Locked");
    struct helios_client *other = client_open();
    (void)submit(client, "Locked");
    assert_int_equal(helios_client_begin(other, &err), 0);
    struct mono start = mono_now();
    int rc = helios_submit(client, &job, 1, NULL, &err);
    int64_t ms = mono_diff_ms(mono_now(), start);
    helios_client_close(other);
    assert_int_equal(rc, -1);
    assert_int_equal(err.kind, HELIOS_E_RETRY);
    assert_in_range(ms, 4000, 12000);
    (void)submit(client, "Locked");
}

/* ---- waiting ---- */

static int64_t cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void test_wait_times_out(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status;
    uint64_t jobid = submit(client, "Wait");
    struct mono start = mono_now();
    int64_t cpu = cpu_ms();
    assert_int_equal(helios_job_wait(client, jobid, 400, &status, &err), 2);
    assert_int_equal(status.state, HELIOS_JOB_WAITING);
    assert_in_range(mono_diff_ms(mono_now(), start), 400, 10000);
    assert_in_range(cpu_ms() - cpu, 0, 200); /* a busy loop takes all of the time */
}

static void test_wait_unknown(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status;
    assert_int_equal(helios_job_wait(client, 999999999, -1, &status, &err), 1);
}

struct worker {
    uint64_t jobid;
    uint32_t status; /* 0: completes the job */
    char why_not[1024];
};

static int end_job(struct store *store, const struct worker *worker,
                   struct helios_error *err)
{
    const struct store_outcome outcome = {.history = true};
    const struct life_rules rules = {0};
    struct store_claim claim = {.want = 1, .lease_s = 3600};
    struct store_job job = {0};
    size_t got = 0;
    if (store_jobtype(store, "Wait::End", &claim.funcid, err) != 0 ||
        store_claim(store, &claim, &job, &got, err) != 0 || got != 1)
        return -1;
    struct store_held held = {
        .job = &job, .leases = {job.lease_until, job.lease_until, job.lease_until}};
    const struct store_failure failure = {.message = "no",
                                          .message_len = 2,
                                          .status = worker->status,
                                          .permanent = true,
                                          .rules = &rules};
    struct store_failed failed;
    int rc = worker->status == 0
                 ? store_complete(store, &held, 1, &outcome, err)
                 : store_fail(store, &held, &failure, &outcome, &failed, err);
    store_job_fini(&job);
    return rc;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct helios_error err = {.text = "nothing was claimed"};
    struct helios_client *client = NULL;
    if (helios_client_open(ini, NULL, &client, &err) != 0 ||
        end_job(client_store(client), worker, &err) != 0)
        (void)snprintf(worker->why_not, sizeof worker->why_not, "%s", err.text);
    helios_client_close(client);
    return NULL;
}

static void wait_for_end(struct helios_client *client, uint32_t exitstatus,
                         enum helios_job_state expected)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status = {0};
    struct worker worker = {.jobid = submit(client, "Wait::End"), .status = exitstatus};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, work, &worker), 0);
    int rc = helios_job_wait(client, worker.jobid, 20000, &status, &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(worker.why_not, "");
    assert_int_equal(rc, 0);
    assert_int_equal(status.state, expected);
    assert_int_equal(status.exitstatus, exitstatus);
}

/* ---- a connection that is lost ---- */

static int count_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    *(int64_t *)arg = helios_datum_int(&columns[0]);
    return 0;
}

static int64_t count(struct helios_client *client, const char *jobtype)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct helios_datum name = helios_text(jobtype);
    int64_t n = -1;
    if (helios_db_query(helios_client_db(client),
                        "SELECT COUNT(*) FROM job WHERE funcid = (SELECT funcid FROM "
                        "funcmap WHERE funcname = ?)",
                        &name, 1, count_row, &n, &err) != 0)
        fail_msg("cannot count: %s", err.text);
    return n;
}

static void lose(struct helios_client *client)
{
    db_lose(helios_client_db(client));
}

static void test_lost_between_calls(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status = {0};
    struct helios_db *db = helios_client_db(client);
    lose(client);
    uint64_t jobid = submit(client, "Lost::Between");
    lose(client);
    assert_int_equal(helios_job_lookup(client, jobid, &status, &err), 0);
    assert_int_equal(status.state, HELIOS_JOB_WAITING);
    lose(client);
    assert_int_equal(helios_client_begin(client, &err), 0);
    (void)submit(client, "Lost::Between");
    assert_int_equal(helios_client_commit(client, &err), 0);
    assert_int_equal(count(client, "Lost::Between"), 2);
    assert_ptr_equal(helios_client_db(client), db);
}

static void test_lost_in_transaction(void **state)
{
    struct helios_client *client = *state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = job_of("Lost::In");
    struct helios_job_status status = {0};
    assert_int_equal(helios_client_begin(client, &err), 0);
    uint64_t jobid = submit(client, "Lost::In");
    lose(client);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(helios_submit(client, &job, 1, NULL, &err), -1);
        assert_int_equal(err.kind, HELIOS_E_LOST);
        assert_int_equal(helios_job_lookup(client, jobid, &status, &err), -1);
        assert_int_equal(err.kind, HELIOS_E_LOST);
    }
    assert_int_equal(helios_client_commit(client, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_LOST);
    (void)submit(client, "Lost::In");
    assert_int_equal(count(client, "Lost::In"), 1);
    assert_int_equal(helios_client_begin(client, &err), 0);
    lose(client);
    assert_int_equal(helios_submit(client, &job, 1, NULL, &err), -1);
    helios_client_rollback(client);
    (void)submit(client, "Lost::In");
    assert_int_equal(count(client, "Lost::In"), 2);
}

static void test_forked(void **state)
{
    struct helios_client *client = *state;
    struct helios_submission job = job_of("Lost::Fork");
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct helios_error err = HELIOS_ERROR_INIT;
        int rc = helios_submit(client, &job, 1, NULL, &err);
        helios_client_close(client);
        _exit(rc == -1 && err.kind == HELIOS_E_LOST ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)submit(client, "Lost::Fork");
    assert_int_equal(count(client, "Lost::Fork"), 1);
}

static void test_wait_until_done(void **state)
{
    wait_for_end(*state, 0, HELIOS_JOB_DONE);
}

static void test_wait_until_failed(void **state)
{
    wait_for_end(*state, 3, HELIOS_JOB_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_failures),
        TEST(test_submit_many),
        TEST(test_submit_all_or_none),
        TEST(test_submit_refusals),
        TEST(test_rollback),
        TEST(test_commit),
        TEST(test_transaction_misuse),
        TEST(test_transaction_by_sql),
        TEST(test_locked),
        TEST(test_lost_between_calls),
        TEST(test_lost_in_transaction),
        TEST(test_forked),
        TEST(test_wait_times_out),
        TEST(test_wait_unknown),
        TEST(test_wait_until_done),
        TEST(test_wait_until_failed),
    };
    return cmocka_run_group_tests_name("client", tests, group_setup, group_teardown);
}
