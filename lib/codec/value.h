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

struct value_limits {
    size_t bytes; /* memory of the whole tree */
    size_t nodes;
    unsigned depth;
};
#define VALUE_LIMITS_DEFAULT                                                               \
    {                                                                                      \
        .bytes = 256u * 1024 * 1024, .nodes = 2000000, .depth = 512                        \
    }

struct value_arena *value_arena_new(const struct value_limits *limits);
void value_arena_free(struct value_arena *arena); /* NULL is harmless */

/* Constructors return NULL when a limit is reached; the decoder turns that into
 * HELIOS_E_LIMIT. Text is copied. */
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
bool value_push(struct value_arena *a, struct helios_value *list,
                struct helios_value *item);
/* The last value of a key wins, in the place of the first. `utf8`: the key is a character
 * string, else octets. */
bool value_put(struct value_arena *a, struct helios_value *map, const char *key, size_t len,
               bool utf8, struct helios_value *item);
bool value_bless(struct value_arena *a, struct helios_value *v, const char *class_name,
                 size_t len);

#endif
