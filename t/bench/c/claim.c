/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "conf/dsn.h"
#include "store/store.h"

/* What a claim costs on a queue as it is, by the store's own verbs: some claims one after
 * the other, each batch completed before the next.
 *
 *   bench_claim --dsn DSN [--user USER] --jobtype TYPE [--claims N] [--batch N] [--high]
 *
 * --high claims by priority. Prints a line for each step: a name, microseconds, and the
 * rows that the server read for it (-1 on SQLite). The steps: `look`, the poller's count of
 * waiting jobs from the start; `first`, the first claim, which knows no place to go on
 * from; `claim`, each further one; `behind`, the poller's count from the place where claims
 * go on. */

#define LOOK_LIMIT 1000

struct claim {
    const char *dsn, *user, *jobtype;
    size_t claims, batch;
    enum job_order order;
    struct store *store;
    uint32_t funcid;
    int64_t rows;
};

static int64_t now_us(void)
{
    return mono_now().us;
}

/* Sums the counters Handler_read_... of the session. */
static int add_row(void *arg, const struct helios_datum *columns, size_t n)
{
    const char *value = n == 2 ? helios_datum_text(&columns[1]) : NULL;
    *(int64_t *)arg += value == NULL ? 0 : strtoll(value, NULL, 10);
    return 0;
}

static int rows_read(struct claim *c, int64_t *rows, struct helios_error *err)
{
    struct helios_db *db = store_db(c->store);
    *rows = 0;
    if (helios_db_kind(db) == HELIOS_DB_SQLITE)
        return 0;
    return helios_db_query(db, "SHOW SESSION STATUS LIKE 'Handler_read%'", NULL, 0, add_row,
                           rows, err);
}

static int begin(struct claim *c, int64_t *us, struct helios_error *err)
{
    int rc = rows_read(c, &c->rows, err);
    *us = now_us();
    return rc;
}

static int end(struct claim *c, const char *step, int64_t begun, struct helios_error *err)
{
    int64_t us = now_us() - begun;
    int64_t rows = 0;
    bool counted = helios_db_kind(store_db(c->store)) != HELIOS_DB_SQLITE;
    if (rows_read(c, &rows, err) != 0)
        return -1;
    printf("%s %lld %lld\n", step, (long long)us,
           counted ? (long long)(rows - c->rows) : -1LL);
    return 0;
}

static int complete(struct claim *c, struct store_job *jobs, size_t n,
                    struct helios_error *err)
{
    struct store_held *held = calloc(n, sizeof *held);
    struct store_outcome outcome = {.history = true};
    if (held == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        held[i].job = &jobs[i];
        for (size_t k = 0; k < 3; k++)
            held[i].leases[k] = jobs[i].lease_until;
    }
    int rc = store_complete(c->store, held, n, &outcome, err);
    for (size_t i = 0; i < n; i++)
        store_job_fini(&jobs[i]);
    free(held);
    return rc;
}

static int claims(struct claim *c, struct store_job *jobs, struct cursor *cursor,
                  struct helios_error *err)
{
    for (size_t i = 0; i < c->claims; i++) {
        struct store_claim want = {.funcid = c->funcid,
                                   .want = c->batch,
                                   .order = c->order,
                                   .lease_s = 3600,
                                   .cursor = cursor};
        size_t got = 0;
        int64_t begun = 0;
        if (begin(c, &begun, err) != 0 ||
            store_claim(c->store, &want, jobs, &got, err) != 0 ||
            end(c, i == 0 ? "first" : "claim", begun, err) != 0)
            return -1;
        if (got != c->batch)
            return err_set(err, HELIOS_E_INVALID, "claimed %zu jobs instead of %zu", got,
                           c->batch);
        if (complete(c, jobs, got, err) != 0)
            return -1;
    }
    return 0;
}

static int run(struct claim *c, struct helios_error *err)
{
    uint64_t waiting = 0;
    int64_t begun = 0;
    if (store_jobtype(c->store, c->jobtype, &c->funcid, err) != 0)
        return -1;
    if (begin(c, &begun, err) != 0 ||
        store_waiting(c->store, &c->funcid, 1, LOOK_LIMIT, &waiting, err) != 0 ||
        end(c, "look", begun, err) != 0)
        return -1;
    struct store_job *jobs = calloc(c->batch, sizeof *jobs);
    struct cursor cursor = {.version = 0};
    if (jobs == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    int rc = claims(c, jobs, &cursor, err);
    free(jobs);
    if (rc == 0 && c->order != ORDER_OLDEST)
        return 0; /* no place to go on from */
    if (rc != 0 || begin(c, &begun, err) != 0 ||
        store_waiting_behind(c->store, c->funcid, &cursor, LOOK_LIMIT, &waiting, err) != 0)
        return -1;
    return end(c, "behind", begun, err);
}

static int connect_and_run(struct claim *c)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct dsn dsn;
    int rc = dsn_parse(c->dsn, &dsn, &err);
    if (rc == 0) {
        rc = store_open(&dsn, c->user, "", &c->store, &err);
        if (rc == 0)
            rc = run(c, &err);
        store_close(c->store);
        dsn_fini(&dsn);
    }
    if (rc != 0)
        (void)fprintf(stderr, "bench_claim: %s\n", err.text);
    return rc == 0 ? EX_OK : EX_UNAVAILABLE;
}

static size_t number(const char *text)
{
    const char *why = NULL;
    long long n = strtonum(text, 1, 100000, &why);
    if (why != NULL) {
        (void)fprintf(stderr, "bench_claim: %s: %s\n", text, why);
        exit(EX_USAGE);
    }
    return (size_t)n;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"dsn", required_argument, NULL, 'd'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"jobtype", required_argument, NULL, 't'},
                                            {"claims", required_argument, NULL, 'n'},
                                            {"batch", required_argument, NULL, 'b'},
                                            {"high", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct claim c = {.user = "", .claims = 80, .batch = 10};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            c.dsn = optarg;
            break;
        case 'u':
            c.user = optarg;
            break;
        case 't':
            c.jobtype = optarg;
            break;
        case 'n':
            c.claims = number(optarg);
            break;
        case 'b':
            c.batch = number(optarg);
            break;
        case 'h':
            c.order = ORDER_HIGH;
            break;
        default:
            return EX_USAGE;
        }
    }
    if (c.dsn == NULL || c.jobtype == NULL || optind != argc) {
        (void)fprintf(stderr, "bench_claim: --dsn and --jobtype are needed\n");
        return EX_USAGE;
    }
    return connect_and_run(&c);
}
