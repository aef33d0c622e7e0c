/* SPDX-License-Identifier: MIT */
#include "core/fault.h"

#ifdef HELIOS_TESTS

#include <signal.h>
#include <stdatomic.h>
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

static const char *const actions[] = {"kill", "retry", "error", "lost"};
enum action { KILL, RETRY, ERROR, LOST, ACTIONS };

static struct {
    enum fault_point point;
    enum action action;
    unsigned long nth;
    _Atomic unsigned long *passed; /* NULL: nothing is injected */
} fault;

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

void fault_init(void)
{
    const char *text = getenv("HELIOS_FAULT");
    if (text == NULL)
        return;
    size_t name_len = strcspn(text, ":");
    const char *action = text + name_len + (text[name_len] == ':');
    size_t action_len = strcspn(action, ":");
    const char *nth = action + action_len;
    size_t point = find_point(text, name_len);
    fault.action = (enum action)find_action(action, action_len);
    fault.nth = *nth == ':' ? strtoul(nth + 1, NULL, 10) : 1;
    if (point == FAULT_COUNT || fault.action == ACTIONS || fault.nth == 0)
        refuse(text);
    if (points[point].place == FAULT_COMMITTED && fault.action != KILL &&
        fault.action != LOST)
        refuse(text);
    fault.point = (enum fault_point)point;
    void *shared = mmap(NULL, sizeof *fault.passed, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        refuse(text);
    fault.passed = shared;
}

int fault_pass(enum fault_point point, struct helios_error *err)
{
    static const enum helios_error_kind kinds[ACTIONS] = {
        [RETRY] = HELIOS_E_RETRY, [ERROR] = HELIOS_E_DATABASE, [LOST] = HELIOS_E_LOST};
    if (fault.passed == NULL || point != fault.point ||
        atomic_fetch_add(fault.passed, 1) + 1 != fault.nth)
        return 0;
    /* The test learns from this that the point was reached. */
    (void)dprintf(STDERR_FILENO, "HELIOS_FAULT: %s:%s in process %d\n", points[point].name,
                  actions[fault.action], (int)getpid());
    if (fault.action == KILL)
        (void)raise(SIGKILL);
    enum helios_error_kind kind = kinds[fault.action];
    if (kind == HELIOS_E_LOST && points[point].place != FAULT_STATEMENT)
        kind = HELIOS_E_UNCERTAIN;
    return err_set(err, kind, "fault injected at %s", points[point].name);
}

#endif
