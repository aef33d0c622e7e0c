/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "codec/args.h"

/* The argument of a job in any form, and the children of a metajob, which are arguments
 * themselves. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct value_limits limits = {
    .bytes = 16u * 1024 * 1024, .nodes = 100000, .depth = VALUE_DEPTH_MAX};

static void check(const struct args *args)
{
    if (args->text == NULL || args->text[args->text_len] != '\0')
        abort();
    if ((args->damaged || args->malformed) && args->why.text[0] == '\0')
        abort();
}

/* A child must be the argument of a job that can be run. */
static int child(void *arg, const char *xml, size_t len)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct args args;
    (void)arg;
    if (args_decode(xml, len, &limits, &args, &err) == 0) {
        check(&args);
        if (args.form != ARGS_XML && args.why.kind != HELIOS_E_LIMIT)
            abort();
    }
    args_fini(&args);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct args args;
    const char *jobtype = NULL;
    if (args_decode(data, size, &limits, &args, &err) == 0) {
        check(&args);
        if (args.metajob)
            (void)args_burst(&args, &jobtype, child, NULL, &err);
    }
    args_fini(&args);
    return 0;
}
