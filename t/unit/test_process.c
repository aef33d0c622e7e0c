/* SPDX-License-Identifier: MIT */
#include "core/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* A child with an odd name; it lives until its pipe is closed. */
static pid_t named_child(const char *name, int *hold)
{
    int up[2];
    int down[2];
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(down[1]);
        (void)prctl(PR_SET_NAME, name);
        char c = 0;
        if (write(up[1], "x", 1) != 1)
            _exit(1);
        _exit(read(down[0], &c, 1) < 0);
    }
    char c;
    assert_int_equal(read(up[0], &c, 1), 1);
    (void)close(up[0]);
    (void)close(up[1]);
    (void)close(down[0]);
    *hold = down[1];
    return pid;
}

static void start_time(void **state)
{
    (void)state;
    static const char *const names[] = {"plain", "a) Z 1 2 3", "((", ") ) )", "x y z", ""};
    int64_t mine = process_start(getpid());
    assert_true(mine > 0);
    assert_int_equal(process_start(getpid()), mine);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int hold;
        pid_t pid = named_child(names[i], &hold);
        int64_t start = process_start(pid);
        if (start < mine || start > mine + 1000000)
            fail_msg("name \"%s\": start %lld, ours is %lld", names[i], (long long)start,
                     (long long)mine);
        (void)close(hold);
        siginfo_t info;
        assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
        if (process_start(pid) != -1)
            fail_msg("name \"%s\": a zombie should be no process", names[i]);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(process_start(pid), -1);
    }
    assert_int_equal(process_start(0), -1);
    assert_int_equal(process_start(-1), -1);
}

static void lives(void **state)
{
    (void)state;
    int hold;
    pid_t pid = named_child("x", &hold);
    int64_t start = process_start(pid);
    assert_true(process_lives(pid, start));
    assert_true(process_lives(pid, 0));
    assert_true(process_lives(pid, -1));
    assert_false(process_lives(pid, start + 1));
    assert_false(process_hidden(pid));
    (void)close(hold);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(process_lives(pid, start));
    assert_false(process_lives(pid, 0));
    assert_false(process_hidden(pid));
    assert_false(process_lives(0, 0));
    assert_false(process_lives(-1, 0));
}

#define NOBODY    65534
#define NO_MOUNTS 77

/* As somebody from whom /proc hides all that must not be dumped. Gives what was wrong. */
static int look_at_hidden(void)
{
    int hold;
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, "hidepid=2") != 0 || setgroups(0, NULL) != 0 ||
        setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return NO_MOUNTS;
    pid_t other = getppid(), pid = named_child("x", &hold);
    if (process_start(pid) != -1)
        return NO_MOUNTS; /* this kernel hides nothing */
    if (!process_hidden(pid) || !process_lives(pid, 1))
        return 1;
    if (process_hidden(other) || process_lives(other, 1))
        return 2;
    (void)close(hold);
    return waitpid(pid, NULL, 0) == pid && !process_lives(pid, 1) ? 0 : 3;
}

static void hidden(void **state)
{
    (void)state;
    int status = 0;
    if (geteuid() != 0)
        skip();
    pid_t pid = fork();
    if (pid == 0)
        _exit(look_at_hidden());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_MOUNTS)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_time),
        cmocka_unit_test(lives),
        cmocka_unit_test(hidden),
    };
    return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
