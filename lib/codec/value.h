/* SPDX-License-Identifier: MIT */
#ifndef CODEC_VALUE_H
#define CODEC_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/args.h>
#include <helios/error.h>

/* The builder's side of struct helios_value. All nodes of a tree live in one arena with a
 * limit on bytes and on nodes, and are freed together. */
struct value_arena;

/* No decoder goes deeper, whatever the limits say, and no writer follows a tree deeper:
 * what recursion there is stays within a known stack. */
#define VALUE_DEPTH_MAX 512

struct value_limits {
    size_t bytes;   /* memory of the whole tree */
    size_t nodes;   /* a thing that is referred to twice counts twice */
    unsigned depth; /* of containers and references; a scalar alone has none */
};
#define VALUE_LIMITS_DEFAULT                                                               \
    {                                                                                      \
        .bytes = 256u * 1024 * 1024, .nodes = 2000000, .depth = VALUE_DEPTH_MAX            \
    }

/* Copies `limits`; NULL stands for the default. NULL when memory runs out. */
struct value_arena *value_arena_new(const struct value_limits *limits);
/* Ends the life of all that is in it; what memory it has is used again. */
void value_arena_clear(struct value_arena *arena);
void value_arena_free(struct value_arena *arena); /* NULL is harmless */
const struct value_limits *value_arena_limits(const struct value_arena *arena);

/* Says why a constructor failed: HELIOS_E_LIMIT or HELIOS_E_NOMEM. Returns -1. */
int value_arena_error(const struct value_arena *arena, struct helios_error *err);

/* Constructors return NULL (or false) when a limit or the memory is reached; see
 * value_arena_error(). Text is copied, and a NUL is put behind it. */
struct helios_value *value_null(struct value_arena *a);
struct helios_value *value_bool(struct value_arena *a, bool b);
struct helios_value *value_int(struct value_arena *a, int64_t i);
struct helios_value *value_uint(struct value_arena *a, uint64_t u);
struct helios_value *value_double(struct value_arena *a, double d);
struct helios_value *value_bytes(struct value_arena *a, const void *data, size_t len);
struct helios_value *value_text(struct value_arena *a, const char *utf8, size_t len);
struct helios_value *value_list(struct value_arena *a);
struct helios_value *value_map(struct value_arena *a);
struct helios_value *value_ref(struct value_arena *a, struct helios_value *target);
/* Text that lives as long as the arena and is no node. */
const char *value_copy(struct value_arena *a, const void *data, size_t len);

/* Makes room for `n` items in an empty list. */
bool value_reserve(struct value_arena *a, struct helios_value *list, size_t n);
bool value_push(struct value_arena *a, struct helios_value *list,
                struct helios_value *item);
/* The last value of a key wins, in the place of the first. `utf8`: the key is a character
 * string, else octets. */
bool value_put(struct value_arena *a, struct helios_value *map, const char *key, size_t len,
               bool utf8, struct helios_value *item);
/* The value of a key of any bytes, or NULL. */
struct helios_value *value_get(const struct helios_value *map, const char *key, size_t len,
                               bool utf8);
bool value_key_is_utf8(const struct helios_value *map, size_t i);
/* `class_name` is of value_copy(). */
void value_bless(struct helios_value *v, const char *class_name);

#endif
