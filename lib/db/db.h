/* SPDX-License-Identifier: MIT */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>

#include <helios/db.h>

#include "conf/dsn.h"
#include "core/err.h"

/* The driver's side of struct helios_db: connections, transactions, errors classified once.
 * A connection that failed with HELIOS_E_LOST or _UNCERTAIN is dead: every further call
 * fails with LOST until db_reopen(); nothing connects again by itself. A connection belongs
 * to the process that opened it: in any other process db_close() drops it without a word to
 * the server, and every other call fails. */
enum db_flag {
    DB_SKIP_LOCKED = 1u << 0, /* SELECT ... FOR UPDATE SKIP LOCKED */
    DB_ONE_WRITER = 1u << 1,  /* a write transaction excludes all others (SQLite) */
    DB_MARIADB = 1u << 2,
    DB_RETURNING = 1u << 3, /* INSERT ... RETURNING gives the rows in their order */
    DB_READ_ONLY = 1u << 4, /* an SQLite file that cannot be written */
    /* A statement that is given the parameters of several rows is run for each of them, in
     * one round trip. One that fails ends it, with what the rows before it did. */
    DB_ROWS = 1u << 5
};

/* Initializes the client libraries, which they would do at their first connection: a
 * program that forks processes with a connection each does it for all of them. Opens
 * nothing. */
void db_init(void);

/* Makes the empty database file that an SQLite `dsn` names, mode 0640, if there is none;
 * does nothing for a server. db_connect() never makes one. */
int db_create(const struct dsn *dsn, struct helios_error *err);

/* Connects; time-outs from `dsn` or DB_TIMEOUT_S for connect, read and write. `password`
 * may be NULL; it appears in no message. */
#define DB_TIMEOUT_S 30
int db_connect(const struct dsn *dsn, const char *user, const char *password,
               struct helios_db **out, struct helios_error *err);
/* Connects anew in place of a connection that was lost: `db` stays the caller's, and its
 * statements are prepared again. On failure it stays lost. What it was connected with is
 * the caller's to know. */
int db_reopen(struct helios_db *db, const struct dsn *dsn, const char *user,
              const char *password, struct helios_error *err);
#ifdef HELIOS_TESTS
/* From now on the connection is lost, as if the server had ended it. */
void db_lose(struct helios_db *db);
#endif
void db_close(
    struct helios_db *db); /* NULL is harmless; an open transaction is rolled back */

/* Told of each statement, COMMIT and the like: `sql` when it begins, NULL when it has ended
 * with `kind`. One watcher; it must not use the connection. */
typedef void db_watch_fn(void *arg, const char *sql, enum helios_error_kind kind);
void db_watch(struct helios_db *db, db_watch_fn *fn, void *arg);

unsigned db_flags(const struct helios_db *db);
bool db_usable(const struct helios_db *db); /* false once LOST */
bool db_in_transaction(const struct helios_db *db);
/* An error or a misuse has undone the transaction, and its owner has not begun again,
 * rolled back or tried to commit yet: until then every statement fails with RETRY, after a
 * misuse with INVALID, or, where the connection went too, with LOST. */
bool db_undone(const struct helios_db *db);
/* Transactions begin and end by the functions below alone, so that `db` knows whether one
 * is open. A misuse is a statement that would begin or end one, or has: it fails with
 * INVALID and this sentence, and what is open is undone. True if there was one since the
 * last time that this was asked. */
extern const char db_misuse[];
bool db_misused(struct helios_db *db);
/* Whether a statement may be run at all; -1: why not, LOST, RETRY as above, INVALID. */
int db_check(const struct helios_db *db, struct helios_error *err);

/* A write transaction: READ COMMITTED on MySQL, BEGIN IMMEDIATE on SQLite. */
int db_begin(struct helios_db *db, struct helios_error *err);
/* The same for a transaction of one statement, which is given next: where db_alone() is
 * true afterwards it commits by itself, which spares a server the two round trips around
 * it. Then it cannot be rolled back, and its loss once it was sent is UNCERTAIN, as is its
 * being interrupted, which ends the connection. db_commit() follows a success. On SQLite,
 * or where a server's session is not as we left it, no different from db_begin(). */
int db_begin_alone(struct helios_db *db, struct helios_error *err);
bool db_alone(const struct helios_db *db);
/* LOST before COMMIT was sent is LOST; after it, UNCERTAIN. On any failure no transaction
 * is open any more. */
int db_commit(struct helios_db *db, struct helios_error *err);
void db_rollback(struct helios_db *db); /* harmless without a transaction */

/* Runs a script of statements separated by ';' at line ends (schema steps only). */
int db_script(struct helios_db *db, const char *script, struct helios_error *err);

/* A number that changes when another connection changed the database, cheaply (SQLite
 * data_version); 0 where the driver has none. */
uint64_t db_change_number(struct helios_db *db);

/* Turns the connection into a stream of the server's binary log, from its present end on:
 * after it only db_dump_next() and db_close() may be called. 1: this server, driver or
 * account does not allow it; `err` says why in words for people. */
int db_dump_begin(struct helios_db *db, struct helios_error *err);
/* Waits for the next event (db/binlog.h), at most for the read time-out: a server that has
 * nothing to tell gives signs of life more often than that. The bytes are good until the
 * next call. An event of more than DB_DUMP_EVENT_MAX bytes ends the stream: HELIOS_E_LIMIT.
 */
#define DB_DUMP_EVENT_MAX (1024u * 1024u)
int db_dump_next(struct helios_db *db, const uint8_t **event, size_t *len,
                 struct helios_error *err);

/* Driver interface: one constant of this type per driver file. */
struct db_driver {
    const char *name;
    enum helios_db_kind kind;
    void (*init)(void);
    int (*create)(const struct dsn *dsn, struct helios_error *err);
    int (*connect)(const struct dsn *dsn, const char *user, const char *password,
                   void **conn, unsigned *flags, struct helios_error *err);
    void (*close)(void *conn, bool foreign); /* foreign: opened by another process */
    int (*prepare)(void *conn, const char *sql, void **stmt, struct helios_error *err);
    void (*finalize)(void *conn, void *stmt); /* conn NULL: it is closed */
    /* Runs `stmt`; gives rows to `row` if it is not NULL. */
    int (*run)(void *conn, void *stmt, const struct helios_datum *params, size_t n,
               helios_row_fn *row, void *arg, uint64_t *changed, struct helios_error *err);
    int (*begin)(void *conn, struct helios_error *err);
    /* The next statement is to be a transaction by itself; not `on`: that is over. False:
     * it has to be between begin and commit. */
    bool (*alone)(void *conn, bool on);
    int (*commit)(void *conn, struct helios_error *err);
    int (*rollback)(void *conn, struct helios_error *err);
    /* Whether the session is in a transaction, if one is `open`, and else commits each
     * statement by itself. */
    bool (*agrees)(void *conn, bool open);
    /* Whether a failure has rolled back the transaction; NULL: its kind tells. */
    bool (*undone)(void *conn);
    /* Runs one statement as text. */
    int (*script)(void *conn, const char *statement, size_t len, struct helios_error *err);
    uint64_t (*last_id)(void *conn);
    uint64_t (*change_number)(void *conn);
    /* NULL: the database has no such log. */
    int (*dump_begin)(void *conn, struct helios_error *err);
    int (*dump_next)(void *conn, const uint8_t **event, size_t *len,
                     struct helios_error *err);
};
extern const struct db_driver db_mysql;
extern const struct db_driver db_sqlite;

#endif
