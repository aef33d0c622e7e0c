/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <string.h>

#include "codec/args.h"

#define VERSION_CHARS 10u

/* The usual case, in one statement: the row is ours already. */
static int renew(struct store *store, const struct store_registration *r,
                 struct helios_datum version, uint64_t *changed, struct helios_error *err)
{
    struct helios_datum params[] = {version, helios_text(r->service), helios_text(r->host),
                                    helios_int(r->pid), helios_int(r->start_time)};
    return store_exec(store, ST_REGISTRY_RENEW, 0, params, 5, changed, err);
}

static int replace(struct store *store, const struct store_registration *r,
                   struct helios_datum version, struct helios_error *err)
{
    struct helios_datum row[] = {helios_int(r->start_time), helios_text(r->service),
                                 version, helios_text(r->host), helios_int(r->pid)};
    struct helios_datum key[] = {helios_text(r->service), helios_text(r->host)};
    if (store_exec(store, ST_REGISTRY_DELETE, 0, key, 2, NULL, err) != 0)
        return -1;
    return store_exec(store, ST_REGISTRY_ADD, 0, row, 5, NULL, err);
}

int store_register(struct store *store, const struct store_registration *r,
                   struct helios_error *err)
{
    struct buf text = BUF_INIT;
    uint64_t changed = 0;
    if (r->version != NULL)
        text_fit(r->version, strlen(r->version), VERSION_CHARS, &text);
    struct helios_datum version =
        r->version != NULL ? helios_text(buf_text(&text)) : helios_null();
    int rc = text.failed ? err_set(err, HELIOS_E_NOMEM, "out of memory")
                         : store_fault(store, FAULT_REGISTER_BEFORE, err);
    if (rc == 0)
        rc = renew(store, r, version, &changed, err);
    if (rc == 0 && changed != 1) {
        rc = store_begin(store, err);
        if (rc == 0)
            rc = store_end(store, replace(store, r, version, err), err);
    }
    buf_fini(&text);
    if (rc == 0)
        rc = store_fault(store, FAULT_REGISTER_AFTER, err);
    return rc == 0 ? 0 : err_wrap(err, "cannot register %s", r->service);
}

int store_unregister(struct store *store, const struct store_registration *r,
                     struct helios_error *err)
{
    struct helios_datum params[] = {helios_text(r->service), helios_text(r->host),
                                    helios_int(r->pid)};
    if (store_fault(store, FAULT_UNREGISTER_BEFORE, err) != 0 ||
        store_exec(store, ST_REGISTRY_DELETE_PID, 0, params, 3, NULL, err) != 0)
        return err_wrap(err, "cannot remove the registration of %s", r->service);
    return 0;
}
