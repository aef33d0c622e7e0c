/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "codec/args.h"

/* The argument of a job in any form, and the children of a metajob, which are arguments
 * themselves. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct value_limits limits = {
    .bytes = 16u * 1024 * 1024, .nodes = 100000, .depth = VALUE_DEPTH_MAX};

static const struct args_how how = {.limits = &limits};

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
    if (args_decode(xml, len, &how, &args, &err) == 0) {
        check(&args);
        if (args.form != ARGS_XML && args.why.kind != HELIOS_E_LIMIT)
            abort();
    }
    args_fini(&args);
    return 0;
}

static int count(void *arg, const char *xml, size_t len)
{
    size_t *sum = arg;
    (void)xml;
    *sum += len + 1;
    return 0;
}

/* What is burst does not depend on whether the children were kept, unless a limit on the
 * tree has been met; nor on what the same reader has read before. */
static void compare(const uint8_t *data, size_t size, const struct args *kept)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    static struct xml_reader *reader;
    struct args lean;
    const char *type[2];
    size_t n[2] = {0, 0}, sum[2] = {0, 0};
    if (reader == NULL)
        reader = xml_reader_new();
    const struct args_how lean_how = {.limits = &limits, .lean = true, .reader = reader};
    if (args_decode(data, size, &lean_how, &lean, &err) == 0 &&
        kept->why.kind != HELIOS_E_LIMIT && lean.why.kind != HELIOS_E_LIMIT) {
        check(&lean);
        if (lean.metajob != kept->metajob || lean.form != kept->form ||
            lean.malformed != kept->malformed)
            abort();
        int rc[2] = {args_burst_count(kept, &n[0], &err),
                     args_burst_count(&lean, &n[1], &err)};
        if (rc[0] != rc[1] || n[0] != n[1])
            abort();
        rc[0] = args_burst(kept, &type[0], count, &sum[0], &err);
        rc[1] = args_burst(&lean, &type[1], count, &sum[1], &err);
        if (rc[0] != rc[1] || sum[0] != sum[1])
            abort();
        (void)args_burst_parts(&lean, 2, child, NULL, &err);
    }
    args_fini(&lean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct args args;
    const char *jobtype = NULL;
    if (args_decode(data, size, &how, &args, &err) == 0) {
        check(&args);
        if (args.metajob)
            (void)args_burst(&args, &jobtype, child, NULL, &err);
        compare(data, size, &args);
    }
    args_fini(&args);
    return 0;
}
