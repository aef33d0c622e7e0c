/* SPDX-License-Identifier: MIT */
#include "core/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct cursor_place at(int64_t run_after, uint64_t jobid)
{
    return (struct cursor_place){.run_after = run_after, .jobid = jobid};
}

static void assert_at(const struct cursor *cursor, int64_t run_after, uint64_t jobid)
{
    struct cursor_place place;
    assert_true(cursor_get(cursor, &place));
    assert_int_equal(place.run_after, run_after);
    assert_int_equal(place.jobid, jobid);
}

static void nowhere_at_first(void **state)
{
    struct cursor cursor = {0};
    struct cursor_place place;
    (void)state;
    assert_false(cursor_get(&cursor, &place));
    cursor_advance(&cursor, at(0, 0));
    assert_at(&cursor, 0, 0);
}

static void advances_and_is_set_back(void **state)
{
    struct cursor cursor = {0};
    (void)state;
    cursor_advance(&cursor, at(100, 7));
    cursor_advance(&cursor, at(100, 6));
    assert_at(&cursor, 100, 7);
    cursor_advance(&cursor, at(99, 1000));
    assert_at(&cursor, 100, 7);
    cursor_advance(&cursor, at(101, 1));
    assert_at(&cursor, 101, 1);
    cursor_set(&cursor, at(50, 50));
    assert_at(&cursor, 50, 50);
}

/* A writer that was killed within leaves an odd version. */
static void survives_a_dead_writer(void **state)
{
    struct cursor cursor = {0};
    struct cursor_place place;
    (void)state;
    cursor_advance(&cursor, at(1, 1));
    cursor.version |= 1;
    assert_false(cursor_get(&cursor, &place));
    cursor_advance(&cursor, at(2, 2));
    assert_at(&cursor, 2, 2);
    cursor_advance(&cursor, at(3, 3));
    assert_at(&cursor, 3, 3);
}

static void one_of_several_sweeps(void **state)
{
    struct cursor cursor = {0};
    struct mono now = mono_now();
    (void)state;
    assert_true(cursor_sweep_take(&cursor, now));
    assert_false(cursor_sweep_take(&cursor, now));
    /* It never came back: another one sweeps in the end. */
    assert_true(cursor_sweep_take(&cursor, mono_add_ms(now, CURSOR_SWEEP_MOST_MS)));
    cursor_sweep_ended(&cursor, now, mono_add_ms(now, 10));
    assert_false(cursor_sweep_take(&cursor, mono_add_ms(now, 9 + CURSOR_SWEEP_MS)));
    assert_true(cursor_sweep_take(&cursor, mono_add_ms(now, 10 + CURSOR_SWEEP_MS)));
    cursor_sweep_ended(&cursor, now, now);
    cursor_sweep_want(&cursor);
    assert_true(cursor_sweep_take(&cursor, now));
}

static void an_empty_sweep_is_for_those_before_it(void **state)
{
    struct cursor cursor = {.version = 0};
    struct mono now = mono_now();
    (void)state;
    assert_false(cursor_empty_since(&cursor, now));
    cursor_was_empty(&cursor, now);
    assert_true(cursor_empty_since(&cursor, (struct mono){now.us - 1}));
    assert_false(cursor_empty_since(&cursor, now));
    assert_false(cursor_empty_since(&cursor, (struct mono){now.us + 1}));
}

static void long_sweeps_are_seldom(void **state)
{
    static const int64_t rows[][2] = {
        {0, 1000},     {50, 1000},     {100, 2000},
        {1500, 30000}, {60000, 30000}, {INT64_MAX, 30000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(cursor_sweep_pause_ms(rows[i][0]), rows[i][1]);
}

#define ROUNDS 20000

/* Writers keep run_after and jobid equal; a reader must never see a mixture. */
static void places_are_whole(void **state)
{
    struct cursor *cursor = mmap(NULL, sizeof *cursor, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[2];
    (void)state;
    assert_ptr_not_equal(cursor, MAP_FAILED);
    for (int k = 0; k < 2; k++) {
        pids[k] = fork();
        assert_int_not_equal(pids[k], -1);
        if (pids[k] == 0) {
            for (int64_t i = 1; i <= ROUNDS; i++)
                cursor_set(cursor, at(2 * i + k, (uint64_t)(2 * i + k)));
            _exit(0);
        }
    }
    int left = 2;
    while (left > 0) {
        struct cursor_place place;
        if (cursor_get(cursor, &place))
            assert_int_equal(place.run_after, place.jobid);
        if (waitpid(-1, NULL, WNOHANG) > 0)
            left--;
    }
    assert_int_equal(munmap(cursor, sizeof *cursor), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nowhere_at_first),
        cmocka_unit_test(advances_and_is_set_back),
        cmocka_unit_test(survives_a_dead_writer),
        cmocka_unit_test(one_of_several_sweeps),
        cmocka_unit_test(an_empty_sweep_is_for_those_before_it),
        cmocka_unit_test(long_sweeps_are_seldom),
        cmocka_unit_test(places_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
