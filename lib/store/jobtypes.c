/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is known ---- */

static const struct jobtype *known_name(const struct store *store, const char *name)
{
    for (size_t i = 0; i < store->jobtypes_n; i++) {
        if (strcmp(store->jobtypes[i].name, name) == 0)
            return &store->jobtypes[i];
    }
    return NULL;
}

static const struct jobtype *known_id(const struct store *store, uint32_t funcid)
{
    for (size_t i = 0; i < store->jobtypes_n; i++) {
        if (store->jobtypes[i].stored && store->jobtypes[i].funcid == funcid)
            return &store->jobtypes[i];
    }
    return NULL;
}

static int remember(struct store *store, uint32_t funcid, const char *name, bool stored,
                    struct helios_error *err)
{
    if (known_name(store, name) != NULL)
        return 0;
    struct jobtype *grown =
        reallocarray(store->jobtypes, store->jobtypes_n + 1, sizeof *grown);
    if (grown != NULL)
        store->jobtypes = grown;
    char *copy = strdup(name);
    if (grown == NULL || copy == NULL) {
        free(copy);
        return err_set(err, HELIOS_E_NOMEM, "out of memory for jobtypes");
    }
    grown[store->jobtypes_n++] =
        (struct jobtype){.funcid = funcid, .stored = stored, .name = copy};
    return 0;
}

/* ---- what the table has ---- */

struct found {
    uint32_t funcid;
    char *name; /* owned; NULL: no row */
};

static int found_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct found *found = arg;
    const char *name = n == 2 ? helios_datum_text(&columns[1]) : NULL;
    found->funcid = n == 2 ? (uint32_t)helios_datum_uint(&columns[0]) : 0;
    found->name = name != NULL ? strdup(name) : NULL;
    return 1;
}

/* 1 if there is none. */
static int read_row(struct store *store, enum statement id, struct helios_datum key,
                    struct found *out, struct helios_error *err)
{
    *out = (struct found){.name = NULL};
    if (store_query(store, id, 0, &key, 1, found_row, out, err) != 0)
        return -1;
    return out->name == NULL ? 1 : 0;
}

static int check_given(const char *name, struct helios_error *err)
{
    if (name == NULL || name[0] == '\0')
        return err_set(err, HELIOS_E_INVALID, "the name of a jobtype is missing");
    return 0;
}

int store_jobtype_fits(const char *name, struct helios_error *err)
{
    if (check_given(name, err) != 0)
        return -1;
    return store_fits("the name of a jobtype", name, STORE_NAME_CHARS, err);
}

/* Another spelling of a name that the collation takes for equal is that jobtype. In a
 * transaction the row may be our own, which a rollback takes back: it is not remembered. */
static int look_up(struct store *store, const char *name, uint32_t *out,
                   struct helios_error *err)
{
    struct found found;
    int rc = read_row(store, ST_JOBTYPE_BY_NAME, helios_text(name), &found, err);
    if (rc == 0)
        *out = found.funcid;
    if (rc == 0 && !db_in_transaction(store->db)) {
        rc = remember(store, found.funcid, found.name, true, err);
        if (rc == 0)
            rc = remember(store, found.funcid, name, false, err);
    }
    free(found.name);
    return rc;
}

int store_jobtype(struct store *store, const char *name, uint32_t *out,
                  struct helios_error *err)
{
    if (check_given(name, err) != 0)
        return -1;
    const struct jobtype *known = known_name(store, name);
    if (known != NULL) {
        *out = known->funcid;
        return 0;
    }
    int rc = look_up(store, name, out, err);
    return rc < 0 ? err_wrap(err, "cannot look up jobtype %s", name) : rc;
}

/* Somebody else may add the same name at this moment: then theirs is used. */
static int add(struct store *store, const char *name, uint32_t *out,
               struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    struct helios_datum value = helios_text(name);
    if (store_jobtype_fits(name, err) != 0)
        return -1;
    if (store_exec(store, ST_JOBTYPE_ADD, 0, &value, 1, NULL, &local) == 0) {
        *out = (uint32_t)helios_db_last_id(store->db);
        return 0;
    }
    if (local.kind == HELIOS_E_DUPLICATE && look_up(store, name, out, NULL) == 0)
        return 0;
    return err_set(err, local.kind, "cannot create jobtype %s: %s", name, local.text);
}

int store_jobtype_ensure(struct store *store, const char *name, uint32_t *out,
                         struct helios_error *err)
{
    if (db_in_transaction(store->db))
        return err_set(err, HELIOS_E_INVALID,
                       "jobtype %s cannot be created in a transaction of jobs", name);
    int rc = store_jobtype(store, name, out, err);
    if (rc != 1)
        return rc;
    rc = add(store, name, out, err);
    return rc == 0 ? remember(store, *out, name, true, err) : rc;
}

/* A row that came with jobs and is rolled back with them would leave a remembered funcid
 * that no row explains. A server gets it from a connection of its own, and it is remembered
 * because the open transaction may not see it yet; an SQLite file, whose only writer is the
 * open transaction, in that. */
int store_jobtype_ensure_apart(struct store *store, const char *name, uint32_t *out,
                               struct helios_error *err)
{
    int rc = store_jobtype(store, name, out, err);
    if (rc != 1)
        return rc;
    if ((db_flags(store->db) & DB_ONE_WRITER) != 0)
        return add(store, name, out, err);
    struct store *apart = NULL;
    rc = store_open(&store->dsn, store->user, store->password, &apart, err);
    if (rc == 0)
        rc = store_jobtype_ensure(apart, name, out, err);
    store_close(apart);
    return rc == 0 ? remember(store, *out, name, true, err) : rc;
}

int store_jobtype_name(struct store *store, uint32_t funcid, const char **out,
                       struct helios_error *err)
{
    struct found found = {.name = NULL};
    int rc = 0;
    if (known_id(store, funcid) == NULL)
        rc = read_row(store, ST_JOBTYPE_BY_ID, helios_uint(funcid), &found, err);
    if (rc == 0 && found.name != NULL)
        rc = remember(store, found.funcid, found.name, true, err);
    free(found.name);
    if (rc < 0)
        return err_wrap(err, "cannot look up jobtype number %u", funcid);
    const struct jobtype *known = known_id(store, funcid);
    *out = known != NULL ? known->name : NULL;
    return 0;
}

static int class_row(void *arg, const struct helios_datum *columns, size_t n)
{
    const char *text = helios_datum_text(&columns[0]);
    (void)n;
    if (text != NULL)
        buf_puts(arg, text);
    return 1;
}

int store_class_of(struct store *store, const char *type, struct buf *out,
                   struct helios_error *err)
{
    struct helios_error local = HELIOS_ERROR_INIT;
    struct helios_datum name = helios_text(type);
    if (store_query(store, ST_CLASS_OF, 0, &name, 1, class_row, out, &local) != 0 &&
        local.kind != HELIOS_E_SCHEMA)
        return err_set(err, local.kind, "cannot read helios_class_map: %s", local.text);
    if (out->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for a jobtype");
    return out->len > 0 ? 0 : 1;
}
