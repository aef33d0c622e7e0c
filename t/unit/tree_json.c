/* SPDX-License-Identifier: MIT */
#include "t/unit/tree_json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/args.h"

#define EXACT_MAX (1LL << 53)

static json_t *number(int64_t i)
{
    char digits[24];
    if (i >= -EXACT_MAX && i <= EXACT_MAX)
        return json_integer(i);
    (void)snprintf(digits, sizeof digits, "%lld", (long long)i);
    return json_string(digits);
}

static json_t *hex(const char *text, size_t len)
{
    char *digits = malloc(len * 2 + 1);
    assert_non_null(digits);
    for (size_t i = 0; i < len; i++)
        (void)snprintf(digits + i * 2, 3, "%02x", (unsigned char)text[i]);
    digits[len * 2] = '\0';
    json_t *json = json_pack("{s:s}", "bytes_hex", digits);
    free(digits);
    return json;
}

/* Octets of a key as characters. */
static char *latin1(const char *text, size_t len)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x80)
            buf_putc(&out, (char)(0xC0 | c >> 6));
        buf_putc(&out, (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c));
    }
    char *key = buf_steal(&out, NULL);
    assert_non_null(key);
    return key;
}

/* jansson cannot hold NUL in a key: both sides write it as "\\0". */
static char *key_text(const char *key, size_t len, bool utf8)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < len; i++) {
        if (key[i] == '\0')
            buf_puts(&out, "\\0");
        else
            buf_putc(&out, key[i]);
    }
    size_t n;
    char *text = buf_steal(&out, &n);
    assert_non_null(text);
    if (utf8)
        return text;
    char *wide = latin1(text, n);
    free(text);
    return wide;
}

static json_t *list_json(const struct helios_value *v)
{
    json_t *json = json_array();
    for (size_t i = 0; i < helios_value_count(v); i++)
        assert_int_equal(json_array_append_new(json, tree_json(helios_value_at(v, i))), 0);
    return json;
}

static json_t *map_json(const struct helios_value *v)
{
    json_t *json = json_object();
    for (size_t i = 0; i < helios_value_count(v); i++) {
        size_t len;
        const char *key = helios_value_key(v, i, &len);
        char *text = key_text(key, len, value_key_is_utf8(v, i));
        assert_int_equal(json_object_set_new(json, text, tree_json(helios_value_at(v, i))),
                         0);
        free(text);
    }
    return json;
}

static json_t *double_json(double d)
{
    if (isfinite(d))
        return json_real(d);
    return json_pack("{s:s}", "double", isnan(d) ? "nan" : d < 0 ? "-inf" : "inf");
}

static json_t *plain_json(const struct helios_value *v)
{
    size_t len;
    const char *text = helios_value_text(v, &len);
    int64_t i = 0;
    uint64_t u = 0;
    double d = 0;
    switch (helios_value_type(v)) {
    case HELIOS_NULL:
        return json_null();
    case HELIOS_BOOL:
        assert_true(helios_value_int(v, &i));
        return json_boolean(i);
    case HELIOS_INT:
        assert_true(helios_value_int(v, &i));
        return number(i);
    case HELIOS_UINT:
        assert_true(helios_value_uint(v, &u));
        return json_sprintf("%llu", (unsigned long long)u);
    case HELIOS_DOUBLE:
        assert_true(helios_value_double(v, &d));
        return double_json(d);
    case HELIOS_BYTES:
        return hex(text, len);
    case HELIOS_TEXT:
        return json_stringn(text, len);
    case HELIOS_LIST:
        return list_json(v);
    case HELIOS_MAP:
        return map_json(v);
    case HELIOS_REF:
        return json_pack("{s:o}", "ref", tree_json(helios_value_at(v, 0)));
    }
    return NULL;
}

json_t *tree_json(const struct helios_value *v)
{
    json_t *json = plain_json(v);
    const char *class = helios_value_class(v);
    if (class != NULL) {
        char *text = latin1(class, strlen(class));
        json = json_pack("{s:s,s:o}", "blessed", text, "value", json);
        free(text);
    }
    assert_non_null(json);
    return json;
}

static json_t *repeat_bytes(const json_t *parts)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        for (json_int_t n = json_integer_value(json_array_get(part, 1)); n > 0; n--)
            buf_puts(&out, json_string_value(json_array_get(part, 0)));
    }
    json_t *json = json_pack("{s:s}", "bytes_hex", buf_text(&out));
    buf_fini(&out);
    return json;
}

static json_t *expand(const json_t *json);

static json_t *expand_list(const json_t *items, json_int_t times)
{
    json_t *list = json_array();
    for (; times > 0; times--) {
        for (size_t i = 0; i < json_array_size(items); i++)
            assert_int_equal(json_array_append_new(list, expand(json_array_get(items, i))),
                             0);
    }
    return list;
}

/* The short notations written out, at the root and in lists. */
static json_t *expand(const json_t *json)
{
    const json_t *part;
    if (json_is_array(json))
        return expand_list(json, 1);
    if ((part = json_object_get(json, "bytes_repeat")) != NULL)
        return repeat_bytes(part);
    if ((part = json_object_get(json, "array_repeat")) == NULL)
        return json_deep_copy(json);
    json_t *item = json_pack("[O]", json_array_get(part, 0));
    json_t *list = expand_list(item, json_integer_value(json_array_get(part, 1)));
    json_decref(item);
    return list;
}

void tree_check(const char *name, const struct helios_value *v, const json_t *expected)
{
    json_t *want = expand(expected);
    json_t *got = tree_json(v);
    if (!json_equal(want, got)) {
        char *w = json_dumps(want, JSON_ENCODE_ANY | JSON_COMPACT);
        char *g = json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT);
        fail_msg("%s: expected %.600s, got %.600s", name, w, g);
    }
    json_decref(want);
    json_decref(got);
}

char *tree_unhex(const char *digits, size_t *len)
{
    *len = strlen(digits) / 2;
    char *bytes = malloc(*len + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < *len; i++) {
        const char two[3] = {digits[i * 2], digits[i * 2 + 1], '\0'};
        bytes[i] = (char)strtol(two, NULL, 16);
    }
    bytes[*len] = '\0';
    return bytes;
}

static struct helios_value *bytes_from(struct value_arena *a, const char *digits)
{
    size_t len;
    char *bytes = tree_unhex(digits, &len);
    struct helios_value *v = value_bytes(a, bytes, len);
    free(bytes);
    return v;
}

static struct helios_value *object_from(struct value_arena *a, const json_t *json)
{
    const json_t *part;
    if ((part = json_object_get(json, "bytes_hex")) != NULL)
        return bytes_from(a, json_string_value(part));
    if ((part = json_object_get(json, "ref")) != NULL)
        return value_ref(a, tree_from_json(a, part));
    struct helios_value *map = value_map(a);
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)json, key, item)
        assert_true(value_put(a, map, key, strlen(key), true, tree_from_json(a, item)));
    return map;
}

static struct helios_value *list_from(struct value_arena *a, const json_t *json)
{
    struct helios_value *list = value_list(a);
    for (size_t i = 0; i < json_array_size(json); i++)
        assert_true(value_push(a, list, tree_from_json(a, json_array_get(json, i))));
    return list;
}

struct helios_value *tree_from_json(struct value_arena *a, const json_t *json)
{
    json_t *whole = expand(json);
    struct helios_value *v = NULL;
    if (json_is_object(whole))
        v = object_from(a, whole);
    else if (json_is_array(whole))
        v = list_from(a, whole);
    else if (json_is_string(whole))
        v = value_text(a, json_string_value(whole), json_string_length(whole));
    else if (json_is_integer(whole))
        v = value_int(a, json_integer_value(whole));
    else if (json_is_real(whole))
        v = value_double(a, json_real_value(whole));
    else if (json_is_boolean(whole))
        v = value_bool(a, json_is_true(whole));
    else
        v = value_null(a);
    json_decref(whole);
    return v;
}

json_t *tree_load(const char *file)
{
    char path[4096];
    json_error_t why;
    (void)snprintf(path, sizeof path, "%s/%s", HELIOS_TEST_DATA, file);
    json_t *json = json_load_file(path, 0, &why);
    if (json == NULL)
        fail_msg("%s, line %d: %s", path, why.line, why.text);
    return json;
}
