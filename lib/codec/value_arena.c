/* SPDX-License-Identifier: MIT */
#include "codec/value_node.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

/* Chunks double from the first to the last of these; what is larger than half a chunk has
 * one of its own. */
#define CHUNK_FIRST 4096u
#define CHUNK_LAST  (1024u * 1024)

struct chunk {
    struct chunk *next;
    size_t cap;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct value_arena {
    struct chunk *chunks; /* the first is the one being filled */
    struct value_limits limits;
    size_t bytes;
    size_t nodes;
    enum helios_error_kind failure;
};

/* One for the process: drawing it for each job would be a system call for each job. */
static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

struct value_arena *value_arena_new(const struct value_limits *limits)
{
    static const struct value_limits standard = VALUE_LIMITS_DEFAULT;
    struct value_arena *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->limits = limits == NULL ? standard : *limits;
    if (a->limits.depth > VALUE_DEPTH_MAX)
        a->limits.depth = VALUE_DEPTH_MAX;
    return a;
}

static void free_chunks(struct chunk *c)
{
    while (c != NULL) {
        struct chunk *next = c->next;
        free(c);
        c = next;
    }
}

void value_arena_clear(struct value_arena *arena)
{
    struct chunk *first = arena->chunks;
    if (first != NULL) {
        free_chunks(first->next);
        first->next = NULL;
        first->used = 0;
    }
    arena->bytes = arena->nodes = 0;
    arena->failure = HELIOS_E_NONE;
}

void value_arena_free(struct value_arena *arena)
{
    if (arena == NULL)
        return;
    free_chunks(arena->chunks);
    free(arena);
}

const struct value_limits *value_arena_limits(const struct value_arena *arena)
{
    return &arena->limits;
}

int value_arena_error(const struct value_arena *arena, struct helios_error *err)
{
    if (arena->failure != HELIOS_E_LIMIT)
        return err_set(err, HELIOS_E_NOMEM,
                       "out of memory while decoding a job's argument");
    return err_set(err, HELIOS_E_LIMIT,
                   "the argument decodes to more than %zu values or %zu bytes of memory",
                   arena->limits.nodes, arena->limits.bytes);
}

static struct chunk *chunk_add(struct value_arena *a, size_t size)
{
    size_t cap = a->chunks == NULL ? CHUNK_FIRST : a->chunks->cap * 2;
    if (cap > CHUNK_LAST)
        cap = CHUNK_LAST;
    bool own = size > cap / 2;
    if (own)
        cap = size;
    struct chunk *c = malloc(sizeof *c + cap);
    if (c == NULL)
        return NULL;
    *c = (struct chunk){.cap = cap};
    if (own && a->chunks != NULL) {
        c->next = a->chunks->next;
        a->chunks->next = c;
    } else {
        c->next = a->chunks;
        a->chunks = c;
    }
    return c;
}

static void *take(struct value_arena *a, size_t size, size_t align)
{
    if (size > a->limits.bytes - a->bytes) {
        a->failure = HELIOS_E_LIMIT;
        return NULL;
    }
    struct chunk *c = a->chunks;
    size_t at = c == NULL ? 0 : (c->used + align - 1) & ~(align - 1);
    if (c == NULL || at > c->cap || size > c->cap - at) {
        c = chunk_add(a, size);
        at = 0;
    }
    if (c == NULL) {
        a->failure = HELIOS_E_NOMEM;
        return NULL;
    }
    c->used = at + size;
    a->bytes += size;
    return c->data + at;
}

void *value_arena_alloc(struct value_arena *a, size_t size)
{
    return take(a, size, alignof(max_align_t));
}

const char *value_copy(struct value_arena *a, const void *data, size_t len)
{
    char *copy = len == SIZE_MAX ? NULL : take(a, len + 1, 1);
    if (copy == NULL)
        return NULL;
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

struct helios_value *value_node(struct value_arena *a, enum helios_value_type type)
{
    if (a->nodes >= a->limits.nodes) {
        a->failure = HELIOS_E_LIMIT;
        return NULL;
    }
    struct helios_value *v = take(a, sizeof *v, alignof(struct helios_value));
    if (v == NULL)
        return NULL;
    a->nodes++;
    *v = (struct helios_value){.type = type};
    return v;
}

static void draw_seed(void)
{
    arc4random_buf(seed, sizeof seed);
}

const uint64_t *value_seed(void)
{
    (void)pthread_once(&seed_once, draw_seed);
    return seed;
}
