/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define FILLERS 8

struct record {
    uint64_t n;
    int64_t ns;
};

#define WAITING 256
static struct {
    int fd;
    unsigned most, n;
    struct record record[WAITING];
} records = {.fd = -1};

_Noreturn void client_fail(const char *why)
{
    (void)fprintf(stderr, "benchmark: %s\n", why);
    exit(EX_UNAVAILABLE);
}

void client_connect(const char *path, FILE **in, FILE **out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strlcpy(address.sun_path, path, sizeof address.sun_path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        client_fail("the server does not answer");
    *in = fdopen(fd, "r");
    *out = fdopen(dup(fd), "w");
    if (*in == NULL || *out == NULL)
        client_fail("out of memory");
}

static int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void records_open(const char *path, unsigned most)
{
    records.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    records.most = most;
    if (records.fd < 0)
        client_fail("the file of records cannot be written");
}

static void records_flush(void)
{
    size_t len = records.n * sizeof records.record[0];
    records.n = 0;
    if (len > 0 && write(records.fd, records.record, len) != (ssize_t)len)
        client_fail("the file of records cannot be written");
}

void client_ran(uint64_t n)
{
    records.record[records.n++] = (struct record){.n = n, .ns = now_ns()};
    if (records.n == records.most)
        records_flush();
}

static unsigned number(const char *text)
{
    const char *why = NULL;
    long long n = strtonum(text, 0, 100000000, &why);
    if (why != NULL)
        client_fail(why);
    return (unsigned)n;
}

static pid_t child(void)
{
    pid_t pid = fork();
    if (pid < 0)
        client_fail("no more processes");
    if (pid == 0)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

static int wait_all(void)
{
    int status;
    int code = EX_OK;
    while (wait(&status) > 0)
        if (status != 0)
            code = EX_UNAVAILABLE;
    return code;
}

/* On some connections, since each submission waits for its answer. */
static int fill(const struct client_queue *q, const char *address, unsigned jobs)
{
    for (unsigned k = 0; k < FILLERS; k++) {
        if (child() != 0)
            continue;
        q->open(address);
        for (unsigned n = 1 + k; n <= jobs; n += FILLERS)
            q->submit(n);
        exit(EX_OK);
    }
    return wait_all();
}

static int work(const struct client_queue *q, const char *address, unsigned connections,
                const char *runs)
{
    for (unsigned k = 0; k < connections; k++) {
        if (child() != 0)
            continue;
        records_open(runs, WAITING);
        q->open(address);
        while (q->work(false) != 0)
            ;
        records_flush();
        exit(EX_OK);
    }
    return wait_all();
}

static int serve(const struct client_queue *q, const char *address, unsigned connections,
                 const char *runs)
{
    for (unsigned k = 0; k < connections; k++) {
        if (child() != 0)
            continue;
        records_open(runs, 1);
        q->open(address);
        for (;;)
            (void)q->work(true);
    }
    printf("ready\n");
    (void)fflush(stdout);
    return wait_all();
}

static int offer(const struct client_queue *q, const char *address, unsigned rate,
                 unsigned jobs, const char *commits)
{
    records_open(commits, WAITING);
    q->open(address);
    int64_t due = now_ns();
    for (unsigned n = 1; n <= jobs; n++) {
        due += 1000000000 / rate;
        struct timespec t = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
        q->submit(n);
        client_ran(n);
    }
    records_flush();
    return EX_OK;
}

int client_main(const struct client_queue *q, int argc, char **argv)
{
    const char *command = argc > 2 ? argv[2] : "";
    if (strcmp(command, "fill") == 0 && argc == 4)
        return fill(q, argv[1], number(argv[3]));
    if (strcmp(command, "work") == 0 && argc == 5)
        return work(q, argv[1], number(argv[3]), argv[4]);
    if (strcmp(command, "serve") == 0 && argc == 5)
        return serve(q, argv[1], number(argv[3]), argv[4]);
    if (strcmp(command, "offer") == 0 && argc == 6)
        return offer(q, argv[1], number(argv[3]), number(argv[4]), argv[5]);
    if (strcmp(command, "left") != 0)
        client_fail("fill, work, left, serve or offer");
    q->open(argv[1]);
    printf("%llu\n", (unsigned long long)q->left());
    return EX_OK;
}
