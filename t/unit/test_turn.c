/* SPDX-License-Identifier: MIT */
#include "core/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mono.h"

struct shared {
    struct turn turn;
    volatile int inside, worst;
};

static struct shared *shared_new(void)
{
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    return shared;
}

static void take_turns(struct shared *shared)
{
    for (int i = 0; i < 500; i++) {
        turn_take(&shared->turn, (uint32_t)getpid());
        shared->inside++;
        (void)usleep(10);
        if (shared->inside > shared->worst)
            shared->worst = shared->inside;
        shared->inside--;
        turn_end(&shared->turn, (uint32_t)getpid());
    }
    _exit(0);
}

static void one_after_the_other(void **state)
{
    struct shared *shared = shared_new();
    (void)state;
    for (int k = 0; k < 4; k++) {
        pid_t pid = fork();
        assert_int_not_equal(pid, -1);
        if (pid == 0)
            take_turns(shared);
    }
    while (wait(NULL) > 0)
        continue;
    assert_int_equal(shared->worst, 1);
    assert_int_equal(shared->turn.holder, 0);
    assert_int_equal(shared->turn.waiting, 0);
    assert_int_equal(munmap(shared, sizeof *shared), 0);
}

/* The turn of a process that was killed in it passes to the next one. */
static void a_dead_one_loses_its_turn(void **state)
{
    struct shared *shared = shared_new();
    uint32_t mine = (uint32_t)getpid();
    (void)state;
    pid_t pid = fork();
    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        turn_take(&shared->turn, (uint32_t)getpid());
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(shared->turn.holder, pid);
    turn_take(&shared->turn, mine);
    assert_int_equal(shared->turn.holder, mine);
    /* What is no longer one's own is not ended. */
    turn_end(&shared->turn, (uint32_t)pid);
    assert_int_equal(shared->turn.holder, mine);
    turn_end(&shared->turn, mine);
    assert_int_equal(munmap(shared, sizeof *shared), 0);
}

/* A holder that is stopped, or has forgotten it, keeps nobody for ever. */
static void a_living_one_loses_its_turn_in_the_end(void **state)
{
    struct shared *shared = shared_new();
    uint32_t mine = (uint32_t)getpid();
    uint32_t living = (uint32_t)getppid();
    (void)state;
    shared->turn.holder = living;
    assert_false(turn_await(&shared->turn, mine));
    assert_int_equal(shared->turn.holder, living);
    struct mono begun = mono_now();
    turn_take(&shared->turn, mine);
    assert_true(mono_diff_ms(mono_now(), begun) >= TURN_MS);
    assert_int_equal(shared->turn.holder, mine);
    assert_int_equal(shared->turn.waiting, 0);
    turn_end(&shared->turn, living);
    assert_int_equal(shared->turn.holder, mine);
    turn_end(&shared->turn, mine);
    assert_int_equal(shared->turn.holder, 0);
    assert_true(turn_await(&shared->turn, mine));
    turn_end(&shared->turn, mine);
    assert_int_equal(munmap(shared, sizeof *shared), 0);
}

static void any_that_is_free(void **state)
{
    struct turn turns[3] = {{.holder = 0}};
    uint32_t mine = (uint32_t)getpid();
    uint32_t living = (uint32_t)getppid();
    (void)state;
    turns[1].holder = turns[2].holder = living;
    assert_ptr_equal(turn_take_any(turns, 3, 7, mine), &turns[0]);
    assert_int_equal(turns[0].holder, mine);
    turn_end(&turns[0], mine);
    assert_ptr_equal(turn_take_any(turns, 3, 6, mine), &turns[0]);
    /* None is: then it is the chosen one's, when its holder's time is over. */
    turns[0].holder = living;
    assert_ptr_equal(turn_take_any(turns, 3, 7, mine), &turns[1]);
    assert_int_equal(turns[1].holder, mine);
    assert_int_equal(turns[0].holder, living);
    assert_int_equal(turns[2].holder, living);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(a_dead_one_loses_its_turn),
        cmocka_unit_test(a_living_one_loses_its_turn_in_the_end),
        cmocka_unit_test(any_that_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
