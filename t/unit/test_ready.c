/* SPDX-License-Identifier: MIT */
#include "daemon/ready.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

enum ending { TELLS, EXITS, CRASHES };

static struct ready_verdict verdict_of(enum ending ending)
{
    int read_fd, write_fd;
    assert_int_equal(ready_pipe(&read_fd, &write_fd), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct ready ready = READY_INIT;
        ready.caller_fd = write_fd;
        if (ending == TELLS)
            ready_tell(&ready, EX_UNAVAILABLE, "no database");
        if (ending == CRASHES)
            (void)raise(SIGKILL);
        _exit(3);
    }
    assert_int_equal(close(write_fd), 0);
    struct ready_verdict verdict;
    ready_await(read_fd, pid, &verdict);
    assert_int_equal(close(read_fd), 0);
    return verdict;
}

static void verdicts(void **state)
{
    (void)state;
    struct ready_verdict verdict = verdict_of(TELLS);
    assert_int_equal(verdict.exit_code, EX_UNAVAILABLE);
    assert_string_equal(verdict.text, "no database");
    verdict = verdict_of(EXITS);
    assert_int_equal(verdict.exit_code, EX_SOFTWARE);
    assert_non_null(strstr(verdict.text, "exit code 3"));
    verdict = verdict_of(CRASHES);
    assert_int_equal(verdict.exit_code, EX_SOFTWARE);
    assert_non_null(strstr(verdict.text, "signal 9"));
}

static void caller_has_gone(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    struct ready ready = READY_INIT;
    int read_fd;
    assert_int_equal(ready_pipe(&read_fd, &ready.caller_fd), 0);
    assert_int_equal(close(read_fd), 0);
    ready_tell(&ready, 0, "");
    assert_int_equal(ready.caller_fd, -1);
    ready_tell(&ready, 0, "");
    (void)signal(SIGPIPE, SIG_DFL);
}

/* An abstract socket, so that nothing stays behind. */
static void notifies(void **state)
{
    (void)state;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char name[64];
    int len = snprintf(name, sizeof name, "@helios-ready-%d", (int)getpid());
    assert_true(len > 0);
    memcpy(addr.sun_path, name, (size_t)len);
    addr.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, size), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
    struct ready ready = READY_INIT;
    ready_notify_open(&ready);
    assert_true(ready.notify_fd >= 0);
    assert_int_equal(ready.watchdog_ms, 1500);
    ready_notify(&ready, "STATUS=%d workers", 3);
    char got[64];
    ssize_t n = recv(fd, got, sizeof got - 1, 0);
    assert_true(n > 0);
    got[n] = '\0';
    assert_string_equal(got, "STATUS=3 workers");
    ready_close(&ready);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
    ready_notify_open(&ready);
    assert_int_equal(ready.watchdog_ms, 0);
    ready_close(&ready);
    assert_int_equal(close(fd), 0);
}

static void no_manager(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "@", "relative", "/nonexistent/socket"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ready ready = READY_INIT;
        assert_int_equal(setenv("NOTIFY_SOCKET", rows[i], 1), 0);
        ready_notify_open(&ready);
        assert_int_equal(ready.notify_fd, -1);
        ready_notify(&ready, "READY=1");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(caller_has_gone),
        cmocka_unit_test(notifies),
        cmocka_unit_test(no_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
