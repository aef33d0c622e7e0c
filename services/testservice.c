/* SPDX-License-Identifier: MIT */
#include <helios/service.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Helios::TestService: logs the arguments of its job, as the Perl service of that name. */

HELIOS_SERVICE_EXPORT;

/* Parameters whose values a debug session must not put on a screen. A DSN may hold a
 * password too. */
static bool secret(const char *name)
{
    static const char *const names[] = {"password", "dsn", "options"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static void params_print(const struct helios_params *params)
{
    printf("<--CONFIG PARAMS-->\n");
    for (size_t i = 0; i < helios_params_count(params); i++) {
        const char *name = helios_params_name(params, i);
        const char *value = secret(name) ? "********" : helios_params_get(params, name);
        printf("%s => %s\n", name, value ? value : "");
    }
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of the job's arguments in byte order: a list to be freed, NULL if there is no
 * memory or no argument. */
static const char **names_sorted(const struct helios_value *args, size_t *count)
{
    *count = helios_value_count(args);
    if (*count == 0)
        return NULL;
    const char **names = calloc(*count, sizeof *names);
    if (!names)
        return NULL;
    for (size_t i = 0; i < *count; i++)
        names[i] = helios_value_key(args, i, NULL);
    qsort(names, *count, sizeof *names, name_order);
    return names;
}

/* Lists and maps have no text of their own; Perl would print an address. */
static const char *value_text(struct helios_job *job, const char *name)
{
    const struct helios_value *value = helios_value_get(helios_job_args(job), name);
    if (helios_value_type(value) == HELIOS_LIST)
        return "ARRAY";
    if (helios_value_type(value) == HELIOS_MAP)
        return "HASH";
    const char *text = helios_job_arg(job, name);
    return text ? text : "";
}

static void args_print(struct helios_job *job, const char **names, size_t count)
{
    printf("<--JOB ARGUMENTS-->\n");
    for (size_t i = 0; i < count; i++)
        printf("%s => %s\n", names[i], value_text(job, names[i]));
    (void)fflush(stdout);
}

static int test_run(struct helios_worker *worker, struct helios_job *job)
{
    size_t count;
    const char **names = names_sorted(helios_job_args(job), &count);
    if (!names && count > 0)
        return helios_job_failed(job, 1, "out of memory for %zu arguments", count);

    if (helios_worker_debug(worker)) {
        params_print(helios_worker_params(worker));
        args_print(job, names, count);
    }
    helios_log(job, HELIOS_LOG_INFO, "%s says, \"Hello World!\"",
               helios_worker_service(worker));
    for (size_t i = 0; i < count; i++)
        helios_log(job, HELIOS_LOG_INFO, "JOBARG=%s VALUE=%s", names[i],
                   value_text(job, names[i]));
    free(names);
    return helios_job_completed(job);
}

const struct helios_service helios_service = {
    HELIOS_SERVICE_HEAD,
    .name = "Helios::TestService",
    .version = "2.40",
    .run = test_run,
};
