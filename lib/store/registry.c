/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <string.h>

#include "codec/args.h"

#define VERSION_CHARS 10u

static int insert(struct store *store, const struct store_registration *r,
                  struct helios_error *err)
{
    struct buf version = BUF_INIT;
    if (r->version != NULL)
        text_fit(r->version, strlen(r->version), VERSION_CHARS, &version);
    struct helios_datum params[] = {helios_int(r->start_time), helios_text(r->service),
                                    r->version != NULL ? helios_text(buf_text(&version))
                                                       : helios_null(),
                                    helios_text(r->host), helios_int(r->pid)};
    int rc = version.failed ? err_set(err, HELIOS_E_NOMEM, "out of memory")
                            : store_exec(store, ST_REGISTRY_ADD, 0, params, 5, NULL, err);
    buf_fini(&version);
    return rc;
}

static int replace(struct store *store, const struct store_registration *r,
                   struct helios_error *err)
{
    struct helios_datum params[] = {helios_text(r->service), helios_text(r->host)};
    if (store_exec(store, ST_REGISTRY_DELETE, 0, params, 2, NULL, err) != 0)
        return -1;
    return insert(store, r, err);
}

int store_register(struct store *store, const struct store_registration *r,
                   struct helios_error *err)
{
    int rc = store_begin(store, err);
    if (rc == 0)
        rc = store_end(store, replace(store, r, err), err);
    return rc == 0 ? 0 : err_wrap(err, "cannot register %s", r->service);
}

int store_unregister(struct store *store, const struct store_registration *r,
                     struct helios_error *err)
{
    struct helios_datum params[] = {helios_text(r->service), helios_text(r->host),
                                    helios_int(r->pid)};
    if (store_exec(store, ST_REGISTRY_DELETE_PID, 0, params, 3, NULL, err) != 0)
        return err_wrap(err, "cannot remove the registration of %s", r->service);
    return 0;
}
