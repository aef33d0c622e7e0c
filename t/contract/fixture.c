/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/handle.h"
#include "store/private.h"
#include "store/prefix.h"

static struct {
    struct dsn dsn;
    char folder[256];
    char database[256];
    char socket[256];
    char stock[512];
    const char *prefix; /* of the tables */
} here;

const char *fixture_text(const char *statement)
{
    static struct buf text;
    buf_clear(&text);
    prefix_apply(statement, here.prefix, &text);
    return buf_text(&text);
}

static bool on_sqlite(void)
{
    return here.dsn.driver == DSN_SQLITE;
}

/* ---- the database ---- */

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

static int start_sqlite(void)
{
    const char *tmp = environment("HELIOS_TEST_TMP", environment("TMPDIR", "/tmp"));
    (void)snprintf(here.folder, sizeof here.folder, "%s/contract.XXXXXX", tmp);
    if (mkdtemp(here.folder) == NULL)
        return 1;
    (void)snprintf(here.database, sizeof here.database, "%.200s/helios.db", here.folder);
    here.dsn = (struct dsn){.driver = DSN_SQLITE, .database = here.database};
    return 0;
}

static int make_database(const char *verb)
{
    struct helios_db *db = NULL;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct dsn dsn = {.driver = DSN_MYSQL, .socket = here.socket};
    char sql[512];
    (void)snprintf(sql, sizeof sql, "%s;", verb);
    int rc = db_connect(&dsn, "root", NULL, &db, &err);
    if (rc == 0)
        rc = db_script(db, sql, &err);
    if (rc != 0)
        print_error("%s\n", err.text);
    db_close(db);
    return rc == 0 ? 0 : 1;
}

static int start_mysql(void)
{
    char sql[512];
    const char *socket = getenv("HELIOS_TEST_SOCKET");
    if (socket == NULL || socket[0] == '\0')
        return FIXTURE_SKIP;
    (void)snprintf(here.socket, sizeof here.socket, "%s", socket);
    (void)snprintf(here.database, sizeof here.database, "contract_%d", (int)getpid());
    here.dsn =
        (struct dsn){.driver = DSN_MYSQL, .database = here.database, .socket = here.socket};
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s CHARACTER SET utf8mb4",
                   here.database);
    return make_database(sql);
}

static int make_tables(void)
{
    struct store *store = NULL;
    struct helios_error err = HELIOS_ERROR_INIT;
    int rc = store_create(&here.dsn, &err);
    if (rc == 0)
        rc = store_open(&here.dsn, "root", NULL, &store, &err);
    if (rc == 0)
        rc = store_schema_upgrade(store, NULL, NULL, &err);
    if (rc != 0)
        print_error("%s\n", err.text);
    store_close(store);
    return rc == 0 ? 0 : 1;
}

int fixture_start(void)
{
    const char *store = environment("HELIOS_TEST_STORE", "sqlite");
    int rc = strcmp(store, "mysql") == 0 ? start_mysql() : start_sqlite();
    here.prefix = environment("HELIOS_TEST_PREFIX", "");
    here.dsn.prefix = here.prefix[0] == '\0' ? NULL : strdup(here.prefix);
    return rc != 0 ? rc : make_tables();
}

void fixture_stop(void)
{
    char text[512];
    free(here.dsn.prefix);
    if (on_sqlite()) {
        static const char *const suffixes[] = {"", "-wal", "-shm"};
        for (size_t i = 0; i < 3; i++) {
            (void)snprintf(text, sizeof text, "%s%s", here.database, suffixes[i]);
            (void)unlink(text);
        }
        (void)rmdir(here.folder);
        return;
    }
    (void)snprintf(text, sizeof text, "DROP DATABASE %s", here.database);
    (void)make_database(text);
}

struct dsn *fixture_dsn(void)
{
    return &here.dsn;
}

struct store *fixture_open(void)
{
    struct store *store = NULL;
    struct helios_error err = HELIOS_ERROR_INIT;
    OK(store_open(&here.dsn, "root", NULL, &store, &err));
    return store;
}

static const char *const tables[] = {"job",
                                     "funcmap",
                                     "note",
                                     "error",
                                     "exitstatus",
                                     "helios_params_tb",
                                     "helios_class_map",
                                     "helios_job_history_tb",
                                     "helios_log_tb",
                                     "helios_worker_registry_tb"};

static void for_each_table(struct store *store, const char *verb)
{
    char sql[128];
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        (void)snprintf(sql, sizeof sql, "%s %s;", verb, tables[i]);
        fixture_sql(store, sql);
    }
}

int fixture_setup(void **state)
{
    struct store *store = fixture_open();
    for_each_table(store, "DELETE FROM");
    *state = store;
    return 0;
}

int fixture_teardown(void **state)
{
    store_close(*state);
    return 0;
}

void fixture_drop_tables(struct store *store)
{
    for_each_table(store, "DROP TABLE IF EXISTS");
    fixture_sql(store, "DROP TABLE IF EXISTS helios_schema_tb;");
}

void fixture_load_stock(struct store *store, const char *what)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    static char text[65536];
    (void)snprintf(here.stock, sizeof here.stock, HELIOS_TEST_DATA "/stock_%s.%s.sql", what,
                   on_sqlite() ? "sqlite" : "mysql");
    FILE *f = fopen(here.stock, "re");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    OK(db_script(store_db(store), fixture_text(text), &err));
}

/* ---- what the drivers differ in ---- */

void fixture_narrow_errors(struct store *store)
{
    if (!on_sqlite())
        fixture_sql(store, "ALTER TABLE error CONVERT TO CHARACTER SET latin1;");
}

void fixture_widen_errors(struct store *store)
{
    if (!on_sqlite())
        fixture_sql(store, "ALTER TABLE error CONVERT TO CHARACTER SET utf8mb4;");
}

void fixture_old_server(struct store *store)
{
    store_db(store)->flags &= ~(unsigned)(DB_SKIP_LOCKED | DB_RETURNING);
}

bool fixture_two_writers(void)
{
    return !on_sqlite();
}

bool fixture_set_clock(struct store *store, int64_t now)
{
    char sql[64];
    if (on_sqlite())
        return false;
    (void)snprintf(sql, sizeof sql, "SET timestamp = %lld;", (long long)now);
    fixture_sql(store, sql);
    return true;
}

bool fixture_ignores_case(void)
{
    return !on_sqlite();
}

int64_t fixture_characters(struct store *store, const char *column, const char *table)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT %s(%s) FROM %s",
                   on_sqlite() ? "LENGTH" : "CHAR_LENGTH", column, table);
    return fixture_number(store, sql);
}

long long fixture_connection(struct store *store)
{
    return on_sqlite() ? 0 : fixture_number(store, "SELECT CONNECTION_ID()");
}

bool fixture_kill(long long connection)
{
    char sql[64];
    if (connection == 0)
        return false;
    struct store *other = fixture_open();
    (void)snprintf(sql, sizeof sql, "KILL CONNECTION %lld;", connection);
    fixture_sql(other, sql);
    store_close(other);
    return true;
}

/* All steps of a plan: the index that each uses, and what else is said of it. */
static int plan_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct buf *plan = arg;
    /* MySQL: key is column 5, Extra the last; SQLite: detail is the last. */
    const char *key = n > 5 ? helios_datum_text(&columns[5]) : "";
    const char *extra = helios_datum_text(&columns[n - 1]);
    buf_printf(plan, "%s %s; ", key != NULL ? key : "no index", extra != NULL ? extra : "");
    return 0;
}

static void check_plan(struct store *store, enum statement id, const char *index,
                       const struct helios_datum *params, size_t n)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf plan = BUF_INIT;
    struct buf sql = BUF_INIT;
    enum helios_db_kind kind = helios_db_kind(store_db(store));
    buf_printf(&sql, "%s %s", on_sqlite() ? "EXPLAIN QUERY PLAN" : "EXPLAIN",
               statement_text(id, kind));
    OK(helios_db_query(store_db(store), fixture_text(buf_text(&sql)), params, n, plan_row,
                       &plan, &err));
    if (strstr(buf_text(&plan), index) == NULL ||
        strstr(buf_text(&plan), "filesort") != NULL ||
        strstr(buf_text(&plan), "TEMP B-TREE") != NULL)
        fail_msg("the claim should read the index %s without sorting: %s", index,
                 buf_text(&plan));
    buf_fini(&sql);
    buf_fini(&plan);
}

void fixture_check_claim_plan(struct store *store, uint32_t funcid)
{
    const struct helios_datum start[] = {helios_uint(funcid), helios_uint(8)};
    struct helios_datum behind[STORE_BEHIND_PARAMS];
    const char *index = on_sqlite() ? "helios_job_run_after" : "funcid ";
    store_datum_behind(funcid, (struct cursor_place){1700000000, 3}, 8, behind);
    check_plan(store, ST_CLAIM_IDS, index, start, 2);
    check_plan(store, ST_CLAIM_IDS_BEHIND, index, behind, STORE_BEHIND_PARAMS);
    check_plan(store, ST_CLAIM_NEXT, index, behind, STORE_BEHIND_PARAMS);
    check_plan(store, ST_WAITING_BEHIND, index, behind, STORE_BEHIND_PARAMS);
}

void fixture_check_priority_plan(struct store *store, uint32_t funcid)
{
    const struct helios_datum params[] = {helios_uint(funcid), helios_uint(0),
                                          helios_uint(8)};
    check_plan(store, ST_CLAIM_IDS_HIGH, "job_by_priority", params, 3);
    check_plan(store, ST_CLAIM_IDS_LOW, "job_by_low_priority", params, 3);
}

static int status_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    *(int64_t *)arg += strtoll(helios_datum_text(&columns[1]), NULL, 10);
    return 0;
}

int64_t fixture_rows_read(struct store *store)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int64_t sum = 0;
    if (on_sqlite())
        return -1;
    OK(helios_db_query(
        store_db(store),
        "SHOW SESSION STATUS WHERE Variable_name IN "
        "('Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd_next', "
        "'Handler_icp_attempts')",
        NULL, 0, status_row, &sum, &err));
    return sum;
}

static int text_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    *(enum helios_datum_type *)arg = columns[0].type;
    return 1;
}

bool fixture_history_type(struct store *store, uint64_t jobid)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_datum id = helios_uint(jobid);
    enum helios_datum_type type = HELIOS_DATUM_NULL;
    OK(helios_db_query(store_db(store),
                       "SELECT arg FROM helios_job_history_tb WHERE jobid = ?", &id, 1,
                       text_row, &type, &err));
    return type == (on_sqlite() ? HELIOS_DATUM_TEXT : HELIOS_DATUM_BLOB);
}

struct index_search {
    const char *columns;
    bool found;
};

static int index_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct index_search *search = arg;
    const char *text = helios_datum_text(&columns[0]);
    size_t len = strlen(search->columns);
    (void)n;
    if (text != NULL && strncmp(text, search->columns, len) == 0)
        search->found = true;
    return 0;
}

bool fixture_has_index(struct store *store, const char *table, const char *columns)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_datum param = helios_text(fixture_text(table));
    struct index_search search = {.columns = columns};
    enum helios_db_kind kind = helios_db_kind(store_db(store));
    OK(helios_db_query(store_db(store), statement_text(ST_SCHEMA_INDEX, kind), &param, 1,
                       index_row, &search, &err));
    return search.found;
}

/* ---- helpers above the interface ---- */

void fixture_ok(int rc, const struct helios_error *err, const char *file, int line)
{
    if (rc != 0) {
        print_error("returned %d: %s: %s\n", rc, helios_error_name(err->kind), err->text);
        _fail(file, line);
    }
}

void fixture_fails(int rc, enum helios_error_kind kind, const struct helios_error *err,
                   const char *file, int line)
{
    if (rc != -1 || err->kind != kind) {
        print_error("should fail as %s, returned %d: %s: %s\n", helios_error_name(kind), rc,
                    helios_error_name(err->kind), err->text);
        _fail(file, line);
    }
}

void fixture_sql(struct store *store, const char *statement)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    OK(db_script(store_db(store), fixture_text(statement), &err));
}

static int number_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    *(int64_t *)arg = helios_datum_int(&columns[0]);
    return 1;
}

int64_t fixture_number(struct store *store, const char *query)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int64_t number = -1;
    OK(helios_db_query(store_db(store), fixture_text(query), NULL, 0, number_row, &number,
                       &err));
    return number;
}

uint32_t fixture_jobtype(struct store *store, const char *name)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint32_t funcid = 0;
    OK(store_jobtype_ensure(store, name, &funcid, &err));
    return funcid;
}

uint64_t fixture_submit(struct store *store, const char *jobtype, size_t n)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_submission jobs[FIXTURE_JOBS];
    uint64_t jobids[FIXTURE_JOBS];
    assert_in_range(n, 1, FIXTURE_JOBS);
    for (size_t i = 0; i < n; i++)
        jobs[i] = (struct helios_submission){
            .jobtype = jobtype, .args = "<job/>", .args_len = 6, .priority = -1};
    OK(store_submit(store, jobs, n, jobids, &err));
    return jobids[0];
}

size_t fixture_claim(struct store *store, uint32_t funcid, struct store_job *jobs,
                     size_t want)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_claim claim = {.funcid = funcid, .want = want, .lease_s = 3600};
    size_t got = 0;
    OK(store_claim(store, &claim, jobs, &got, &err));
    return got;
}

struct store_held fixture_held(const struct store_job *job)
{
    uint32_t lease = job->lease_until;
    return (struct store_held){
        .job = job, .leases = {lease, lease, lease}, .text = "<job/>", .text_len = 6};
}

const struct store_outcome fixture_outcome = {.history = true};
