/* SPDX-License-Identifier: MIT */
#include "store/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/mono.h"
#include "store/members.h"

/* Pauses between two looks of helios_job_wait(): short enough for a program that waits for
 * a quick job, long enough that many programs waiting for slow ones do not load the
 * database. */
#define WAIT_FIRST_MS   20
#define WAIT_LONGEST_MS 1000

struct helios_client {
    struct members members;
    struct member *current; /* look-ups by number */
};

static void limit(unsigned *timeout_s, unsigned seconds)
{
    if (*timeout_s == 0)
        *timeout_s = seconds;
}

/* Time-outs that are not set are `seconds`; 0: the usual. A client of several databases
 * begins without the first, if that is away. */
static int open_client(const char *ini, const char *service, unsigned seconds,
                       struct helios_client **out, struct helios_error *err)
{
    struct helios_client *client = calloc(1, sizeof *client);
    *out = NULL;
    if (client == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (members_load(&client->members, ini, service, err) != 0) {
        free(client);
        return -1;
    }
    client->current = &client->members.list[0];
    for (size_t i = 0; i < client->members.n; i++) {
        struct dsn *dsn = &client->members.list[i].dsn;
        limit(&dsn->connect_timeout_s, seconds);
        limit(&dsn->read_timeout_s, seconds);
        limit(&dsn->write_timeout_s, seconds);
    }
    if (member_connect(&client->members, client->current, err) != 0 &&
        client->members.n == 1) {
        helios_client_close(client);
        return -1;
    }
    *out = client;
    return 0;
}

int helios_client_open(const char *ini, const char *service, struct helios_client **out,
                       struct helios_error *err)
{
    return open_client(ini, service, 0, out, err);
}

int client_open_within(const char *ini, unsigned seconds, struct helios_client **out,
                       struct helios_error *err)
{
    return open_client(ini, NULL, seconds, out, err);
}

void helios_client_close(struct helios_client *client)
{
    if (client == NULL)
        return;
    members_fini(&client->members);
    free(client);
}

/* The first database, where a client's own transactions are. */
static struct store *own_store(const struct helios_client *client)
{
    return client->members.list[0].store;
}

/* Whether the client has begun a transaction that it has not ended, there or lost. */
static bool in_transaction(const struct helios_client *client)
{
    struct store *store = own_store(client);
    return store != NULL &&
           (db_in_transaction(store_db(store)) || db_undone(store_db(store)));
}

/* Runs `work` on a member, whose connection may have been lost, or idle for longer than the
 * server allows: then on a new one. Not in the client's own transaction, which is lost
 * with its connection. */
static int on_member(struct helios_client *client, struct member *member,
                     store_work_fn *work, void *arg, struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    if (err == NULL)
        err = &local;
    if (member == &client->members.list[0] && in_transaction(client))
        return work(member->store, arg, err);
    for (bool again = true;; again = false) {
        if (member_connect(&client->members, member, err) != 0)
            return -1;
        int rc = work(member->store, arg, err);
        if (rc != -1 || err->kind != HELIOS_E_LOST || !again)
            return rc;
        err_clear(err);
    }
}

struct store *client_store(struct helios_client *client)
{
    return client->current->store;
}

int client_choose(struct helios_client *client, const char *hash, struct helios_error *err)
{
    struct member *member =
        hash[0] == '\0' ? client->current : members_find(&client->members, hash);
    if (member == NULL)
        return err_set(err, HELIOS_E_NOT_FOUND,
                       "the handle is of another database than %s and its queue_databases "
                       "name: its hash is %.32s, ours %s",
                       client->members.list[0].ini, hash, client->members.list[0].dsn.hash);
    client->current = member;
    return member->store != NULL ? 0 : member_connect(&client->members, member, err);
}

struct helios_db *helios_client_db(struct helios_client *client)
{
    return own_store(client) == NULL ? NULL : store_db(own_store(client));
}

static int begin(struct store *store, void *arg, struct helios_error *err)
{
    (void)arg;
    return db_begin(store_db(store), err);
}

int helios_client_begin(struct helios_client *client, struct helios_error *err)
{
    struct store *store = own_store(client);
    if (store != NULL && db_in_transaction(store_db(store)))
        return err_set(err, HELIOS_E_INVALID,
                       "a transaction is already open on this client");
    if (store != NULL)
        db_rollback(store_db(store)); /* what was undone is over */
    return on_member(client, &client->members.list[0], begin, NULL, err);
}

int helios_client_commit(struct helios_client *client, struct helios_error *err)
{
    if (!in_transaction(client))
        return err_set(err, HELIOS_E_INVALID, "no transaction is open on this client");
    return db_commit(store_db(own_store(client)), err);
}

void helios_client_rollback(struct helios_client *client)
{
    if (own_store(client) != NULL)
        db_rollback(store_db(own_store(client)));
}

/* ---- submitting ---- */

struct batch {
    const struct helios_submission *jobs;
    size_t n;
    uint64_t *jobids;
};

static int submit_once(struct store *store, void *arg, struct helios_error *err)
{
    const struct batch *batch = arg;
    return store_submit(store, batch->jobs, batch->n, batch->jobids, err);
}

static int submit_batch(struct store *store, void *arg, struct helios_error *err)
{
    return store_retry(store, submit_once, arg, err);
}

/* The same for all submissions of a key: they must meet. */
static const char *key_of(const struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->jobs[i].uniqkey != NULL)
            return batch->jobs[i].uniqkey;
    }
    return NULL;
}

/* To one member: 0 or -1 for good, 1 if another may be tried. */
static int submit_to(struct helios_client *client, struct member *member,
                     struct batch *batch, struct helios_error *err)
{
    if (on_member(client, member, submit_batch, batch, err) == 0)
        return 0;
    if (member_connected(member))
        return err->kind == HELIOS_E_DENIED ? 1 : -1;
    member_bury(&client->members, member);
    /* What may be there already must not go to another one as well. */
    return err->kind == HELIOS_E_UNCERTAIN || err->kind == HELIOS_E_CONFIG ? -1 : 1;
}

/* Into one of the databases, those first that are not known to be away. `*where` is the one
 * that took them. */
static int submit_anywhere(struct helios_client *client, struct batch *batch,
                           struct member **where, struct helios_error *err)
{
    struct members *members = &client->members;
    size_t order[MEMBERS_MAX] = {0};
    bool dead[MEMBERS_MAX] = {false};
    struct mono now = mono_now();
    members_order(members->n, key_of(batch), arc4random_uniform, order);
    for (size_t i = 0; i < members->n; i++)
        dead[i] = member_dead(&members->list[order[i]], now);
    for (int the_dead = 0; the_dead < 2; the_dead++) {
        for (size_t i = 0; i < members->n; i++) {
            if (dead[i] != (the_dead == 1))
                continue;
            *where = &members->list[order[i]];
            int rc = submit_to(client, *where, batch, err);
            if (rc <= 0)
                return rc;
        }
    }
    return err_wrap(err, "none of %zu databases takes jobs; the last one", members->n);
}

static int submit(struct helios_client *client, struct batch *batch, struct member **where,
                  struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    *where = &client->members.list[0];
    if (err == NULL)
        err = &local;
    if (batch->n == 0)
        return 0;
    /* Repeating is ours only when the transaction is: what the caller did in its own is
     * lost with a deadlock. */
    if (in_transaction(client))
        return submit_once(own_store(client), batch, err);
    if (client->members.n > 1)
        return submit_anywhere(client, batch, where, err);
    return on_member(client, *where, submit_batch, batch, err);
}

int helios_submit(struct helios_client *client, const struct helios_submission *jobs,
                  size_t n, uint64_t *jobids, struct helios_error *err)
{
    struct member *where = NULL;
    struct batch batch = {.jobs = jobs, .n = n, .jobids = jobids};
    return submit(client, &batch, &where, err);
}

/* ---- handles ---- */

static void write_handle(const char *hash, uint64_t jobid, char out[HELIOS_HANDLE_SIZE])
{
    (void)snprintf(out, HELIOS_HANDLE_SIZE, "%.32s-%llu", hash, (unsigned long long)jobid);
}

int helios_submit_handles(struct helios_client *client,
                          const struct helios_submission *jobs, size_t n,
                          char (*handles)[HELIOS_HANDLE_SIZE], struct helios_error *err)
{
    struct member *where = NULL;
    struct batch batch = {.jobs = jobs, .n = n, .jobids = calloc(n + 1, sizeof(uint64_t))};
    if (batch.jobids == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for handles");
    int rc = submit(client, &batch, &where, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        write_handle(where->dsn.hash, batch.jobids[i], handles[i]);
    free(batch.jobids);
    return rc;
}

static int bad_handle(const char *text, struct helios_error *err)
{
    return err_set(err, HELIOS_E_INVALID,
                   "'%.80s' is neither the number nor the handle of a job", text);
}

int handle_parse(const char *text, const char **hash, uint64_t *jobid,
                 struct helios_error *err)
{
    size_t digits = strspn(text, "0123456789abcdef");
    bool is_handle = digits == 32 && text[32] == '-';
    const char *number = is_handle ? text + 33 : text;
    size_t len = strspn(number, "0123456789");
    *hash = is_handle ? text : "";
    if (len == 0 || number[len] != '\0' || len > 20)
        return bad_handle(text, err);
    errno = 0;
    *jobid = strtoull(number, NULL, 10);
    return errno == 0 && *jobid != 0 ? 0 : bad_handle(text, err);
}

static int choose(struct helios_client *client, const char *handle, uint64_t *jobid,
                  struct helios_error *err)
{
    const char *hash = NULL;
    if (handle_parse(handle, &hash, jobid, err) != 0)
        return -1;
    return client_choose(client, hash, err);
}

int helios_handle_lookup(struct helios_client *client, const char *handle,
                         struct helios_job_status *out, struct helios_error *err)
{
    uint64_t jobid = 0;
    struct member *before = client->current;
    int rc = choose(client, handle, &jobid, err);
    if (rc == 0)
        rc = helios_job_lookup(client, jobid, out, err);
    client->current = before;
    return rc;
}

int helios_handle_wait(struct helios_client *client, const char *handle, int timeout_ms,
                       struct helios_job_status *out, struct helios_error *err)
{
    uint64_t jobid = 0;
    struct member *before = client->current;
    int rc = choose(client, handle, &jobid, err);
    if (rc == 0)
        rc = helios_job_wait(client, jobid, timeout_ms, out, err);
    client->current = before;
    return rc;
}

/* ---- looking and waiting ---- */

struct question {
    uint64_t jobid;
    struct helios_job_status *out;
};

static int look(struct store *store, void *arg, struct helios_error *err)
{
    const struct question *question = arg;
    return store_lookup(store, question->jobid, question->out, err);
}

int helios_job_lookup(struct helios_client *client, uint64_t jobid,
                      struct helios_job_status *out, struct helios_error *err)
{
    struct question question = {.jobid = jobid, .out = out};
    return on_member(client, client->current, look, &question, err);
}

static void pause_until(struct mono until)
{
    /* A signal ends poll() early; without the loop a program with a frequent timer signal
     * would look at the database at that rate. */
    for (int ms; (ms = mono_poll_ms(until, mono_now())) != 0;)
        (void)poll(NULL, 0, ms);
}

static bool ended(const struct helios_job_status *status)
{
    return status->state == HELIOS_JOB_DONE || status->state == HELIOS_JOB_FAILED;
}

int helios_job_wait(struct helios_client *client, uint64_t jobid, int timeout_ms,
                    struct helios_job_status *out, struct helios_error *err)
{
    /* Inside a transaction every look would see the same snapshot, or hold every writer. */
    if (client->current->store != NULL &&
        db_in_transaction(store_db(client->current->store)))
        return err_set(err, HELIOS_E_INVALID,
                       "helios_job_wait() was called inside a transaction");
    struct mono end = timeout_ms < 0 ? MONO_NEVER : mono_add_ms(mono_now(), timeout_ms);
    struct helios_error local = HELIOS_ERROR_INIT;
    for (int64_t pause_ms = WAIT_FIRST_MS;; pause_ms = pause_ms * 3 / 2) {
        int rc = helios_job_lookup(client, jobid, out, &local);
        if (rc == 1 || (rc == 0 && ended(out)))
            return rc;
        if (rc == -1 && local.kind != HELIOS_E_RETRY)
            return err_set(err, local.kind, "%s", local.text);
        if (!mono_before(mono_now(), end))
            return rc == 0 ? 2 : err_set(err, local.kind, "%s", local.text);
        if (pause_ms > WAIT_LONGEST_MS)
            pause_ms = WAIT_LONGEST_MS;
        pause_until(mono_min(mono_add_ms(mono_now(), pause_ms), end));
    }
}
