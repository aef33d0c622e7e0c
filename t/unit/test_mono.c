/* SPDX-License-Identifier: MIT */
#include "core/mono.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void add(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t us, ms, sum_us;
    } rows[] = {
        {"nothing", 5, 0, 5},
        {"a second", 5, 1000, 1000005},
        {"back", 5000, -2, 3000},
        {"never stays never", INT64_MAX, -5, INT64_MAX},
        {"saturates in the product", 5, INT64_MAX, INT64_MAX},
        {"saturates in the sum", INT64_MAX - 5, 1, INT64_MAX},
        {"far back", 5, INT64_MIN, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us = mono_add_ms((struct mono){rows[i].us}, rows[i].ms).us;
        if (us != rows[i].sum_us)
            fail_msg("%s: %lld, expected %lld", rows[i].name, (long long)us,
                     (long long)rows[i].sum_us);
    }
}

static void poll_ms(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t us, now_us;
        int ms;
    } rows[] = {
        {"never", INT64_MAX, 5, -1},
        {"now", 5, 5, 0},
        {"past", 5, 500000, 0},
        {"a microsecond is a millisecond", 6, 5, 1},
        {"exact", 3005, 5, 3},
        {"rounded up", 3006, 5, 4},
        {"too far for poll", INT64_MAX - 1000, 5, INT_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int ms = mono_poll_ms((struct mono){rows[i].us}, (struct mono){rows[i].now_us});
        if (ms != rows[i].ms)
            fail_msg("%s: %d, expected %d", rows[i].name, ms, rows[i].ms);
    }
}

static void compare(void **state)
{
    (void)state;
    struct mono a = {1000};
    struct mono b = {3999};
    assert_true(mono_before(a, b));
    assert_false(mono_before(b, a));
    assert_false(mono_before(a, a));
    assert_true(mono_before(b, MONO_NEVER));
    assert_int_equal(mono_min(a, b).us, 1000);
    assert_int_equal(mono_min(MONO_NEVER, b).us, 3999);
    assert_int_equal(mono_diff_ms(b, a), 2);
    assert_int_equal(mono_diff_ms(a, b), -2);
}

static void clocks(void **state)
{
    (void)state;
    struct mono first = mono_now();
    assert_true(first.us > 0);
    assert_false(mono_before(mono_now(), first));
    assert_true(wall_now() > 1700000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(add), cmocka_unit_test(poll_ms),
                                       cmocka_unit_test(compare), cmocka_unit_test(clocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
