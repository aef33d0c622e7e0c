/* SPDX-License-Identifier: MIT */
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "store/listing.h"
#include "store/private.h"

int query_jobtype_create(struct store *store, const char *name, uint32_t *out,
                         struct helios_error *err)
{
    const struct helios_datum param = helios_text(name);
    if (store_jobtype_fits(name, err) != 0 ||
        store_exec(store, ST_JOBTYPE_ADD, 0, &param, 1, NULL, err) != 0)
        return -1;
    *out = (uint32_t)helios_db_last_id(store->db);
    return 0;
}

int query_jobtype_uses(struct store *store, uint32_t funcid, struct query_uses *out,
                       struct helios_error *err)
{
    int64_t row[4] = {0};
    struct helios_datum id = helios_uint(funcid);
    struct helios_datum params[] = {id, id, id, id};
    if (store_numbers(store, ST_QUERY_TYPE_USES, params, 4, row, 4, err) < 0)
        return err_wrap(err, "cannot count what refers to jobtype number %u", funcid);
    *out = (struct query_uses){.jobs = (uint64_t)row[0],
                               .errors = (uint64_t)row[1],
                               .exitstatus = (uint64_t)row[2],
                               .history = (uint64_t)row[3]};
    return 0;
}

int query_jobtype_remove(struct store *store, uint32_t funcid, struct helios_error *err)
{
    uint64_t removed = 0;
    struct helios_datum params[] = {helios_uint(funcid), helios_uint(funcid)};
    if (store_exec(store, ST_QUERY_TYPE_REMOVE, 0, params, 2, &removed, err) != 0)
        return err_wrap(err, "cannot remove jobtype number %u", funcid);
    return removed == 1 ? 0 : 1;
}

/* ---- jobs ---- */

struct job_reader {
    struct query_job *out;
    bool found;
    bool failed; /* out of memory */
};

static int read_job(void *arg, const struct helios_datum *columns, size_t n)
{
    struct job_reader *reader = arg;
    struct query_job *out = reader->out;
    reader->found = true;
    out->jobid = helios_datum_uint(&columns[0]);
    out->funcid = (uint32_t)helios_datum_uint(&columns[1]);
    out->insert_time = store_number_read(&columns[2]);
    out->run_after = helios_datum_int(&columns[3]);
    out->grabbed_until = helios_datum_int(&columns[4]);
    out->priority = store_number_read(&columns[5]);
    const char *text = helios_datum_text(&columns[6]);
    if (text != NULL) {
        out->arg_len = columns[6].len;
        out->arg = calloc(1, out->arg_len + 1);
        reader->failed = out->arg == NULL;
        if (out->arg != NULL)
            memcpy(out->arg, text, out->arg_len);
    }
    out->finished = n > 7;
    out->complete_time = out->finished ? helios_datum_int(&columns[7]) : 0;
    out->exitstatus = out->finished ? helios_datum_int(&columns[8]) : -1;
    return 1;
}

static int find_job(struct store *store, enum statement id, uint64_t jobid,
                    struct query_job *out, struct helios_error *err)
{
    struct job_reader reader = {.out = out};
    const struct helios_datum param = store_datum_jobid(jobid);
    *out = (struct query_job){0};
    if (store_query(store, id, 0, &param, 1, read_job, &reader, err) != 0)
        return -1;
    if (reader.failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    return reader.found ? 0 : 1;
}

int query_job(struct store *store, uint64_t jobid, struct query_job *out,
              struct helios_error *err)
{
    int rc = find_job(store, ST_QUERY_ATTEMPT, jobid, out, err);
    if (rc != 1)
        return rc;
    rc = find_job(store, ST_QUERY_QUEUED, jobid, out, err);
    if (rc != 1)
        return rc;
    /* It may have ended between the two looks. */
    return find_job(store, ST_QUERY_ATTEMPT, jobid, out, err);
}

void query_job_fini(struct query_job *job)
{
    free(job->arg);
    *job = (struct query_job){0};
}

int query_exitstatus(struct store *store, uint64_t jobid, int64_t *out,
                     struct helios_error *err)
{
    const struct helios_datum param = store_datum_jobid(jobid);
    *out = -1;
    int rc = store_numbers(store, ST_QUERY_EXITSTATUS, &param, 1, out, 1, err);
    return rc == 0 && *out < 0 ? 1 : rc;
}

/* ---- logs ---- */

struct log_reader {
    query_log_fn *fn;
    void *arg;
};

static int read_log(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    const struct log_reader *reader = arg;
    const char *message = helios_datum_text(&columns[4]);
    const struct query_log log = {
        .time = helios_datum_int(&columns[0]),
        .host = helios_datum_text(&columns[1]),
        .pid = helios_datum_int(&columns[2]),
        .level = listing_level(&columns[3]),
        .message = message == NULL ? "" : message,
    };
    reader->fn(reader->arg, &log);
    return 0;
}

int query_logs(struct store *store, uint64_t jobid, int64_t since, query_log_fn *fn,
               void *arg, struct helios_error *err)
{
    struct log_reader reader = {.fn = fn, .arg = arg};
    const struct helios_datum params[] = {helios_int(since > 0 ? since : 0),
                                          store_datum_jobid(jobid),
                                          helios_uint(QUERY_LOGS)};
    return store_query_by_index(store, ST_QUERY_LOGS, params, 3, read_log, &reader, err);
}

/* ---- registry ---- */

struct daemon_reader {
    query_daemon_fn *fn;
    void *arg;
};

static int read_daemon(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    const struct daemon_reader *reader = arg;
    const char *service = helios_datum_text(&columns[0]);
    const char *host = helios_datum_text(&columns[2]);
    const struct query_daemon daemon = {
        .service = service == NULL ? "" : service,
        .version = helios_datum_text(&columns[1]),
        .host = host == NULL ? "" : host,
        .pid = helios_datum_int(&columns[3]),
        .start_time = helios_datum_int(&columns[4]),
        .register_time = helios_datum_int(&columns[5]),
    };
    reader->fn(reader->arg, &daemon);
    return 0;
}

int query_daemons(struct store *store, const char *service, const char *host, int64_t since,
                  query_daemon_fn *fn, void *arg, struct helios_error *err)
{
    struct daemon_reader reader = {.fn = fn, .arg = arg};
    const struct helios_datum params[] = {
        helios_int(since), helios_text(service), helios_text(service),
        helios_text(host), helios_text(host),    helios_uint(QUERY_REGISTERED)};
    return store_query(store, ST_QUERY_DAEMONS, 0, params, sizeof params / sizeof params[0],
                       read_daemon, &reader, err);
}

/* ---- cleaning ---- */

static enum statement purge_statement(enum query_purge table)
{
    return table == PURGE_LOG ? ST_PURGE_LOG : ST_PURGE_HISTORY;
}

const char *query_purge_text(struct store *store, enum query_purge table)
{
    return statement_text(purge_statement(table), helios_db_kind(store->db));
}

int query_purge(struct store *store, enum query_purge table, int64_t horizon, uint64_t most,
                uint64_t *deleted, struct helios_error *err)
{
    const struct helios_datum params[] = {helios_int(horizon), helios_uint(most)};
    return store_exec(store, purge_statement(table), 0, params, 2, deleted, err);
}
