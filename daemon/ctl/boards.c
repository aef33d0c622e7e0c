/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/boards.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/process.h"

/* ---- one board ---- */

static bool add_held(struct boards *boards, uint64_t jobid)
{
    if (boards->held_n == boards->held_cap) {
        size_t cap = boards->held_cap == 0 ? 256 : boards->held_cap * 2;
        uint64_t *held = reallocarray(boards->held, cap, sizeof held[0]);
        if (held == NULL)
            return false;
        boards->held = held;
        boards->held_cap = cap;
    }
    boards->held[boards->held_n++] = jobid;
    return true;
}

static bool read_held(struct boards *boards, const struct board_slot *slot)
{
    uint32_t held = atomic_load(&slot->held);
    bool ok = true;
    for (uint32_t i = 0; ok && i < held && i < BOARD_JOBS; i++) {
        uint64_t jobid = atomic_load(&slot->jobs[i].jobid);
        ok = jobid == 0 || add_held(boards, jobid);
    }
    return ok;
}

static bool read_worker(struct boards *boards, struct boards_daemon *daemon,
                        const struct board_slot *slot)
{
    const struct boards_worker worker = {
        .daemon = boards->daemons_n,
        .pid = atomic_load(&slot->pid),
        .state = atomic_load(&slot->state),
        .job = atomic_load(&slot->running),
        .job_ms = atomic_load(&slot->running_since),
        .completed = atomic_load(&slot->completed),
        .failed = atomic_load(&slot->failed) + atomic_load(&slot->failed_final),
    };
    /* A process that has gone leaves its slot until the master has settled it. */
    if (worker.state == BOARD_FREE ||
        !process_lives(worker.pid, atomic_load(&slot->pid_start)))
        return true;
    bool busy = worker.job != 0 || worker.state == BOARD_FINISHING;
    daemon->busy += busy ? 1u : 0u;
    daemon->idle += busy ? 0u : 1u;
    if (boards->workers_n < BOARDS_WORKERS)
        boards->workers[boards->workers_n++] = worker;
    return read_held(boards, slot);
}

static bool read_board(struct boards *boards, const struct board *board)
{
    struct boards_daemon *daemon = &boards->daemons[boards->daemons_n];
    *daemon = (struct boards_daemon){
        .pid = atomic_load(&board->master_pid),
        .state = atomic_load(&board->master_state),
        .start_time = atomic_load(&board->start_time),
        .last_look = atomic_load(&board->last_look),
        .max_workers = atomic_load(&board->max_workers),
        .failing = atomic_load(&board->failing),
    };
    memcpy(daemon->service, board->service, sizeof daemon->service);
    memcpy(daemon->host, board->host, sizeof daemon->host);
    daemon->service[sizeof daemon->service - 1] = '\0';
    daemon->host[sizeof daemon->host - 1] = '\0';
    daemon->alive = process_lives(daemon->pid, atomic_load(&board->master_pid_start));
    uint32_t used = atomic_load(&board->used_slots);
    bool ok = true;
    for (uint32_t i = 0; ok && i < used && i < BOARD_SLOTS; i++)
        ok = read_worker(boards, daemon, &board->slot[i]);
    boards->daemons_n++;
    return ok;
}

/* ---- all ---- */

static int compare_ids(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static int read_files(struct boards *boards, uint64_t collective, const glob_t *files,
                      struct helios_error *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < files->gl_pathc && boards->daemons_n < BOARDS_DAEMONS;
         i++) {
        struct board *board = NULL;
        if (board_open(files->gl_pathv[i], false, &board,
                       boards->unread == 0 ? &boards->why : NULL) != 0) {
            boards->unread++;
            continue;
        }
        if (board_belongs(board, collective))
            ok = read_board(boards, board);
        else
            boards->foreign++;
        board_close(board);
    }
    if (!ok)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (boards->held_n > 0)
        qsort(boards->held, boards->held_n, sizeof boards->held[0], compare_ids);
    return 0;
}

/* The folder's own name is no pattern. */
static void quote(const char *path, struct buf *out)
{
    for (; *path != '\0'; path++) {
        if (strchr("*?[\\", *path) != NULL)
            buf_putc(out, '\\');
        buf_putc(out, *path);
    }
}

int boards_read(const char *path, uint64_t collective, struct boards *out,
                struct helios_error *err)
{
    struct buf pattern = BUF_INIT;
    glob_t files = {0};
    *out = (struct boards){0};
    out->daemons = calloc(BOARDS_DAEMONS, sizeof out->daemons[0]);
    out->workers = calloc(BOARDS_WORKERS, sizeof out->workers[0]);
    quote(path, &pattern);
    buf_puts(&pattern, "/*.board");
    int rc = 0;
    if (out->daemons == NULL || out->workers == NULL || pattern.failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory");
    else if (glob(buf_text(&pattern), 0, NULL, &files) == 0)
        rc = read_files(out, collective, &files, err);
    globfree(&files);
    buf_fini(&pattern);
    return rc;
}

void boards_fini(struct boards *boards)
{
    free(boards->daemons);
    free(boards->workers);
    free(boards->held);
    *boards = (struct boards){0};
}

bool boards_hold(const struct boards *boards, uint64_t jobid)
{
    return boards->held_n > 0 &&
           bsearch(&jobid, boards->held, boards->held_n, sizeof jobid, compare_ids) != NULL;
}
