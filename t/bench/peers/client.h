/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A program that plays all parts of a queue for the benchmark:
 *
 *   PROGRAM ADDRESS fill JOBS
 *   PROGRAM ADDRESS work CONNECTIONS RUNS     a process for each, until the queue is empty
 *   PROGRAM ADDRESS left                      prints how many jobs are left
 *   PROGRAM ADDRESS serve CONNECTIONS RUNS    prints "ready", until SIGTERM
 *   PROGRAM ADDRESS offer RATE JOBS COMMITS
 *
 * RUNS and COMMITS receive records: a job's number and CLOCK_MONOTONIC in nanoseconds,
 * eight bytes each. */
struct client_queue {
    void (*open)(const char *address);
    void (*submit)(uint64_t n);
    /* Does one job, calling client_ran(); its number, or 0 if there was none. */
    uint64_t (*work)(bool wait);
    uint64_t (*left)(void);
};

int client_main(const struct client_queue *queue, int argc, char **argv);
void client_ran(uint64_t n);
_Noreturn void client_fail(const char *why);
/* Both ways of a Unix socket, buffered. */
void client_connect(const char *path, FILE **in, FILE **out);

#endif
