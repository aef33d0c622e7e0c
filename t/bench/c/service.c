/* SPDX-License-Identifier: MIT */
#include <helios/service.h>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/* The services of the benchmark: no work, or `bench_pause_us` microseconds of it. If the
 * parameter `bench_runs` names a file, every run appends a record to it, by which the
 * benchmark knows that each job was run once and when. A record is job id and
 * CLOCK_MONOTONIC in nanoseconds, eight bytes each. */

HELIOS_SERVICE_EXPORT;

struct record {
    uint64_t jobid;
    int64_t ns;
};

/* At most this many records wait to be written: a page. With `bench_flush` they are written
 * one by one, for a watcher that waits for them. */
#define WAITING 256
static struct {
    int fd;
    bool each;
    unsigned n;
    struct record record[WAITING];
} runs = {.fd = -1};
static unsigned pause_us;

static int runs_write(void)
{
    size_t len = runs.n * sizeof runs.record[0];
    runs.n = 0;
    return len == 0 || write(runs.fd, runs.record, len) == (ssize_t)len ? 0 : -1;
}

static int bench_prep(struct helios_worker *worker)
{
    const char *path = helios_params_get(helios_worker_params(worker), "bench_runs");
    runs.each = helios_params_int(helios_worker_params(worker), "bench_flush", 0) != 0;
    pause_us =
        (unsigned)helios_params_int(helios_worker_params(worker), "bench_pause_us", 0);
    if (path == NULL)
        return 0;
    runs.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return runs.fd < 0 ? -1 : 0;
}

static int bench_run(struct helios_worker *worker, struct helios_job *job)
{
    struct timespec t;
    (void)worker;
    if (runs.fd >= 0) {
        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        runs.record[runs.n].jobid = helios_job_id(job);
        runs.record[runs.n++].ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        if ((runs.each || runs.n == WAITING) && runs_write() != 0)
            return helios_job_failed(job, 1, "the benchmark's file cannot be written");
    }
    if (pause_us > 0)
        (void)usleep(pause_us);
    return helios_job_completed(job);
}

static void bench_cleanup(struct helios_worker *worker)
{
    (void)worker;
    if (runs.fd >= 0)
        (void)runs_write();
}

/* Retries for the measure that kills workers; no other expects a failure. */
const struct helios_service helios_service = {
    HELIOS_SERVICE_HEAD, .name = BENCH_NAME,     .version = "1.0",
    .prep = bench_prep,  .run = bench_run,       .cleanup = bench_cleanup,
    .max_retries = 1000, .flags = (BENCH_FLAGS),
};
