/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <string.h>

#include "core/mono.h"
#include "core/name.h"
#include "daemon/ctl/fleet.h"
#include "store/query.h"

const struct ctl_option service_historical_options[] = {
    {ITEM_SERVICE, '\0', "service", "SERVICE", false, "this service only"},
    {ITEM_HOST, 'H', "hostname", "HOST", false,
     "this host if not given; '*' is every host"},
    {ITEM_EPOCH_TIME, '\0', "epoch-time", NULL, false, "print times as Unix seconds"},
    {.name = NULL},
};

static void print_time(const struct ctl *ctl, const char *label, int64_t when)
{
    char text[CTL_TIME_LEN];
    if (ctl->items[ITEM_EPOCH_TIME] != NULL)
        (void)printf("%s: %lld\n", label, (long long)when);
    else
        (void)printf("%s: %s\n", label, ctl_time(when, text));
}

static void print_daemon(void *arg, const struct query_daemon *daemon)
{
    const struct ctl *ctl = arg;
    bool version = daemon->version != NULL && daemon->version[0] != '\0';
    (void)printf("Service: %s\nVersion: %s\nHost: %s\nPID: %lld\n", daemon->service,
                 version ? daemon->version : "(none)", daemon->host,
                 (long long)daemon->pid);
    print_time(ctl, "Online Since", daemon->start_time);
    print_time(ctl, "Last Registered", daemon->register_time);
    (void)puts("");
}

int service_historical(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    char own[256];
    name_host(own, sizeof own);
    const char *host = ctl->items[ITEM_HOST] == NULL ? own : ctl->items[ITEM_HOST];
    if (strcmp(host, "*") == 0)
        host = NULL;
    if (ctl_connect(ctl, "Helios::Service", &err) != 0 ||
        query_daemons(ctl_store(ctl), ctl->items[ITEM_SERVICE], host,
                      wall_now() - FLEET_SILENT_S, print_daemon, ctl, &err) != 0)
        return ctl_fail(ctl, &err);
    return 0;
}
