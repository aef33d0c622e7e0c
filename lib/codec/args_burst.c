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
    return bare ? xml_from_value("job", job, out, err)
                : xml_from_value("params", params, out, err);
}

/* What can be burst: its jobtype and its <job> elements, each of them looked at. */
static int take_apart(const struct args *args, const char **jobtype_out,
                      const struct helios_value **jobs_out, struct helios_error *err)
{
    *jobtype_out = NULL;
    if (!args->metajob)
        return broken(err, "it is none");
    if (find_jobtype(args->map, jobtype_out, err) != 0 ||
        find_jobs(args->map, jobs_out, err) != 0)
        return -1;
    size_t n = helios_value_count(*jobs_out);
    for (size_t i = 0; i < n; i++) {
        if (check_job(helios_value_at(*jobs_out, i), i + 1, err) != 0)
            return -1;
    }
    return 0;
}

int args_burst(const struct args *args, const char **jobtype_out, args_child_fn *child,
               void *arg, struct helios_error *err)
{
    const struct helios_value *jobs = NULL;
    if (take_apart(args, jobtype_out, &jobs, err) != 0)
        return -1;
    size_t n = helios_value_count(jobs);
    struct buf xml = BUF_INIT;
    int result = 0;
    for (size_t i = 0; result == 0 && i < n; i++) {
        buf_clear(&xml);
        result = write_job(helios_value_at(jobs, i), &xml, err);
        if (result == 0)
            result = child(arg, buf_text(&xml), xml.len);
    }
    buf_fini(&xml);
    return result;
}

/* ---- into metajobs ---- */

int args_burst_count(const struct args *args, size_t *n_out, struct helios_error *err)
{
    const struct helios_value *jobs = NULL;
    const char *jobtype = NULL;
    *n_out = 0;
    if (take_apart(args, &jobtype, &jobs, err) != 0)
        return -1;
    *n_out = helios_value_count(jobs);
    return 0;
}

/* The element as it was. A job of nothing but arguments is written as burst would write
 * them. */
static int write_element(const struct helios_value *job, struct buf *out,
                         struct helios_error *err)
{
    if (helios_value_type(job) == HELIOS_MAP)
        return xml_from_value("job", job, out, err);
    buf_puts(out, "<job/>");
    return 0;
}

/* Elements from `*next` on until there are `most` of them or enough bytes. */
static int write_part(const struct helios_value *jobs, const char *jobtype, size_t *next,
                      size_t most, struct buf *out, struct helios_error *err)
{
    size_t n = helios_value_count(jobs);
    buf_clear(out);
    buf_puts(out, "<metajob>");
    if (jobtype != NULL) {
        buf_puts(out, "<class>");
        xml_escape(jobtype, strlen(jobtype), out);
        buf_puts(out, "</class>");
    }
    buf_puts(out, "<jobs>");
    for (size_t i = 0; i < most && *next < n && out->len < ARGS_PART_BYTES; i++) {
        if (write_element(helios_value_at(jobs, *next), out, err) != 0)
            return -1;
        (*next)++;
    }
    buf_puts(out, "</jobs></metajob>");
    return out->failed ? err_set(err, HELIOS_E_NOMEM,
                                 "out of memory while taking the metajob apart")
                       : 0;
}

int args_burst_parts(const struct args *args, size_t most, args_child_fn *part, void *arg,
                     struct helios_error *err)
{
    const struct helios_value *jobs = NULL;
    const char *jobtype = NULL;
    if (take_apart(args, &jobtype, &jobs, err) != 0)
        return -1;
    struct buf xml = BUF_INIT;
    int result = 0;
    for (size_t next = 0; result == 0 && next < helios_value_count(jobs);) {
        result = write_part(jobs, jobtype, &next, most, &xml, err);
        if (result == 0)
            result = part(arg, buf_text(&xml), xml.len);
    }
    buf_fini(&xml);
    return result;
}
