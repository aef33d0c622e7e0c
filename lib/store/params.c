/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#define NAME_CHARS  64u
#define VALUE_CHARS 128u
#define PARAMS_OF   3u /* parameters of ST_PARAMS */

/* ---- reading ---- */

struct reader {
    store_param_fn *param;
    struct store_due *due;
    store_halt_fn *halt;
    void *arg;
};

static int param_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    const char *host = helios_datum_text(&columns[0]);
    const char *param = helios_datum_text(&columns[1]);
    (void)n;
    if (host == NULL)
        r->due->found = true;
    else if (param != NULL)
        r->param(r->arg, host, param, helios_datum_text(&columns[2]));
    return 0;
}

static int query_params(struct store *store, struct helios_datum *params,
                        struct reader *reader, struct helios_error *err)
{
    struct store_due *due = reader->due;
    if (due == NULL)
        return store_query(store, ST_PARAMS, 0, params, PARAMS_OF, param_row, reader, err);
    due->found = false;
    for (size_t i = 0; i < due->n; i++)
        params[PARAMS_OF + i] = helios_uint(due->funcids[i]);
    struct mono begun = mono_now();
    int rc = store_query(store, ST_PARAMS_DUE, due->n, params, PARAMS_OF + due->n,
                         param_row, reader, err);
    due->took_ms = mono_diff_ms(mono_now(), begun);
    return rc;
}

int store_params(struct store *store, const char *service, const char *host,
                 store_param_fn *fn, void *arg, struct store_due *due,
                 struct helios_error *err)
{
    struct reader r = {.param = fn, .arg = arg, .due = due};
    struct helios_datum params[PARAMS_OF + STORE_DUE_MOST] = {
        helios_text(service), helios_text(service), helios_text(host)};
    if (due != NULL && due->n > STORE_DUE_MOST)
        return err_set(err, HELIOS_E_LIMIT, "more than %u jobtypes are asked for at once",
                       STORE_DUE_MOST);
    if (store_fault(store, FAULT_PARAMS_BEFORE, err) != 0 ||
        query_params(store, params, &r, err) != 0)
        return err_wrap(err,
                        due == NULL ? "cannot read the parameters of %s"
                                    : "cannot read the parameters and jobs of %s",
                        service);
    return 0;
}

static int halt_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct reader *r = arg;
    const char *service = helios_datum_text(&columns[0]);
    (void)n;
    if (service != NULL)
        r->halt(r->arg, service, helios_datum_text(&columns[1]),
                helios_datum_text(&columns[2]));
    return 0;
}

int store_halts(struct store *store, const char *host, store_halt_fn *fn, void *arg,
                struct helios_error *err)
{
    struct reader r = {.halt = fn, .arg = arg};
    struct helios_datum param = helios_text(host);
    if (store_query(store, ST_HALTS, 0, &param, 1, halt_row, &r, err) != 0)
        return err_wrap(err, "cannot read HALT rows");
    return 0;
}

/* ---- writing ---- */

static int insert(struct store *store, const char *service, const char *host,
                  const char *param, const char *value, struct helios_error *err)
{
    struct helios_datum params[] = {helios_text(service), helios_text(host),
                                    helios_text(param), helios_text(value)};
    if (store_fits("the service", service, NAME_CHARS, err) != 0 ||
        store_fits("the host", host, NAME_CHARS, err) != 0 ||
        store_fits("the parameter's name", param, NAME_CHARS, err) != 0 ||
        store_fits("the value", value, VALUE_CHARS, err) != 0)
        return -1;
    return store_exec(store, ST_PARAM_ADD, 0, params, 4, NULL, err);
}

static int delete_rows(struct store *store, const char *service, const char *host,
                       const char *param, const char *value, uint64_t *deleted,
                       struct helios_error *err)
{
    struct helios_datum params[] = {helios_text(service), helios_text(host),
                                    helios_text(param), helios_text(value)};
    return store_exec(store, value != NULL ? ST_PARAM_DELETE_VALUE : ST_PARAM_DELETE, 0,
                      params, value != NULL ? 4 : 3, deleted, err);
}

static int replace(struct store *store, const char *service, const char *host,
                   const char *param, const char *value, struct helios_error *err)
{
    uint64_t deleted = 0;
    if (delete_rows(store, service, host, param, NULL, &deleted, err) != 0)
        return -1;
    return insert(store, service, host, param, value, err);
}

int store_param_set(struct store *store, const char *service, const char *host,
                    const char *param, const char *value, struct helios_error *err)
{
    int rc = store_begin(store, err);
    if (rc == 0)
        rc = store_end(store, replace(store, service, host, param, value, err), err);
    return rc == 0 ? 0 : err_wrap(err, "cannot set %s of %s", param, service);
}

int store_param_add(struct store *store, const char *service, const char *host,
                    const char *param, const char *value, struct helios_error *err)
{
    if (store_fault(store, FAULT_HALT_BEFORE, err) != 0 ||
        insert(store, service, host, param, value, err) != 0)
        return err_wrap(err, "cannot add %s of %s", param, service);
    return 0;
}

int store_param_unset(struct store *store, const char *service, const char *host,
                      const char *param, const char *value, uint64_t *deleted,
                      struct helios_error *err)
{
    if (delete_rows(store, service, host, param, value, deleted, err) != 0)
        return err_wrap(err, "cannot unset %s of %s", param, service);
    return 0;
}
