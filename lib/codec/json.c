/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <string.h>

#include "codec/args.h"
#include "core/err.h"

/* What jansson takes at least and at most for a container with its first item, and for each
 * further item. */
#define BYTES_OBJECT 400
#define BYTES_ARRAY  160
#define BYTES_ITEM   160

/* What the text can become at most, counted before anything is allocated for it: three
 * bytes of text can ask for hundreds. */
struct extent {
    size_t depth;
    size_t nodes;
    size_t bytes;
};

static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if (*at == '\\')
            at++;
    }
    return at;
}

static struct extent measure(const char *text, size_t len)
{
    struct extent e = {.nodes = 1};
    size_t depth = 0;
    const char *end = text + len;
    for (const char *at = text; at < end; at++) {
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '{' || *at == '[') {
            e.nodes++;
            e.bytes += *at == '{' ? BYTES_OBJECT : BYTES_ARRAY;
            depth++;
        } else if (*at == ',') {
            e.nodes++;
            e.bytes += BYTES_ITEM;
        } else if ((*at == '}' || *at == ']') && depth > 0) {
            depth--;
        }
        if (depth > e.depth)
            e.depth = depth;
    }
    return e;
}

static int check_extent(const char *text, size_t len, const struct value_limits *limits,
                        struct helios_error *err)
{
    struct extent e = measure(text, len);
    if (e.depth > limits->depth)
        return err_set(err, HELIOS_E_LIMIT, "JSON nested more than %u levels deep",
                       limits->depth);
    if (e.nodes > limits->nodes || e.bytes > limits->bytes)
        return err_set(err, HELIOS_E_LIMIT,
                       "JSON of more than %zu values or %zu bytes of memory", limits->nodes,
                       limits->bytes);
    return 0;
}

/* Recursion is as deep as the text, which has been measured. NULL: see the arena. */
static struct helios_value *convert(struct value_arena *a, json_t *json);

static struct helios_value *convert_array(struct value_arena *a, json_t *json)
{
    struct helios_value *list = value_list(a);
    size_t n = json_array_size(json);
    if (list == NULL || !value_reserve(a, list, n))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (!value_push(a, list, convert(a, json_array_get(json, i))))
            return NULL;
    }
    return list;
}

static struct helios_value *convert_object(struct value_arena *a, json_t *json)
{
    struct helios_value *map = value_map(a);
    const char *key;
    json_t *item;
    if (map == NULL)
        return NULL;
    json_object_foreach(json, key, item)
    {
        if (!value_put(a, map, key, strlen(key), true, convert(a, item)))
            return NULL;
    }
    return map;
}

static struct helios_value *convert(struct value_arena *a, json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return convert_object(a, json);
    case JSON_ARRAY:
        return convert_array(a, json);
    case JSON_STRING:
        return value_text(a, json_string_value(json), json_string_length(json));
    case JSON_INTEGER:
        return value_int(a, json_integer_value(json));
    case JSON_REAL:
        return value_double(a, json_real_value(json));
    case JSON_TRUE:
    case JSON_FALSE:
        return value_bool(a, json_is_true(json));
    default:
        return value_null(a);
    }
}

int json_decode(struct value_arena *arena, const char *text, size_t len,
                struct helios_value **out, struct helios_error *err)
{
    if (check_extent(text, len, value_arena_limits(arena), err) != 0)
        return -1;
    json_error_t why;
    json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, &why);
    if (json == NULL)
        return err_set(err,
                       json_error_code(&why) == json_error_out_of_memory ? HELIOS_E_NOMEM
                                                                         : HELIOS_E_INVALID,
                       "JSON, line %d, column %d: %s", why.line, why.column, why.text);
    bool object = json_is_object(json);
    *out = object ? convert(arena, json) : NULL;
    json_decref(json);
    if (!object)
        return err_set(err, HELIOS_E_INVALID, "JSON that is not an object");
    return *out == NULL ? value_arena_error(arena, err) : 0;
}
