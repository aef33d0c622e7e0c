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

/* ---- all of them, one after the other ---- */

/* From the tree, or where the children were not kept from the text once more. */
static int each_job(const struct args *args, xml_child_fn *fn, void *arg,
                    struct helios_error *err)
{
    const struct helios_value *jobs = NULL;
    if (!args->lean) {
        int rc = find_jobs(args->map, &jobs, err);
        for (size_t i = 0; rc == 0 && i < helios_value_count(jobs); i++)
            rc = fn(arg, helios_value_at(jobs, i), err);
        return rc;
    }
    struct helios_value *rest = NULL;
    struct value_arena *arena = value_arena_new(value_arena_limits(args->arena));
    if (arena == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while taking the metajob apart");
    int rc = xml_decode_children(NULL, arena, args->text, args->text_len, args->utf8, fn,
                                 arg, &rest, err);
    value_arena_free(arena);
    return rc;
}

static int check_next(void *arg, const struct helios_value *job, struct helios_error *err)
{
    size_t *number = arg;
    return check_job(job, ++*number, err);
}

/* Jobs beside the <jobs> element would be lost without a word. A job whose arguments have a
 * `metajob` of 1 has no such element under Helios, and is burst into nothing. */
static int check_form(const struct args *args, struct helios_error *err)
{
    if (helios_value_get(args->tree, "metajob") == NULL)
        return 0;
    if (helios_value_type(helios_value_get(args->map, "job")) == HELIOS_LIST)
        return broken(err, "it has <job> elements that are not in its <jobs> element");
    if (helios_value_get(args->map, "jobs") == NULL)
        return broken(err, "it has no <jobs> element to hold its <job> elements");
    return 0;
}

/* What can be burst: its jobtype, and how many <job> elements, each of them looked at. */
static int look_through(const struct args *args, const char **jobtype_out, size_t *n_out,
                        struct helios_error *err)
{
    const struct helios_value *jobs = NULL;
    *jobtype_out = NULL;
    *n_out = 0;
    if (!args->metajob)
        return broken(err, "it is none");
    if (find_jobtype(args->map, jobtype_out, err) != 0 || check_form(args, err) != 0 ||
        find_jobs(args->map, &jobs, err) != 0)
        return -1;
    return each_job(args, check_next, n_out, err);
}

struct writer {
    args_child_fn *fn;
    void *arg;
    struct buf xml;
    /* of parts */
    const char *jobtype;
    size_t most, held;
};

static int give_child(void *arg, const struct helios_value *job, struct helios_error *err)
{
    struct writer *w = arg;
    buf_clear(&w->xml);
    if (write_job(job, &w->xml, err) != 0)
        return -1;
    return w->fn(w->arg, buf_text(&w->xml), w->xml.len);
}

int args_burst(const struct args *args, const char **jobtype_out, args_child_fn *child,
               void *arg, struct helios_error *err)
{
    struct writer w = {.fn = child, .arg = arg, .xml = BUF_INIT};
    size_t n = 0;
    int rc = look_through(args, jobtype_out, &n, err);
    if (rc == 0)
        rc = each_job(args, give_child, &w, err);
    buf_fini(&w.xml);
    return rc;
}

/* ---- into metajobs ---- */

int args_burst_count(const struct args *args, size_t *n_out, struct helios_error *err)
{
    const char *jobtype = NULL;
    int rc = look_through(args, &jobtype, n_out, err);
    if (rc != 0)
        *n_out = 0;
    return rc;
}

static void begin_part(struct writer *w)
{
    buf_clear(&w->xml);
    buf_puts(&w->xml, "<metajob>");
    if (w->jobtype != NULL) {
        buf_puts(&w->xml, "<class>");
        xml_escape(w->jobtype, strlen(w->jobtype), &w->xml);
        buf_puts(&w->xml, "</class>");
    }
    buf_puts(&w->xml, "<jobs>");
}

static int give_part(struct writer *w, struct helios_error *err)
{
    buf_puts(&w->xml, "</jobs></metajob>");
    w->held = 0;
    if (w->xml.failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while taking the metajob apart");
    return w->fn(w->arg, buf_text(&w->xml), w->xml.len);
}

static int add_to_part(void *arg, const struct helios_value *job, struct helios_error *err)
{
    struct writer *w = arg;
    if (w->held == 0)
        begin_part(w);
    if (helios_value_type(job) != HELIOS_MAP)
        buf_puts(&w->xml, "<job/>");
    else if (xml_from_value("job", job, &w->xml, err) != 0)
        return -1;
    w->held++;
    return w->held == w->most || w->xml.len >= ARGS_PART_BYTES ? give_part(w, err) : 0;
}

int args_burst_parts(const struct args *args, size_t most, args_child_fn *part, void *arg,
                     struct helios_error *err)
{
    struct writer w = {.fn = part, .arg = arg, .xml = BUF_INIT, .most = most};
    size_t n = 0;
    int rc = look_through(args, &w.jobtype, &n, err);
    if (rc == 0)
        rc = each_job(args, add_to_part, &w, err);
    if (rc == 0 && w.held > 0)
        rc = give_part(&w, err);
    buf_fini(&w.xml);
    return rc;
}
