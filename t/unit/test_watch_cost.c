/* SPDX-License-Identifier: MIT */
#include "daemon/watch_cost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define MB (1024u * 1024u)

/* Two minutes of one step a second; each row says what a step brings. */
static const struct {
    const char *what;
    unsigned kb, cpu_us, jobs, registrations;
    bool wanted;
    enum watch_verdict verdict; /* the first that is not to go on */
    int after_s;
} rows[] = {
    {"nothing happens", 0, 0, 0, 0, true, WATCH_GO_ON, 0},
    {"nothing happens and nobody is free", 0, 0, 0, 0, false, WATCH_GO_ON, 0},
    {"little happens and nobody is free", 20, 100, 0, 0, false, WATCH_GO_ON, 0},
    {"much happens while nobody is free", 10240, 10000, 100, 0, false, WATCH_REST, 3},
    {"others write much, at little cost", 10240, 19000, 0, 0, true, WATCH_GO_ON, 0},
    {"others write much, at a cost", 10240, 21000, 0, 0, true, WATCH_GIVE_UP, 30},
    {"the same, but jobs come with it", 10240, 21000, 10, 0, true, WATCH_GO_ON, 0},
    {"the same, fewer jobs than megabytes", 10240, 21000, 9, 0, true, WATCH_GIVE_UP, 30},
    {"a fleet that polling serves better", 10, 100, 0, 6, true, WATCH_GIVE_UP, 90},
    {"a smaller fleet", 10, 100, 0, 4, true, WATCH_GO_ON, 0},
    {"a fleet, and jobs", 10, 100, 1, 6, true, WATCH_GO_ON, 0},
};

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct watch_cost cost = {0};
        enum watch_verdict got = WATCH_GO_ON;
        int s = 0;
        for (; s <= 120 && got == WATCH_GO_ON; s++) {
            const struct watch_step step = {
                .now = {1000000 + (int64_t)s * 1000000},
                .cpu_us = 5000000 + (int64_t)s * rows[i].cpu_us,
                .wanted = rows[i].wanted,
                .bytes = rows[i].kb * 1024u,
                .jobs = rows[i].jobs,
                .registrations = rows[i].registrations,
            };
            got = watch_cost_step(&cost, &step);
        }
        if (got != rows[i].verdict)
            fail_msg("%s: verdict %d, not %d", rows[i].what, (int)got,
                     (int)rows[i].verdict);
        if (got != WATCH_GO_ON && s - 1 != rows[i].after_s)
            fail_msg("%s: after %d s, not %d", rows[i].what, s - 1, rows[i].after_s);
    }
}

/* Somebody who is free now and then keeps it from resting. */
static void wanted_now_and_then(void **state)
{
    (void)state;
    struct watch_cost cost = {0};
    for (int s = 0; s < 29; s++) {
        const struct watch_step step = {.now = {1000000 + (int64_t)s * 1000000},
                                        .wanted = s % 2 == 0,
                                        .bytes = 100 * MB};
        assert_int_equal(watch_cost_step(&cost, &step), WATCH_GO_ON);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts),
                                       cmocka_unit_test(wanted_now_and_then)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
