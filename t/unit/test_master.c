/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/mono.h"

#define PID_FILE   "stage__service.pid"
#define BOARD_FILE "stage__service.board"

static void expect_nothing_left(void)
{
    assert_false(stage_file_exists(PID_FILE));
    assert_false(stage_file_exists(BOARD_FILE));
}

static void stop(pid_t pid)
{
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(stage_exit_code(pid), 0);
    expect_nothing_left();
}

/* Statements 50 to 52. */
static void works(void **state)
{
    (void)state;
    pid_t pid = stage_start();
    STAGE_WAIT(stage_logged("NOTICE 0 workers running, 0 in queue.  SLEEPING\n"));
    assert_true(stage_file_exists(PID_FILE));
    assert_true(stage_file_exists(BOARD_FILE));
    stage->jobs = 5;
    STAGE_WAIT(stage->left >= 5 && stage->jobs == 0);
    assert_true(
        stage_logged("NOTICE 5 jobs waiting; 0 workers running; launching 2 workers\n"));
    STAGE_WAIT(stage_count_logged("SLEEPING") == 2);
    stop(pid);
}

/* Statements 57 to 59. */
static void never_more_than_allowed(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->max_workers = 0;
    stage->jobs = 9;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->looks >= 4);
    assert_int_equal(stage->launches, 0);
    stage->max_workers = 3;
    STAGE_WAIT(stage->live == 3);
    int looks = stage->looks;
    STAGE_WAIT(stage->looks >= looks + 3);
    stage->play = PLAY_JOB;
    stage->hold = 1;
    STAGE_WAIT(stage->live == 0);
    stage->jobs = 400;
    stage->hold = 0;
    STAGE_WAIT(stage->jobs == 0 && stage->live == 0);
    assert_int_equal(stage->live_max, 3);
    stop(pid);
}

/* A child's end is answered by the next fork, not by the next interval. */
static void one_job_per_worker_is_fast(void **state)
{
    (void)state;
    stage->max_workers = 1;
    stage->launch_ms = stage->zero_launch_ms = stage->zero_sleep_ms = 60000;
    stage->jobs = 100;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->jobs == 0);
    assert_true(stage->looks < 100);
    assert_int_equal(kill(pid, SIGQUIT), 0);
    assert_int_equal(stage_exit_code(pid), 0);
}

/* Statements 76 and 51. */
static void holds(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    stage->hold = 1;
    STAGE_WAIT(stage->live == 0);
    stage->jobs = 5;
    int looks = stage->looks;
    STAGE_WAIT(stage->looks >= looks + 3);
    assert_int_equal(stage->launches, 1);
    assert_int_equal(
        stage_count_logged("NOTICE /usr/sbin/helios_d Stage::Service HOLDING\n"), 1);
    stage->play = PLAY_JOB;
    stage->hold = 0;
    STAGE_WAIT(stage->jobs == 0);
    stage->hold = 1;
    STAGE_WAIT(stage_count_logged("HOLDING") == 2);
    stop(pid);
}

/* Statements 79 and 81. */
static void halts(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    stage->hold = 1;
    stage->halt = 1;
    stage->jobs = 9;
    assert_int_equal(stage_exit_code(pid), 0);
    static const char *const lines[] = {"NOTICE HALTING Stage::Service on host stagehost\n",
                                        "NOTICE Reaping Stage::Service workers on host "
                                        "stagehost\n",
                                        "NOTICE Stage::Service on host stagehost HALTED.\n",
                                        NULL};
    assert_true(stage_logged_in_order(lines));
    assert_int_equal(stage->launches, 1);
    assert_int_equal(stage->left, 1);
    assert_int_equal(stage->halt_set, 0);
    assert_int_equal(stage->stop_flag, 1);
    assert_false(stage_logged("Cleared HALT"));
    expect_nothing_left();
}

/* Statements 82 and 83: and it ends with the last worker, not with the grace period. */
static void term(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->jobs = 1;
    stage->zero_launch_ms = 60000;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(stage_exit_code(pid), 0);
    static const char *const lines[] = {
        "NOTICE Received TERM signal; HALTING Stage::Service on host stagehost\n",
        "NOTICE Setting HALT for Stage::Service on host stagehost\n",
        "NOTICE Reaping Stage::Service workers on host stagehost\n",
        "NOTICE Cleared HALT for Stage::Service on host stagehost\n",
        "NOTICE Stage::Service on host stagehost HALTED.\n",
        NULL};
    assert_true(stage_logged_in_order(lines));
    assert_int_equal(stage->left, 1);
    assert_int_equal(stage->halt_set, 1);
    assert_int_equal(stage->stop_flag, 2);
    assert_int_equal(stage->deaths, 0);
    expect_nothing_left();
}

/* The time that the poller has to leave begins when it is told to. */
static void slow_stop(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->slow_ms = LEAVE_MS * 5 / 4;
    stage->jobs = 1;
    stage->zero_launch_ms = 60000;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(stage_exit_code(pid), 0);
    static const char *const lines[] = {"Reaping", "Cleared HALT", "HALTED.\n", NULL};
    assert_true(stage_logged_in_order(lines));
    assert_int_equal(stage->stop_flag, 2);
    expect_nothing_left();
}

/* Statement 84. */
static void straggler(void **state)
{
    (void)state;
    stage->play = PLAY_STUCK;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    int worker = stage->last_pid;
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(stage_exit_code(pid), 0);
    char line[128];
    (void)snprintf(line, sizeof line,
                   "ERR Killed process %d (shutdown Stage::Service instance)\n", worker);
    const char *const lines[] = {"Reaping", line, "Cleared HALT", "HALTED.\n", NULL};
    assert_true(stage_logged_in_order(lines));
    assert_int_equal(stage->deaths, 1);
    assert_int_equal(stage->dead.death, DEATH_SHUTDOWN);
    assert_int_equal(stage->dead.pid, worker);
    expect_nothing_left();
}

static void second_term(void **state)
{
    (void)state;
    stage->play = PLAY_STUCK;
    stage->jobs = 1;
    stage->zero_launch_ms = 60000;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    assert_int_equal(kill(pid, SIGINT), 0);
    STAGE_WAIT(stage_logged("Received INT signal"));
    struct mono begun = mono_now();
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(stage_exit_code(pid), 0);
    int64_t ms = mono_diff_ms(mono_now(), begun);
    assert_true(ms >= 900 && ms < 5000);
    assert_int_equal(stage->deaths, 1);
    expect_nothing_left();
}

static void quit(void **state)
{
    (void)state;
    stage->play = PLAY_STUCK;
    stage->jobs = 1;
    stage->zero_launch_ms = 60000;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    struct mono begun = mono_now();
    assert_int_equal(kill(pid, SIGQUIT), 0);
    assert_int_equal(stage_exit_code(pid), 0);
    assert_true(mono_diff_ms(mono_now(), begun) < 5000);
    assert_int_equal(stage->deaths, 1);
    assert_int_equal(stage->dead.death, DEATH_SHUTDOWN);
    assert_int_equal(stage->halt_set, 0);
    expect_nothing_left();
}

/* Statement 67: the dead do not use up workers, but their slot waits for the poller. */
static void crash(void **state)
{
    (void)state;
    stage->play = PLAY_CRASH;
    stage->max_workers = 1;
    stage->no_settle = 1;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->deaths == 1);
    assert_int_equal(stage->dead.death, DEATH_SIGNAL);
    assert_int_equal(stage->dead.status, SIGABRT);
    uint32_t slot = stage->dead.slot;
    stage->play = PLAY_STUCK;
    stage->jobs = 1;
    STAGE_WAIT(stage->launches == 2 && stage->jobs == 0);
    assert_int_equal(kill(stage->last_pid, SIGKILL), 0);
    STAGE_WAIT(stage->deaths == 2);
    assert_int_not_equal(stage->dead.slot, slot);
    assert_true(stage_logged("ERR Worker process"));
    stage->no_settle = 0;
    /* The next poller is told of both again. */
    assert_int_equal(kill(stage->poller_pid, SIGKILL), 0);
    STAGE_WAIT(stage->deaths == 4);
    stage->play = PLAY_CRASH;
    stage->jobs = 1;
    STAGE_WAIT(stage->deaths == 5);
    assert_int_equal(stage->dead.slot, slot);
    stop(pid);
}

/* What could not be settled stays on the board for the next daemon. */
static void unsettled_stays(void **state)
{
    (void)state;
    stage->play = PLAY_CRASH;
    stage->no_settle = 1;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->deaths == 1);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(stage_exit_code(pid), 0);
    assert_false(stage_file_exists(PID_FILE));
    assert_true(stage_file_exists(BOARD_FILE));
    stage->play = PLAY_JOB;
    stage->no_settle = 0;
    int pollers = stage->pollers;
    pid_t second = stage_start();
    STAGE_WAIT(stage->pollers == pollers + 1);
    char aside[64];
    (void)snprintf(aside, sizeof aside, BOARD_FILE ".%d.0", (int)pid);
    assert_true(stage_file_exists(aside));
    stop(second);
}

static void poller_dies(void **state)
{
    (void)state;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->looks >= 1);
    int first = stage->poller_pid;
    assert_int_equal(kill(first, SIGKILL), 0);
    STAGE_WAIT(stage->pollers == 2);
    stage->jobs = 1;
    STAGE_WAIT(stage->left == 1);
    assert_true(stage_logged("ERR The poller"));
    stop(pid);
}

static void away_at_start(void **state)
{
    (void)state;
    stage->away = HELIOS_E_LOST;
    pid_t pid = stage_start();
    assert_int_equal(stage_exit_code(pid), EX_UNAVAILABLE);
    expect_nothing_left();
    stage->away = HELIOS_E_SCHEMA;
    pid = stage_start();
    assert_int_equal(stage_exit_code(pid), EX_CONFIG);
    expect_nothing_left();
}

/* Statements 95 and 98. */
static void away_for_a_while(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    stage->away = HELIOS_E_LOST;
    int looks = stage->looks;
    STAGE_WAIT(stage->looks >= looks + 5);
    assert_int_equal(stage->live, 1);
    assert_int_equal(stage_count_logged("SAFE MODE"), 1);
    assert_int_equal(kill(stage->last_pid, SIGKILL), 0);
    stage->play = PLAY_JOB;
    stage->jobs = 1;
    looks = stage->looks;
    STAGE_WAIT(stage->looks >= looks + 5);
    assert_int_equal(stage->launches, 1);
    stage->away = 0;
    STAGE_WAIT(stage->launches == 2);
    STAGE_WAIT(stage_logged("CRIT Exiting SAFE MODE; Reestablished connection to database "
                            "after exception: no database today\n"));
    stop(pid);
}

/* Statement 87. */
static void term_while_away(void **state)
{
    (void)state;
    stage->play = PLAY_STUCK;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    stage->away = HELIOS_E_LOST;
    stage->deaf = 1;
    stage->no_settle = 1;
    STAGE_WAIT(stage_logged("SAFE MODE"));
    struct mono begun = mono_now();
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(stage_exit_code(pid), 0);
    assert_true(mono_diff_ms(mono_now(), begun) < 3000);
    assert_false(stage_file_exists(PID_FILE));
    assert_true(stage_file_exists(BOARD_FILE));
}

/* Statement 96. */
static void away_too_often(void **state)
{
    (void)state;
    stage->safe_mode_retries = 3;
    pid_t pid = stage_start();
    STAGE_WAIT(stage_logged("SLEEPING"));
    stage->away = HELIOS_E_LOST;
    assert_int_equal(stage_exit_code(pid), EX_UNAVAILABLE);
    assert_true(
        stage_logged("ERR /usr/sbin/helios_d Stage::Service HALTED on error: Unable "
                     "to reconnect to the database: no database today\n"));
    expect_nothing_left();
}

static void throttles(void **state)
{
    (void)state;
    stage->play = PLAY_EARLY;
    stage->max_workers = 1;
    stage->jobs = 3;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->launches == 1);
    struct mono begun = mono_now();
    STAGE_WAIT(stage->launches == 3);
    /* 250 and 500 ms */
    assert_true(mono_diff_ms(mono_now(), begun) >= 700);
    assert_int_equal(stage_count_logged("ERR Workers of Stage::Service end before they can "
                                        "take a job, the last (process "),
                     1);
    assert_int_equal(stage_count_logged("; 0 workers running; launching 0 workers"), 0);
    stage->play = PLAY_JOB;
    begun = mono_now();
    STAGE_WAIT(stage->jobs == 0);
    assert_true(mono_diff_ms(mono_now(), begun) < 2500);
    stop(pid);
}

/* Statement 68. */
static void fork_fails(void **state)
{
    (void)state;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->looks >= 1);
    stage->fork_failures = 2;
    stage->jobs = 1;
    STAGE_WAIT(stage->left == 1);
    assert_int_equal(stage->fork_failures, 0);
    STAGE_WAIT(stage_logged("WARNING Cannot start a worker: "));
    stop(pid);
}

/* Jobs that are counted and cannot be claimed do not make a stream of forks. */
static void fruitless(void **state)
{
    (void)state;
    stage->play = PLAY_EMPTY;
    stage->launch_ms = 60000;
    stage->jobs = 3;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->left >= 2);
    assert_int_equal(kill(pid, SIGUSR1), 0);
    STAGE_WAIT(stage_logged("State: intervals"));
    assert_true(stage->launches < 6);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(stage_exit_code(pid), 0);
}

/* Statements 90 and 94. */
static void time_to_live(void **state)
{
    (void)state;
    stage->play = PLAY_STUCK;
    stage->jobs = 1;
    stage->ttl_s = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->deaths == 1);
    assert_int_equal(stage->dead.death, DEATH_TTL);
    char line[96];
    (void)snprintf(line, sizeof line, "ERR Killed process %d (exceeded WORKER_MAX_TTL)\n",
                   stage->dead.pid);
    STAGE_WAIT(stage_logged(line));
    stop(pid);
}

static void idle_workers_are_woken(void **state)
{
    (void)state;
    stage->play = PLAY_IDLE;
    stage->max_workers = 1;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->jobs == 0 && stage->live == 1);
    stage->jobs = 4;
    STAGE_WAIT(stage->jobs == 0);
    assert_int_equal(stage->launches, 1);
    stop(pid);
}

static void drains(void **state)
{
    (void)state;
    stage->jobs = 7;
    pid_t pid = stage_start_with(true, true);
    assert_int_equal(stage_exit_code(pid), 0);
    assert_int_equal(stage->jobs, 0);
    assert_int_equal(stage->left, stage->launches);
    assert_int_equal(stage->halt_set, 0);
    expect_nothing_left();
    stage->play = PLAY_FAIL;
    stage->jobs = 2;
    pid = stage_start_with(true, true);
    assert_int_equal(stage_exit_code(pid), 1);
    expect_nothing_left();
}

static void write_ini(const char *text)
{
    int fd = open(stage->ini, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void reloads(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->max_workers = 1;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    assert_string_equal(stage->version, "1.0");
    stage->probe_fails = 1;
    assert_int_equal(kill(pid, SIGHUP), 0);
    STAGE_WAIT(stage_logged("stays as it is: the plugin is of no use\n"));
    write_ini("[global\n");
    stage->probe_fails = 0;
    assert_int_equal(kill(pid, SIGHUP), 0);
    STAGE_WAIT(stage_count_logged("stays as it is") == 2);
    assert_int_equal(stage->live, 1);
    assert_int_equal(stage->pollers, 1);
    write_ini("[global]\ny=2\n");
    assert_int_equal(kill(pid, SIGHUP), 0);
    STAGE_WAIT(stage->live == 0 && stage->pollers == 2);
    assert_int_equal(stage->stop_flag, 3);
    stage->jobs = 1;
    STAGE_WAIT(stage->launches == 2 && stage->jobs == 0);
    assert_string_equal(stage->version, "2.0");
    assert_false(stage_logged("The poller"));
    stop(pid);
}

static void reports(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    assert_int_equal(kill(pid, SIGUSR1), 0);
    STAGE_WAIT(stage_logged("NOTICE State: intervals"));
    assert_true(stage_logged("1 workers running"));
    assert_true(stage_logged("State: slot 0, process"));
    stop(pid);
}

/* Statement 19. */
static void second_start(void **state)
{
    (void)state;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->looks >= 1);
    assert_int_equal(stage_exit_code(stage_start()), 1);
    assert_true(stage_file_exists(PID_FILE));
    assert_true(stage_file_exists(BOARD_FILE));
    stop(pid);
}

/* Statement 25. */
static void background(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(stage_exit_code(stage_start_with(false, false)), 0);
    char path[128], text[32] = "";
    (void)snprintf(path, sizeof path, "%s/" PID_FILE, stage->folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    assert_int_equal(close(fd), 0);
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    assert_int_equal(getsid(pid), pid);
    char target[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/fd/0", (int)pid);
    assert_true(readlink(path, target, sizeof target - 1) > 0);
    assert_string_equal(target, "/dev/null");
    memset(target, 0, sizeof target);
    (void)snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
    assert_true(readlink(path, target, sizeof target - 1) > 0);
    assert_string_equal(target, "/");
    stop(pid);
    stage->away = HELIOS_E_DENIED;
    assert_int_equal(stage_exit_code(stage_start_with(false, false)), EX_NOPERM);
    expect_nothing_left();
}

/* Statement 164: workers of a killed master go on, and a restart is possible at once. */
static void master_is_killed(void **state)
{
    (void)state;
    stage->play = PLAY_STAY;
    stage->jobs = 1;
    pid_t pid = stage_start();
    STAGE_WAIT(stage->live == 1 && stage->jobs == 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    STAGE_WAIT(stage->live == 0);
    assert_true(stage_file_exists(PID_FILE));
    int pollers = stage->pollers;
    pid_t second = stage_start();
    STAGE_WAIT(stage->pollers == pollers + 1);
    stop(second);
}

static void probe_ok(const struct heritage *heritage, struct probe *out)
{
    (void)heritage;
    (void)snprintf(out->version, sizeof out->version, "3.1");
}

static void probe_crashes(const struct heritage *heritage, struct probe *out)
{
    (void)heritage;
    (void)out;
    (void)raise(SIGKILL);
}

static void probe_hangs(const struct heritage *heritage, struct probe *out)
{
    (void)heritage;
    (void)out;
    for (;;)
        (void)pause();
}

static void probes(void **state)
{
    (void)state;
    struct heritage heritage = {.service = "Stage::Service"};
    struct probe out;
    probe_run(probe_ok, &heritage, 10000, &out);
    assert_int_equal(out.exit_code, 0);
    assert_string_equal(out.version, "3.1");
    probe_run(probe_crashes, &heritage, 10000, &out);
    assert_int_equal(out.exit_code, EX_SOFTWARE);
    assert_non_null(strstr(out.text, "signal 9"));
    probe_run(probe_hangs, &heritage, 50, &out);
    assert_int_equal(out.exit_code, EX_SOFTWARE);
    assert_non_null(strstr(out.text, "within 50 ms"));
}

#define STAGED(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)

int main(int argc, char **argv)
{
    setproctitle_init(argc, argv, environ);
    const struct CMUnitTest tests[] = {
        STAGED(works),
        STAGED(never_more_than_allowed),
        STAGED(one_job_per_worker_is_fast),
        STAGED(holds),
        STAGED(halts),
        STAGED(term),
        STAGED(slow_stop),
        STAGED(straggler),
        STAGED(second_term),
        STAGED(quit),
        STAGED(crash),
        STAGED(unsettled_stays),
        STAGED(poller_dies),
        STAGED(away_at_start),
        STAGED(away_for_a_while),
        STAGED(term_while_away),
        STAGED(away_too_often),
        STAGED(throttles),
        STAGED(fruitless),
        STAGED(fork_fails),
        STAGED(time_to_live),
        STAGED(idle_workers_are_woken),
        STAGED(drains),
        STAGED(reloads),
        STAGED(reports),
        STAGED(second_start),
        STAGED(background),
        STAGED(master_is_killed),
        STAGED(probes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
