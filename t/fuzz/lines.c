/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "codec/args.h"
#include "daemon/ctl/lines.h"

/* Standard input of `helios submit --lines`: each line is the arguments of a job. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const struct buf *line)
{
    const struct value_limits limits = {
        .bytes = 1024u * 1024, .nodes = 10000, .depth = VALUE_DEPTH_MAX};
    struct helios_error err = HELIOS_ERROR_INIT;
    struct args args;
    (void)args_decode(buf_text(line), line->len, &(struct args_how){.limits = &limits},
                      &args, &err);
    args_fini(&args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf line = BUF_INIT;
    FILE *from = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "r");
    if (from == NULL)
        return 0;
    while (line_read(from, &line, &err) == 0) {
        if (line.len > LINES_ARGS_MAX || memchr(buf_text(&line), '\n', line.len) != NULL)
            abort();
        decode(&line);
    }
    rewind(from);
    if (text_read(from, &line, &err) == 0 && line.len > size)
        abort();
    buf_fini(&line);
    (void)fclose(from);
    return 0;
}
