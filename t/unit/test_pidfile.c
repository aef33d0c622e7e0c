/* SPDX-License-Identifier: MIT */
#include "daemon/pidfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define SERVICE "SearchIndex::LoadTestWorker"
#define FILE_OF "searchindex__loadtestworker.pid"

static char folder[64];
static char path[128];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/helios-pidfile-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/" FILE_OF, folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void put(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void expect_content(const char *text)
{
    char got[64] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, got, sizeof got - 1);
    assert_true(n >= 0);
    got[n] = '\0';
    assert_int_equal(close(fd), 0);
    assert_string_equal(got, text);
}

static void put_pid(pid_t pid)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%d", (int)pid);
    put(text);
}

/* A process that does nothing under the given command line, until killed. */
static pid_t start(const char *word)
{
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl("/bin/sh", "sh", "-c", "kill -STOP $$; :", word, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(close(ready[1]), 0);
    /* End-of-file: the program has been executed, so its command line is in place. */
    char c;
    assert_int_equal(read(ready[0], &c, 1), 0);
    assert_int_equal(close(ready[0]), 0);
    return pid;
}

static void stop(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Statement 21. */
static void written_and_removed(void **state)
{
    (void)state;
    struct pid_file pidfile;
    struct helios_error err = HELIOS_ERROR_INIT;
    put("999999999999 and a long rest that must not stay behind\n");
    assert_int_equal(pid_file_open(folder, SERVICE, &pidfile, &err), 0);
    assert_string_equal(pidfile.path, path);
    assert_int_equal(pid_file_write(&pidfile, 4711, &err), 0);
    expect_content("4711\n");
    assert_int_equal(fcntl(pidfile.fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(pid_file_remove(&pidfile, &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(pidfile.fd, -1);
}

/* Statements 19 and 23. */
static void locked(void **state)
{
    (void)state;
    struct pid_file first, second;
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_int_equal(pid_file_open(folder, SERVICE, &first, &err), 0);
    assert_int_equal(pid_file_write(&first, 4711, &err), 0);
    assert_int_equal(pid_file_open(folder, SERVICE, &second, &err), 1);
    assert_string_equal(err.text,
                        SERVICE " service daemon already running (process 4711).");
    expect_content("4711\n");
    pid_file_close(&first);
    expect_content("4711\n");
    assert_int_equal(pid_file_open(folder, SERVICE, &second, &err), 0);
    assert_int_equal(pid_file_remove(&second, &err), 0);
}

/* Statements 20 and 24: what an unlocked file may hold. */
static void unlocked_content(void **state)
{
    (void)state;
    static const char *const rows[] = {"",     "\n",     "0\n",   "1\n",
                                       "-5\n", "text\n", "12x\n", "99999999999999999999\n",
                                       " 7\n"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pid_file pidfile;
        struct helios_error err = HELIOS_ERROR_INIT;
        put(rows[i]);
        if (pid_file_open(folder, SERVICE, &pidfile, &err) != 0)
            fail_msg("\"%s\" must not stop a start: %s", rows[i], err.text);
        pid_file_close(&pidfile);
    }
}

static void unlocked_process(void **state)
{
    (void)state;
    static const struct {
        const char *name, *word;
        int result;
    } rows[] = {
        {"a Perl daemon of this service", SERVICE, 1},
        {"a Perl daemon", "/usr/bin/helios.pl", 1},
        {"an unrelated program", "/usr/bin/less", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pid_file pidfile;
        struct helios_error err = HELIOS_ERROR_INIT;
        pid_t pid = start(rows[i].word);
        put_pid(pid);
        int result = pid_file_open(folder, SERVICE, &pidfile, &err);
        if (result != rows[i].result)
            fail_msg("%s: %d, should be %d", rows[i].name, result, rows[i].result);
        if (result == 0)
            pid_file_close(&pidfile);
        stop(pid);
        /* Once it has ended it does not count, whatever it was. */
        assert_int_equal(pid_file_open(folder, SERVICE, &pidfile, &err), 0);
        pid_file_close(&pidfile);
    }
    struct pid_file pidfile;
    put_pid(getpid());
    assert_int_equal(pid_file_open(folder, SERVICE, &pidfile, NULL), 0);
    pid_file_close(&pidfile);
    put_pid(getppid());
    assert_int_equal(pid_file_open(folder, SERVICE, &pidfile, NULL), 0);
    pid_file_close(&pidfile);
}

/* Statement 22: one sentence with the folder and the parameter. */
static void no_folder(void **state)
{
    (void)state;
    struct pid_file pidfile;
    struct helios_error err = HELIOS_ERROR_INIT;
    char missing[128];
    (void)snprintf(missing, sizeof missing, "%s/missing", folder);
    assert_int_equal(pid_file_open(missing, SERVICE, &pidfile, &err), -1);
    assert_non_null(strstr(err.text, missing));
    assert_non_null(strstr(err.text, "pid_path"));
    assert_int_equal(pidfile.fd, -1);
}

static void not_a_file(void **state)
{
    (void)state;
    struct pid_file pidfile;
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(pid_file_open(folder, SERVICE, &pidfile, &err), -1);
    assert_non_null(strstr(err.text, "symbolic link"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pid_file_open(folder, SERVICE, &pidfile, &err), -1);
    assert_non_null(strstr(err.text, "not a regular file"));
}

/* A file that took our path's place is not ours to remove. */
static void replaced(void **state)
{
    (void)state;
    struct pid_file pidfile;
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_int_equal(pid_file_open(folder, SERVICE, &pidfile, &err), 0);
    assert_int_equal(unlink(path), 0);
    put("77\n");
    assert_int_equal(pid_file_remove(&pidfile, &err), 0);
    expect_content("77\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(written_and_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(locked, setup, teardown),
        cmocka_unit_test_setup_teardown(unlocked_content, setup, teardown),
        cmocka_unit_test_setup_teardown(unlocked_process, setup, teardown),
        cmocka_unit_test_setup_teardown(no_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(not_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(replaced, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
