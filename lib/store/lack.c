/* SPDX-License-Identifier: MIT */
#include "store/lack.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "store/prefix.h"
#include "store/private.h"

static const char *prefix_of(const struct store *store)
{
    return store->dsn.prefix != NULL ? store->dsn.prefix : "";
}

/* ---- parts ---- */

struct looking {
    struct store *store;
    shape_fn *fn;
    void *arg;
    char table[64];     /* whose columns are ... */
    struct buf columns; /* ... these, a NUL behind each; none: it is not there */
};

static int column_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct buf *names = arg;
    const char *name = helios_datum_text(&columns[0]);
    (void)n;
    if (name != NULL)
        buf_append(names, name, strlen(name) + 1);
    return 0;
}

static int see_table(struct looking *l, const char *table, struct helios_error *err)
{
    if (strcmp(l->table, table) == 0)
        return 0;
    struct buf name = BUF_INIT;
    prefix_apply(table, prefix_of(l->store), &name);
    struct helios_datum param = helios_text(buf_text(&name));
    buf_clear(&l->columns);
    int rc = store_query(l->store, ST_SCHEMA_COLUMNS, 0, &param, 1, column_row, &l->columns,
                         err);
    buf_fini(&name);
    (void)snprintf(l->table, sizeof l->table, "%s", rc == 0 ? table : "");
    return rc;
}

static bool has_column(const struct buf *columns, const char *name)
{
    for (size_t at = 0; at < columns->len; at += strlen(columns->data + at) + 1) {
        if (strcasecmp(columns->data + at, name) == 0)
            return true;
    }
    return false;
}

static int look_at(void *arg, const struct shape_part *part, struct helios_error *err)
{
    struct looking *l = arg;
    bool met = true;
    if (see_table(l, part->table, err) != 0)
        return -1;
    if (part->kind == SHAPE_TABLE)
        met = l->columns.len > 0;
    else if (l->columns.len > 0 && part->kind == SHAPE_COLUMN)
        met = has_column(&l->columns, part->name);
    else if (l->columns.len > 0 &&
             store_schema_indexed(l->store, part->table, part->name, &met, err) != 0)
        return -1;
    if (met)
        return 0;
    int rc = l->fn(l->arg, part, err);
    if (part->kind == SHAPE_TABLE)
        l->table[0] = '\0'; /* it may be there now */
    return rc;
}

int lack_each(struct store *store, shape_fn *fn, void *arg, struct helios_error *err)
{
    struct looking l = {.store = store, .fn = fn, .arg = arg};
    int rc = shape_each(store_schema_steps(store), look_at, &l, err);
    buf_fini(&l.columns);
    return rc;
}

/* ---- findings ---- */

struct telling {
    struct store *store;
    lack_fn *fn;
    void *arg;
    enum lack_kind gravest;
    bool no_job, no_funcmap, no_error, no_history;
};

static void tell(struct telling *t, enum lack_kind kind, struct buf *finding,
                 const char *cure)
{
    struct lack lack = {.kind = kind, .finding = buf_text(finding), .cure = cure};
    t->gravest = kind > t->gravest ? kind : t->gravest;
    if (t->fn != NULL)
        t->fn(t->arg, &lack);
    buf_fini(finding);
}

static void note_table(struct telling *t, const char *table)
{
    t->no_job = t->no_job || strcmp(table, "job") == 0;
    t->no_funcmap = t->no_funcmap || strcmp(table, "funcmap") == 0;
    t->no_error = t->no_error || strcmp(table, "error") == 0;
    t->no_history = t->no_history || strcmp(table, "helios_job_history_tb") == 0;
}

static int tell_part(void *arg, const struct shape_part *part, struct helios_error *err)
{
    static const char upgrade[] = "run helios schema upgrade";
    struct telling *t = arg;
    struct buf finding = BUF_INIT;
    struct buf cure = BUF_INIT;
    (void)err;
    if (part->kind == SHAPE_TABLE)
        buf_puts(&finding, "there is no table ");
    prefix_apply(part->table, prefix_of(t->store), &finding);
    switch (part->kind) {
    case SHAPE_TABLE:
        note_table(t, part->table);
        tell(t, LACK_PART, &finding, upgrade);
        break;
    case SHAPE_INDEX:
        buf_printf(&finding, " has no index on (%s)", part->name);
        tell(t, LACK_PART, &finding, upgrade);
        break;
    case SHAPE_COLUMN:
        buf_printf(&finding, " has no column %s", part->name);
        buf_printf(&cure,
                   "helios schema upgrade adds no columns: restore the table, or add %s",
                   part->definition);
        tell(t, LACK_COLUMN, &finding, buf_text(&cure));
        break;
    }
    buf_fini(&cure);
    return 0;
}

/* ---- a queue torn from what refers to it ---- */

/* Whether any table of this queue is there: the history may be that of one whose tables
 * have another prefix, or none. */
static int begun(struct store *store, bool *out, struct helios_error *err)
{
    struct looking l = {.store = store};
    static const char *const tables[] = {"funcmap", "job", "error", "exitstatus",
                                         "helios_schema_tb"};
    int rc = 0;
    *out = false;
    for (size_t i = 0; rc == 0 && !*out && i < sizeof tables / sizeof tables[0]; i++) {
        rc = see_table(&l, tables[i], err);
        *out = l.columns.len > 0;
    }
    buf_fini(&l.columns);
    return rc;
}

/* The first of the tables that has rows which name what `missing` had, or NULL. */
static int find_witness(const struct telling *t, const char *missing, const char **out,
                        struct helios_error *err)
{
    const struct {
        const char *table;
        enum statement id;
        bool absent;
    } tables[] = {
        {"job", ST_SCHEMA_ANY_JOB, t->no_job},
        {"helios_job_history_tb", ST_SCHEMA_ANY_HISTORY, t->no_history},
        {"error", ST_SCHEMA_ANY_ERROR, t->no_error},
    };
    *out = NULL;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        int64_t one = 0;
        if (tables[i].absent || strcmp(tables[i].table, missing) == 0)
            continue;
        int rc = store_numbers(t->store, tables[i].id, NULL, 0, &one, 1, err);
        if (rc < 0)
            return -1;
        if (rc == 0) {
            *out = tables[i].table;
            return 0;
        }
    }
    return 0;
}

/* Numbers of jobs and jobtypes in new, empty tables would begin again, and mean others than
 * those that the rows have. */
static int tell_torn(struct telling *t, const char *missing, struct helios_error *err)
{
    const char *witness = NULL;
    struct buf finding = BUF_INIT;
    struct buf cure = BUF_INIT;
    struct buf names[2] = {BUF_INIT, BUF_INIT};
    if (find_witness(t, missing, &witness, err) != 0)
        return -1;
    if (witness == NULL)
        return 0;
    prefix_apply(missing, prefix_of(t->store), &names[0]);
    prefix_apply(witness, prefix_of(t->store), &names[1]);
    buf_printf(&finding,
               "%s has rows that refer to %s, which is missing: it seems that only a part "
               "of the tables was restored",
               buf_text(&names[1]), buf_text(&names[0]));
    buf_printf(&cure,
               "restore %s from the same backup, or empty %s to begin anew; then run "
               "helios schema upgrade",
               buf_text(&names[0]), buf_text(&names[1]));
    tell(t, LACK_TORN, &finding, buf_text(&cure));
    buf_fini(&cure);
    buf_fini(&names[0]);
    buf_fini(&names[1]);
    return 0;
}

int lack_tell(struct store *store, lack_fn *fn, void *arg, enum lack_kind *gravest,
              struct helios_error *err)
{
    struct telling t = {.store = store, .fn = fn, .arg = arg};
    bool ours = false;
    int rc = lack_each(store, tell_part, &t, err);
    if (rc == 0 && (t.no_job || t.no_funcmap))
        rc = begun(store, &ours, err);
    if (rc == 0 && ours && t.no_job)
        rc = tell_torn(&t, "job", err);
    if (rc == 0 && ours && t.no_funcmap)
        rc = tell_torn(&t, "funcmap", err);
    if (gravest != NULL)
        *gravest = t.gravest;
    return rc;
}
