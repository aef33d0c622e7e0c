/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <stdlib.h>

#include "store/connection.h"

int ctl_connect(struct ctl *ctl, const char *service, struct helios_error *err)
{
    return helios_client_open(ctl->items[ITEM_CONFIG], service, &ctl->client, err);
}

struct store *ctl_store(const struct ctl *ctl)
{
    return client_store(ctl->client);
}

bool ctl_debugging(void)
{
    const char *debug = getenv("HELIOS_DEBUG");
    return debug != NULL && strtod(debug, NULL) == 1.0;
}
