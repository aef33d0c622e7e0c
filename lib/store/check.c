/* SPDX-License-Identifier: MIT */
#include "store/check.h"

#include "core/err.h"
#include "store/lack.h"
#include "store/private.h"

#define JOBTYPES_MOST 1000 /* of those that jobs have */

struct checking {
    struct store *store;
    check_fn *fn;
    void *arg;
    bool fault;
    unsigned found;
};

static void tell(struct checking *c, enum check_level level, const struct buf *finding,
                 const char *advice)
{
    c->found++;
    c->fault = c->fault || level == CHECK_FAULT;
    c->fn(c->arg, level, buf_text(finding), advice);
}

/* ---- version ---- */

static int check_version(struct checking *c, bool *usable, struct helios_error *err)
{
    struct store_schema schema;
    struct buf text = BUF_INIT;
    if (store_schema_status(c->store, &schema, err) != 0)
        return -1;
    *usable = schema.state != SCHEMA_EMPTY;
    buf_printf(&text, "the schema is at version %u of %u", schema.version, schema.latest);
    if (schema.state == SCHEMA_EMPTY)
        tell(c, CHECK_FAULT, &text, "check dsn, then run helios schema init");
    else if (schema.state == SCHEMA_NEWER)
        tell(c, CHECK_WARNING, &text, "install the later Helios here");
    else if (schema.state == SCHEMA_STOCK || schema.state == SCHEMA_OLD)
        tell(c, CHECK_FAULT, &text, "run helios schema upgrade");
    buf_fini(&text);
    return 0;
}

/* ---- tables, columns and indexes ---- */

static void tell_lack(void *arg, const struct lack *lack)
{
    struct checking *c = arg;
    struct buf text = BUF_INIT;
    buf_puts(&text, lack->finding);
    tell(c, CHECK_FAULT, &text, lack->cure);
    buf_fini(&text);
}

/* ---- rows ---- */

/* From one number to the next by the index, not by reading the jobs. */
static int check_jobtypes(struct checking *c, struct helios_error *err)
{
    int64_t id = 0;
    for (unsigned i = 0; i < JOBTYPES_MOST; i++) {
        const char *name = NULL;
        struct helios_datum after = helios_int(id);
        if (store_numbers(c->store, ST_CHECK_NEXT_TYPE, &after, 1, &id, 1, err) < 0)
            return -1;
        if (id == 0)
            return 0;
        if (store_jobtype_name(c->store, (uint32_t)id, &name, err) != 0)
            return -1;
        if (name != NULL)
            continue;
        struct buf text = BUF_INIT;
        buf_printf(&text, "jobs have jobtype number %lld, which is in no row of funcmap",
                   (long long)id);
        tell(c, CHECK_WARNING, &text, "nobody runs them: restore the row, or delete them");
        buf_fini(&text);
    }
    return 0;
}

static int duplicate_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct checking *c = arg;
    struct buf text = BUF_INIT;
    const char *words[3] = {"", "", ""};
    for (size_t i = 0; i < n && i < 3; i++) {
        const char *word = helios_datum_text(&columns[i]);
        words[i] = word == NULL ? "" : word;
    }
    buf_printf(&text, "%s of %s is set more than once for host %s", words[2], words[0],
               words[1]);
    tell(c, CHECK_WARNING, &text, "set it again with helios config set");
    buf_fini(&text);
    return 0;
}

static int check_rows(struct checking *c, struct helios_error *err)
{
    if (check_jobtypes(c, err) != 0)
        return -1;
    return store_query(c->store, ST_CHECK_DUPLICATES, 0, NULL, 0, duplicate_row, c, err);
}

/* ---- all ---- */

int check_schema(struct store *store, check_fn *fn, void *arg, struct helios_error *err)
{
    struct checking c = {.store = store, .fn = fn, .arg = arg};
    bool usable = false;
    int rc = check_version(&c, &usable, err);
    if (rc == 0 && usable)
        rc = lack_tell(store, tell_lack, &c, NULL, err);
    if (rc == 0 && usable && !c.fault)
        rc = check_rows(&c, err);
    if (rc != 0)
        return err_wrap(err, "cannot check the tables");
    if (c.found == 0)
        fn(arg, CHECK_OK, "the tables are as they should be", "");
    return 0;
}

int check_due(struct store *store, uint32_t funcid, struct check_due *out,
              struct helios_error *err)
{
    int64_t row[5] = {0};
    struct helios_datum id = helios_uint(funcid);
    if (store_numbers(store, ST_CHECK_DUE, &id, 1, row, 5, err) < 0)
        return err_wrap(err, "cannot look at the jobs that are due");
    *out = (struct check_due){.overdue = (uint64_t)row[0],
                              .waiting = (uint64_t)row[1],
                              .running = (uint64_t)row[2],
                              .since = row[3],
                              .now = row[4]};
    return 0;
}

int check_priority_index(struct store *store, const char *service, bool low, check_fn *fn,
                         void *arg, struct helios_error *err)
{
    bool there = false;
    struct buf finding = BUF_INIT;
    struct buf advice = BUF_INIT;
    if (store_schema_indexed(store, "job", "funcid,priority,run_after", &there, err) != 0)
        return err_wrap(err, "cannot look for the index of priorities");
    if (there)
        return 0;
    const char *sql = store_prefixed(
        store,
        low ? "CREATE INDEX job_by_low_priority ON job (funcid, priority, run_after)"
            : "CREATE INDEX job_by_priority ON job (funcid, priority DESC, run_after)",
        err);
    if (sql == NULL)
        return -1;
    buf_printf(&finding,
               "%s takes its jobs by priority: each claim reads and sorts all "
               "that wait",
               service);
    buf_printf(&advice, "where they are many, %s", sql);
    fn(arg, CHECK_WARNING, buf_text(&finding), buf_text(&advice));
    buf_fini(&finding);
    buf_fini(&advice);
    return 0;
}
