/* SPDX-License-Identifier: MIT */
#include "core/board.h"
#include "core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    char folder[64];
    char path[96];
    char fresh[100];
    struct board *board;
    int fd;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.fd = -1, .folder = "/tmp/helios-board-XXXXXX"};
    assert_non_null(mkdtemp(f.folder));
    (void)snprintf(f.path, sizeof f.path, "%s/a__b.board", f.folder);
    (void)snprintf(f.fresh, sizeof f.fresh, "%s.new", f.path);
    struct helios_error err = HELIOS_ERROR_INIT;
    if (board_create(f.path, "A::B", "host1", &f.board, &f.fd, &err) != 0)
        fail_msg("board_create: %s", err.text);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    board_close(f->board);
    (void)close(f->fd);
    (void)unlink(f->path);
    (void)unlink(f->fresh);
    return rmdir(f->folder);
}

static void reserve(struct fixture *f, unsigned slot)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    if (board_reserve(f->fd, slot, &err) != 0)
        fail_msg("board_reserve(%u): %s", slot, err.text);
}

static void is_created(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(st.st_size, board_size());
    assert_true((size_t)st.st_blocks * 512 >= sizeof(struct board));
    assert_int_equal(access(f->fresh, F_OK), -1);
    assert_true((fcntl(f->fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_string_equal(f->board->service, "A::B");
    assert_string_equal(f->board->host, "host1");
    assert_int_equal(f->board->version, BOARD_VERSION);
    assert_int_equal(f->board->slot[BOARD_SLOTS - 1].state, BOARD_FREE);
}

static void slots_are_reserved(void **state)
{
    struct fixture *f = *state;
    struct stat before;
    struct stat after;
    assert_int_equal(fstat(f->fd, &before), 0);
    reserve(f, 100);
    assert_int_equal(fstat(f->fd, &after), 0);
    assert_true((size_t)(after.st_blocks - before.st_blocks) * 512 >=
                sizeof(struct board_slot) - 2 * (size_t)after.st_blksize);
    assert_true(after.st_blocks > before.st_blocks);
    assert_int_equal(after.st_size, board_size());
    struct helios_error err;
    reserve(f, BOARD_SLOTS - 1);
    assert_int_equal(board_reserve(f->fd, BOARD_SLOTS, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_LIMIT);
}

/* The old board's users keep it; a left-over .new is no obstacle, nor is it written into.
 */
static void is_replaced_not_truncated(void **state)
{
    struct fixture *f = *state;
    reserve(f, 0);
    f->board->slot[0].running = 4711;
    char elsewhere[96];
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", f->folder);
    assert_int_equal(symlink(elsewhere, f->fresh), 0);
    struct board *second;
    int fd;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (board_create(f->path, "A::B", "host2", &second, &fd, &err) != 0)
        fail_msg("board_create: %s", err.text);
    assert_int_equal(access(elsewhere, F_OK), -1);
    assert_int_equal(f->board->slot[0].running, 4711);
    assert_string_equal(f->board->host, "host1");
    assert_string_equal(second->host, "host2");
    assert_int_equal(second->slot[0].running, 0);
    board_close(second);
    (void)close(fd);
}

static void cannot_be_created(void **state)
{
    (void)state;
    struct board *board = NULL;
    int fd;
    struct helios_error err;
    assert_int_equal(board_create("/nonexistent/x.board", "A::B", "h", &board, &fd, &err),
                     -1);
    assert_int_equal(err.kind, HELIOS_E_SYSTEM);
    assert_non_null(strstr(err.text, "/nonexistent/x.board.new"));
    char path[5000];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(board_create(path, "A::B", "h", &board, &fd, &err), -1);
    assert_null(board);
}

/* A file system without space is an error and leaves nothing. */
static void no_space(void **state)
{
    struct fixture *f = *state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit small = {.rlim_cur = 4096, .rlim_max = old.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct board *board = NULL;
    int fd;
    struct helios_error err;
    int rc = board_create(f->path, "A::B", "h", &board, &fd, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(rc, -1);
    assert_null(board);
    assert_int_equal(access(f->fresh, F_OK), -1);
    assert_int_equal(access(f->path, F_OK), 0);
}

/* Each of several processes writes its slot; this one and another map see it. */
static void is_shared(void **state)
{
    struct fixture *f = *state;
    enum { WORKERS = 4 };
    pid_t pids[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        reserve(f, i);
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            struct board_slot *slot = &f->board->slot[i];
            slot->pid = getpid();
            slot->pid_start = process_start(getpid());
            for (unsigned j = 0; j < BOARD_JOBS; j++) {
                slot->jobs[j].claimed = BOARD_LEASE(i, 1000 + j);
                slot->jobs[j].jobid = i * 1000 + j + 1;
                atomic_fetch_add(&f->board->completed, 1);
            }
            _exit(0);
        }
    }
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
    struct board *seen;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (board_open(f->path, false, &seen, &err) != 0)
        fail_msg("board_open: %s", err.text);
    assert_int_equal(seen->completed, WORKERS * BOARD_JOBS);
    for (unsigned i = 0; i < WORKERS; i++) {
        assert_int_equal(seen->slot[i].pid, pids[i]);
        assert_true(seen->slot[i].pid_start > 0);
        assert_int_equal(seen->slot[i].jobs[BOARD_JOBS - 1].jobid, i * 1000 + BOARD_JOBS);
        uint64_t lease = seen->slot[i].jobs[5].claimed;
        assert_int_equal(BOARD_LEASE_SEQ(lease), i);
        assert_int_equal(BOARD_LEASE_UNTIL(lease), 1005);
    }
    board_close(seen);
}

static void can_be_opened_to_write(void **state)
{
    struct fixture *f = *state;
    struct board *other;
    assert_int_equal(board_open(f->path, true, &other, NULL), 0);
    other->params_seq = 9;
    assert_int_equal(f->board->params_seq, 9);
    board_close(other);
    board_close(NULL);
}

static void put(struct fixture *f, size_t offset, const void *data, size_t len)
{
    assert_int_equal(pwrite(f->fd, data, len, (off_t)offset), len);
}

static void refused_with(struct fixture *f, const char *name, enum helios_error_kind kind,
                         const char *part)
{
    struct board *board = NULL;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (board_open(f->path, false, &board, &err) != -1)
        fail_msg("%s: should be refused", name);
    if (err.kind != kind || strstr(err.text, part) == NULL)
        fail_msg("%s: \"%s\" should be of kind %s and say \"%s\"", name, err.text,
                 helios_error_name(kind), part);
    assert_null(board);
}

static void foreign_headers_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        size_t offset;
        const char *part;
    } rows[] = {
        {"magic", offsetof(struct board, magic), "not a scoreboard"},
        {"version", offsetof(struct board, version), "version"},
        {"slots", offsetof(struct board, slots), "damaged"},
        {"jobs per slot", offsetof(struct board, jobs_per_slot), "damaged"},
        {"slot size", offsetof(struct board, slot_size), "damaged"},
    };
    uint32_t bad = 77;
    uint32_t good;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(pread(f->fd, &good, sizeof good, (off_t)rows[i].offset), 4);
        put(f, rows[i].offset, &bad, sizeof bad);
        refused_with(f, rows[i].name, HELIOS_E_INVALID, rows[i].part);
        put(f, rows[i].offset, &good, sizeof good);
    }
    char text[sizeof f->board->service];
    memset(text, 'A', sizeof text);
    put(f, offsetof(struct board, service), text, sizeof text);
    refused_with(f, "service without end", HELIOS_E_INVALID, "damaged");
    put(f, offsetof(struct board, service), "A", 2);
    put(f, offsetof(struct board, host), text, sizeof text);
    refused_with(f, "host without end", HELIOS_E_INVALID, "damaged");
}

static void foreign_files_are_refused(void **state)
{
    struct fixture *f = *state;
    const off_t size = (off_t)board_size();
    assert_int_equal(ftruncate(f->fd, size - 1), 0);
    refused_with(f, "a byte short", HELIOS_E_INVALID, "bytes");
    assert_int_equal(ftruncate(f->fd, size + 1), 0);
    refused_with(f, "a byte more", HELIOS_E_INVALID, "bytes");
    assert_int_equal(ftruncate(f->fd, 0), 0);
    refused_with(f, "empty", HELIOS_E_INVALID, "bytes");
    assert_int_equal(ftruncate(f->fd, size), 0);
    refused_with(f, "zeros", HELIOS_E_INVALID, "not a scoreboard");
    assert_int_equal(unlink(f->path), 0);
    refused_with(f, "missing", HELIOS_E_NOT_FOUND, "there is no");
    assert_int_equal(mkfifo(f->path, 0600), 0);
    refused_with(f, "fifo", HELIOS_E_INVALID, "not a scoreboard");
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(mkdir(f->path, 0700), 0);
    refused_with(f, "folder", HELIOS_E_INVALID, "not a scoreboard");
    assert_int_equal(rmdir(f->path), 0);
}

static void state_names(void **state)
{
    (void)state;
    assert_string_equal(board_state_name(BOARD_FREE), "free");
    assert_string_equal(board_state_name(BOARD_LEAVING), "leaving");
    assert_string_equal(board_state_name(BOARD_LEAVING + 1), "unknown");
    assert_string_equal(board_state_name(UINT32_MAX), "unknown");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {CASE(is_created),
                                       CASE(slots_are_reserved),
                                       CASE(is_replaced_not_truncated),
                                       cmocka_unit_test(cannot_be_created),
                                       CASE(no_space),
                                       CASE(is_shared),
                                       CASE(can_be_opened_to_write),
                                       CASE(foreign_headers_are_refused),
                                       CASE(foreign_files_are_refused),
                                       cmocka_unit_test(state_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
