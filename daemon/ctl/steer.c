/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/name.h"
#include "daemon/ctl/known.h"
#include "daemon/ctl/rowset.h"
#include "daemon/ctl/steer.h"
#include "daemon/ctl/table.h"
#include "store/listing.h"

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

/* ---- names that nobody has ---- */

struct spelling {
    const char *service, *param;
    bool found;
};

static void find_spelling(void *arg, const char *service, const char *host,
                          const char *param, const char *value)
{
    struct spelling *s = arg;
    (void)host;
    (void)value;
    if (strcmp(service, s->service) == 0 && strcmp(param, s->param) == 0)
        s->found = true;
}

/* The database compares, perhaps without regard to case: whether who asks it for the rows
 * of one name gets a row that is written with the other. */
static int finds(const struct ctl *ctl, const char *asked, const char *written,
                 enum steer_verb verb, bool *found, struct helios_error *err)
{
    const char *value;
    struct spelling s = {.service = written, .param = steer_param(verb, &value)};
    int rc = listing_params(ctl_store(ctl), asked, find_spelling, &s, err);
    *found = s.found;
    return rc;
}

static void say_unknown(const struct ctl *ctl, const struct known *known,
                        enum steer_verb verb, const char *host)
{
    const char *service = ctl->items[ITEM_SERVICE];
    const char *nearest = known_nearest(known, service);
    const char *value;
    const char *param = steer_param(verb, &value);
    ctl_say(ctl,
            "the row %s of %s for host %s is %s; no daemon, jobtype or section of that "
            "name is known%s%s%s",
            param, service, host, value == NULL ? "gone" : "set",
            nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
            nearest == NULL ? "" : "?");
}

/* Carries it out. `*unknown`: nobody whom the order could be meant for is known, which is
 * said. */
static int order(const struct ctl *ctl, enum steer_verb verb, const char *host,
                 bool *unknown, struct helios_error *err)
{
    const char *service = ctl->items[ITEM_SERVICE];
    struct known known;
    bool same = false;
    int rc = known_read(ctl, &known, err);
    const char *twin = known_twin(&known, service);
    if (rc == 0 && twin != NULL && verb == STEER_CLEAR)
        rc = finds(ctl, service, twin, verb, &same, err);
    if (rc == 0)
        rc = steer_rows(ctl_store(ctl), verb, service, host, err);
    if (rc == 0 && twin != NULL && verb != STEER_CLEAR)
        rc = finds(ctl, twin, service, verb, &same, err);
    *unknown = rc == 0 && !same && !known_has(&known, service);
    if (*unknown)
        say_unknown(ctl, &known, verb, host);
    else if (rc == 0 && same)
        ctl_say(ctl, "%s is meant too: this database compares names without regard to case",
                twin);
    known_fini(&known);
    return rc;
}

static int steer(struct ctl *ctl, enum steer_verb verb)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char own[256];
    bool halted = false;
    bool unknown = false;
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
        rc = order(ctl, verb, host, &unknown, &err);
    if (rc == 0 && verb == STEER_CLEAR)
        rc = still_halted(ctl, service, host, &halted, &err);
    if (rc != 0)
        return ctl_fail(ctl, &err);
    if (halted) {
        ctl_say(ctl, "%s is halted on all hosts: helios service clear-halt --all-hosts %s",
                service, service);
        return 1;
    }
    if (ctl->items[ITEM_JSON] != NULL) {
        code = print_json(ctl, verb, service, host);
        return code != 0 ? code : unknown ? 1 : 0;
    }
    if (unknown)
        return 1;
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
