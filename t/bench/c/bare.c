/* SPDX-License-Identifier: MIT */
#include "bare.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "store/statements.h"

/* The measure of the daemon: the queue emptied by nothing but its statements.
 *
 *   bench_bare --dsn DSN [--user USER] --jobtype TYPE [--connections N] [--batch N]
 *              [--each] [--no-history] [--set]
 *
 * Prints the number of jobs that it ended and of transactions that it repeated. */

int bare_connect(const struct bare *b, struct helios_db **db, struct helios_error *err)
{
    struct dsn dsn;
    if (dsn_parse(b->dsn, &dsn, err) != 0)
        return -1;
    int rc = db_connect(&dsn, b->user, "", db, err);
    dsn_fini(&dsn);
    return rc;
}

static int first_number(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    *(uint64_t *)arg = helios_datum_uint(&columns[0]);
    return 1;
}

int bare_jobtype(const struct bare *b, struct helios_db *db, uint64_t *funcid,
                 struct helios_error *err)
{
    struct helios_datum name = helios_text(b->jobtype);
    *funcid = 0;
    if (helios_db_query(db, statement_text(ST_JOBTYPE_BY_NAME, helios_db_kind(db)), &name,
                        1, first_number, funcid, err) != 0)
        return -1;
    return *funcid > 0 ? 0
                       : err_set(err, HELIOS_E_INVALID, "no jobtype %s here", b->jobtype);
}

struct counts {
    uint64_t done, again;
    bool failed;
};

/* What the processes have in common. */
struct shared {
    struct cursor cursor;
    struct counts counts[];
};

static void drain(const struct bare *b, struct counts *c)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int rc =
        b->set ? set_drain(b, &c->done, &err) : loop_drain(b, &c->done, &c->again, &err);
    c->failed = rc != 0;
    if (rc != 0)
        (void)fprintf(stderr, "bench_bare: %s\n", err.text);
}

/* A process for each connection, as the daemon has a worker for each. */
static int drain_all(struct bare *b)
{
    size_t size = sizeof(struct shared) + b->connections * sizeof(struct counts);
    struct shared *shared =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct counts sum = {.done = 0};
    if (shared == MAP_FAILED)
        return EX_OSERR;
    struct counts *counts = shared->counts;
    b->cursor = &shared->cursor;
    for (unsigned i = 0; i < b->connections; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return EX_OSERR;
        if (pid == 0) {
            counts[i].failed = true;
            drain(b, &counts[i]);
            _exit(EX_OK);
        }
    }
    while (wait(NULL) > 0)
        ;
    for (unsigned i = 0; i < b->connections; i++) {
        sum.done += counts[i].done;
        sum.again += counts[i].again;
        sum.failed = sum.failed || counts[i].failed;
    }
    printf("%llu %llu\n", (unsigned long long)sum.done, (unsigned long long)sum.again);
    return sum.failed ? EX_UNAVAILABLE : EX_OK;
}

static unsigned number(const char *text, unsigned most)
{
    const char *why = NULL;
    long long n = strtonum(text, 1, most, &why);
    if (why != NULL) {
        (void)fprintf(stderr, "bench_bare: %s: %s\n", text, why);
        exit(EX_USAGE);
    }
    return (unsigned)n;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"dsn", required_argument, NULL, 'd'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"jobtype", required_argument, NULL, 'j'},
                                            {"batch", required_argument, NULL, 'b'},
                                            {"connections", required_argument, NULL, 'c'},
                                            {"each", no_argument, NULL, 'e'},
                                            {"no-history", no_argument, NULL, 'n'},
                                            {"set", no_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    struct bare b = {.user = "", .connections = 1, .batch = 500, .history = true};
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            b.dsn = optarg;
            break;
        case 'u':
            b.user = optarg;
            break;
        case 'j':
            b.jobtype = optarg;
            break;
        case 'b':
            b.batch = number(optarg, 500);
            break;
        case 'c':
            b.connections = number(optarg, 512);
            break;
        case 'e':
            b.each = true;
            break;
        case 'n':
            b.history = false;
            break;
        case 's':
            b.set = true;
            break;
        default:
            return EX_USAGE;
        }
    }
    if (b.dsn == NULL || b.jobtype == NULL || optind != argc) {
        (void)fprintf(stderr, "bench_bare: --dsn and --jobtype are needed\n");
        return EX_USAGE;
    }
    return drain_all(&b);
}
