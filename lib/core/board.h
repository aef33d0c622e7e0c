/* SPDX-License-Identifier: MIT */
#ifndef CORE_BOARD_H
#define CORE_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <helios/error.h>

#include "core/cursor.h"
#include "core/settings.h"

/* The scoreboard: a file of fixed layout beside the PID file, mapped shared by master,
 * poller and workers, and readable by any program. Each field names its one writer; readers
 * treat what they see as gossip. A change of layout changes BOARD_VERSION.
 *
 * A slot's blocks are allocated by board_reserve() before it is first used, so that a full
 * file system is an error there and not a SIGBUS in a worker. */
#define BOARD_MAGIC    0x48424f4152440a31ULL
#define BOARD_VERSION  4u
#define BOARD_SLOTS    512u /* MAX_WORKERS beyond this is cut, and said so once */
#define BOARD_JOBTYPES 64u  /* of one service */
#define BOARD_JOBS     512u /* jobs that one worker may hold; CLAIM_MAX is cut to it */
#define BOARD_TRAIL    64u  /* events of the flight recorder; divides 2^32 */
#define BOARD_BULK     4u /* workers that may have large batches in the database at once */

enum board_state {
    BOARD_FREE = 0,
    BOARD_STARTING, /* forked, not connected or not prepared */
    BOARD_CLAIMING,
    BOARD_RUNNING,
    BOARD_FINISHING, /* the outcome is being committed */
    BOARD_IDLE,      /* lingering */
    BOARD_LEAVING
};

enum board_watch {
    BOARD_WATCH_NONE = 0, /* there is none: the daemon polls */
    BOARD_WATCH_OPENING,
    BOARD_WATCH_ON,
    BOARD_WATCH_RESTING /* nobody is free to be woken */
};

/* What a held job is doing. Written by the worker, but for TAKEN and GIVEN. */
enum board_hold {
    BOARD_HOLD_NONE = 0,
    BOARD_HOLD_CLAIMED, /* about to be, or claimed; not started */
    BOARD_HOLD_STARTED, /* run was called */
    BOARD_HOLD_DONE,    /* run has returned; its outcome waits for a commit */
    /* Poller, by compare-and-swap from CLAIMED: is being given back because the job before
     * it takes long; the worker must not start it. */
    BOARD_HOLD_TAKEN,
    /* Poller: has been given back. The lease value is void: a later claim of the job by
     * another worker may write the same one. */
    BOARD_HOLD_GIVEN
};

/* A lease value together with the claim that it belongs to. */
#define BOARD_LEASE(seq, until) (((uint64_t)(seq) << 32) | (uint32_t)(until))
#define BOARD_LEASE_SEQ(v)      ((uint32_t)((v) >> 32))
#define BOARD_LEASE_UNTIL(v)    ((uint32_t)(v))

struct board_job {
    _Atomic uint64_t jobid; /* worker; written last, cleared first */
    /* worker: BOARD_LEASE of this claim, its seq unique in the slot */
    _Atomic uint64_t claimed;
    /* poller: the value now in the row; counts if its seq is that of `claimed` */
    _Atomic uint64_t renewed;
    _Atomic uint64_t pending; /* poller: the value about to be written; likewise */
    _Atomic uint32_t funcid;  /* worker */
    _Atomic uint32_t hold;    /* worker: enum board_hold */
};

/* An event of core/trail.h. */
struct board_event {
    _Atomic uint64_t at; /* worker: monotonic microseconds and kind */
    _Atomic uint64_t what;
};

struct board_slot {
    _Atomic int32_t pid;         /* worker, from its first instruction; master clears */
    _Atomic uint32_t generation; /* master, before the fork */
    _Atomic uint32_t state;      /* worker: enum board_state; master clears */
    _Atomic uint32_t held;   /* worker: entries of jobs[] below this index may be in use */
    _Atomic int64_t started; /* worker: Unix seconds */
    /* worker: process_start() of it */
    _Atomic int64_t pid_start;
    _Atomic uint64_t running;      /* worker: jobid whose run is active, or 0 */
    _Atomic int64_t running_since; /* worker: Unix milliseconds */
    /* worker: outcomes of this process; master adds them to the totals when it has gone */
    _Atomic uint64_t completed;
    _Atomic uint64_t failed; /* to be retried */
    _Atomic uint64_t failed_final;
    _Atomic uint64_t deferred;
    _Atomic uint64_t released;
    _Atomic uint64_t lost; /* verdicts dropped because the lease was no longer ours */
    struct board_job jobs[BOARD_JOBS];
    _Atomic uint32_t trail_next;           /* worker: events so far, modulo 2^32 */
    _Atomic uint32_t in_line;              /* worker: waits for its turn in `bulk` */
    struct board_event trail[BOARD_TRAIL]; /* worker */
};

struct board {
    uint64_t magic;
    uint32_t version;
    uint32_t slots;
    uint32_t jobs_per_slot;
    uint32_t slot_size;
    char service[72];
    char host[72];
    _Atomic int32_t master_pid;       /* master */
    _Atomic int64_t master_pid_start; /* master, as pid_start */
    _Atomic int64_t start_time;       /* master: Unix seconds */
    _Atomic uint32_t master_state; /* master: 0 starting, 1 running, 2 holding, 3 halting */
    _Atomic int32_t poller_pid;    /* poller */
    _Atomic uint64_t params_seq;   /* poller: changes whenever a params row did */
    _Atomic int64_t last_look; /* poller: Unix seconds of the last look that succeeded */
    _Atomic uint64_t waiting;  /* poller: jobs due at that look, at most waiting_limit */
    _Atomic uint64_t waiting_limit; /* poller */
    _Atomic int64_t max_workers;    /* poller */
    _Atomic uint64_t looks;         /* poller */
    _Atomic uint64_t log_dropped;   /* poller: messages sent to the fallback */
    /* master: outcomes of workers that have gone; poller's own in the second group */
    _Atomic uint64_t completed, failed, failed_final, deferred, released, lost;
    _Atomic uint64_t dead_failed, dead_failed_final, dead_released;
    _Atomic uint32_t used_slots; /* master: slots from here on were never used */
    /* poller, before poller_pid: as pid_start; 0 in boards of older versions */
    _Atomic int64_t poller_pid_start;
    /* The watcher, and what it has seen; the counters only grow. */
    _Atomic int32_t watcher_pid;    /* watcher; master clears */
    _Atomic uint32_t watch_state;   /* watcher: enum board_watch; master clears */
    _Atomic uint32_t watch_wanted;  /* master sets: ring once at a change; watcher clears */
    _Atomic uint32_t watch_resting; /* watcher: waits to be told that it is wanted */
    _Atomic uint64_t watch_due;     /* watcher: jobs that became due */
    _Atomic uint64_t watch_unclear; /* watcher: changes that ask for a look */
    /* Monotonic microseconds. watcher: lowers it to when a job will be due; master: sets it
     * to INT64_MAX as it takes it */
    _Atomic int64_t watch_next;
    _Atomic int64_t watch_ours;   /* watcher: when it last saw a change of this database */
    _Atomic uint64_t watch_bytes; /* watcher: read by this and earlier ones */
    _Atomic uint64_t job_ns;      /* workers: what jobs have been taking; 0: unknown */
    struct turn bulk[BOARD_BULK]; /* workers: to claim or complete many jobs at once */
    /* master: dsn_identity() of the database in which the jobs are; 0 in boards of older
     * versions */
    _Atomic uint64_t collective;
    /* master: workers in a row that ended before they could take a job */
    _Atomic uint32_t failing;
    char pad[388];
    struct cursor
        cursor[BOARD_JOBTYPES]; /* workers and poller: of each jobtype, in order */
    struct board_slot slot[];
};

size_t board_size(void);
/* Creates `path` (mode 0640) and maps it; an existing file is replaced by rename, never
 * truncated, since its old users may still have it mapped. `*fd_out` stays open for
 * board_reserve(). */
int board_create(const char *path, const char *service, const char *host,
                 struct board **out, int *fd_out, struct helios_error *err);
/* Whether its jobs are in the database of that identity, or it is not known where. */
bool board_belongs(const struct board *board, uint64_t collective);
/* Maps an existing board after checking magic, version and size. */
int board_open(const char *path, bool writable, struct board **out,
               struct helios_error *err);
void board_close(struct board *board);
/* Writes a mapped board whose file was removed to `path`, where nothing must be. */
int board_save(const struct board *board, const char *path, struct helios_error *err);
/* Allocates the blocks of slot `i`. 0, or -1 (no space). */
int board_reserve(int fd, unsigned i, struct helios_error *err);

const char *board_state_name(uint32_t state);

#endif
