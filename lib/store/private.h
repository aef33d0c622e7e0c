/* SPDX-License-Identifier: MIT */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "core/buf.h"
#include "core/fault.h"
#include "store/statements.h"
#include "store/steps.h"
#include "store/store.h"

/* What the files of the store share. */
struct jobtype {
    uint32_t funcid;
    bool stored; /* `name` is spelt as in the table, not only equal under its collation */
    char *name;
};

struct store {
    struct helios_db *db;
    /* For second connections. */
    struct dsn dsn;
    char *user;
    char *password;
    struct jobtype *jobtypes;
    size_t jobtypes_n;
    bool no_notes;               /* there is no table of notes */
    struct buf sql;              /* scratch: an expanded statement */
    struct buf prefixed;         /* scratch: the same with the prefix of the tables */
    struct helios_datum *params; /* scratch: parameters of a statement with groups */
    size_t params_cap;
};

/* Rows or ids of one statement at most, and about how many bytes of values. */
#define GROUPS_MAX     512u
#define GROUPS_BYTES   (1024u * 1024u)
#define STORE_LEASES   3u
#define STORE_TIME_MAX UINT32_MAX /* of the time columns */

/* Runs statement `id` with its group repeated `groups` times. */
int store_exec(struct store *store, enum statement id, size_t groups,
               const struct helios_datum *params, size_t n, uint64_t *changed,
               struct helios_error *err);
int store_query(struct store *store, enum statement id, size_t groups,
                const struct helios_datum *params, size_t n, helios_row_fn *row, void *arg,
                struct helios_error *err);
/* The same of a statement that names an index, and that is followed in the table by the
 * same without: that is run where the table's index has another name. */
int store_query_by_index(struct store *store, enum statement id,
                         const struct helios_datum *params, size_t n, helios_row_fn *row,
                         void *arg, struct helios_error *err);
/* Runs a query of one row of at most `want` whole numbers: 1 if there is no row. */
int store_numbers(struct store *store, enum statement id, const struct helios_datum *params,
                  size_t n, int64_t *out, size_t want, struct helios_error *err);

/* A statement over a list of ids: `before`, the ids, `after` are its parameters. The ids
 * are given in lists of at most GROUPS_MAX, padded with repetitions to a few lengths, so
 * that there are few texts to prepare. `*changed` is the sum.
 *
 * `run_id`, if it is not ST_NOW, does the same to `n` ids that follow one another without a
 * gap, which a server finds much faster than as many single ones: its parameters are
 * `before`, the first and the last id, `after`, and `n`, beyond which it must not look: the
 * row behind the last one may be locked. */
struct store_ids {
    enum statement id;
    enum statement run_id;
    const struct helios_datum *before;
    size_t before_n;
    const uint64_t *jobids;
    size_t n;
    const struct helios_datum *after;
    size_t after_n;
};
int store_exec_ids(struct store *store, const struct store_ids *ids, uint64_t *changed,
                   struct helios_error *err);
/* A query over at most GROUPS_MAX ids. */
int store_query_ids(struct store *store, const struct store_ids *ids, helios_row_fn *row,
                    void *arg, struct helios_error *err);

/* An INSERT of `n` rows of `width` values: `fill` writes those of row `i`. Split into
 * statements of a few fixed lengths; `row` (may be NULL) gets what they return. `apart`, in
 * a transaction: the rows return nothing and may be inserted one by one, which is dearer
 * for an AUTO_INCREMENT; then a server that can is given all with one statement of one
 * row, which needs no preparing for each length. */
typedef void store_fill_fn(void *arg, size_t i, struct helios_datum *values);
struct store_rows {
    enum statement id;
    size_t n;
    size_t width;
    store_fill_fn *fill;
    void *fill_arg;
    helios_row_fn *row;
    void *row_arg;
    bool apart;
};
int store_insert_rows(struct store *store, const struct store_rows *rows,
                      struct helios_error *err);

/* Refuses text that a column of `most` characters does not take: SQLite would store what a
 * server refuses or, where it is not strict, cuts. NULL is taken. */
int store_fits(const char *what, const char *text, size_t most, struct helios_error *err);
#define STORE_NAME_CHARS 255u /* of a jobtype, a uniqkey, a coalesce value */
/* The same of a name that is to become a jobtype. */
int store_jobtype_fits(const char *name, struct helios_error *err);

/* A transaction around the work of one verb. end: commits if `rc` is 0, else rolls back;
 * gives `rc`, or -1 if COMMIT failed. */
int store_begin(struct store *store, struct helios_error *err);
int store_begin_alone(struct store *store, struct helios_error *err); /* of one statement */
int store_end(struct store *store, int rc, struct helios_error *err);

/* Named places of failure (core/fault.h): a connection that is said to be lost is lost.
 * `before`: the point before COMMIT, which is followed in the table by that after it. */
#ifdef HELIOS_TESTS
int store_fault(struct store *store, enum fault_point point, struct helios_error *err);
int store_end_at(struct store *store, enum fault_point before, int rc,
                 struct helios_error *err);
#else
#define store_fault(store, point, err)       fault_pass(point, err)
#define store_end_at(store, before, rc, err) store_end(store, rc, err)
#endif

void store_datum_leases(const uint32_t leases[STORE_LEASES],
                        struct helios_datum out[STORE_LEASES]);
/* Of a number that may be anybody's: one above INT64_MAX, which SQLite does not have, is
 * that of no job. */
struct helios_datum store_datum_jobid(uint64_t jobid);
/* The parameters of the statements that look behind a cursor. */
#define STORE_BEHIND_PARAMS 7
void store_datum_behind(uint32_t funcid, struct cursor_place place, uint64_t limit,
                        struct helios_datum out[STORE_BEHIND_PARAMS]);
/* A number whose column is NULL for -1. */
struct helios_datum store_number_or_null(int64_t value);
int64_t store_number_read(const struct helios_datum *d);
/* Copies a row of the columns that ST_CLAIM_READ, _LOCK, _NEXT and ST_JOB_READ_HELD give;
 * false when memory ran out, then nothing is allocated. */
bool store_job_read(struct store_job *job, const struct helios_datum *columns);
#define STORE_JOB_NOW_COLUMN 9

/* ---- parts of outcomes, in the open transaction ---- */
/* Deletes a held job under its fence, and its notes: `*deleted` tells whether it was still
 * ours. */
int store_delete_held(struct store *store, const struct store_held *held, bool *deleted,
                      struct helios_error *err);
/* History and exitstatus rows of `n` jobs that are not lost. */
int store_record_ends(struct store *store, struct store_held *held, size_t n,
                      uint32_t status, bool final, const struct store_outcome *outcome,
                      struct helios_error *err);

/* ---- rows to be put into `job` ---- */
struct jobrow {
    uint32_t funcid;
    size_t arg_at, arg_len; /* in `bytes` of the block */
    bool arg_null;
    const char *uniqkey, *coalesce;
    int64_t run_after, priority;
};
struct jobrows {
    struct buf bytes;
    size_t n;
    bool plain; /* no row has more than a type and an argument */
    struct jobrow rows[GROUPS_MAX];
};
struct jobrows *jobrows_new(void);
void jobrows_free(struct jobrows *rows);
bool jobrows_full(const struct jobrows *rows);
/* Adds a row; `row` tells everything but the argument. False when memory ran out. */
bool jobrows_add(struct jobrows *rows, const struct jobrow *row, const void *args,
                 size_t len, enum helios_args_form form);
/* Inserts the rows and empties the block; `jobids` may be NULL. */
int jobrows_insert(struct jobrows *rows, struct store *store, uint64_t *jobids,
                   struct helios_error *err);

/* The text with the prefix of this database's tables; lives until the next call. NULL: out
 * of memory. */
const char *store_prefixed(struct store *store, const char *text, struct helios_error *err);

/* The steps for this database's driver. */
const struct schema_step *store_schema_steps(const struct store *store);
/* Whether an index of `table`, a name without prefix, begins with `columns`, which commas
 * separate. */
int store_schema_indexed(struct store *store, const char *table, const char *columns,
                         bool *out, struct helios_error *err);

/* store_jobtype_ensure() while a transaction is open on the store's connection. */
int store_jobtype_ensure_apart(struct store *store, const char *name, uint32_t *out,
                               struct helios_error *err);

#endif
