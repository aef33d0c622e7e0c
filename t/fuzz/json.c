/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "codec/args.h"

/* JSON; each value of the tree is asked for everything that it could be. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(const struct helios_value *v, unsigned depth)
{
    int64_t i;
    uint64_t u;
    double d;
    size_t len;
    if (depth > VALUE_DEPTH_MAX)
        abort();
    const char *text = helios_value_text(v, &len);
    if (text != NULL && text[len] != '\0')
        abort();
    (void)helios_value_int(v, &i);
    (void)helios_value_uint(v, &u);
    (void)helios_value_double(v, &d);
    for (size_t k = 0; k < helios_value_count(v); k++) {
        if (helios_value_type(v) == HELIOS_MAP) {
            const char *key = helios_value_key(v, k, &len);
            if (key == NULL || key[len] != '\0')
                abort();
        }
        visit(helios_value_at(v, k), depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct value_limits limits = {
        .bytes = 16u * 1024 * 1024, .nodes = 100000, .depth = VALUE_DEPTH_MAX};
    struct helios_error err = HELIOS_ERROR_INIT;
    struct value_arena *arena = value_arena_new(&limits);
    struct helios_value *root = NULL;
    if (json_decode(arena, (const char *)data, size, &root, &err) == 0)
        visit(root, 0);
    else if (err.text[0] == '\0')
        abort();
    value_arena_free(arena);
    return 0;
}
