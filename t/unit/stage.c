/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/log.h"

#define DEADLINE_S 60 /* for a machine that is busy with other things */

struct stage *stage;
static struct timespec deadline;

static void changed(void)
{
    (void)sem_post(&stage->event);
}

/* The linker gives these the calls of fork(). */
pid_t __real_fork(void);
pid_t __wrap_fork(void);

pid_t __wrap_fork(void)
{
    if (stage != NULL && stage->fork_failures > 0) {
        stage->fork_failures--;
        errno = EAGAIN;
        return -1;
    }
    return __real_fork();
}

/* ---- the poller ---- */

static struct settings settings_now(void)
{
    struct settings s = SETTINGS_DEFAULT;
    s.max_workers = stage->max_workers;
    s.hold = stage->hold != 0;
    s.halt = stage->halt != 0;
    s.worker_max_ttl_s = stage->ttl_s;
    s.worker_max_ttl_wait_s = 0;
    s.pattern = (uint32_t)stage->pattern;
    s.safe_mode_retries = stage->safe_mode_retries;
    s.master_launch_ms = stage->launch_ms;
    s.zero_launch_ms = stage->zero_launch_ms;
    s.zero_sleep_ms = stage->zero_sleep_ms;
    return s;
}

static void answer(const struct heritage *h, struct msg *msg)
{
    msg->generation = h->generation;
    msg->pid = 0;
    (void)msg_send(HERITAGE_MASTER_FD, msg);
}

static void look(const struct heritage *h, uint64_t number)
{
    struct msg msg = {.kind = MSG_SNAPSHOT};
    int away = stage->away;
    if (away != 0) {
        msg.kind = MSG_AWAY;
        msg.error_kind = away;
        (void)snprintf(msg.text, sizeof msg.text, "no database today");
    } else {
        int jobs = stage->jobs;
        msg.snapshot.settings = settings_now();
        msg.snapshot.waiting = jobs < 0 ? 0 : (uint64_t)jobs;
        msg.snapshot.waiting_limit = 1000;
        msg.snapshot.look = number;
    }
    stage->looks++;
    answer(h, &msg);
}

static void settle(const struct heritage *h, struct msg *msg)
{
    stage->dead = msg->dead;
    stage->deaths++;
    if (stage->no_settle)
        return;
    msg->kind = MSG_DEAD_DONE;
    answer(h, msg);
}

static void store_log(struct log_reader *reader)
{
    struct log_record record;
    while (log_reader_next(reader, &record) == 0) {
        size_t used = stage->log_len;
        int n = snprintf(stage->log + used, sizeof stage->log - used, "%s %s\n",
                         log_level_name(record.level), record.text);
        if (n > 0 && used + (size_t)n < sizeof stage->log)
            stage->log_len = used + (size_t)n;
    }
}

/* False: the socket has ended. */
static bool serve(const struct heritage *h)
{
    struct msg msg;
    int rc;
    while ((rc = msg_recv(HERITAGE_MASTER_FD, &msg)) == 0) {
        if (msg.kind == MSG_LOOK)
            look(h, msg.number);
        if (msg.kind == MSG_DEAD)
            settle(h, &msg);
        if (msg.kind == MSG_HALT_SET)
            stage->halt_set++;
        if ((msg.kind == MSG_STOP || msg.kind == MSG_RETIRE) && !stage->deaf) {
            stage->stop_flag = msg.kind == MSG_RETIRE ? 3 : msg.flag ? 2 : 1;
            msg.kind = MSG_STOPPED;
            answer(h, &msg);
        }
        changed();
    }
    return rc == 1;
}

/* While away it tries by itself, as the real one does: here every 20 ms. */
static int poller(const struct heritage *h)
{
    struct log_reader *reader = log_reader_new(HERITAGE_LOG_READ_FD);
    struct pollfd fds[2] = {{.fd = HERITAGE_MASTER_FD, .events = POLLIN},
                            {.fd = HERITAGE_LOG_READ_FD, .events = POLLIN}};
    stage->poller_pid = getpid();
    stage->pollers++;
    bool was_away = false;
    for (bool more = true; more; changed()) {
        int ready = poll(fds, 2, was_away ? 20 : -1);
        more = serve(h);
        store_log(reader);
        if (ready == 0)
            look(h, 0);
        was_away = stage->away != 0 || (was_away && ready != 0);
    }
    log_reader_free(reader);
    return EX_OK;
}

/* ---- a worker ---- */

static void say(const struct heritage *h, enum msg_kind kind)
{
    struct msg msg = {.kind = kind, .generation = h->generation};
    (void)msg_send(HERITAGE_MASTER_FD, &msg);
}

static bool take_job(void)
{
    int n = stage->jobs;
    while (n > 0 && !atomic_compare_exchange_weak(&stage->jobs, &n, n - 1))
        ;
    return n > 0;
}

static void hold_job(const struct heritage *h)
{
    struct board_slot *slot = &h->board->slot[h->slot];
    slot->held = 1;
    slot->jobs[0].hold = BOARD_HOLD_STARTED;
    slot->jobs[0].jobid = 4711;
}

/* Gives the next message; MSG_LEAVE when the master is gone. */
static enum msg_kind listen_to_master(void)
{
    struct msg msg;
    for (;;) {
        struct pollfd p = {.fd = HERITAGE_MASTER_FD, .events = POLLIN};
        (void)poll(&p, 1, -1);
        int rc = msg_recv(HERITAGE_MASTER_FD, &msg);
        if (rc <= 0)
            return rc == 0 ? (enum msg_kind)msg.kind : MSG_LEAVE;
    }
}

static void complete(const struct heritage *h)
{
    struct board_slot *slot = &h->board->slot[h->slot];
    if (stage->play == PLAY_FAIL)
        slot->failed_final++;
    else
        slot->completed++;
    say(h, MSG_SUCCESS);
}

static _Noreturn void hang(void)
{
    for (;;)
        (void)pause();
}

static int play(const struct heritage *h, enum play what)
{
    if (what == PLAY_EARLY)
        return EX_CONFIG;
    say(h, MSG_PREPARED);
    /* On the board before it is gone from the queue: a test that sees it gone may kill us.
     */
    bool holds = what == PLAY_STUCK || what == PLAY_CRASH;
    if (holds)
        hold_job(h);
    if (what == PLAY_EMPTY || !take_job()) {
        h->board->slot[h->slot].held = 0;
        say(h, MSG_SUCCESS);
        return EX_OK;
    }
    changed();
    if (what == PLAY_CRASH)
        (void)raise(SIGABRT);
    if (what == PLAY_STUCK)
        hang();
    if (what == PLAY_STAY) {
        while (listen_to_master() != MSG_LEAVE)
            ;
        (void)poll(NULL, 0, stage->slow_ms);
    }
    complete(h);
    while (what == PLAY_IDLE) {
        say(h, MSG_IDLE);
        if (listen_to_master() == MSG_LEAVE)
            break;
        while (take_job())
            complete(h);
        changed();
    }
    return EX_OK;
}

static int worker(const struct heritage *h)
{
    (void)alarm(3 * DEADLINE_S); /* also those that hear nothing end with a failed test */
    stage->launches++;
    stage->last_pid = getpid();
    (void)snprintf(stage->version, sizeof stage->version, "%s", h->version);
    int live = ++stage->live;
    int max = stage->live_max;
    while (live > max && !atomic_compare_exchange_weak(&stage->live_max, &max, live))
        ;
    changed();
    int code = play(h, (enum play)stage->play);
    stage->live--;
    stage->left++;
    changed();
    return code;
}

static void probe_service(const struct heritage *h, struct probe *out)
{
    (void)h;
    out->exit_code = stage->probe_fails ? EX_CONFIG : EX_OK;
    (void)snprintf(out->text, sizeof out->text, "the plugin is of no use");
    (void)snprintf(out->version, sizeof out->version, "2.0");
}

/* ---- the test's side ---- */

static void write_ini(void)
{
    FILE *f = fopen(stage->ini, "we");
    assert_non_null(f);
    assert_true(fputs("[global]\nx=1\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
}

int stage_set_up(void **state)
{
    (void)state;
    stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    if (stage == MAP_FAILED || sem_init(&stage->event, 1, 0) != 0)
        return -1;
    (void)snprintf(stage->folder, sizeof stage->folder, "/tmp/helios-master-XXXXXX");
    if (mkdtemp(stage->folder) == NULL)
        return -1;
    (void)snprintf(stage->ini, sizeof stage->ini, "%s/helios.ini", stage->folder);
    write_ini();
    stage->max_workers = 2;
    stage->launch_ms = stage->zero_launch_ms = stage->zero_sleep_ms = 100;
    return 0;
}

int stage_tear_down(void **state)
{
    (void)state;
    DIR *dir = opendir(stage->folder);
    if (dir == NULL)
        return -1;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        (void)unlinkat(dirfd(dir), e->d_name, 0);
    (void)closedir(dir);
    int rc = rmdir(stage->folder);
    (void)munmap(stage, sizeof *stage);
    return rc;
}

static int run(bool foreground, bool drain)
{
    struct master_config config = {
        .heritage = {.service = "Stage::Service",
                     .host = "stagehost",
                     .program = "/usr/sbin/helios_d",
                     .jobtypes = {"Stage::Service"},
                     .jobtype_count = 1,
                     .version = "1.0",
                     .settings = SETTINGS_DEFAULT,
                     .pid_path = stage->folder,
                     .foreground = foreground,
                     .drain = drain},
        .roles = {.poller = poller, .worker = worker, .probe_service = probe_service},
        .ini_path = stage->ini};
    struct log_config log = {.service = "Stage::Service",
                             .table = true,
                             .foreground = foreground,
                             .threshold = HELIOS_LOG_DEBUG};
    log_configure(&log);
    return master_run(&config);
}

pid_t stage_start_with(bool foreground, bool drain)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)alarm(3 * DEADLINE_S);
        _exit(run(foreground, drain));
    }
    return pid;
}

pid_t stage_start(void)
{
    return stage_start_with(true, false);
}

void stage_deadline_begin(void)
{
    (void)clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += DEADLINE_S;
}

void stage_event(const char *what, const char *file, int line)
{
    if (sem_clockwait(&stage->event, CLOCK_MONOTONIC, &deadline) == 0 || errno == EINTR)
        return;
    print_error("%s:%d: waited in vain for: %s\nThe log:\n%s", file, line, what,
                stage->log);
    fail();
}

int stage_exit_code(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    assert_true(fd >= 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&p, 1, DEADLINE_S * 1000);
    while (ready < 0 && errno == EINTR);
    (void)close(fd);
    if (ready != 1) {
        print_error("The master does not end. The log:\n%s", stage->log);
        (void)kill(pid, SIGKILL);
        fail();
    }
    int status = 0;
    if (waitpid(pid, &status, 0) != pid)
        return 0; /* a daemon is not our child */
    if (!WIFEXITED(status))
        fail_msg("The master was killed by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

bool stage_logged(const char *text)
{
    return strstr(stage->log, text) != NULL;
}

bool stage_logged_in_order(const char *const *texts)
{
    const char *at = stage->log;
    for (; *texts != NULL; texts++) {
        at = strstr(at, *texts);
        if (at == NULL) {
            print_error("Not in the log, or not in order: %s\nThe log:\n%s", *texts,
                        stage->log);
            return false;
        }
        at += strlen(*texts);
    }
    return true;
}

int stage_count_logged(const char *text)
{
    int count = 0;
    for (const char *at = stage->log; (at = strstr(at, text)) != NULL; at += strlen(text))
        count++;
    return count;
}

bool stage_file_exists(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", stage->folder, name);
    return access(path, F_OK) == 0;
}
