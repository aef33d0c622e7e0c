/* SPDX-License-Identifier: MIT */
#include "store/connection.h"

#include <poll.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "core/err.h"
#include "core/ini.h"
#include "core/mono.h"
#include "core/name.h"

/* Pauses between two looks of helios_job_wait(): short enough for a program that waits for
 * a quick job, long enough that many programs waiting for slow ones do not load the
 * database. */
#define WAIT_FIRST_MS   20
#define WAIT_LONGEST_MS 1000

struct helios_client {
    struct store *store;
};

/* Oddities of parameters are the daemon's to report; a client reads three of them. */
static void ignore_warning(void *arg, const char *sentence)
{
    (void)arg;
    (void)sentence;
}

static int read_params(const char *path, const char *service, struct helios_params **out,
                       struct helios_error *err)
{
    const char *located = NULL;
    if (ini_locate(path, &located, err) != 0)
        return -1;
    struct ini *ini = NULL;
    if (ini_load(located, &ini, err) != 0)
        return -1;
    char host[256];
    name_host(host, sizeof host);
    int rc = conf_resolve(ini, service, host, NULL, 0, out, ignore_warning, NULL, err);
    ini_free(ini);
    return rc;
}

static int connect_store(const struct helios_params *params, struct store **out,
                         struct helios_error *err)
{
    struct dsn dsn = {0};
    const char *user = NULL;
    const char *password = NULL;
    if (conf_database(params, &dsn, &user, &password, err) != 0)
        return -1;
    int rc = store_open(&dsn, user, password, out, err);
    dsn_fini(&dsn);
    return rc;
}

int helios_client_open(const char *ini, const char *service, struct helios_client **out,
                       struct helios_error *err)
{
    struct helios_params *params = NULL;
    struct helios_client *client = calloc(1, sizeof *client);
    int rc = -1;
    if (client == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (read_params(ini, service, &params, err) != 0 ||
        connect_store(params, &client->store, err) != 0)
        goto out;
    *out = client;
    client = NULL;
    rc = 0;
out:
    conf_free(params);
    free(client);
    return rc;
}

void helios_client_close(struct helios_client *client)
{
    if (client == NULL)
        return;
    store_close(client->store);
    free(client);
}

struct store *client_store(struct helios_client *client)
{
    return client->store;
}

struct helios_db *helios_client_db(struct helios_client *client)
{
    return store_db(client->store);
}

int helios_client_begin(struct helios_client *client, struct helios_error *err)
{
    struct helios_db *db = store_db(client->store);
    if (db_in_transaction(db))
        return err_set(err, HELIOS_E_INVALID,
                       "a transaction is already open on this client");
    return db_begin(db, err);
}

int helios_client_commit(struct helios_client *client, struct helios_error *err)
{
    struct helios_db *db = store_db(client->store);
    if (!db_in_transaction(db))
        return err_set(err, HELIOS_E_INVALID, "no transaction is open on this client");
    return db_commit(db, err);
}

void helios_client_rollback(struct helios_client *client)
{
    db_rollback(store_db(client->store));
}

/* ---- submitting ---- */

struct batch {
    const struct helios_submission *jobs;
    size_t n;
    uint64_t *jobids;
};

static int submit_batch(struct store *store, void *arg, struct helios_error *err)
{
    const struct batch *batch = arg;
    return store_submit(store, batch->jobs, batch->n, batch->jobids, err);
}

int helios_submit(struct helios_client *client, const struct helios_submission *jobs,
                  size_t n, uint64_t *jobids, struct helios_error *err)
{
    if (n == 0)
        return 0;
    struct batch batch = {.jobs = jobs, .n = n, .jobids = jobids};
    /* Repeating is ours only when the transaction is: what the caller did in its own is
     * lost with a deadlock. */
    if (db_in_transaction(store_db(client->store)))
        return submit_batch(client->store, &batch, err);
    return store_retry(client->store, submit_batch, &batch, err);
}

/* ---- looking and waiting ---- */

int helios_job_lookup(struct helios_client *client, uint64_t jobid,
                      struct helios_job_status *out, struct helios_error *err)
{
    return store_lookup(client->store, jobid, out, err);
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
    if (db_in_transaction(store_db(client->store)))
        return err_set(err, HELIOS_E_INVALID,
                       "helios_job_wait() was called inside a transaction");
    struct mono end = timeout_ms < 0 ? MONO_NEVER : mono_add_ms(mono_now(), timeout_ms);
    struct helios_error local = HELIOS_ERROR_INIT;
    for (int64_t pause_ms = WAIT_FIRST_MS;; pause_ms = pause_ms * 3 / 2) {
        int rc = store_lookup(client->store, jobid, out, &local);
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
