/* SPDX-License-Identifier: MIT */
/* Several databases of one client, each an SQLite file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <helios/client.h>

#include "store/connection.h"
#include "store/members.h"

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[4][160];
    static unsigned next;
    char *out = path[next++ % 4];
    (void)snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

static void write_ini(const char *name, const char *database, const char *more)
{
    FILE *f = fopen(path_of(name), "we");
    assert_non_null(f);
    (void)fprintf(f, "[global]\ndsn=dbi:SQLite:dbname=%s\nuser=\n%s", path_of(database),
                  more);
    assert_int_equal(fclose(f), 0);
}

static struct helios_client *client_open(const char *name)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_client *client = NULL;
    if (helios_client_open(path_of(name), NULL, &client, &err) != 0)
        fail_msg("cannot open %s: %s", name, err.text);
    return client;
}

static void create(const char *name, const char *database)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int fd = open(path_of(database), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    write_ini(name, database, "");
    struct helios_client *client = client_open(name);
    if (store_schema_upgrade(client_store(client), NULL, NULL, &err) != 0)
        fail_msg("no schema: %s", err.text);
    helios_client_close(client);
}

static int group_setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/helios-members-XXXXXX");
    assert_non_null(mkdtemp(folder));
    create("a.ini", "a.db");
    create("b.ini", "b.db");
    return 0;
}

static int group_teardown(void **state)
{
    static const char *const names[] = {"a.ini",    "b.ini",    "a.db",     "b.db",
                                        "a.db-wal", "a.db-shm", "b.db-wal", "b.db-shm"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path_of(names[i]));
    return rmdir(folder);
}

/* ---- order ---- */

static uint32_t draws;

static uint32_t random_last(uint32_t bound)
{
    draws++;
    return bound - 1;
}

static uint32_t random_first(uint32_t bound)
{
    (void)bound;
    draws++;
    return 0;
}

static void order(void **state)
{
    size_t list[4];
    size_t again[4];
    bool first[4] = {false};
    (void)state;
    members_order(4, NULL, random_last, list);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(list[i], i);
    members_order(4, NULL, random_first, list);
    assert_int_equal(list[0], 1);
    assert_int_equal(list[3], 0);
    draws = 0;
    for (int i = 0; i < 40; i++) {
        char key[8];
        (void)snprintf(key, sizeof key, "k%d", i);
        members_order(4, key, random_first, list);
        members_order(4, key, random_last, again);
        assert_memory_equal(list, again, sizeof list);
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(list[k], (list[0] + k) % 4);
        first[list[0]] = true;
    }
    assert_int_equal(draws, 0);
    assert_true(first[0] && first[1] && first[2] && first[3]);
    members_order(1, NULL, random_first, list);
    assert_int_equal(list[0], 0);
}

/* ---- jobs ---- */

static void submit(struct helios_client *client, char *handle)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    char handles[1][HELIOS_HANDLE_SIZE];
    job.jobtype = "A";
    job.args = "<job/>";
    job.args_len = 6;
    if (helios_submit_handles(client, &job, 1, handles, &err) != 0)
        fail_msg("cannot submit: %s", err.text);
    if (handle != NULL)
        (void)snprintf(handle, HELIOS_HANDLE_SIZE, "%s", handles[0]);
}

static int number_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    *(int64_t *)arg = helios_datum_int(&columns[0]);
    return 1;
}

/* The jobs of one database, which are removed. */
static int64_t jobs_of(const char *name)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int64_t n = -1;
    struct helios_client *client = client_open(name);
    struct helios_db *db = helios_client_db(client);
    assert_int_equal(
        helios_db_query(db, "SELECT COUNT(*) FROM job", NULL, 0, number_row, &n, &err), 0);
    assert_int_equal(helios_db_exec(db, "DELETE FROM job", NULL, 0, NULL, &err), 0);
    helios_client_close(client);
    return n;
}

static void spread_over_both(void **state)
{
    (void)state;
    write_ini("a.ini", "a.db", "queue_databases=b.ini\n");
    struct helios_client *client = client_open("a.ini");
    for (int i = 0; i < 400; i++)
        submit(client, NULL);
    helios_client_close(client);
    int64_t b = jobs_of("b.ini");
    assert_in_range(b, 100, 300);
    write_ini("a.ini", "a.db", "");
    assert_int_equal(jobs_of("a.ini"), 400 - b);
}

static void away(const char *more, bool comes_back)
{
    char with[128];
    (void)snprintf(with, sizeof with, "queue_databases=b.ini\n%s", more);
    write_ini("a.ini", "a.db", with);
    assert_int_equal(rename(path_of("b.db"), path_of("gone")), 0);
    struct helios_client *client = client_open("a.ini");
    for (int i = 0; i < 20; i++)
        submit(client, NULL);
    assert_int_equal(rename(path_of("gone"), path_of("b.db")), 0);
    for (int i = 0; i < 100; i++)
        submit(client, NULL);
    helios_client_close(client);
    int64_t b = jobs_of("b.ini");
    write_ini("a.ini", "a.db", "");
    assert_int_equal(jobs_of("a.ini"), 120 - b);
    if ((b > 0) != comes_back)
        fail_msg("the database that was away has %lld jobs", (long long)b);
}

static void left_alone_for_a_while(void **state)
{
    (void)state;
    away("queue_database_retry=3600\n", false);
}

static void tried_again_after_it(void **state)
{
    (void)state;
    away("queue_database_retry=0\n", true);
}

static void all_are_away(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    (void)state;
    job.jobtype = "A";
    job.args = "<job/>";
    job.args_len = 6;
    write_ini("a.ini", "a.db", "queue_databases=b.ini\n");
    assert_int_equal(rename(path_of("a.db"), path_of("gone")), 0);
    assert_int_equal(rename(path_of("b.db"), path_of("gone2")), 0);
    struct helios_client *client = client_open("a.ini");
    assert_null(helios_client_db(client));
    assert_int_equal(helios_submit(client, &job, 1, NULL, &err), -1);
    assert_non_null(strstr(err.text, "none of 2 databases takes jobs"));
    assert_int_equal(helios_client_begin(client, &err), -1);
    helios_client_rollback(client);
    assert_int_equal(helios_client_commit(client, &err), -1);
    assert_int_equal(rename(path_of("gone"), path_of("a.db")), 0);
    assert_int_equal(rename(path_of("gone2"), path_of("b.db")), 0);
    /* Both are dead to it, but there is no other choice. */
    submit(client, NULL);
    helios_client_close(client);
    write_ini("a.ini", "a.db", "");
    assert_int_equal(jobs_of("a.ini") + jobs_of("b.ini"), 1);
}

/* As when a server ends what was idle: it is not away for that. */
static void lost_is_not_away(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    (void)state;
    write_ini("a.ini", "a.db", "queue_databases=b.ini\nqueue_database_retry=3600\n");
    struct helios_client *client = client_open("a.ini");
    for (int i = 0; i < 20; i++) {
        char handle[HELIOS_HANDLE_SIZE];
        submit(client, handle);
        assert_int_equal(client_choose(client, handle, &err), 0);
        db_lose(store_db(client_store(client)));
    }
    for (int i = 0; i < 100; i++)
        submit(client, NULL);
    helios_client_close(client);
    int64_t b = jobs_of("b.ini");
    assert_in_range(b, 20, 100);
    write_ini("a.ini", "a.db", "");
    assert_int_equal(jobs_of("a.ini"), 120 - b);
}

/* ---- handles ---- */

static void found_by_handle(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status;
    (void)state;
    write_ini("a.ini", "a.db", "queue_databases=b.ini\n");
    struct helios_client *client = client_open("a.ini");
    for (int i = 0; i < 20; i++) {
        char handle[HELIOS_HANDLE_SIZE];
        submit(client, handle);
        assert_int_equal(helios_handle_lookup(client, handle, &status, &err), 0);
        assert_int_equal(status.state, HELIOS_JOB_WAITING);
        assert_int_equal(helios_handle_wait(client, handle, 0, &status, &err), 2);
    }
    assert_int_equal(
        helios_handle_lookup(client, "00000000000000000000000000000000-1", &status, &err),
        -1);
    assert_int_equal(err.kind, HELIOS_E_NOT_FOUND);
    assert_int_equal(helios_handle_lookup(client, "nonsense", &status, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_INVALID);
    helios_client_close(client);
    write_ini("a.ini", "a.db", "");
    assert_int_equal(jobs_of("a.ini") + jobs_of("b.ini"), 20);
}

#define HASH "0123456789abcdef0123456789abcdef"

static void handles(void **state)
{
    static const struct {
        const char *text;
        uint64_t jobid;
        bool good, hash;
    } rows[] = {
        {"1", 1, true, false},
        {"18446744073709551615", UINT64_MAX, true, false},
        {"18446744073709551616", 0, false, false},
        {"99999999999999999999", 0, false, false},
        {"0", 0, false, false},
        {"", 0, false, false},
        {"+1", 0, false, false},
        {"1 ", 0, false, false},
        {HASH "-17", 17, true, true},
        {HASH "-", 0, false, false},
        {HASH "-0", 0, false, false},
        {HASH "-1-2", 0, false, false},
        {HASH "--1", 0, false, false},
        {HASH, 0, false, false},
        {"0" HASH "-1", 0, false, false},
        {"0123456789ABCDEF0123456789abcdef-1", 0, false, false},
        {"0123456789abcdef0123456789abcde-1", 0, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        const char *hash = NULL;
        uint64_t jobid = 0;
        int rc = handle_parse(rows[i].text, &hash, &jobid, &err);
        if ((rc == 0) != rows[i].good)
            fail_msg("'%s' should be %s", rows[i].text,
                     rows[i].good ? "a handle" : "refused");
        if (rc != 0)
            continue;
        assert_int_equal(jobid, rows[i].jobid);
        assert_int_equal(hash[0] != '\0', rows[i].hash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),
        cmocka_unit_test(handles),
        cmocka_unit_test(spread_over_both),
        cmocka_unit_test(left_alone_for_a_while),
        cmocka_unit_test(tried_again_after_it),
        cmocka_unit_test(all_are_away),
        cmocka_unit_test(lost_is_not_away),
        cmocka_unit_test(found_by_handle),
    };
    return cmocka_run_group_tests_name("members", tests, group_setup, group_teardown);
}
