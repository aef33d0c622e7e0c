/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/handle.h"

/* ---- values ---- */

#define VALUES 7
struct values {
    const struct helios_datum *sent;
    size_t rows;
};

static int compare_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct values *values = arg;
    assert_int_equal(n, VALUES);
    values->rows++;
    assert_int_equal(columns[0].type, HELIOS_DATUM_NULL);
    assert_int_equal(helios_datum_int(&columns[1]), INT64_MIN);
    assert_true(helios_datum_uint(&columns[2]) == values->sent[2].u);
    assert_true(columns[3].d == 0.5);
    for (size_t i = 4; i < VALUES; i++) {
        const char *text = helios_datum_text(&columns[i]);
        assert_non_null(text);
        assert_int_equal(columns[i].len, values->sent[i].len);
        assert_memory_equal(text, values->sent[i].data, columns[i].len);
        assert_int_equal(text[columns[i].len], '\0');
    }
    return 0;
}

static void values_come_back(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    unsigned char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    struct helios_datum sent[VALUES] = {helios_null(),
                                        helios_int(INT64_MIN),
                                        helios_uint(INT64_MAX),
                                        helios_double(0.5),
                                        helios_text("\xe2\x98\xba na\xc3\xafve"),
                                        helios_blob(bytes, sizeof bytes),
                                        helios_blob(NULL, 0)};
    struct values values = {.sent = sent};
    fixture_sql(*state, "CREATE TABLE value_tb (a INTEGER, b BIGINT, c BIGINT, d DOUBLE, "
                        "e VARCHAR(20), f BLOB, g BLOB);");
    OK(helios_db_exec(db, "INSERT INTO value_tb VALUES (?, ?, ?, ?, ?, ?, ?)", sent, VALUES,
                      NULL, &err));
    OK(helios_db_query(db, "SELECT a, b, c, d, e, f, g FROM value_tb", NULL, 0, compare_row,
                       &values, &err));
    assert_int_equal(values.rows, 1);
    fixture_sql(*state, "DROP TABLE value_tb;");
}

static int numbers_row(void *arg, const struct helios_datum *columns, size_t n)
{
    ++*(int *)arg;
    assert_int_equal(n, 6);
    assert_true(helios_datum_double(&columns[0]) == 1.5);
    assert_int_equal(helios_datum_int(&columns[0]), 1);
    assert_true(helios_datum_double(&columns[1]) == -2.5);
    assert_int_equal(helios_datum_int(&columns[1]), -2);
    assert_int_equal(helios_datum_uint(&columns[1]), 0);
    assert_true(helios_datum_double(&columns[2]) == -5);
    assert_int_equal(helios_datum_int(&columns[2]), -5);
    assert_true(helios_datum_double(&columns[3]) == 0);
    assert_null(helios_datum_text(&columns[3]));
    assert_true(helios_datum_double(&columns[4]) == 12.25);
    assert_int_equal(helios_datum_int(&columns[4]), 12);
    assert_string_equal(helios_datum_text(&columns[4]), "12.25");
    assert_true(helios_datum_double(&columns[5]) == 0.25);
    assert_null(helios_datum_text(&columns[5]));
    return 0;
}

/* The same whether the store has made a number or its text of it. */
static void numbers_are_read_alike(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int rows = 0;
    fixture_sql(*state, "CREATE TABLE value_tb (a INTEGER, b DOUBLE);");
    fixture_sql(*state, "INSERT INTO value_tb VALUES (-2, 0.25), (-3, 0.25);");
    OK(helios_db_query(
        store_db(*state),
        "SELECT 0.5 * 3, AVG(a), SUM(a), NULL, '12.25', MIN(b) FROM value_tb", NULL, 0,
        numbers_row, &rows, &err));
    assert_int_equal(rows, 1);
    fixture_sql(*state, "DROP TABLE value_tb;");
}

static void parameter_without_a_type(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_datum d[] = {helios_int(1), {.type = (enum helios_datum_type)77}};
    FAILS(HELIOS_E_INVALID,
          helios_db_exec(store_db(*state), "SELECT ?, ?", d, 2, NULL, &err));
    assert_non_null(strstr(err.text, "parameter 2"));
}

/* Buffers grow for a long value and the next rows are read into the larger ones. */
static int length_row(void *arg, const struct helios_datum *columns, size_t n)
{
    size_t *sum = arg;
    (void)n;
    *sum += columns[0].len;
    assert_int_equal(strlen(helios_datum_text(&columns[0])), columns[0].len);
    return 0;
}

/* ---- many rows at once ---- */

static void rows_of_all_types(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    static const char sql[] =
        "INSERT INTO rows_tb (a, b, c, d, e, f) VALUES (?, ?, ?, ?, ?, ?)";
    static char large[20000];
    memset(large, 'x', sizeof large);
    struct helios_datum rows[3 * 6] = {helios_int(-1),
                                       helios_uint(INT64_MAX),
                                       helios_double(0.5),
                                       helios_text("short"),
                                       helios_blob("\0\xff", 2),
                                       helios_null(),
                                       helios_null(),
                                       helios_null(),
                                       helios_null(),
                                       helios_null(),
                                       helios_null(),
                                       helios_null(),
                                       helios_int(2),
                                       helios_uint(3),
                                       helios_double(-2),
                                       helios_text(""),
                                       helios_blob(large, sizeof large),
                                       helios_null()};
    if ((db_flags(db) & DB_ROWS) == 0)
        skip();
    fixture_sql(*state, "CREATE TABLE rows_tb (a INTEGER, b BIGINT, c DOUBLE, "
                        "d VARCHAR(20), e BLOB, f INTEGER);");
    for (int round = 0; round < 2; round++) {
        uint64_t changed = 0;
        OK(db_begin(db, &err));
        OK(helios_db_exec(db, sql, rows, 18, &changed, &err));
        assert_int_equal(changed, 3);
        OK(helios_db_exec(db, sql, rows, 6, &changed, &err));
        assert_int_equal(changed, 1);
        OK(db_commit(db, &err));
    }
    assert_int_equal(COUNT(*state, "rows_tb"), 8);
    assert_int_equal(COUNT(*state,
                           "rows_tb WHERE a = -1 AND b = 9223372036854775807 AND c = "
                           "0.5 AND d = 'short' AND e = x'00ff' AND f IS NULL"),
                     4);
    assert_int_equal(COUNT(*state,
                           "rows_tb WHERE a IS NULL AND b IS NULL AND c IS NULL AND "
                           "d IS NULL AND e IS NULL"),
                     2);
    assert_int_equal(COUNT(*state,
                           "rows_tb WHERE a = 2 AND b = 3 AND c = -2 AND d = '' AND "
                           "LENGTH(e) = 20000"),
                     2);
    FAILS(HELIOS_E_INVALID, helios_db_exec(db, sql, rows, 17, NULL, &err));
    rows[12] = helios_text("2");
    FAILS(HELIOS_E_INVALID, helios_db_exec(db, sql, rows, 18, NULL, &err));
    rows[12] = helios_int(2);
    rows[15] = helios_text("longer than twenty characters");
    OK(db_begin(db, &err));
    FAILS(HELIOS_E_DATA, helios_db_exec(db, sql, rows, 18, NULL, &err));
    db_rollback(db);
    assert_int_equal(COUNT(*state, "rows_tb"), 8);
    OK(helios_db_exec(db, sql, rows, 6, NULL, &err));
    fixture_sql(*state, "DROP TABLE rows_tb;");
}

static void long_values_between_short_ones(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    static char text[70000];
    static const size_t lengths[] = {10, 60000, 300, 65000, 0, 255, 256, 257};
    size_t sum = 0;
    size_t want = 0;
    memset(text, 'x', sizeof text);
    fixture_sql(*state, "CREATE TABLE value_tb (a BLOB);");
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct helios_datum d = helios_blob(text, lengths[i]);
        OK(helios_db_exec(db, "INSERT INTO value_tb VALUES (?)", &d, 1, NULL, &err));
        want += lengths[i];
    }
    for (int again = 0; again < 2; again++) {
        sum = 0;
        OK(helios_db_query(db, "SELECT a FROM value_tb", NULL, 0, length_row, &sum, &err));
        assert_int_equal(sum, want);
    }
    fixture_sql(*state, "DROP TABLE value_tb;");
}

/* ---- statements ---- */

static void cache_survives_ddl(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    const char *insert = "INSERT INTO ddl_tb VALUES (1)";
    FAILS(HELIOS_E_SCHEMA, helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    fixture_sql(*state, "CREATE TABLE ddl_tb (a INTEGER);");
    OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    fixture_sql(*state, "DROP TABLE ddl_tb;");
    FAILS(HELIOS_E_SCHEMA, helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    fixture_sql(*state, "CREATE TABLE ddl_tb (b INTEGER);");
    OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    fixture_sql(*state, "DROP TABLE ddl_tb;");
}

static void cache_forgets_the_oldest(void **state)
{
    struct helios_db *db = store_db(*state);
    char sql[64];
    for (int i = 0; i < 3 * DB_CACHE_SIZE; i++) {
        (void)snprintf(sql, sizeof sql, "SELECT %d", i);
        assert_int_equal(fixture_number(*state, sql), i);
        assert_int_equal(fixture_number(*state, "SELECT -1"), -1);
    }
    assert_int_equal(db->cached_n, DB_CACHE_SIZE);
    bool kept = false;
    for (size_t i = 0; i < db->cached_n; i++)
        kept |= strcmp(db->cached[i].sql, "SELECT -1") == 0;
    if (!kept)
        fail_msg("the statement that was used last should be kept");
}

static void wrong_number_of_parameters(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_datum d = helios_int(1);
    FAILS(HELIOS_E_INVALID,
          helios_db_exec(store_db(*state), "SELECT ?, ?", &d, 1, NULL, &err));
}

static int busy_row(void *arg, const struct helios_datum *columns, size_t n)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    (void)columns;
    (void)n;
    FAILS(HELIOS_E_INVALID, helios_db_exec(arg, "SELECT 1", NULL, 0, NULL, &err));
    return 0;
}

static void text_without_a_statement(void **state)
{
    static const char *const texts[] = {
        "", " \n", ";", "-- nothing", "/* nothing */ ; -- at all\n", "/* no end",
    };
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    if (helios_db_kind(db) == HELIOS_DB_SQLITE) /* a server runs it */
        FAILS(HELIOS_E_INVALID, helios_db_exec(db, "/*! DO 1 */", NULL, 0, NULL, &err));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        FAILS(HELIOS_E_INVALID, helios_db_exec(db, texts[i], NULL, 0, NULL, &err));
        FAILS(HELIOS_E_INVALID, helios_db_query(db, texts[i], NULL, 0, busy_row, db, &err));
    }
    assert_int_equal(fixture_number(*state, "SELECT 1"), 1);
}

static void text_of_several_statements(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    const char *insert = "INSERT INTO funcmap (funcname) VALUES ('A');";
    char text[200];
    (void)snprintf(text, sizeof text, "%s %s", insert,
                   "INSERT INTO funcmap (funcname) VALUES ('B')");
    FAILS(helios_db_kind(db) == HELIOS_DB_SQLITE ? HELIOS_E_INVALID : HELIOS_E_DATABASE,
          helios_db_exec(db, fixture_text(text), NULL, 0, NULL, &err));
    assert_int_equal(COUNT(*state, "funcmap"), 0);
    (void)snprintf(text, sizeof text, "%s -- '\n", insert);
    OK(helios_db_exec(db, fixture_text(text), NULL, 0, NULL, &err));
    assert_int_equal(COUNT(*state, "funcmap"), 1);
}

static void row_function_must_not_query(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    OK(helios_db_query(db, "SELECT 1", NULL, 0, busy_row, db, &err));
    assert_int_equal(fixture_number(*state, "SELECT 2"), 2);
}

static int first_row(void *arg, const struct helios_datum *columns, size_t n)
{
    (void)n;
    ++*(int *)arg;
    assert_int_equal(helios_datum_int(&columns[0]), 1);
    return 1;
}

static void rows_may_be_left_unread(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int calls = 0;
    OK(helios_db_query(store_db(*state), "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3",
                       NULL, 0, first_row, &calls, &err));
    assert_int_equal(calls, 1);
    assert_int_equal(fixture_number(*state, "SELECT 4"), 4);
}

/* ---- transactions ---- */

static void rolled_back_and_committed(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    const char *insert = "INSERT INTO funcmap (funcname) VALUES ('A')";
    OK(db_begin(db, &err));
    FAILS(HELIOS_E_INVALID, db_begin(db, &err));
    OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    db_rollback(db);
    assert_false(db_in_transaction(db));
    assert_int_equal(COUNT(*state, "funcmap"), 0);
    OK(db_begin(db, &err));
    OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    FAILS(HELIOS_E_DUPLICATE,
          helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    assert_true(db_in_transaction(db));
    OK(db_commit(db, &err));
    FAILS(HELIOS_E_INVALID, db_commit(db, &err));
    assert_int_equal(COUNT(*state, "funcmap"), 1);
}

/* A failure that takes the whole transaction with it: a lock that does not come, and where
 * nobody waits for one a trigger. */
static void undo_all(struct store *store, struct store *other)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    if (fixture_two_writers()) {
        OK(db_begin(store_db(other), &err));
        OK(helios_db_exec(store_db(other),
                          fixture_text("UPDATE funcmap SET funcname = 'theirs' WHERE "
                                       "funcname = 'locked'"),
                          NULL, 0, NULL, &err));
        fixture_sql(store, "SET SESSION innodb_lock_wait_timeout = 0");
        FAILS(HELIOS_E_RETRY,
              helios_db_exec(store_db(store),
                             fixture_text("UPDATE funcmap SET funcname = 'ours' WHERE "
                                          "funcname = 'locked'"),
                             NULL, 0, NULL, &err));
        db_rollback(store_db(other));
    } else {
        assert_int_equal(helios_db_exec(store_db(store),
                                        fixture_text("INSERT INTO funcmap (funcname) "
                                                     "VALUES ('undo')"),
                                        NULL, 0, NULL, &err),
                         -1);
    }
}

/* What follows in the same work must not be done without what was before. */
static void what_is_undone_is_begun_again(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    struct store *other = fixture_open();
    const char *insert = "INSERT INTO funcmap (funcname) VALUES ('mine')";
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    job.jobtype = "locked";
    fixture_sql(*state, "INSERT INTO funcmap (funcname) VALUES ('locked')");
    if (!fixture_two_writers())
        fixture_sql(*state, "CREATE TRIGGER undo BEFORE INSERT ON funcmap WHEN "
                            "NEW.funcname = 'undo' BEGIN SELECT RAISE(ROLLBACK, 'x'); END");
    OK(store_submit(*state, &job, 1, NULL, &err));
    enum { WAYS = 3 };
    for (int way = 0; way < WAYS; way++) {
        OK(db_begin(db, &err));
        OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
        undo_all(*state, other);
        assert_false(db_in_transaction(db));
        assert_true(db_undone(db));
        FAILS(HELIOS_E_RETRY,
              helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
        FAILS(HELIOS_E_RETRY, store_submit(*state, &job, 1, NULL, &err));
        if (way == 0)
            FAILS(HELIOS_E_RETRY, db_commit(db, &err));
        if (way == 1)
            db_rollback(db);
        OK(db_begin(db, &err));
        OK(store_submit(*state, &job, 1, NULL, &err));
        OK(db_commit(db, &err));
        assert_int_equal(COUNT(*state, "funcmap"), 1);
        assert_int_equal(COUNT(*state, "job"), way + 2);
    }
    store_close(other);
}

static void misused(struct helios_db *db, const char *sql, bool open)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    int rc = helios_db_exec(db, sql, NULL, 0, NULL, &err);
    if (rc != -1 || err.kind != HELIOS_E_INVALID || strcmp(err.text, db_misuse) != 0)
        fail_msg("%s: should be refused, is %d: %s", sql, rc, err.text);
    assert_false(db_in_transaction(db));
    assert_int_equal(db_undone(db), open);
    assert_true(db_misused(db));
    assert_false(db_misused(db));
}

/* In a transaction, which is undone, and without one. Afterwards the connection is as good
 * as new. */
static void refused(struct store *store, const char *sql, bool without)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(store);
    const char *insert = "INSERT INTO funcmap (funcname) VALUES ('A')";
    struct helios_submission job = HELIOS_SUBMISSION_INIT;
    job.jobtype = "misuse";
    OK(db_begin(db, &err));
    OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    misused(db, sql, true);
    FAILS(HELIOS_E_INVALID, helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    FAILS(HELIOS_E_INVALID, store_submit(store, &job, 1, NULL, &err));
    FAILS(HELIOS_E_INVALID, db_commit(db, &err));
    assert_false(db_undone(db));
    if (without)
        misused(db, sql, false);
    assert_int_equal(COUNT(store, "funcmap WHERE funcname = 'A'"), 0);
    OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    OK(db_begin(db, &err));
    OK(helios_db_exec(db, fixture_text("DELETE FROM funcmap WHERE funcname = 'A'"), NULL, 0,
                      NULL, &err));
    db_rollback(db);
    assert_int_equal(COUNT(store, "funcmap WHERE funcname = 'A'"), 1);
    fixture_sql(store, "DELETE FROM funcmap WHERE funcname = 'A'");
}

static void transactions_are_not_for_sql(void **state)
{
    static const char *const controls[] = {
        "BEGIN",    "/* x */ begin",      "COMMIT", "ROLLBACK", "START TRANSACTION",
        "XA END 1", "SET autocommit = 0", "END",
    };
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    fixture_jobtype(*state, "misuse");
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++)
        refused(*state, controls[i], true);
    /* What commits is, where nothing is open, a statement as any other. */
    refused(*state, "CREATE TABLE misuse_tb (a INTEGER)", false);
    OK(helios_db_exec(db, "CREATE TABLE misuse_tb (a INTEGER)", NULL, 0, NULL, &err));
    refused(*state, "DROP TABLE misuse_tb", false);
    OK(helios_db_exec(db, "DROP TABLE misuse_tb", NULL, 0, NULL, &err));
    misused(db, "SAVEPOINT a", false);
}

static void savepoints_are_for_sql(void **state)
{
    static const char *const texts[] = {
        "SAVEPOINT a",
        "INSERT INTO funcmap (funcname) VALUES ('A')",
        "ROLLBACK TO a",
        "INSERT INTO funcmap (funcname) VALUES ('B')",
        "RELEASE SAVEPOINT a",
        "CREATE TEMPORARY TABLE misuse_tb (a INTEGER)",
        "INSERT INTO misuse_tb VALUES (1)",
    };
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    OK(db_begin(db, &err));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        OK(helios_db_exec(db, fixture_text(texts[i]), NULL, 0, NULL, &err));
    OK(db_commit(db, &err));
    assert_int_equal(COUNT(*state, "funcmap WHERE funcname = 'B'"), 1);
    assert_int_equal(COUNT(*state, "funcmap"), 1);
    assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM misuse_tb"), 1);
    fixture_sql(*state, "DROP TABLE misuse_tb");
}

/* The driver tells of those that the first words do not show. What such a statement
 * committed remains. */
static void hidden_ends_are_seen(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    if (helios_db_kind(db) == HELIOS_DB_SQLITE) {
        misused(db,
                "\xef\xbb\xbf"
                "BEGIN",
                false);
        OK(db_begin(db, &err));
        misused(db,
                "\xef\xbb\xbf"
                "COMMIT",
                true);
        db_rollback(db);
        refused(*state,
                "\xef\xbb\xbf"
                "ROLLBACK",
                false);
        return;
    }
    fixture_sql(*state, "CREATE PROCEDURE misuse_begin() START TRANSACTION");
    fixture_sql(*state, "CREATE PROCEDURE misuse_commit() COMMIT");
    fixture_sql(*state, "CREATE PROCEDURE misuse_rollback() ROLLBACK");
    misused(db, "CALL misuse_begin()", false);
    OK(db_begin(db, &err));
    misused(db, "CALL misuse_commit()", true);
    refused(*state, "CALL misuse_rollback()", false);
    refused(*state, "SET @@session.autocommit = 0", true);
    assert_int_equal(fixture_number(*state, "SELECT @@autocommit"), 1);
    fixture_sql(*state, "DROP PROCEDURE misuse_begin");
    fixture_sql(*state, "DROP PROCEDURE misuse_commit");
    fixture_sql(*state, "DROP PROCEDURE misuse_rollback");
}

static void one_statement_alone(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_db *db = store_db(*state);
    struct store *other = fixture_open();
    const char *insert = "INSERT INTO funcmap (funcname) VALUES ('A')";
    bool server = helios_db_kind(db) == HELIOS_DB_MYSQL;
    OK(db_begin_alone(db, &err));
    assert_int_equal(db_alone(db), server);
    assert_true(db_in_transaction(db));
    FAILS(HELIOS_E_INVALID, db_begin_alone(db, &err));
    OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    assert_int_equal(COUNT(other, "funcmap"), server ? 1 : 0);
    if (server)
        FAILS(HELIOS_E_INVALID,
              helios_db_exec(db, fixture_text("DELETE FROM funcmap"), NULL, 0, NULL, &err));
    OK(db_commit(db, &err));
    assert_false(db_in_transaction(db));
    assert_int_equal(COUNT(other, "funcmap"), 1);
    OK(db_begin_alone(db, &err));
    FAILS(HELIOS_E_DUPLICATE,
          helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    db_rollback(db);
    assert_false(db_in_transaction(db));
    /* Not where a statement would not commit by itself. */
    static const char *const sql[][2] = {{"SET autocommit = 0;", "SET autocommit = 1;"},
                                         {"START TRANSACTION;", "COMMIT;"}};
    for (size_t i = 0; server && i < 2; i++) {
        fixture_sql(*state, sql[i][0]);
        OK(db_begin_alone(db, &err));
        assert_false(db_alone(db));
        db_rollback(db);
        fixture_sql(*state, sql[i][1]);
    }
    /* What follows is an ordinary transaction again. */
    OK(db_begin_alone(db, &err));
    OK(helios_db_exec(db, fixture_text("DELETE FROM funcmap"), NULL, 0, NULL, &err));
    OK(db_commit(db, &err));
    FAILS(HELIOS_E_INVALID, db_commit(db, &err));
    OK(db_begin(db, &err));
    OK(helios_db_exec(db, fixture_text(insert), NULL, 0, NULL, &err));
    db_rollback(db);
    assert_int_equal(COUNT(other, "funcmap"), 0);
    store_close(other);
}

static void updates_count_matched_rows(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    uint64_t changed = 0;
    fixture_sql(*state, "INSERT INTO funcmap (funcname) VALUES ('A');");
    OK(helios_db_exec(store_db(*state), fixture_text("UPDATE funcmap SET funcname = 'A'"),
                      NULL, 0, &changed, &err));
    assert_int_equal(changed, 1);
}

/* ---- connections ---- */

static void lost_connection_is_lost(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *victim = fixture_open();
    int64_t now = 0;
    (void)state;
    if (!fixture_kill(fixture_connection(victim))) {
        store_close(victim);
        skip();
    }
    FAILS(HELIOS_E_LOST, store_now(victim, &now, &err));
    assert_false(db_usable(store_db(victim)));
    FAILS(HELIOS_E_LOST, store_now(victim, &now, &err));
    store_close(victim);
}

static void lost_connection_is_made_anew(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *victim = fixture_open();
    struct helios_db *db = store_db(victim);
    int64_t now = 0;
    (void)state;
    OK(db_begin(db, &err));
    OK(helios_db_exec(db, fixture_text("INSERT INTO funcmap (funcname) VALUES ('A')"), NULL,
                      0, NULL, &err));
    if (!fixture_kill(fixture_connection(victim)))
        db_lose(db);
    FAILS(HELIOS_E_LOST, store_now(victim, &now, &err));
    assert_true(db_undone(db));
    OK(store_reopen(victim, &err));
    assert_ptr_equal(store_db(victim), db);
    assert_false(db_undone(db));
    OK(helios_db_exec(db, fixture_text("INSERT INTO funcmap (funcname) VALUES ('B')"), NULL,
                      0, NULL, &err));
    store_close(victim);
    assert_int_equal(COUNT(*state, "funcmap"), 1);
    assert_int_equal(COUNT(*state, "funcmap WHERE funcname = 'B'"), 1);
}

static void lost_in_a_transaction(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *victim = fixture_open();
    long long connection = fixture_connection(victim);
    OK(db_begin(store_db(victim), &err));
    OK(helios_db_exec(store_db(victim),
                      fixture_text("INSERT INTO funcmap (funcname) VALUES ('A')"), NULL, 0,
                      NULL, &err));
    if (fixture_kill(connection)) {
        FAILS(HELIOS_E_UNCERTAIN, db_commit(store_db(victim), &err));
        assert_false(db_in_transaction(store_db(victim)));
        FAILS(HELIOS_E_LOST, db_begin(store_db(victim), &err));
    }
    store_close(victim);
    assert_int_equal(COUNT(*state, "funcmap"), 0);
}

/* Until the statement is sent nothing has happened; from then on nobody can tell. */
static void lost_with_a_statement_alone(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *before = fixture_open();
    struct store *during = fixture_open();
    struct store *again = fixture_open();
    const char *insert = "INSERT INTO funcmap (funcname) VALUES ('A')";
    const char *remove = "DELETE FROM funcmap"; /* prepared: else that would fail */
    if (fixture_kill(fixture_connection(before))) {
        long long connection = fixture_connection(during);
        FAILS(HELIOS_E_LOST, db_begin_alone(store_db(before), &err));
        OK(helios_db_exec(store_db(during), fixture_text(remove), NULL, 0, NULL, &err));
        OK(db_begin_alone(store_db(during), &err));
        assert_true(fixture_kill(connection));
        FAILS(HELIOS_E_UNCERTAIN,
              helios_db_exec(store_db(during), fixture_text(remove), NULL, 0, NULL, &err));
        assert_false(db_in_transaction(store_db(during)));
        assert_false(db_usable(store_db(during)));
        /* An ordinary statement is not unclear to those who begin it again. */
        OK(helios_db_exec(store_db(again), fixture_text(insert), NULL, 0, NULL, &err));
        assert_true(fixture_kill(fixture_connection(again)));
        FAILS(HELIOS_E_LOST,
              helios_db_exec(store_db(again), fixture_text(insert), NULL, 0, NULL, &err));
        assert_int_equal(COUNT(*state, "funcmap"), 1);
    }
    store_close(before);
    store_close(during);
    store_close(again);
}

static void child_neither_uses_nor_ends_it(void **state)
{
    struct store *store = *state;
    int status = 0;
    assert_int_equal(fixture_number(store, "SELECT 1"), 1);
    pid_t child = fork();
    if (child == 0) {
        struct helios_error err = HELIOS_ERROR_INIT;
        int64_t now = 0;
        bool refused = store_now(store, &now, &err) == -1 && err.kind == HELIOS_E_LOST;
        store_close(store);
        _exit(refused ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(fixture_number(store, "SELECT 2"), 2);
}

static void missing_database_names_the_command(void **state)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct dsn dsn = *fixture_dsn();
    struct store *store = NULL;
    char name[300];
    (void)state;
    (void)snprintf(name, sizeof name, "%s_missing", dsn.database);
    dsn.database = name;
    FAILS(HELIOS_E_SCHEMA, store_open(&dsn, "root", NULL, &store, &err));
    assert_null(store);
    assert_non_null(strstr(err.text, "_missing"));
}

int suite_db(void)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(values_come_back),
        CONTRACT_TEST(numbers_are_read_alike),
        CONTRACT_TEST(parameter_without_a_type),
        CONTRACT_TEST(long_values_between_short_ones),
        CONTRACT_TEST(rows_of_all_types),
        CONTRACT_TEST(cache_survives_ddl),
        CONTRACT_TEST(cache_forgets_the_oldest),
        CONTRACT_TEST(wrong_number_of_parameters),
        CONTRACT_TEST(text_without_a_statement),
        CONTRACT_TEST(text_of_several_statements),
        CONTRACT_TEST(row_function_must_not_query),
        CONTRACT_TEST(rows_may_be_left_unread),
        CONTRACT_TEST(rolled_back_and_committed),
        CONTRACT_TEST(what_is_undone_is_begun_again),
        CONTRACT_TEST(transactions_are_not_for_sql),
        CONTRACT_TEST(savepoints_are_for_sql),
        CONTRACT_TEST(hidden_ends_are_seen),
        CONTRACT_TEST(one_statement_alone),
        CONTRACT_TEST(updates_count_matched_rows),
        CONTRACT_TEST(lost_connection_is_lost),
        CONTRACT_TEST(lost_connection_is_made_anew),
        CONTRACT_TEST(lost_in_a_transaction),
        CONTRACT_TEST(lost_with_a_statement_alone),
        CONTRACT_TEST(child_neither_uses_nor_ends_it),
        CONTRACT_TEST(missing_database_names_the_command),
    };
    return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
