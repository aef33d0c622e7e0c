/* SPDX-License-Identifier: MIT */
#include <helios/client.h>
#include <helios/service.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A service that does what its job says, for tests of processes. Arguments, each optional,
 * in the order in which they are looked at:
 *
 *   touch=PATH      creates the file
 *   append=PATH     appends the line "<jobid> <pid>"
 *   wait_for=PATH   waits until the file exists, for a minute at most
 *   sleep_ms=N      waits
 *   log=TEXT        logs the text
 *   log_param=NAME  logs "NAME=<value>" of a parameter
 *   environment=PATH  writes its environment, a variable a line
 *   effect=1        inserts the row (jobid, pid, at) into toy_effect by helios_job_db()
 *   sql=TEXT, kept_sql=TEXT   for the actions of these names
 *   leave=1         waits until the worker is asked to leave, logs that and gives the job
 *                   back; after a minute the job has failed
 *   claim_value=V, claim_prefix=P, claim_job=N   claims jobs, as many as there are (of N
 *                   that one); claim_like=value|prefix takes the job's own coalesce; each
 *                   gets the verdict of its own `action`
 *   action=A,B,...  words of the table below, in turn; a verdict ends the list, and a
 *                   list without one ends as completed
 *   message=, status=   of the failure; also the exit code of `exit`
 *   return=N        what run() returns
 *
 * prep runs what the parameter toy_prep_sql says, and keeps the worker's connection.
 */

#ifndef TOY_NAME
#define TOY_NAME  "Toy::Service"
#define TOY_FLAGS 0
#endif
#ifndef TOY_VERSION
#define TOY_VERSION "1.0"
#endif
#ifndef TOY_RETRIES
#define TOY_RETRIES 2
#endif
#ifndef TOY_RETRY_S
#define TOY_RETRY_S 1
#endif
#ifndef TOY_LEASE_S
#define TOY_LEASE_S 0
#endif
#ifndef TOY_KEEP_S
#define TOY_KEEP_S 0
#endif

HELIOS_SERVICE_EXPORT;

#define WAIT_FOR_MS 60000
#define LEAKED_FDS  100
#define FORKED_S    30

static void pause_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static long number_arg(struct helios_job *job, const char *name, long fallback)
{
    const char *text = helios_job_arg(job, name);
    return text ? strtol(text, NULL, 10) : fallback;
}

static void file_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    size_t len = strlen(text);
    if (fd < 0 || write(fd, text, len) != (ssize_t)len)
        helios_log(NULL, HELIOS_LOG_ERR, "toy: cannot write %s: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
}

static void do_files(struct helios_job *job)
{
    const char *touch = helios_job_arg(job, "touch");
    const char *append = helios_job_arg(job, "append");
    const char *environment = helios_job_arg(job, "environment");
    for (char **var = environ; environment && *var; var++) {
        file_write(environment, *var);
        file_write(environment, "\n");
    }
    if (touch)
        file_write(touch, "");
    if (append) {
        char line[64];
        (void)snprintf(line, sizeof line, "%" PRIu64 " %ld\n", helios_job_id(job),
                       (long)getpid());
        file_write(append, line);
    }
}

static void do_waits(struct helios_job *job)
{
    const char *path = helios_job_arg(job, "wait_for");
    for (int ms = 0; path && ms < WAIT_FOR_MS && access(path, F_OK) != 0; ms += 5)
        pause_ms(5);
    pause_ms(number_arg(job, "sleep_ms", 0));
}

/* True when the job has its verdict. */
static bool do_leave(const struct helios_worker *worker, struct helios_job *job)
{
    if (!helios_job_arg(job, "leave"))
        return false;
    for (int ms = 0; ms < WAIT_FOR_MS && !helios_worker_leaving(worker); ms += 5)
        pause_ms(5);
    if (!helios_worker_leaving(worker)) {
        (void)helios_job_failed_no_retry(job, 1, "nobody asked to leave");
        return true;
    }
    helios_log(job, HELIOS_LOG_INFO, "toy: asked to leave");
    (void)helios_job_deferred_until(job, 0);
    return true;
}

static void do_logs(const struct helios_worker *worker, struct helios_job *job)
{
    const char *text = helios_job_arg(job, "log");
    const char *param = helios_job_arg(job, "log_param");
    if (text)
        helios_log(job, HELIOS_LOG_INFO, "%s", text);
    if (param) {
        const char *value = helios_params_get(helios_worker_params(worker), param);
        helios_log(job, HELIOS_LOG_INFO, "%s=%s", param, value ? value : "(not set)");
    }
}

static int do_effect(struct helios_job *job, struct helios_error *err)
{
    static const char insert[] = "INSERT INTO toy_effect (jobid, pid, at) VALUES (?, ?, ?)";
    const struct helios_datum row[] = {
        helios_uint(helios_job_id(job)),
        helios_int(getpid()),
        helios_int(time(NULL)),
    };
    struct helios_db *db = helios_job_db(job, err);
    return db ? helios_db_exec(db, insert, row, 3, NULL, err) : -1;
}

/* As who does not look at what a call returns. */
static void run_sql(struct helios_db *db, const char *sql)
{
    if (db && sql)
        (void)helios_db_exec(db, sql, NULL, 0, NULL, NULL);
}

static struct helios_db *prepared_db;

/* What a word of `action` does: 0 to go on with the next word, 1 if the job has its verdict
 * (or is to have none). */
typedef int action_fn(struct helios_job *job);

static const char *message(struct helios_job *job)
{
    const char *text = helios_job_arg(job, "message");
    return text ? text : "toy failure";
}

static int act_complete(struct helios_job *job)
{
    (void)helios_job_completed(job);
    return 1;
}

static int act_fail(struct helios_job *job)
{
    (void)helios_job_failed(job, (int)number_arg(job, "status", 1), "%s", message(job));
    return 1;
}

static int act_fail_once(struct helios_job *job)
{
    return helios_job_failures(job) == 0 ? act_fail(job) : act_complete(job);
}

static int act_complete_then_fail(struct helios_job *job)
{
    (void)act_complete(job);
    return act_fail(job);
}

static int act_fail_no_retry(struct helios_job *job)
{
    (void)helios_job_failed_no_retry(job, (int)number_arg(job, "status", 1), "%s",
                                     message(job));
    return 1;
}

static int act_defer(struct helios_job *job)
{
    (void)helios_job_deferred(job);
    return 1;
}

static int act_defer_until(struct helios_job *job)
{
    (void)helios_job_deferred_until(job, number_arg(job, "until", 0));
    return 1;
}

/* Two jobs of `submit_type`, else of its own jobtype; the second has the uniqkey `key`, if
 * that is given. */
static void make_jobs(struct helios_job *job, struct helios_submission jobs[2])
{
    static const char xml[] = "<job><params><log>in its place</log></params></job>";
    const char *type = helios_job_arg(job, "submit_type");
    for (size_t i = 0; i < 2; i++) {
        jobs[i] = (struct helios_submission)HELIOS_SUBMISSION_INIT;
        jobs[i].jobtype = type ? type : helios_job_type(job);
        jobs[i].args = xml;
        jobs[i].args_len = sizeof xml - 1;
    }
    jobs[1].uniqkey = helios_job_arg(job, "key");
}

/* The job has no verdict by that. */
static int act_submit(struct helios_job *job)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission jobs[2];
    uint64_t ids[2] = {0, 0};
    make_jobs(job, jobs);
    if (helios_job_submit(job, jobs, 2, ids, &err) == 0)
        helios_log(job, HELIOS_LOG_INFO, "submitted %" PRIu64 " and %" PRIu64, ids[0],
                   ids[1]);
    else
        helios_log(job, HELIOS_LOG_INFO, "not submitted: %s: %s",
                   helios_error_name(err.kind), err.text);
    return 0;
}

static int act_complete_then_submit(struct helios_job *job)
{
    (void)act_complete(job);
    (void)act_submit(job);
    return 1;
}

/* By two jobs. */
static int act_replace(struct helios_job *job)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission jobs[2];
    make_jobs(job, jobs);
    if (helios_job_replace_with(job, jobs, 2, NULL, &err) != 0)
        (void)helios_job_failed_no_retry(job, 7, "%s", err.text);
    return 1;
}

static int act_none(struct helios_job *job)
{
    (void)job;
    return 1;
}

/* The default action first: a sanitizer would turn the signal into an exit code. */
static int act_crash(struct helios_job *job)
{
    (void)job;
    (void)signal(SIGSEGV, SIG_DFL);
    (void)raise(SIGSEGV);
    return 0;
}

static int act_exit(struct helios_job *job)
{
    exit((int)number_arg(job, "status", 0));
}

/* pause() never gives 0. */
static int act_hang(struct helios_job *job)
{
    (void)job;
    while (pause() != 0)
        ;
    return 0;
}

static int act_leak_fd(struct helios_job *job)
{
    (void)job;
    for (int i = 0; i < LEAKED_FDS; i++)
        (void)!open("/dev/null", O_RDONLY);
    return 0;
}

/* As a careless daemonizing library does. */
static int act_close_fds(struct helios_job *job)
{
    (void)job;
    closefrom(3);
    return 0;
}

static int act_chdir(struct helios_job *job)
{
    (void)job;
    (void)!chdir("/proc");
    return 0;
}

static int act_block_signals(struct helios_job *job)
{
    sigset_t all;
    (void)job;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    return 0;
}

static int act_read_stdin(struct helios_job *job)
{
    char buf[256];
    (void)job;
    while (read(STDIN_FILENO, buf, sizeof buf) > 0)
        ;
    return 0;
}

static int act_write_stdin(struct helios_job *job)
{
    static const char text[] = "toy writes to descriptor 0\n";
    (void)job;
    (void)!write(STDIN_FILENO, text, sizeof text - 1);
    return 0;
}

/* A process that stays behind with all descriptors, but not for ever. */
static int act_fork(struct helios_job *job)
{
    (void)job;
    if (fork() == 0) {
        (void)signal(SIGALRM, SIG_DFL);
        (void)alarm(FORKED_S);
        for (;;)
            (void)pause();
    }
    return 0;
}

/* Until there is no more, at most a gigabyte. */
static int act_exhaust(struct helios_job *job)
{
    static void *volatile kept;
    for (int mb = 0; mb < 1024; mb++) {
        kept = malloc(1024 * 1024);
        if (kept == NULL) {
            (void)helios_job_failed(job, 1, "no memory: %s", strerror(errno));
            return 1;
        }
        memset(kept, 1, 1024 * 1024); /* or the kernel would not count it */
    }
    return 0;
}

/* The same down to the last byte, of which nobody takes note. */
static int act_gorge(struct helios_job *job)
{
    static void *volatile kept;
    (void)job;
    for (size_t size = (size_t)1024 * 1024; size >= 16; size /= 2)
        for (int n = 0; n < 1024 && (kept = malloc(size)) != NULL; n++)
            ;
    return 0;
}

static int act_open_many(struct helios_job *job)
{
    for (int i = 0; i < 4096; i++)
        if (open("/dev/null", O_RDONLY) < 0) {
            (void)helios_job_failed(job, 1, "no descriptor: %s", strerror(errno));
            return 1;
        }
    return 0;
}

/* The CPU for at most a minute. */
static int act_spin(struct helios_job *job)
{
    (void)job;
    clock_t end = clock() + 60 * (clock_t)CLOCKS_PER_SEC;
    while (clock() < end)
        ;
    return 0;
}

/* 16 MB into the file of the argument `fill`. */
static int act_fill(struct helios_job *job)
{
    static const char block[65536];
    const char *path = helios_job_arg(job, "fill");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;
    for (int i = 0; fd >= 0 && i < 256; i++)
        if (write(fd, block, sizeof block) < 0) {
            (void)helios_job_failed(job, 1, "cannot write: %s", strerror(errno));
            return 1;
        }
    if (fd >= 0)
        (void)close(fd);
    return 0;
}

/* SIGXFSZ ignored, the write that goes too far fails instead. */
static int act_fill_deaf(struct helios_job *job)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    return act_fill(job);
}

/* Of a job, a key or a name that is NULL there is nothing, and nothing comes of it. */
static int act_nothing(struct helios_job *job)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    size_t len = 1;
    bool nothing =
        helios_job_id(NULL) == 0 && !helios_job_handle(NULL) && !helios_job_type(NULL) &&
        helios_job_type_id(NULL) == 0 && !helios_job_uniqkey(NULL) &&
        !helios_job_coalesce(NULL) && helios_job_run_after(NULL) == 0 &&
        helios_job_priority(NULL) == -1 && helios_job_failures(NULL) == 0 &&
        !helios_job_args(NULL) && !helios_job_arg(NULL, "a") &&
        !helios_job_arg(job, NULL) && !helios_job_tree(NULL) &&
        !helios_job_text(NULL, &len) && len == 0 && !helios_job_raw(NULL, NULL) &&
        !helios_job_db(NULL, &err) && err.kind == HELIOS_E_INVALID &&
        helios_job_completed(NULL) == -1 && helios_job_failed(NULL, 3, "%s", "x") == 3 &&
        helios_job_failed_no_retry(NULL, 3, "%s", "x") == 3 &&
        helios_job_deferred(NULL) == -1 && helios_job_deferred_until(NULL, 1) == -1 &&
        helios_job_submit(NULL, NULL, 0, NULL, NULL) == -1 &&
        helios_job_replace_with(NULL, NULL, 0, NULL, NULL) == -1;
    if (!nothing)
        (void)helios_job_failed_no_retry(job, 1, "something came of nothing");
    return nothing ? 0 : 1;
}

/* In the job's transaction. */
static int act_sql(struct helios_job *job)
{
    run_sql(helios_job_db(job, NULL), helios_job_arg(job, "sql"));
    return 0;
}

/* On the connection that was for prep. */
static int act_kept_sql(struct helios_job *job)
{
    run_sql(prepared_db, helios_job_arg(job, "kept_sql"));
    return 0;
}

static const struct action {
    const char *name;
    action_fn *act;
} actions[] = {
    {"complete", act_complete},
    {"fail", act_fail},
    {"fail_once", act_fail_once}, /* completes when it is tried again */
    {"complete_then_fail", act_complete_then_fail},
    {"fail_no_retry", act_fail_no_retry},
    {"defer", act_defer},
    {"defer_until", act_defer_until},
    {"replace", act_replace},
    {"submit", act_submit},
    {"complete_then_submit", act_complete_then_submit},
    {"none", act_none}, /* returns without a verdict */
    {"crash", act_crash},
    {"exit", act_exit},
    {"hang", act_hang},
    {"leak_fd", act_leak_fd},
    {"close_fds", act_close_fds},
    {"chdir", act_chdir},
    {"block_signals", act_block_signals},
    {"read_stdin", act_read_stdin},
    {"write_stdin", act_write_stdin},
    {"fork", act_fork},
    {"nothing", act_nothing},
    {"exhaust", act_exhaust},
    {"gorge", act_gorge},
    {"open_many", act_open_many},
    {"spin", act_spin},
    {"fill", act_fill},
    {"fill_deaf", act_fill_deaf},
    {"sql", act_sql},
    {"kept_sql", act_kept_sql},
};

static int act(struct helios_job *job, const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strlen(actions[i].name) == len && memcmp(actions[i].name, word, len) == 0)
            return actions[i].act(job);
    }
    (void)helios_job_failed_no_retry(job, 64, "toy has no action %.*s", (int)len, word);
    return 1;
}

static void act_all(struct helios_job *job)
{
    const char *word = helios_job_arg(job, "action");
    while (word && *word) {
        size_t len = strcspn(word, ",");
        if (act(job, word, len) != 0)
            return;
        word += len + (word[len] == ',');
    }
    (void)helios_job_completed(job);
}

static int claim_next(struct helios_worker *worker, struct helios_job *job,
                      struct helios_job **out, struct helios_error *err)
{
    const char *value = helios_job_arg(job, "claim_value");
    const char *prefix = helios_job_arg(job, "claim_prefix");
    const char *like = helios_job_arg(job, "claim_like");
    if (like && strcmp(like, "prefix") == 0)
        return helios_worker_claim_prefix(worker, helios_job_coalesce(job), out, err);
    if (like)
        return helios_worker_claim_value(worker, helios_job_coalesce(job), out, err);
    if (value)
        return helios_worker_claim_value(worker, value, out, err);
    if (prefix)
        return helios_worker_claim_prefix(worker, prefix, out, err);
    return helios_worker_claim_job(worker, (uint64_t)number_arg(job, "claim_job", 0), out,
                                   err);
}

/* Each of them as if it had been run, with an effect of its own if it asks for one. */
static int do_claims(struct helios_worker *worker, struct helios_job *job,
                     struct helios_error *err)
{
    struct helios_job *claimed[64];
    size_t n = 0;
    int rc = 0;
    if (!helios_job_arg(job, "claim_value") && !helios_job_arg(job, "claim_prefix") &&
        !helios_job_arg(job, "claim_job") && !helios_job_arg(job, "claim_like"))
        return 0;
    while (n < 64 && (rc = claim_next(worker, job, &claimed[n], err)) == 0) {
        do_files(claimed[n]);
        do_waits(claimed[n++]);
        if (helios_job_arg(job, "claim_job"))
            break;
    }
    if (rc < 0)
        return -1;
    helios_log(job, HELIOS_LOG_INFO, "claimed %zu", n);
    for (size_t i = 0; i < n; i++) {
        if (number_arg(claimed[i], "effect", 0) != 0 && do_effect(claimed[i], err) != 0)
            return -1;
        act_all(claimed[i]);
    }
    return 0;
}

static int toy_prep(struct helios_worker *worker)
{
    prepared_db = helios_worker_db(worker);
    run_sql(prepared_db, helios_params_get(helios_worker_params(worker), "toy_prep_sql"));
    return 0;
}

static int toy_run(struct helios_worker *worker, struct helios_job *job)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    do_files(job);
    do_waits(job);
    do_logs(worker, job);
    if (do_leave(worker, job))
        return 0;
    if (do_claims(worker, job, &err) != 0)
        return helios_job_failed(job, 1, "%s", err.text);
    if (number_arg(job, "effect", 0) != 0 && do_effect(job, &err) != 0)
        return helios_job_failed(job, 1, "%s", err.text);
    act_all(job);
    return (int)number_arg(job, "return", 0);
}

const struct helios_service helios_service = {
    HELIOS_SERVICE_HEAD,
    .name = TOY_NAME,
    .version = TOY_VERSION,
    .prep = toy_prep,
    .run = toy_run,
    .max_retries = TOY_RETRIES,
    .retry_interval_s = TOY_RETRY_S,
    .job_lock_interval_s = TOY_LEASE_S,
    .keep_exit_status_s = TOY_KEEP_S,
    .flags = TOY_FLAGS,
};
