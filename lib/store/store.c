/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/prefix.h"

#define RETRIES        10
#define RETRY_FIRST_MS 1u
#define RETRY_MOST_MS  100u
#define RETRY_FOR_MS   5000 /* as long as SQLite waits for another writer */

static bool copy_text(char **to, const char *from)
{
    *to = from == NULL ? NULL : strdup(from);
    return from == NULL || *to != NULL;
}

int store_open(const struct dsn *dsn, const char *user, const char *password,
               struct store **out, struct helios_error *err)
{
    struct store *store = calloc(1, sizeof *store);
    *out = NULL;
    if (store == NULL || !copy_text(&store->user, user) ||
        !copy_text(&store->password, password) || dsn_copy(dsn, &store->dsn) != 0) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory while opening the database");
        goto out;
    }
    if (db_connect(dsn, user, password, &store->db, err) != 0)
        goto out;
    *out = store;
    return 0;
out:
    store_close(store);
    return -1;
}

int store_create(const struct dsn *dsn, struct helios_error *err)
{
    return db_create(dsn, err);
}

static void forget_jobtypes(struct store *store)
{
    while (store->jobtypes_n > 0)
        free(store->jobtypes[--store->jobtypes_n].name);
}

int store_reopen(struct store *store, struct helios_error *err)
{
    /* Another database may answer now: one that was restored. */
    forget_jobtypes(store);
    store->no_notes = false;
    return db_reopen(store->db, &store->dsn, store->user, store->password, err);
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    db_close(store->db);
    forget_jobtypes(store);
    free(store->jobtypes);
    dsn_fini(&store->dsn);
    free(store->user);
    if (store->password != NULL)
        explicit_bzero(store->password, strlen(store->password));
    free(store->password);
    buf_fini(&store->sql);
    buf_fini(&store->prefixed);
    free(store->params);
    free(store);
}

struct helios_db *store_db(struct store *store)
{
    return store->db;
}

const char *store_hash(const struct store *store)
{
    return store->dsn.hash;
}

/* A pause of a random length up to `most_ms`: who collided must not collide again. */
static void pause_random(unsigned most_ms)
{
    unsigned us = RETRY_FIRST_MS * 1000u + arc4random_uniform(most_ms * 1000u);
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
    (void)nanosleep(&t, NULL);
}

int store_retry(struct store *store, store_work_fn *work, void *arg,
                struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    unsigned most_ms = RETRY_FIRST_MS;
    struct mono end = mono_add_ms(mono_now(), RETRY_FOR_MS);
    if (err == NULL)
        err = &local;
    for (int left = RETRIES;; left--) {
        int rc = work(store, arg, err);
        if (rc != -1 || err->kind != HELIOS_E_RETRY || left == 0 ||
            !mono_before(mono_now(), end))
            return rc;
        pause_random(most_ms);
        most_ms = most_ms * 2 > RETRY_MOST_MS ? RETRY_MOST_MS : most_ms * 2;
        err_clear(err);
    }
}

/* ---- statements ---- */

const char *store_prefixed(struct store *store, const char *text, struct helios_error *err)
{
    if (store->dsn.prefix == NULL)
        return text;
    buf_clear(&store->prefixed);
    prefix_apply(text, store->dsn.prefix, &store->prefixed);
    if (store->prefixed.failed) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory for a statement");
        return NULL;
    }
    return buf_text(&store->prefixed);
}

static const char *text_of(struct store *store, enum statement id, size_t groups,
                           struct helios_error *err)
{
    const char *text = statement_text(id, helios_db_kind(store->db));
    if (groups == 0)
        return store_prefixed(store, text, err);
    buf_clear(&store->sql);
    statement_expand(text, groups, &store->sql);
    if (store->sql.failed) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory for a statement");
        return NULL;
    }
    return store_prefixed(store, buf_text(&store->sql), err);
}

int store_exec(struct store *store, enum statement id, size_t groups,
               const struct helios_datum *params, size_t n, uint64_t *changed,
               struct helios_error *err)
{
    const char *sql = text_of(store, id, groups, err);
    return sql == NULL ? -1 : helios_db_exec(store->db, sql, params, n, changed, err);
}

int store_query(struct store *store, enum statement id, size_t groups,
                const struct helios_datum *params, size_t n, helios_row_fn *row, void *arg,
                struct helios_error *err)
{
    const char *sql = text_of(store, id, groups, err);
    return sql == NULL ? -1 : helios_db_query(store->db, sql, params, n, row, arg, err);
}

int store_query_by_index(struct store *store, enum statement id,
                         const struct helios_datum *params, size_t n, helios_row_fn *row,
                         void *arg, struct helios_error *err)
{
    struct helios_error why = HELIOS_ERROR_INIT;
    if (store_query(store, id, 0, params, n, row, arg, &why) == 0)
        return 0;
    if (why.kind == HELIOS_E_SCHEMA)
        return store_query(store, id + 1, 0, params, n, row, arg, err);
    return err_set(err, why.kind, "%s", why.text);
}

struct numbers {
    int64_t *out;
    size_t want;
    bool found;
};

static int numbers_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct numbers *numbers = arg;
    for (size_t i = 0; i < n && i < numbers->want; i++)
        numbers->out[i] = helios_datum_int(&columns[i]);
    numbers->found = true;
    return 1;
}

int store_numbers(struct store *store, enum statement id, const struct helios_datum *params,
                  size_t n, int64_t *out, size_t want, struct helios_error *err)
{
    struct numbers numbers = {.out = out, .want = want};
    if (store_query(store, id, 0, params, n, numbers_row, &numbers, err) != 0)
        return -1;
    return numbers.found ? 0 : 1;
}

static struct helios_datum *reserve_params(struct store *store, size_t n,
                                           struct helios_error *err)
{
    if (n <= store->params_cap)
        return store->params;
    struct helios_datum *params = reallocarray(store->params, n, sizeof *params);
    if (params == NULL) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory for a statement");
        return NULL;
    }
    store->params = params;
    store->params_cap = n;
    return params;
}

/* The length of the list that `n` ids are padded to. */
static size_t padded(size_t n)
{
    size_t length = 1;
    while (length < n)
        length *= 2;
    return length > GROUPS_MAX ? GROUPS_MAX : length;
}

/* The parameters of `n` ids, which make a list of `*length`; NULL when memory ran out. */
static struct helios_datum *id_params(struct store *store, const struct store_ids *ids,
                                      size_t from, size_t n, size_t *length,
                                      struct helios_error *err)
{
    *length = padded(n);
    struct helios_datum *params =
        reserve_params(store, ids->before_n + *length + ids->after_n, err);
    struct helios_datum *at = params;
    if (params == NULL)
        return NULL;
    for (size_t i = 0; i < ids->before_n; i++)
        *at++ = ids->before[i];
    for (size_t i = 0; i < *length; i++)
        *at++ = store_datum_jobid(ids->jobids[from + (i < n ? i : n - 1)]);
    for (size_t i = 0; i < ids->after_n; i++)
        *at++ = ids->after[i];
    return params;
}

static bool is_run(const struct store_ids *ids, size_t from, size_t n)
{
    for (size_t i = from + 1; i < from + n; i++) {
        if (ids->jobids[i] != ids->jobids[i - 1] + 1)
            return false;
    }
    return ids->run_id != ST_NOW && n > 1;
}

static int exec_run(struct store *store, const struct store_ids *ids, size_t from, size_t n,
                    uint64_t *changed, struct helios_error *err)
{
    size_t count = ids->before_n + ids->after_n + 3;
    struct helios_datum *params = reserve_params(store, count, err);
    struct helios_datum *at = params;
    if (params == NULL)
        return -1;
    for (size_t i = 0; i < ids->before_n; i++)
        *at++ = ids->before[i];
    *at++ = store_datum_jobid(ids->jobids[from]);
    *at++ = store_datum_jobid(ids->jobids[from + n - 1]);
    for (size_t i = 0; i < ids->after_n; i++)
        *at++ = ids->after[i];
    *at = helios_uint(n);
    return store_exec(store, ids->run_id, 0, params, count, changed, err);
}

static int exec_list(struct store *store, const struct store_ids *ids, size_t from,
                     size_t n, uint64_t *changed, struct helios_error *err)
{
    size_t length = 0;
    struct helios_datum *params = id_params(store, ids, from, n, &length, err);
    if (params == NULL)
        return -1;
    return store_exec(store, ids->id, length, params, ids->before_n + length + ids->after_n,
                      changed, err);
}

int store_exec_ids(struct store *store, const struct store_ids *ids, uint64_t *changed,
                   struct helios_error *err)
{
    *changed = 0;
    for (size_t from = 0; from < ids->n; from += GROUPS_MAX) {
        size_t n = ids->n - from < GROUPS_MAX ? ids->n - from : GROUPS_MAX;
        uint64_t some = 0;
        int rc = is_run(ids, from, n) ? exec_run(store, ids, from, n, &some, err)
                                      : exec_list(store, ids, from, n, &some, err);
        if (rc != 0)
            return -1;
        *changed += some;
    }
    return 0;
}

int store_query_ids(struct store *store, const struct store_ids *ids, helios_row_fn *row,
                    void *arg, struct helios_error *err)
{
    size_t length = 0;
    struct helios_datum *params = id_params(store, ids, 0, ids->n, &length, err);
    if (params == NULL)
        return -1;
    return store_query(store, ids->id, length, params,
                       ids->before_n + length + ids->after_n, row, arg, err);
}

/* How many of `n` rows the next statement takes. */
static size_t portion(size_t n)
{
    static const size_t lengths[] = {GROUPS_MAX, 256, 128, 64, 32, 16, 8};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        if (n >= lengths[i])
            return lengths[i];
    }
    return n;
}

/* Fills the values of the rows from `from` on; gives how many there are. */
static size_t fill_rows(const struct store_rows *rows, size_t from,
                        struct helios_datum *params)
{
    size_t n = 0;
    size_t bytes = 0;
    while (n < GROUPS_MAX && from + n < rows->n && (n == 0 || bytes < GROUPS_BYTES)) {
        struct helios_datum *values = params + n * rows->width;
        rows->fill(rows->fill_arg, from + n, values);
        for (size_t i = 0; i < rows->width; i++)
            bytes += values[i].len;
        n++;
    }
    return n;
}

static int discard_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)arg;
    (void)columns;
    (void)n;
    return 0;
}

int store_insert_rows(struct store *store, const struct store_rows *rows,
                      struct helios_error *err)
{
    size_t most = rows->n < GROUPS_MAX ? rows->n : GROUPS_MAX;
    helios_row_fn *row = rows->row != NULL ? rows->row : discard_row;
    struct helios_datum *params = reserve_params(store, most * rows->width, err);
    if (params == NULL && rows->n > 0)
        return -1;
    bool at_once = rows->apart && (db_flags(store->db) & DB_ROWS) != 0;
    for (size_t from = 0; from < rows->n;) {
        size_t n = fill_rows(rows, from, params);
        n = at_once ? n : portion(n);
        if (store_query(store, rows->id, at_once ? 1 : n, params, n * rows->width, row,
                        rows->row_arg, err) != 0)
            return -1;
        from += n;
    }
    return 0;
}

/* ---- transactions ---- */

int store_begin(struct store *store, struct helios_error *err)
{
    db_rollback(store->db);
    return db_begin(store->db, err);
}

int store_begin_alone(struct store *store, struct helios_error *err)
{
    db_rollback(store->db);
    return db_begin_alone(store->db, err);
}

int store_end(struct store *store, int rc, struct helios_error *err)
{
    if (rc == 0)
        return db_commit(store->db, err);
    db_rollback(store->db);
    return rc;
}

#ifdef HELIOS_TESTS
int store_fault(struct store *store, enum fault_point point, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    if (err == NULL)
        err = &local;
    if (fault_pass(point, err) == 0)
        return 0;
    if (err->kind == HELIOS_E_LOST || err->kind == HELIOS_E_UNCERTAIN)
        db_lose(store->db);
    return -1;
}

int store_end_at(struct store *store, enum fault_point before, int rc,
                 struct helios_error *err)
{
    if (rc == 0)
        rc = store_fault(store, before, err);
    rc = store_end(store, rc, err);
    return rc == 0 ? store_fault(store, before + 1, err) : rc;
}
#endif

/* ---- values ---- */

void store_datum_leases(const uint32_t leases[STORE_LEASES],
                        struct helios_datum out[STORE_LEASES])
{
    for (size_t i = 0; i < STORE_LEASES; i++)
        out[i] = helios_uint(leases[i]);
}

struct helios_datum store_datum_jobid(uint64_t jobid)
{
    return helios_int(jobid > INT64_MAX ? -1 : (int64_t)jobid);
}

struct helios_datum store_number_or_null(int64_t value)
{
    return value == -1 ? helios_null() : helios_int(value);
}

int64_t store_number_read(const struct helios_datum *d)
{
    return d->type == HELIOS_DATUM_NULL ? -1 : helios_datum_int(d);
}

int store_now(struct store *store, int64_t *out, struct helios_error *err)
{
    if (store_fault(store, FAULT_CLOCK_BEFORE, err) != 0 ||
        store_numbers(store, ST_NOW, NULL, 0, out, 1, err) != 0)
        return err_wrap(err, "cannot read the database's clock");
    return 0;
}
