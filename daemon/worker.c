/* SPDX-License-Identifier: MIT */
#include "daemon/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/err.h"
#include "core/fault.h"
#include "core/log.h"
#include "core/msg.h"
#include "core/process.h"
#include "core/trail.h"
#include "daemon/cgroup.h"
#include "daemon/claiming.h"
#include "daemon/collective.h"
#include "daemon/holding.h"
#include "daemon/limits.h"
#include "daemon/together.h"

#define LISTEN_EVERY_MS 1

static volatile sig_atomic_t told_to_leave;

static void on_term(int signo)
{
    (void)signo;
    told_to_leave = 1;
}

const struct helios_params *helios_worker_params(const struct helios_worker *worker)
{
    return worker->params;
}

const char *helios_worker_service(const struct helios_worker *worker)
{
    return worker->heritage->service;
}

const char *helios_worker_host(const struct helios_worker *worker)
{
    return worker->heritage->host;
}

bool helios_worker_debug(const struct helios_worker *worker)
{
    return worker->heritage->debug;
}

struct helios_db *helios_worker_db(struct helios_worker *worker)
{
    return worker->in_run || worker->store == NULL ? NULL : store_db(worker->store);
}

void helios_worker_set_data(struct helios_worker *worker, void *data)
{
    worker->data = data;
}

void *helios_worker_data(const struct helios_worker *worker)
{
    return worker->data;
}

static void say(struct helios_worker *w, enum msg_kind kind, const struct helios_error *err)
{
    struct msg msg = {.magic = MSG_MAGIC,
                      .kind = (uint32_t)kind,
                      .pid = w->pid,
                      .generation = w->heritage->generation};
    if (err != NULL) {
        msg.error_kind = (int32_t)err->kind;
        strlcpy(msg.text, err->text, sizeof msg.text);
    }
    (void)msg_send(HERITAGE_MASTER_FD, &msg);
}

void worker_trouble(struct helios_worker *w, const struct helios_error *err)
{
    char limit[64] = "";
    struct helios_error said = *err;
    if (err->kind == HELIOS_E_NOMEM)
        (void)limits_of_errno(&w->settings, ENOMEM, limit, sizeof limit);
    if (limit[0] != '\0')
        (void)err_set(&said, err->kind, "%s (%s)", err->text, limit);
    say(w, MSG_TROUBLE, &said);
}

static void success(struct helios_worker *w)
{
    if (!w->succeeded)
        say(w, MSG_SUCCESS, NULL);
    w->succeeded = true;
}

/* Takes every message that is there. */
static void take_messages(struct helios_worker *w)
{
    struct msg msg;
    int rc;
    while ((rc = msg_recv(HERITAGE_MASTER_FD, &msg)) == 0) {
        if (msg.kind == MSG_LEAVE)
            w->leaving = true;
        else if (msg.kind == MSG_WAKE) {
            w->woken = true;
            w->misses = msg.flag ? 0 : WORKER_MISSES;
        }
    }
    if (rc < 0)
        w->master_gone = w->leaving = true;
    if (told_to_leave != 0)
        w->leaving = true;
}

void worker_listen(struct helios_worker *w, int64_t wait_ms)
{
    bool left = w->leaving;
    take_messages(w);
    /* Who is told to leave now must not wait; who writes a verdict after that may have to.
     */
    if (wait_ms <= 0 || w->woken || w->leaving != left)
        return;
    /* Without a master its descriptor would be ready for ever. */
    struct pollfd pfd = {.fd = HERITAGE_MASTER_FD, .events = POLLIN};
    (void)poll(&pfd, w->master_gone ? 0 : 1,
               wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms);
    take_messages(w);
}

void worker_state(struct helios_worker *w, enum board_state state)
{
    atomic_store_explicit(&w->slot->state, (uint32_t)state, memory_order_release);
}

/* ---- start ---- */

static void take_slot(struct helios_worker *w)
{
    struct board_slot *slot = w->slot;
    atomic_store(&slot->pid_start, process_start(w->pid));
    atomic_store(&slot->started, wall_now());
    trail_note(slot, TRAIL_START, 0);
    atomic_store(&slot->pid, (int32_t)w->pid);
    worker_state(w, BOARD_STARTING);
}

/* Standard input is empty whatever the master's is: a service that reads it must not take
 * an operator's keystrokes. */
static void set_environment(void)
{
    struct sigaction act = {.sa_handler = on_term, .sa_flags = SA_RESTART};
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGINT, &act, NULL);
    act.sa_handler = SIG_IGN;
    (void)sigaction(SIGHUP, &act, NULL);
    (void)sigaction(SIGUSR1, &act, NULL);
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        (void)dup2(fd, STDIN_FILENO);
        (void)close(fd);
    }
}

static int read_params(struct helios_worker *w, struct helios_error *err)
{
    struct helios_params *params = NULL;
    uint64_t seq = atomic_load(&w->heritage->board->params_seq);
    if (collective_params(w->store, w->heritage, &w->params_digest, NULL, NULL, &params,
                          NULL, NULL, err) != 0)
        return -1;
    struct settings last = w->settings;
    conf_settings(params, &last, &w->settings, NULL, NULL);
    conf_free(w->params);
    w->params = params;
    w->params_seq = seq;
    w->jobs_since_params = 0;
    collective_logging(w->heritage, w->params, &w->settings, NULL, NULL);
    return 0;
}

/* After the service's code, which may do anything: a child that it forked must not come
 * back as a second worker, signals that it blocked must not stay blocked. */
static void own_again(const struct helios_worker *w)
{
    if (getpid() != w->pid)
        _exit(EX_SOFTWARE);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int start(struct helios_worker *w, struct helios_error *err)
{
    if (worker_open_store(w, &w->store, err) != 0 ||
        fault_pass(FAULT_START_CONNECTED, err) != 0 || read_params(w, err) != 0)
        return -1;
    const struct settings *s = &w->settings;
    limits_apply(s);
    if (w->heritage->cgroup != NULL && s->group_memory_mb + s->group_pids > 0 &&
        cgroup_enter(w->heritage->cgroup, w->heritage->slot, s->group_memory_mb,
                     s->group_pids, err) != 0)
        return -1;
    const char *path = helios_params_get(w->params, "service_path");
    if (path == NULL || path[0] == '\0')
        path = plugin_default_path();
    if (plugin_load(path, w->heritage->service, &w->plugin, err) != 0)
        return -1;
    plugin_rules(&w->plugin, &w->rules);
    w->decoding.lean = w->plugin.service.metarun == NULL;
    w->decoding.reader = xml_reader_new(); /* arguments can be read without, only slower */
    if (w->plugin.service.prep != NULL) {
        int rc = w->plugin.service.prep(w);
        own_again(w);
        if (rc != 0)
            return err_set(err, HELIOS_E_PLUGIN,
                           "prep of %s returned %d; what it needs is missing (see its log)",
                           w->heritage->service, rc);
        if (db_misused(store_db(w->store)))
            log_err("prep of %s: %s", w->heritage->service, db_misuse);
    }
    trail_note(w->slot, TRAIL_PREPARED, 0);
    say(w, MSG_PREPARED, NULL);
    return fault_pass(FAULT_START_PREPARED, err);
}

/* ---- staying or leaving ---- */

/* As the master counts, who kills it for its age. INT64_MAX: it may grow as old as it
 * likes. */
static int64_t life_left_ms(const struct helios_worker *w, struct mono now)
{
    int64_t ttl_s = w->settings.worker_max_ttl_s;
    return ttl_s <= 0 || ttl_s > INT64_MAX / 1000
               ? INT64_MAX
               : ttl_s * 1000 - mono_diff_ms(now, w->born);
}

/* Not before its first job, or with a short limit and a long start none would be run. */
static bool over_age(const struct helios_worker *w)
{
    return w->jobs_run > 0 && life_left_ms(w, mono_now()) < 0;
}

/* Between jobs that take microseconds a system call for each would be felt, and in the loop
 * of a service too. True when it is time for the next. */
static bool listening_due(struct helios_worker *w)
{
    struct mono now = mono_now();
    if (mono_before(now, mono_add_ms(w->listened, LISTEN_EVERY_MS)))
        return false;
    w->listened = now;
    return true;
}

static void listen_between_jobs(struct helios_worker *w)
{
    if (listening_due(w))
        worker_listen(w, 0);
}

/* The worker belongs to this process and is never a constant. A child that the service has
 * forked must not take what was said to its parent, nor may what is read be the service's
 * own file, which got the number of a descriptor that it had closed: then the worker leaves
 * after this job. */
bool helios_worker_leaving(const struct helios_worker *worker)
{
    struct helios_worker *w = (struct helios_worker *)worker;
    if (w == NULL)
        return false;
    if (w->leaving || told_to_leave != 0)
        return true;
    if (!listening_due(w) || getpid() != w->pid)
        return false;
    if (!ties_master_holds(&w->ties))
        return true;
    take_messages(w);
    return w->leaving;
}

/* Before each job: what the master says, what the parameters say. A read that fails keeps
 * the parameters in force; a lost connection shows at the next statement. */
static void consider(struct helios_worker *w)
{
    listen_between_jobs(w);
    if (told_to_leave != 0)
        w->leaving = true;
    bool lazy =
        w->settings.lazy_config && w->settings.overdrive && w->jobs_since_params < 10;
    uint64_t seq =
        atomic_load_explicit(&w->heritage->board->params_seq, memory_order_acquire);
    if (seq != w->params_seq && !lazy)
        (void)read_params(w, NULL);
    if (w->settings.hold || w->settings.halt || over_age(w))
        w->leaving = true;
}

/* ---- running ---- */

static void burst_metajob(struct helios_job *job)
{
    helios_log(job, HELIOS_LOG_NOTICE, "Bursting metajob %llu",
               (unsigned long long)job->row->jobid);
    job_decide(job, VERDICT_BURST, 0, NULL);
}

/* A service says that there is no memory or no descriptor; whoever set the limit may not
 * have thought of that. */
static void name_limit(const struct helios_worker *w, struct helios_job *job)
{
    char text[64];
    bool failed = job->verdict == VERDICT_FAILED || job->verdict == VERDICT_FAILED_NO_RETRY;
    if (!failed || limits_of_errno(&w->settings, job->errnum, text, sizeof text)[0] == '\0')
        return;
    buf_printf(&job->message, " (%s)", text);
}

static int run_service(struct helios_worker *w, struct helios_job *job)
{
    int rc;
    w->in_run = true;
    limits_enter(&w->settings);
    errno = 0;
    rc = job->args.metajob && w->plugin.service.metarun != NULL
             ? w->plugin.service.metarun(w, job)
             : w->plugin.service.run(w, job);
    limits_leave(&w->settings);
    w->in_run = false;
    own_again(w);
    name_limit(w, job);
    return rc;
}

static void judge_arguments(struct helios_job *job)
{
    if (!job->args.malformed && !job->args.damaged)
        return;
    helios_log(job, HELIOS_LOG_ERR, "Invalid arguments: %s", job->args.why.text);
    job_decide(job,
               job->args.retryable && !job->args.damaged ? VERDICT_FAILED
                                                         : VERDICT_FAILED_NO_RETRY,
               1, "Invalid arguments: %s", job->args.why.text);
}

void worker_judge(struct helios_worker *w, struct helios_job *job)
{
    judge_arguments(job);
    if (job->verdict == VERDICT_NONE && job->args.metajob &&
        w->plugin.service.metarun == NULL)
        burst_metajob(job);
}

/* The service has closed descriptors that were not its own, and with them perhaps the
 * connection to the database: the verdict goes through a new one. The old one goes before
 * anything else is opened, which might get the number of a descriptor that it believes in.
 * What the job wrote through it is gone by its own doing, so that it has failed: given
 * back, it would do the same again. */
static int come_loose(struct helios_worker *w, struct helios_job *job)
{
    store_close(w->store);
    w->store = NULL;
    log_set_channel(-1);
    w->master_gone = w->leaving = true;
    log_err("%s closed descriptors that are not its own; the worker leaves after this job",
            w->heritage->service);
    if (job->used_db) {
        job_undecide(job);
        job_decide(job, VERDICT_FAILED, 1,
                   "The service closed the database connection under its own "
                   "transaction, which was undone");
    }
    return worker_reconnect(w, true);
}

/* The jobtype of job `i`; asked before the job is begun, since a death from then on is its
 * failure. */
static int name_type(struct helios_worker *w, size_t i, const char **type)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    *type = NULL;
    if (store_jobtype_name(w->store, w->jobs[i].funcid, type, &err) != 0) {
        w->no_memory = err.kind == HELIOS_E_NOMEM;
        if (w->no_memory) /* it would be no better for the next worker */
            (void)holding_start(w->slot, i);
        worker_trouble(w, &err);
        return -1;
    }
    if (*type == NULL)
        *type = w->heritage->service;
    return 0;
}

/* Runs job `i` and records it. -1: leave at once, what is unwritten is on the board. */
static int run_job(struct helios_worker *w, size_t i, const char *type)
{
    struct helios_job job;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (job_init(&job, w->store, &w->jobs[i], type, &w->decoding, &err) != 0) {
        w->no_memory = err.kind == HELIOS_E_NOMEM;
        worker_trouble(w, &err);
        return -1;
    }
    struct mono begun = mono_now();
    w->jobs_run++;
    w->jobs_since_params++;
    atomic_store(&w->slot->running_since, wall_now_ms());
    atomic_store(&w->slot->running, w->jobs[i].jobid);
    worker_state(w, BOARD_RUNNING);
    if (w->job_ms < 0 || w->job_ms > 5)
        setproctitle("worker %s job %llu", w->heritage->service,
                     (unsigned long long)w->jobs[i].jobid);
    trail_note(w->slot, TRAIL_RUN, w->jobs[i].jobid);
    worker_judge(w, &job);
    w->running = i;
    bool untied = w->master_gone; /* not by this job */
    int result = job.verdict == VERDICT_NONE ? run_service(w, &job) : 0;
    bool tied = untied || ties_hold(&w->ties);
    claiming_measure(w, begun);
    trail_note(w->slot, TRAIL_RAN, w->jobs[i].jobid);
    atomic_store(&w->slot->running, 0);
    holding_done(w->slot, i);
    together_done(w);
    worker_state(w, BOARD_FINISHING);
    int rc = tied ? 0 : come_loose(w, &job);
    if (rc == 0)
        rc = together_record(w, i, &job);
    if (rc == 0)
        success(w);
    if (result != 0 && w->settings.downshift_on_nonzero)
        w->downshift = true;
    together_free(w);
    job_fini(&job);
    return rc;
}

static bool group_due(const struct helios_worker *w)
{
    return w->group.count > 0 &&
           (w->job_ms > (double)w->settings.completion_delay_ms ||
            mono_diff_ms(mono_now(), w->group.since) >= w->settings.completion_delay_ms);
}

/* The whole batch. -1: leave at once. */
static int run_batch(struct helios_worker *w)
{
    int rc = 0;
    size_t i = 0;
    for (; i < w->count && rc == 0; i++) {
        if (group_due(w) && (rc = record_group(w)) != 0)
            break;
        consider(w);
        if (w->leaving || w->downshift)
            break;
        const char *type;
        if (name_type(w, i, &type) != 0)
            return -1;
        if (holding_start(w->slot, i))
            rc = run_job(w, i, type);
        else if (!holding_begun(&w->slot->jobs[i]) && record_release(w, i, i + 1) != 0)
            break;
    }
    if (rc == 0)
        rc = record_group(w);
    if (rc == 0)
        rc = record_release(w, i, w->count);
    /* What is not given back must stay on the board: the poller settles it. */
    if (rc == 0)
        holding_trim(w->slot, 0);
    for (size_t k = 0; k < w->count; k++)
        store_job_fini(&w->jobs[k]);
    w->count = 0;
    if (w->downshift)
        w->leaving = true;
    return rc;
}

/* Who is told of a job by the server's log may be faster than the COMMIT that makes it
 * visible: 0 when it is worth another look in a moment. */
static int miss(struct helios_worker *w)
{
    static const int64_t pauses_ms[WORKER_MISSES] = {1, 5, 20};
    if (w->misses >= WORKER_MISSES)
        return -1;
    worker_listen(w, pauses_ms[w->misses++]);
    w->woken = false;
    return 0;
}

/* No job was found: 0 look again, -1 leave. */
static int linger(struct helios_worker *w, struct mono *since)
{
    success(w);
    if (w->woken) {
        w->woken = false;
        return 0;
    }
    if (w->settings.worker_linger_ms <= 0 || !w->settings.overdrive)
        return -1;
    if (miss(w) == 0)
        return 0;
    struct mono now = mono_now();
    if (since->us == 0)
        *since = now;
    int64_t left = w->settings.worker_linger_ms - mono_diff_ms(now, *since);
    if (left > life_left_ms(w, now))
        left = life_left_ms(w, now);
    if (left <= 0)
        return -1;
    setproctitle("worker %s idle", w->heritage->service);
    worker_state(w, BOARD_IDLE);
    trail_note(w->slot, TRAIL_IDLE, 0);
    say(w, MSG_IDLE, NULL);
    worker_listen(w, left);
    bool woken = w->woken;
    w->woken = false;
    return woken ? 0 : -1;
}

static int work(struct helios_worker *w)
{
    bool overdrive = w->settings.overdrive;
    struct mono idle_since = {0};
    for (;;) {
        consider(w);
        if (w->leaving || (w->jobs_run > 0 && !(overdrive && w->settings.overdrive)))
            return EX_OK;
        if (claiming_next(w) != 0)
            return w->no_memory ? EX_OSERR : EX_UNAVAILABLE;
        if (w->count == 0) {
            if (linger(w, &idle_since) != 0)
                return EX_OK;
            continue;
        }
        idle_since = (struct mono){0};
        w->misses = WORKER_MISSES;
        if (run_batch(w) != 0)
            return w->no_memory ? EX_OSERR : EX_SOFTWARE;
    }
}

static void worker_free(struct helios_worker *w)
{
    store_close(w->store);
    conf_free(w->params);
    xml_reader_free(w->decoding.reader);
    buf_fini(&w->group.texts);
    free(w);
}

int worker_main(const struct heritage *heritage)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_worker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return EX_OSERR;
    w->heritage = heritage;
    w->slot = &heritage->board->slot[heritage->slot];
    w->pid = getpid();
    w->born = mono_now();
    w->settings = heritage->settings;
    w->job_ms = -1;
    w->batch = 1;
    w->misses = WORKER_MISSES;
    w->seq = heritage->generation << 16;
    setproctitle("worker %s", heritage->service);
    set_environment();
    take_slot(w);
    ties_note(&w->ties);
    int code;
    if (start(w, &err) != 0) {
        worker_trouble(w, &err);
        code = helios_error_exit_code(err.kind);
    } else {
        code = work(w);
    }
    worker_state(w, BOARD_LEAVING);
    trail_note(w->slot, TRAIL_LEAVE, (uint64_t)code);
    if (w->leaving && !w->downshift && !w->master_gone && w->jobs_run > 0)
        log_notice("Class %s exited (downshift)", heritage->service);
    if (w->plugin.handle != NULL && w->plugin.service.cleanup != NULL)
        w->plugin.service.cleanup(w);
    worker_free(w);
    return code;
}
