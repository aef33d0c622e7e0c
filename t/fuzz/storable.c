/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "codec/storable.h"

/* An image of Perl's Storable; what was decoded can be written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct buf *image)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct value_arena *arena = value_arena_new(NULL);
    struct helios_value *tree = NULL;
    enum storable_result rc =
        storable_decode(arena, image->data, image->len, &tree, NULL, &err);
    if (rc != STORABLE_OK && err.kind != HELIOS_E_LIMIT && err.kind != HELIOS_E_NOMEM)
        abort();
    value_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    const struct value_limits limits = {
        .bytes = 16u * 1024 * 1024, .nodes = 100000, .depth = VALUE_DEPTH_MAX};
    struct value_arena *arena = value_arena_new(&limits);
    struct helios_value *tree = NULL;
    struct buf image = BUF_INIT;
    size_t consumed = 0;
    if (storable_decode(arena, data, size, &tree, &consumed, &err) == STORABLE_OK) {
        if (consumed > size)
            abort();
        if (storable_encode(tree, &image, &err) == 0)
            read_again(&image);
    } else if (tree != NULL || err.text[0] == '\0') {
        abort();
    }
    buf_fini(&image);
    value_arena_free(arena);
    return 0;
}
