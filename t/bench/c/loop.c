/* SPDX-License-Identifier: MIT */
#include "bare.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/cursor.h"
#include "store/statements.h"

/* The bare loop: on one connection the statements by which the daemon claims and completes,
 * in its order and with its batches, through its driver, and nothing else: no leases to
 * renew, no arguments to decode, no scoreboard but for the cursor. Rows that appear before
 * the cursor are found when nothing is left behind it. */

#define SPARE_IDS 16u
#define WIDTH     10u /* values of a history row */

struct row {
    uint64_t jobid;
    char *arg; /* owned */
    size_t arg_len;
    uint64_t insert_time, run_after;
};

struct loop {
    const struct bare *b;
    struct helios_db *db;
    uint64_t funcid, lease;
    struct cursor *cursor; /* of all connections */
    uint64_t *ids;
    int64_t *times;
    size_t ids_n, ids_max;
    struct row *rows;
    size_t n;
    struct helios_datum *values;
    struct buf sql[STATEMENTS]; /* the last expansion */
    size_t expanded[STATEMENTS];
};

static const char *text_of(struct loop *l, enum statement id, size_t n)
{
    if (l->expanded[id] != n) {
        buf_clear(&l->sql[id]);
        statement_expand(statement_text(id, helios_db_kind(l->db)), n, &l->sql[id]);
        l->expanded[id] = n;
    }
    return buf_text(&l->sql[id]);
}

static int run(struct loop *l, enum statement id, size_t groups,
               const struct helios_datum *values, size_t n, uint64_t *changed,
               struct helios_error *err)
{
    return helios_db_exec(l->db, text_of(l, id, groups), values, n, changed, err);
}

/* ---- claim ---- */

static int id_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct loop *l = arg;
    (void)n;
    if (l->ids_n == l->ids_max)
        return 1;
    l->ids[l->ids_n] = helios_datum_uint(&columns[0]);
    l->times[l->ids_n++] = helios_datum_int(&columns[1]);
    return 0;
}

static int job_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct loop *l = arg;
    struct row *row = &l->rows[l->n];
    (void)n;
    if (l->n == l->b->batch)
        return 1;
    char *bytes = malloc(columns[2].len + 1);
    if (bytes == NULL)
        return 1;
    memcpy(bytes, columns[2].data, columns[2].len);
    *row = (struct row){.jobid = helios_datum_uint(&columns[0]),
                        .arg = bytes,
                        .arg_len = columns[2].len,
                        .insert_time = helios_datum_uint(&columns[5]),
                        .run_after = helios_datum_uint(&columns[6])};
    l->lease = helios_datum_uint(&columns[9]) + 3600;
    l->n++;
    return 0;
}

static void rows_free(struct loop *l)
{
    while (l->n > 0)
        free(l->rows[--l->n].arg);
}

static int lock_some(struct loop *l, size_t from, size_t n, struct helios_error *err)
{
    bool skip = (db_flags(l->db) & DB_SKIP_LOCKED) != 0;
    for (size_t i = 0; i < n; i++)
        l->values[i] = helios_uint(l->ids[from + i]);
    l->values[n] = helios_uint(l->b->batch - l->n);
    return helios_db_query(l->db, text_of(l, skip ? ST_CLAIM_LOCK : ST_CLAIM_READ, n),
                           l->values, n + 1, job_row, l, err);
}

static int lock(struct loop *l, struct helios_error *err)
{
    for (size_t from = 0; from < l->ids_n && l->n < l->b->batch;) {
        size_t n = l->ids_n - from;
        if (from == 0 && n > l->b->batch)
            n = l->b->batch;
        if (n > l->b->batch)
            n = l->b->batch;
        if (lock_some(l, from, n, err) != 0)
            return -1;
        from += n;
        cursor_advance(l->cursor, (struct cursor_place){.run_after = l->times[from - 1],
                                                        .jobid = l->ids[from - 1]});
    }
    return 0;
}

/* Whether the ids of some rows follow one another without a gap: then a statement takes the
 * first, the last, and how many there are. */
static bool is_run(const struct row *rows, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (rows[i].jobid != rows[i - 1].jobid + 1)
            return false;
    return n > 1;
}

static int take(struct loop *l, struct helios_error *err)
{
    l->values[0] = helios_uint(l->lease);
    if (is_run(l->rows, l->n)) {
        l->values[1] = helios_uint(l->rows[0].jobid);
        l->values[2] = helios_uint(l->rows[l->n - 1].jobid);
        l->values[3] = helios_uint(l->n);
        return run(l, ST_CLAIM_TAKE_RUN, 1, l->values, 4, NULL, err);
    }
    for (size_t i = 0; i < l->n; i++)
        l->values[1 + i] = helios_uint(l->rows[i].jobid);
    return run(l, ST_CLAIM_TAKE, l->n, l->values, l->n + 1, NULL, err);
}

static int lock_behind(struct loop *l, struct helios_error *err)
{
    struct cursor_place place;
    if (!cursor_get(l->cursor, &place))
        return 0;
    struct helios_datum values[] = {
        helios_uint(l->funcid),      helios_uint(l->funcid),   helios_int(place.run_after),
        helios_int(place.run_after), helios_uint(place.jobid), helios_int(place.run_after),
        helios_uint(l->b->batch)};
    if (helios_db_query(l->db, text_of(l, ST_CLAIM_NEXT, 1), values, 7, job_row, l, err) !=
        0)
        return -1;
    if (l->n > 0) {
        place.run_after = (int64_t)l->rows[l->n - 1].run_after;
        place.jobid = l->rows[l->n - 1].jobid;
        cursor_advance(l->cursor, place);
    }
    return 0;
}

static int claim_behind(struct loop *l, struct helios_error *err)
{
    uint32_t pid = (uint32_t)getpid();
    if (db_begin(l->db, err) != 0)
        return -1;
    turn_take(&l->cursor->turn, pid);
    int rc = lock_behind(l, err);
    turn_end(&l->cursor->turn, pid);
    if (rc != 0 || (l->n > 0 && take(l, err) != 0))
        return -1;
    return db_commit(l->db, err);
}

static int claim_from_start(struct loop *l, struct helios_error *err)
{
    struct helios_datum values[] = {helios_uint(l->funcid), helios_uint(l->ids_max)};
    l->ids_n = 0;
    if (helios_db_query(l->db, text_of(l, ST_CLAIM_IDS, 1), values, 2, id_row, l, err) != 0)
        return -1;
    if (l->ids_n == 0)
        return 0;
    if (db_begin(l->db, err) != 0 || lock(l, err) != 0 || (l->n > 0 && take(l, err) != 0))
        return -1;
    return db_commit(l->db, err);
}

/* Behind the cursor; from the start when nothing is there. `*empty`: nor there. */
static int claim(struct loop *l, bool *empty, struct helios_error *err)
{
    *empty = false;
    if (claim_behind(l, err) != 0)
        return -1;
    if (l->n == 0 && claim_from_start(l, err) != 0)
        return -1;
    *empty = l->n == 0 && l->ids_n == 0;
    return 0;
}

/* ---- complete ---- */

static int end_jobs(struct loop *l, const struct row *rows, size_t n, uint64_t *deleted,
                    struct helios_error *err)
{
    bool range = is_run(rows, n);
    size_t ids = range ? 2 : n;
    for (size_t i = 0; i < ids; i++)
        l->values[i] = helios_uint(rows[range && i == 1 ? n - 1 : i].jobid);
    for (size_t i = 0; i < 3; i++)
        l->values[ids + i] = helios_uint(l->lease);
    if (!range)
        return run(l, ST_JOB_DELETE, n, l->values, n + 3, deleted, err);
    l->values[ids + 3] = helios_uint(n);
    return run(l, ST_JOB_DELETE_RUN, 1, l->values, ids + 4, deleted, err);
}

static int no_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)arg;
    (void)columns;
    (void)n;
    return 0;
}

/* As the daemon: a look whether there are any for many jobs, else straight on. */
static int end_notes(struct loop *l, const struct row *rows, size_t n,
                     struct helios_error *err)
{
    if (n > 1)
        return helios_db_query(l->db, text_of(l, ST_NOTE_LOOK, 1), NULL, 0, no_row, NULL,
                               err);
    struct helios_datum id = helios_uint(rows[0].jobid);
    return run(l, ST_NOTE_DELETE, 1, &id, 1, NULL, err);
}

static int add_history(struct loop *l, const struct row *rows, size_t n,
                       struct helios_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct helios_datum *v = &l->values[i * WIDTH];
        v[0] = helios_uint(rows[i].jobid);
        v[1] = helios_uint(l->funcid);
        v[2] = helios_blob(rows[i].arg, rows[i].arg_len);
        v[3] = helios_null();
        v[4] = helios_uint(rows[i].insert_time);
        v[5] = helios_uint(rows[i].run_after);
        v[6] = helios_uint(l->lease);
        v[7] = helios_null();
        v[8] = helios_null();
        v[9] = helios_uint(0);
    }
    size_t groups = (db_flags(l->db) & DB_ROWS) != 0 ? 1 : n;
    return run(l, ST_HISTORY_ADD, groups, l->values, n * WIDTH, NULL, err);
}

/* The jobs with their notes. For a single one a server has one statement. */
static int end_all(struct loop *l, const struct row *rows, size_t n, uint64_t *deleted,
                   struct helios_error *err)
{
    if (n == 1 && helios_db_kind(l->db) == HELIOS_DB_MYSQL) {
        struct helios_datum lease = helios_uint(l->lease);
        struct helios_datum values[] = {helios_uint(rows[0].jobid), lease, lease, lease};
        return run(l, ST_JOB_DELETE_NOTED, 1, values, 4, deleted, err);
    }
    if (end_jobs(l, rows, n, deleted, err) != 0)
        return -1;
    return end_notes(l, rows, n, err);
}

static int complete(struct loop *l, const struct row *rows, size_t n, uint64_t *done,
                    struct helios_error *err)
{
    uint64_t deleted = 0;
    if (db_begin(l->db, err) != 0 || end_all(l, rows, n, &deleted, err) != 0)
        return -1;
    if (deleted != n)
        return err_set(err, HELIOS_E_DATABASE, "%zu jobs were claimed and %llu are there",
                       n, (unsigned long long)deleted);
    if (l->b->history && add_history(l, rows, n, err) != 0)
        return -1;
    if (db_commit(l->db, err) != 0)
        return -1;
    *done += n;
    return 0;
}

/* ---- the loop ---- */

/* A conflict undoes the transaction, which is then repeated. */
static bool again(struct loop *l, int rc, uint64_t *count, struct helios_error *err)
{
    if (rc == 0 || err->kind != HELIOS_E_RETRY)
        return false;
    db_rollback(l->db);
    err_clear(err);
    ++*count;
    return true;
}

static int work(struct loop *l, uint64_t *done, uint64_t *conflicts,
                struct helios_error *err)
{
    for (;;) {
        int rc;
        bool empty;
        while (again(l, rc = claim(l, &empty, err), conflicts, err))
            rows_free(l);
        if (rc != 0)
            return -1;
        if (empty)
            return 0;
        size_t step = l->b->each ? 1 : l->n;
        for (size_t i = 0; i < l->n; i += step) {
            while (again(l, rc = complete(l, &l->rows[i], step, done, err), conflicts, err))
                ;
            if (rc != 0)
                return -1;
        }
        rows_free(l);
    }
}

static int loop_init(struct loop *l, const struct bare *b, struct helios_error *err)
{
    *l = (struct loop){.b = b, .cursor = b->cursor, .ids_max = b->batch + SPARE_IDS};
    l->ids = calloc(l->ids_max, sizeof *l->ids);
    l->times = calloc(l->ids_max, sizeof *l->times);
    l->rows = calloc(b->batch, sizeof *l->rows);
    l->values = calloc(b->batch * WIDTH + 4, sizeof *l->values);
    if (l->ids == NULL || l->times == NULL || l->rows == NULL || l->values == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    return bare_connect(b, &l->db, err);
}

static void loop_fini(struct loop *l)
{
    rows_free(l);
    for (size_t i = 0; i < STATEMENTS; i++)
        buf_fini(&l->sql[i]);
    free(l->ids);
    free(l->times);
    free(l->rows);
    free(l->values);
    db_close(l->db);
}

int loop_drain(const struct bare *b, uint64_t *done, uint64_t *conflicts,
               struct helios_error *err)
{
    struct loop l;
    int rc = loop_init(&l, b, err);
    if (rc == 0)
        rc = bare_jobtype(b, l.db, &l.funcid, err);
    if (rc == 0)
        rc = work(&l, done, conflicts, err);
    loop_fini(&l);
    return rc;
}
