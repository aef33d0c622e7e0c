/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/decimal.h"
#include "codec/storable.h"
#include "codec/storable_op.h"
#include "codec/utf8.h"
#include "core/err.h"

#define SHORT_MAX 255 /* longest text with a length of one byte */

static void put_len(struct buf *out, size_t len)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_putc(out, (char)(len >> shift & 0xFF));
}

static void put_text(struct buf *out, const char *text, size_t len, bool utf8)
{
    if (len <= SHORT_MAX) {
        buf_putc(out, utf8 ? OP_UTF8STR : OP_SCALAR);
        buf_putc(out, (char)len);
    } else {
        buf_putc(out, utf8 ? OP_LUTF8STR : OP_LSCALAR);
        put_len(out, len);
    }
    buf_append(out, text, len);
}

static void put_header(struct buf *out)
{
    buf_putc(out, HEADER_NETWORK);
    buf_putc(out, HEADER_MINOR);
}

void storable_wrap_text(const void *text, size_t len, struct buf *out)
{
    put_header(out);
    buf_putc(out, OP_ARRAY);
    put_len(out, 1);
    put_text(out, text, len, false);
}

static void put_int(struct buf *out, int64_t i)
{
    if (i >= -128 && i <= 127) {
        buf_putc(out, OP_BYTE);
        buf_putc(out, (char)(unsigned char)(i + 128));
    } else if (i >= INT32_MIN && i <= INT32_MAX) {
        buf_putc(out, OP_NETINT);
        put_len(out, (uint32_t)i);
    } else {
        char digits[24];
        int n = snprintf(digits, sizeof digits, "%lld", (long long)i);
        put_text(out, digits, (size_t)n, false);
    }
}

static void put_uint(struct buf *out, uint64_t u)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)u);
    put_text(out, digits, (size_t)n, false);
}

static void put_double(struct buf *out, double d)
{
    char digits[DECIMAL_DOUBLE_SIZE];
    decimal_from_double(d, digits);
    put_text(out, digits, strlen(digits), false);
}

/* A key as it is written: one that has only characters of Latin-1 as those bytes. */
struct key {
    const char *data;
    size_t len;
    char *owned; /* `data` where it had to be made, or NULL */
    bool utf8;
    const struct helios_value *value;
};

/* Whether the text has a character above U+00FF. */
static bool is_wide(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] > 0xC3)
            return true;
    }
    return false;
}

static bool key_narrow(struct key *key)
{
    key->owned = malloc(key->len + 1);
    if (key->owned == NULL)
        return false;
    size_t n = 0;
    uint32_t c = 0;
    for (size_t at = 0, step; at < key->len; at += step) {
        step = utf8_next(key->data + at, key->len - at, &c);
        key->owned[n++] = (char)c;
    }
    key->data = key->owned;
    key->len = n;
    return true;
}

static bool key_load(struct key *key, const struct helios_value *map, size_t i)
{
    key->data = helios_value_key(map, i, &key->len);
    key->value = helios_value_at(map, i);
    if (!value_key_is_utf8(map, i))
        return true;
    key->utf8 = is_wide(key->data, key->len);
    return key->utf8 || key_narrow(key);
}

static int key_order(const void *left, const void *right)
{
    const struct key *a = left;
    const struct key *b = right;
    size_t least = a->len < b->len ? a->len : b->len;
    int order = least == 0 ? 0 : memcmp(a->data, b->data, least);
    if (order != 0)
        return order;
    return (a->len > b->len) - (a->len < b->len);
}

static void keys_free(struct key *keys, size_t n)
{
    for (size_t i = 0; keys != NULL && i < n; i++)
        free(keys[i].owned);
    free(keys);
}

/* The pairs of a map in the order of their keys' bytes; NULL when memory runs out. */
static struct key *keys_load(const struct helios_value *map, size_t n)
{
    struct key *keys = calloc(n + 1, sizeof *keys);
    for (size_t i = 0; keys != NULL && i < n; i++) {
        if (!key_load(&keys[i], map, i)) {
            keys_free(keys, n);
            return NULL;
        }
    }
    if (keys != NULL)
        qsort(keys, n, sizeof *keys, key_order);
    return keys;
}

/* Classes are not written, and a thing that is referred to twice is written twice. */
static bool put_thing(struct buf *out, const struct helios_value *v, unsigned depth);

/* What stands in an array, a hash or a reference: a container has a reference before it. */
static bool put_item(struct buf *out, const struct helios_value *v, unsigned depth)
{
    enum helios_value_type type = helios_value_type(v);
    if (type == HELIOS_LIST || type == HELIOS_MAP)
        buf_putc(out, OP_REF);
    return put_thing(out, v, depth);
}

static bool put_list(struct buf *out, const struct helios_value *v, unsigned depth)
{
    size_t n = helios_value_count(v);
    buf_putc(out, OP_ARRAY);
    put_len(out, n);
    for (size_t i = 0; i < n; i++) {
        if (!put_item(out, helios_value_at(v, i), depth))
            return false;
    }
    return true;
}

static bool put_pairs(struct buf *out, const struct key *keys, size_t n, bool flags,
                      unsigned depth)
{
    for (size_t i = 0; i < n; i++) {
        if (!put_item(out, keys[i].value, depth))
            return false;
        if (flags)
            buf_putc(out, keys[i].utf8 ? KEY_UTF8 : 0);
        put_len(out, keys[i].len);
        buf_append(out, keys[i].data, keys[i].len);
    }
    return true;
}

static bool put_map(struct buf *out, const struct helios_value *v, unsigned depth)
{
    size_t n = helios_value_count(v);
    struct key *keys = keys_load(v, n);
    bool flags = false;
    for (size_t i = 0; keys != NULL && i < n; i++)
        flags = flags || keys[i].utf8;
    if (keys == NULL)
        out->failed = true;
    buf_putc(out, flags ? OP_FLAG_HASH : OP_HASH);
    if (flags)
        buf_putc(out, 0);
    put_len(out, n);
    bool done = keys != NULL && put_pairs(out, keys, n, flags, depth);
    keys_free(keys, n);
    return done;
}

static bool put_ref(struct buf *out, const struct helios_value *v, unsigned depth)
{
    buf_putc(out, OP_REF);
    return put_item(out, helios_value_at(v, 0), depth);
}

static bool put_nested(struct buf *out, const struct helios_value *v, unsigned depth)
{
    if (depth == 0)
        return false;
    switch (helios_value_type(v)) {
    case HELIOS_LIST:
        return put_list(out, v, depth - 1);
    case HELIOS_MAP:
        return put_map(out, v, depth - 1);
    default:
        return put_ref(out, v, depth - 1);
    }
}

static bool put_thing(struct buf *out, const struct helios_value *v, unsigned depth)
{
    size_t len;
    const char *text = helios_value_text(v, &len);
    int64_t i = 0;
    uint64_t u = 0;
    double d = 0;
    switch (helios_value_type(v)) {
    case HELIOS_NULL:
        buf_putc(out, OP_UNDEF);
        return true;
    case HELIOS_BOOL:
    case HELIOS_INT:
        (void)helios_value_int(v, &i);
        put_int(out, i);
        return true;
    case HELIOS_UINT:
        (void)helios_value_uint(v, &u);
        put_uint(out, u);
        return true;
    case HELIOS_DOUBLE:
        (void)helios_value_double(v, &d);
        put_double(out, d);
        return true;
    case HELIOS_BYTES:
    case HELIOS_TEXT:
        put_text(out, text, len, helios_value_type(v) == HELIOS_TEXT);
        return true;
    default:
        return put_nested(out, v, depth);
    }
}

int storable_encode(const struct helios_value *root, struct buf *out,
                    struct helios_error *err)
{
    put_header(out);
    /* A root has no reference before it, and neither has the target of a root that is one.
     */
    if (helios_value_type(root) == HELIOS_REF) {
        buf_putc(out, OP_REF);
        root = helios_value_at(root, 0);
    }
    bool done = put_thing(out, root, VALUE_DEPTH_MAX);
    if (out->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while writing a Storable image");
    if (!done)
        return err_set(err, HELIOS_E_LIMIT, "the value has more than %d levels",
                       VALUE_DEPTH_MAX);
    return 0;
}
