/* SPDX-License-Identifier: MIT */
#include <helios/client.h>

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* Submits jobs through the client library on one connection, as programs do.
 *
 *   bench_submit --ini FILE --jobtype TYPE --jobs N [--bulk N] [--rate N] [--commits FILE]
 *
 * --bulk submits so many with each call. --rate submits so many calls a second, at times
 * that do not depend on how long they take. --commits receives a record for each job: its
 * id, and CLOCK_MONOTONIC in nanoseconds when the call returned. Prints the seconds taken.
 */

struct submit {
    const char *ini, *jobtype, *commits;
    size_t jobs, bulk, rate;
    int fd;
};

struct record {
    uint64_t jobid;
    int64_t ns;
};

#define BULK_MOST 5000

static int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void sleep_until(int64_t ns)
{
    struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
        ;
}

static int note(const struct submit *s, const uint64_t *ids, size_t n)
{
    int64_t ns = now_ns();
    for (size_t i = 0; s->fd >= 0 && i < n; i++) {
        struct record record = {.jobid = ids[i], .ns = ns};
        if (write(s->fd, &record, sizeof record) != (ssize_t)sizeof record)
            return -1;
    }
    return 0;
}

static int submit_all(const struct submit *s, struct helios_client *client,
                      struct helios_error *err)
{
    static const char args[] = "<job><params><n>12345678</n></params></job>";
    static struct helios_submission jobs[BULK_MOST];
    static uint64_t ids[BULK_MOST];
    for (size_t i = 0; i < s->bulk; i++) {
        jobs[i] = (struct helios_submission)HELIOS_SUBMISSION_INIT;
        jobs[i].jobtype = s->jobtype;
        jobs[i].args = args;
        jobs[i].args_len = sizeof args - 1;
    }
    int64_t due = now_ns();
    for (size_t done = 0; done < s->jobs;) {
        size_t n = s->jobs - done < s->bulk ? s->jobs - done : s->bulk;
        if (s->rate > 0)
            sleep_until(due += 1000000000 / (int64_t)s->rate);
        if (helios_submit(client, jobs, n, ids, err) != 0 || note(s, ids, n) != 0)
            return -1;
        done += n;
    }
    return 0;
}

static int run(struct submit *s)
{
    struct helios_client *client = NULL;
    struct helios_error err = HELIOS_ERROR_INIT;
    s->fd = -1;
    if (s->commits != NULL) {
        s->fd = open(s->commits, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (s->fd < 0) {
            perror(s->commits);
            return EX_CANTCREAT;
        }
    }
    int rc = helios_client_open(s->ini, NULL, &client, &err);
    int64_t begun = now_ns();
    if (rc == 0)
        rc = submit_all(s, client, &err);
    printf("%.6f\n", (double)(now_ns() - begun) / 1e9);
    helios_client_close(client);
    if (rc != 0)
        (void)fprintf(stderr, "bench_submit: %s\n", err.text);
    return rc == 0 ? EX_OK : EX_UNAVAILABLE;
}

static size_t number(const char *text, long long most)
{
    const char *why = NULL;
    long long n = strtonum(text, 1, most, &why);
    if (why != NULL) {
        (void)fprintf(stderr, "bench_submit: %s: %s\n", text, why);
        exit(EX_USAGE);
    }
    return (size_t)n;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"ini", required_argument, NULL, 'i'},
                                            {"jobtype", required_argument, NULL, 't'},
                                            {"jobs", required_argument, NULL, 'n'},
                                            {"bulk", required_argument, NULL, 'b'},
                                            {"rate", required_argument, NULL, 'r'},
                                            {"commits", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    struct submit s = {.jobs = 1, .bulk = 1};
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'i':
            s.ini = optarg;
            break;
        case 't':
            s.jobtype = optarg;
            break;
        case 'n':
            s.jobs = number(optarg, 100000000);
            break;
        case 'b':
            s.bulk = number(optarg, BULK_MOST);
            break;
        case 'r':
            s.rate = number(optarg, 100000);
            break;
        case 'c':
            s.commits = optarg;
            break;
        default:
            return EX_USAGE;
        }
    }
    if (s.jobtype == NULL || optind != argc) {
        (void)fprintf(stderr, "bench_submit: --jobtype is needed\n");
        return EX_USAGE;
    }
    return run(&s);
}
