/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include "codec/args.h"
#include "core/err.h"
#include "store/query.h"

#define OPTION_JOBID                                                                       \
    {                                                                                      \
        ITEM_JOBID, '\0', "jobid", "N", true, "number of the job"                          \
    }
#define OPTION_ARGS                                                                        \
    {                                                                                      \
        ITEM_ARGS, 'a', "args", NULL, false, "print its arguments as well"                 \
    }
#define OPTION_LOGS                                                                        \
    {                                                                                      \
        ITEM_LOGS, 'l', "logs", NULL, false, "print its log as well"                       \
    }

const struct ctl_option job_info_options[] = {OPTION_ARGS, OPTION_LOGS, {.name = NULL}};
const struct ctl_option job_info_historical_options[] = {
    OPTION_JOBID, OPTION_ARGS, OPTION_LOGS, {.name = NULL}};
const struct ctl_option job_status_historical_options[] = {OPTION_JOBID, {.name = NULL}};

/* The service whose section the original programs read. */
#define SERVICE "Helios::Service"

/* What both commands begin with. 0, 1 if the text cannot be a job's number, or -1. */
static int read_jobid(const struct ctl *ctl, uint64_t *out, struct helios_error *err)
{
    int64_t id = 0;
    if (number_parse(ctl->items[ITEM_JOBID], &id) && id > 0) {
        *out = (uint64_t)id;
        return 0;
    }
    if (ctl->command->historical)
        return 1;
    return err_set(err, HELIOS_E_INVALID, "'%s' is not the number of a job",
                   ctl->items[ITEM_JOBID]);
}

/* Nothing is printed by the original for a job that it does not know. */
static int finish(const struct ctl *ctl, int rc, struct helios_error *err)
{
    if (rc == 1 && !ctl->command->historical)
        rc =
            err_set(err, HELIOS_E_NOT_FOUND, "job %s is not known", ctl->items[ITEM_JOBID]);
    return rc == -1 ? ctl_fail(ctl, err) : 0;
}

/* ---- info ---- */

static void print_time(const char *label, int64_t when)
{
    char text[CTL_TIME_LEN];
    (void)printf("%s: %s\n", label, when <= 0 ? "" : ctl_time(when, text));
}

static void print_finished(const struct query_job *job)
{
    print_time("Complete Time", job->complete_time);
    (void)printf("Exitstatus: %lld\n", (long long)job->exitstatus);
}

static void print_queued(const struct query_job *job)
{
    print_time("Run After", job->run_after);
    print_time("Locked Until", job->grabbed_until);
    if (job->priority > 0)
        (void)printf("Priority: %lld\n", (long long)job->priority);
    else
        (void)puts("Priority: ");
}

/* The history has the text itself, the queue what its submitter stored. */
static int print_args(const struct query_job *job, struct helios_error *err)
{
    const struct value_limits limits = VALUE_LIMITS_DEFAULT;
    struct args args;
    if (args_decode(job->arg, job->arg_len, &limits, &args, err) != 0)
        return -1;
    const char *text = args.text != NULL ? args.text : job->arg;
    size_t len = args.text != NULL ? args.text_len : job->arg_len;
    (void)fputs("Args: \n", stdout);
    if (len > 0)
        (void)fwrite(text, 1, len, stdout);
    (void)fputs("\n\n", stdout);
    args_fini(&args);
    return 0;
}

static void print_log(void *arg, const struct query_log *log)
{
    static const char *const levels[] = {"EMERG",   "ALERT",  "CRIT", "ERR",
                                         "WARNING", "NOTICE", "INFO", "DEBUG"};
    bool *any = arg;
    char text[CTL_TIME_LEN];
    if (!*any)
        (void)puts("Logs:");
    *any = true;
    (void)printf("%s [%s:%lld] %s %s\n", ctl_time(log->time, text),
                 log->host == NULL ? "" : log->host, (long long)log->pid,
                 levels[log->level], log->message);
}

static int print_logs(const struct ctl *ctl, uint64_t jobid, struct helios_error *err)
{
    bool any = false;
    if (query_logs(ctl_store(ctl), jobid, print_log, &any, err) != 0)
        return -1;
    if (any)
        (void)puts("");
    return 0;
}

static int print_job(const struct ctl *ctl, const struct query_job *job,
                     struct helios_error *err)
{
    const char *jobtype = NULL;
    if (store_jobtype_name(ctl_store(ctl), job->funcid, &jobtype, err) != 0)
        return -1;
    if (jobtype == NULL)
        return err_set(err, HELIOS_E_NOT_FOUND,
                       "job %llu has jobtype %u, which has no name",
                       (unsigned long long)job->jobid, job->funcid);
    (void)printf("Jobid: %llu\nJobtype: %s\n", (unsigned long long)job->jobid, jobtype);
    print_time("Submit Time", job->insert_time);
    if (job->finished)
        print_finished(job);
    else
        print_queued(job);
    (void)puts("");
    if (ctl->items[ITEM_ARGS] != NULL && print_args(job, err) != 0)
        return -1;
    return ctl->items[ITEM_LOGS] == NULL ? 0 : print_logs(ctl, job->jobid, err);
}

int job_info(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct query_job job = {0};
    uint64_t jobid = 0;
    if (ctl->items[ITEM_JOBID] == NULL)
        return ctl_usage(ctl, "A jobid is required.");
    int rc = read_jobid(ctl, &jobid, &err);
    if (rc == 0)
        rc = ctl_connect(ctl, SERVICE, &err);
    if (rc == 0)
        rc = query_job(ctl_store(ctl), jobid, &job, &err);
    if (rc == 0)
        rc = print_job(ctl, &job, &err);
    query_job_fini(&job);
    return finish(ctl, rc, &err);
}

/* ---- status ---- */

static int print_exitstatus(const struct ctl *ctl, uint64_t jobid, struct helios_error *err)
{
    int64_t status = 0;
    int rc = query_exitstatus(ctl_store(ctl), jobid, &status, err);
    if (rc == 0)
        (void)printf("%lld\n", (long long)status);
    return rc;
}

static int print_state(const struct ctl *ctl, uint64_t jobid, struct helios_error *err)
{
    static const char *const states[] = {
        [HELIOS_JOB_WAITING] = "waiting", [HELIOS_JOB_DELAYED] = "delayed",
        [HELIOS_JOB_RUNNING] = "running", [HELIOS_JOB_DONE] = "done",
        [HELIOS_JOB_FAILED] = "failed",
    };
    struct helios_job_status status;
    int rc = helios_job_lookup(ctl->client, jobid, &status, err);
    if (rc == 0)
        (void)puts(states[status.state]);
    return rc;
}

int job_status(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint64_t jobid = 0;
    if (ctl->items[ITEM_JOBID] == NULL)
        return ctl_usage(ctl, "A jobid is required.");
    int rc = read_jobid(ctl, &jobid, &err);
    if (rc == 0)
        rc = ctl_connect(ctl, SERVICE, &err);
    if (rc == 0)
        rc = ctl->command->historical ? print_exitstatus(ctl, jobid, &err)
                                      : print_state(ctl, jobid, &err);
    return finish(ctl, rc, &err);
}
