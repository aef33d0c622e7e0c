/* SPDX-License-Identifier: MIT */
#ifndef DB_HANDLE_H
#define DB_HANDLE_H

#include <sys/types.h>

#include "db/db.h"
#include "db/sql.h"

/* What is behind struct helios_db: for lib/db and its tests only. */
#define DB_CACHE_SIZE 128

struct db_cached {
    uint64_t hash; /* of `sql` */
    uint64_t used; /* value of `ticks` at the last use */
    enum sql_kind kind;
    char *sql;
    void *stmt;
};

struct helios_db {
    const struct db_driver *driver;
    void *conn;
    unsigned flags;
    pid_t owner;
    bool lost;
    bool in_transaction;
    /* It was taken back, which its owner has not acted upon yet: by the database, or by us
     * for what its owner tried with it. */
    enum { UNDONE_NO, UNDONE_BY_ERROR, UNDONE_BY_MISUSE } undone;
    bool misused; /* the last is so, or was tried without a transaction; until asked */
    enum { ALONE_NO, ALONE_NEXT, ALONE_DONE } alone; /* the transaction's one statement */
    bool in_row;        /* a row function is running: the connection is not free */
    db_watch_fn *watch; /* NULL: none */
    void *watch_arg;
    uint64_t ticks;
    size_t cached_n;
    struct db_cached cached[DB_CACHE_SIZE];
};

#endif
