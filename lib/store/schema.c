/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "db/script.h"
#include "store/lack.h"
#include "store/prefix.h"

/* ---- status ---- */

enum table {
    TABLE_QUEUE = 1u << 0, /* one bit each for what a daemon needs ... */
    TABLE_FUNCMAP = 1u << 1,
    TABLE_ERROR = 1u << 2,
    TABLE_EXITSTATUS = 1u << 3,
    TABLE_PARAMS = 1u << 4,
    TABLE_HISTORY = 1u << 5,
    TABLE_LOG = 1u << 6,
    TABLE_REGISTRY = 1u << 7,
    TABLE_SCHEMA = 1u << 8,
    TABLE_OTHER = 1u << 9 /* ... and one for the rest */
};
#define TABLES_THESCHWARTZ (TABLE_QUEUE | TABLE_FUNCMAP | TABLE_ERROR | TABLE_EXITSTATUS)
#define TABLES_HELIOS      (TABLE_PARAMS | TABLE_HISTORY | TABLE_LOG | TABLE_REGISTRY)

static unsigned table_bit(const struct store *store, const char *name)
{
    static const char *const names[] = {"job",
                                        "funcmap",
                                        "error",
                                        "exitstatus",
                                        "helios_params_tb",
                                        "helios_job_history_tb",
                                        "helios_log_tb",
                                        "helios_worker_registry_tb",
                                        "helios_schema_tb"};
    const char *prefix = store->dsn.prefix != NULL ? store->dsn.prefix : "";
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf table = BUF_INIT;
        prefix_apply(names[i], prefix, &table);
        bool same = strcasecmp(name, buf_text(&table)) == 0;
        buf_fini(&table);
        if (same)
            return 1u << i;
    }
    return TABLE_OTHER;
}

struct tables {
    const struct store *store;
    unsigned bits;
};

static int table_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct tables *tables = arg;
    const char *name = helios_datum_text(&columns[0]);
    (void)n;
    if (name != NULL)
        tables->bits |= table_bit(tables->store, name);
    return 0;
}

const struct schema_step *store_schema_steps(const struct store *store)
{
    return helios_db_kind(store->db) == HELIOS_DB_SQLITE ? schema_sqlite : schema_mysql;
}

static enum store_schema_state state_of(unsigned tables, const struct store_schema *s)
{
    if (tables == 0)
        return SCHEMA_EMPTY;
    if (s->version == 0)
        return SCHEMA_STOCK;
    if (s->version == s->latest)
        return SCHEMA_CURRENT;
    return s->version < s->latest ? SCHEMA_OLD : SCHEMA_NEWER;
}

static int read_status(struct store *store, struct store_schema *out, unsigned *tables,
                       struct helios_error *err)
{
    int64_t version = 0;
    *out = (struct store_schema){.state = SCHEMA_EMPTY};
    struct tables found = {.store = store};
    *tables = 0;
    for (const struct schema_step *s = store_schema_steps(store); s->version != 0; s++)
        out->latest = s->version;
    if (store_query(store, ST_SCHEMA_TABLES, 0, NULL, 0, table_row, &found, err) != 0)
        return -1;
    *tables = found.bits;
    if ((*tables & TABLE_SCHEMA) != 0 &&
        store_numbers(store, ST_SCHEMA_VERSION, NULL, 0, &version, 1, err) != 0)
        return -1;
    out->version = (unsigned)version;
    out->has_helios_tables = (*tables & TABLES_HELIOS) == TABLES_HELIOS;
    out->state = state_of(*tables, out);
    return 0;
}

int store_schema_status(struct store *store, struct store_schema *out,
                        struct helios_error *err)
{
    unsigned tables = 0;
    enum lack_kind gravest = LACK_NONE;
    int rc = read_status(store, out, &tables, err);
    if (rc == 0 && out->state == SCHEMA_CURRENT)
        rc = lack_tell(store, NULL, NULL, &gravest, err);
    if (gravest != LACK_NONE)
        out->state = SCHEMA_INCOMPLETE;
    return rc == 0 ? 0 : err_wrap(err, "cannot read the state of the schema");
}

/* Stock tables do: a daemon must be able to join a collective whose administrator grants
 * no DDL. */
int store_schema_require(struct store *store, struct helios_error *err)
{
    struct store_schema s;
    unsigned tables = 0;
    unsigned needed = TABLES_THESCHWARTZ | TABLES_HELIOS;
    if (read_status(store, &s, &tables, err) != 0)
        return err_wrap(err, "cannot read the state of the schema");
    if (s.state == SCHEMA_EMPTY)
        return err_set(err, HELIOS_E_SCHEMA,
                       "the database has no tables of Helios: make them with "
                       "`helios schema init`");
    if ((tables & needed) != needed)
        return err_set(err, HELIOS_E_SCHEMA,
                       "the database lacks some tables of Helios: add them with "
                       "`helios schema upgrade`");
    if (s.state == SCHEMA_OLD)
        return err_set(err, HELIOS_E_SCHEMA,
                       "the schema has version %u, this program needs %u: run "
                       "`helios schema upgrade`",
                       s.version, s.latest);
    return 0;
}

/* ---- guards ---- */

struct guard {
    const char *columns; /* joined by commas */
    bool met;            /* an index begins with these columns */
};

static int guard_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct guard *guard = arg;
    const char *index = helios_datum_text(&columns[0]);
    size_t len = strlen(guard->columns);
    (void)n;
    if (index != NULL && strncasecmp(index, guard->columns, len) == 0 &&
        (index[len] == '\0' || index[len] == ','))
        guard->met = true;
    return 0;
}

int store_schema_indexed(struct store *store, const char *table, const char *columns,
                         bool *out, struct helios_error *err)
{
    struct guard guard = {.columns = columns};
    struct buf name = BUF_INIT;
    prefix_apply(table, store->dsn.prefix != NULL ? store->dsn.prefix : "", &name);
    struct helios_datum param = helios_text(buf_text(&name));
    int rc = store_query(store, ST_SCHEMA_INDEX, 0, &param, 1, guard_row, &guard, err);
    buf_fini(&name);
    *out = guard.met;
    return rc;
}

/* Copies up to `end`, without blanks. */
static const char *take_word(const char *from, char end, char *to, size_t size)
{
    size_t n = 0;
    for (; *from != end && *from != '\n' && *from != '\0'; from++) {
        if (isspace((unsigned char)*from) == 0 && n + 1 < size)
            to[n++] = *from;
    }
    to[n] = '\0';
    return *from == end ? from + 1 : from;
}

/* Whether the comment before a statement says that it is not needed here. */
static int is_needed(struct store *store, const char *statement, bool *needed,
                     struct helios_error *err)
{
    static const char mark[] = "-- unless index ";
    char table[65];
    char columns[256];
    bool met = false;
    const char *at = strstr(statement, mark);
    *needed = true;
    if (at == NULL)
        return 0;
    at = take_word(at + sizeof mark - 1, '(', table, sizeof table);
    (void)take_word(at, ')', columns, sizeof columns);
    if (store_schema_indexed(store, table, columns, &met, err) != 0)
        return -1;
    *needed = !met;
    return 0;
}

/* ---- upgrade ---- */

#define PATIENCE_S 86400u

static int apply_statement(struct store *store, const char *statement, size_t len,
                           struct helios_error *err)
{
    struct buf text = BUF_INIT;
    bool needed = false;
    buf_append(&text, statement, len);
    int rc = store_fault(store, FAULT_SCHEMA_BEFORE, err);
    if (rc == 0)
        rc = text.failed ? err_set(err, HELIOS_E_NOMEM, "out of memory")
                         : is_needed(store, text.data, &needed, err);
    if (rc == 0 && needed) {
        const char *script = store_prefixed(store, text.data, err);
        rc = script == NULL ? -1 : db_script(store->db, script, err);
    }
    buf_fini(&text);
    return rc;
}

/* A step that was interrupted is applied again: each of its statements does nothing where
 * its work is done. */
static int apply_step(struct store *store, const struct schema_step *step,
                      struct helios_error *err)
{
    const char *at = step->script;
    const char *statement;
    size_t len;
    while (script_next(&at, &statement, &len)) {
        if (apply_statement(store, statement, len, err) != 0)
            return err_wrap(err, "step %u (%s)", step->version, step->name);
    }
    if (store_fault(store, FAULT_SCHEMA_STEP, err) != 0)
        return -1;
    struct helios_datum params[] = {helios_uint(step->version), helios_text(step->name)};
    return store_exec(store, ST_SCHEMA_RECORD, 0, params, 2, NULL, err);
}

static int apply_steps(struct store *store, store_step_fn *fn, void *arg,
                       struct helios_error *err)
{
    struct store_schema s;
    unsigned tables = 0;
    if (read_status(store, &s, &tables, err) != 0)
        return -1;
    for (const struct schema_step *step = store_schema_steps(store); step->version != 0;
         step++) {
        if (step->version <= s.version)
            continue;
        if (fn != NULL)
            fn(arg, step->version, step->name);
        if (apply_step(store, step, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- what steps that were applied have made, and what is missing again ---- */

struct mending {
    struct store *store;
    store_step_fn *fn;
    void *arg;
};

/* A server gives the name that it gives in CREATE TABLE, by which statements ask for an
 * index. In SQLite, where they do not, the name is none of a step's: that may still be the
 * name of an index of a table which was renamed. */
static void make_index(const struct store *store, const char *prefix,
                       const struct shape_part *part, struct buf *out)
{
    const char *unique = part->unique ? "UNIQUE " : "";
    if (helios_db_kind(store->db) != HELIOS_DB_SQLITE) {
        buf_printf(out, "ALTER TABLE %s ADD %sINDEX (%s);", part->table, unique,
                   part->name);
        return;
    }
    buf_printf(out, "CREATE %sINDEX %s%s_", unique, prefix, part->table);
    for (const char *c = part->name; *c != '\0'; c++)
        buf_putc(out, *c == ',' ? '_' : *c);
    buf_printf(out, " ON %s (%s);", part->table, part->name);
}

static int mend(void *arg, const struct shape_part *part, struct helios_error *err)
{
    struct mending *m = arg;
    struct buf name = BUF_INIT;
    struct buf script = BUF_INIT;
    const char *prefix = m->store->dsn.prefix != NULL ? m->store->dsn.prefix : "";
    prefix_apply(part->table, prefix, &name);
    if (part->kind == SHAPE_INDEX)
        buf_printf(&name, " (%s)", part->name);
    if (m->fn != NULL)
        m->fn(m->arg, 0, buf_text(&name));
    if (part->kind == SHAPE_TABLE)
        buf_append(&script, part->statement, part->len);
    else
        make_index(m->store, prefix, part, &script);
    int rc = apply_statement(m->store, buf_text(&script), script.len, err);
    if (rc != 0)
        rc = err_wrap(err, "%s", buf_text(&name));
    buf_fini(&name);
    buf_fini(&script);
    return rc;
}

static void refuse(void *arg, const struct lack *lack)
{
    if (lack->kind >= LACK_COLUMN)
        (void)err_set(arg, HELIOS_E_SCHEMA, "%s: %s", lack->finding, lack->cure);
}

static int apply_missing(struct store *store, store_step_fn *fn, void *arg,
                         struct helios_error *err)
{
    struct mending m = {.store = store, .fn = fn, .arg = arg};
    struct helios_error why = HELIOS_ERROR_INIT;
    enum lack_kind gravest = LACK_NONE;
    if (lack_tell(store, refuse, &why, &gravest, err) != 0)
        return -1;
    if (gravest >= LACK_COLUMN)
        return err_set(err, why.kind, "%s", why.text);
    if (apply_steps(store, fn, arg, err) != 0)
        return -1;
    return lack_each(store, mend, &m, err);
}

/* A server's DDL commits by itself: a lock of its own keeps others out meanwhile. */
static int upgrade_locked(struct store *store, store_step_fn *fn, void *arg,
                          struct helios_error *err)
{
    int64_t got = 0;
    int64_t unused = 0;
    if (store_numbers(store, ST_SCHEMA_LOCK, NULL, 0, &got, 1, err) != 0)
        return -1;
    if (got != 1)
        return err_set(err, HELIOS_E_RETRY, "another program is upgrading the schema");
    int rc = apply_missing(store, fn, arg, err);
    (void)store_numbers(store, ST_SCHEMA_UNLOCK, NULL, 0, &unused, 1, NULL);
    return rc;
}

/* On a connection that waits for a server that works on a large table. */
static int upgrade_server(struct store *store, store_step_fn *fn, void *arg,
                          struct helios_error *err)
{
    struct dsn dsn = store->dsn; /* borrows the texts */
    struct store *patient = NULL;
    dsn.read_timeout_s = PATIENCE_S;
    if (store_open(&dsn, store->user, store->password, &patient, err) != 0)
        return -1;
    int rc = upgrade_locked(patient, fn, arg, err);
    store_close(patient);
    return rc;
}

int store_schema_upgrade(struct store *store, store_step_fn *fn, void *arg,
                         struct helios_error *err)
{
    int rc = -1;
    store->no_notes = false;
    if ((db_flags(store->db) & DB_ONE_WRITER) == 0)
        rc = upgrade_server(store, fn, arg, err);
    else if (store_begin(store, err) == 0)
        rc = store_end(store, apply_missing(store, fn, arg, err), err);
    return rc == 0 ? 0 : err_wrap(err, "cannot upgrade the schema");
}
