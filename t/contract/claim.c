/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <inttypes.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "store/operate.h"
#include "store/query.h"

static size_t claim_any(struct store *store, uint32_t funcid, size_t want)
{
    struct store_job jobs[16];
    size_t got = fixture_claim(store, funcid, jobs, want);
    for (size_t i = 0; i < got; i++)
        store_job_fini(&jobs[i]);
    return got;
}

/* ---- what is due ---- */

static int64_t server_now(struct store *store)
{
    return fixture_number(store, "SELECT UNIX_TIMESTAMP()");
}

/* What is waiting and what is claimed of one job whose `column` lies so many seconds ahead
 * of the server's clock, all within one second of it. */
struct seen {
    uint64_t counted;
    size_t claimed;
};
static struct seen seen_at(struct store *store, const char *column, int ahead_s)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint32_t funcid = fixture_jobtype(store, "A");
    struct seen seen;
    int64_t now;
    do {
        char sql[96];
        fixture_sql(store, "DELETE FROM job;");
        (void)fixture_submit(store, "A", 1);
        now = server_now(store);
        (void)snprintf(sql, sizeof sql, "UPDATE job SET %s = %" PRId64 ";", column,
                       now + ahead_s);
        fixture_sql(store, sql);
        OK(store_waiting(store, &funcid, 1, 10, &seen.counted, &err));
        seen.claimed = claim_any(store, funcid, 1);
    } while (server_now(store) != now);
    return seen;
}

static void due_in_this_second(void **state)
{
    static const struct {
        const char *name, *column;
        int ahead_s;
        size_t due;
    } rows[] = {
        {"run_after a second ago", "run_after", -1, 1},
        {"run_after now", "run_after", 0, 1},
        {"run_after in a second", "run_after", 1, 0},
        {"a lease that ended a second ago", "grabbed_until", -1, 1},
        {"a lease that ends now", "grabbed_until", 0, 1},
        {"a lease that ends in a second", "grabbed_until", 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen seen = seen_at(*state, rows[i].column, rows[i].ahead_s);
        if (seen.counted != rows[i].due)
            fail_msg("%s: %zu jobs should be counted, were %" PRIu64, rows[i].name,
                     rows[i].due, seen.counted);
        if (seen.claimed != rows[i].due)
            fail_msg("%s: %zu jobs should be claimed, were %zu", rows[i].name, rows[i].due,
                     seen.claimed);
    }
}

/* Of a claim that nobody has accounted for, as that of a worker that was killed: whether
 * another gets the job when the lease has so many seconds to go. */
static size_t taken_over(struct store *store, struct store *other, int left_s)
{
    uint32_t funcid = fixture_jobtype(store, "A");
    size_t taken;
    int64_t now;
    do {
        char sql[96];
        fixture_sql(store, "DELETE FROM job;");
        (void)fixture_submit(store, "A", 1);
        assert_int_equal(claim_any(store, funcid, 1), 1);
        assert_int_equal(claim_any(other, funcid, 1), 0);
        now = server_now(other);
        (void)snprintf(sql, sizeof sql, "UPDATE job SET grabbed_until = %" PRId64 ";",
                       now + left_s);
        fixture_sql(store, sql);
        taken = claim_any(other, funcid, 1);
    } while (server_now(other) != now);
    return taken;
}

static void a_lease_keeps_others_off_until_it_ends(void **state)
{
    struct store *other = fixture_open();
    assert_int_equal(taken_over(*state, other, 1), 0);
    assert_int_equal(taken_over(*state, other, 0), 1);
    store_close(other);
}

/* A server whose clock is an hour behind ours, then one an hour ahead: what is due, and how
 * long a lease lasts, is told by its clock. */
static void the_servers_clock_decides(void **state)
{
    static const struct {
        const char *name;
        int ahead_s, run_after_s;
        size_t claimed;
    } rows[] = {
        {"behind, due for us only", -3600, -60, 0},
        {"behind, due for both", -3600, -3601, 1},
        {"ahead, due for the server only", 3600, 3599, 1},
        {"ahead, due for neither", 3600, 3700, 0},
    };
    uint32_t funcid = fixture_jobtype(*state, "A");
    int64_t ours = time(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[128];
        if (!fixture_set_clock(*state, ours + rows[i].ahead_s))
            skip();
        fixture_sql(*state, "DELETE FROM job;");
        (void)fixture_submit(*state, "A", 1);
        (void)snprintf(sql, sizeof sql, "UPDATE job SET run_after = %" PRId64 ";",
                       ours + rows[i].run_after_s);
        fixture_sql(*state, sql);
        size_t claimed = claim_any(*state, funcid, 1);
        if (claimed != rows[i].claimed)
            fail_msg("%s: %zu jobs should be claimed, were %zu", rows[i].name,
                     rows[i].claimed, claimed);
        int64_t lease = fixture_number(*state, "SELECT grabbed_until FROM job") - ours -
                        rows[i].ahead_s;
        if (claimed > 0 && (lease < 3600 || lease > 3600 + 64))
            fail_msg("%s: the lease should end an hour from the server's time, not %lld s",
                     rows[i].name, (long long)lease);
    }
}

static void only_the_jobtype_asked_for(void **state)
{
    (void)fixture_submit(*state, "A", 3);
    (void)fixture_submit(*state, "B", 2);
    assert_int_equal(claim_any(*state, fixture_jobtype(*state, "B"), 16), 2);
    assert_int_equal(claim_any(*state, fixture_jobtype(*state, "B"), 16), 0);
}

static void oldest_first(void **state)
{
    struct store_job jobs[3];
    uint64_t first = fixture_submit(*state, "A", 3);
    uint32_t funcid = fixture_jobtype(*state, "A");
    fixture_sql(*state, "UPDATE job SET run_after = 5000;");
    fixture_sql(*state, "UPDATE job SET run_after = 4000 WHERE "
                        "jobid = (SELECT * FROM (SELECT MAX(jobid) FROM job) AS j);");
    assert_int_equal(fixture_claim(*state, funcid, jobs, 3), 3);
    assert_int_equal(jobs[0].run_after, 4000);
    assert_int_equal(jobs[1].jobid, first);
    assert_true(jobs[2].jobid > first);
    for (size_t i = 0; i < 3; i++)
        store_job_fini(&jobs[i]);
}

/* Six jobs, the third of them not due. */
static uint64_t submit_priorities(struct store *store)
{
    static const char *const priorities[] = {"5", "NULL", "7", "5", "0", "7"};
    fixture_sql(store, "DELETE FROM job;");
    uint64_t first = fixture_submit(store, "A", 6);
    for (size_t k = 0; k < 6; k++) {
        struct buf sql = BUF_INIT;
        buf_printf(
            &sql, "UPDATE job SET priority = %s, run_after = %d WHERE jobid = %" PRIu64 ";",
            priorities[k], k == 2 ? 2000000000 : 1000, first + k);
        fixture_sql(store, buf_text(&sql));
        buf_fini(&sql);
    }
    return first;
}

/* Claims `want` jobs and writes their places in the submission to `out`. */
static size_t claim_places(struct store *store, enum job_order order, size_t want,
                           uint64_t first, struct buf *out)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_claim claim = {
        .funcid = fixture_jobtype(store, "A"), .want = want, .order = order, .lease_s = 60};
    struct store_job jobs[3];
    size_t got = 0;
    OK(store_claim(store, &claim, jobs, &got, &err));
    for (size_t i = 0; i < got; i++) {
        buf_printf(out, "%" PRIu64 " ", jobs[i].jobid - first);
        store_job_fini(&jobs[i]);
    }
    return got;
}

static void by_priority(void **state)
{
    static const struct {
        const char *name;
        enum job_order order;
        bool old_server;
        const char *expected;
    } rows[] = {
        {"oldest", ORDER_OLDEST, false, "0 1 3 4 5 "},
        {"high", ORDER_HIGH, false, "5 0 3 4 1 "},
        {"low", ORDER_LOW, false, "1 4 0 3 5 "},
        {"high on an old server", ORDER_HIGH, true, "5 0 3 4 1 "},
        {"low on an old server", ORDER_LOW, true, "1 4 0 3 5 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t first = submit_priorities(*state);
        struct buf got = BUF_INIT;
        if (rows[i].old_server)
            fixture_old_server(*state);
        for (size_t want = 1; claim_places(*state, rows[i].order, want, first, &got) > 0;)
            want = 3;
        if (strcmp(buf_text(&got), rows[i].expected) != 0)
            fail_msg("%s: the jobs should be claimed as %s, were as %s", rows[i].name,
                     rows[i].expected, buf_text(&got));
        buf_fini(&got);
    }
}

/* TheSchwartz has no floor: not even the column of SQLite, which holds negative ones. */
static void below_zero(void **state)
{
    static const enum job_order orders[] = {ORDER_OLDEST, ORDER_LOW, ORDER_HIGH};
    uint32_t funcid = fixture_jobtype(*state, "Toy");
    if (helios_db_kind(store_db(*state)) != HELIOS_DB_SQLITE)
        skip();
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct store_job job = {0};
        size_t got = 0;
        const struct store_claim claim = {
            .funcid = funcid, .want = 1, .order = orders[i], .lease_s = 3600};
        fixture_sql(*state, "DELETE FROM job;\nINSERT INTO job (funcid, run_after, "
                            "grabbed_until, priority) VALUES ((SELECT funcid FROM "
                            "funcmap WHERE funcname = 'Toy'), 1, 0, -5);");
        OK(store_claim(*state, &claim, &job, &got, &err));
        if (got != 1)
            fail_msg("order %d: a job of priority -5 should be claimed", (int)orders[i]);
        store_job_fini(&job);
    }
}

static void above_a_floor(void **state)
{
    static const enum job_order orders[] = {ORDER_LOW, ORDER_HIGH};
    for (size_t i = 0; i < 2; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct store_job jobs[8];
        uint64_t n = 0;
        size_t got = 0;
        (void)submit_priorities(*state);
        uint32_t funcid = fixture_jobtype(*state, "A");
        int64_t above =
            fixture_number(*state, "SELECT COUNT(*) FROM job WHERE priority >= 5 "
                                   "AND run_after <= UNIX_TIMESTAMP()");
        const struct store_claim claim = {
            .funcid = funcid, .want = 8, .order = orders[i], .floor = 5, .lease_s = 3600};
        assert_true(above > 0);
        OK(store_waiting_above(*state, &funcid, 1, 5, 100, &n, &err));
        assert_int_equal(n, above);
        OK(store_claim(*state, &claim, jobs, &got, &err));
        assert_int_equal(got, above);
        for (size_t k = 0; k < got; k++) {
            assert_true(jobs[k].priority >= 5);
            store_job_fini(&jobs[k]);
        }
        OK(store_waiting_above(*state, &funcid, 1, 5, 100, &n, &err));
        assert_int_equal(n, 0);
        OK(store_waiting(*state, &funcid, 1, 100, &n, &err));
        assert_true(n > 0);
        fixture_sql(*state, "DELETE FROM job;");
    }
}

/* ---- what is written ---- */

struct heard {
    size_t calls, n;
    uint64_t jobid;
    uint32_t lease;
};

static void hear(void *arg, const uint64_t *jobids, size_t n, uint32_t lease_until)
{
    struct heard *heard = arg;
    heard->calls++;
    heard->n = n;
    heard->jobid = jobids[0];
    heard->lease = lease_until;
}

static void lease_and_nothing_else(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct heard heard = {.calls = 0};
    struct store_claim claim = {.funcid = fixture_jobtype(*state, "A"),
                                .want = 16,
                                .lease_s = 3600,
                                .random = 5,
                                .announce = hear,
                                .arg = &heard};
    struct store_job jobs[16];
    size_t got = 0;
    OK(store_claim(*state, &claim, jobs, &got, &err));
    assert_int_equal(got, 0);
    assert_int_equal(heard.calls, 0);
    uint64_t jobid = fixture_submit(*state, "A", 1);
    OK(store_claim(*state, &claim, jobs, &got, &err));
    assert_int_equal(got, 1);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.n, 1);
    assert_int_equal(heard.jobid, jobid);
    assert_int_equal(heard.lease, jobs[0].lease_until);
    assert_int_equal(fixture_number(*state, "SELECT grabbed_until FROM job"), heard.lease);
    assert_int_equal(
        fixture_number(*state, "SELECT COUNT(*) FROM job WHERE insert_time = run_after AND "
                               "grabbed_until - insert_time BETWEEN 3605 AND 3610"),
        1);
    assert_int_equal(COUNT(*state,
                           "job WHERE HEX(arg) = '050B02000000010A063C6A6F622F3E' AND "
                           "uniqkey IS NULL AND priority IS NULL AND coalesce IS NULL"),
                     1);
    store_job_fini(&jobs[0]);
}

static void counts(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint32_t funcids[2] = {fixture_jobtype(*state, "A"), fixture_jobtype(*state, "B")};
    uint64_t n = 0;
    (void)fixture_submit(*state, "A", 3);
    (void)fixture_submit(*state, "B", 4);
    (void)fixture_submit(*state, "C", 4);
    assert_int_equal(claim_any(*state, funcids[0], 1), 1);
    OK(store_waiting(*state, funcids, 2, 100, &n, &err));
    assert_int_equal(n, 6);
    OK(store_waiting(*state, funcids, 2, 4, &n, &err));
    assert_int_equal(n, 4);
    OK(store_backlog(*state, funcids, 2, 100, &n, &err));
    assert_int_equal(n, 7);
    OK(store_waiting(*state, funcids, 0, 100, &n, &err));
    assert_int_equal(n, 0);
}

/* ---- two at once ---- */

struct rival {
    struct store *store;
    uint32_t funcid;
    size_t got;
    uint64_t jobid;
};

static void rival_claims(void *arg, const uint64_t *jobids, size_t n, uint32_t lease_until)
{
    struct rival *rival = arg;
    struct store_job job;
    (void)n;
    (void)lease_until;
    rival->got = fixture_claim(rival->store, rival->funcid, &job, 1);
    rival->jobid = job.jobid;
    assert_int_not_equal(rival->jobid, jobids[0]);
    store_job_fini(&job);
}

/* While the rows of one claim are locked, another one passes over them and does not wait.
 */
static void locked_rows_are_passed_over(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct rival rival = {.store = fixture_open(), .funcid = fixture_jobtype(*state, "A")};
    struct store_claim claim = {.funcid = rival.funcid,
                                .want = 1,
                                .lease_s = 60,
                                .announce = rival_claims,
                                .arg = &rival};
    struct store_job job;
    size_t got = 0;
    (void)fixture_submit(*state, "A", 2);
    if (!fixture_two_writers()) {
        store_close(rival.store);
        skip();
    }
    OK(store_claim(*state, &claim, &job, &got, &err));
    assert_int_equal(got, 1);
    assert_int_equal(rival.got, 1);
    store_job_fini(&job);
    store_close(rival.store);
}

/* Nor does anybody who ends or gives back jobs of his own wait for them. */
struct owner {
    struct store *store;
    struct store_job jobs[4];
};

static void owner_ends_his_jobs(void *arg, const uint64_t *jobids, size_t n,
                                uint32_t lease_until)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct owner *o = arg;
    struct store_held held[2] = {fixture_held(&o->jobs[0]), fixture_held(&o->jobs[1])};
    uint64_t ids[2] = {o->jobs[2].jobid, o->jobs[3].jobid};
    uint64_t count = 0;
    (void)jobids;
    (void)n;
    (void)lease_until;
    OK(store_complete(o->store, held, 2, &fixture_outcome, &err));
    OK(store_renew(o->store, ids, 2, held[0].leases, 5, &count, &err));
    assert_int_equal(count, 2);
    OK(store_release(o->store, ids, 2, (uint32_t[3]){5, 5, 5}, &count, &err));
    assert_int_equal(count, 2);
}

static void locked_rows_hold_nobody_up(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct owner owner = {.store = fixture_open()};
    struct store_claim claim = {.funcid = fixture_jobtype(*state, "A"),
                                .want = 3,
                                .lease_s = 60,
                                .announce = owner_ends_his_jobs,
                                .arg = &owner};
    struct store_job jobs[3];
    size_t got = 0;
    (void)fixture_submit(*state, "A", 7);
    if (!fixture_two_writers()) {
        store_close(owner.store);
        skip();
    }
    assert_int_equal(fixture_claim(owner.store, claim.funcid, owner.jobs, 4), 4);
    OK(store_claim(*state, &claim, jobs, &got, &err));
    assert_int_equal(got, 3);
    for (size_t i = 0; i < 3; i++)
        store_job_fini(&jobs[i]);
    for (size_t i = 0; i < 4; i++)
        store_job_fini(&owner.jobs[i]);
    store_close(owner.store);
}

struct race {
    struct store *other;
    size_t calls, n;
    uint64_t jobids[3]; /* of the last call */
};

static void lose_the_race(void *arg, const uint64_t *jobids, size_t n, uint32_t lease_until)
{
    struct race *race = arg;
    (void)lease_until;
    race->n = n;
    memcpy(race->jobids, jobids, n * sizeof *jobids);
    if (++race->calls > 1)
        return;
    struct buf text = BUF_INIT;
    buf_printf(&text,
               "UPDATE job SET grabbed_until = 0, run_after = UNIX_TIMESTAMP() + 60 "
               "WHERE jobid = %llu;",
               (unsigned long long)jobids[0]);
    fixture_sql(race->other, buf_text(&text));
    buf_fini(&text);
}

/* Without row locks: a row that was failed with a delay between reading and taking it is
 * not taken, although its lease is as it was. What was announced last is what was taken, in
 * its order: a worker that dies is accounted for by that. */
static void changed_meanwhile_is_not_taken(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct race race = {.other = fixture_open()};
    struct store_claim claim = {.funcid = fixture_jobtype(*state, "A"),
                                .want = 3,
                                .lease_s = 60,
                                .announce = lose_the_race,
                                .arg = &race};
    struct store_job jobs[3];
    size_t got = 0;
    uint64_t first = fixture_submit(*state, "A", 3);
    fixture_old_server(*state);
    if (!fixture_two_writers()) {
        store_close(race.other);
        skip();
    }
    OK(store_claim(*state, &claim, jobs, &got, &err));
    assert_int_equal(got, 2);
    assert_int_equal(race.calls, 2);
    assert_int_equal(race.n, got);
    for (size_t i = 0; i < got; i++) {
        assert_int_not_equal(jobs[i].jobid, first);
        assert_int_equal(race.jobids[i], jobs[i].jobid);
        store_job_fini(&jobs[i]);
    }
    store_close(race.other);
}

/* ---- many at once ---- */

#define WORKERS 4
#define JOBS    400

struct round {
    struct store_job jobs[7];
    size_t got;
    struct store_claim claim;
};

static int claim_work(struct store *store, void *arg, struct helios_error *err)
{
    struct round *round = arg;
    return store_claim(store, &round->claim, round->jobs, &round->got, err);
}

static int complete_work(struct store *store, void *arg, struct helios_error *err)
{
    struct round *round = arg;
    struct store_held held[7];
    for (size_t i = 0; i < round->got; i++)
        held[i] = fixture_held(&round->jobs[i]);
    return store_complete(store, held, round->got, &fixture_outcome, err);
}

/* Claims and completes until nothing is due; writes the ids of its jobs to `out`. */
static int drain(bool old_server, uint32_t funcid, int out)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *store = NULL;
    struct round round = {.claim = {.funcid = funcid, .want = 7, .lease_s = 60}};
    if (store_open(fixture_dsn(), "root", NULL, &store, &err) != 0)
        return 1;
    if (old_server)
        fixture_old_server(store);
    for (;;) {
        uint64_t left = 0;
        if (store_retry(store, claim_work, &round, &err) != 0 ||
            store_retry(store, complete_work, &round, &err) != 0 ||
            store_backlog(store, &funcid, 1, 1, &left, &err) != 0) {
            print_error("%s\n", err.text);
            return 1;
        }
        for (size_t i = 0; i < round.got; i++) {
            if (write(out, &round.jobs[i].jobid, 8) != 8)
                return 1;
            store_job_fini(&round.jobs[i]);
        }
        if (left == 0)
            break;
    }
    store_close(store);
    return 0;
}

static void each_job_once(struct store *store, bool old_server)
{
    int fds[2];
    pid_t children[WORKERS];
    static bool seen[JOBS];
    uint64_t first = fixture_submit(store, "A", JOBS);
    uint32_t funcid = fixture_jobtype(store, "A");
    memset(seen, 0, sizeof seen);
    assert_int_equal(pipe(fds), 0);
    for (int i = 0; i < WORKERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(drain(old_server, funcid, fds[1]));
    }
    (void)close(fds[1]);
    uint64_t jobid = 0;
    size_t n = 0;
    while (read(fds[0], &jobid, 8) == 8) {
        assert_in_range(jobid, first, first + JOBS - 1);
        if (seen[jobid - first])
            fail_msg("job %llu was claimed twice", (unsigned long long)jobid);
        seen[jobid - first] = true;
        n++;
    }
    (void)close(fds[0]);
    for (int i = 0; i < WORKERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(n, JOBS);
    assert_int_equal(COUNT(store, "helios_job_history_tb"), JOBS);
    assert_int_equal(COUNT(store, "job"), 0);
}

static void processes_share_the_jobs(void **state)
{
    each_job_once(*state, false);
}

static void processes_share_them_on_an_old_server(void **state)
{
    each_job_once(*state, true);
}

/* ---- by coalesce value, and by number ---- */

static void put_coalesced(struct store *store, const char *jobtype, const char *coalesce)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct helios_submission job = {.jobtype = jobtype,
                                          .args = "<job/>",
                                          .args_len = 6,
                                          .priority = -1,
                                          .coalesce = coalesce};
    OK(store_submit(store, &job, 1, NULL, &err));
}

static size_t claim_coalesced(struct store *store, uint32_t funcid, const char *coalesce,
                              bool prefix, struct store_job *jobs)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct store_claim claim = {.funcid = funcid,
                                      .want = 10,
                                      .lease_s = 3600,
                                      .coalesce = coalesce,
                                      .coalesce_prefix = prefix};
    size_t got = 0;
    OK(store_claim(store, &claim, jobs, &got, &err));
    for (size_t i = 0; i < got; i++) {
        assert_int_equal(jobs[i].funcid, funcid);
        store_job_fini(&jobs[i]);
    }
    return got;
}

static void of_one_coalesce_value(void **state)
{
    static const char *const values[] = {"a", "a", "ab", "a%b", "a%c", "a_c", "a|", NULL};
    struct store_job jobs[10];
    uint32_t a = fixture_jobtype(*state, "A");
    for (int i = 0; i < 8; i++)
        put_coalesced(*state, "A", values[i]);
    put_coalesced(*state, "B", "a");
    assert_int_equal(claim_coalesced(*state, a, "nothing", false, jobs), 0);
    assert_int_equal(claim_coalesced(*state, a, "a%", true, jobs), 2);
    assert_int_equal(claim_coalesced(*state, a, "a_", true, jobs), 1);
    assert_int_equal(claim_coalesced(*state, a, "a|", true, jobs), 1);
    assert_int_equal(claim_coalesced(*state, a, "a", false, jobs), 2);
    assert_int_equal(claim_coalesced(*state, a, "a", false, jobs), 0);
    assert_int_equal(claim_coalesced(*state, a, "", true, jobs), 1);
    assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM job WHERE "
                                            "grabbed_until = 0"),
                     2);
}

static void few_rows_are_read_for_a_coalesce_value(void **state)
{
    struct store_job jobs[10];
    uint32_t a = fixture_jobtype(*state, "A");
    (void)fixture_submit(*state, "A", 40);
    fixture_sql(*state, "UPDATE job SET coalesce = 'x';");
    for (int i = 0; i < 6; i++)
        fixture_sql(*state, "INSERT INTO job (funcid, arg, insert_time, run_after, "
                            "grabbed_until, coalesce) SELECT funcid, arg, insert_time, "
                            "run_after, 0, 'x' FROM job;");
    put_coalesced(*state, "A", "y");
    int64_t before = fixture_rows_read(*state);
    if (before < 0)
        skip();
    assert_int_equal(claim_coalesced(*state, a, "y", false, jobs), 1);
    int64_t read = fixture_rows_read(*state) - before;
    if (read > 20)
        fail_msg("a claim of one coalesce value among 2,560 jobs should read a few rows, "
                 "not %lld",
                 (long long)read);
}

static void one_job_out_of_turn(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct store_claim claim = {.lease_s = 3600};
    struct store_job job;
    uint64_t first = fixture_submit(*state, "A", 2);
    fixture_sql(*state, "UPDATE job SET run_after = run_after + 5000;");
    OK(store_claim_one(*state, &claim, first + 1, &job, &err));
    assert_int_equal(job.jobid, first + 1);
    assert_true(fixture_number(*state, "SELECT grabbed_until - UNIX_TIMESTAMP() FROM job "
                                       "WHERE grabbed_until > 0") >= 3599);
    store_job_fini(&job);
    assert_int_equal(store_claim_one(*state, &claim, first + 1, &job, &err), 1);
    assert_int_equal(store_claim_one(*state, &claim, first + 77, &job, &err), 1);
    assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM job WHERE "
                                            "grabbed_until = 0"),
                     1);
}

static void number_that_no_job_has(void **state)
{
    static const uint64_t none[] = {(uint64_t)INT64_MAX + 1, UINT64_MAX};
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct store_claim claim = {.lease_s = 3600};
    for (size_t i = 0; i < 2; i++) {
        struct store_job job;
        struct helios_job_status status;
        struct query_job shown;
        int64_t exitstatus;
        uint64_t jobids[] = {fixture_submit(*state, "A", 1), none[i]};
        assert_int_equal(store_claim_one(*state, &claim, none[i], &job, &err), 1);
        assert_int_equal(store_lookup(*state, none[i], &status, &err), 1);
        assert_int_equal(query_job(*state, none[i], &shown, &err), 1);
        assert_int_equal(query_exitstatus(*state, none[i], &exitstatus, &err), 1);
        for (enum operate_verb verb = 0; verb < OPERATE_VERBS; verb++) {
            uint64_t changed = 0;
            OK(operate_jobs(*state, verb, &none[i], 1, &changed, &err));
            assert_int_equal(changed, 0);
        }
        uint64_t changed = 0;
        OK(operate_jobs(*state, OPERATE_HOLD, jobids, 2, &changed, &err));
        assert_int_equal(changed, 1);
    }
}

static void put_off(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_job job;
    (void)fixture_submit(*state, "A", 1);
    assert_int_equal(fixture_claim(*state, fixture_jobtype(*state, "A"), &job, 1), 1);
    struct store_held held = fixture_held(&job);
    OK(store_defer(*state, &held, 4000000000, &err));
    assert_false(held.lost);
    assert_int_equal(fixture_number(*state, "SELECT run_after FROM job"), 4000000000);
    assert_int_equal(fixture_number(*state, "SELECT grabbed_until FROM job"), 0);
    OK(store_defer(*state, &held, 17, &err));
    assert_true(held.lost);
    assert_int_equal(fixture_number(*state, "SELECT run_after FROM job"), 4000000000);
    store_job_fini(&job);
}

/* However many are wanted, memory is bounded; none is passed over for it. */
static void large_arguments_make_small_batches(void **state)
{
    enum { N = 7, BYTES = 6 * 1024 * 1024, EACH = 3 };
    struct helios_error err = HELIOS_ERROR_INIT;
    struct cursor cursor = {.version = 0};
    struct store_job jobs[N];
    char *args = calloc(1, BYTES);
    uint64_t first = 0;
    assert_non_null(args);
    for (uint64_t i = 0; i < N; i++) {
        struct helios_submission job = HELIOS_SUBMISSION_INIT;
        uint64_t id = 0;
        job.jobtype = "A";
        job.form = HELIOS_ARGS_RAW;
        job.args = args;
        job.args_len = BYTES;
        OK(store_submit(*state, &job, 1, &id, &err));
        first = i == 0 ? id : first;
    }
    free(args);
    const struct store_claim claim = {.funcid = fixture_jobtype(*state, "A"),
                                      .want = N,
                                      .lease_s = 3600,
                                      .cursor = &cursor};
    for (uint64_t done = 0, got = 0; done < N; done += got) {
        size_t n = 0;
        OK(store_claim(*state, &claim, jobs, &n, &err));
        got = n;
        assert_int_equal(got, N - done < EACH ? N - done : EACH);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(jobs[i].jobid, first + done + i);
            assert_int_equal(jobs[i].arg_len, BYTES);
            store_job_fini(&jobs[i]);
        }
    }
}

/* ---- how ---- */

static void reads_the_index_in_its_order(void **state)
{
    uint32_t funcid = fixture_jobtype(*state, "A");
    fixture_check_claim_plan(*state, funcid);
    (void)fixture_submit(*state, "A", 1);
    (void)fixture_submit(*state, "B", 30);
    for (int i = 0; i < 7; i++)
        fixture_sql(*state,
                    "INSERT INTO job (funcid, arg, insert_time, run_after, grabbed_until) "
                    "SELECT funcid, arg, insert_time, run_after + 1, 0 FROM job;");
    fixture_check_claim_plan(*state, funcid);
    fixture_check_claim_plan(*state, fixture_jobtype(*state, "B"));
}

/* The statements that `helios doctor` advises. */
static void reads_the_index_of_priorities(void **state)
{
    struct store_job jobs[10];
    uint32_t funcid = fixture_jobtype(*state, "A");
    (void)fixture_submit(*state, "A", 64);
    fixture_sql(*state, "UPDATE job SET priority = 5 WHERE jobid % 3 = 0;");
    fixture_sql(*state, "UPDATE job SET priority = 9 WHERE jobid % 3 = 1;");
    for (int i = 0; i < 6; i++)
        fixture_sql(*state, "INSERT INTO job (funcid, arg, insert_time, run_after, "
                            "grabbed_until, priority) SELECT funcid, arg, insert_time, "
                            "run_after, 0, priority FROM job;");
    fixture_sql(*state, "CREATE INDEX job_by_priority ON job (funcid, priority DESC, "
                        "run_after)");
    fixture_sql(*state, "CREATE INDEX job_by_low_priority ON job (funcid, priority, "
                        "run_after)");
    fixture_check_priority_plan(*state, funcid);
    for (unsigned order = ORDER_LOW; order <= ORDER_HIGH; order++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct store_claim claim = {
            .funcid = funcid, .want = 10, .order = (enum job_order)order, .lease_s = 3600};
        size_t got = 0;
        int64_t before = fixture_rows_read(*state);
        OK(store_claim(*state, &claim, jobs, &got, &err));
        int64_t read = fixture_rows_read(*state) - before;
        assert_int_equal(got, 10);
        if (before >= 0 && read > 60)
            fail_msg(
                "a claim by priority among 4,096 jobs should read a few rows, not %lld",
                (long long)read);
        for (size_t i = 0; i < got; i++) {
            assert_int_equal(jobs[i].priority, order == ORDER_LOW ? -1 : 9);
            store_job_fini(&jobs[i]);
        }
    }
}

int suite_claim(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(due_in_this_second),
        CONTRACT_TEST(a_lease_keeps_others_off_until_it_ends),
        CONTRACT_TEST(the_servers_clock_decides),
        CONTRACT_TEST(only_the_jobtype_asked_for),
        CONTRACT_TEST(oldest_first),
        CONTRACT_TEST(by_priority),
        CONTRACT_TEST(below_zero),
        CONTRACT_TEST(above_a_floor),
        CONTRACT_TEST(lease_and_nothing_else),
        CONTRACT_TEST(counts),
        CONTRACT_TEST(locked_rows_are_passed_over),
        CONTRACT_TEST(locked_rows_hold_nobody_up),
        CONTRACT_TEST(changed_meanwhile_is_not_taken),
        CONTRACT_TEST(processes_share_the_jobs),
        CONTRACT_TEST(processes_share_them_on_an_old_server),
        CONTRACT_TEST(of_one_coalesce_value),
        CONTRACT_TEST(few_rows_are_read_for_a_coalesce_value),
        CONTRACT_TEST(one_job_out_of_turn),
        CONTRACT_TEST(number_that_no_job_has),
        CONTRACT_TEST(put_off),
        CONTRACT_TEST(large_arguments_make_small_batches),
        CONTRACT_TEST(reads_the_index_in_its_order),
        CONTRACT_TEST(reads_the_index_of_priorities),
    };
    return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
