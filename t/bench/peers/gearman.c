/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <libgearman-1.0/gearman.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* gearmand by libgearman: background jobs, which it keeps in its queue table until they are
 * done.
 *
 *   bench_gearman HOST:PORT COMMAND...     the commands of client.h */

#define FUNCTION "noop"

static gearman_client_st *client;
static gearman_worker_st *worker;
static uint64_t last;

static gearman_return_t noop(gearman_job_st *job, void *context)
{
    char text[32] = "";
    size_t len = gearman_job_workload_size(job);
    (void)context;
    memcpy(text, gearman_job_workload(job), len < sizeof text ? len : sizeof text - 1);
    last = strtoull(text, NULL, 10);
    client_ran(last);
    return GEARMAN_SUCCESS;
}

static void open_server(const char *address)
{
    client = gearman_client_create(NULL);
    worker = gearman_worker_create(NULL);
    if (client == NULL || worker == NULL ||
        gearman_failed(gearman_client_add_servers(client, address)) ||
        gearman_failed(gearman_worker_add_servers(worker, address)) ||
        gearman_failed(gearman_worker_define_function(
            worker, FUNCTION, strlen(FUNCTION), gearman_function_create(noop), 0, NULL)))
        client_fail("gearmand does not answer");
}

static void submit(uint64_t n)
{
    char text[32];
    char handle[GEARMAN_JOB_HANDLE_SIZE];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    if (gearman_failed(gearman_client_do_background(client, FUNCTION, text, text,
                                                    (size_t)len, handle)))
        client_fail(gearman_client_error(client));
}

static uint64_t work(bool wait)
{
    last = 0;
    gearman_worker_set_timeout(worker, wait ? -1 : 100);
    gearman_return_t rc = gearman_worker_work(worker);
    if (rc == GEARMAN_TIMEOUT || rc == GEARMAN_NO_JOBS)
        return 0;
    if (gearman_failed(rc))
        client_fail(gearman_worker_error(worker));
    return last;
}

/* The server's table is looked at by who started it. */
static uint64_t left(void)
{
    return 0;
}

int main(int argc, char **argv)
{
    static const struct client_queue queue = {
        .open = open_server, .submit = submit, .work = work, .left = left};
    return client_main(&queue, argc, argv);
}
