/* SPDX-License-Identifier: MIT */
#ifndef STORE_LISTING_H
#define STORE_LISTING_H

#include "store/store.h"

/* What an operator looks at: each function reads a bounded number of rows by an index,
 * whatever the tables hold, and locks none. */

/* Jobtypes by funcid, at most LISTING_JOBTYPES of those behind `after`. */
#define LISTING_JOBTYPES 1000
typedef void listing_jobtype_fn(void *arg, uint32_t funcid, const char *name);
int listing_jobtypes(struct store *store, uint32_t after, listing_jobtype_fn *fn, void *arg,
                     struct helios_error *err);

/* Jobs of one type in the queue. A count above LISTING_COUNTED means "more than that". */
#define LISTING_COUNTED 10000
struct listing_queue {
    uint64_t delayed;
    uint64_t due;     /* waiting and running */
    uint64_t running; /* of the oldest LISTING_COUNTED that are due */
    int64_t oldest;   /* run_after of the oldest that waits; -1: none waits */
    int64_t now;      /* the server's clock */
};
uint64_t listing_waiting(const struct listing_queue *queue);
int listing_queue(struct store *store, uint32_t funcid, struct listing_queue *out,
                  struct helios_error *err);

/* Attempts of the last hour as the history has them, by jobtype; only the latest
 * LISTING_ENDS are counted, `*more` tells that there are others. */
#define LISTING_ENDS 20000
struct listing_ends {
    uint32_t funcid;
    uint64_t done_minute, failed_minute, done_hour, failed_hour;
};
typedef void listing_ends_fn(void *arg, const struct listing_ends *ends);
int listing_ends(struct store *store, listing_ends_fn *fn, void *arg, bool *more,
                 struct helios_error *err);

/* Rows of the params table, of `service` or (NULL) of all, at most LISTING_PARAMS. */
#define LISTING_PARAMS 10000
typedef void listing_param_fn(void *arg, const char *service, const char *host,
                              const char *param, const char *value);
int listing_params(struct store *store, const char *service, listing_param_fn *fn,
                   void *arg, struct helios_error *err);

/* A job in the queue, or the last attempt of one that has left it. */
enum listing_state {
    LISTING_WAITING,
    LISTING_DELAYED,
    LISTING_HELD, /* by an operator, see store/operate.h */
    LISTING_RUNNING,
    LISTING_FAILED, /* for good */
    LISTING_DONE,
    LISTING_STATES
};
struct listing_job {
    uint64_t jobid;
    uint32_t funcid;
    enum listing_state state;
    int64_t insert_time; /* -1 for NULL, and for what such a job does not have: */
    int64_t run_after;
    int64_t complete_time;
    int64_t exitstatus;
    const char *error; /* the last one; NULL: none is known */
};
/* Gets job after job. Returns 0 to go on. */
typedef int listing_job_fn(void *arg, const struct listing_job *job);

/* Jobs of one type with run_after from `from` to `to`, oldest first, at most `most`;
 * `*looked` is how many there were. */
struct listing_range {
    uint32_t funcid;
    int64_t from, to;
    uint64_t most;
};
int listing_queued(struct store *store, const struct listing_range *range,
                   listing_job_fn *fn, void *arg, uint64_t *looked,
                   struct helios_error *err);
/* Jobs that have ended since `since`, newest first, as the latest `most` attempts tell;
 * `*looked` counts attempts. */
int listing_ended(struct store *store, int64_t since, uint64_t most, listing_job_fn *fn,
                  void *arg, uint64_t *looked, struct helios_error *err);

/* Jobs of one type that somebody holds by a lease, at most `most` of the oldest
 * LISTING_COUNTED that are due; `left_s` is how long the lease still lasts. */
typedef void listing_lease_fn(void *arg, uint64_t jobid, int64_t left_s);
int listing_leased(struct store *store, uint32_t funcid, uint64_t most,
                   listing_lease_fn *fn, void *arg, struct helios_error *err);

/* The latest `most` failed attempts, newest first, whatever became of their jobs. */
struct listing_error {
    int64_t time;
    uint64_t jobid;
    uint32_t funcid;
    const char *message; /* never NULL */
};
typedef void listing_error_fn(void *arg, const struct listing_error *error);
int listing_errors(struct store *store, uint64_t most, listing_error_fn *fn, void *arg,
                   struct helios_error *err);

/* The level of a row of the log: 0 to 7, 6 if it has none that can be read. */
int listing_level(const struct helios_datum *d);

/* Messages of the log since `since`, at most LISTING_MESSAGES: the last ones, newest first,
 * or with `forward` the first ones, oldest first. */
#define LISTING_MESSAGES 20000
struct listing_message {
    int64_t time;
    const char *host; /* texts are never NULL */
    int64_t pid;
    uint64_t jobid; /* 0: none */
    const char *service;
    int level; /* 0 to 7; 6 if the row has none that can be read */
    const char *message;
};
/* Returns 0 to go on. */
typedef int listing_message_fn(void *arg, const struct listing_message *message);
int listing_messages(struct store *store, int64_t since, bool forward,
                     listing_message_fn *fn, void *arg, struct helios_error *err);

#endif
