/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/coredump.h"

/* Whether a process with HELIOS_CORE so may be dumped, and its child with it. */
static int dumpable(const char *wanted)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)unsetenv("HELIOS_CORE");
        if (wanted != NULL)
            (void)setenv("HELIOS_CORE", wanted, 1);
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        coredump_forbid();
        pid_t child = fork();
        if (child == 0)
            _exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
        int status = 0;
        (void)waitpid(child, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_forbidden(void **state)
{
    (void)state;
    assert_int_equal(dumpable(NULL), 0);
    assert_int_equal(dumpable(""), 0);
    assert_int_equal(dumpable("0"), 0);
}

static void test_asked_for(void **state)
{
    (void)state;
    assert_int_equal(dumpable("1"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forbidden),
                                       cmocka_unit_test(test_asked_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
