/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "codec/args.h"

/* XML of any kind; what was decoded is written to something that decodes to the same, and
 * what a reader has read before does not show. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct value_limits limits = {
    .bytes = 16u * 1024 * 1024, .nodes = 100000, .depth = VALUE_DEPTH_MAX};

/* By a reader that is kept over all inputs; `fresh` is the error of one that is not. */
static void again(const void *xml, size_t len, bool utf8, const struct helios_error *fresh)
{
    static struct xml_reader *reader;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct value_arena *arena = value_arena_new(&limits);
    struct helios_value *root = NULL;
    if (reader == NULL)
        reader = xml_reader_new();
    (void)xml_decode_children(reader, arena, xml, len, utf8, NULL, NULL, &root, &err);
    if (err.kind != fresh->kind || strcmp(err.text, fresh->text) != 0)
        abort();
    value_arena_free(arena);
}

/* Decodes, and writes what it gave to `out`. */
static bool read_and_write(const void *xml, size_t len, bool utf8, struct buf *out)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct value_arena *arena = value_arena_new(&limits);
    struct helios_value *root = NULL;
    bool done = xml_decode(arena, xml, len, utf8, &root, &err) == 0;
    if (!done && err.text[0] == '\0')
        abort();
    again(xml, len, utf8, &err);
    if (done) {
        const char *name = helios_value_key(root, 0, NULL);
        if (helios_value_count(root) != 1)
            abort();
        const struct helios_value *content = helios_value_at(root, 0);
        if (strcmp(name, "job") == 0) /* which is a list even as the root */
            content = helios_value_at(content, 0);
        done = xml_from_value(name, content, out, &err) == 0;
        if (!done && err.kind != HELIOS_E_LIMIT)
            abort();
    }
    value_arena_free(arena);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf first = BUF_INIT, second = BUF_INIT;
    if (size == 0)
        return 0;
    if (read_and_write(data + 1, size - 1, (data[0] & 1) != 0, &first)) {
        /* It may have grown over the limits. */
        if (read_and_write(first.data, first.len, true, &second) &&
            strcmp(buf_text(&first), buf_text(&second)) != 0)
            abort();
    }
    buf_fini(&first);
    buf_fini(&second);
    return 0;
}
