/* SPDX-License-Identifier: MIT */
#include "db/handle.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/script.h"

/* ---- connection ---- */

static const struct db_driver *driver_of(const struct dsn *dsn)
{
    return dsn->driver == DSN_SQLITE ? &db_sqlite : &db_mysql;
}

int db_create(const struct dsn *dsn, struct helios_error *err)
{
    return driver_of(dsn)->create(dsn, err);
}

int db_connect(const struct dsn *dsn, const char *user, const char *password,
               struct helios_db **out, struct helios_error *err)
{
    struct helios_db *db = calloc(1, sizeof *db);
    *out = NULL;
    if (db == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while connecting");
    db->driver = driver_of(dsn);
    db->owner = getpid();
    if (db->driver->connect(dsn, user, password, &db->conn, &db->flags, err) != 0) {
        free(db);
        return -1;
    }
    *out = db;
    return 0;
}

static void cached_drop(struct helios_db *db, size_t i)
{
    struct db_cached *c = &db->cached[i];
    db->driver->finalize(db->conn, c->stmt);
    free(c->sql);
    *c = db->cached[--db->cached_n];
}

void db_init(void)
{
    db_mysql.init();
    db_sqlite.init();
}

static void disconnect(struct helios_db *db, bool foreign)
{
    /* Before its statements, each of which a server would otherwise be told of. */
    db->driver->close(db->conn, foreign);
    db->conn = NULL;
    while (db->cached_n > 0 && !foreign)
        cached_drop(db, db->cached_n - 1);
    while (db->cached_n > 0)
        free(db->cached[--db->cached_n].sql);
}

void db_close(struct helios_db *db)
{
    if (db == NULL)
        return;
    bool foreign = db->owner != getpid();
    if (!foreign)
        db_rollback(db);
    disconnect(db, foreign);
    free(db);
}

int db_reopen(struct helios_db *db, const struct dsn *dsn, const char *user,
              const char *password, struct helios_error *err)
{
    void *conn = NULL;
    unsigned flags = 0;
    /* SQLite's library remembers the locks of the process that we were forked from. */
    if (db->owner != getpid() || db->in_row)
        return db_check(db, err);
    if (db->driver->connect(dsn, user, password, &conn, &flags, err) != 0)
        return -1;
    db_rollback(db);
    disconnect(db, false);
    db->conn = conn;
    db->flags = flags;
    db->lost = false;
    return 0;
}

enum helios_db_kind helios_db_kind(const struct helios_db *db)
{
    return db->driver->kind;
}

unsigned db_flags(const struct helios_db *db)
{
    return db->flags;
}

bool db_usable(const struct helios_db *db)
{
    return !db->lost && db->owner == getpid();
}

bool db_in_transaction(const struct helios_db *db)
{
    return db->in_transaction;
}

bool db_undone(const struct helios_db *db)
{
    return db->undone != UNDONE_NO;
}

const char db_misuse[] =
    "SQL must not begin or end a transaction, nor commit it as CREATE TABLE does: a "
    "program has helios_client_begin() and its like, a job's transaction ends with the "
    "job; what was open is undone";

bool db_misused(struct helios_db *db)
{
    bool misused = db->misused;
    db->misused = false;
    return misused;
}

bool db_alone(const struct helios_db *db)
{
    return db->alone != ALONE_NO;
}

void db_watch(struct helios_db *db, db_watch_fn *fn, void *arg)
{
    db->watch = fn;
    db->watch_arg = arg;
}

static void begins(const struct helios_db *db, const char *sql)
{
    if (db->watch != NULL)
        db->watch(db->watch_arg, sql, HELIOS_E_NONE);
}

static void ended(const struct helios_db *db, int rc, const struct helios_error *err)
{
    if (db->watch != NULL)
        db->watch(db->watch_arg, NULL, rc == 0 ? HELIOS_E_NONE : err->kind);
}

int db_check(const struct helios_db *db, struct helios_error *err)
{
    if (db->owner != getpid())
        return err_set(err, HELIOS_E_LOST,
                       "this database connection belongs to another process");
    if (db->lost)
        return err_set(err, HELIOS_E_LOST, "the database connection was lost before");
    /* What follows would be a transaction of its own, without what was before. */
    if (db->undone == UNDONE_BY_MISUSE)
        return err_set(err, HELIOS_E_INVALID, "%s", db_misuse);
    if (db->undone != UNDONE_NO)
        return err_set(err, HELIOS_E_RETRY,
                       "the transaction was undone by an earlier error: begin it again");
    if (db->in_row)
        return err_set(err, HELIOS_E_INVALID,
                       "a row function must not use its database connection");
    if (db->alone == ALONE_DONE)
        return err_set(err, HELIOS_E_INVALID,
                       "a transaction of one statement has had it already");
    return 0;
}

static void end_alone(struct helios_db *db)
{
    if (db->alone == ALONE_NO)
        return;
    db->alone = ALONE_NO;
    db->in_transaction = false;
    (void)db->driver->alone(db->conn, false);
}

/* What a driver's failure means for the connection: decided here once for both drivers.
 * A transaction never survives a failure that asks for the whole work to be repeated, and
 * no statement is run outside of it until it was begun again or given up. */
static int failed(struct helios_db *db, const struct helios_error *err)
{
    end_alone(db);
    bool open = db->in_transaction;
    if (err->kind == HELIOS_E_LOST || err->kind == HELIOS_E_UNCERTAIN) {
        db->lost = true;
        db->in_transaction = false;
        db->undone = open ? UNDONE_BY_ERROR : UNDONE_NO;
    } else if (err->kind == HELIOS_E_RETRY ||
               (open && db->driver->undone != NULL && db->driver->undone(db->conn))) {
        db_rollback(db);
        db->undone = open ? UNDONE_BY_ERROR : UNDONE_NO;
    }
    return -1;
}

/* Nothing of a transaction whose end we do not know may become part of another. */
static int misuse(struct helios_db *db, struct helios_error *err)
{
    bool open = db->in_transaction;
    struct helios_error local = HELIOS_ERROR_INIT;
    end_alone(db);
    db->in_transaction = false;
    if (db->driver->rollback(db->conn, &local) != 0)
        db->lost = true;
    db->undone = open ? UNDONE_BY_MISUSE : UNDONE_NO;
    db->misused = true;
    return err_set(err, HELIOS_E_INVALID, "%s", db_misuse);
}

#ifdef HELIOS_TESTS
void db_lose(struct helios_db *db)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    if (db->in_transaction)
        (void)db->driver->rollback(db->conn, &err);
    db->lost = true;
    db->undone = db->in_transaction ? UNDONE_BY_ERROR : UNDONE_NO;
    db->in_transaction = false;
}
#endif

/* ---- statements ---- */

static uint64_t hash_text(const char *text)
{
    uint64_t h = 14695981039346656037u;
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 1099511628211u;
    return h;
}

static struct db_cached *cached_find(struct helios_db *db, const char *sql, uint64_t hash)
{
    for (size_t i = 0; i < db->cached_n; i++) {
        struct db_cached *c = &db->cached[i];
        if (c->hash == hash && strcmp(c->sql, sql) == 0) {
            c->used = ++db->ticks;
            return c;
        }
    }
    return NULL;
}

static void cached_drop_oldest(struct helios_db *db)
{
    size_t oldest = 0;
    for (size_t i = 1; i < db->cached_n; i++) {
        if (db->cached[i].used < db->cached[oldest].used)
            oldest = i;
    }
    cached_drop(db, oldest);
}

static struct db_cached *cached_add(struct helios_db *db, const char *sql, uint64_t hash,
                                    enum sql_kind kind, struct helios_error *err)
{
    char *text = strdup(sql);
    if (text == NULL) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory while preparing a statement");
        return NULL;
    }
    if (db->cached_n == DB_CACHE_SIZE)
        cached_drop_oldest(db);
    void *stmt = NULL;
    if (db->driver->prepare(db->conn, sql, &stmt, err) != 0) {
        free(text);
        return NULL;
    }
    db->cached[db->cached_n] = (struct db_cached){
        .hash = hash, .used = ++db->ticks, .kind = kind, .sql = text, .stmt = stmt};
    return &db->cached[db->cached_n++];
}

static bool misplaced(const struct helios_db *db, enum sql_kind kind)
{
    return kind == SQL_CONTROL || (kind == SQL_COMMITS && db->in_transaction) ||
           (kind == SQL_SAVEPOINT && !db->in_transaction);
}

static struct db_cached *statement(struct helios_db *db, const char *sql,
                                   struct helios_error *err)
{
    uint64_t hash = hash_text(sql);
    struct db_cached *c = cached_find(db, sql, hash);
    enum sql_kind kind = c != NULL ? c->kind : sql_kind(sql);
    if (kind != SQL_PLAIN && misplaced(db, kind)) {
        (void)misuse(db, err);
        return NULL;
    }
    if (c != NULL)
        return c;
    if (sql_blank(sql)) {
        (void)err_set(err, HELIOS_E_INVALID, "prepare: the text has no statement");
        return NULL;
    }
    return cached_add(db, sql, hash, kind, err);
}

/* A statement that failed is prepared anew at its next use: what it was prepared against
 * may have changed. */
static int run(struct helios_db *db, const char *sql, const struct helios_datum *params,
               size_t n, helios_row_fn *row, void *arg, uint64_t *changed,
               struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    if (err == NULL)
        err = &local;
    if (db_check(db, err) != 0)
        return -1;
    begins(db, sql);
    struct db_cached *c = statement(db, sql, err);
    if (c == NULL) {
        ended(db, -1, err);
        return failed(db, err);
    }
    uint64_t count = 0;
    db->in_row = true;
    int rc = db->driver->run(db->conn, c->stmt, params, n, row, arg, &count, err);
    db->in_row = false;
    /* A procedure may do what the first words do not show. */
    if (rc == 0 && !db->driver->agrees(db->conn, db->in_transaction && !db_alone(db)))
        rc = misuse(db, err);
    ended(db, rc, err);
    if (changed != NULL)
        *changed = rc == 0 ? count : 0;
    if (rc == 0 && db->alone == ALONE_NEXT)
        db->alone = ALONE_DONE;
    if (rc == 0)
        return 0;
    cached_drop(db, (size_t)(c - db->cached));
    return failed(db, err);
}

int helios_db_exec(struct helios_db *db, const char *sql, const struct helios_datum *params,
                   size_t n, uint64_t *changed, struct helios_error *err)
{
    return run(db, sql, params, n, NULL, NULL, changed, err);
}

int helios_db_query(struct helios_db *db, const char *sql,
                    const struct helios_datum *params, size_t n, helios_row_fn *row,
                    void *arg, struct helios_error *err)
{
    return run(db, sql, params, n, row, arg, NULL, err);
}

uint64_t helios_db_last_id(const struct helios_db *db)
{
    return db->driver->last_id(db->conn);
}

uint64_t db_change_number(struct helios_db *db)
{
    return db_check(db, NULL) == 0 ? db->driver->change_number(db->conn) : 0;
}

/* ---- the binary log ---- */

int db_dump_begin(struct helios_db *db, struct helios_error *err)
{
    if (db_check(db, err) != 0)
        return -1;
    if (db->driver->dump_begin == NULL) {
        (void)err_set(err, HELIOS_E_DENIED, "%s keeps no binary log", db->driver->name);
        return 1;
    }
    while (db->cached_n > 0)
        cached_drop(db, db->cached_n - 1);
    int rc = db->driver->dump_begin(db->conn, err);
    return rc < 0 ? failed(db, err) : rc;
}

int db_dump_next(struct helios_db *db, const uint8_t **event, size_t *len,
                 struct helios_error *err)
{
    if (db_check(db, err) != 0)
        return -1;
    return db->driver->dump_next(db->conn, event, len, err) == 0 ? 0 : failed(db, err);
}

/* ---- transactions and scripts ---- */

int db_begin(struct helios_db *db, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    if (err == NULL)
        err = &local;
    db->undone = UNDONE_NO;
    if (db_check(db, err) != 0)
        return -1;
    if (db->in_transaction)
        return err_set(err, HELIOS_E_INVALID, "a transaction is open already");
    if (db->driver->begin(db->conn, err) != 0)
        return failed(db, err);
    db->in_transaction = true;
    return 0;
}

int db_begin_alone(struct helios_db *db, struct helios_error *err)
{
    if (db->in_transaction || db_check(db, NULL) != 0 || !db->driver->alone(db->conn, true))
        return db_begin(db, err);
    db->alone = ALONE_NEXT;
    db->in_transaction = true;
    return 0;
}

int db_commit(struct helios_db *db, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    if (err == NULL)
        err = &local;
    if (db->alone == ALONE_DONE) {
        end_alone(db);
        return 0;
    }
    if (db_check(db, err) != 0) {
        db->undone = UNDONE_NO; /* it is over */
        return -1;
    }
    if (!db->in_transaction)
        return err_set(err, HELIOS_E_INVALID, "no transaction is open");
    begins(db, "COMMIT");
    int rc = db->driver->commit(db->conn, err);
    ended(db, rc, err);
    if (rc == 0) {
        end_alone(db);
        db->in_transaction = false;
        return 0;
    }
    (void)failed(db, err);
    db_rollback(db);
    return -1;
}

void db_rollback(struct helios_db *db)
{
    end_alone(db);
    db->undone = UNDONE_NO;
    if (db->owner != getpid())
        db->in_transaction = false; /* it is the other's */
    if (!db->in_transaction || db_check(db, NULL) != 0)
        return;
    db->in_transaction = false;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (db->driver->rollback(db->conn, &err) != 0)
        db->lost = true;
}

int db_script(struct helios_db *db, const char *script, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    const char *statement_text;
    size_t len;
    if (err == NULL)
        err = &local;
    while (script_next(&script, &statement_text, &len)) {
        if (db_check(db, err) != 0)
            return -1;
        if (db_alone(db))
            return err_set(err, HELIOS_E_INVALID,
                           "a transaction of one statement is no place for a script");
        if (db->driver->script(db->conn, statement_text, len, err) != 0)
            return failed(db, err);
    }
    return 0;
}
