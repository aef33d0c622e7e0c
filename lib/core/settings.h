/* SPDX-License-Identifier: MIT */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum launch_pattern { LAUNCH_LINEAR, LAUNCH_DYNAMIC, LAUNCH_OPTIMISTIC };

/* Which of the due jobs are claimed first: always the oldest, or by their priority, among
 * equal ones the oldest. A job without a priority has the lowest. */
enum job_order { ORDER_OLDEST, ORDER_LOW, ORDER_HIGH };

/* How a daemon learns of new work: it is told by what the database writes for each change,
 * or it looks. */
enum wake_mode { WAKE_BINLOG, WAKE_POLL };

/* The daemon's own parameters as figures: resolved by conf in a process that reads the
 * database, sent to the master as part of a message. Plain data, fixed size,
 * no pointers. */
struct settings {
    int64_t max_workers;      /* 0 or less launches nothing */
    int64_t worker_max_ttl_s; /* 0 = off */
    int64_t worker_max_ttl_wait_s;
    int64_t master_launch_ms;
    int64_t zero_launch_ms;
    int64_t zero_sleep_ms;
    int64_t registration_ms;
    int64_t worker_linger_ms;
    int64_t completion_delay_ms;
    int64_t claim_max;
    int64_t claim_target_ms;
    int64_t safe_mode_retries; /* 0 = for ever */
    int64_t worker_memory_mb;  /* limits of a worker (daemon/limits.h): 0 = none */
    int64_t worker_cpu_s;
    int64_t worker_files;
    int64_t worker_file_mb;
    int64_t worker_nice;
    int64_t group_memory_mb; /* of a worker's control group (daemon/cgroup.h): 0 = none */
    int64_t group_pids;
    int32_t log_threshold;   /* levels above it are dropped; 7 keeps all */
    uint32_t pattern;        /* enum launch_pattern */
    uint32_t order;          /* enum job_order */
    uint32_t wake;           /* enum wake_mode */
    uint32_t priority_floor; /* with an order by priority; 0: none */
    bool overdrive;
    bool hold;
    bool halt;
    bool lazy_config;
    bool downshift_on_nonzero;
    bool job_history; /* off: no history rows */
};

#define SETTINGS_DEFAULT                                                                   \
    {                                                                                      \
        .max_workers = 1, .worker_max_ttl_wait_s = 20, .master_launch_ms = 1000,           \
        .zero_launch_ms = 10000, .zero_sleep_ms = 10000, .registration_ms = 60000,         \
        .completion_delay_ms = 20, .claim_max = 500, .claim_target_ms = 100,               \
        .log_threshold = 7, .job_history = true                                            \
    }

#endif
