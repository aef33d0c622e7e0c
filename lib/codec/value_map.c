/* SPDX-License-Identifier: MIT */
#include "codec/value_node.h"

#include <string.h>

#include "codec/keyhash.h"

/* Up to this many keys are compared one by one; more get an index. */
#define SCAN_MAX 16

static bool is_ascii(const char *key, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)key[i] >= 0x80)
            return false;
    }
    return true;
}

static bool same(const struct value_pair *pair, const char *key, size_t len, bool utf8)
{
    return pair->len == len && pair->utf8 == utf8 &&
           (len == 0 || memcmp(pair->key, key, len) == 0);
}

static struct value_pair *find_hashed(const struct value_table *t, const char *key,
                                      size_t len, bool utf8)
{
    uint32_t hash = keyhash(t->seed, key, len);
    for (uint32_t at = hash & t->mask; t->index[at] != 0; at = (at + 1) & t->mask) {
        struct value_pair *pair = &t->pairs[t->index[at] - 1];
        if (pair->hash == hash && same(pair, key, len, utf8))
            return pair;
    }
    return NULL;
}

static struct value_pair *find(const struct value_table *t, const char *key, size_t len,
                               bool utf8)
{
    if (utf8 && is_ascii(key, len))
        utf8 = false;
    if (t->index != NULL)
        return find_hashed(t, key, len, utf8);
    for (uint32_t i = 0; i < t->count; i++) {
        if (same(&t->pairs[i], key, len, utf8))
            return &t->pairs[i];
    }
    return NULL;
}

static void index_add(struct value_table *t, uint32_t pair)
{
    uint32_t at = t->pairs[pair].hash & t->mask;
    while (t->index[at] != 0)
        at = (at + 1) & t->mask;
    t->index[at] = pair + 1;
}

/* An index of twice the pairs there is room for: it never fills up. */
static bool index_build(struct value_arena *a, struct value_table *t)
{
    size_t slots = (size_t)t->cap * 2;
    uint32_t *index = value_arena_alloc(a, slots * sizeof *index);
    if (index == NULL)
        return false;
    memset(index, 0, slots * sizeof *index);
    if (t->index == NULL) {
        t->seed = value_seed();
        for (uint32_t i = 0; i < t->count; i++)
            t->pairs[i].hash = keyhash(t->seed, t->pairs[i].key, t->pairs[i].len);
    }
    t->index = index;
    t->mask = (uint32_t)(slots - 1);
    for (uint32_t i = 0; i < t->count; i++)
        index_add(t, i);
    return true;
}

/* The capacity stays a power of two, as the index needs. */
static bool grow(struct value_arena *a, struct value_table *t)
{
    if (t->cap > UINT32_MAX / 4)
        return false;
    uint32_t cap = t->cap == 0 ? 4 : t->cap * 2;
    struct value_pair *pairs = value_arena_alloc(a, cap * sizeof *pairs);
    if (pairs == NULL)
        return false;
    if (t->count > 0)
        memcpy(pairs, t->pairs, t->count * sizeof *pairs);
    t->pairs = pairs;
    t->cap = cap;
    return cap <= SCAN_MAX || index_build(a, t);
}

struct helios_value *value_map(struct value_arena *a)
{
    struct helios_value *v = value_node(a, HELIOS_MAP);
    if (v == NULL)
        return NULL;
    v->as.table = value_arena_alloc(a, sizeof *v->as.table);
    if (v->as.table == NULL)
        return NULL;
    *v->as.table = (struct value_table){.pairs = NULL};
    return v;
}

bool value_put(struct value_arena *a, struct helios_value *map, const char *key, size_t len,
               bool utf8, struct helios_value *item)
{
    if (item == NULL || len > UINT32_MAX)
        return false;
    struct value_table *t = map->as.table;
    struct value_pair *known = find(t, key, len, utf8);
    if (known != NULL) {
        known->value = item;
        return true;
    }
    if (t->count == t->cap && !grow(a, t))
        return false;
    const char *copy = value_copy(a, key, len);
    if (copy == NULL)
        return false;
    struct value_pair *pair = &t->pairs[t->count];
    *pair = (struct value_pair){.key = copy,
                                .value = item,
                                .len = (uint32_t)len,
                                .utf8 = utf8 && !is_ascii(key, len)};
    if (t->index != NULL) {
        pair->hash = keyhash(t->seed, key, len);
        index_add(t, t->count);
    }
    t->count++;
    return true;
}

struct helios_value *value_get(const struct helios_value *map, const char *key, size_t len,
                               bool utf8)
{
    struct value_pair *pair = find(map->as.table, key, len, utf8);
    return pair == NULL ? NULL : pair->value;
}

bool value_key_is_utf8(const struct helios_value *map, size_t i)
{
    return map->as.table->pairs[i].utf8;
}

const char *helios_value_key(const struct helios_value *v, size_t i, size_t *len)
{
    bool there = helios_value_type(v) == HELIOS_MAP && i < v->as.table->count;
    if (len != NULL)
        *len = there ? v->as.table->pairs[i].len : 0;
    return there ? v->as.table->pairs[i].key : NULL;
}

const struct helios_value *helios_value_get(const struct helios_value *v, const char *key)
{
    if (helios_value_type(v) != HELIOS_MAP || key == NULL)
        return NULL;
    size_t len = strlen(key);
    struct helios_value *found = value_get(v, key, len, true);
    return found != NULL ? found : value_get(v, key, len, false);
}
