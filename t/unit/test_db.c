/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/buf.h"
#include "db/mysql_private.h"
#include "db/script.h"
#include "db/sql.h"
#include "store/statements.h"
#include "store/steps.h"

/* ---- errors ---- */

static void numbers_have_kinds(void **state)
{
    static const struct {
        const char *name;
        unsigned number;
        enum helios_error_kind kind, at_commit;
    } rows[] = {
        {"deadlock, certification conflict", 1213, HELIOS_E_RETRY, HELIOS_E_RETRY},
        {"lock wait", 1205, HELIOS_E_RETRY, HELIOS_E_RETRY},
        {"interrupted", 1317, HELIOS_E_RETRY, HELIOS_E_UNCERTAIN},
        {"statement too long", 1969, HELIOS_E_RETRY, HELIOS_E_UNCERTAIN},
        {"no room for locks", 1206, HELIOS_E_RETRY, HELIOS_E_RETRY},
        {"group replication", 3101, HELIOS_E_RETRY, HELIOS_E_RETRY},
        {"gone", 2006, HELIOS_E_LOST, HELIOS_E_UNCERTAIN},
        {"lost", 2013, HELIOS_E_LOST, HELIOS_E_UNCERTAIN},
        {"lost while doing", 2055, HELIOS_E_LOST, HELIOS_E_UNCERTAIN},
        {"killed", 1927, HELIOS_E_LOST, HELIOS_E_UNCERTAIN},
        {"shutdown", 1053, HELIOS_E_LOST, HELIOS_E_UNCERTAIN},
        {"cluster not ready", 1047, HELIOS_E_LOST, HELIOS_E_UNCERTAIN},
        {"resource limit", 1226, HELIOS_E_LOST, HELIOS_E_UNCERTAIN},
        {"read-only option", 1290, HELIOS_E_LOST, HELIOS_E_LOST},
        {"read-only mode", 1836, HELIOS_E_LOST, HELIOS_E_LOST},
        {"too many connections", 1040, HELIOS_E_LOST, HELIOS_E_UNCERTAIN},
        {"duplicate", 1062, HELIOS_E_DUPLICATE, HELIOS_E_DUPLICATE},
        {"too long", 1406, HELIOS_E_DATA, HELIOS_E_DATA},
        {"character set", 1366, HELIOS_E_DATA, HELIOS_E_DATA},
        {"out of range", 1264, HELIOS_E_DATA, HELIOS_E_DATA},
        {"wrong password", 1045, HELIOS_E_DENIED, HELIOS_E_DENIED},
        {"no privilege", 1142, HELIOS_E_DENIED, HELIOS_E_DENIED},
        {"no table", 1146, HELIOS_E_SCHEMA, HELIOS_E_SCHEMA},
        {"no index", 1176, HELIOS_E_SCHEMA, HELIOS_E_SCHEMA},
        {"no database", 1049, HELIOS_E_SCHEMA, HELIOS_E_SCHEMA},
        {"packet", 1153, HELIOS_E_LIMIT, HELIOS_E_LIMIT},
        {"syntax", 1064, HELIOS_E_DATABASE, HELIOS_E_DATABASE},
        {"error during commit", 1180, HELIOS_E_DATABASE, HELIOS_E_DATABASE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        assert_int_equal(mysql_failed(&err, "execute", rows[i].number, "text"), -1);
        if (err.kind != rows[i].kind)
            fail_msg("%s should be %s, is %s", rows[i].name,
                     helios_error_name(rows[i].kind), helios_error_name(err.kind));
        assert_non_null(strstr(err.text, "execute: text"));
        enum helios_error_kind alone = rows[i].number == 1047 || rows[i].number == 1226
                                           ? rows[i].kind
                                           : rows[i].at_commit;
        struct helios_error of_statement = err;
        mysql_alone_failed(&of_statement, rows[i].number);
        if (of_statement.kind != alone)
            fail_msg("%s of a statement alone should be %s, is %s", rows[i].name,
                     helios_error_name(alone), helios_error_name(of_statement.kind));
        mysql_commit_failed(&err, rows[i].number);
        if (err.kind != rows[i].at_commit)
            fail_msg("%s at COMMIT should be %s, is %s", rows[i].name,
                     helios_error_name(rows[i].at_commit), helios_error_name(err.kind));
    }
    mysql_commit_failed(NULL, 2013);
    mysql_alone_failed(NULL, 2013);
}

/* ---- scripts ---- */

static void scripts_are_split(void **state)
{
    static const struct {
        const char *name, *script, *statements;
    } rows[] = {
        {"empty", "", ""},
        {"comments only", "-- a;\n\n  -- b;\n", ""},
        {"one", "A;\n", "[A;\n]"},
        {"no end", "A", "[A]"},
        {"two on one line", "A; B;\nC;", "[A; B;\n][C;]"},
        {"several lines", "A\n  B ; \r\nC;\n", "[A\n  B ; \r\n][C;\n]"},
        {"comment belongs to the next", "A;\n-- x;\nB;\n", "[A;\n][-- x;\nB;\n]"},
        {"comment at the end", "A;\n-- x;\n", "[A;\n]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf seen = BUF_INIT;
        const char *at = rows[i].script;
        const char *statement;
        size_t len;
        while (script_next(&at, &statement, &len))
            buf_printf(&seen, "[%.*s]", (int)len, statement);
        if (strcmp(buf_text(&seen), rows[i].statements) != 0)
            fail_msg("%s: should be %s, is %s", rows[i].name, rows[i].statements,
                     buf_text(&seen));
        buf_fini(&seen);
    }
}

/* ---- values ---- */

static void numbers_of_all_types(void **state)
{
    static const char large[] = "18446744073709551615";
    const struct {
        const char *name;
        struct helios_datum d;
        int64_t i;
        uint64_t u;
        double number;
    } rows[] = {
        {"null", helios_null(), 0, 0, 0},
        {"int", helios_int(-7), -7, 0, -7},
        {"uint", helios_uint(UINT64_MAX), INT64_MAX, UINT64_MAX, 18446744073709551615.0},
        {"double", helios_double(2.75), 2, 2, 2.75},
        {"large double", helios_double(1e300), INT64_MAX, UINT64_MAX, 1e300},
        {"no number", helios_double(strtod("nan", NULL)), 0, 0, 0},
        {"whole", helios_text("42"), 42, 42, 42},
        {"decimal", helios_text("-1.5"), -1, 0, -1.5},
        {"exponent", helios_text("1.5e3"), 1, 1, 1500},
        {"large", helios_text(large), INT64_MAX, UINT64_MAX, 18446744073709551615.0},
        {"bytes", helios_blob("8.5", 3), 8, 8, 8.5},
        {"no bytes", helios_blob(NULL, 0), 0, 0, 0},
        {"begins with one", helios_text("12 monkeys"), 12, 12, 0},
        {"word", helios_text("nan"), 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct helios_datum *d = &rows[i].d;
        double number = helios_datum_double(d);
        if (helios_datum_int(d) != rows[i].i || helios_datum_uint(d) != rows[i].u ||
            (number == number && number != rows[i].number))
            fail_msg("%s: is %lld, %llu, %g", rows[i].name, (long long)helios_datum_int(d),
                     (unsigned long long)helios_datum_uint(d), number);
    }
}

/* ---- kinds of statements ---- */

static void first_words_tell(void **state)
{
    static const struct {
        const char *text;
        enum sql_kind kind;
    } rows[] = {
        {"", SQL_PLAIN},
        {"SELECT 1", SQL_PLAIN},
        {"(SELECT 1)", SQL_PLAIN},
        {"INSERT INTO begin (commit) VALUES ('COMMIT')", SQL_PLAIN},
        {"BEGINNING", SQL_PLAIN},
        {"BEGIN", SQL_CONTROL},
        {"begin immediate", SQL_CONTROL},
        {"START TRANSACTION READ ONLY", SQL_CONTROL},
        {"START SLAVE", SQL_PLAIN},
        {" ;\n-- x\n/* y */ Commit;", SQL_CONTROL},
        {"# x\nCOMMIT AND CHAIN", SQL_CONTROL},
        {"/*!50000 COMMIT */", SQL_CONTROL},
        {"/*M!100000 ROLLBACK */", SQL_CONTROL},
        {"START/**/TRANSACTION", SQL_CONTROL},
        {"END", SQL_CONTROL},
        {"XA START 'x'", SQL_CONTROL},
        {"ROLLBACK", SQL_CONTROL},
        {"ROLLBACK WORK", SQL_CONTROL},
        {"ROLLBACK WORK AND CHAIN", SQL_CONTROL},
        {"ROLLBACK TO a", SQL_PLAIN},
        {"ROLLBACK WORK TO SAVEPOINT a", SQL_PLAIN},
        {"ROLLBACK TRANSACTION TO a", SQL_PLAIN},
        {"RELEASE SAVEPOINT a", SQL_PLAIN},
        {"SAVEPOINT a", SQL_SAVEPOINT},
        {"SET autocommit=0", SQL_CONTROL},
        {"SET SESSION autocommit = ON", SQL_CONTROL},
        {"SET @@autocommit = 0", SQL_CONTROL},
        {"SET @a = 1", SQL_PLAIN},
        {"CREATE TABLE a (b INTEGER)", SQL_COMMITS},
        {"CREATE TEMPORARY TABLE a (b INTEGER)", SQL_PLAIN},
        {"CREATE TEMP TABLE a (b INTEGER)", SQL_PLAIN},
        {"CREATE OR REPLACE TEMPORARY TABLE a (b INTEGER)", SQL_PLAIN},
        {"CREATE OR REPLACE TABLE a (b INTEGER)", SQL_COMMITS},
        {"DROP TEMPORARY TABLE a", SQL_PLAIN},
        {"drop index a", SQL_COMMITS},
        {"TRUNCATE a", SQL_COMMITS},
        {"LOCK TABLES a WRITE", SQL_COMMITS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (sql_kind(rows[i].text) != rows[i].kind)
            fail_msg("%s should be %d, is %d", rows[i].text, (int)rows[i].kind,
                     (int)sql_kind(rows[i].text));
    }
}

/* ---- statements ---- */

static void groups_are_repeated(void **state)
{
    struct buf out = BUF_INIT;
    (void)state;
    statement_expand("IN ({?}) x", 1, &out);
    assert_string_equal(buf_text(&out), "IN (?) x");
    buf_clear(&out);
    statement_expand("VALUES {(?, 0)}", 3, &out);
    assert_string_equal(buf_text(&out), "VALUES (?, 0),(?, 0),(?, 0)");
    buf_clear(&out);
    statement_expand("no group", 3, &out);
    assert_string_equal(buf_text(&out), "no group");
    buf_fini(&out);
}

static void every_statement_has_a_text(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATEMENTS; i++) {
        assert_non_null(statement_text(i, HELIOS_DB_MYSQL));
        assert_non_null(statement_text(i, HELIOS_DB_SQLITE));
    }
}

static void steps_count_without_gaps(void **state)
{
    const struct schema_step *m = schema_mysql;
    const struct schema_step *s = schema_sqlite;
    (void)state;
    for (unsigned version = 1; m->version != 0; version++, m++, s++) {
        assert_int_equal(m->version, version);
        assert_int_equal(s->version, version);
        assert_string_equal(m->name, s->name);
    }
    assert_int_equal(s->version, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_kinds),
        cmocka_unit_test(scripts_are_split),
        cmocka_unit_test(numbers_of_all_types),
        cmocka_unit_test(first_words_tell),
        cmocka_unit_test(groups_are_repeated),
        cmocka_unit_test(every_statement_has_a_text),
        cmocka_unit_test(steps_count_without_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
