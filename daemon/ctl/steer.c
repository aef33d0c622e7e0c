/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/name.h"
#include "daemon/ctl/rowset.h"
#include "daemon/ctl/steer.h"
#include "daemon/ctl/table.h"

/* service hold | resume | halt | clear-halt. */

const struct ctl_option service_steer_options[] = {
    {ITEM_HOST, 'H', "host", "HOST", false, "another host than this one"},
    {ITEM_ALL_HOSTS, 'a', "all-hosts", NULL, false, "every host, after a question"},
    {ITEM_YES, 'y', "yes", NULL, false, "do not ask"},
    {.name = NULL},
};

static const char *const verbs[] = {[STEER_HOLD] = "hold",
                                    [STEER_RESUME] = "resume",
                                    [STEER_HALT] = "halt",
                                    [STEER_CLEAR] = "clear-halt"};

/* A question that nobody can answer is refused, so that a script must say what it means. */
static int ask(const struct ctl *ctl, enum steer_verb verb)
{
    char answer[16] = "";
    const char *service = ctl->items[ITEM_SERVICE];
    if (ctl->items[ITEM_YES] != NULL)
        return 0;
    if (isatty(STDIN_FILENO) != 1)
        return ctl_usage(ctl, "%s %s on all hosts: there is no terminal to ask; say --yes",
                         verbs[verb], service);
    (void)fprintf(stderr, "%s %s on all hosts? [y/N] ", verbs[verb], service);
    if (fgets(answer, sizeof answer, stdin) != NULL &&
        (answer[0] == 'y' || answer[0] == 'Y'))
        return 0;
    ctl_say(ctl, "nothing was changed");
    return 1;
}

/* HALT for all hosts is still there when that of one is gone. */
static int still_halted(const struct ctl *ctl, const char *service, const char *host,
                        bool *halted, struct helios_error *err)
{
    struct rows rows = {0};
    int rc = rows_read(ctl_store(ctl), service, host, &rows, err);
    *halted = false;
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

const struct column order_columns[] = {
    {"service", COLUMN_TEXT},
    {"host", COLUMN_TEXT},
    {"order", COLUMN_TEXT},
    {.name = NULL},
};

static int print_json(const struct ctl *ctl, enum steer_verb verb, const char *service,
                      const char *host)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct table t;
    table_begin(&t, ctl);
    table_text(&t, service);
    table_text(&t, host);
    table_text(&t, verbs[verb]);
    return table_end(&t, &err) == 0 ? 0 : ctl_fail(ctl, &err);
}

static int steer(struct ctl *ctl, enum steer_verb verb)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char own[256];
    bool halted = false;
    name_host(own, sizeof own);
    const char *service = ctl->items[ITEM_SERVICE];
    const char *host = ctl->items[ITEM_HOST] == NULL ? own : ctl->items[ITEM_HOST];
    bool all = ctl->items[ITEM_ALL_HOSTS] != NULL || strcmp(host, "*") == 0;
    if (all)
        host = "*";
    int code = check(ctl);
    if (code == 0 && all)
        code = ask(ctl, verb);
    if (code != 0)
        return code;
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = steer_rows(ctl_store(ctl), verb, service, host, &err);
    if (rc == 0 && verb == STEER_CLEAR)
        rc = still_halted(ctl, service, host, &halted, &err);
    if (rc != 0)
        return ctl_fail(ctl, &err);
    if (halted) {
        ctl_say(ctl, "%s is halted on all hosts: helios service clear-halt --all-hosts %s",
                service, service);
        return 1;
    }
    if (ctl->items[ITEM_JSON] != NULL)
        return print_json(ctl, verb, service, host);
    (void)printf("%s %s on %s%s\n", service, steer_done(verb), all ? "all hosts" : "host ",
                 all ? "" : host);
    return 0;
}

int service_hold(struct ctl *ctl)
{
    return steer(ctl, STEER_HOLD);
}

int service_resume(struct ctl *ctl)
{
    return steer(ctl, STEER_RESUME);
}

int service_halt(struct ctl *ctl)
{
    return steer(ctl, STEER_HALT);
}

int service_clear_halt(struct ctl *ctl)
{
    return steer(ctl, STEER_CLEAR);
}
