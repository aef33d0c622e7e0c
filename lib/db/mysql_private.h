/* SPDX-License-Identifier: MIT */
#ifndef DB_MYSQL_PRIVATE_H
#define DB_MYSQL_PRIVATE_H

#include <mysql.h>

#include "db/db.h"

/* The parts of the MySQL driver, shared by its files. */
struct mysql_conn {
    MYSQL *mysql;
    size_t packet_max; /* of the server: larger statements end the connection */
    uint64_t last_id;
    bool alone;          /* the next statement commits by itself */
    unsigned idle, open; /* the server's status outside and inside of a transaction */
    struct st_mariadb_rpl *rpl; /* the connection has become a stream of the binary log */
};

/* Describes a failure of the server or the client library: `number` and `text` are what it
 * gave, `what` is the operation. */
int mysql_failed(struct helios_error *err, const char *what, unsigned number,
                 const char *text);
/* The same for an attempt to connect, with what an operator can do about it. */
int mysql_connect_failed(struct helios_error *err, unsigned number, const char *text);
/* For a failure of what commits: a lost connection leaves the outcome open. */
void mysql_commit_failed(struct helios_error *err, unsigned number);
void mysql_alone_failed(struct helios_error *err, unsigned number); /* of a statement */

/* The library's type of a value; of NULL one that has no value. */
enum enum_field_types mysql_type_of(enum helios_datum_type type);
int mysql_no_memory(struct helios_error *err);

/* The parameters of `n` rows, row by row, as arrays: `*rows` keeps their memory for the
 * next time, `*binds` is valid until then. INVALID if a column has values of several types.
 */
struct mysql_rows;
int mysql_rows_bind(struct mysql_rows **rows, const struct helios_datum *params, size_t n,
                    size_t width, MYSQL_BIND **binds, struct helios_error *err);
void mysql_rows_free(struct mysql_rows *rows); /* NULL is harmless */

int mysql_statement_prepare(void *conn, const char *sql, void **out,
                            struct helios_error *err);
void mysql_statement_finalize(void *conn, void *statement);
int mysql_statement_run(void *conn, void *statement, const struct helios_datum *params,
                        size_t n, helios_row_fn *row, void *arg, uint64_t *changed,
                        struct helios_error *err);

/* mysql_dump.c, as in struct db_driver. */
int mysql_dump_begin(void *conn, struct helios_error *err);
int mysql_dump_next(void *conn, const uint8_t **event, size_t *len,
                    struct helios_error *err);
void mysql_dump_end(struct mysql_conn *c);

#endif
