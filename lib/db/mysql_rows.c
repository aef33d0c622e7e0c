/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "core/err.h"
#include "db/mysql_private.h"

/* Parameters of one statement for many rows, which MariaDB takes in one packet: an array
 * for each column. */
union cell {
    long long i;
    double d;
    const char *bytes;
};

struct mysql_rows {
    size_t cells, columns; /* room for so many */
    MYSQL_BIND *binds;
    union cell *values;
    unsigned long *lengths;
    char *indicators;
};

void mysql_rows_free(struct mysql_rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->binds);
    free(rows->values);
    free(rows->lengths);
    free(rows->indicators);
    free(rows);
}

static struct mysql_rows *rows_new(size_t n, size_t width)
{
    struct mysql_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return NULL;
    rows->cells = n * width;
    rows->columns = width;
    rows->binds = calloc(width, sizeof *rows->binds);
    rows->values = calloc(rows->cells, sizeof *rows->values);
    rows->lengths = calloc(rows->cells, sizeof *rows->lengths);
    rows->indicators = calloc(rows->cells, sizeof *rows->indicators);
    if (rows->binds != NULL && rows->values != NULL && rows->lengths != NULL &&
        rows->indicators != NULL)
        return rows;
    mysql_rows_free(rows);
    return NULL;
}

enum enum_field_types mysql_type_of(enum helios_datum_type type)
{
    static const enum enum_field_types types[] = {[HELIOS_DATUM_NULL] = MYSQL_TYPE_NULL,
                                                  [HELIOS_DATUM_INT] = MYSQL_TYPE_LONGLONG,
                                                  [HELIOS_DATUM_UINT] = MYSQL_TYPE_LONGLONG,
                                                  [HELIOS_DATUM_DOUBLE] = MYSQL_TYPE_DOUBLE,
                                                  [HELIOS_DATUM_TEXT] = MYSQL_TYPE_STRING,
                                                  [HELIOS_DATUM_BLOB] = MYSQL_TYPE_BLOB};
    return types[type];
}

/* The type of all values of a column that are not NULL. A column of NULLs is text. */
static int column_type(const struct helios_datum *column, size_t n, size_t width,
                       enum helios_datum_type *type, struct helios_error *err)
{
    *type = HELIOS_DATUM_NULL;
    for (size_t i = 0; i < n; i++) {
        enum helios_datum_type t = column[i * width].type;
        if (t == HELIOS_DATUM_NULL || t == *type)
            continue;
        if (*type != HELIOS_DATUM_NULL)
            return err_set(err, HELIOS_E_INVALID,
                           "the values of a column of many rows are of several types");
        *type = t;
    }
    if (*type == HELIOS_DATUM_NULL)
        *type = HELIOS_DATUM_TEXT;
    return 0;
}

static void bind_column(struct mysql_rows *rows, size_t k, enum helios_datum_type type,
                        const struct helios_datum *column, size_t n)
{
    union cell *values = rows->values + k * n;
    unsigned long *lengths = rows->lengths + k * n;
    char *indicators = rows->indicators + k * n;
    for (size_t i = 0; i < n; i++) {
        const struct helios_datum *d = &column[i * rows->columns];
        bool null = d->type == HELIOS_DATUM_NULL;
        indicators[i] = null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
        lengths[i] = null ? 0 : (unsigned long)d->len;
        if (type == HELIOS_DATUM_DOUBLE)
            values[i].d = null ? 0 : d->d;
        else if (type == HELIOS_DATUM_INT || type == HELIOS_DATUM_UINT)
            values[i].i = null ? 0 : (long long)d->i;
        else
            values[i].bytes = null || d->data == NULL ? "" : d->data;
    }
    rows->binds[k] = (MYSQL_BIND){
        .buffer_type = mysql_type_of(type),
        .is_unsigned = type == HELIOS_DATUM_UINT,
        .buffer = values,
        .length = lengths,
        .u.indicator = indicators,
    };
}

int mysql_rows_bind(struct mysql_rows **rows, const struct helios_datum *params, size_t n,
                    size_t width, MYSQL_BIND **binds, struct helios_error *err)
{
    if (*rows == NULL || (*rows)->cells < n * width || (*rows)->columns != width) {
        mysql_rows_free(*rows);
        *rows = rows_new(n, width);
        if (*rows == NULL)
            return mysql_no_memory(err);
    }
    for (size_t k = 0; k < width; k++) {
        enum helios_datum_type type;
        if (column_type(params + k, n, width, &type, err) != 0)
            return -1;
        bind_column(*rows, k, type, params + k, n);
    }
    *binds = (*rows)->binds;
    return 0;
}
