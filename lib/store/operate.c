/* SPDX-License-Identifier: MIT */
#include "store/operate.h"

#include <string.h>
#include <sys/random.h>

#include "codec/args.h"
#include "codec/storable.h"
#include "store/private.h"
#include "store/query.h"

struct one {
    enum operate_verb verb;
    uint64_t jobid;
    uint64_t changed;
    uint32_t lease; /* cancel: ours, once it is committed */
};

/* ---- hold, requeue ---- */

static int move(struct store *store, enum statement id, const uint64_t *jobids, size_t n,
                uint64_t *changed, struct helios_error *err)
{
    struct store_ids ids = {.id = id, .jobids = jobids, .n = n};
    return store_exec_ids(store, &ids, changed, err);
}

/* ---- cancel ---- */

#define SEIZED_S         60u
#define CANCELLED        "cancelled by an operator"
#define CANCELLED_STATUS 1u

/* With a lease of our own nobody else begins the job meanwhile. */
static int seize(struct store *store, uint64_t jobid, uint32_t *lease, uint64_t *changed,
                 struct helios_error *err)
{
    int64_t now = 0;
    uint32_t distinct = 0;
    if (getrandom(&distinct, sizeof distinct, 0) != (ssize_t)sizeof distinct)
        distinct = (uint32_t)jobid;
    if (store_now(store, &now, err) != 0)
        return -1;
    *lease = life_lease_until(now, SEIZED_S, distinct);
    const struct helios_datum params[] = {helios_uint(*lease), store_datum_jobid(jobid)};
    return store_exec(store, ST_OPERATE_SEIZE, 0, params, 2, changed, err);
}

static int fail_seized(struct store *store, struct store_held *held,
                       const struct store_job *job, struct helios_error *err)
{
    const struct life_rules rules = {.max_retries = 0};
    const struct store_failure failure = {.message = CANCELLED,
                                          .message_len = strlen(CANCELLED),
                                          .status = CANCELLED_STATUS,
                                          .permanent = true,
                                          .rules = &rules};
    const struct store_outcome outcome = {.history = true};
    struct store_failed failed;
    struct args args = {.arena = NULL};
    int rc = args_decode(job->arg, job->arg_len, NULL, &args, err);
    if (rc == 0) {
        held->text = args.text != NULL ? args.text : job->arg;
        held->text_len = args.text != NULL ? args.text_len : job->arg_len;
        rc = store_fail(store, held, &failure, &outcome, &failed, err);
    }
    args_fini(&args);
    return rc;
}

/* Repeated from the lease on: a second attempt to take it would find it taken. */
static int cancel(struct store *store, struct one *one, struct helios_error *err)
{
    struct store_job job = {0};
    struct store_held held = {.job = &job};
    uint64_t seized = 0;
    one->changed = 0;
    if (one->lease == 0) {
        uint32_t lease = 0;
        if (seize(store, one->jobid, &lease, &seized, err) != 0)
            return -1;
        if (seized == 0)
            return 0;
        one->lease = lease;
    }
    for (size_t i = 0; i < STORE_LEASES; i++)
        held.leases[i] = one->lease;
    int rc = store_read_held(store, one->jobid, held.leases, &job, err);
    if (rc == 0)
        rc = fail_seized(store, &held, &job, err);
    one->changed = rc == 0 && !held.lost ? 1 : 0;
    store_job_fini(&job);
    return rc < 0 ? -1 : 0;
}

/* ---- retry ---- */

/* The history has what the submitter wrote; Helios stores XML and JSON in a list. */
static void encode(const struct query_job *job, struct buf *out)
{
    const char *text = job->arg;
    size_t blanks = strspn(text, " \t\r\n");
    if (text[blanks] == '<' || text[blanks] == '{')
        storable_wrap_text(text, job->arg_len, out);
    else
        buf_append(out, text, job->arg_len);
}

static int insert_again(struct store *store, uint64_t jobid, struct helios_datum arg,
                        uint64_t *changed, struct helios_error *err)
{
    const struct helios_datum id = store_datum_jobid(jobid);
    const struct helios_datum params[] = {arg, id, id};
    if (store_exec(store, ST_OPERATE_RETRY, 0, params, 3, changed, err) != 0)
        return -1;
    if (*changed == 0)
        return 0;
    if (store_exec(store, ST_OPERATE_FORGET_ERRORS, 0, &id, 1, NULL, err) != 0)
        return -1;
    return store_exec(store, ST_OPERATE_FORGET_STATUS, 0, &id, 1, NULL, err);
}

/* Somebody else may bring the job back at this moment, or its key may be taken by another
 * job in the queue. */
static int insert_if_free(struct store *store, uint64_t jobid, struct helios_datum arg,
                          uint64_t *changed, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    if (store_begin(store, err) != 0)
        return -1;
    if (store_end(store, insert_again(store, jobid, arg, changed, &local), &local) == 0)
        return 0;
    *changed = 0;
    return local.kind == HELIOS_E_DUPLICATE ? 0
                                            : err_set(err, local.kind, "%s", local.text);
}

static int retry(struct store *store, uint64_t jobid, uint64_t *changed,
                 struct helios_error *err)
{
    struct query_job job = {0};
    struct buf arg = BUF_INIT;
    *changed = 0;
    int rc = query_job(store, jobid, &job, err);
    if (rc == 0 && job.finished) {
        if (job.arg != NULL)
            encode(&job, &arg);
        struct helios_datum value =
            job.arg == NULL ? helios_null() : helios_blob(buf_text(&arg), arg.len);
        rc = arg.failed ? err_set(err, HELIOS_E_NOMEM, "out of memory")
                        : insert_if_free(store, jobid, value, changed, err);
    }
    buf_fini(&arg);
    query_job_fini(&job);
    return rc < 0 ? -1 : 0;
}

/* ---- all ---- */

static int operate_one(struct store *store, void *arg, struct helios_error *err)
{
    struct one *one = arg;
    return one->verb == OPERATE_RETRY ? retry(store, one->jobid, &one->changed, err)
                                      : cancel(store, one, err);
}

struct many {
    enum statement id;
    const uint64_t *jobids;
    size_t n;
    uint64_t *changed;
};

static int operate_many(struct store *store, void *arg, struct helios_error *err)
{
    const struct many *many = arg;
    return move(store, many->id, many->jobids, many->n, many->changed, err);
}

int operate_jobs(struct store *store, enum operate_verb verb, const uint64_t *jobids,
                 size_t n, uint64_t *changed, struct helios_error *err)
{
    *changed = 0;
    if (verb == OPERATE_HOLD || verb == OPERATE_REQUEUE) {
        struct many many = {verb == OPERATE_HOLD ? ST_OPERATE_HOLD : ST_OPERATE_REQUEUE,
                            jobids, n, changed};
        return store_retry(store, operate_many, &many, err);
    }
    for (size_t i = 0; i < n; i++) {
        struct one one = {.verb = verb, .jobid = jobids[i]};
        if (store_retry(store, operate_one, &one, err) != 0)
            return err_wrap(err, "job %llu", (unsigned long long)jobids[i]);
        *changed += one.changed;
    }
    return 0;
}
