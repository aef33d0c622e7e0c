/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include "core/buf.h"

/* A claimer with a cursor, as a worker is one. */
struct claimer {
    struct store *store;
    struct cursor cursor;
    struct store_claim claim;
};

static void claimer_init(struct claimer *c, struct store *store, size_t want)
{
    *c = (struct claimer){.store = store,
                          .claim = {.funcid = fixture_jobtype(store, "A"),
                                    .want = want,
                                    .lease_s = 60,
                                    .cursor = &c->cursor}};
}

/* Claims; gives the first id and how many. */
static uint64_t claimer_claim(struct claimer *c, size_t *got)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_job jobs[32];
    uint64_t first = 0;
    OK(store_claim(c->store, &c->claim, jobs, got, &err));
    if (*got > 0)
        first = jobs[0].jobid;
    for (size_t i = 0; i < *got; i++)
        store_job_fini(&jobs[i]);
    return first;
}

static uint64_t claimer_one(struct claimer *c)
{
    size_t got = 0;
    return claimer_claim(c, &got);
}

/* As if the last look from the start had been long ago, or had just been. */
static void sweep_is_due(struct claimer *c, bool due)
{
    c->cursor.sweep_us = due ? 0 : mono_add_ms(mono_now(), 60000).us;
}

static void change_job(struct store *store, uint64_t jobid, const char *column,
                       const char *value)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "UPDATE job SET %s = %s WHERE jobid = %llu;", column, value,
               (unsigned long long)jobid);
    fixture_sql(store, buf_text(&text));
    buf_fini(&text);
}

/* ---- what comes behind the cursor ---- */

static void in_order_without_a_sweep(void **state)
{
    struct claimer c;
    claimer_init(&c, *state, 1);
    uint64_t first = fixture_submit(*state, "A", 4);
    fixture_sql(*state, "UPDATE job SET run_after = 5000 + jobid / 2;");
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(claimer_one(&c), first + i);
        sweep_is_due(&c, false);
    }
    assert_int_equal(claimer_one(&c), 0);
    assert_int_equal(c.cursor.jobid, first + 3);
}

static void other_jobtypes_are_passed(void **state)
{
    struct claimer c;
    claimer_init(&c, *state, 1);
    (void)fixture_submit(*state, "B", 2);
    uint64_t first = fixture_submit(*state, "A", 1);
    (void)fixture_submit(*state, "B", 2);
    uint64_t last = fixture_submit(*state, "A", 1);
    assert_int_equal(claimer_one(&c), first);
    sweep_is_due(&c, false);
    assert_int_equal(claimer_one(&c), last);
}

static void delayed_jobs_wait(void **state)
{
    struct claimer c;
    size_t got = 0;
    claimer_init(&c, *state, 2);
    uint64_t first = fixture_submit(*state, "A", 3);
    change_job(*state, first + 1, "run_after", "UNIX_TIMESTAMP() + 60");
    assert_int_equal(claimer_claim(&c, &got), first);
    assert_int_equal(got, 2);
    sweep_is_due(&c, false);
    assert_int_equal(claimer_one(&c), 0);
    change_job(*state, first + 1, "run_after", "UNIX_TIMESTAMP()");
    assert_int_equal(claimer_one(&c), first + 1);
}

/* ---- what comes before it ---- */

struct change {
    const char *name;
    const char *column, *value;
};

/* Claims two of `n` jobs, then changes the first one; gives its id. */
static uint64_t becomes_due(struct claimer *c, struct store *store, size_t n,
                            const struct change *change)
{
    fixture_sql(store, "DELETE FROM job;");
    claimer_init(c, store, 1);
    fixture_sql(store, "INSERT INTO job (jobid, funcid, run_after, grabbed_until) "
                       "VALUES (100000, 1000, 0, 0);");
    uint64_t first = fixture_submit(store, "A", n);
    fixture_sql(store, "UPDATE job SET run_after = 5000;");
    (void)claimer_one(c);
    assert_int_equal(claimer_one(c), first + 1);
    change_job(store, first, change->column, change->value);
    sweep_is_due(c, false);
    return first;
}

/* Nothing else is due: found at once. Something else is: found when a sweep is due. */
static void what_becomes_due_before_it_is_found(void **state)
{
    static const struct change rows[] = {
        {"a job given back", "grabbed_until", "0"},
        {"a lease that ran out", "grabbed_until", "UNIX_TIMESTAMP() - 1"},
        {"a retry", "grabbed_until", "0, run_after = 4000"},
        {"a late commit", "grabbed_until", "0, jobid = jobid - 1000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct claimer c;
        uint64_t first = becomes_due(&c, *state, 2, &rows[i]);
        uint64_t found = claimer_one(&c);
        if (found != first && found != first - 1000)
            fail_msg("%s: it should be found when nothing else is", rows[i].name);
        first = becomes_due(&c, *state, 3, &rows[i]);
        if (claimer_one(&c) != first + 2)
            fail_msg("%s: the job behind the cursor should come first", rows[i].name);
        sweep_is_due(&c, true);
        found = claimer_one(&c);
        if (found != first && found != first - 1000)
            fail_msg("%s: it should be found by the sweep", rows[i].name);
    }
}

/* A sweep that took what there was before the cursor does not walk the same way again. */
static void a_sweep_does_not_go_back(void **state)
{
    struct claimer c;
    claimer_init(&c, *state, 1);
    uint64_t first = fixture_submit(*state, "A", 6);
    for (int i = 0; i < 3; i++)
        (void)claimer_one(&c);
    assert_int_equal(c.cursor.jobid, first + 2);
    change_job(*state, first, "grabbed_until", "0");
    change_job(*state, first + 1, "grabbed_until", "0");
    sweep_is_due(&c, true);
    assert_int_equal(claimer_one(&c), first);
    assert_int_equal(c.cursor.jobid, first);
    sweep_is_due(&c, true);
    assert_int_equal(claimer_one(&c), first + 1);
    change_job(*state, first, "grabbed_until", "0");
    cursor_set(&c.cursor, (struct cursor_place){c.cursor.run_after, first + 2});
    sweep_is_due(&c, true);
    assert_int_equal(claimer_one(&c), first);
    assert_int_equal(c.cursor.jobid, first + 2);
}

/* A rival takes everything behind the cursor between the look and the locks: the sweep
 * finds what is before it. */
static void a_look_in_vain_is_followed_by_a_sweep(void **state)
{
    struct claimer c;
    claimer_init(&c, *state, 1);
    uint64_t first = fixture_submit(*state, "A", 3);
    (void)claimer_one(&c);
    (void)claimer_one(&c);
    change_job(*state, first, "grabbed_until", "0");
    sweep_is_due(&c, false);
    if (!fixture_two_writers())
        skip();
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *rival = fixture_open();
    OK(db_begin(store_db(rival), &err));
    change_job(rival, first + 2, "priority", "1");
    assert_int_equal(claimer_one(&c), first);
    store_close(rival);
}

/* Only one that begins later than the claim can have seen all that there was. */
static void a_later_empty_sweep_is_enough(void **state)
{
    struct claimer c;
    claimer_init(&c, *state, 1);
    uint64_t first = fixture_submit(*state, "A", 1);
    cursor_advance(&c.cursor, (struct cursor_place){4000000000, first});
    sweep_is_due(&c, false);
    cursor_was_empty(&c.cursor, mono_add_ms(mono_now(), 60000));
    assert_int_equal(claimer_one(&c), 0);
    cursor_was_empty(&c.cursor, mono_now());
    assert_int_equal(claimer_one(&c), first);
    assert_int_equal(c.cursor.sweeping.holder, 0);
    /* That one found something; the next one finds nothing, and says so. */
    c.cursor.empty_us = 0;
    struct mono before = mono_now();
    assert_int_equal(claimer_one(&c), 0);
    assert_true(cursor_empty_since(&c.cursor, (struct mono){before.us - 1}));
}

/* ---- what it costs ---- */

static void ignore_param(void *arg, const char *host, const char *param, const char *value)
{
    (void)arg, (void)host, (void)param, (void)value;
}

#define HELD 4096

/* HELD copies of a job after `change`. Changed afterwards, each would leave an entry in the
 * index until it is purged, which a claim walks over. */
static void many_jobs(struct store *store, const char *change)
{
    (void)fixture_submit(store, "A", 1);
    fixture_sql(store, change);
    for (int i = 1; i < HELD; i *= 2)
        fixture_sql(store,
                    "INSERT INTO job (funcid, arg, insert_time, run_after, grabbed_until) "
                    "SELECT funcid, arg, insert_time, run_after, grabbed_until FROM job;");
}

static void held_jobs_are_walked_over_once(void **state)
{
    struct claimer c;
    claimer_init(&c, *state, 1);
    many_jobs(*state, "UPDATE job SET grabbed_until = UNIX_TIMESTAMP() + 3600;");
    (void)fixture_submit(*state, "A", 40);
    (void)claimer_one(&c);
    sweep_is_due(&c, false);
    int64_t before = fixture_rows_read(*state);
    if (before < 0)
        skip();
    for (int i = 0; i < 10; i++)
        assert_int_not_equal(claimer_one(&c), 0);
    int64_t each = (fixture_rows_read(*state) - before) / 10;
    if (each > 60)
        fail_msg("a claim behind %d jobs that are held should read a few rows, not %lld",
                 HELD, (long long)each);
}

/* Jobs of the future lie behind those that are due, in the same index. */
static void delayed_jobs_are_not_walked_over(void **state)
{
    struct claimer c;
    claimer_init(&c, *state, 1);
    many_jobs(*state, "UPDATE job SET run_after = UNIX_TIMESTAMP() + 3600;");
    uint64_t first = fixture_submit(*state, "A", 4);
    int64_t before = fixture_rows_read(*state);
    if (before < 0)
        skip();
    for (uint64_t i = 0; i < 4; i++) {
        sweep_is_due(&c, true);
        assert_int_equal(claimer_one(&c), first + i);
    }
    int64_t each = (fixture_rows_read(*state) - before) / 4;
    if (each > 60)
        fail_msg("a claim before %d delayed jobs should read a few rows, not %lld", HELD,
                 (long long)each);
}

/* What an idle daemon asks at each look. */
static void an_idle_look_passes_over_delayed_jobs(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    many_jobs(*state, "UPDATE job SET run_after = UNIX_TIMESTAMP() + 3600;");
    uint32_t funcids[] = {fixture_jobtype(*state, "A"), fixture_jobtype(*state, "B")};
    struct store_due due = {.funcids = funcids};
    int64_t before = fixture_rows_read(*state);
    if (before < 0)
        skip();
    for (due.n = 1; due.n <= 2; due.n++) {
        OK(store_params(*state, "S", "h", ignore_param, NULL, &due, &err));
        assert_false(due.found);
    }
    int64_t each = (fixture_rows_read(*state) - before) / 2;
    if (each > 60)
        fail_msg("a look with %d jobs to come should read a few rows, not %lld", HELD,
                 (long long)each);
}

int suite_cursor(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(in_order_without_a_sweep),
        CONTRACT_TEST(other_jobtypes_are_passed),
        CONTRACT_TEST(delayed_jobs_wait),
        CONTRACT_TEST(what_becomes_due_before_it_is_found),
        CONTRACT_TEST(a_sweep_does_not_go_back),
        CONTRACT_TEST(a_look_in_vain_is_followed_by_a_sweep),
        CONTRACT_TEST(held_jobs_are_walked_over_once),
        CONTRACT_TEST(a_later_empty_sweep_is_enough),
        CONTRACT_TEST(delayed_jobs_are_not_walked_over),
        CONTRACT_TEST(an_idle_look_passes_over_delayed_jobs),
    };
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
