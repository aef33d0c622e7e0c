/* SPDX-License-Identifier: MIT */
#include "daemon/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/board.h"

/* Statement 54: the table of helios.md 5.6, and what lies at its edges. */
static void launch_count(void **state)
{
    (void)state;
    static const struct {
        uint64_t waiting;
        int64_t running, max, linear, dynamic, optimistic;
    } rows[] = {
        {1, 0, 10, 1, 1, 1},
        {3, 0, 5, 1, 3, 3},
        {3, 2, 5, 1, 1, 3},
        {5, 0, 5, 5, 5, 5},
        {7, 2, 5, 3, 3, 3},
        {9, 0, 10, 1, 9, 9},
        {4, 6, 10, 1, 1, 4},
        {14, 10, 20, 1, 4, 10},
        {14, 10, 12, 2, 2, 2},
        {3, 5, 5, 0, 0, 0},
        {3, 6, 5, 0, 0, 0},
        {100, 0, 0, 0, 0, 0},
        /* edges */
        {0, 0, 5, 0, 0, 0},
        {100, 0, -3, 0, 0, 0},
        {5, 3, -1, 0, 0, 0},
        {UINT64_MAX, 0, 7, 7, 7, 7},
        {1, 0, INT64_MAX, 1, 1, 1},
        {100, 0, INT64_MIN, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t want[] = {rows[i].linear, rows[i].dynamic, rows[i].optimistic};
        for (unsigned p = LAUNCH_LINEAR; p <= LAUNCH_OPTIMISTIC; p++) {
            int64_t got = policy_launch_count((enum launch_pattern)p, rows[i].waiting,
                                              rows[i].running, rows[i].max);
            if (got != want[p])
                fail_msg("row %zu, pattern %u: %jd to launch, should be %jd", i, p,
                         (intmax_t)got, (intmax_t)want[p]);
        }
    }
}

/* Statement 55: a pattern that is none of the three acts as linear. */
static void launch_count_unknown_pattern(void **state)
{
    (void)state;
    assert_int_equal(policy_launch_count((enum launch_pattern)77, 3, 0, 5), 1);
}

static void backoff(void **state)
{
    (void)state;
    static const struct {
        unsigned deaths;
        int64_t ms, in_job_ms;
    } rows[] = {{0, 0, 0},        {1, 250, 0},
                {2, 500, 250},    {3, 1000, 500},
                {4, 2000, 1000},  {5, 4000, 1000},
                {7, 16000, 1000}, {8, 30000, 1000},
                {9, 30000, 1000}, {UINT32_MAX, 30000, 1000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(policy_backoff_ms(rows[i].deaths), rows[i].ms);
        assert_int_equal(policy_job_backoff_ms(rows[i].deaths), rows[i].in_job_ms);
    }
}

#define NOW ((struct mono){1000 * 1000 * 1000})

static struct mono ago(int64_t ms)
{
    return mono_add_ms(NOW, -ms);
}

/* An idle daemon that has just been told that there is nothing to do. */
static struct policy_in quiet(void)
{
    struct settings settings = SETTINGS_DEFAULT;
    settings.max_workers = 5;
    return (struct policy_in){.now = NOW,
                              .settings = settings,
                              .looked = true,
                              .look_sent = ago(10),
                              .look_done = ago(0),
                              .oldest_start = MONO_NEVER};
}

/* As quiet(), with an answer that has not been acted upon. */
static struct policy_in work(uint64_t waiting)
{
    struct policy_in in = quiet();
    in.fresh = true;
    in.found = in.waiting = waiting;
    return in;
}

static struct policy_out decide(const struct policy_in *in)
{
    struct policy_out out;
    memset(&out, 0xa5, sizeof out);
    policy_decide(in, &out);
    return out;
}

static void first_look_is_at_once(void **state)
{
    (void)state;
    struct policy_in in = quiet();
    in.looked = false;
    struct policy_out out = decide(&in);
    assert_true(out.look);
    assert_int_equal(out.launch, 0);
    in.look_pending = true;
    out = decide(&in);
    assert_false(out.look);
    assert_int_equal(out.deadline.us, MONO_NEVER.us);
}

/* The interval to the next look, by situation. -1: no look at all. */
static void intervals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t found;
        unsigned running;
        bool launched, hold, away, pending;
        int64_t launch_ms, zero_launch_ms, zero_sleep_ms, expect_ms;
    } rows[] = {
        {"no work", 0, 0, false, false, false, false, 1000, 7000, 10000, 10000},
        {"after launching", 3, 1, true, false, false, false, 1000, 7000, 10000, 1000},
        {"after filling up", 3, 5, true, false, false, false, 1000, 7000, 10000, 1000},
        {"no free slot", 3, 5, false, false, false, false, 1000, 7000, 10000, 7000},
        {"more than allowed", 3, 6, false, false, false, false, 1000, 7000, 10000, 7000},
        {"hold with work", 3, 0, false, true, false, false, 1000, 7000, 10000, 10000},
        {"zero", 0, 0, false, false, false, false, 1000, 7000, 0, 100},
        {"negative", 0, 0, false, false, false, false, 1000, 7000, -5, 100},
        {"zero after launching", 3, 1, true, false, false, false, 0, 0, 0, 100},
        {"zero without a slot", 3, 5, false, false, false, false, 0, 0, 0, 100},
        {"no longer than to register", 0, 0, false, false, false, false, 1000, 7000,
         INT64_MAX, 60000},
        {"away", 0, 0, false, false, true, false, 1000, 7000, 10000,
         POLICY_SPACING_IDLE_MS - 10},
        {"pending", 3, 0, true, false, false, true, 1000, 7000, 10000, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_in in = quiet();
        in.found = in.waiting = rows[i].found;
        in.running = rows[i].running;
        in.launched = rows[i].launched;
        in.settings.hold = rows[i].hold;
        in.away = rows[i].away;
        in.look_pending = rows[i].pending;
        in.settings.master_launch_ms = rows[i].launch_ms;
        in.settings.zero_launch_ms = rows[i].zero_launch_ms;
        in.settings.zero_sleep_ms = rows[i].zero_sleep_ms;
        struct policy_out out = decide(&in);
        struct mono expect =
            rows[i].expect_ms < 0 ? MONO_NEVER : mono_add_ms(NOW, rows[i].expect_ms);
        if (out.look || out.deadline.us != expect.us)
            fail_msg("%s: next look at %jd us, should be %jd us", rows[i].name,
                     (intmax_t)out.deadline.us, (intmax_t)expect.us);
        if (rows[i].expect_ms < 0)
            continue;
        in.now = expect;
        out = decide(&in);
        if (!out.look)
            fail_msg("%s: no look at its time", rows[i].name);
    }
}

/* A change brings the look forward, but not nearer than the spacing. */
static void change_looks_early(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t waiting;
        unsigned running;
        int64_t spacing_ms;
    } rows[] = {
        {"nothing known", 0, 0, POLICY_SPACING_IDLE_MS},
        {"less known than free slots", 2, 1, POLICY_SPACING_MS},
        {"more known than free slots", 5, 1, POLICY_SPACING_AMPLE_MS},
        {"more running than allowed", 1, 9, POLICY_SPACING_AMPLE_MS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_in in = quiet();
        in.found = in.waiting = rows[i].waiting;
        in.running = rows[i].running;
        in.changed = true;
        in.look_sent = ago(rows[i].spacing_ms - 1);
        struct policy_out out = decide(&in);
        if (out.look || out.deadline.us != mono_add_ms(NOW, 1).us)
            fail_msg("%s: looks too early", rows[i].name);
        in.look_sent = ago(rows[i].spacing_ms);
        out = decide(&in);
        if (!out.look)
            fail_msg("%s: does not look", rows[i].name);
        in.look_pending = true;
        out = decide(&in);
        if (out.look)
            fail_msg("%s: a second look while one is outstanding", rows[i].name);
    }
}

/* What is launched and woken: `owed` and `age_ms` without a fresh answer. */
static void launches(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t waiting;
        unsigned running, idle, accounting, starting, expected, owed;
        int64_t max, age_ms, throttle_ms; /* 0 none, < 0 passed */
        enum launch_pattern pattern;
        unsigned launch, wake;
        bool stale, away, acted;
    } rows[] = {
        {.name = "linear", .waiting = 3, .max = 5, .launch = 1, .acted = true},
        {.name = "blitz", .waiting = 7, .running = 2, .max = 5, .launch = 3, .acted = true},
        {.name = "nothing", .max = 5, .acted = true},
        {.name = "max 0", .waiting = 9, .max = 0, .acted = true},
        {.name = "max negative", .waiting = 9, .max = -1, .acted = true},
        {.name = "max lowered", .waiting = 9, .running = 5, .max = 2, .acted = true},
        {.name = "max huge",
         .waiting = 9999,
         .max = INT64_MAX,
         .pattern = LAUNCH_OPTIMISTIC,
         .launch = BOARD_SLOTS,
         .acted = true},
        {.name = "slots full of dead",
         .waiting = 9999,
         .running = 10,
         .accounting = BOARD_SLOTS - 12,
         .max = 512,
         .launch = 2,
         .acted = true},
        {.name = "dead do not count",
         .waiting = 9,
         .running = 3,
         .accounting = 2,
         .max = 5,
         .launch = 2,
         .acted = true},
        {.name = "idle first",
         .waiting = 2,
         .running = 3,
         .idle = 3,
         .max = 5,
         .wake = 2,
         .acted = true},
        {.name = "idle and new",
         .waiting = 9,
         .running = 2,
         .idle = 2,
         .max = 5,
         .launch = 3,
         .wake = 2,
         .acted = true},
        {.name = "idle and full",
         .waiting = 9,
         .running = 5,
         .idle = 1,
         .max = 5,
         .wake = 1,
         .acted = true},
        {.name = "optimistic, idle taken off",
         .waiting = 3,
         .running = 2,
         .idle = 2,
         .max = 9,
         .pattern = LAUNCH_OPTIMISTIC,
         .launch = 1,
         .wake = 2,
         .acted = true},
        {.name = "away", .waiting = 3, .max = 5, .away = true},
        {.name = "not again on the same answer", .waiting = 3, .max = 5, .stale = true},
        {.name = "one left",
         .waiting = 3,
         .running = 1,
         .owed = 1,
         .max = 5,
         .age_ms = 999,
         .stale = true,
         .launch = 1},
        {.name = "three left, one waits",
         .waiting = 1,
         .owed = 3,
         .max = 5,
         .age_ms = 10,
         .stale = true,
         .launch = 1},
        {.name = "those who come are expected",
         .waiting = 3,
         .running = 2,
         .starting = 2,
         .expected = 2,
         .max = 5,
         .pattern = LAUNCH_OPTIMISTIC,
         .launch = 1,
         .acted = true},
        {.name = "more expected than waiting",
         .waiting = 1,
         .running = 2,
         .starting = 2,
         .expected = 2,
         .max = 5,
         .acted = true},
        {.name = "left, max lowered",
         .waiting = 9,
         .running = 2,
         .owed = 1,
         .max = 2,
         .age_ms = 10,
         .stale = true},
        {.name = "left, answer too old",
         .waiting = 3,
         .owed = 1,
         .max = 5,
         .age_ms = 1000,
         .stale = true},
        {.name = "left, nothing more known", .owed = 1, .max = 5, .stale = true},
        {.name = "throttled", .waiting = 9, .max = 5, .throttle_ms = 40},
        {.name = "after the throttle one",
         .waiting = 9,
         .max = 5,
         .throttle_ms = -1,
         .launch = 1,
         .acted = true},
        {.name = "after the throttle, one starting",
         .waiting = 9,
         .running = 1,
         .starting = 1,
         .max = 5,
         .throttle_ms = -1,
         .acted = true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_in in = work(rows[i].waiting);
        in.running = rows[i].running;
        in.idle = rows[i].idle;
        in.accounting = rows[i].accounting;
        in.starting = rows[i].starting;
        in.expected = rows[i].expected;
        in.owed = rows[i].owed;
        in.fresh = !rows[i].stale;
        in.away = rows[i].away;
        in.settings.max_workers = rows[i].max;
        in.settings.pattern = rows[i].pattern;
        in.look_done = ago(rows[i].age_ms);
        if (rows[i].throttle_ms != 0)
            in.throttled_until = mono_add_ms(NOW, rows[i].throttle_ms);
        struct policy_out out = decide(&in);
        if (out.launch != rows[i].launch || out.wake != rows[i].wake ||
            out.acted != rows[i].acted)
            fail_msg("%s: launch %u wake %u acted %d, should be %u, %u, %d", rows[i].name,
                     out.launch, out.wake, out.acted, rows[i].launch, rows[i].wake,
                     rows[i].acted);
        if (rows[i].throttle_ms > 0 && out.deadline.us != in.throttled_until.us)
            fail_msg("%s: not asked again when the pause is over", rows[i].name);
    }
}

/* With OVERDRIVE: how many are launched of those that an answer asks for, and when the
 * rest. */
static void paces(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned running, expected, in_line, launch;
        int64_t newest_ms; /* age of the newest worker */
        int64_t again_ms;  /* 0: does not ask again for this */
    } rows[] = {
        {"the first", 0, 0, 0, 8, 0, 0},
        {"few, whatever they do", 7, 7, 7, 8, 0, 0},
        {"just launched", 8, 0, 0, 0, 5, POLICY_STEP_MS - 5},
        {"a step later", 8, 0, 0, 8, POLICY_STEP_MS, 0},
        {"as many again", 30, 0, 0, 30, 1000, 0},
        {"still starting", 8, 1, 0, 0, POLICY_STEP_MS, POLICY_STEP_MS},
        {"one in line", 8, 0, 1, 0, 1000, POLICY_STEP_MS},
        {"one in line for long", 8, 0, 1, 8, POLICY_PATIENCE_MS, 0},
        {"still starting after long", 8, 1, 0, 8, POLICY_PATIENCE_MS, 0},
        {"the rest", 64, 0, 0, 36, 1000, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned fresh = 0; fresh < 2; fresh++) {
            struct policy_in in = work(1000);
            unsigned wanted = 100 - rows[i].running;
            in.settings.max_workers = 100;
            in.settings.overdrive = true;
            in.settings.zero_sleep_ms = in.settings.master_launch_ms = 5000;
            in.running = rows[i].running;
            in.expected = rows[i].expected;
            in.in_line = rows[i].in_line;
            in.newest_start = ago(rows[i].newest_ms);
            in.fresh = fresh != 0;
            in.owed = fresh != 0 ? 0 : wanted;
            struct policy_out out = decide(&in);
            if (out.launch != rows[i].launch || out.owed != wanted - rows[i].launch ||
                out.acted != in.fresh)
                fail_msg("%s: launch %u owed %u acted %d, should be %u, %u, %d",
                         rows[i].name, out.launch, out.owed, out.acted, rows[i].launch,
                         wanted - rows[i].launch, in.fresh);
            struct mono again = mono_add_ms(NOW, rows[i].again_ms);
            if (rows[i].again_ms > 0 && out.deadline.us != again.us)
                fail_msg("%s: asked again after %jd us", rows[i].name,
                         (intmax_t)(out.deadline.us - NOW.us));
        }
    }
}

/* Statements 76, 81 and 85. */
static void hold_and_halt(void **state)
{
    (void)state;
    struct policy_in in = work(9);
    in.idle = in.running = 1;
    in.settings.hold = true;
    struct policy_out out = decide(&in);
    assert_true(out.leave && !out.halt && out.launch == 0 && out.wake == 0);
    assert_true(out.acted);
    in.settings.halt = true;
    out = decide(&in);
    assert_true(out.leave && out.halt && out.launch == 0 && !out.look);
    in.looked = false;
    out = decide(&in);
    assert_true(!out.leave && !out.halt && out.launch == 0);
    in = work(9);
    in.settings.hold = true;
    in.stopping = true;
    out = decide(&in);
    assert_true(!out.leave && !out.look && out.launch == 0);
    assert_int_equal(out.deadline.us, MONO_NEVER.us);
}

/* Statements 89 to 92. */
static void time_to_live(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t ttl_s, wait_s, age_ms, due_in_ms; /* -1: never */
        bool hold;
    } rows[] = {
        {"off", 0, 20, 1000000, -1, false},
        {"negative", -5, 20, 1000000, -1, false},
        {"young", 5, 20, 24000, 1000, false},
        {"due", 5, 20, 25000, 0, false},
        {"due in hold", 5, 20, 25000, 0, true},
        {"no slack", 5, 0, 5000, 0, false},
        {"negative slack", 5, -9, 5000, 0, false},
        {"huge", INT64_MAX, 20, 25000, -1, false},
        {"huge slack", 5, INT64_MAX, 25000, -1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_in in = quiet();
        in.settings.zero_sleep_ms = in.settings.registration_ms = INT64_MAX;
        in.settings.worker_max_ttl_s = rows[i].ttl_s;
        in.settings.worker_max_ttl_wait_s = rows[i].wait_s;
        in.settings.hold = rows[i].hold;
        in.running = 1;
        in.oldest_start = ago(rows[i].age_ms);
        struct policy_out out = decide(&in);
        if (out.check_ttl != (rows[i].due_in_ms == 0))
            fail_msg("%s: check is %d", rows[i].name, out.check_ttl);
        struct mono expect = mono_add_ms(NOW, rows[i].due_in_ms);
        if (rows[i].due_in_ms > 0 && out.deadline.us != expect.us)
            fail_msg("%s: not asked again when the worker is over age", rows[i].name);
        if (rows[i].due_in_ms < 0 && out.deadline.us != MONO_NEVER.us)
            fail_msg("%s: a deadline without a limit", rows[i].name);
    }
    struct policy_in none = quiet();
    none.settings.worker_max_ttl_s = 1;
    assert_false(decide(&none).check_ttl);
}

static void drains(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t found;
        unsigned running, accounting;
        bool drain, looked, pending, changed, away;
        bool drained;
    } rows[] = {
        {"done", 0, 0, 0, true, true, false, false, false, true},
        {"not asked for", 0, 0, 0, false, true, false, false, false, false},
        {"never looked", 0, 0, 0, true, false, false, false, false, false},
        {"a look under way", 0, 0, 0, true, true, true, false, false, false},
        {"changed since", 0, 0, 0, true, true, false, true, false, false},
        {"away", 0, 0, 0, true, true, false, false, true, false},
        {"work", 1, 0, 0, true, true, false, false, false, false},
        {"a worker", 0, 1, 0, true, true, false, false, false, false},
        {"a dead worker's jobs", 0, 0, 1, true, true, false, false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_in in = quiet();
        in.drain = rows[i].drain;
        in.looked = rows[i].looked;
        in.look_pending = rows[i].pending;
        in.changed = rows[i].changed;
        in.away = rows[i].away;
        in.found = rows[i].found;
        in.running = rows[i].running;
        in.accounting = rows[i].accounting;
        if (decide(&in).drained != rows[i].drained)
            fail_msg("%s: drained should be %d", rows[i].name, rows[i].drained);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(launch_count),  cmocka_unit_test(launch_count_unknown_pattern),
        cmocka_unit_test(backoff),       cmocka_unit_test(first_look_is_at_once),
        cmocka_unit_test(intervals),     cmocka_unit_test(change_looks_early),
        cmocka_unit_test(launches),      cmocka_unit_test(paces),
        cmocka_unit_test(hold_and_halt), cmocka_unit_test(time_to_live),
        cmocka_unit_test(drains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
