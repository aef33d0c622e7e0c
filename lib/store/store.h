/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/client.h>

#include "core/cursor.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mono.h"
#include "core/settings.h"
#include "db/db.h"
#include "job/life.h"

/* The verbs of the collective, written once above the driver. A store is a connection plus
 * the names that it has looked up. Every verb is its own transaction unless it says
 * otherwise; none repeats itself after RETRY: the caller decides (store_retry()). */
struct store;

int store_open(const struct dsn *dsn, const char *user, const char *password,
               struct store **out, struct helios_error *err);
void store_close(struct store *store);
/* Connects anew in place of a connection that was lost (db_reopen()). */
int store_reopen(struct store *store, struct helios_error *err);
/* Makes the empty file of an SQLite database, mode 0640, if there is none; nothing for a
 * server. For `helios schema init`; store_open() refuses a file that is missing. */
int store_create(const struct dsn *dsn, struct helios_error *err);
struct helios_db *store_db(struct store *store);
/* TheSchwartz's name of the database, for handles; "" if the dsn came from no file. */
const char *store_hash(const struct store *store);

/* Runs `work` again while it fails with HELIOS_E_RETRY, at most 10 times, with growing
 * jittered pauses of 1 to 100 ms, and not later than 5 s after it began: what has waited in
 * vain for a lock, which takes 5 s on SQLite and 10 s on a server, is not repeated. */
typedef int store_work_fn(struct store *store, void *arg, struct helios_error *err);
int store_retry(struct store *store, store_work_fn *work, void *arg,
                struct helios_error *err);

/* The server's clock, Unix seconds. */
int store_now(struct store *store, int64_t *out, struct helios_error *err);

/* ---- jobtypes ---- */
/* The funcid of a name; 1 if there is none. The spelling need not match in case where the
 * collation does not distinguish it (theschwartz.md 1.1). Known ones are remembered. */
int store_jobtype(struct store *store, const char *name, uint32_t *out,
                  struct helios_error *err);
/* The same, creating it outside any transaction of jobs: must not be called in one. */
int store_jobtype_ensure(struct store *store, const char *name, uint32_t *out,
                         struct helios_error *err);
/* The name of a funcid; asks again when it is not known. NULL in `*out` if there
 * is none. */
int store_jobtype_name(struct store *store, uint32_t funcid, const char **out,
                       struct helios_error *err);

/* The jobtype that helios_class_map gives to a name from outside: appended to `out`. 1 if
 * it gives none, or there is no such table. */
int store_class_of(struct store *store, const char *type, struct buf *out,
                   struct helios_error *err);

/* ---- queue ---- */
struct store_job {
    uint64_t jobid;
    uint32_t funcid;
    void *arg; /* owned; NULL for NULL */
    size_t arg_len;
    char *uniqkey, *coalesce; /* owned or NULL */
    int64_t insert_time;      /* -1 for NULL */
    int64_t run_after;
    int64_t priority;     /* -1 for NULL */
    uint32_t lease_until; /* the grabbed_until that the claim wrote */
};
void store_job_fini(struct store_job *job);

/* Jobs due now of these types (run_after <= now and grabbed_until <= now by the server's
 * clock), counted no further than `limit`. */
int store_waiting(struct store *store, const uint32_t *funcids, size_t n, uint64_t limit,
                  uint64_t *out, struct helios_error *err);
/* The same of one type behind the place of a cursor, which may leave out some that are due
 * before it but does not cost more the more are held there. 1 if the cursor is nowhere. */
int store_waiting_behind(struct store *store, uint32_t funcid, const struct cursor *cursor,
                         uint64_t limit, uint64_t *out, struct helios_error *err);
/* The same of those whose priority is `floor` or higher. */
int store_waiting_above(struct store *store, const uint32_t *funcids, size_t n,
                        uint32_t floor, uint64_t limit, uint64_t *out,
                        struct helios_error *err);
/* All jobs of these types in whatever state, counted no further than `limit`. */
int store_backlog(struct store *store, const uint32_t *funcids, size_t n, uint64_t limit,
                  uint64_t *out, struct helios_error *err);

/* What an idle daemon has to know of the jobs of these types that are not due: whether some
 * are held, so that they become due when a lease runs out, and in how many milliseconds the
 * first of the others is due (0: there is none). */
struct store_upcoming {
    bool held;
    int64_t next_ms;
};
int store_upcoming(struct store *store, const uint32_t *funcids, size_t n,
                   struct store_upcoming *out, struct helios_error *err);

/* Claims up to `want` due jobs of one type, in `order`, then oldest run_after first, then
 * jobid; fewer when their arguments have STORE_CLAIM_BYTES together. An order by priority
 * looks at all due jobs of the type, unless there is an index for it. Before the
 * rows are changed `announce` is told their ids and the lease (so that a death during
 * COMMIT can be accounted for), and once more before the COMMIT if it is only some of them;
 * it may be NULL. `*got` jobs are filled. If COMMIT was
 * uncertain the rows are read back on... the caller's next connection: the failure is
 * UNCERTAIN and announced jobs must be released by fence. On HELIOS_E_NOMEM `jobs[0].jobid`
 * is the job for which there was no room, or 0 where that is not known. */
#define STORE_CLAIM_BYTES (16u * 1024u * 1024u)
struct store_claim {
    uint32_t funcid;
    size_t want;
    enum job_order order;
    uint32_t floor; /* by priority: none of a lower one, nor without one; 0: all */
    uint32_t lease_s;
    uint32_t random;       /* for life_lease_until() */
    struct cursor *cursor; /* of this jobtype; NULL: from the start */
    /* Only jobs whose coalesce has this value, or begins with it, as the database compares;
     * NULL: all. Without `cursor`, in the order ORDER_OLDEST. */
    const char *coalesce;
    bool coalesce_prefix;
    void (*announce)(void *arg, const uint64_t *jobids, size_t n, uint32_t lease_until);
    void *arg;
};
int store_claim(struct store *store, const struct store_claim *claim,
                struct store_job *jobs, size_t *got, struct helios_error *err);

/* The value of grabbed_until under which nobody holds a job. 1 if somebody does, or the job
 * is gone. */
int store_unheld(struct store *store, uint64_t jobid, uint32_t *lease_until,
                 struct helios_error *err);

/* Claims one job that nobody holds, whatever its jobtype and its run_after: `funcid`,
 * `order`, `want` and `cursor` of `claim` are not looked at. 1 if there is no such job, or
 * somebody holds it. */
int store_claim_one(struct store *store, const struct store_claim *claim, uint64_t jobid,
                    struct store_job *job, struct helios_error *err);

/* A claimed job whose outcome is to be written. `leases` are the values of grabbed_until
 * that are ours (claimed, renewed, pending); zero rows changed under all of them is "lease
 * lost". */
struct store_held {
    const struct store_job *job;
    uint32_t leases[3]; /* unused ones repeat the first */
    const char *text;   /* argument text for the history */
    size_t text_len;
    bool lost; /* out: no longer ours; nothing was written for it */
    /* out: what the database refused of the history row, whatever the row held */
    enum store_history {
        STORE_HISTORY_WHOLE,
        STORE_HISTORY_TEXTLESS,
        STORE_HISTORY_NONE
    } history;
};

/* True of the kinds that say that the values of a job are not taken, now or later: its
 * outcome must be another one. All other failures may pass. */
bool store_refused(enum helios_error_kind kind);

/* Options of every outcome. */
struct store_outcome {
    bool history;         /* write history rows */
    uint32_t keep_exit_s; /* keep an exitstatus row; 0 none */
};

/* Completes `n` jobs in one transaction: history rows (exit status 0), exitstatus rows
 * where kept, jobs and their notes deleted. When a transaction is open on the connection (a
 * service used helios_job_db()) it is that one, and with a lost lease all of it is
 * rolled back. Otherwise jobs that are lost are marked and the others completed. Commits.
 */
int store_complete(struct store *store, struct store_held *held, size_t n,
                   const struct store_outcome *outcome, struct helios_error *err);

/* Fails one job: error row (message made fit: at most 254 characters, storable in the
 * column's character set whatever it takes), history row, and either the retry or the
 * deletion with exitstatus row. Failures are counted from error rows. Any open transaction
 * is rolled back first. A history row that the database refuses keeps no job from failing:
 * it is left out. */
struct store_failure {
    const char *message;
    size_t message_len;
    uint32_t status; /* 0 counts as 1; above 65535 is cut */
    bool permanent;
    /* Behind all that is due now, also where the rules have no interval: a job that kills
     * its workers must not be first in the queue each time. */
    bool behind;
    const struct life_rules *rules;
};
struct store_failed { /* what became of it */
    bool final;
    uint32_t failures;
    int64_t run_after;
};
int store_fail(struct store *store, struct store_held *held,
               const struct store_failure *failure, const struct store_outcome *outcome,
               struct store_failed *out, struct helios_error *err);

/* Puts a held job off: run_after = `run_after` (cut to what can be stored), grabbed_until =
 * 0. */
int store_defer(struct store *store, struct store_held *held, int64_t run_after,
                struct helios_error *err);

/* Gives jobs back: grabbed_until = 0 where it is still one of `leases`. `*released`
 * (may be NULL) counts. */
int store_release(struct store *store, const uint64_t *jobids, size_t n,
                  const uint32_t leases[3], uint64_t *released, struct helios_error *err);

/* Writes a new lease where the row still has one of `leases`. `*renewed` (may be NULL)
 * counts rows. */
int store_renew(struct store *store, const uint64_t *jobids, size_t n,
                const uint32_t leases[3], uint32_t lease_until, uint64_t *renewed,
                struct helios_error *err);

/* Bursts a metajob in one transaction: children inserted, the metajob completed. `next`
 * gives the XML of child after child: 0 one, 1 no more, -1 failed. On failure no child
 * exists. `priority` is that of the children, -1 for none. */
typedef int store_child_fn(void *arg, const char **xml, size_t *len,
                           struct helios_error *err);
int store_burst(struct store *store, struct store_held *metajob, uint32_t child_funcid,
                int64_t priority, store_child_fn *next, void *arg,
                const struct store_outcome *outcome, uint64_t *children,
                struct helios_error *err);

/* Which state a job whose COMMIT was uncertain is in: reads the row back. */
enum store_fate {
    STORE_STILL_HELD, /* the row has one of our leases: the commit did not happen */
    STORE_ENDED,      /* no row: it happened */
    STORE_CHANGED     /* the row is free or somebody else's: it happened, or we lost it */
};
int store_fate(struct store *store, uint64_t jobid, const uint32_t leases[3],
               enum store_fate *out, struct helios_error *err);

/* Reads one job row whole, without claiming it (accounting for the dead): 1 if there is
 * none with one of these leases. */
int store_read_held(struct store *store, uint64_t jobid, const uint32_t leases[3],
                    struct store_job *out, struct helios_error *err);

int store_failures(struct store *store, uint64_t jobid, uint32_t *out,
                   struct helios_error *err);

/* Inserts jobs in the open transaction, or one of its own. `args` of a submission are
 * stored according to their form. */
int store_submit(struct store *store, const struct helios_submission *jobs, size_t n,
                 uint64_t *jobids, struct helios_error *err);
/* 1 if the job is unknown. */
int store_lookup(struct store *store, uint64_t jobid, struct helios_job_status *out,
                 struct helios_error *err);

/* ---- params ---- */
typedef void store_param_fn(void *arg, const char *host, const char *param,
                            const char *value);
/* Whether a job of some jobtypes is due, which the same statement answers. */
#define STORE_DUE_MOST 64u
struct store_due {
    const uint32_t *funcids;
    size_t n; /* one to STORE_DUE_MOST */
    bool found;
    int64_t took_ms; /* the statement */
};
/* Rows of `service` for host `*` first, then for `host`, each in insertion order where the
 * database keeps one. `value` NULL is SQL NULL. `due` NULL: it is not asked for. */
int store_params(struct store *store, const char *service, const char *host,
                 store_param_fn *fn, void *arg, struct store_due *due,
                 struct helios_error *err);
/* Replaces all rows of (service, host, param) by one, in one transaction. */
int store_param_set(struct store *store, const char *service, const char *host,
                    const char *param, const char *value, struct helios_error *err);
/* Inserts a row beside others (an operator's own HALT row must survive ours). */
int store_param_add(struct store *store, const char *service, const char *host,
                    const char *param, const char *value, struct helios_error *err);
/* Deletes the rows of (service, host, param); only those with `value` if it is not NULL. */
int store_param_unset(struct store *store, const char *service, const char *host,
                      const char *param, const char *value, uint64_t *deleted,
                      struct helios_error *err);
/* Every HALT row for `host` or `*`, whatever the service. */
typedef void store_halt_fn(void *arg, const char *service, const char *host,
                           const char *value);
int store_halts(struct store *store, const char *host, store_halt_fn *fn, void *arg,
                struct helios_error *err);

/* ---- registry ---- */
struct store_registration {
    const char *service, *version, *host; /* version NULL or at most 10 characters stored */
    int64_t start_time;
    int32_t pid;
};
/* Replaces the row of (service, host) in one transaction. */
int store_register(struct store *store, const struct store_registration *r,
                   struct helios_error *err);
/* Deletes the row of (service, host, pid). */
int store_unregister(struct store *store, const struct store_registration *r,
                     struct helios_error *err);

/* ---- log ---- */
/* Inserts `n` rows in one statement. */
int store_log(struct store *store, const char *service, const char *host,
              const struct log_record *records, size_t n, struct helios_error *err);

/* Deletes error rows older than 604800 s and exitstatus rows past delete_after, at most
 * 1000 of each. `*more` tells whether there may be more. */
int store_clean(struct store *store, bool *more, struct helios_error *err);

/* ---- schema ---- */
enum store_schema_state {
    SCHEMA_EMPTY,      /* none of our tables */
    SCHEMA_STOCK,      /* TheSchwartz or Helios 2.x tables, no steps of ours */
    SCHEMA_OLD,        /* steps are missing */
    SCHEMA_INCOMPLETE, /* tables, columns or indexes of steps that were applied are missing
                        */
    SCHEMA_CURRENT,
    SCHEMA_NEWER /* a later version of this program was here */
};
struct store_schema {
    enum store_schema_state state;
    unsigned version; /* last step applied */
    unsigned latest;  /* last step known */
    bool has_helios_tables;
};
int store_schema_status(struct store *store, struct store_schema *out,
                        struct helios_error *err);
/* Applies the missing steps, then adds the tables and indexes that are missing of others;
 * tells each before it is applied, a step by its version and name, else 0 and "TABLE" or
 * "TABLE (COLUMN,...)" (fn may be NULL). Safe over stock tables with rows in them, and when
 * two programs do it at once. Does nothing and fails with HELIOS_E_SCHEMA where a table
 * lacks a column, or rows refer to a queue that is missing. */
typedef void store_step_fn(void *arg, unsigned version, const char *name);
int store_schema_upgrade(struct store *store, store_step_fn *fn, void *arg,
                         struct helios_error *err);
/* What a daemon needs: 0, or -1 with HELIOS_E_SCHEMA and "helios schema
 * init|upgrade" said. */
int store_schema_require(struct store *store, struct helios_error *err);

#endif
