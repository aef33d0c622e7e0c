/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- job rows ---- */

void store_job_fini(struct store_job *job)
{
    free(job->arg);
    free(job->uniqkey);
    free(job->coalesce);
    *job = (struct store_job){.arg = NULL};
}

/* A copy with a NUL behind it; NULL stays NULL. */
static bool copy_bytes(char **to, const struct helios_datum *d)
{
    *to = NULL;
    if (d->type != HELIOS_DATUM_TEXT && d->type != HELIOS_DATUM_BLOB)
        return true;
    *to = malloc(d->len + 1);
    if (*to == NULL)
        return false;
    memcpy(*to, d->data, d->len);
    (*to)[d->len] = '\0';
    return true;
}

bool store_job_read(struct store_job *job, const struct helios_datum *columns)
{
    char *arg = NULL;
    *job = (struct store_job){
        .jobid = helios_datum_uint(&columns[0]),
        .funcid = (uint32_t)helios_datum_uint(&columns[1]),
        .arg_len = columns[2].len,
        .insert_time = store_number_read(&columns[5]),
        .run_after = helios_datum_int(&columns[6]),
        .priority = store_number_read(&columns[7]),
        .lease_until = (uint32_t)helios_datum_uint(&columns[8]),
    };
    bool copied = copy_bytes(&arg, &columns[2]) && copy_bytes(&job->uniqkey, &columns[3]) &&
                  copy_bytes(&job->coalesce, &columns[4]);
    job->arg = arg;
    if (!copied)
        store_job_fini(job);
    return copied;
}

/* ---- the look from the start ---- */

/* A server keeps every row locked that a locking scan has read, also those that were not
 * due. From the start there may be many, and locking them would hold up everybody whose
 * jobs are being run: ids are looked up without locks first, some more than are wanted as
 * others look up the same, and then rows are locked by their ids. */
#define SPARE_IDS 16u

struct batch {
    const struct store_claim *claim;
    struct mono begun;
    struct store_job *jobs;
    size_t n;
    size_t bytes; /* of their arguments */
    /* Where jobs were due, in order. */
    uint64_t *ids;
    int64_t *times;
    size_t ids_n, ids_max;
    size_t passed;   /* of these: all of them were taken or are somebody else's */
    int64_t now;     /* of the database */
    bool failed;     /* out of memory */
    uint64_t unread; /* the job that was read alone when that failed */
};

static int batch_id_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct batch *b = arg;
    (void)n;
    if (b->ids_n == b->ids_max)
        return 1;
    b->ids[b->ids_n] = helios_datum_uint(&columns[0]);
    b->times[b->ids_n++] = helios_datum_int(&columns[1]);
    return 0;
}

static int look_from_start(struct store *store, struct batch *b, struct helios_error *err)
{
    static const enum statement statements[] = {
        [ORDER_OLDEST] = ST_CLAIM_IDS,
        [ORDER_LOW] = ST_CLAIM_IDS_LOW,
        [ORDER_HIGH] = ST_CLAIM_IDS_HIGH,
    };
    struct cursor *cursor = b->claim->cursor;
    struct helios_datum params[3] = {helios_uint(b->claim->funcid)};
    size_t n = 1;
    if (b->claim->order != ORDER_OLDEST)
        /* SQLite's column holds negative ones, which no floor leaves out either. */
        params[n++] =
            helios_int(b->claim->floor > 0 ? (int64_t)b->claim->floor : INT32_MIN);
    params[n++] = helios_uint(b->ids_max);
    struct mono begun = mono_now();
    if (store_query(store, statements[b->claim->order], 0, params, n, batch_id_row, b,
                    err) != 0)
        return -1;
    if (cursor != NULL)
        cursor_sweep_ended(cursor, begun, mono_now());
    return 0;
}

/* The workers of a daemon come to the end of the queue together. From the start each would
 * walk over what the others hold, and what was deleted and is not purged yet: one does, and
 * the others learn from it what they would have seen. Nobody waits for long: a server may
 * not answer who has the turn. */
static int look_together(struct store *store, struct batch *b, struct helios_error *err)
{
    struct cursor *cursor = b->claim->cursor;
    if (cursor == NULL || b->claim->order != ORDER_OLDEST)
        return look_from_start(store, b, err);
    uint32_t pid = (uint32_t)getpid();
    int rc = 0;
    bool mine = turn_await(&cursor->sweeping, pid);
    if (!cursor_empty_since(cursor, b->begun)) {
        struct mono begun = mono_now();
        rc = look_from_start(store, b, err);
        if (rc == 0 && b->ids_n == 0)
            cursor_was_empty(cursor, begun);
    }
    if (mine)
        turn_end(&cursor->sweeping, pid);
    return rc;
}

static int look_behind(struct store *store, struct batch *b, struct helios_error *err)
{
    struct helios_datum params[STORE_BEHIND_PARAMS];
    struct cursor_place place;
    if (!cursor_get(b->claim->cursor, &place))
        return 0;
    store_datum_behind(b->claim->funcid, place, b->ids_max, params);
    return store_query(store, ST_CLAIM_IDS_BEHIND, 0, params, STORE_BEHIND_PARAMS,
                       batch_id_row, b, err);
}

/* A pattern of LIKE that nothing in `prefix` is special in. */
static void prefix_pattern(const char *prefix, struct buf *out)
{
    for (; *prefix != '\0'; prefix++) {
        if (*prefix == '%' || *prefix == '_' || *prefix == '|')
            buf_putc(out, '|');
        buf_putc(out, *prefix);
    }
    buf_putc(out, '%');
}

static int look_coalesced(struct store *store, struct batch *b, struct helios_error *err)
{
    const struct store_claim *claim = b->claim;
    struct buf pattern = BUF_INIT;
    if (claim->coalesce_prefix)
        prefix_pattern(claim->coalesce, &pattern);
    struct helios_datum params[] = {
        helios_uint(claim->funcid),
        helios_text(claim->coalesce_prefix ? buf_text(&pattern) : claim->coalesce),
        helios_uint(b->ids_max)};
    int rc = pattern.failed ? err_set(err, HELIOS_E_NOMEM, "out of memory for a prefix")
                            : store_query(store,
                                          claim->coalesce_prefix ? ST_CLAIM_IDS_PREFIX
                                                                 : ST_CLAIM_IDS_VALUE,
                                          0, params, 3, batch_id_row, b, err);
    buf_fini(&pattern);
    return rc;
}

static struct cursor_place place_of_id(const struct batch *b, size_t i)
{
    return (struct cursor_place){.run_after = b->times[i], .jobid = b->ids[i]};
}

/* After the COMMIT: everything that was due before the new place has been passed. Back goes
 * only a sweep that got all that it wanted and saw more before the old place; what it saw
 * and did not get is just being claimed by others. */
static void move_cursor(const struct batch *b)
{
    struct cursor *cursor = b->claim->cursor;
    struct cursor_place place;
    if (cursor == NULL || b->claim->order != ORDER_OLDEST || b->passed == 0)
        return;
    struct cursor_place last = place_of_id(b, b->passed - 1);
    if (!cursor_get(cursor, &place) || cursor_place_after(last, place)) {
        cursor_advance(cursor, last);
        return;
    }
    bool more = b->passed < b->ids_n ? !cursor_place_after(place_of_id(b, b->passed), place)
                                     : b->ids_n == b->ids_max;
    if (more && b->n == b->claim->want)
        cursor_set(cursor, last);
}

/* ---- claim ---- */

static bool batch_full(const struct batch *b)
{
    return b->n == b->claim->want || b->bytes >= STORE_CLAIM_BYTES;
}

static int batch_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct batch *b = arg;
    (void)n;
    if (batch_full(b))
        return 1;
    b->now = helios_datum_int(&columns[STORE_JOB_NOW_COLUMN]);
    b->failed = !store_job_read(&b->jobs[b->n], columns);
    if (b->failed)
        return 1;
    b->bytes += b->jobs[b->n++].arg_len;
    return 0;
}

static void batch_free(struct batch *b)
{
    while (b->n > 0)
        store_job_fini(&b->jobs[--b->n]);
}

static int read_some(struct store *store, struct batch *b, enum statement id, size_t from,
                     size_t n, struct helios_error *err)
{
    struct helios_datum limit = helios_uint(b->claim->want - b->n);
    struct store_ids ids = {
        .id = id, .jobids = b->ids + from, .n = n, .after = &limit, .after_n = 1};
    int rc = store_query_ids(store, &ids, batch_row, b, err);
    if (rc == 0 && b->failed)
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory for claimed jobs");
    if (rc != 0 && n == 1)
        b->unread = b->ids[from];
    return rc;
}

static int earlier(const void *x, const void *y)
{
    const struct store_job *a = x;
    const struct store_job *b = y;
    if (a->run_after != b->run_after)
        return a->run_after < b->run_after ? -1 : 1;
    return a->jobid < b->jobid ? -1 : a->jobid > b->jobid;
}

static int lower(const void *x, const void *y)
{
    const struct store_job *a = x;
    const struct store_job *b = y;
    return a->priority == b->priority ? earlier(x, y) : a->priority < b->priority ? -1 : 1;
}

static int higher(const void *x, const void *y)
{
    const struct store_job *a = x;
    const struct store_job *b = y;
    return a->priority == b->priority ? earlier(x, y) : a->priority > b->priority ? -1 : 1;
}

/* How many ids to ask for next. Where others were quicker all the rest at once: of these
 * the database picks. By priority never more than are wanted, so that none is passed over.
 */
static size_t next_some(const struct batch *b, size_t from)
{
    size_t left = b->ids_n - from;
    size_t want = b->claim->want - b->n;
    size_t n = b->n == from || b->claim->order != ORDER_OLDEST ? want : left;
    n = n < left ? n : left;
    return n < GROUPS_MAX ? n : GROUPS_MAX;
}

/* As many as are wanted, in the order of the ids. */
static int batch_read(struct store *store, struct batch *b, enum statement id,
                      struct helios_error *err)
{
    static int (*const orders[])(const void *, const void *) = {
        [ORDER_OLDEST] = earlier, [ORDER_LOW] = lower, [ORDER_HIGH] = higher};
    for (size_t from = 0; from < b->ids_n && !batch_full(b);) {
        size_t room = b->claim->want - b->n;
        size_t n = next_some(b, from);
        if (read_some(store, b, id, from, n, err) != 0)
            return -1;
        from += n;
        if (b->bytes < STORE_CLAIM_BYTES && (n <= room || b->n < b->claim->want))
            b->passed = from;
    }
    qsort(b->jobs, b->n, sizeof *b->jobs, orders[b->claim->order]);
    return 0;
}

/* Tells the ids before any row is changed, so that a death in what follows is accounted
 * for; and again before the COMMIT if some of them were not to be had, since the listener
 * knows a job by its place in the batch. */
static uint64_t *announce(const struct batch *b, uint32_t lease_until,
                          struct helios_error *err)
{
    uint64_t *jobids = reallocarray(NULL, b->n, sizeof *jobids);
    if (jobids == NULL) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory for claimed jobs");
        return NULL;
    }
    for (size_t i = 0; i < b->n; i++)
        jobids[i] = b->jobs[i].jobid;
    if (b->claim->announce != NULL)
        b->claim->announce(b->claim->arg, jobids, b->n, lease_until);
    return jobids;
}

/* The rows are locked by this transaction, or it is the only writer. */
static int take_all(struct store *store, const struct batch *b, const uint64_t *jobids,
                    uint32_t lease_until, struct helios_error *err)
{
    struct helios_datum lease = helios_uint(lease_until);
    struct store_ids ids = {.id = ST_CLAIM_TAKE,
                            .run_id = ST_CLAIM_TAKE_RUN,
                            .before = &lease,
                            .before_n = 1,
                            .jobids = jobids,
                            .n = b->n};
    uint64_t taken = 0;
    if (store_exec_ids(store, &ids, &taken, err) != 0)
        return -1;
    if (taken != b->n)
        return err_set(err, HELIOS_E_RETRY,
                       "%zu jobs were locked and %llu could be claimed", b->n,
                       (unsigned long long)taken);
    return 0;
}

/* Row by row where it still is as it was read; the jobs that others got first are left
 * out of the batch. */
static int take_each(struct store *store, struct batch *b, uint32_t lease_until,
                     struct helios_error *err)
{
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct store_job *job = &b->jobs[i];
        struct helios_datum params[] = {helios_uint(lease_until), helios_uint(job->jobid),
                                        helios_uint(job->lease_until)};
        uint64_t taken = 0;
        if (rc == 0)
            rc = store_exec(store, ST_CLAIM_TAKE_ONE, 0, params, 3, &taken, err);
        if (taken == 1)
            b->jobs[kept++] = *job;
        else
            store_job_fini(job);
    }
    b->n = kept;
    return rc;
}

static int batch_take(struct store *store, struct batch *b, bool locked,
                      struct helios_error *err)
{
    uint32_t lease_until = life_lease_until(b->now, b->claim->lease_s, b->claim->random);
    size_t wanted = b->n;
    uint64_t *jobids = announce(b, lease_until, err);
    int rc = jobids == NULL ? -1 : store_fault(store, FAULT_CLAIM_AFTER_ANNOUNCE, err);
    if (rc == 0)
        rc = locked ? take_all(store, b, jobids, lease_until, err)
                    : take_each(store, b, lease_until, err);
    free(jobids);
    if (rc == 0 && b->n > 0 && b->n < wanted) {
        jobids = announce(b, lease_until, err);
        rc = jobids == NULL ? -1 : 0;
        free(jobids);
    }
    for (size_t i = 0; i < b->n; i++)
        b->jobs[i].lease_until = lease_until;
    return rc == 0 ? store_fault(store, FAULT_CLAIM_AFTER_UPDATE, err) : rc;
}

static int claim_in_transaction(struct store *store, struct batch *b,
                                struct helios_error *err)
{
    unsigned flags = db_flags(store->db);
    bool skip = (flags & DB_SKIP_LOCKED) != 0;
    bool locked = skip || (flags & DB_ONE_WRITER) != 0;
    int rc = batch_read(store, b, skip ? ST_CLAIM_LOCK : ST_CLAIM_READ, err);
    if (rc == 0)
        rc = store_fault(store, FAULT_CLAIM_AFTER_SELECT, err);
    return rc != 0 || b->n == 0 ? rc : batch_take(store, b, locked, err);
}

typedef int look_fn(struct store *store, struct batch *b, struct helios_error *err);

static int lists_reserve(struct batch *b, struct helios_error *err)
{
    b->ids_n = 0;
    b->passed = 0;
    b->ids_max = b->claim->want + SPARE_IDS;
    if (b->ids == NULL)
        b->ids = reallocarray(NULL, b->ids_max, sizeof *b->ids);
    if (b->times == NULL)
        b->times = reallocarray(NULL, b->ids_max, sizeof *b->times);
    return b->ids != NULL && b->times != NULL
               ? 0
               : err_set(err, HELIOS_E_NOMEM, "out of memory for claimed jobs");
}

static int claim_found(struct store *store, struct batch *b, look_fn *look,
                       struct helios_error *err)
{
    if (lists_reserve(b, err) != 0 || look(store, b, err) != 0)
        return -1;
    if (b->ids_n == 0)
        return 0;
    if (store_begin(store, err) != 0 ||
        store_end_at(store, FAULT_CLAIM_BEFORE_COMMIT, claim_in_transaction(store, b, err),
                     err) != 0)
        return -1;
    move_cursor(b);
    return 0;
}

/* ---- behind the cursor ---- */

/* The rows there are as good as all due and free, so that they are locked as they are
 * looked up. The cursor moves before the COMMIT, so that the daemon's other workers do not
 * look at the same. */
static int lock_behind(struct store *store, struct batch *b, struct helios_error *err)
{
    struct helios_datum params[STORE_BEHIND_PARAMS];
    struct cursor_place place;
    if (!cursor_get(b->claim->cursor, &place))
        return 0;
    store_datum_behind(b->claim->funcid, place, b->claim->want, params);
    if (store_query(store, ST_CLAIM_NEXT, 0, params, STORE_BEHIND_PARAMS, batch_row, b,
                    err) != 0)
        return -1;
    if (b->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for claimed jobs");
    if (b->n > 0) {
        place.run_after = b->jobs[b->n - 1].run_after;
        place.jobid = b->jobs[b->n - 1].jobid;
        cursor_advance(b->claim->cursor, place);
    }
    return 0;
}

static int take_behind(struct store *store, struct batch *b, struct helios_error *err)
{
    uint32_t pid = (uint32_t)getpid();
    turn_take(&b->claim->cursor->turn, pid);
    int rc = lock_behind(store, b, err);
    turn_end(&b->claim->cursor->turn, pid);
    if (rc != 0 || b->n == 0)
        return rc;
    rc = store_fault(store, FAULT_CLAIM_AFTER_SELECT, err);
    return rc != 0 ? rc : batch_take(store, b, true, err);
}

static int claim_behind(struct store *store, struct batch *b, struct helios_error *err)
{
    if ((db_flags(store->db) & (DB_SKIP_LOCKED | DB_ONE_WRITER)) == 0)
        return claim_found(store, b, look_behind, err);
    if (store_begin(store, err) == 0 && store_end_at(store, FAULT_CLAIM_BEFORE_COMMIT,
                                                     take_behind(store, b, err), err) == 0)
        return 0;
    cursor_sweep_want(b->claim->cursor);
    return -1;
}

/* Behind the cursor; from the start when that is due, or when nothing was found. */
static int claim(struct store *store, struct batch *b, struct helios_error *err)
{
    struct cursor *cursor = b->claim->cursor;
    if (b->claim->coalesce != NULL)
        return claim_found(store, b, look_coalesced, err);
    if (cursor != NULL && b->claim->order == ORDER_OLDEST &&
        !cursor_sweep_take(cursor, mono_now()) && claim_behind(store, b, err) != 0)
        return -1;
    return b->n > 0 ? 0 : claim_found(store, b, look_together, err);
}

int store_claim(struct store *store, const struct store_claim *want, struct store_job *jobs,
                size_t *got, struct helios_error *err)
{
    struct batch b = {.claim = want, .jobs = jobs, .begun = mono_now()};
    *got = 0;
    db_rollback(store->db);
    int rc = claim(store, &b, err);
    free(b.ids);
    free(b.times);
    if (rc != 0) {
        batch_free(&b);
        jobs[0].jobid = err != NULL && err->kind == HELIOS_E_NOMEM ? b.unread : 0;
        return err_wrap(err, "cannot claim jobs");
    }
    *got = b.n;
    return 0;
}
