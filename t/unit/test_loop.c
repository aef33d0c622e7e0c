/* SPDX-License-Identifier: MIT */
#include "core/loop.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#define PIPES 40

struct fixture {
    struct loop *loop;
    int pipes[PIPES][2];
    int calls[PIPES];
    short revents[PIPES];
};

struct watch {
    struct fixture *f;
    int i;
    void (*then)(struct fixture *f);
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.loop = loop_new()};
    assert_non_null(f.loop);
    for (int i = 0; i < PIPES; i++)
        assert_int_equal(pipe(f.pipes[i]), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_free(f->loop);
    for (int i = 0; i < PIPES; i++) {
        (void)close(f->pipes[i][0]);
        (void)close(f->pipes[i][1]);
    }
    return 0;
}

static void count(void *arg, int fd, short revents)
{
    struct watch *w = arg;
    assert_int_equal(fd, w->f->pipes[w->i][0]);
    w->f->calls[w->i]++;
    w->f->revents[w->i] = revents;
    if (w->then != NULL)
        w->then(w->f);
}

static void add(struct watch *w)
{
    assert_int_equal(loop_add(w->f->loop, w->f->pipes[w->i][0], count, w), 0);
}

static void ready(struct fixture *f, int i)
{
    assert_int_equal(write(f->pipes[i][1], "x", 1), 1);
}

static struct mono soon(void)
{
    return mono_add_ms(mono_now(), 20000);
}

static void serves_ready_ones(void **state)
{
    struct fixture *f = *state;
    struct watch w[PIPES];
    for (int i = 0; i < PIPES; i++) {
        w[i] = (struct watch){.f = f, .i = i};
        add(&w[i]);
    }
    ready(f, 3);
    ready(f, 39);
    assert_int_equal(loop_wait(f->loop, soon()), 2);
    for (int i = 0; i < PIPES; i++)
        assert_int_equal(f->calls[i], i == 3 || i == 39);
    assert_true((f->revents[3] & POLLIN) != 0);
}

static void tells_of_hang_up(void **state)
{
    struct fixture *f = *state;
    struct watch w = {.f = f, .i = 0};
    add(&w);
    (void)close(f->pipes[0][1]);
    assert_int_equal(loop_wait(f->loop, MONO_NEVER), 1);
    assert_true((f->revents[0] & POLLHUP) != 0);
    f->pipes[0][1] = dup(f->pipes[1][1]);
}

static void deadline_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    struct watch w = {.f = f, .i = 0};
    add(&w);
    struct mono deadline = mono_add_ms(mono_now(), 15);
    assert_int_equal(loop_wait(f->loop, deadline), 0);
    assert_false(mono_before(mono_now(), deadline));
    assert_int_equal(loop_wait(f->loop, (struct mono){0}), 0);
    ready(f, 0);
    assert_int_equal(loop_wait(f->loop, (struct mono){0}), 1);
}

static void remove_1_and_2(struct fixture *f)
{
    loop_remove(f->loop, f->pipes[1][0]);
    loop_remove(f->loop, f->pipes[2][0]);
}

static void removed_while_serving(void **state)
{
    struct fixture *f = *state;
    struct watch w[4];
    for (int i = 0; i < 4; i++) {
        w[i] = (struct watch){.f = f, .i = i};
        add(&w[i]);
        ready(f, i);
    }
    w[1].then = remove_1_and_2; /* itself, and one that is ready and comes later */
    assert_int_equal(loop_wait(f->loop, soon()), 3);
    assert_int_equal(f->calls[2], 0);
    assert_int_equal(loop_wait(f->loop, soon()), 2);
    assert_int_equal(f->calls[0], 2);
    assert_int_equal(f->calls[1], 1);
    assert_int_equal(f->calls[2], 0);
    assert_int_equal(f->calls[3], 2);
}

static struct watch late;

static void replace_1(struct fixture *f)
{
    /* The number of descriptor 1 comes back as that of another pipe. */
    int number = f->pipes[1][0];
    loop_remove(f->loop, number);
    assert_int_equal(dup2(f->pipes[20][0], number), number);
    late = (struct watch){.f = f, .i = 1};
    add(&late);
}

static void same_number_again_while_serving(void **state)
{
    struct fixture *f = *state;
    struct watch w[2] = {{.f = f, .i = 0, .then = replace_1}, {.f = f, .i = 1}};
    add(&w[0]);
    add(&w[1]);
    ready(f, 0);
    ready(f, 1);
    assert_int_equal(loop_wait(f->loop, soon()), 1);
    assert_int_equal(f->calls[1], 0); /* what was ready is another descriptor now */
    w[0].then = NULL;
    ready(f, 20);
    assert_int_equal(loop_wait(f->loop, soon()), 2);
    assert_int_equal(f->calls[1], 1);
}

static struct watch many[PIPES];

static void add_the_rest(struct fixture *f)
{
    for (int i = 1; i < PIPES; i++) {
        many[i] = (struct watch){.f = f, .i = i};
        add(&many[i]);
        ready(f, i);
    }
}

static void added_while_serving(void **state)
{
    struct fixture *f = *state;
    many[0] = (struct watch){.f = f, .i = 0, .then = add_the_rest};
    add(&many[0]);
    ready(f, 0);
    assert_int_equal(loop_wait(f->loop, soon()), 1);
    many[0].then = NULL;
    assert_int_equal(loop_wait(f->loop, soon()), PIPES);
}

static void refuses(void **state)
{
    struct fixture *f = *state;
    struct watch w = {.f = f, .i = 0};
    add(&w);
    assert_int_equal(loop_add(f->loop, f->pipes[0][0], count, &w), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(loop_add(f->loop, -1, count, &w), -1);
    assert_int_equal(errno, EBADF);
    loop_remove(f->loop, -1);
    loop_remove(f->loop, 9999);
    loop_remove(f->loop, f->pipes[0][0]);
    add(&w);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void a_handler_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    struct sigaction action = {.sa_handler = on_alarm};
    struct sigaction old;
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    /* Again and again: the first may come before the wait has begun. */
    struct itimerval timer = {.it_value = {.tv_usec = 1000},
                              .it_interval = {.tv_usec = 1000}};
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
    assert_int_equal(loop_wait(f->loop, MONO_NEVER), 0);
    timer = (struct itimerval){{0}, {0}};
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {CASE(serves_ready_ones),
                                       CASE(tells_of_hang_up),
                                       CASE(deadline_ends_the_wait),
                                       CASE(removed_while_serving),
                                       CASE(same_number_again_while_serving),
                                       CASE(added_while_serving),
                                       CASE(refuses),
                                       CASE(a_handler_ends_the_wait)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
