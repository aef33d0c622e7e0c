/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* beanstalkd's protocol: a worker is reserve and delete, one after the other, as its manual
 * has it.
 *
 *   bench_beanstalk SOCKET COMMAND...     the commands of client.h */

static FILE *in, *out;

static void ask(const char *text, char *answer, size_t size)
{
    if (fputs(text, out) < 0 || fflush(out) != 0 || fgets(answer, (int)size, in) == NULL)
        client_fail("beanstalkd has gone away");
}

static void open_server(const char *socket)
{
    client_connect(socket, &in, &out);
}

static void submit(uint64_t n)
{
    char text[128];
    char body[32];
    int len = snprintf(body, sizeof body, "%llu", (unsigned long long)n);
    (void)snprintf(text, sizeof text, "put 0 0 3600 %d\r\n%s\r\n", len, body);
    ask(text, text, sizeof text);
    if (strncmp(text, "INSERTED ", 9) != 0)
        client_fail(text);
}

/* The number of a job that was reserved and deleted; 0 if none came. */
static uint64_t work(bool wait)
{
    char answer[128];
    char body[64];
    unsigned long long id = 0;
    unsigned long long len = 0;
    ask(wait ? "reserve\r\n" : "reserve-with-timeout 0\r\n", answer, sizeof answer);
    if (strncmp(answer, "TIMED_OUT", 9) == 0)
        return 0;
    if (sscanf(answer, "RESERVED %llu %llu", &id, &len) !=
            2 || /* NOLINT: a number of ours */
        fgets(body, sizeof body, in) == NULL)
        client_fail(answer);
    uint64_t n = strtoull(body, NULL, 10);
    client_ran(n);
    (void)snprintf(answer, sizeof answer, "delete %llu\r\n", id);
    ask(answer, answer, sizeof answer);
    if (strncmp(answer, "DELETED", 7) != 0)
        client_fail(answer);
    return n;
}

static uint64_t left(void)
{
    char line[128];
    uint64_t sum = 0;
    unsigned long long n = 0;
    ask("stats\r\n", line, sizeof line);
    while (fgets(line, sizeof line, in) != NULL && strcmp(line, "\r\n") != 0)
        if (sscanf(line, "current-jobs-%*[a-z]: %llu", &n) == 1 && /* NOLINT */
            strncmp(line, "current-jobs-urgent", 19) != 0)
            sum += n;
    return sum;
}

int main(int argc, char **argv)
{
    static const struct client_queue queue = {
        .open = open_server, .submit = submit, .work = work, .left = left};
    return client_main(&queue, argc, argv);
}
