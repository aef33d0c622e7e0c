/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel refuses an environment string of 128 KiB and, with the usual stack, 2 MiB of
 * them in all; a job must not be able to get there. */
#define ENVIRONMENT_VALUE_MAX (32u * 1024)
#define ENVIRONMENT_TOTAL_MAX (512u * 1024)

#define ARG_PREFIX "HELIOS_ARG_"

static bool name_usable(const char *name, size_t len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_";
    return len > 0 && len <= 255 && strspn(name, letters) == len;
}

/* The text of an argument for the environment, or NULL. */
static const char *value_usable(struct helios_job *job, const char *name,
                                const struct helios_value *value)
{
    if (helios_value_type(value) == HELIOS_NULL)
        return "";
    size_t len;
    const char *text = helios_value_text(value, &len);
    if (text && strlen(text) != len)
        return NULL;
    text = helios_job_arg(job, name);
    return text && strlen(text) <= ENVIRONMENT_VALUE_MAX ? text : NULL;
}

/* Appends "<prefix><name>=<value>"; false if there is no memory. */
static bool environment_add(char **vars, size_t *n, const char *prefix, const char *name,
                            const char *value)
{
    if (asprintf(&vars[*n], "%s%s=%s", prefix, name, value) < 0) {
        vars[*n] = NULL;
        return false;
    }
    (*n)++;
    return true;
}

static bool environment_add_args(char **vars, size_t n, struct helios_job *job,
                                 unsigned *skipped)
{
    const struct helios_value *args = helios_job_args(job);
    size_t total = 0;
    for (size_t i = 0; i < helios_value_count(args); i++) {
        size_t len;
        const char *name = helios_value_key(args, i, &len);
        const char *value = NULL;
        if (name_usable(name, len))
            value = value_usable(job, name, helios_value_at(args, i));
        /* What the kernel counts: both texts, the ends, and a pointer. */
        size_t size =
            value ? len + strlen(value) + sizeof ARG_PREFIX + 1 + sizeof(char *) : 0;
        if (!value || total + size > ENVIRONMENT_TOTAL_MAX) {
            (*skipped)++;
            continue;
        }
        total += size;
        if (!environment_add(vars, &n, ARG_PREFIX, name, value))
            return false;
    }
    return true;
}

char **environment_new(struct helios_job *job, unsigned *skipped)
{
    *skipped = 0;
    char jobid[24];
    (void)snprintf(jobid, sizeof jobid, "%" PRIu64, helios_job_id(job));
    char **vars = calloc(helios_value_count(helios_job_args(job)) + 4, sizeof *vars);
    if (!vars)
        return NULL;
    size_t n = 0;
    if (environment_add(vars, &n, "", "PATH", "/usr/local/bin:/usr/bin:/bin") &&
        environment_add(vars, &n, "", "HELIOS_JOBID", jobid) &&
        environment_add(vars, &n, "", "HELIOS_JOBTYPE", helios_job_type(job)) &&
        environment_add_args(vars, n, job, skipped))
        return vars;
    environment_free(vars);
    return NULL;
}

void environment_free(char **environment)
{
    for (char **var = environment; var && *var; var++)
        free(*var);
    free(environment);
}

/* Each byte as the character of that number, in UTF-8; to be freed. */
static char *latin1_to_utf8(const char *bytes, size_t len, size_t *out_len)
{
    char *out = malloc(2 * len + 1);
    if (!out)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x80)
            out[n++] = (char)(0xc0 | c >> 6);
        out[n++] = c >= 0x80 ? (char)(0x80 | (c & 0x3f)) : (char)c;
    }
    out[n] = '\0';
    *out_len = n;
    return out;
}

static json_t *json_from_text(const char *text, size_t len)
{
    json_t *json = json_stringn(text, len);
    if (json)
        return json;
    size_t utf8_len;
    char *utf8 = latin1_to_utf8(text, len, &utf8_len);
    json = utf8 ? json_stringn(utf8, utf8_len) : NULL;
    free(utf8);
    return json;
}

static json_t *json_from_uint(uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    return json_string(text);
}

static json_t *json_from_value(const struct helios_value *value);

static json_t *json_from_list(const struct helios_value *list)
{
    json_t *json = json_array();
    for (size_t i = 0; json && i < helios_value_count(list); i++) {
        if (json_array_append_new(json, json_from_value(helios_value_at(list, i))) != 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}

/* 0, or -1 if there is no memory. */
static int json_add_pair(json_t *json, const struct helios_value *map, size_t i)
{
    size_t len;
    const char *key = helios_value_key(map, i, &len);
    json_t *value = json_from_value(helios_value_at(map, i));
    json_t *name = json_from_text(key, len);
    if (!name) {
        json_decref(value);
        return -1;
    }
    int rc = json_object_setn_new(json, json_string_value(name), json_string_length(name),
                                  value);
    json_decref(name);
    return rc;
}

static json_t *json_from_map(const struct helios_value *map)
{
    json_t *json = json_object();
    for (size_t i = 0; json && i < helios_value_count(map); i++) {
        if (json_add_pair(json, map, i) != 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}

static json_t *json_from_scalar(const struct helios_value *value)
{
    int64_t i = 0;
    uint64_t u = 0;
    double d = 0;
    switch (helios_value_type(value)) {
    case HELIOS_BOOL:
        (void)helios_value_int(value, &i);
        return json_boolean(i != 0);
    case HELIOS_INT:
        (void)helios_value_int(value, &i);
        return json_integer(i);
    case HELIOS_UINT:
        (void)helios_value_uint(value, &u);
        return json_from_uint(u);
    default:
        (void)helios_value_double(value, &d);
        json_t *json = json_real(d);
        return json ? json : json_null();
    }
}

/* The depth of recursion is that of the decoded tree, which the decoder limits. */
static json_t *json_from_value(const struct helios_value *value)
{
    size_t len;
    const char *text;
    switch (helios_value_type(value)) {
    case HELIOS_NULL:
        return json_null();
    case HELIOS_LIST:
        return json_from_list(value);
    case HELIOS_MAP:
        return json_from_map(value);
    case HELIOS_REF:
        return json_from_value(helios_value_at(value, 0));
    case HELIOS_BYTES:
    case HELIOS_TEXT:
        text = helios_value_text(value, &len);
        return json_from_text(text, len);
    default:
        return json_from_scalar(value);
    }
}

char *input_json(const struct helios_job *job, size_t *len)
{
    const struct helios_value *args = helios_job_args(job);
    json_t *json = args ? json_from_value(args) : json_object();
    char *text = NULL;
    FILE *out = json ? open_memstream(&text, len) : NULL;
    bool written = false;
    if (out) {
        written = json_dumpf(json, out, JSON_COMPACT | JSON_REAL_PRECISION(15)) == 0 &&
                  fputc('\n', out) != EOF;
        written = fclose(out) == 0 && written;
    }
    json_decref(json);
    if (written)
        return text;
    free(text);
    return NULL;
}
