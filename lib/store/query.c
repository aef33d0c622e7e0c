/* SPDX-License-Identifier: MIT */
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "store/listing.h"
#include "store/private.h"

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

enum query {
    Q_JOBTYPE_CREATE,
    Q_JOB_QUEUED,
    Q_JOB_ATTEMPT,
    Q_EXITSTATUS,
    Q_LOGS,
    Q_DAEMONS,
    Q_DELETE_LOG,
    Q_DELETE_HISTORY,
    QUERY_COUNT
};

#define JOB_COLUMNS "jobid, funcid, insert_time, run_after, grabbed_until, priority, arg"
#define HISTORY     "FROM helios_job_history_tb WHERE jobid = ? ORDER BY complete_time DESC"

/* SQLite has a text of its own where it must do without DELETE ... LIMIT, and where its
 * rowid can tell rows of one second apart. */
static const struct {
    const char *common;
    const char *sqlite;
} statements[QUERY_COUNT] = {
    [Q_JOBTYPE_CREATE] = {"INSERT INTO funcmap (funcname) VALUES (?)", NULL},
    [Q_JOB_QUEUED] = {"SELECT " JOB_COLUMNS " FROM job WHERE jobid = ?", NULL},
    [Q_JOB_ATTEMPT] = {"SELECT " JOB_COLUMNS ", complete_time, exitstatus " HISTORY
                       " LIMIT 1",
                       "SELECT " JOB_COLUMNS ", complete_time, exitstatus " HISTORY
                       ", rowid DESC LIMIT 1"},
    [Q_EXITSTATUS] = {"SELECT exitstatus " HISTORY " LIMIT 1",
                      "SELECT exitstatus " HISTORY ", rowid DESC LIMIT 1"},
    [Q_LOGS] = {"SELECT log_time, host, process_id, priority, message FROM helios_log_tb "
                "WHERE log_time >= ? AND jobid = ? ORDER BY log_time LIMIT " TEXT(
                    QUERY_LOGS),
                "SELECT log_time, host, process_id, priority, message FROM helios_log_tb "
                "WHERE log_time >= ? AND jobid = ? ORDER BY log_time, rowid LIMIT " TEXT(
                    QUERY_LOGS)},
    [Q_DAEMONS] = {"SELECT worker_class, worker_version, host, process_id, start_time, "
                   "register_time FROM helios_worker_registry_tb WHERE register_time > ? "
                   "AND (? IS NULL OR worker_class = ?) AND (? IS NULL OR host = ?) "
                   "ORDER BY worker_class, host LIMIT " TEXT(QUERY_REGISTERED),
                   NULL},
    [Q_DELETE_LOG] = {"DELETE FROM helios_log_tb WHERE log_time <= ? LIMIT ?",
                      "DELETE FROM helios_log_tb WHERE rowid IN (SELECT rowid FROM "
                      "helios_log_tb WHERE log_time <= ? LIMIT ?)"},
    [Q_DELETE_HISTORY] = {"DELETE FROM helios_job_history_tb WHERE complete_time <= ? "
                          "LIMIT ?",
                          "DELETE FROM helios_job_history_tb WHERE rowid IN (SELECT rowid "
                          "FROM helios_job_history_tb WHERE complete_time <= ? LIMIT ?)"},
};

static const char *statement(struct store *store, enum query which)
{
    bool own = helios_db_kind(store_db(store)) == HELIOS_DB_SQLITE &&
               statements[which].sqlite != NULL;
    const char *text = own ? statements[which].sqlite : statements[which].common;
    const char *prefixed = store_prefixed(store, text, NULL);
    return prefixed != NULL ? prefixed : "out of memory";
}

static int64_t int_or_null(const struct helios_datum *d)
{
    return d->type == HELIOS_DATUM_NULL ? -1 : helios_datum_int(d);
}

int query_jobtype_create(struct store *store, const char *name, uint32_t *out,
                         struct helios_error *err)
{
    struct helios_db *db = store_db(store);
    const struct helios_datum param = helios_text(name);
    if (helios_db_exec(db, statement(store, Q_JOBTYPE_CREATE), &param, 1, NULL, err) != 0)
        return -1;
    *out = (uint32_t)helios_db_last_id(db);
    return 0;
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
    out->insert_time = int_or_null(&columns[2]);
    out->run_after = helios_datum_int(&columns[3]);
    out->grabbed_until = helios_datum_int(&columns[4]);
    out->priority = int_or_null(&columns[5]);
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

static int find_job(struct store *store, enum query which, uint64_t jobid,
                    struct query_job *out, struct helios_error *err)
{
    struct job_reader reader = {.out = out};
    const struct helios_datum param = helios_uint(jobid);
    *out = (struct query_job){0};
    if (helios_db_query(store_db(store), statement(store, which), &param, 1, read_job,
                        &reader, err) != 0)
        return -1;
    if (reader.failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    return reader.found ? 0 : 1;
}

int query_job(struct store *store, uint64_t jobid, struct query_job *out,
              struct helios_error *err)
{
    int rc = find_job(store, Q_JOB_ATTEMPT, jobid, out, err);
    if (rc != 1)
        return rc;
    rc = find_job(store, Q_JOB_QUEUED, jobid, out, err);
    if (rc != 1)
        return rc;
    /* It may have ended between the two looks. */
    return find_job(store, Q_JOB_ATTEMPT, jobid, out, err);
}

void query_job_fini(struct query_job *job)
{
    free(job->arg);
    *job = (struct query_job){0};
}

static int read_status(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    int64_t *out = arg;
    *out = int_or_null(&columns[0]);
    return 1;
}

int query_exitstatus(struct store *store, uint64_t jobid, int64_t *out,
                     struct helios_error *err)
{
    const struct helios_datum param = helios_uint(jobid);
    *out = -1;
    if (helios_db_query(store_db(store), statement(store, Q_EXITSTATUS), &param, 1,
                        read_status, out, err) != 0)
        return -1;
    return *out < 0 ? 1 : 0;
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
                                          helios_uint(jobid)};
    return helios_db_query(store_db(store), statement(store, Q_LOGS), params, 2, read_log,
                           &reader, err);
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
    const struct helios_datum params[] = {helios_int(since), helios_text(service),
                                          helios_text(service), helios_text(host),
                                          helios_text(host)};
    return helios_db_query(store_db(store), statement(store, Q_DAEMONS), params,
                           sizeof params / sizeof params[0], read_daemon, &reader, err);
}

/* ---- cleaning ---- */

static enum query purge_statement(enum query_purge table)
{
    return table == PURGE_LOG ? Q_DELETE_LOG : Q_DELETE_HISTORY;
}

const char *query_purge_text(struct store *store, enum query_purge table)
{
    return statement(store, purge_statement(table));
}

int query_purge(struct store *store, enum query_purge table, int64_t horizon, uint64_t most,
                uint64_t *deleted, struct helios_error *err)
{
    const struct helios_datum params[] = {helios_int(horizon), helios_uint(most)};
    return helios_db_exec(store_db(store), statement(store, purge_statement(table)), params,
                          2, deleted, err);
}
