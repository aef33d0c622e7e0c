/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "core/buf.h"
#include "core/mono.h"
#include "daemon/heritage.h"
#include "daemon/job.h"
#include "daemon/plugin.h"
#include "daemon/ties.h"

/* Completions of an idempotent service that wait for one commit. */
struct worker_group {
    struct worker_done {
        size_t index; /* of the job in the batch, once for each */
        size_t text_at, text_len;
    } done[BOARD_JOBS];
    size_t count;
    struct buf texts;  /* of the arguments, for the history */
    struct mono since; /* when the first one was noted */
};

#define WORKER_MISSES 3u

/* One worker process. Sequential: claim, run, record, look whether to leave. */
struct helios_worker {
    const struct heritage *heritage;
    struct board_slot *slot;
    pid_t pid;
    struct ties ties;
    /* Dead while the database is away; NULL before the start, and when no connection could
     * take the place of one that the service broke. */
    struct store *store;
    struct plugin plugin;
    struct args_how decoding; /* of all jobs, by one reader */
    struct life_rules rules;
    struct helios_params *params;
    struct settings settings;
    uint64_t params_seq;
    uint64_t params_digest;
    unsigned jobs_since_params;
    void *data; /* the service's own */

    bool leaving;     /* told to leave, or HOLD, HALT or TTL say so */
    bool downshift;   /* leaves without a word: DOWNSHIFT_ON_NONZERO_RUN, run() was not 0 */
    bool master_gone; /* end of file on the master's socket */
    bool woken;
    unsigned misses;      /* looks in vain since the last WAKE; WORKER_MISSES: no more */
    struct mono listened; /* when the socket was last looked at between jobs */
    bool in_run;    /* the service's code is running: its connection is helios_job_db() */
    bool succeeded; /* SUCCESS was sent */
    uint64_t jobs_run;
    struct mono born; /* about when the master launched it */

    struct store_job jobs[BOARD_JOBS]; /* the claimed batch */
    size_t count;
    uint32_t seq;       /* of the claim, in the slot */
    unsigned next_type; /* which jobtype is asked first */
    size_t batch;       /* how many to claim next */
    size_t job_bytes;   /* mean of the arguments of the last batch */
    double job_ms;      /* what jobs have been taking, moving average; negative: unknown */
    struct worker_group group;
    bool one_by_one; /* a claim had no room for several jobs */
    bool no_memory;  /* a claim or an outcome had no room; why this process ends, if it does
                      */
    unsigned repairs; /* pauses for what has to be mended, since an outcome was written */

    size_t running;          /* the job of the batch that runs */
    struct taken_job *taken; /* those that are done together with it: together.h */
    bool unsure; /* the COMMIT of the claim of the job at this place is uncertain */
    size_t unsure_at;
};

/* The role: runs until there is no reason to stay. Exit code EX_OK, or why it could not
 * work. */
int worker_main(const struct heritage *heritage);

/* ---- between the worker's own files ---- */

/* Takes what the master has to say, without waiting (0) or for at most `wait_ms`. */
void worker_listen(struct helios_worker *w, int64_t wait_ms);
/* Gives the verdict on a job that the service is not to see: one that cannot be read, or a
 * metajob that it does not run itself. */
void worker_judge(struct helios_worker *w, struct helios_job *job);
void worker_state(struct helios_worker *w, enum board_state state);
/* Tells the master why this worker cannot go on; for want of memory with the limit. */
void worker_trouble(struct helios_worker *w, const struct helios_error *err);
/* Before and after a transaction with so many jobs. Large ones of a daemon take turns: more
 * than a few at once make the server wait for latches of the same pages instead of getting
 * on. Small ones wait for their fsync, which they share the better the more come at once:
 * for those it is nobody's turn, NULL. */
struct turn *worker_bulk_begin(const struct helios_worker *w, size_t jobs);
void worker_bulk_end(const struct helios_worker *w, struct turn *turn);
/* A new connection, to which the flight recorder listens. */
int worker_open_store(struct helios_worker *w, struct store **out,
                      struct helios_error *err);
/* A new connection after LOST; waits with growing pauses while the master lives, if not
 * `patient` no longer than until it is told to leave. -1 when it is time to leave. */
int worker_reconnect(struct helios_worker *w, bool patient);

/* What the service did in the job's transaction was undone for what it tried with it
 * (db_misused()): the job is not completed. To be given back would be no end to it, so it
 * has failed. */
void record_misuse(struct helios_job *job);
/* Writes what became of job `i` of the batch, whatever it takes: repeats after deadlocks,
 * finds out after an uncertain commit. -1: it could not be written; the entry stays on the
 * board for the poller, and the worker must leave. */
int record_job(struct helios_worker *w, size_t i, struct helios_job *job);
/* The same without regard to groups and the service's transaction. `uncertain`: a COMMIT of
 * the verdict may have happened. */
int record_verdict(struct helios_worker *w, size_t i, struct helios_job *job,
                   bool uncertain);
/* What the store needs to write the outcome of job `i`, and how it is to be written. */
void record_held(struct helios_worker *w, size_t i, const struct args *args,
                 struct store_held *held);
struct store_outcome record_outcome(const struct helios_worker *w);
/* Completes what the group holds, in one transaction. */
int record_group(struct helios_worker *w);
/* Gives back what is still held of jobs `from` to before `to` of the batch. -1: some stay
 * on the board; try again, or leave them to the poller by leaving. */
int record_release(struct helios_worker *w, size_t from, size_t to);
/* Pauses before what the database would not write is tried again, from try to try and from
 * job to job for longer; says why at the first of the `tries`. */
void record_await_repair(struct helios_worker *w, size_t i, int tries,
                         const struct helios_error *err);

#endif
