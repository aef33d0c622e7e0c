/* SPDX-License-Identifier: MIT */
#include "daemon/master_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/log_batch.h"
#include "core/name.h"
#include "core/process.h"
#include "daemon/cgroup.h"
#include "daemon/spawn.h"

static void set_exit(struct master *m, int exit_code, const char *text)
{
    m->exit_code = exit_code;
    (void)snprintf(m->exit_text, sizeof m->exit_text, "%s", text);
}

void master_give_up(struct master *m, int exit_code, const char *text)
{
    set_exit(m, exit_code, text);
    m->lookout.leaving = true;
    m->stop.stage = STOP_FLUSHING;
    m->stop.deadline = mono_now();
}

void master_up(struct master *m)
{
    if (m->up || m->stop.stage != STOP_NOT)
        return;
    m->up = true;
    if (!m->heritage.foreground)
        spawn_leave_stdio();
    ready_tell(&m->ready, EX_OK, "");
    ready_notify(&m->ready, "READY=1\nMAINPID=%d\nSTATUS=running", (int)getpid());
}

void master_remove_files(struct master *m)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct pool_counts counts = {0};
    if (m->pid_file.fd < 0)
        return; /* without the lock, what lies there is another daemon's */
    if (m->pool.board != NULL)
        pool_count(&m->pool, mono_now(), &counts);
    bool owed = counts.dead + counts.running > 0;
    /* Somebody may have emptied the folder. */
    if (owed && access(m->board_path, F_OK) != 0 &&
        board_save(m->pool.board, m->board_path, &err) != 0)
        log_crit("%s; the jobs of ended workers stay locked until their leases run out",
                 err.text);
    else if (owed)
        log_warning("The jobs of %u ended workers could not be settled; %s stays for the "
                    "next start of %s, which settles them",
                    counts.dead + counts.running, m->board_path, m->heritage.service);
    else if (m->pool.board != NULL)
        (void)unlink(m->board_path);
    if (pid_file_remove(&m->pid_file, &err) != 0)
        log_crit("%s", err.text);
}

/* The file names hold the service alone. */
static bool is_foreign(const struct master *m)
{
    struct board *board = NULL;
    if (board_open(m->board_path, false, &board, NULL) != 0)
        return false;
    bool foreign = !board_belongs(board, m->heritage.collective);
    board_close(board);
    return foreign;
}

static int lock_pid_file(struct master *m)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int rc = pid_file_open(m->heritage.pid_path, m->heritage.service, &m->pid_file, &err);
    if (rc == 0)
        return 0;
    set_exit(m, rc > 0 ? 1 : EX_CANTCREAT, err.text);
    size_t used = strlen(m->exit_text);
    if (rc > 0 && is_foreign(m))
        (void)snprintf(m->exit_text + used, sizeof m->exit_text - used,
                       "\nIt works for another database: each collective on a host needs a "
                       "pid_path of its own, and this one has that of the other.");
    return rc;
}

#define ASIDE_MOST 1000

/* Puts an earlier board out of the way, under the name by which the poller looks for boards
 * whose jobs are to be settled. */
static void set_aside(const char *path)
{
    struct board *old = NULL;
    char aside[PATH_MAX];
    int32_t pid =
        board_open(path, false, &old, NULL) == 0 ? atomic_load(&old->master_pid) : 0;
    board_close(old);
    /* In a container every daemon has one number, and a board of that name may wait still.
     */
    for (unsigned i = 0; i < ASIDE_MOST; i++) {
        int n = snprintf(aside, sizeof aside, "%s.%" PRId32 ".%u", path, pid, i);
        if (n < 0 || (size_t)n >= sizeof aside)
            return;
        /* The name is taken, or the file system knows no such renaming; else it is done, or
         * there is none. */
        if (renameat2(AT_FDCWD, path, AT_FDCWD, aside, RENAME_NOREPLACE) == 0 ||
            (errno != EEXIST && errno != EINVAL))
            return;
        if (errno == EINVAL && access(aside, F_OK) != 0) {
            (void)rename(path, aside);
            return;
        }
    }
}

static int name_board(struct master *m)
{
    char file[NAME_MAX_LEN + 1];
    bool fits = name_file(m->heritage.service, file, sizeof file);
    int n = snprintf(m->board_path, sizeof m->board_path, "%s/%s.board",
                     m->heritage.pid_path, file);
    if (!fits || n < 0 || (size_t)n >= sizeof m->board_path) {
        set_exit(m, EX_CANTCREAT, "The path of the scoreboard is too long");
        return -1;
    }
    return 0;
}

static int make_board(struct master *m)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct board *board = NULL;
    set_aside(m->board_path);
    if (board_create(m->board_path, m->heritage.service, m->heritage.host, &board,
                     &m->board_fd, &err) != 0) {
        set_exit(m, EX_CANTCREAT, err.text);
        return -1;
    }
    atomic_store(&board->collective, m->heritage.collective);
    atomic_store(&board->master_pid, (int32_t)getpid());
    atomic_store(&board->master_pid_start, process_start(getpid()));
    atomic_store(&board->start_time, m->heritage.start_time);
    pool_init(&m->pool, board, m->board_fd);
    m->heritage.board = board;
    m->heritage.board_path = m->board_path;
    return 0;
}

/* All that the loop hears of comes as a descriptor; PIPE is an error of write(). */
static int make_signal_fd(void)
{
    static const int taken[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGQUIT, SIGCHLD};
    sigset_t set;
    (void)sigemptyset(&set);
    struct sigaction act = {.sa_handler = SIG_DFL};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        (void)sigaddset(&set, taken[i]);
        /* An ignored signal would not be queued, and an ignored CHLD leaves no status. */
        (void)sigaction(taken[i], &act, NULL);
    }
    act.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &act, NULL);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int make_loop(struct master *m)
{
    m->loop = loop_new();
    m->signal_fd = make_signal_fd();
    m->heritage.log_batch = log_batch_new();
    if (m->loop == NULL || m->heritage.log_batch == NULL || m->signal_fd < 0 ||
        log_pair(m->log_fds) != 0 ||
        loop_add(m->loop, m->signal_fd, master_take_signals, m) != 0) {
        char text[128];
        (void)snprintf(text, sizeof text, "Cannot make the descriptors of the daemon: %s",
                       strerror(errno));
        set_exit(m, EX_OSERR, text);
        return -1;
    }
    log_set_channel(m->log_fds[1]);
    return 0;
}

static int set_up(struct master *m)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    if (!m->heritage.foreground && chdir("/") != 0) {
        set_exit(m, EX_OSERR, "Cannot change to the directory /");
        return -1;
    }
    ready_notify_open(&m->ready);
    if (m->heritage.cgroup != NULL && cgroup_begin(m->heritage.cgroup, &err) != 0) {
        set_exit(m, EX_CONFIG, err.text);
        return -1;
    }
    if (name_board(m) != 0 || lock_pid_file(m) != 0 || make_board(m) != 0 ||
        make_loop(m) != 0)
        return -1;
    if (pid_file_write(&m->pid_file, getpid(), &err) != 0) {
        set_exit(m, EX_CANTCREAT, err.text);
        return -1;
    }
    if (lookout_start(m, &err) != 0) {
        set_exit(m, EX_OSERR, err.text);
        return -1;
    }
    return 0;
}

/* What no poller has read goes to the fallback. */
static void flush_log(struct master *m)
{
    log_set_channel(-1);
    struct log_reader *reader = log_reader_new(m->log_fds[0]);
    struct log_record record;
    static struct log_record in_hand[LOG_BATCH_MAX];
    size_t n = log_batch_records(m->heritage.log_batch, in_hand);
    for (size_t i = 0; i < n; i++)
        log_fallback(&in_hand[i], m->heritage.service);
    while (reader != NULL && log_reader_next(reader, &record) == 0)
        log_fallback(&record, m->heritage.service);
    log_reader_free(reader);
}

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

static void clean_up(struct master *m)
{
    if (m->log_fds[0] >= 0)
        flush_log(m);
    master_remove_files(m);
    if (m->heritage.cgroup != NULL)
        cgroup_end(m->heritage.cgroup);
    lookout_hang_up(m);
    close_fd(m->log_fds[0]);
    close_fd(m->log_fds[1]);
    close_fd(m->signal_fd);
    close_fd(m->board_fd);
    loop_free(m->loop);
    ini_free(m->own_ini);
    board_close(m->pool.board);
}

/* What the command has done, for whoever called it. Its workers have all ended. */
static void report_drain(const struct master *m)
{
    const struct board *b = m->pool.board;
    (void)printf(
        "%s drained: completed %" PRIu64 ", to be tried again %" PRIu64
        ", failed for good %" PRIu64 "; still in the queue, not due: %" PRIu64 "%s\n",
        m->heritage.service, atomic_load(&b->completed),
        atomic_load(&b->failed) + atomic_load(&b->dead_failed),
        atomic_load(&b->failed_final) + atomic_load(&b->dead_failed_final), m->stop.remain,
        m->work.limit > 0 && m->stop.remain >= m->work.limit ? "+" : "");
    (void)fflush(stdout);
}

/* After an orderly stop. */
static void judge(struct master *m)
{
    const struct board *board = m->pool.board;
    if (m->stop.cause == STOP_BY_DRAIN)
        report_drain(m);
    if (m->exit_code != EX_OK)
        return;
    if (!m->up && !m->heritage.foreground)
        set_exit(m, EX_TEMPFAIL, "The daemon was stopped while it started");
    else if (m->stop.cause == STOP_BY_DRAIN &&
             atomic_load(&board->failed_final) + atomic_load(&board->dead_failed_final) > 0)
        m->exit_code = 1;
}

static void init(struct master *m, struct master_config *config)
{
    m->config = config;
    m->heritage = config->heritage;
    (void)snprintf(m->program, sizeof m->program, "%s", config->heritage.program);
    m->heritage.program = m->program;
    m->heritage.debug = m->heritage.debug || config->debug;
    m->heritage.master_pid = (int32_t)getpid();
    m->heritage.start_time = wall_now();
    m->settings = config->heritage.settings;
    m->board_fd = m->signal_fd = m->log_fds[0] = m->log_fds[1] = -1;
    m->lookout.fd = m->watch.fd = m->reload.fd = m->pid_file.fd = -1;
    m->watch.alarm = m->watch.doubt = MONO_NEVER;
    m->ready = (struct ready)READY_INIT;
}

/* The daemon itself, in the process that stays. */
static int serve(struct master_config *config, int caller_fd)
{
    struct master *m = calloc(1, sizeof *m);
    if (m == NULL)
        return EX_OSERR;
    init(m, config);
    m->ready.caller_fd = caller_fd;
    setproctitle("master %s", m->heritage.service);
    if (set_up(m) == 0) {
        master_loop(m);
        judge(m);
    }
    clean_up(m);
    int code = m->exit_code;
    if (m->heritage.foreground && code != EX_OK && m->exit_text[0] != '\0' && !m->up)
        (void)fprintf(stderr, "%s\n", m->exit_text);
    ready_tell(&m->ready, code, m->exit_text);
    ready_close(&m->ready);
    free(m);
    return code;
}

/* The process that was called: waits until the daemon is up. */
static int call(const char *service, int read_fd, pid_t child)
{
    struct ready_verdict verdict;
    ready_await(read_fd, child, &verdict);
    (void)close(read_fd);
    if (verdict.exit_code == EX_OK)
        (void)printf("%s daemon launched.\n", service);
    else
        (void)fprintf(stderr, "%s\n", verdict.text);
    (void)fflush(NULL);
    return verdict.exit_code;
}

int master_run(struct master_config *config)
{
    if (config->heritage.foreground)
        return serve(config, -1);
    int read_fd, write_fd;
    if (ready_pipe(&read_fd, &write_fd) != 0) {
        (void)fprintf(stderr, "Cannot make a pipe: %s\n", strerror(errno));
        return EX_OSERR;
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        (void)fprintf(stderr, "Cannot start a process: %s\n", strerror(errno));
        (void)close(read_fd);
        (void)close(write_fd);
        return EX_OSERR;
    }
    if (child == 0) {
        (void)close(read_fd);
        (void)setsid();
        return serve(config, write_fd);
    }
    (void)close(write_fd);
    return call(config->heritage.service, read_fd, child);
}
