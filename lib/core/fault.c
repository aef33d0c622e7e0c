/* SPDX-License-Identifier: MIT */
#include "core/fault.h"

#ifdef HELIOS_TESTS

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/err.h"

static const struct {
    const char *name;
    enum fault_place place;
} points[] = {
#define FAULT_ROW(id, name, place) {name, place},
    FAULT_POINTS(FAULT_ROW)
#undef FAULT_ROW
};

static const char *const actions[] = {"kill", "retry", "error", "lost", "timeout"};
enum action { KILL, RETRY, ERROR, LOST, TIMEOUT, ACTIONS };

#define FAULTS_MAX 4
#define TIMEOUT_S  1

static struct fault {
    enum fault_point point;
    enum action action;
    unsigned long nth;
} faults[FAULTS_MAX];
static size_t faults_n;
static _Atomic unsigned long *passed; /* one for each, shared */

static _Noreturn void refuse(const char *text)
{
    (void)fprintf(stderr, "HELIOS_FAULT=%s is not POINT:ACTION[:NTH] (core/fault.h)\n",
                  text);
    exit(EX_USAGE);
}

static size_t find_action(const char *text, size_t len)
{
    size_t i = 0;
    while (i < ACTIONS && (strlen(actions[i]) != len || memcmp(actions[i], text, len) != 0))
        i++;
    return i;
}

static size_t find_point(const char *text, size_t len)
{
    size_t i = 0;
    while (i < FAULT_COUNT &&
           (strlen(points[i].name) != len || memcmp(points[i].name, text, len) != 0))
        i++;
    return i;
}

/* One POINT:ACTION[:NTH] of `len` bytes. */
static bool parse(const char *text, size_t len, struct fault *out)
{
    const char *end = text + len;
    const char *action = memchr(text, ':', len);
    if (action == NULL)
        return false;
    size_t point = find_point(text, (size_t)(action - text));
    action++;
    const char *nth = memchr(action, ':', (size_t)(end - action));
    size_t act = find_action(action, (size_t)((nth != NULL ? nth : end) - action));
    if (point == FAULT_COUNT || act == ACTIONS)
        return false;
    out->point = (enum fault_point)point;
    out->action = (enum action)act;
    out->nth = nth != NULL ? strtoul(nth + 1, NULL, 10) : 1;
    bool fits = points[point].place != FAULT_COMMITTED || act == KILL || act == LOST ||
                act == TIMEOUT;
    return out->nth != 0 && fits;
}

void fault_init(void)
{
    const char *text = getenv("HELIOS_FAULT");
    for (const char *at = text; at != NULL && *at != '\0';) {
        size_t len = strcspn(at, ",");
        if (faults_n == FAULTS_MAX || !parse(at, len, &faults[faults_n++]))
            refuse(text);
        at += len + (at[len] == ',');
    }
    if (text == NULL)
        return;
    void *shared = mmap(NULL, FAULTS_MAX * sizeof *passed, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (faults_n == 0 || shared == MAP_FAILED)
        refuse(text);
    passed = shared;
}

static int strike(const struct fault *f, struct helios_error *err)
{
    static const enum helios_error_kind kinds[ACTIONS] = {[RETRY] = HELIOS_E_RETRY,
                                                          [ERROR] = HELIOS_E_DATABASE,
                                                          [LOST] = HELIOS_E_LOST,
                                                          [TIMEOUT] = HELIOS_E_LOST};
    const char *name = points[f->point].name;
    /* The test learns from this that the point was reached. */
    (void)dprintf(STDERR_FILENO, "HELIOS_FAULT: %s:%s in process %d\n", name,
                  actions[f->action], (int)getpid());
    if (f->action == KILL)
        (void)raise(SIGKILL);
    if (f->action == TIMEOUT)
        (void)sleep(TIMEOUT_S);
    enum helios_error_kind kind = kinds[f->action];
    if (kind == HELIOS_E_LOST && points[f->point].place != FAULT_STATEMENT)
        kind = HELIOS_E_UNCERTAIN;
    return err_set(err, kind, "fault injected at %s", name);
}

int fault_pass(enum fault_point point, struct helios_error *err)
{
    for (size_t i = 0; i < faults_n; i++) {
        if (faults[i].point == point &&
            atomic_fetch_add(&passed[i], 1) + 1 == faults[i].nth)
            return strike(&faults[i], err);
    }
    return 0;
}

#endif
