/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/name.h"
#include "daemon/ctl/inifile.h"

/* service hold | resume | halt | clear-halt: one row of the params table for a host, or one
 * for all hosts and none for any of them, so that no host is left out. */

const struct ctl_option service_steer_options[] = {
    {ITEM_HOST, 'H', "host", "HOST", false, "another host than this one"},
    {ITEM_ALL_HOSTS, 'a', "all-hosts", NULL, false, "every host, after a question"},
    {ITEM_YES, 'y', "yes", NULL, false, "do not ask"},
    {.name = NULL},
};

struct order {
    const char *verb;  /* "hold" */
    const char *param; /* HOLD or HALT */
    const char *value; /* NULL: no row */
    const char *done;  /* "is on hold" */
};

static const struct order hold = {"hold", "HOLD", "1", "is on hold"};
static const struct order resume = {"resume", "HOLD", "0", "may take jobs"};
static const struct order halt = {"halt", "HALT", "1", "is told to stop"};
static const struct order clear = {"clear-halt", "HALT", NULL, "may start"};

struct target {
    const struct order *order;
    const char *service, *host;
};

static int write_row(struct store *store, void *arg, struct helios_error *err)
{
    const struct target *t = arg;
    uint64_t deleted;
    if (t->order->value == NULL)
        return store_param_unset(store, t->service, t->host, t->order->param, NULL,
                                 &deleted, err);
    return store_param_set(store, t->service, t->host, t->order->param, t->order->value,
                           err);
}

static int remove_row(struct store *store, void *arg, struct helios_error *err)
{
    const struct target *t = arg;
    uint64_t deleted;
    return store_param_unset(store, t->service, t->host, t->order->param, NULL, &deleted,
                             err);
}

/* A host's own row would win over the one for all. */
static int remove_rows_of_hosts(const struct ctl *ctl, const struct target *all,
                                struct helios_error *err)
{
    struct rows rows = {0};
    int rc = rows_read_all(ctl_store(ctl), all->service, &rows, err);
    for (size_t i = 0; rc == 0 && i < rows.count; i++) {
        struct target one = {all->order, all->service, rows.items[i].host};
        if (strcmp(rows.items[i].param, all->order->param) == 0 &&
            strcmp(one.host, "*") != 0)
            rc = store_retry(ctl_store(ctl), remove_row, &one, err);
    }
    rows_fini(&rows);
    return rc;
}

/* A question that nobody can answer is refused, so that a script must say what it means. */
static int ask(const struct ctl *ctl, const struct order *order)
{
    char answer[16] = "";
    const char *service = ctl->items[ITEM_SERVICE];
    if (ctl->items[ITEM_YES] != NULL)
        return 0;
    if (isatty(STDIN_FILENO) != 1)
        return ctl_usage(ctl, "%s %s on all hosts: there is no terminal to ask; say --yes",
                         order->verb, service);
    (void)fprintf(stderr, "%s %s on all hosts? [y/N] ", order->verb, service);
    if (fgets(answer, sizeof answer, stdin) != NULL &&
        (answer[0] == 'y' || answer[0] == 'Y'))
        return 0;
    ctl_say(ctl, "nothing was changed");
    return 1;
}

/* HALT for all hosts is still there when that of one is gone. */
static int still_halted(const struct ctl *ctl, const struct target *t, bool *halted,
                        struct helios_error *err)
{
    struct rows rows = {0};
    *halted = false;
    if (t->order != &clear)
        return 0;
    int rc = rows_read(ctl_store(ctl), t->service, t->host, &rows, err);
    for (size_t i = 0; rc == 0 && i < rows.count; i++)
        *halted = *halted || strcmp(rows.items[i].param, "HALT") == 0;
    rows_fini(&rows);
    return rc;
}

static int check(const struct ctl *ctl)
{
    if (!name_valid(ctl->items[ITEM_SERVICE]))
        return ctl_usage(ctl, "'%s' is not the name of a service",
                         ctl->items[ITEM_SERVICE]);
    if (ctl->items[ITEM_HOST] != NULL && ctl->items[ITEM_ALL_HOSTS] != NULL)
        return ctl_usage(ctl, "--host and --all-hosts exclude each other");
    return 0;
}

static int steer(struct ctl *ctl, const struct order *order)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char own[256];
    bool halted = false;
    name_host(own, sizeof own);
    const char *host = ctl->items[ITEM_HOST] == NULL ? own : ctl->items[ITEM_HOST];
    bool all = ctl->items[ITEM_ALL_HOSTS] != NULL || strcmp(host, "*") == 0;
    struct target t = {order, ctl->items[ITEM_SERVICE], all ? "*" : host};
    int code = check(ctl);
    if (code == 0 && all)
        code = ask(ctl, order);
    if (code != 0)
        return code;
    if (ctl_connect(ctl, NULL, &err) != 0 ||
        store_retry(ctl_store(ctl), write_row, &t, &err) != 0 ||
        (all && remove_rows_of_hosts(ctl, &t, &err) != 0) ||
        still_halted(ctl, &t, &halted, &err) != 0)
        return ctl_fail(ctl, &err);
    if (halted) {
        ctl_say(ctl, "%s is halted on all hosts: helios service clear-halt --all-hosts %s",
                t.service, t.service);
        return 1;
    }
    (void)printf("%s %s on %s%s\n", t.service, order->done, all ? "all hosts" : "host ",
                 all ? "" : host);
    return 0;
}

int service_hold(struct ctl *ctl)
{
    return steer(ctl, &hold);
}

int service_resume(struct ctl *ctl)
{
    return steer(ctl, &resume);
}

int service_halt(struct ctl *ctl)
{
    return steer(ctl, &halt);
}

int service_clear_halt(struct ctl *ctl)
{
    return steer(ctl, &clear);
}
