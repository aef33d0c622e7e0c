/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_DB_H
#define HELIOS_DB_H

#include <stddef.h>
#include <stdint.h>

#include <helios/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A connection to the collective database, for a service's or a client's own SQL. */
struct helios_db;

enum helios_db_kind { HELIOS_DB_MYSQL, HELIOS_DB_SQLITE };

/* Which SQL the connection speaks. */
HELIOS_API enum helios_db_kind helios_db_kind(const struct helios_db *db);

enum helios_datum_type {
    HELIOS_DATUM_NULL,
    HELIOS_DATUM_INT,
    HELIOS_DATUM_UINT,
    HELIOS_DATUM_DOUBLE,
    HELIOS_DATUM_TEXT, /* UTF-8 */
    HELIOS_DATUM_BLOB
};

/* One bound parameter, or one column of a row. `data` is borrowed: a parameter must live
 * until the call returns, a column lives until the row function returns. A TEXT or BLOB
 * column is followed by a NUL that `len` does not count. A parameter of another type than
 * these is HELIOS_E_INVALID, a UINT above INT64_MAX HELIOS_E_DATA on SQLite. */
struct helios_datum {
    enum helios_datum_type type;
    union {
        int64_t i;
        uint64_t u;
        double d;
    };
    const void *data;
    size_t len;
};

HELIOS_API struct helios_datum helios_null(void);
HELIOS_API struct helios_datum helios_int(int64_t value);
HELIOS_API struct helios_datum helios_uint(uint64_t value);
HELIOS_API struct helios_datum helios_double(double value);
/* NULL text binds NULL. */
HELIOS_API struct helios_datum helios_text(const char *text);
HELIOS_API struct helios_datum helios_blob(const void *data, size_t len);

/* Column readers. Which type a column has the store decides, and for a number they differ:
 *
 *                                          server                SQLite
 *     whole numbers, COUNT()               INT, UINT (UNSIGNED)  INT
 *     FLOAT, DOUBLE                        DOUBLE                DOUBLE
 *     DECIMAL; 0.5 * 3, SUM(), AVG()       TEXT                  INT or DOUBLE
 *       of whole or exact numbers
 *     texts; on a server times and dates   TEXT                  TEXT
 *     BLOB                                 BLOB                  BLOB
 *
 * So read a number by one of the first three, which convert from any of these types, and
 * not by helios_datum_text().
 *
 * A whole number: of DOUBLE what is before the point, of TEXT and BLOB the digits in front,
 * 0 for NULL and what has none. What does not fit becomes the nearest number that does. */
HELIOS_API int64_t helios_datum_int(const struct helios_datum *d);
HELIOS_API uint64_t helios_datum_uint(const struct helios_datum *d);
/* Of TEXT and BLOB the number that is all of it, with a point in every locale; 0 for NULL
 * and for what is no number. */
HELIOS_API double helios_datum_double(const struct helios_datum *d);
/* The text of TEXT or BLOB; NULL for NULL and for INT, UINT and DOUBLE. */
HELIOS_API const char *helios_datum_text(const struct helios_datum *d);

/* Called once for each row. Returns 0 to go on, anything else to stop. Must not
 * use `db`. */
typedef int helios_row_fn(void *arg, const struct helios_datum *columns, size_t n);

/* Runs one statement with `n` parameters for its `?`. A text without a statement is
 * HELIOS_E_INVALID; one with several is that on SQLite, and an error of syntax on a server,
 * HELIOS_E_DATABASE: none of it is run. Never build `sql` from data: it is prepared once
 * for each distinct text and kept. `changed` (may be NULL) receives the number of rows
 * inserted, deleted or matched by an UPDATE. 0, or -1 and `*err`; a failed statement
 * leaves the transaction open unless the kind is LOST or RETRY, or SQLite had to undo all
 * of it (full disk, I/O error, no memory). Then nothing of it is in the database, and
 * whatever is tried before it is begun again fails with RETRY: in a service that is the
 * job's next attempt, in a client helios_client_begin() or helios_client_rollback().
 *
 * SQL does not begin or end transactions. Refused as HELIOS_E_INVALID are BEGIN, START
 * TRANSACTION, COMMIT, END, ROLLBACK, XA and SET autocommit; in a transaction also what
 * commits on a server, such as CREATE, ALTER and DROP, on either store; outside of one
 * SAVEPOINT. The same where the connection tells afterwards that a statement, a CALL for
 * example, has begun or ended one; what that committed stays. Whatever is open then is
 * undone, and what follows fails as INVALID until it is begun again. Allowed are
 * savepoints in a transaction, ROLLBACK TO one, and temporary tables. */
HELIOS_API int helios_db_exec(struct helios_db *db, const char *sql,
                              const struct helios_datum *params, size_t n,
                              uint64_t *changed, struct helios_error *err);

/* Runs a query and gives each row to `row`. 0, or -1 and `*err`. */
HELIOS_API int helios_db_query(struct helios_db *db, const char *sql,
                               const struct helios_datum *params, size_t n,
                               helios_row_fn *row, void *arg, struct helios_error *err);

/* The id generated by the last INSERT on this connection. */
HELIOS_API uint64_t helios_db_last_id(const struct helios_db *db);

#ifdef __cplusplus
}
#endif

#endif
