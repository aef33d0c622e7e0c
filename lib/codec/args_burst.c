/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/args.h"
#include "core/err.h"

static int broken(struct helios_error *err, const char *why)
{
    return err_set(err, HELIOS_E_INVALID, "the metajob cannot be burst: %s", why);
}

/* The list of <job> elements, NULL for none. */
static int find_jobs(const struct helios_value *map, const struct helios_value **out,
                     struct helios_error *err)
{
    const struct helios_value *jobs = helios_value_get(map, "jobs");
    if (helios_value_type(jobs) == HELIOS_LIST)
        return broken(err, "it has more than one <jobs> element");
    if (helios_value_type(jobs) == HELIOS_TEXT)
        return broken(err, "its <jobs> element holds text and no elements");
    *out = helios_value_get(jobs, "job");
    if (*out != NULL && helios_value_type(*out) != HELIOS_LIST)
        return broken(err, "its <jobs> element has an attribute \"job\"");
    return 0;
}

static int find_jobtype(const struct helios_value *map, const char **out,
                        struct helios_error *err)
{
    const struct helios_value *class = helios_value_get(map, "class");
    *out = helios_value_text(class, NULL);
    if (*out == NULL && helios_value_type(class) != HELIOS_NULL)
        return broken(err, "its <class> is not one text");
    return 0;
}

/* What a direct submit would refuse fails the whole, before any child exists. */
static int check_job(const struct helios_value *job, size_t number,
                     struct helios_error *err)
{
    const struct helios_value *params = helios_value_get(job, "params");
    const char *why = NULL;
    if (helios_value_type(job) == HELIOS_TEXT)
        why = "holds text and no elements";
    else if (helios_value_type(params) == HELIOS_TEXT)
        why = "has a <params> element with text and no elements";
    else if (helios_value_type(params) == HELIOS_LIST)
        why = "has more than one <params> element";
    if (why == NULL)
        return 0;
    return err_set(err, HELIOS_E_INVALID,
                   "the metajob cannot be burst: <job> number %zu %s", number, why);
}

/* A job without <params> has no arguments, but what it does hold is not thrown away. */
static int write_job(const struct helios_value *job, struct buf *out,
                     struct helios_error *err)
{
    const struct helios_value *params = helios_value_get(job, "params");
    bool bare = helios_value_type(job) == HELIOS_MAP && params == NULL;
    buf_clear(out);
    return bare ? xml_from_value("job", job, out, err)
                : xml_from_value("params", params, out, err);
}

int args_burst(const struct args *args, const char **jobtype_out, args_child_fn *child,
               void *arg, struct helios_error *err)
{
    const struct helios_value *jobs = NULL;
    *jobtype_out = NULL;
    if (!args->metajob)
        return broken(err, "it is none");
    if (find_jobtype(args->map, jobtype_out, err) != 0 ||
        find_jobs(args->map, &jobs, err) != 0)
        return -1;
    size_t n = helios_value_count(jobs);
    for (size_t i = 0; i < n; i++) {
        if (check_job(helios_value_at(jobs, i), i + 1, err) != 0)
            return -1;
    }
    struct buf xml = BUF_INIT;
    int result = 0;
    for (size_t i = 0; result == 0 && i < n; i++) {
        result = write_job(helios_value_at(jobs, i), &xml, err);
        if (result == 0)
            result = child(arg, buf_text(&xml), xml.len);
    }
    buf_fini(&xml);
    return result;
}
