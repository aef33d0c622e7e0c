/* SPDX-License-Identifier: MIT */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "store/store.h"

/* What an operator asks of a collective: rows for display, and the cleaning of history and
 * log. Nothing here is needed to run a job. */

/* Creates a jobtype. One that exists is -1 with HELIOS_E_DUPLICATE. */
int query_jobtype_create(struct store *store, const char *name, uint32_t *out,
                         struct helios_error *err);

/* How many rows name a jobtype; a count above QUERY_USES means "more than that". The
 * history has no index of jobtypes: all of it is read where there is none. */
#define QUERY_USES 10000
struct query_uses {
    uint64_t jobs, errors, exitstatus, history;
};
int query_jobtype_uses(struct store *store, uint32_t funcid, struct query_uses *out,
                       struct helios_error *err);
/* Removes a jobtype unless there are jobs of it: 1 if there are, or it has gone. */
int query_jobtype_remove(struct store *store, uint32_t funcid, struct helios_error *err);

/* A job as the queue has it, or one attempt as the history has it. */
struct query_job {
    uint64_t jobid;
    uint32_t funcid;
    int64_t insert_time; /* -1 for NULL */
    int64_t run_after;
    int64_t grabbed_until;
    int64_t priority; /* -1 for NULL */
    void *arg; /* owned, followed by a NUL that arg_len does not count; NULL for NULL */
    size_t arg_len;
    bool finished;         /* a row of the history: */
    int64_t complete_time; /* what follows has a meaning */
    int64_t exitstatus;
};
void query_job_fini(struct query_job *job);

/* The latest attempt that the history knows, else the queue's row. 1 if neither exists. */
int query_job(struct store *store, uint64_t jobid, struct query_job *out,
              struct helios_error *err);

/* The exit status of the latest attempt. 1 if the history has none. */
int query_exitstatus(struct store *store, uint64_t jobid, int64_t *out,
                     struct helios_error *err);

/* The log of one job since `since` (the table has no index of jobs: older messages are not
 * read) in order of time, at most its first QUERY_LOGS rows. */
#define QUERY_LOGS 100000
struct query_log {
    int64_t time;
    const char *host; /* NULL for NULL */
    int64_t pid;
    int level; /* 0 to 7; 6 if the row has none that can be read */
    const char *message;
};
typedef void query_log_fn(void *arg, const struct query_log *log);
int query_logs(struct store *store, uint64_t jobid, int64_t since, query_log_fn *fn,
               void *arg, struct helios_error *err);

/* Daemons that registered after `since`, on `host` (NULL: on all), of `service` (NULL: of
 * all); ordered by service and host, at most QUERY_REGISTERED. */
#define QUERY_REGISTERED 10000
struct query_daemon {
    const char *service;
    const char *version; /* NULL for NULL */
    const char *host;
    int64_t pid;
    int64_t start_time;
    int64_t register_time;
};
typedef void query_daemon_fn(void *arg, const struct query_daemon *daemon);
int query_daemons(struct store *store, const char *service, const char *host, int64_t since,
                  query_daemon_fn *fn, void *arg, struct helios_error *err);

/* Deletes rows that are not younger than `horizon`, at most `most` of them, so that no
 * transaction grows with the table; `*deleted` below that means there are no more. */
#define QUERY_PURGED 5000 /* a good number */
enum query_purge { PURGE_LOG, PURGE_HISTORY };
int query_purge(struct store *store, enum query_purge table, int64_t horizon, uint64_t most,
                uint64_t *deleted, struct helios_error *err);
/* The statement that it runs, for display. */
const char *query_purge_text(struct store *store, enum query_purge table);

#endif
