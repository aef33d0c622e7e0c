/* SPDX-License-Identifier: MIT */
#include "daemon/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define MB (1024ull * 1024ull)

static rlim_t least(rlim_t a, rlim_t b)
{
    return a < b ? a : b; /* RLIM_INFINITY is the largest of all */
}

/* For the life of the process: no way back up. */
static void limit_for_good(enum __rlimit_resource resource, rlim_t value)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max = least(value, limit.rlim_max);
    (void)setrlimit(resource, &limit);
}

static void limit_for_now(enum __rlimit_resource resource, rlim_t value)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return;
    limit.rlim_cur = least(value, limit.rlim_max);
    (void)setrlimit(resource, &limit);
}

void limits_apply(const struct settings *s)
{
    if (s->worker_memory_mb > 0)
        limit_for_good(RLIMIT_AS, (rlim_t)s->worker_memory_mb * MB);
    if (s->worker_files > 0)
        limit_for_good(RLIMIT_NOFILE, (rlim_t)s->worker_files);
    if (s->worker_nice > 0)
        (void)!nice((int)s->worker_nice);
}

/* Whole seconds of CPU time so far, rounded up. */
static rlim_t used_s(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
                    (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec + 999999) / 1000000);
}

void limits_enter(const struct settings *s)
{
    if (s->worker_cpu_s > 0)
        limit_for_now(RLIMIT_CPU, used_s() + (rlim_t)s->worker_cpu_s);
    if (s->worker_file_mb > 0)
        limit_for_now(RLIMIT_FSIZE, (rlim_t)s->worker_file_mb * MB);
}

void limits_leave(const struct settings *s)
{
    if (s->worker_cpu_s > 0)
        limit_for_now(RLIMIT_CPU, RLIM_INFINITY);
    if (s->worker_file_mb > 0)
        limit_for_now(RLIMIT_FSIZE, RLIM_INFINITY);
}

static const char *clause(const char *name, int64_t value, char *out, size_t cap)
{
    out[0] = '\0';
    if (value > 0)
        (void)snprintf(out, cap, "%s is %" PRId64, name, value);
    return out;
}

const char *limits_of_signal(const struct settings *s, int signo, char *out, size_t cap)
{
    switch (signo) {
    case SIGXCPU:
        return clause("WORKER_MAX_CPU", s->worker_cpu_s, out, cap);
    case SIGXFSZ:
        return clause("WORKER_MAX_FILE_MB", s->worker_file_mb, out, cap);
    case SIGSEGV: /* a service that did not look at what malloc gave it, a full stack */
    case SIGBUS:
    case SIGABRT: /* one that did */
        return clause("WORKER_MAX_MEMORY_MB", s->worker_memory_mb, out, cap);
    default:
        return clause("", 0, out, cap);
    }
}

const char *limits_of_group(const struct settings *s, char *out, size_t cap)
{
    return clause("WORKER_GROUP_MEMORY_MB", s->group_memory_mb, out, cap);
}

const char *limits_of_errno(const struct settings *s, int errnum, char *out, size_t cap)
{
    switch (errnum) {
    case ENOMEM:
        return clause("WORKER_MAX_MEMORY_MB", s->worker_memory_mb, out, cap);
    case EAGAIN: /* of fork() */
        return clause("WORKER_GROUP_PIDS", s->group_pids, out, cap);
    case EMFILE:
        return clause("WORKER_MAX_FILES", s->worker_files, out, cap);
    case EFBIG:
        return clause("WORKER_MAX_FILE_MB", s->worker_file_mb, out, cap);
    default:
        return clause("", 0, out, cap);
    }
}
