/* SPDX-License-Identifier: MIT */
#include <helios/db.h>

#include <stdlib.h>
#include <string.h>

#include "codec/decimal.h"

struct helios_datum helios_null(void)
{
    return (struct helios_datum){.type = HELIOS_DATUM_NULL};
}

struct helios_datum helios_int(int64_t value)
{
    return (struct helios_datum){.type = HELIOS_DATUM_INT, .i = value};
}

struct helios_datum helios_uint(uint64_t value)
{
    return (struct helios_datum){.type = HELIOS_DATUM_UINT, .u = value};
}

struct helios_datum helios_double(double value)
{
    return (struct helios_datum){.type = HELIOS_DATUM_DOUBLE, .d = value};
}

struct helios_datum helios_text(const char *text)
{
    if (text == NULL)
        return helios_null();
    return (struct helios_datum){
        .type = HELIOS_DATUM_TEXT, .data = text, .len = strlen(text)};
}

struct helios_datum helios_blob(const void *data, size_t len)
{
    return (struct helios_datum){.type = HELIOS_DATUM_BLOB, .data = data, .len = len};
}

static const char *text_of(const struct helios_datum *d)
{
    return d->data != NULL ? d->data : "";
}

static int64_t int_of_double(double d)
{
    if (d != d)
        return 0;
    return d >= 0x1p63 ? INT64_MAX : d <= -0x1p63 ? INT64_MIN : (int64_t)d;
}

int64_t helios_datum_int(const struct helios_datum *d)
{
    switch (d->type) {
    case HELIOS_DATUM_INT:
        return d->i;
    case HELIOS_DATUM_UINT:
        return d->u > INT64_MAX ? INT64_MAX : (int64_t)d->u;
    case HELIOS_DATUM_DOUBLE:
        return int_of_double(d->d);
    case HELIOS_DATUM_TEXT:
    case HELIOS_DATUM_BLOB:
        return strtoll(text_of(d), NULL, 10);
    case HELIOS_DATUM_NULL:
        break;
    }
    return 0;
}

uint64_t helios_datum_uint(const struct helios_datum *d)
{
    if (d->type == HELIOS_DATUM_UINT)
        return d->u;
    int64_t i = helios_datum_int(d);
    if (i < INT64_MAX)
        return i < 0 ? 0 : (uint64_t)i;
    if (d->type == HELIOS_DATUM_INT)
        return INT64_MAX;
    if (d->type == HELIOS_DATUM_DOUBLE)
        return d->d >= 0x1p64 ? UINT64_MAX : (uint64_t)d->d;
    return strtoull(d->data, NULL, 10);
}

double helios_datum_double(const struct helios_datum *d)
{
    double number = 0;
    switch (d->type) {
    case HELIOS_DATUM_INT:
        return (double)d->i;
    case HELIOS_DATUM_UINT:
        return (double)d->u;
    case HELIOS_DATUM_DOUBLE:
        return d->d;
    case HELIOS_DATUM_TEXT:
    case HELIOS_DATUM_BLOB:
        return decimal_double(text_of(d), d->len, &number) ? number : 0;
    case HELIOS_DATUM_NULL:
        break;
    }
    return 0;
}

const char *helios_datum_text(const struct helios_datum *d)
{
    return d->type == HELIOS_DATUM_TEXT || d->type == HELIOS_DATUM_BLOB ? d->data : NULL;
}
