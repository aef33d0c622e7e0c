/* SPDX-License-Identifier: MIT */
#ifndef CODEC_VALUE_NODE_H
#define CODEC_VALUE_NODE_H

#include "codec/value.h"

/* What a node is made of: for value.c and value_map.c alone. */

struct value_pair {
    const char *key;
    struct helios_value *value;
    uint32_t len;
    uint32_t hash; /* valid once the map has an index */
    bool utf8;     /* never set for a key of ASCII alone, which is the same either way */
};

struct value_table {
    struct value_pair *pairs; /* in the order of the input */
    uint32_t count;
    uint32_t cap;
    uint32_t *index; /* pair number + 1 by hash, 0 for free; NULL while `count` is small */
    uint32_t mask;   /* slots of the index, a power of two, less one */
    const uint64_t *seed; /* of the arena */
};

struct helios_value {
    enum helios_value_type type;
    uint32_t count;         /* items of a list */
    const char *class_name; /* or NULL */
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double d;
        struct {
            const char *data;
            size_t len;
        } text;
        struct {
            struct helios_value **items;
            uint32_t cap;
        } list;
        struct value_table *table;
        struct helios_value *target;
    } as;
};

/* Memory of the arena, aligned for anything, or NULL. */
void *value_arena_alloc(struct value_arena *a, size_t size);
struct helios_value *value_node(struct value_arena *a, enum helios_value_type type);
/* Two secret words of this process, so that nobody can choose keys that collide. */
const uint64_t *value_seed(void);

#endif
