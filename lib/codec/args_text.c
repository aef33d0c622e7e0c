/* SPDX-License-Identifier: MIT */
#include "codec/args_text.h"

#include <string.h>

#include "core/err.h"

#define BOM "\xEF\xBB\xBF"

static bool begins(const char *text, size_t len, const char *with, size_t with_len)
{
    return len >= with_len && memcmp(text, with, with_len) == 0;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How text begins decides what it is read as. XML may be UTF-16, with a byte-order mark or
 * without. */
static enum args_form sniff(const char *text, size_t len)
{
    if (begins(text, len, "\xFE\xFF", 2) || begins(text, len, "\xFF\xFE", 2) ||
        begins(text, len, "\0<", 2))
        return ARGS_XML;
    size_t at = begins(text, len, BOM, 3) ? 3 : 0;
    while (at < len && blank(text[at]))
        at++;
    if (at < len && text[at] == '<')
        return ARGS_XML;
    return at < len && text[at] == '{' ? ARGS_JSON : ARGS_NONE;
}

static enum args_text_result unusable(struct helios_error *err, const char *why)
{
    (void)err_set(err, HELIOS_E_INVALID, "the argument is XML, but %s", why);
    return ARGS_TEXT_UNUSABLE;
}

/* Takes `params` as the named arguments. Without any, the job runs without. */
static enum args_text_result
take_params(struct args *out, const struct helios_value *params, struct helios_error *err)
{
    switch (helios_value_type(params)) {
    case HELIOS_MAP:
        out->map = params;
        return ARGS_TEXT_OK;
    case HELIOS_NULL:
        return ARGS_TEXT_OK;
    case HELIOS_LIST:
        return unusable(err, "it has more than one <params> element");
    default:
        return unusable(err, "its <params> element holds text and no elements");
    }
}

static enum args_text_result take_job(struct args *out, const struct helios_value *jobs,
                                      struct helios_error *err)
{
    const struct helios_value *job = helios_value_at(jobs, 0);
    if (helios_value_type(job) == HELIOS_TEXT)
        return unusable(err, "its <job> element holds text and no elements");
    return take_params(out, helios_value_get(job, "params"), err);
}

/* Helios marks the arguments of a metajob by one of their own. */
static enum args_text_result take_metajob(struct args *out, struct helios_value *content,
                                          struct helios_error *err)
{
    if (helios_value_type(content) == HELIOS_NULL)
        return ARGS_TEXT_OK;
    if (helios_value_type(content) != HELIOS_MAP)
        return unusable(err, "its <metajob> element holds text and no elements");
    if (!value_put(out->arena, content, "metajob", 7, false,
                   value_text(out->arena, "1", 1))) {
        (void)value_arena_error(out->arena, err);
        return ARGS_TEXT_INVALID;
    }
    out->map = content;
    return ARGS_TEXT_OK;
}

static bool says_metajob(const struct helios_value *map)
{
    double number;
    return helios_value_double(helios_value_get(map, "metajob"), &number) && number == 1;
}

static int pass_over(void *arg, const struct helios_value *job, struct helios_error *err)
{
    (void)arg, (void)job, (void)err;
    return 0;
}

static enum args_text_result from_xml(struct args *out, const char *text, size_t len,
                                      bool utf8, struct helios_error *err)
{
    struct helios_value *root;
    if (xml_decode_children(out->reader, out->arena, text, len, utf8,
                            out->lean ? pass_over : NULL, NULL, &root, err) != 0)
        return ARGS_TEXT_INVALID;
    out->utf8 = utf8;
    out->form = ARGS_XML;
    out->tree = root;
    enum args_text_result result;
    struct helios_value *metajob = value_get(root, "metajob", 7, false);
    if (metajob != NULL)
        result = take_metajob(out, metajob, err);
    else if (helios_value_get(root, "job") != NULL)
        result = take_job(out, helios_value_get(root, "job"), err);
    else
        result = take_params(out, helios_value_get(root, "params"), err);
    out->metajob = says_metajob(out->map);
    return result;
}

/* `args` of the object of HeliosX::Job::JSON; any other object is itself the arguments. */
static enum args_text_result from_json(struct args *out, const char *text, size_t len,
                                       struct helios_error *err)
{
    struct helios_value *root;
    size_t skip = begins(text, len, BOM, 3) ? 3 : 0;
    if (json_decode(out->arena, text + skip, len - skip, &root, err) != 0)
        return ARGS_TEXT_INVALID;
    const struct helios_value *named = helios_value_get(root, "args");
    out->form = ARGS_JSON;
    out->tree = root;
    out->map = helios_value_type(named) == HELIOS_MAP ? named : root;
    return ARGS_TEXT_OK;
}

enum args_text_result args_text_decode(struct args *out, const char *text, size_t len,
                                       bool utf8, struct helios_error *err)
{
    switch (sniff(text, len)) {
    case ARGS_XML:
        return from_xml(out, text, len, utf8, err);
    case ARGS_JSON:
        return from_json(out, text, len, err);
    default:
        (void)err_set(err, HELIOS_E_INVALID,
                      len == 0 ? "the argument is neither XML nor a JSON object but empty"
                               : "the argument is neither XML nor a JSON object");
        return ARGS_TEXT_INVALID;
    }
}
