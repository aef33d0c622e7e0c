/* SPDX-License-Identifier: MIT */
#include "core/board.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"

/* The layout is read by other programs and by later versions: a change of any of these is a
 * change of BOARD_VERSION. */
static_assert(sizeof(struct board_job) == 40, "layout of struct board_job");
static_assert(offsetof(struct board_job, hold) == 36, "layout of struct board_job");
static_assert(offsetof(struct board_slot, started) == 16, "layout of struct board_slot");
static_assert(offsetof(struct board_slot, running) == 32, "layout of struct board_slot");
static_assert(offsetof(struct board_slot, completed) == 48, "layout of struct board_slot");
static_assert(offsetof(struct board_slot, jobs) == 96, "layout of struct board_slot");
static_assert(offsetof(struct board_slot, trail_next) == 96 + BOARD_JOBS * 40,
              "layout of struct board_slot");
static_assert(sizeof(struct board_slot) == 96 + BOARD_JOBS * 40 + 8 + BOARD_TRAIL * 16,
              "layout of struct board_slot");
static_assert(offsetof(struct board, service) == 24, "layout of struct board");
static_assert(offsetof(struct board, host) == 96, "layout of struct board");
static_assert(offsetof(struct board, master_pid) == 168, "layout of struct board");
static_assert(offsetof(struct board, params_seq) == 200, "layout of struct board");
static_assert(offsetof(struct board, completed) == 256, "layout of struct board");
static_assert(offsetof(struct board, used_slots) == 328, "layout of struct board");
static_assert(offsetof(struct board, collective) == 440, "layout of struct board");
static_assert(offsetof(struct board, cursor) == 840, "layout of struct board");
static_assert(sizeof(struct cursor) == 56, "layout of struct cursor");
static_assert(offsetof(struct board, slot) == 840 + 64 * 56, "layout of struct board");
/* Processes share these words, so an atomic that hides a lock would protect nothing. */
static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
              "lock-free atomics");

size_t board_size(void)
{
    return sizeof(struct board) + BOARD_SLOTS * sizeof(struct board_slot);
}

static int allocate(int fd, size_t offset, size_t len)
{
    int rc;
    do {
        rc = posix_fallocate(fd, (off_t)offset, (off_t)len);
    } while (rc == EINTR);
    return rc;
}

static int map(int fd, int protection, struct board **out)
{
    void *memory = mmap(NULL, board_size(), protection, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return -1;
    *out = memory;
    return 0;
}

static void fill(struct board *board, const char *service, const char *host)
{
    board->version = BOARD_VERSION;
    board->slots = BOARD_SLOTS;
    board->jobs_per_slot = BOARD_JOBS;
    board->slot_size = sizeof(struct board_slot);
    (void)snprintf(board->service, sizeof board->service, "%s", service);
    (void)snprintf(board->host, sizeof board->host, "%s", host);
    board->magic = BOARD_MAGIC;
}

/* An empty file of the board's size whose header has its blocks. Returns the descriptor, or
 * -1. */
static int make_file(const char *path, struct helios_error *err)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return err_errno(err, errno, "cannot remove the old file %s", path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_errno(err, errno, "cannot create the scoreboard %s", path);
    int rc = 0;
    if (fchmod(fd, 0640) != 0 || ftruncate(fd, (off_t)board_size()) != 0)
        rc = errno;
    else
        rc = allocate(fd, 0, sizeof(struct board));
    if (rc == 0)
        return fd;
    (void)unlink(path);
    (void)close(fd);
    return err_errno(err, rc, "cannot get space for the scoreboard %s", path);
}

int board_create(const char *path, const char *service, const char *host,
                 struct board **out, int *fd_out, struct helios_error *err)
{
    char fresh[4096];
    int len = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof fresh)
        return err_set(err, HELIOS_E_CONFIG, "the scoreboard's path is too long: %s", path);
    int fd = make_file(fresh, err);
    if (fd < 0)
        return -1;
    struct board *board = NULL;
    if (map(fd, PROT_READ | PROT_WRITE, &board) != 0) {
        err_errno(err, errno, "cannot map the scoreboard %s", fresh);
        goto fail;
    }
    fill(board, service, host);
    if (rename(fresh, path) != 0) {
        err_errno(err, errno, "cannot rename the scoreboard %s to %s", fresh, path);
        goto fail;
    }
    *out = board;
    *fd_out = fd;
    return 0;

fail:
    board_close(board);
    (void)unlink(fresh);
    (void)close(fd);
    return -1;
}

static bool layout_fits(const struct board *board)
{
    return board->slots == BOARD_SLOTS && board->jobs_per_slot == BOARD_JOBS &&
           board->slot_size == sizeof(struct board_slot) &&
           memchr(board->service, '\0', sizeof board->service) != NULL &&
           memchr(board->host, '\0', sizeof board->host) != NULL;
}

static int check(const struct board *board, const char *path, struct helios_error *err)
{
    if (board->magic != BOARD_MAGIC)
        return err_set(err, HELIOS_E_INVALID, "%s is not a scoreboard of helios_d", path);
    if (board->version != BOARD_VERSION)
        return err_set(err, HELIOS_E_INVALID,
                       "the scoreboard %s has version %" PRIu32
                       ", this program reads version %u; use the program of the version "
                       "that runs the daemon",
                       path, board->version, BOARD_VERSION);
    if (!layout_fits(board))
        return err_set(err, HELIOS_E_INVALID, "the scoreboard %s is damaged", path);
    return 0;
}

/* A file of another size must not be mapped: to touch what lies behind its end is SIGBUS.
 */
static int check_file(int fd, const char *path, struct helios_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_errno(err, errno, "cannot examine the scoreboard %s", path);
    if (!S_ISREG(st.st_mode) || st.st_size != (off_t)board_size())
        return err_set(err, HELIOS_E_INVALID,
                       "%s is not a scoreboard of this version of helios_d: it should be "
                       "a file of %zu bytes",
                       path, board_size());
    return 0;
}

int board_open(const char *path, bool writable, struct board **out,
               struct helios_error *err)
{
    /* O_NONBLOCK: to open a FIFO that someone put there must not wait. */
    int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, HELIOS_E_NOT_FOUND, "there is no scoreboard %s", path);
    if (fd < 0)
        return err_errno(err, errno, "cannot open the scoreboard %s", path);
    struct board *board = NULL;
    int rc = -1;
    if (check_file(fd, path, err) != 0)
        goto out;
    if (map(fd, writable ? PROT_READ | PROT_WRITE : PROT_READ, &board) != 0) {
        err_errno(err, errno, "cannot map the scoreboard %s", path);
        goto out;
    }
    if (check(board, path, err) != 0)
        goto out;
    *out = board;
    board = NULL;
    rc = 0;
out:
    board_close(board);
    (void)close(fd);
    return rc;
}

void board_close(struct board *board)
{
    if (board != NULL)
        (void)munmap(board, board_size());
}

static int write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

bool board_belongs(const struct board *board, uint64_t collective)
{
    uint64_t its = atomic_load(&board->collective);
    return its == collective || its == 0 || collective == 0;
}

int board_save(const struct board *board, const char *path, struct helios_error *err)
{
    uint32_t used = atomic_load(&board->used_slots);
    size_t len = sizeof *board +
                 (used < BOARD_SLOTS ? used : BOARD_SLOTS) * sizeof(struct board_slot);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_errno(err, errno, "cannot create the scoreboard %s", path);
    int rc = 0;
    if (write_all(fd, board, len) != 0 || ftruncate(fd, (off_t)board_size()) != 0)
        rc = err_errno(err, errno, "cannot write the scoreboard %s", path);
    if (rc != 0)
        (void)unlink(path);
    (void)close(fd);
    return rc;
}

int board_reserve(int fd, unsigned i, struct helios_error *err)
{
    if (i >= BOARD_SLOTS)
        return err_set(err, HELIOS_E_LIMIT, "the scoreboard has %u slots, not %u",
                       BOARD_SLOTS, i + 1);
    size_t offset = sizeof(struct board) + i * sizeof(struct board_slot);
    int rc = allocate(fd, offset, sizeof(struct board_slot));
    if (rc != 0)
        return err_errno(err, rc, "cannot get space for slot %u of the scoreboard", i);
    return 0;
}

const char *board_state_name(uint32_t state)
{
    static const char *const names[] = {
        [BOARD_FREE] = "free",           [BOARD_STARTING] = "starting",
        [BOARD_CLAIMING] = "claiming",   [BOARD_RUNNING] = "running",
        [BOARD_FINISHING] = "finishing", [BOARD_IDLE] = "idle",
        [BOARD_LEAVING] = "leaving"};
    return state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}
