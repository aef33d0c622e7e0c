/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <string.h>

#include "codec/args.h"
#include "core/err.h"
#include "daemon/ctl/table.h"
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
static int read_jobid(struct ctl *ctl, uint64_t *out, struct helios_error *err)
{
    if (ctl_jobid(ctl, ctl->items[ITEM_JOBID], out))
        return 0;
    if (ctl->command->historical)
        return 1;
    return err_set(err, HELIOS_E_INVALID, "'%s' is not the number of a job, nor its handle",
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

static const char *stamp(const struct ctl *ctl, int64_t when, char out[CTL_TIME_LEN])
{
    return ctl->command->historical ? ctl_time(when, out) : table_stamp(ctl, when, out);
}

static void print_time(const struct ctl *ctl, const char *label, int64_t when)
{
    char text[CTL_TIME_LEN];
    (void)printf("%s: %s\n", label, when > 0 ? stamp(ctl, when, text) : "");
}

static void print_finished(const struct ctl *ctl, const struct query_job *job)
{
    print_time(ctl, "Complete Time", job->complete_time);
    (void)printf("Exitstatus: %lld\n", (long long)job->exitstatus);
}

static void print_queued(const struct ctl *ctl, const struct query_job *job)
{
    print_time(ctl, "Run After", job->run_after);
    print_time(ctl, "Locked Until", job->grabbed_until);
    if (job->priority > 0)
        (void)printf("Priority: %lld\n", (long long)job->priority);
    else
        (void)puts("Priority: ");
}

/* The history has the text itself, the queue what its submitter stored. */
static int print_args(const struct query_job *job, struct helios_error *err)
{
    struct args args;
    if (args_decode(job->arg, job->arg_len, NULL, &args, err) != 0)
        return -1;
    const char *text = args.text != NULL ? args.text : job->arg;
    size_t len = args.text != NULL ? args.text_len : job->arg_len;
    (void)fputs("Args: \n", stdout);
    if (len > 0)
        ctl_show(text, len);
    (void)fputs("\n\n", stdout);
    args_fini(&args);
    return 0;
}

struct logs {
    const struct ctl *ctl;
    bool any;
};

static void print_log(void *arg, const struct query_log *log)
{
    struct logs *logs = arg;
    char text[CTL_TIME_LEN];
    if (!logs->any)
        (void)puts("Logs:");
    logs->any = true;
    (void)printf("%s [", stamp(logs->ctl, log->time, text));
    if (log->host != NULL)
        ctl_show(log->host, strlen(log->host));
    (void)printf(":%lld] %s ", (long long)log->pid, log_level_name(log->level));
    ctl_show(log->message, strlen(log->message));
    (void)putchar('\n');
}

/* No message is older than the job, but hosts may differ about the time. */
#define CLOCKS_DIFFER_S 3600

static int64_t log_since(const struct query_job *job)
{
    return job->insert_time - CLOCKS_DIFFER_S;
}

static int print_logs(const struct ctl *ctl, const struct query_job *job,
                      struct helios_error *err)
{
    struct logs logs = {.ctl = ctl};
    if (query_logs(ctl_store(ctl), job->jobid, log_since(job), print_log, &logs, err) != 0)
        return -1;
    if (logs.any)
        (void)puts("");
    return 0;
}

/* ---- info as JSON ---- */

const struct column info_columns[] = {
    {"jobid", COLUMN_NUMBER},      {"jobtype", COLUMN_TEXT},
    {"submitted", COLUMN_TIME},    {"run_after", COLUMN_TIME},
    {"locked_until", COLUMN_TIME}, {"priority", COLUMN_NUMBER},
    {"ended", COLUMN_TIME},        {"exitstatus", COLUMN_NUMBER},
    {"args", COLUMN_TEXT},         {.name = NULL},
};

static void put_number(struct table *t, bool given, int64_t n)
{
    if (given)
        table_number(t, n);
    else
        table_none(t);
}

/* The text of the arguments, NULL if they are not asked for. */
static int put_args(struct table *t, const struct query_job *job, struct helios_error *err)
{
    struct args args;
    struct buf text = BUF_INIT;
    if (t->ctl->items[ITEM_ARGS] == NULL) {
        table_none(t);
        return 0;
    }
    if (args_decode(job->arg, job->arg_len, NULL, &args, err) != 0)
        return -1;
    buf_append(&text, args.text != NULL ? args.text : job->arg,
               args.text != NULL ? args.text_len : job->arg_len);
    table_text(t, buf_text(&text));
    args_fini(&args);
    buf_fini(&text);
    return 0;
}

static void put_log(void *arg, const struct query_log *log)
{
    struct table *t = arg;
    table_time(t, log->time);
    table_text(t, log->host);
    table_number(t, log->pid);
    table_text(t, ctl_level(log->level));
    table_text(t, log->message);
}

/* Messages follow, each an object of its own. */
static int print_json_logs(const struct ctl *ctl, const struct query_job *job,
                           struct helios_error *err)
{
    static const struct column columns[] = {
        {"time", COLUMN_TIME},  {"host", COLUMN_TEXT},    {"pid", COLUMN_NUMBER},
        {"level", COLUMN_TEXT}, {"message", COLUMN_TEXT}, {.name = NULL},
    };
    struct table t;
    table_begin_of(&t, ctl, columns);
    int rc = query_logs(ctl_store(ctl), job->jobid, log_since(job), put_log, &t, err);
    return table_end(&t, rc == 0 ? err : NULL) == 0 ? rc : -1;
}

static int print_json(const struct ctl *ctl, const struct query_job *job,
                      struct helios_error *err)
{
    struct table t;
    const char *jobtype = NULL;
    if (store_jobtype_name(ctl_store(ctl), job->funcid, &jobtype, err) != 0)
        return -1;
    table_begin(&t, ctl);
    table_number(&t, (int64_t)job->jobid);
    table_text(&t, jobtype);
    table_time(&t, job->insert_time);
    table_time(&t, job->finished ? -1 : job->run_after);
    table_time(&t, job->finished || job->grabbed_until == 0 ? -1 : job->grabbed_until);
    put_number(&t, job->priority >= 0, job->priority);
    table_time(&t, job->finished ? job->complete_time : -1);
    put_number(&t, job->finished, job->exitstatus);
    int rc = put_args(&t, job, err);
    if (table_end(&t, rc == 0 ? err : NULL) != 0 || rc != 0)
        return -1;
    return ctl->items[ITEM_LOGS] == NULL ? 0 : print_json_logs(ctl, job, err);
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
    (void)printf("Jobid: %llu\nJobtype: ", (unsigned long long)job->jobid);
    ctl_show(jobtype, strlen(jobtype));
    (void)putchar('\n');
    print_time(ctl, "Submit Time", job->insert_time);
    if (job->finished)
        print_finished(ctl, job);
    else
        print_queued(ctl, job);
    (void)puts("");
    if (ctl->items[ITEM_ARGS] != NULL && print_args(job, err) != 0)
        return -1;
    return ctl->items[ITEM_LOGS] == NULL ? 0 : print_logs(ctl, job, err);
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
        rc = ctl->items[ITEM_JSON] != NULL ? print_json(ctl, &job, &err)
                                           : print_job(ctl, &job, &err);
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

static const char *const states[] = {
    [HELIOS_JOB_WAITING] = "waiting", [HELIOS_JOB_DELAYED] = "delayed",
    [HELIOS_JOB_RUNNING] = "running", [HELIOS_JOB_DONE] = "done",
    [HELIOS_JOB_FAILED] = "failed",
};

const struct column status_columns[] = {
    {"jobid", COLUMN_NUMBER},      {"state", COLUMN_STATE}, {"failures", COLUMN_NUMBER},
    {"exitstatus", COLUMN_NUMBER}, {"ended", COLUMN_TIME},  {.name = NULL},
};

int job_print_status(const struct ctl *ctl, uint64_t jobid,
                     const struct helios_job_status *status, struct helios_error *err)
{
    struct table t;
    table_begin(&t, ctl);
    table_number(&t, (int64_t)jobid);
    table_text(&t, states[status->state]);
    table_number(&t, status->failures);
    put_number(&t, status->exitstatus >= 0, status->exitstatus);
    table_time(&t, status->complete_time > 0 ? status->complete_time : -1);
    return table_end(&t, err);
}

static int print_state(const struct ctl *ctl, uint64_t jobid, struct helios_error *err)
{
    struct helios_job_status status;
    int rc = helios_job_lookup(ctl->client, jobid, &status, err);
    if (rc == 0 && ctl->items[ITEM_JSON] != NULL)
        return job_print_status(ctl, jobid, &status, err);
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
