/* SPDX-License-Identifier: MIT */
#include "db/mysql_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One prepared statement with everything that running it needs, allocated once. */
struct column {
    enum helios_datum_type type;
    union {
        long long i;
        double d;
    };
    char *data; /* TEXT and BLOB: `cap` bytes and room for a NUL */
    size_t cap;
    unsigned long len; /* of the value, may be above `cap` */
    my_bool null;
};

struct statement {
    MYSQL *mysql;
    MYSQL_STMT *stmt;
    size_t params_n;
    MYSQL_BIND *params;
    struct mysql_rows *rows; /* NULL until it is run for several */
    size_t columns_n;
    MYSQL_BIND *results;
    struct column *columns;
    struct helios_datum *row;
};

#define COLUMN_FIRST 256u
#define COLUMN_KEEP  (1024u * 1024u) /* larger buffers are not kept between runs */
/* What a statement's packet holds besides its values: per parameter and in all. */
#define PACKET_PARAM 16u
#define PACKET_EXTRA 1024u

/* An error that arrives among the rows is kept at the connection only. */
static int stmt_failed(struct statement *s, const char *what, struct helios_error *err)
{
    if (mysql_stmt_errno(s->stmt) == 0)
        return mysql_failed(err, what, mysql_errno(s->mysql), mysql_error(s->mysql));
    return mysql_failed(err, what, mysql_stmt_errno(s->stmt), mysql_stmt_error(s->stmt));
}

/* ---- results ---- */

static bool column_grow(struct column *c, size_t cap)
{
    char *data = realloc(c->data, cap + 1);
    if (data == NULL)
        return false;
    c->data = data;
    c->cap = cap;
    return true;
}

static enum helios_datum_type column_type(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
        return (field->flags & UNSIGNED_FLAG) != 0 ? HELIOS_DATUM_UINT : HELIOS_DATUM_INT;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return HELIOS_DATUM_DOUBLE;
    default: /* decimals, times and the like arrive as text */
        return field->charsetnr == 63 && IS_BLOB(field->flags) ? HELIOS_DATUM_BLOB
                                                               : HELIOS_DATUM_TEXT;
    }
}

static void column_bind(struct column *c, MYSQL_BIND *bind)
{
    *bind = (MYSQL_BIND){.is_null = &c->null, .length = &c->len};
    if (c->type == HELIOS_DATUM_DOUBLE) {
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        bind->buffer = &c->d;
    } else if (c->type == HELIOS_DATUM_INT || c->type == HELIOS_DATUM_UINT) {
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->is_unsigned = c->type == HELIOS_DATUM_UINT;
        bind->buffer = &c->i;
    } else {
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = c->data;
        bind->buffer_length = (unsigned long)c->cap;
    }
}

static bool column_is_bytes(const struct column *c)
{
    return c->type == HELIOS_DATUM_TEXT || c->type == HELIOS_DATUM_BLOB;
}

static void forget_results(struct statement *s)
{
    for (size_t i = 0; i < s->columns_n; i++)
        free(s->columns[i].data);
    free(s->results);
    free(s->columns);
    free(s->row);
    s->results = NULL;
    s->columns = NULL;
    s->row = NULL;
    s->columns_n = 0;
}

static bool make_columns(struct statement *s, const MYSQL_FIELD *fields, size_t n)
{
    s->results = calloc(n, sizeof *s->results);
    s->columns = calloc(n, sizeof *s->columns);
    s->row = calloc(n, sizeof *s->row);
    if (s->results == NULL || s->columns == NULL || s->row == NULL)
        return false;
    s->columns_n = n;
    for (size_t i = 0; i < n; i++) {
        struct column *c = &s->columns[i];
        c->type = column_type(&fields[i]);
        if (column_is_bytes(c) && !column_grow(c, COLUMN_FIRST))
            return false;
    }
    return true;
}

/* After the first execution: what INSERT ... RETURNING gives is not known earlier. */
static int describe_results(struct statement *s, struct helios_error *err)
{
    if (mysql_stmt_field_count(s->stmt) == s->columns_n)
        return 0;
    forget_results(s);
    MYSQL_RES *meta = mysql_stmt_result_metadata(s->stmt);
    if (meta == NULL)
        return stmt_failed(s, "execute", err);
    bool made = make_columns(s, mysql_fetch_fields(meta), mysql_num_fields(meta));
    mysql_free_result(meta);
    return made ? 0 : mysql_no_memory(err);
}

static int bind_results(struct statement *s, struct helios_error *err)
{
    for (size_t i = 0; i < s->columns_n; i++)
        column_bind(&s->columns[i], &s->results[i]);
    if (mysql_stmt_bind_result(s->stmt, s->results) != 0)
        return stmt_failed(s, "execute", err);
    return 0;
}

/* Reads the columns of the current row again that did not fit; `*grown` tells that there
 * were some, so that the next row is given the larger buffers. */
static int fetch_long(struct statement *s, bool *grown, struct helios_error *err)
{
    for (size_t i = 0; i < s->columns_n; i++) {
        struct column *c = &s->columns[i];
        if (!column_is_bytes(c) || c->null || c->len <= c->cap)
            continue;
        if (!column_grow(c, c->len))
            return mysql_no_memory(err);
        column_bind(c, &s->results[i]);
        if (mysql_stmt_fetch_column(s->stmt, &s->results[i], (unsigned)i, 0) != 0)
            return stmt_failed(s, "fetch", err);
        *grown = true;
    }
    return 0;
}

static void fill_row(struct statement *s)
{
    for (size_t i = 0; i < s->columns_n; i++) {
        struct column *c = &s->columns[i];
        struct helios_datum *d = &s->row[i];
        *d = helios_null();
        if (c->null)
            continue;
        d->type = c->type;
        if (c->type == HELIOS_DATUM_DOUBLE) {
            d->d = c->d;
        } else if (!column_is_bytes(c)) {
            d->i = c->i;
        } else {
            c->data[c->len] = '\0';
            d->data = c->data;
            d->len = c->len;
        }
    }
}

/* A client library that has no room for a row ends the connection, and says that it was
 * lost. Who believed that would come back for the same row without end. */
static int fetch_failed(struct statement *s, int errnum, struct helios_error *err)
{
    return errnum == ENOMEM ? mysql_no_memory(err) : stmt_failed(s, "fetch", err);
}

static int fetch_rows(struct statement *s, helios_row_fn *row, void *arg,
                      struct helios_error *err)
{
    bool grown = true; /* nothing is bound yet */
    for (;;) {
        if (grown && bind_results(s, err) != 0)
            return -1;
        grown = false;
        errno = 0;
        int rc = mysql_stmt_fetch(s->stmt);
        if (rc == MYSQL_NO_DATA)
            return 0;
        if (rc != 0 && rc != MYSQL_DATA_TRUNCATED)
            return fetch_failed(s, errno, err);
        if (fetch_long(s, &grown, err) != 0)
            return -1;
        fill_row(s);
        if (row(arg, s->row, s->columns_n) != 0)
            return 0;
    }
}

/* Leaves the connection free for the next statement, whatever this one sent. */
static void drain(struct statement *s)
{
    do
        (void)mysql_stmt_free_result(s->stmt);
    while (mysql_stmt_more_results(s->stmt) && mysql_stmt_next_result(s->stmt) == 0);
    for (size_t i = 0; i < s->columns_n; i++) {
        struct column *c = &s->columns[i];
        if (c->cap > COLUMN_KEEP)
            (void)column_grow(c, COLUMN_FIRST);
    }
}

/* ---- parameters ---- */

static void bind_param(MYSQL_BIND *bind, const struct helios_datum *d)
{
    *bind = (MYSQL_BIND){.buffer_type = mysql_type_of(d->type),
                         .is_unsigned = d->type == HELIOS_DATUM_UINT};
    switch (d->type) {
    case HELIOS_DATUM_NULL:
        break;
    case HELIOS_DATUM_INT:
    case HELIOS_DATUM_UINT:
        bind->buffer = (void *)&d->i;
        break;
    case HELIOS_DATUM_DOUBLE:
        bind->buffer = (void *)&d->d;
        break;
    case HELIOS_DATUM_TEXT:
    case HELIOS_DATUM_BLOB:
        bind->buffer = d->data != NULL ? (void *)d->data : (void *)"";
        bind->buffer_length = (unsigned long)d->len;
        break;
    }
}

static int bind_params(struct mysql_conn *c, struct statement *s,
                       const struct helios_datum *params, size_t n,
                       struct helios_error *err)
{
    size_t packet = PACKET_EXTRA;
    unsigned many = n > s->params_n && s->params_n > 0 ? (unsigned)(n / s->params_n) : 0;
    MYSQL_BIND *binds = s->params;
    if (n != (many > 0 ? many : 1) * s->params_n)
        return err_set(err, HELIOS_E_INVALID,
                       "the statement has %zu parameters and was given %zu", s->params_n,
                       n);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned)params[i].type > HELIOS_DATUM_BLOB)
            return err_set(err, HELIOS_E_INVALID, "parameter %zu has no type", i + 1);
        packet += PACKET_PARAM + params[i].len;
    }
    for (size_t i = 0; many == 0 && i < n; i++)
        bind_param(&s->params[i], &params[i]);
    if (c->packet_max != 0 && packet > c->packet_max)
        return err_set(err, HELIOS_E_LIMIT,
                       "the statement is %zu bytes long, max_allowed_packet of the "
                       "database server is %zu",
                       packet, c->packet_max);
    if (many > 0 && mysql_rows_bind(&s->rows, params, many, s->params_n, &binds, err) != 0)
        return -1;
    if (mysql_stmt_attr_set(s->stmt, STMT_ATTR_ARRAY_SIZE, &many) != 0 ||
        (n > 0 && mysql_stmt_bind_param(s->stmt, binds) != 0))
        return stmt_failed(s, "execute", err);
    return 0;
}

/* ---- the driver's functions ---- */

void mysql_statement_finalize(void *conn, void *statement)
{
    struct statement *s = statement;
    (void)conn;
    if (s->stmt != NULL)
        (void)mysql_stmt_close(s->stmt);
    forget_results(s);
    free(s->params);
    mysql_rows_free(s->rows);
    free(s);
}

static int prepare(struct statement *s, const char *sql, struct helios_error *err)
{
    if (mysql_stmt_prepare(s->stmt, sql, strlen(sql)) != 0)
        return stmt_failed(s, "prepare", err);
    s->params_n = mysql_stmt_param_count(s->stmt);
    s->params = calloc(s->params_n + 1, sizeof *s->params);
    return s->params == NULL ? mysql_no_memory(err) : 0;
}

int mysql_statement_prepare(void *conn, const char *sql, void **out,
                            struct helios_error *err)
{
    struct mysql_conn *c = conn;
    struct statement *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->mysql = c->mysql;
        s->stmt = mysql_stmt_init(c->mysql);
    }
    if (s == NULL || s->stmt == NULL) {
        free(s);
        return mysql_no_memory(err);
    }
    if (prepare(s, sql, err) != 0) {
        mysql_statement_finalize(conn, s);
        return -1;
    }
    *out = s;
    return 0;
}

static int ignore_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)arg;
    (void)columns;
    (void)n;
    return 1;
}

static int run(struct mysql_conn *c, struct statement *s, const struct helios_datum *params,
               size_t n, helios_row_fn *row, void *arg, uint64_t *changed,
               struct helios_error *err)
{
    if (bind_params(c, s, params, n, err) != 0)
        return -1;
    if (mysql_stmt_execute(s->stmt) != 0)
        return stmt_failed(s, "execute", err);
    if (mysql_stmt_field_count(s->stmt) > 0) {
        int rc = describe_results(s, err);
        if (rc == 0)
            rc = fetch_rows(s, row != NULL ? row : ignore_row, arg, err);
        drain(s);
        return rc;
    }
    *changed = mysql_stmt_affected_rows(s->stmt);
    c->last_id = mysql_stmt_insert_id(s->stmt);
    return 0;
}

int mysql_statement_run(void *conn, void *statement, const struct helios_datum *params,
                        size_t n, helios_row_fn *row, void *arg, uint64_t *changed,
                        struct helios_error *err)
{
    struct mysql_conn *c = conn;
    struct statement *s = statement;
    int rc = run(c, s, params, n, row, arg, changed, err);
    unsigned number = mysql_stmt_errno(s->stmt);
    if (rc != 0 && c->alone)
        mysql_alone_failed(err, number != 0 ? number : mysql_errno(c->mysql));
    return rc;
}
