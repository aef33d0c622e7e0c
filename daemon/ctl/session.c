/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "store/connection.h"

bool ctl_jobid(struct ctl *ctl, const char *text, uint64_t *out)
{
    const char *hash = NULL;
    if (handle_parse(text, &hash, out, NULL) != 0)
        return false;
    if (hash[0] == '\0')
        return true;
    if (ctl->hash != NULL && strncmp(ctl->hash, hash, 32) != 0)
        return false;
    ctl->hash = hash;
    return true;
}

int ctl_open(struct ctl *ctl, struct helios_error *err)
{
    return helios_client_open(ctl->items[ITEM_CONFIG], NULL, &ctl->client, err);
}

int ctl_connect(struct ctl *ctl, const char *service, struct helios_error *err)
{
    if (helios_client_open(ctl->items[ITEM_CONFIG], service, &ctl->client, err) != 0)
        return -1;
    return client_choose(ctl->client, ctl->hash == NULL ? "" : ctl->hash, err);
}

#define SOON_S 8u

int ctl_connect_soon(struct ctl *ctl, struct helios_error *err)
{
    if (client_open_within(ctl->items[ITEM_CONFIG], SOON_S, &ctl->client, err) != 0)
        return -1;
    return client_choose(ctl->client, "", err);
}

#define AGAIN_MS 2000

static bool passes(const struct helios_error *err)
{
    return err->kind == HELIOS_E_LOST || err->kind == HELIOS_E_RETRY;
}

int ctl_reconnect(struct ctl *ctl, struct helios_error *err)
{
    if (!passes(err))
        return -1;
    ctl_say(ctl, "%s; trying again", err->text);
    do {
        helios_client_close(ctl->client);
        ctl->client = NULL;
        err_clear(err);
        (void)poll(NULL, 0, AGAIN_MS);
    } while (ctl_connect(ctl, NULL, err) != 0 && passes(err));
    if (ctl->client == NULL)
        return -1;
    ctl_say(ctl, "the database answers again");
    return 0;
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
