/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "daemon/ctl/progress.h"
#include "daemon/ctl/select.h"
#include "daemon/ctl/table.h"
#include "store/operate.h"
#include "store/query.h"

/* job list | retry | cancel | hold | requeue | wait. */

#define OPTION_JOBTYPE                                                                     \
    {                                                                                      \
        ITEM_JOBTYPE, '\0', "jobtype", "NAME", false, "jobs of this type"                  \
    }
#define OPTION_STATE                                                                       \
    {                                                                                      \
        ITEM_STATE, '\0', "state", "STATE", false, "jobs in this state"                    \
    }
#define OPTION_SINCE                                                                       \
    {                                                                                      \
        ITEM_SINCE, '\0', "since", "TIME", false,                                          \
            "submitted or ended since; 2h is two hours ago"                                \
    }
#define OPTION_ERROR                                                                       \
    {                                                                                      \
        ITEM_ERROR, '\0', "error", "TEXT", false, "whose last error contains this"         \
    }

const struct ctl_option job_list_options[] = {
    OPTION_JOBTYPE,
    OPTION_STATE,
    OPTION_SINCE,
    OPTION_ERROR,
    {ITEM_LIMIT, '\0', "limit", "N", true, "so many at most; 100 if not given"},
    {ITEM_ALL, '\0', "all", NULL, false, "look at all jobs, not only at the first"},
    {.name = NULL},
};
const struct ctl_option job_change_options[] = {
    OPTION_JOBTYPE,
    OPTION_STATE,
    OPTION_SINCE,
    OPTION_ERROR,
    {ITEM_ALL, '\0', "all", NULL, false, "every job that it can be done to"},
    {ITEM_DRY_RUN, '\0', "dry-run", NULL, false, "list the jobs, change nothing"},
    {.name = NULL},
};
const struct ctl_option job_wait_options[] = {
    {ITEM_TIMEOUT, '\0', "timeout", "SECONDS", true, "wait no longer than this"},
    {.name = NULL},
};

#define BIT(state) (1u << (state))
#define FREE       (BIT(LISTING_WAITING) | BIT(LISTING_DELAYED) | BIT(LISTING_HELD))
#define QUEUED     (FREE | BIT(LISTING_RUNNING))
#define ANY        (BIT(LISTING_STATES) - 1u)

/* ---- list ---- */

const struct column job_columns[] = {
    {"jobid", COLUMN_NUMBER},
    {"jobtype", COLUMN_NAME},
    {"state", COLUMN_STATE},
    {"submitted", COLUMN_TIME | COLUMN_LOW(3)},
    {"run_after", COLUMN_TIME | COLUMN_LOW(2)},
    {"ended", COLUMN_TIME},
    {"exitstatus", COLUMN_NUMBER | COLUMN_LOW(1)},
    {"error", COLUMN_TEXT},
    {.name = NULL},
};

struct row {
    struct listing_job job;
    char *error;
};

struct found {
    struct row *rows;
    size_t count, cap;
    uint64_t limit;
    bool failed; /* out of memory */
};

/* The names of jobtypes are read afterwards: a row function must not use the connection. */
static int add_found(void *arg, const struct listing_job *job)
{
    struct found *f = arg;
    if (f->count == f->cap) {
        size_t cap = f->cap == 0 ? 256 : f->cap * 2;
        struct row *rows = reallocarray(f->rows, cap, sizeof rows[0]);
        f->failed = rows == NULL;
        if (f->failed)
            return 1;
        f->rows = rows;
        f->cap = cap;
    }
    struct row row = {.job = *job, .error = job->error == NULL ? NULL : strdup(job->error)};
    f->failed = job->error != NULL && row.error == NULL;
    f->rows[f->count++] = row;
    return f->failed || f->count >= f->limit || progress_stopped() ? 1 : 0;
}

static void found_fini(struct found *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->rows[i].error);
    free(f->rows);
}

static void add_row(struct table *t, const struct row *row, const char *jobtype)
{
    const struct listing_job *job = &row->job;
    table_number(t, (int64_t)job->jobid);
    table_text(t, jobtype);
    table_text(t, select_states[job->state]);
    table_time(t, job->insert_time);
    table_time(t, job->state == LISTING_HELD ? -1 : job->run_after);
    table_time(t, job->complete_time);
    if (job->exitstatus >= 0)
        table_number(t, job->exitstatus);
    else
        table_none(t);
    table_text(t, row->error);
}

static int print_found(const struct ctl *ctl, const struct found *f,
                       struct helios_error *err)
{
    struct table t;
    struct helios_error late = HELIOS_ERROR_INIT;
    int rc = 0;
    table_begin_of(&t, ctl, job_columns); /* of --dry-run too */
    for (size_t i = 0; rc == 0 && i < f->count; i++) {
        const char *jobtype = NULL;
        rc = store_jobtype_name(ctl_store(ctl), f->rows[i].job.funcid, &jobtype, err);
        if (rc == 0)
            add_row(&t, &f->rows[i], jobtype);
    }
    if (table_end(&t, &late) != 0 && rc == 0)
        rc = err_set(err, late.kind, "%s", late.text);
    return rc;
}

static int find(struct selection *s, struct found *f, struct helios_error *err)
{
    if (select_jobs(s, add_found, f, err) != 0)
        return -1;
    return f->failed ? err_set(err, HELIOS_E_NOMEM, "out of memory") : 0;
}

#define LIMIT_DEFAULT 100
#define LIMIT_MOST    1000000

int job_list(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct selection s;
    struct found f = {0};
    int64_t limit = LIMIT_DEFAULT;
    if (ctl->items[ITEM_LIMIT] != NULL)
        (void)number_parse(ctl->items[ITEM_LIMIT], &limit);
    if (limit < 1 || limit > LIMIT_MOST)
        return ctl_usage(ctl, "--limit must be from 1 to %d", LIMIT_MOST);
    int code = select_begin(&s, ctl, ANY);
    if (code != 0)
        return code;
    if (ctl->items[ITEM_STATE] == NULL)
        s.states = QUEUED;
    f.limit = (uint64_t)limit;
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = find(&s, &f, &err);
    if (rc == 0)
        rc = print_found(ctl, &f, &err);
    if (rc == 0 && f.count >= f.limit)
        ctl_say(ctl, "there may be more than these %zu: --limit N shows more", f.count);
    else if (rc == 0 && s.more)
        ctl_say(ctl, "only the first %" PRIu64 " jobs were looked at: --all looks at more",
                s.most);
    found_fini(&f);
    return rc == 0 ? 0 : ctl_fail(ctl, &err);
}

/* ---- changing many ---- */

#define CHANGED_AT_ONCE 100000 /* of one run; bounds the memory */

struct change {
    enum operate_verb verb;
    unsigned states; /* of jobs that it can be done to */
    const char *done;
};

/* `unchanged` (NULL: not wanted) gets a mark for each job that was not as it must be: those
 * are done one by one. */
static int change_ids(const struct ctl *ctl, const struct change *change,
                      const uint64_t *jobids, size_t n, bool *unchanged, uint64_t *total,
                      struct helios_error *err)
{
    size_t batch = unchanged == NULL ? OPERATE_BATCH : 1;
    *total = 0;
    for (size_t from = 0; from < n && !progress_stopped(); from += batch) {
        size_t some = n - from < batch ? n - from : batch;
        uint64_t changed = 0;
        int rc =
            operate_jobs(ctl_store(ctl), change->verb, jobids + from, some, &changed, err);
        *total += changed;
        if (unchanged != NULL)
            unchanged[from] = changed == 0;
        if (rc != 0)
            return err_wrap(err, "%" PRIu64 " jobs %s; then", *total, change->done);
        if (n > OPERATE_BATCH)
            progress_show(*total, n, "jobs", change->done);
    }
    progress_end();
    return 0;
}

const struct column change_columns[] = {
    {"changed", COLUMN_NUMBER},
    {"unchanged", COLUMN_NUMBER},
    {.name = NULL},
};

static int print_total(const struct ctl *ctl, const struct change *change, uint64_t total,
                       size_t n)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct table t;
    if (ctl->items[ITEM_JSON] == NULL) {
        (void)printf("%" PRIu64 " jobs %s\n", total, change->done);
        return 0;
    }
    table_begin(&t, ctl);
    table_number(&t, (int64_t)total);
    table_number(&t, (int64_t)(n - total));
    return table_end(&t, &err) == 0 ? 0 : ctl_fail(ctl, &err);
}

/* Says how far it came. `*rest`: there are jobs that were not as they must be. */
static int finish(const struct ctl *ctl, const struct change *change, uint64_t total,
                  size_t n, bool *rest)
{
    *rest = false;
    int code = print_total(ctl, change, total, n);
    if (code != 0)
        return code;
    if (progress_stopped()) {
        ctl_say(ctl, "interrupted: the rest is as it was");
        return 1;
    }
    *rest = total != n;
    return 0;
}

static void say_rest(const struct ctl *ctl, uint64_t n)
{
    ctl_say(ctl, "%" PRIu64 " jobs are not in a state for that: helios job list tells", n);
}

/* ---- those that were named ---- */

/* Of more than these not each is told. */
#define NAMED_MOST 1000
#define TOLD_MOST  10

/* `*known`: there is or was such a job. */
static int say_why(struct ctl *ctl, const struct change *change, uint64_t jobid, bool tell,
                   bool *known, struct helios_error *err)
{
    static const char *const states[] = {[HELIOS_JOB_WAITING] = "waits",
                                         [HELIOS_JOB_DELAYED] = "is delayed",
                                         [HELIOS_JOB_RUNNING] = "is running",
                                         [HELIOS_JOB_DONE] = "is done",
                                         [HELIOS_JOB_FAILED] = "has failed"};
    struct helios_job_status status = {.exitstatus = -1};
    struct query_job job = {0};
    int rc = helios_job_lookup(ctl->client, jobid, &status, err);
    *known = rc == 0;
    if (rc == 1 && tell)
        ctl_say(ctl, "job %" PRIu64 " is not known", jobid);
    if (rc != 0 || !tell)
        return rc < 0 ? -1 : 0;
    rc = query_job(ctl_store(ctl), jobid, &job, err);
    const char *state = states[status.state];
    if (rc == 0 && !job.finished && job.run_after == OPERATE_HELD)
        state = change->verb == OPERATE_HOLD ? "is held already" : "is held";
    const char *why = "";
    if (change->verb == OPERATE_RETRY && status.state == HELIOS_JOB_FAILED)
        why = rc == 1 || !job.finished ? ", and the history does not have it"
                                       : ", and another job has its key";
    if (rc >= 0)
        ctl_say(ctl, "job %" PRIu64 " is not %s: it %s%s", jobid, change->done, state, why);
    query_job_fini(&job);
    return rc < 0 ? -1 : 0;
}

/* The exit code: that of an unknown job, else 1. */
static int tell_unchanged(struct ctl *ctl, const struct change *change,
                          const uint64_t *jobids, const bool *unchanged, size_t n)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    size_t told = 0;
    bool all_known = true;
    for (size_t i = 0; i < n; i++) {
        bool known = true;
        if (!unchanged[i])
            continue;
        if (say_why(ctl, change, jobids[i], told++ < TOLD_MOST, &known, &err) != 0)
            return ctl_fail(ctl, &err);
        all_known = all_known && known;
    }
    if (told > TOLD_MOST)
        ctl_say(ctl, "and %zu more", told - TOLD_MOST);
    return all_known ? 1 : helios_error_exit_code(HELIOS_E_NOT_FOUND);
}

/* Does it, and says what came of it. */
static int change_and_tell(struct ctl *ctl, const struct change *change,
                           const uint64_t *jobids, bool *unchanged, size_t n)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint64_t total = 0;
    bool rest = false;
    if (n > NAMED_MOST)
        unchanged = NULL;
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = change_ids(ctl, change, jobids, n, unchanged, &total, &err);
    int code = rc == 0 ? finish(ctl, change, total, n, &rest) : ctl_fail(ctl, &err);
    if (code != 0 || !rest)
        return code;
    if (unchanged != NULL)
        return tell_unchanged(ctl, change, jobids, unchanged, n);
    say_rest(ctl, n - total);
    return 1;
}

static int change_named(struct ctl *ctl, const struct change *change)
{
    size_t n = (size_t)ctl->argc;
    int code = 0;
    uint64_t *jobids = calloc(n, sizeof jobids[0]);
    bool *unchanged = calloc(n, sizeof unchanged[0]);
    if (jobids == NULL || unchanged == NULL) {
        free(jobids);
        free(unchanged);
        return ctl_usage(ctl, "out of memory");
    }
    for (size_t i = 0; code == 0 && i < n; i++) {
        if (!ctl_jobid(ctl, ctl->argv[i], &jobids[i]))
            code = ctl_usage(ctl, "'%s' is not the number of a job, nor its handle",
                             ctl->argv[i]);
    }
    if (code == 0)
        code = change_and_tell(ctl, change, jobids, unchanged, n);
    free(jobids);
    free(unchanged);
    return code;
}

static int change_found(const struct ctl *ctl, const struct change *change,
                        const struct found *f, uint64_t *total, struct helios_error *err)
{
    uint64_t *jobids = calloc(f->count + 1, sizeof jobids[0]);
    if (jobids == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    for (size_t i = 0; i < f->count; i++)
        jobids[i] = f->rows[i].job.jobid;
    int rc = change_ids(ctl, change, jobids, f->count, NULL, total, err);
    free(jobids);
    return rc;
}

static int change_chosen(struct ctl *ctl, const struct change *change)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct selection s;
    struct found f = {.limit = CHANGED_AT_ONCE};
    uint64_t total = 0;
    bool dry = ctl->items[ITEM_DRY_RUN] != NULL;
    int code = select_begin(&s, ctl, change->states);
    if (code != 0)
        return code;
    s.most = LIMIT_MOST; /* what is to be changed is looked for everywhere */
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = find(&s, &f, &err);
    if (rc == 0)
        rc = dry ? print_found(ctl, &f, &err) : change_found(ctl, change, &f, &total, &err);
    code = rc == 0 ? 0 : ctl_fail(ctl, &err);
    bool rest = false;
    if (rc == 0 && !dry)
        code = finish(ctl, change, total, f.count, &rest);
    if (rest)
        say_rest(ctl, f.count - total);
    if (rc == 0 && !progress_stopped() && (f.count >= f.limit || s.more))
        ctl_say(ctl, "there are more such jobs: run the command again");
    found_fini(&f);
    return code;
}

static int change_jobs(struct ctl *ctl, const struct change *change)
{
    bool chosen = ctl->items[ITEM_JOBTYPE] != NULL || ctl->items[ITEM_STATE] != NULL ||
                  ctl->items[ITEM_SINCE] != NULL || ctl->items[ITEM_ERROR] != NULL ||
                  ctl->items[ITEM_ALL] != NULL;
    progress_begin(false);
    if (ctl->argc > 0 && (chosen || ctl->items[ITEM_DRY_RUN] != NULL))
        return ctl_usage(ctl, "name jobs by their numbers or choose them by options, "
                              "not both");
    if (ctl->argc > 0)
        return change_named(ctl, change);
    if (!chosen)
        return ctl_usage(ctl, "which jobs? Name their numbers, or choose them by "
                              "--jobtype, --state, --since, --error or --all");
    return change_chosen(ctl, change);
}

int job_retry(struct ctl *ctl)
{
    static const struct change retry = {OPERATE_RETRY, BIT(LISTING_FAILED), "retried"};
    return change_jobs(ctl, &retry);
}

int job_cancel(struct ctl *ctl)
{
    static const struct change cancel = {OPERATE_CANCEL, FREE, "cancelled"};
    return change_jobs(ctl, &cancel);
}

int job_hold(struct ctl *ctl)
{
    static const struct change hold = {OPERATE_HOLD,
                                       BIT(LISTING_WAITING) | BIT(LISTING_DELAYED), "held"};
    return change_jobs(ctl, &hold);
}

int job_requeue(struct ctl *ctl)
{
    static const struct change requeue = {
        OPERATE_REQUEUE, BIT(LISTING_DELAYED) | BIT(LISTING_HELD), "requeued"};
    return change_jobs(ctl, &requeue);
}

/* ---- wait ---- */

#define TIMEOUT_CODE 124 /* as timeout(1) */
#define STATUS_MOST  255

static int wait_code(const struct helios_job_status *status)
{
    if (status->state == HELIOS_JOB_DONE || status->exitstatus == 0)
        return 0;
    return status->exitstatus < 0 || status->exitstatus > STATUS_MOST ? STATUS_MOST
                                                                      : status->exitstatus;
}

int job_wait(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_job_status status = {.exitstatus = -1};
    uint64_t id = 0;
    int64_t timeout_s = -1;
    const char *timeout = ctl->items[ITEM_TIMEOUT];
    if (!ctl_jobid(ctl, ctl->items[ITEM_JOBID], &id))
        return ctl_usage(ctl, "'%s' is not the number of a job, nor its handle",
                         ctl->items[ITEM_JOBID]);
    if (timeout != NULL && (!number_parse(timeout, &timeout_s) || timeout_s < 0 ||
                            timeout_s > INT32_MAX / 1000))
        return ctl_usage(ctl, "--timeout %s is not a number of seconds", timeout);
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = helios_job_wait(ctl->client, id, timeout_s < 0 ? -1 : (int)timeout_s * 1000,
                             &status, &err);
    if (rc == 1)
        rc = err_set(&err, HELIOS_E_NOT_FOUND, "job %" PRIu64 " is not known", id);
    if (rc < 0)
        return ctl_fail(ctl, &err);
    if (rc == 2) {
        ctl_say(ctl, "job %" PRIu64 " has not ended within %" PRId64 " s", id, timeout_s);
        return TIMEOUT_CODE;
    }
    if (ctl->items[ITEM_JSON] != NULL && job_print_status(ctl, (uint64_t)id, &status, &err))
        return ctl_fail(ctl, &err);
    return wait_code(&status);
}
