/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "codec/args.h"
#include "core/err.h"
#include "core/mono.h"
#include "daemon/ctl/lines.h"
#include "daemon/ctl/progress.h"
#include "daemon/ctl/table.h"
#include "daemon/ctl/when.h"

/* Jobs of one transaction with --lines: as many as make the commit cheap for each, and few
 * enough, in number and in bytes, that no other writer waits for long. */
#define BATCH_JOBS  500
#define BATCH_BYTES (16u * 1024 * 1024)

const struct ctl_option submit_options[] = {
    {ITEM_VERBOSE, 'v', "verbose", NULL, false, "print the id of each job"},
    {ITEM_HANDLE, '\0', "handle", NULL, false, "print the handle of each job"},
    {ITEM_NO_VALIDATE, 'n', "no-validate", NULL, false,
     "do not check that the arguments are XML or JSON"},
    {ITEM_RUN_AFTER, '\0', "run-after", "TIME", false,
     "Unix seconds, +30s, +5m, +2h, +1d, or local time"},
    {ITEM_PRIORITY, '\0', "priority", "N", true, "0 to 65535, larger is more urgent"},
    {ITEM_UNIQKEY, '\0', "uniqkey", "KEY", false,
     "fail if the queue has a job of this type and key"},
    {ITEM_COALESCE, '\0', "coalesce", "KEY", false, "key for workers that take like jobs"},
    {ITEM_RAW, '\0', "raw", NULL, false,
     "store the bytes as they are, for TheSchwartz workers"},
    {ITEM_LINES, '\0', "lines", NULL, false,
     "one job for each non-empty line of standard input"},
    {.name = NULL},
};

const struct ctl_option submit_historical_options[] = {
    {ITEM_VERBOSE, 'v', "verbose", NULL, false, "print the id of the job"},
    {ITEM_NO_VALIDATE, 'n', "no-validate", NULL, false, "do not check the arguments"},
    {.name = NULL},
};

/* ---- what to submit ---- */

static int read_run_after(struct ctl *ctl, int64_t *out, struct helios_error *err)
{
    const char *text = ctl->items[ITEM_RUN_AFTER];
    bool relative;
    if (text == NULL)
        return 0;
    if (!when_parse(text, out, &relative))
        return err_set(
            err, HELIOS_E_INVALID,
            "--run-after '%s' is not a time: Unix seconds, +30s, +5m, +2h, +1d, or "
            "'YYYY-MM-DD HH:MM:SS' are",
            text);
    int64_t now = relative ? wall_now() : 0;
    if (relative && ctl_store(ctl) != NULL && store_now(ctl_store(ctl), &now, err) != 0)
        return -1;
    *out += now;
    return 0;
}

static int read_priority(const struct ctl *ctl, int64_t *out, struct helios_error *err)
{
    const char *text = ctl->items[ITEM_PRIORITY];
    if (text == NULL)
        return 0;
    if (!number_parse(text, out) || *out < 0 || *out > 65535)
        return err_set(err, HELIOS_E_INVALID, "--priority %s is not between 0 and 65535",
                       text);
    return 0;
}

/* Everything but the arguments. */
static int describe_job(struct ctl *ctl, struct helios_submission *out,
                        struct helios_error *err)
{
    *out = (struct helios_submission)HELIOS_SUBMISSION_INIT;
    out->jobtype = ctl->items[ITEM_JOBTYPE];
    out->uniqkey = ctl->items[ITEM_UNIQKEY];
    out->coalesce = ctl->items[ITEM_COALESCE];
    out->form = ctl->items[ITEM_RAW] == NULL ? HELIOS_ARGS_TEXT : HELIOS_ARGS_RAW;
    if (read_run_after(ctl, &out->run_after, err) != 0)
        return -1;
    return read_priority(ctl, &out->priority, err);
}

/* Raw bytes have no form that could be wrong. */
static int check_args(const struct ctl *ctl, const struct buf *args,
                      struct helios_error *err)
{
    if (ctl->items[ITEM_NO_VALIDATE] != NULL || ctl->items[ITEM_RAW] != NULL)
        return 0;
    if (helios_args_check(buf_text(args), args->len, err) == 0)
        return 0;
    return err_wrap(err, "the arguments cannot be read");
}

/* ---- one job ---- */

/* `name=value` words into XML, so that nobody has to escape by hand. */
static int args_from_pairs(const struct ctl *ctl, struct buf *out, struct helios_error *err)
{
    size_t n = (size_t)ctl->argc;
    char **names = calloc(n, sizeof *names);
    const char **values = calloc(n, sizeof *values);
    int rc = -1;
    if (names == NULL || values == NULL) {
        (void)err_set(err, HELIOS_E_NOMEM, "out of memory");
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        char *equals = strchr(ctl->argv[i], '=');
        if (equals == NULL || equals == ctl->argv[i]) {
            (void)err_set(err, HELIOS_E_INVALID,
                          "'%s' is neither XML, nor JSON, nor a pair NAME=VALUE",
                          ctl->argv[i]);
            goto out;
        }
        *equals = '\0';
        names[i] = ctl->argv[i];
        values[i] = equals + 1;
    }
    rc = xml_from_pairs((const char *const *)names, values, n, out, err);
out:
    free(names);
    free(values);
    return rc;
}

static int args_from_words(const struct ctl *ctl, struct buf *out, struct helios_error *err)
{
    const char *first = ctl->argv[0];
    bool text = first[0] == '<' || first[0] == '{' || ctl->items[ITEM_RAW] != NULL ||
                ctl->items[ITEM_NO_VALIDATE] != NULL;
    if (!text)
        return args_from_pairs(ctl, out, err);
    if (ctl->argc > 1)
        return err_set(err, HELIOS_E_INVALID,
                       "'%s' is one word too many: put the arguments into quotes",
                       ctl->argv[1]);
    buf_puts(out, first);
    return 0;
}

static int read_args(const struct ctl *ctl, struct buf *out, struct helios_error *err)
{
    if (ctl->argc > 0)
        return args_from_words(ctl, out, err);
    if (isatty(STDIN_FILENO))
        ctl_say(ctl, "reading the arguments from standard input, to its end");
    return text_read(stdin, out, err);
}

const struct column submit_columns[] = {
    {"jobid", COLUMN_NUMBER}, {"handle", COLUMN_TEXT}, {.name = NULL}};

/* The numbers and handles, where they were asked for. */
static int tell_jobs(const struct ctl *ctl, char (*handles)[HELIOS_HANDLE_SIZE], size_t n,
                     struct helios_error *err)
{
    struct table t;
    for (size_t i = 0; i < n && ctl->items[ITEM_JSON] == NULL; i++) {
        if (ctl->items[ITEM_HANDLE] != NULL)
            (void)puts(handles[i]);
        if (ctl->items[ITEM_VERBOSE] != NULL)
            (void)printf("Jobid: %s\n", strchr(handles[i], '-') + 1);
    }
    if (ctl->items[ITEM_JSON] == NULL)
        return 0;
    table_begin(&t, ctl);
    for (size_t i = 0; i < n; i++) {
        table_number(&t, strtoll(strchr(handles[i], '-') + 1, NULL, 10));
        table_text(&t, handles[i]);
    }
    return table_end(&t, err);
}

static int submit_one(struct ctl *ctl, struct helios_submission *job,
                      struct helios_error *err)
{
    struct buf args = BUF_INIT;
    char handle[1][HELIOS_HANDLE_SIZE];
    int rc = read_args(ctl, &args, err);
    if (rc == 0)
        rc = check_args(ctl, &args, err);
    job->args = buf_text(&args);
    job->args_len = args.len;
    if (rc == 0)
        rc = helios_submit_handles(ctl->client, job, 1, handle, err);
    if (rc == 0)
        rc = tell_jobs(ctl, handle, 1, err);
    buf_fini(&args);
    return rc;
}

/* ---- one job a line ---- */

struct lines {
    struct ctl *ctl;
    const struct helios_submission *model;
    struct buf args[BATCH_JOBS];
    struct helios_submission jobs[BATCH_JOBS];
    char handles[BATCH_JOBS][HELIOS_HANDLE_SIZE];
    size_t n;       /* jobs in the batch */
    size_t bytes;   /* of their arguments */
    uint64_t line;  /* last line read */
    uint64_t first; /* first and last line of the batch */
    uint64_t last;
    uint64_t resume;    /* after a failure: the line to go on with */
    uint64_t submitted; /* jobs */
};

static void lines_add(struct lines *lines)
{
    const struct buf *args = &lines->args[lines->n];
    struct helios_submission *job = &lines->jobs[lines->n];
    *job = *lines->model;
    job->args = buf_text(args);
    job->args_len = args->len;
    lines->bytes += args->len;
    lines->first = lines->n == 0 ? lines->line : lines->first;
    lines->last = lines->line;
    lines->n++;
}

/* Reads one line and adds it to the batch if it is not empty. 0, 1 at the end, or -1. */
static int lines_take(struct lines *lines, struct helios_error *err)
{
    struct buf *args = &lines->args[lines->n];
    int rc = line_read(stdin, args, err);
    if (rc == 1 || (rc != 0 && progress_stopped()))
        return 1;
    lines->line++;
    if (rc == 0 && args->len == 0)
        return 0;
    if (rc == 0 && check_args(lines->ctl, args, err) != 0) {
        char first = buf_text(args)[0];
        if (first != '<' && first != '{' && strchr(buf_text(args), '=') != NULL)
            (void)err_set(err, HELIOS_E_INVALID,
                          "pairs NAME=VALUE are for words of the command line: a line "
                          "holds XML or JSON");
        rc = -1;
    }
    if (rc != 0) {
        lines->resume = lines->line;
        return -1;
    }
    lines_add(lines);
    return 0;
}

static int lines_flush(struct lines *lines, struct helios_error *err)
{
    size_t n = lines->n;
    lines->n = 0;
    lines->bytes = 0;
    if (helios_submit_handles(lines->ctl->client, lines->jobs, n, lines->handles, err) !=
        0) {
        lines->resume = lines->first;
        if (err->kind == HELIOS_E_UNCERTAIN)
            (void)err_wrap(err, "lines %llu to %llu", (unsigned long long)lines->first,
                           (unsigned long long)lines->last);
        return -1;
    }
    lines->submitted += n;
    return tell_jobs(lines->ctl, lines->handles, n, err);
}

/* Up to the end or the first bad line; the good lines before that are submitted. */
static int lines_submit(struct lines *lines, struct helios_error *err)
{
    int rc = 0;
    while (rc == 0) {
        rc = lines_take(lines, err);
        if (rc == 0 && progress_stopped())
            rc = 1;
        bool full = lines->n == BATCH_JOBS || lines->bytes > BATCH_BYTES;
        struct helios_error failure = HELIOS_ERROR_INIT;
        if ((full || rc != 0) && lines_flush(lines, &failure) != 0) {
            *err = failure;
            return -1;
        }
        if (full)
            progress_show(lines->submitted, 0, "jobs", "submitted");
    }
    progress_end();
    return rc == 1 ? 0 : -1;
}

/* `*stopped`: interrupted, and what was read is in the queue. */
static int submit_lines(struct ctl *ctl, const struct helios_submission *model,
                        bool *stopped, struct helios_error *err)
{
    progress_begin(true);
    struct lines *lines = calloc(1, sizeof *lines);
    if (lines == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    lines->ctl = ctl;
    lines->model = model;
    int rc = lines_submit(lines, err);
    unsigned long long submitted = lines->submitted;
    *stopped = rc == 0 && progress_stopped();
    if (rc == 0 && ctl->items[ITEM_JSON] == NULL)
        (void)printf("%llu jobs submitted\n", submitted);
    if (*stopped)
        ctl_say(ctl, "interrupted: go on with line %llu",
                (unsigned long long)lines->line + 1);
    if (rc != 0)
        (void)err_wrap(err, "%llu jobs submitted; line %llu", submitted,
                       (unsigned long long)lines->resume);
    for (size_t i = 0; i < BATCH_JOBS; i++)
        buf_fini(&lines->args[i]);
    free(lines);
    return rc;
}

static int check_usage(const struct ctl *ctl)
{
    if (ctl->items[ITEM_LINES] == NULL)
        return 0;
    if (ctl->argc > 0)
        return ctl_usage(ctl, "with --lines the arguments come from standard input, not "
                              "from the command line");
    if (ctl->items[ITEM_UNIQKEY] != NULL)
        return ctl_usage(ctl, "--uniqkey cannot be given with --lines: only one of the "
                              "jobs could have it");
    return 0;
}

/* Whether the first database is there and has no such jobtype. */
static bool jobtype_missing(const struct ctl *ctl)
{
    uint32_t funcid;
    return ctl->items[ITEM_VERBOSE] != NULL && ctl_store(ctl) != NULL &&
           store_jobtype(ctl_store(ctl), ctl->items[ITEM_JOBTYPE], &funcid, NULL) == 1;
}

int submit_run(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job;
    int code = check_usage(ctl);
    if (code != 0)
        return code;
    if (ctl_open(ctl, &err) != 0 || describe_job(ctl, &job, &err) != 0)
        return ctl_fail(ctl, &err);
    bool stopped = false;
    bool missing = jobtype_missing(ctl);
    int rc = ctl->items[ITEM_LINES] != NULL ? submit_lines(ctl, &job, &stopped, &err)
                                            : submit_one(ctl, &job, &err);
    if (missing && !jobtype_missing(ctl))
        ctl_say(ctl, "jobtype %s was not there: it is created", ctl->items[ITEM_JOBTYPE]);
    if (rc != 0)
        return ctl_fail(ctl, &err);
    return stopped ? 1 : 0;
}

/* ---- helios_job_submit, helios_job_submit.pl ---- */

/* Options come before the jobtype; what is no option is the jobtype, whatever it begins
 * with. */
static void take_historical(struct ctl *ctl)
{
    int i = 0;
    for (; i < ctl->argc && ctl->items[ITEM_JOBTYPE] == NULL; i++) {
        const char *arg = ctl->argv[i];
        if (strcasecmp(arg, "--verbose") == 0 || strcmp(arg, "-v") == 0)
            ctl->items[ITEM_VERBOSE] = "";
        else if (strcasecmp(arg, "--no-validate") == 0 || strcasecmp(arg, "-n") == 0)
            ctl->items[ITEM_NO_VALIDATE] = "";
        else if (strcasecmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
            ctl->items[ITEM_HELP] = "";
        else
            ctl->items[ITEM_JOBTYPE] = arg;
    }
    ctl->argc -= i;
    ctl->argv += i;
}

/* All lines, joined without their ends. */
static int read_joined(struct buf *out, struct helios_error *err)
{
    if (text_read(stdin, out, err) != 0)
        return -1;
    size_t kept = 0;
    for (size_t i = 0; i < out->len; i++) {
        if (out->data[i] != '\n')
            out->data[kept++] = out->data[i];
    }
    out->len = kept;
    if (out->data != NULL)
        out->data[kept] = '\0';
    return 0;
}

/* The original's check: XML of any structure. JSON is not known to Perl's workers. */
static int check_historical(const struct buf *args, struct helios_error *err)
{
    struct helios_value *root;
    struct value_arena *arena = value_arena_new(NULL);
    if (arena == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while checking the arguments");
    int rc = xml_decode(arena, buf_text(args), args->len, false, &root, err);
    value_arena_free(arena);
    return rc;
}

static int submit_historical(struct ctl *ctl, struct buf *args)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    uint64_t jobid = 0;
    if (ctl->argc > 0)
        buf_puts(args, ctl->argv[0]);
    else if (read_joined(args, &err) != 0)
        return ctl_fail(ctl, &err);
    if (ctl->items[ITEM_NO_VALIDATE] == NULL && check_historical(args, &err) != 0) {
        (void)fprintf(stderr, "Invalid job arguments: %s (%s)\n", buf_text(args), err.text);
        return 1;
    }
    job.jobtype = ctl->items[ITEM_JOBTYPE];
    job.args = buf_text(args);
    job.args_len = args->len;
    if (ctl_open(ctl, &err) != 0 || helios_submit(ctl->client, &job, 1, &jobid, &err) != 0)
        return ctl_fail(ctl, &err);
    if (ctl_debugging())
        (void)printf("Job submit successful.  JOBID: %llu\n", (unsigned long long)jobid);
    else if (ctl->items[ITEM_VERBOSE] != NULL)
        (void)printf("Jobid: %llu\n", (unsigned long long)jobid);
    return 0;
}

int submit_run_historical(struct ctl *ctl)
{
    take_historical(ctl);
    if (ctl->items[ITEM_JOBTYPE] == NULL || ctl->items[ITEM_HELP] != NULL) {
        help_command(ctl->command, stdout);
        return 0;
    }
    struct buf args = BUF_INIT;
    int code = submit_historical(ctl, &args);
    buf_fini(&args);
    return code;
}
