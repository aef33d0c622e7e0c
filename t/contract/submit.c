/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#define ARG_MOST 16777215u

static struct helios_submission job_of(const char *jobtype)
{
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    job.jobtype = jobtype;
    job.args = "<job/>";
    job.args_len = 6;
    return job;
}

static void minimal_row(void **state)
{
    uint64_t jobid = fixture_submit(*state, "A", 1);
    assert_int_equal(fixture_number(*state, "SELECT jobid FROM job"), jobid);
    assert_int_equal(
        fixture_number(
            *state, "SELECT COUNT(*) FROM job WHERE uniqkey IS NULL AND priority IS NULL "
                    "AND coalesce IS NULL AND insert_time = run_after AND "
                    "grabbed_until = 0 AND run_after BETWEEN UNIX_TIMESTAMP() - 5 AND "
                    "UNIX_TIMESTAMP()"),
        1);
}

static void text_is_stored_as_perl_stores_it(void **state)
{
    static const unsigned char image[] = {0x05, 0x0b, 0x02, 0,   0,   0,   1,  0x0a,
                                          6,    '<',  'j',  'o', 'b', '/', '>'};
    struct store_job job;
    uint64_t jobid = fixture_submit(*state, "A", 1);
    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "A"), &job, 1), 1);
    assert_int_equal(job.jobid, jobid);
    assert_int_equal(job.arg_len, sizeof image);
    assert_memory_equal(job.arg, image, sizeof image);
    store_job_fini(&job);
}

static void every_column(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = job_of("A");
    struct store_job got;
    job.form = HELIOS_ARGS_RAW;
    job.run_after = 1234567;
    job.priority = 65535;
    job.uniqkey = "u\xc3\xbc";
    job.coalesce = "group";
    OK(store_submit(*state, &job, 1, NULL, &err));
    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "A"), &got, 1), 1);
    assert_int_equal(got.run_after, 1234567);
    assert_int_equal(got.priority, 65535);
    assert_string_equal(got.uniqkey, "u\xc3\xbc");
    assert_string_equal(got.coalesce, "group");
    assert_true(got.insert_time > 1234567);
    assert_int_equal(got.arg_len, 6);
    store_job_fini(&got);
}

/* Of jobs submitted together, of which one has a column more, each keeps its own. */
static void columns_of_one(void **state)
{
    static const char *const column[] = {"uniqkey = 'key'", "coalesce = 'group'",
                                         "priority = 0", "run_after = 1234567"};
    struct helios_error err = HELIOS_ERROR_INIT;
    enum { N = 3 };
    for (size_t k = 0; k < sizeof column / sizeof column[0]; k++) {
        for (size_t one = 0; one < N; one++) {
            struct helios_submission jobs[N] = {job_of("A"), job_of("A"), job_of("A")};
            uint64_t ids[N];
            char sql[100];
            jobs[one].uniqkey = k == 0 ? "key" : NULL;
            jobs[one].coalesce = k == 1 ? "group" : NULL;
            jobs[one].priority = k == 2 ? 0 : -1;
            jobs[one].run_after = k == 3 ? 1234567 : 0;
            OK(store_submit(*state, jobs, N, ids, &err));
            (void)snprintf(sql, sizeof sql,
                           "SELECT MAX(jobid) FROM job WHERE %s HAVING COUNT(*) = 1",
                           column[k]);
            assert_int_equal(fixture_number(*state, sql), ids[one]);
            fixture_sql(*state, "DELETE FROM job");
        }
    }
}

static void null_columns_come_back(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = job_of("A");
    struct store_job got;
    job.form = HELIOS_ARGS_RAW;
    job.args = NULL;
    job.args_len = 0;
    OK(store_submit(*state, &job, 1, NULL, &err));
    fixture_sql(*state, "UPDATE job SET insert_time = NULL;");
    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "A"), &got, 1), 1);
    assert_null(got.arg);
    assert_null(got.uniqkey);
    assert_null(got.coalesce);
    assert_int_equal(got.insert_time, -1);
    assert_int_equal(got.priority, -1);
    store_job_fini(&got);
}

/* Bytes 0 to 255 over and over, `len` of them, come back as they were. */
static void round_trip(struct store *store, size_t len)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = job_of("Bytes");
    unsigned char *bytes = malloc(len);
    struct store_job got;
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)i;
    job.form = HELIOS_ARGS_RAW;
    job.args = bytes;
    job.args_len = len;
    OK(store_submit(store, &job, 1, NULL, &err));
    assert_int_equal(fixture_claim(store, fixture_jobtype(store, "Bytes"), &got, 1), 1);
    assert_int_equal(got.arg_len, len);
    if (memcmp(got.arg, bytes, len) != 0)
        fail_msg("an argument of %zu bytes should come back unchanged", len);
    free(bytes);
    store_job_fini(&got);
}

static void every_byte(void **state)
{
    round_trip(*state, 256);
    round_trip(*state, 100000);
}

static void largest_argument(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = job_of("Bytes");
    round_trip(*state, ARG_MOST);
    job.args_len = ARG_MOST - 11;
    FAILS(HELIOS_E_LIMIT, store_submit(*state, &job, 1, NULL, &err));
    job.form = HELIOS_ARGS_RAW;
    job.args_len = ARG_MOST + 1;
    FAILS(HELIOS_E_LIMIT, store_submit(*state, &job, 1, NULL, &err));
}

/* `n` times the character; valid until the next call but one. */
static const char *repeated(const char *character, size_t n)
{
    static char texts[2][1025];
    static unsigned turn;
    size_t len = strlen(character);
    char *text = texts[turn++ % 2];
    assert_true(n * len < sizeof texts[0]);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, character, len);
    text[n * len] = '\0';
    return text;
}

/* What a VARCHAR(255) takes is counted in characters, whatever bytes they have. */
static void characters_are_counted(void **state)
{
    static const char *const characters[] = {"k", "\xc3\xa9", "\xe6\xbc\xa2",
                                             "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        const char *name = repeated(characters[i], 255);
        struct helios_submission job = job_of(name);
        struct store_job got;
        job.uniqkey = job.coalesce = name;
        OK(store_submit(*state, &job, 1, NULL, &err));
        FAILS(HELIOS_E_DUPLICATE, store_submit(*state, &job, 1, NULL, &err));
        assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, name), &got, 1), 1);
        assert_string_equal(got.uniqkey, name);
        assert_string_equal(got.coalesce, name);
        const char *type = NULL;
        struct store *other = fixture_open();
        OK(store_jobtype_name(other, got.funcid, &type, &err));
        assert_string_equal(type, name);
        store_close(other);
        struct store_held held = fixture_held(&got);
        OK(store_complete(*state, &held, 1, &fixture_outcome, &err));
        assert_false(held.lost);
        store_job_fini(&got);
        job.jobtype = repeated(characters[i], 256);
        FAILS(HELIOS_E_LIMIT, store_submit(*state, &job, 1, NULL, &err));
        job.jobtype = "A";
        job.uniqkey = repeated(characters[i], 256);
        FAILS(HELIOS_E_LIMIT, store_submit(*state, &job, 1, NULL, &err));
    }
    assert_int_equal(COUNT(*state, "job"), 0);
}

static void refused_before_sql(void **state)
{
    const char *key = repeated("k", 256), *stray = repeated("\x80", 300);
    struct {
        const char *name;
        struct helios_submission job;
        enum helios_error_kind kind;
    } rows[] = {
        {"no jobtype", job_of(NULL), HELIOS_E_INVALID},
        {"priority -2", job_of("A"), HELIOS_E_INVALID},
        {"priority 65536", job_of("A"), HELIOS_E_INVALID},
        {"run_after -1", job_of("A"), HELIOS_E_INVALID},
        {"run_after 2^32", job_of("A"), HELIOS_E_INVALID},
        {"long uniqkey", job_of("A"), HELIOS_E_LIMIT},
        {"long coalesce", job_of("A"), HELIOS_E_LIMIT},
        {"long jobtype", job_of(key), HELIOS_E_LIMIT},
        {"uniqkey that is no text", job_of("A"), HELIOS_E_INVALID},
        {"coalesce that is no text", job_of("A"), HELIOS_E_INVALID},
        {"jobtype that ends within a character", job_of("A\xc3"), HELIOS_E_INVALID},
    };
    rows[1].job.priority = -2;
    rows[2].job.priority = 65536;
    rows[3].job.run_after = -1;
    rows[4].job.run_after = 4294967296;
    rows[5].job.uniqkey = key;
    rows[6].job.coalesce = key;
    rows[8].job.uniqkey = stray;
    rows[9].job.coalesce = "\xff";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        int rc = store_submit(*state, &rows[i].job, 1, NULL, &err);
        if (rc != -1 || err.kind != rows[i].kind)
            fail_msg("%s should be refused as %s: %s", rows[i].name,
                     helios_error_name(rows[i].kind), err.text);
    }
    assert_int_equal(COUNT(*state, "job"), 0);
    assert_int_equal(COUNT(*state, "funcmap"), 0);
}

static void uniqkey_rule(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = job_of("A");
    struct helios_submission other = job_of("B");
    struct store_job got;
    job.uniqkey = other.uniqkey = "key";
    OK(store_submit(*state, &job, 1, NULL, &err));
    FAILS(HELIOS_E_DUPLICATE, store_submit(*state, &job, 1, NULL, &err));
    OK(store_submit(*state, &other, 1, NULL, &err));
    job.uniqkey = "KEY";
    int rc = store_submit(*state, &job, 1, NULL, &err);
    assert_int_equal(rc, fixture_ignores_case() ? -1 : 0);
    job.uniqkey = "";
    OK(store_submit(*state, &job, 1, NULL, &err));
    FAILS(HELIOS_E_DUPLICATE, store_submit(*state, &job, 1, NULL, &err));
    job.uniqkey = NULL;
    OK(store_submit(*state, &job, 1, NULL, &err));
    OK(store_submit(*state, &job, 1, NULL, &err));

    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "B"), &got, 1), 1);
    struct store_held held = fixture_held(&got);
    OK(store_complete(*state, &held, 1, &fixture_outcome, &err));
    OK(store_submit(*state, &other, 1, NULL, &err));
    store_job_fini(&got);
}

#define MANY 1237
static void many(struct store *store, const char *jobtype, uint64_t *jobids)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    static struct helios_submission jobs[MANY];
    static char args[MANY][24];
    for (size_t i = 0; i < MANY; i++) {
        jobs[i] = job_of(jobtype);
        jobs[i].form = HELIOS_ARGS_RAW;
        jobs[i].args_len = (size_t)snprintf(args[i], sizeof args[i], "%zu", i);
        jobs[i].args = args[i];
    }
    OK(store_submit(store, jobs, MANY, jobids, &err));
}

/* `jobids` name the rows that hold the arguments given in that order. */
static void check_many(struct store *store, const uint64_t *jobids)
{
    static struct store_job got[MANY];
    assert_int_equal(fixture_claim(store, fixture_jobtype(store, "Many"), got, MANY), MANY);
    for (size_t i = 0; i < MANY; i++) {
        size_t at = 0;
        while (at < MANY && jobids[at] != got[i].jobid)
            at++;
        assert_int_equal(strtoul(got[i].arg, NULL, 10), at);
        store_job_fini(&got[i]);
    }
}

static void many_in_one_call(void **state)
{
    static uint64_t jobids[MANY];
    many(*state, "Many", jobids);
    check_many(*state, jobids);
}

static void many_on_an_old_server(void **state)
{
    static uint64_t jobids[MANY];
    fixture_old_server(*state);
    many(*state, "Many", jobids);
    check_many(*state, jobids);
}

static void many_without_ids(void **state)
{
    many(*state, "Many", NULL);
    assert_int_equal(fixture_number(*state, "SELECT COUNT(DISTINCT arg) FROM job"), MANY);
}

static void all_or_nothing(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    static struct helios_submission jobs[700];
    uint64_t jobids[700];
    for (size_t i = 0; i < 700; i++)
        jobs[i] = job_of("A");
    jobs[3].uniqkey = jobs[699].uniqkey = "twice";
    memset(jobids, 0xff, sizeof jobids);
    FAILS(HELIOS_E_DUPLICATE, store_submit(*state, jobs, 700, jobids, &err));
    assert_int_equal(COUNT(*state, "job"), 0);
    for (size_t i = 0; i < 700; i++)
        assert_int_equal(jobids[i], 0);
    assert_int_equal(COUNT(*state, "funcmap"), 1);
}

static void joins_an_open_transaction(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    struct helios_submission jobs[2] = {job_of("New"), job_of("New")};
    OK(db_begin(db, &err));
    OK(store_submit(*state, jobs, 2, NULL, &err));
    assert_true(db_in_transaction(db));
    db_rollback(db);
    assert_int_equal(COUNT(*state, "job"), 0);

    /* The name was seen in a transaction that was rolled back: no dangling number. */
    OK(store_submit(*state, jobs, 2, NULL, &err));
    assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM job JOIN funcmap ON "
                                            "job.funcid = funcmap.funcid"),
                     2);

    jobs[1].uniqkey = jobs[0].uniqkey = "twice";
    OK(db_begin(db, &err));
    OK(helios_db_exec(db, fixture_text("INSERT INTO funcmap (funcname) VALUES ('mine')"),
                      NULL, 0, NULL, &err));
    FAILS(HELIOS_E_DUPLICATE, store_submit(*state, jobs, 2, NULL, &err));
    OK(db_commit(db, &err));
    assert_int_equal(COUNT(*state, "job"), 2);
    assert_int_equal(COUNT(*state, "funcmap WHERE funcname = 'mine'"), 1);
}

static void new_name_twice_in_one_transaction(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    struct helios_submission job = job_of("New");
    OK(db_begin(db, &err));
    OK(store_submit(*state, &job, 1, NULL, &err));
    OK(store_submit(*state, &job, 1, NULL, &err));
    db_rollback(db);
    OK(store_submit(*state, &job, 1, NULL, &err));
    assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM job JOIN funcmap ON "
                                            "job.funcid = funcmap.funcid"),
                     1);
}

/* Somebody else's transaction that takes long is no reason to call a database dead. */
static void a_lock_wait_passes(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct helios_submission job = {
        .jobtype = "A", .args = "<job/>", .args_len = 6, .priority = -1, .uniqkey = "k"};
    if (!fixture_two_writers())
        skip();
    struct store *other = fixture_open();
    (void)fixture_jobtype(*state, "A");
    fixture_sql(*state, "SET innodb_lock_wait_timeout = 1;");
    OK(db_begin(store_db(other), &err));
    OK(store_submit(other, &job, 1, NULL, &err));
    FAILS(HELIOS_E_RETRY, store_submit(*state, &job, 1, NULL, &err));
    assert_true(db_usable(store_db(*state)));
    db_rollback(store_db(other));
    store_close(other);
    OK(store_submit(*state, &job, 1, NULL, &err));
    assert_int_equal(COUNT(*state, "job"), 1);
}

int suite_submit(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(minimal_row),
        CONTRACT_TEST(text_is_stored_as_perl_stores_it),
        CONTRACT_TEST(every_column),
        CONTRACT_TEST(columns_of_one),
        CONTRACT_TEST(null_columns_come_back),
        CONTRACT_TEST(every_byte),
        CONTRACT_TEST(largest_argument),
        CONTRACT_TEST(characters_are_counted),
        CONTRACT_TEST(refused_before_sql),
        CONTRACT_TEST(uniqkey_rule),
        CONTRACT_TEST(many_in_one_call),
        CONTRACT_TEST(many_on_an_old_server),
        CONTRACT_TEST(many_without_ids),
        CONTRACT_TEST(all_or_nothing),
        CONTRACT_TEST(a_lock_wait_passes),
        CONTRACT_TEST(joins_an_open_transaction),
        CONTRACT_TEST(new_name_twice_in_one_transaction),
    };
    return cmocka_run_group_tests_name("submit", tests, NULL, NULL);
}
