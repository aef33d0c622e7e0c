/* SPDX-License-Identifier: MIT */
#include "codec/value_node.h"

#include <string.h>

#include "codec/decimal.h"

static struct helios_value *scalar_text(struct value_arena *a, enum helios_value_type type,
                                        const void *data, size_t len)
{
    struct helios_value *v = value_node(a, type);
    if (v == NULL)
        return NULL;
    v->as.text.data = value_copy(a, data, len);
    v->as.text.len = len;
    return v->as.text.data == NULL ? NULL : v;
}

struct helios_value *value_null(struct value_arena *a)
{
    return value_node(a, HELIOS_NULL);
}

struct helios_value *value_bool(struct value_arena *a, bool b)
{
    struct helios_value *v = value_node(a, HELIOS_BOOL);
    if (v != NULL)
        v->as.b = b;
    return v;
}

struct helios_value *value_int(struct value_arena *a, int64_t i)
{
    struct helios_value *v = value_node(a, HELIOS_INT);
    if (v != NULL)
        v->as.i = i;
    return v;
}

struct helios_value *value_uint(struct value_arena *a, uint64_t u)
{
    if (u <= INT64_MAX)
        return value_int(a, (int64_t)u);
    struct helios_value *v = value_node(a, HELIOS_UINT);
    if (v != NULL)
        v->as.u = u;
    return v;
}

struct helios_value *value_double(struct value_arena *a, double d)
{
    struct helios_value *v = value_node(a, HELIOS_DOUBLE);
    if (v != NULL)
        v->as.d = d;
    return v;
}

struct helios_value *value_bytes(struct value_arena *a, const void *data, size_t len)
{
    return scalar_text(a, HELIOS_BYTES, data, len);
}

struct helios_value *value_text(struct value_arena *a, const char *utf8, size_t len)
{
    return scalar_text(a, HELIOS_TEXT, utf8, len);
}

struct helios_value *value_list(struct value_arena *a)
{
    return value_node(a, HELIOS_LIST);
}

struct helios_value *value_ref(struct value_arena *a, struct helios_value *target)
{
    struct helios_value *v = value_node(a, HELIOS_REF);
    if (v != NULL)
        v->as.target = target;
    return v;
}

bool value_reserve(struct value_arena *a, struct helios_value *list, size_t n)
{
    if (n > UINT32_MAX)
        n = UINT32_MAX;
    if (n <= list->as.list.cap)
        return true;
    struct helios_value **items = value_arena_alloc(a, n * sizeof(struct helios_value *));
    if (items == NULL)
        return false;
    if (list->count > 0)
        memcpy(items, list->as.list.items, list->count * sizeof(struct helios_value *));
    list->as.list.items = items;
    list->as.list.cap = (uint32_t)n;
    return true;
}

bool value_push(struct value_arena *a, struct helios_value *list, struct helios_value *item)
{
    if (item == NULL)
        return false;
    size_t n = list->count;
    if (n == list->as.list.cap && !value_reserve(a, list, n == 0 ? 4 : n * 2))
        return false;
    if (n == list->as.list.cap)
        return false;
    list->as.list.items[list->count++] = item;
    return true;
}

void value_bless(struct helios_value *v, const char *class_name)
{
    v->class_name = class_name;
}

enum helios_value_type helios_value_type(const struct helios_value *v)
{
    return v == NULL ? HELIOS_NULL : v->type;
}

static bool has_text(const struct helios_value *v)
{
    return v != NULL && (v->type == HELIOS_BYTES || v->type == HELIOS_TEXT);
}

const char *helios_value_text(const struct helios_value *v, size_t *len)
{
    if (len != NULL)
        *len = has_text(v) ? v->as.text.len : 0;
    return has_text(v) ? v->as.text.data : NULL;
}

bool helios_value_int(const struct helios_value *v, int64_t *out)
{
    if (has_text(v))
        return decimal_int(v->as.text.data, v->as.text.len, out);
    if (v != NULL && v->type == HELIOS_INT)
        *out = v->as.i;
    else if (v != NULL && v->type == HELIOS_BOOL)
        *out = v->as.b;
    else
        return false;
    return true;
}

bool helios_value_uint(const struct helios_value *v, uint64_t *out)
{
    if (has_text(v))
        return decimal_uint(v->as.text.data, v->as.text.len, out);
    if (v != NULL && v->type == HELIOS_UINT) {
        *out = v->as.u;
        return true;
    }
    int64_t i;
    if (!helios_value_int(v, &i) || i < 0)
        return false;
    *out = (uint64_t)i;
    return true;
}

bool helios_value_double(const struct helios_value *v, double *out)
{
    if (has_text(v))
        return decimal_double(v->as.text.data, v->as.text.len, out);
    if (v != NULL && v->type == HELIOS_DOUBLE) {
        *out = v->as.d;
        return true;
    }
    if (v != NULL && v->type == HELIOS_UINT) {
        *out = (double)v->as.u;
        return true;
    }
    int64_t i;
    if (!helios_value_int(v, &i))
        return false;
    *out = (double)i;
    return true;
}

size_t helios_value_count(const struct helios_value *v)
{
    switch (helios_value_type(v)) {
    case HELIOS_LIST:
        return v->count;
    case HELIOS_MAP:
        return v->as.table->count;
    case HELIOS_REF:
        return 1;
    default:
        return 0;
    }
}

const struct helios_value *helios_value_at(const struct helios_value *v, size_t i)
{
    if (i >= helios_value_count(v))
        return NULL;
    if (v->type == HELIOS_LIST)
        return v->as.list.items[i];
    return v->type == HELIOS_MAP ? v->as.table->pairs[i].value : v->as.target;
}

const char *helios_value_class(const struct helios_value *v)
{
    return v == NULL ? NULL : v->class_name;
}
