/* SPDX-License-Identifier: MIT */
#ifndef UNIT_TREE_JSON_H
#define UNIT_TREE_JSON_H

#include <jansson.h>

#include "codec/value.h"

/* A tree in the notation of t/data/storable.jsonl (theschwartz.md 5.12), in which every
 * type looks different. The caller owns the result. */
json_t *tree_json(const struct helios_value *v);

/* The tree that the notation describes; NULL for what it does not know. */
struct helios_value *tree_from_json(struct value_arena *a, const json_t *json);

/* Fails the test unless `v` is what `expected` says; `name` is the row. */
void tree_check(const char *name, const struct helios_value *v, const json_t *expected);

/* The bytes of a hexadecimal text; *len gets their number. free() it. */
char *tree_unhex(const char *hex, size_t *len);

/* A JSON file of t/data; fails the test if it cannot be read. */
json_t *tree_load(const char *file);

#endif
