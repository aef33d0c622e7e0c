/* SPDX-License-Identifier: MIT */
#ifndef CONTRACT_FIXTURE_H
#define CONTRACT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "store/store.h"

/* A database of the test program's own on the driver that HELIOS_TEST_STORE names; with
 * the tables of the current schema, emptied before each test. This is the only part that
 * knows the driver. */
#define FIXTURE_SKIP 77
int fixture_start(void); /* 0, FIXTURE_SKIP without a server, 1 on failure */
void fixture_stop(void);

/* Setup and teardown of one test: `*state` is a store with empty tables. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
#define CONTRACT_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

/* Another connection to the same database; fails the test if there is none. */
struct store *fixture_open(void);
struct dsn *fixture_dsn(void);
void fixture_drop_tables(struct store *store);
/* Loads t/data/stock_<what>.<driver>.sql into the empty database. */
void fixture_load_stock(struct store *store, const char *what);
/* The error table in a character set that has few characters, where the driver can. */
void fixture_narrow_errors(struct store *store);
void fixture_widen_errors(struct store *store);
/* Makes the connection look like one to a server without SKIP LOCKED and RETURNING. */
void fixture_old_server(struct store *store);
/* Whether two connections may have a write transaction open at the same time. */
bool fixture_two_writers(void);
/* Stops the server's clock at `now` for this connection; false where the clock is ours. */
bool fixture_set_clock(struct store *store, int64_t now);
/* The server's number of a connection; 0 where there is no such thing. */
long long fixture_connection(struct store *store);
/* Ends the connection of that number from another one; false for 0. */
bool fixture_kill(long long connection);
/* Fails unless the claim reads the index (funcid, run_after) and does not sort. */
void fixture_check_claim_plan(struct store *store, uint32_t funcid);
/* The same of claims by priority and their indexes. */
void fixture_check_priority_plan(struct store *store, uint32_t funcid);
/* How many rows this connection has made the server read by walking; -1 where that is not
 * known. */
int64_t fixture_rows_read(struct store *store);
/* Whether texts that differ in case only are equal. */
bool fixture_ignores_case(void);
/* The length in characters of a column of a table with one row. */
int64_t fixture_characters(struct store *store, const char *column, const char *table);
/* Whether the text in the history has the type that Perl programs find there. */
bool fixture_history_type(struct store *store, uint64_t jobid);
/* Whether the table has an index that begins with these columns (joined by commas). */
bool fixture_has_index(struct store *store, const char *table, const char *columns);

/* ---- helpers above the interface ---- */
/* A statement of a test with the prefix of the tables; valid until the next call. */
const char *fixture_text(const char *statement);
void fixture_sql(struct store *store, const char *statement);
int64_t fixture_number(struct store *store, const char *query);
/* Fails the test with the error's text unless `rc` is 0. */
void fixture_ok(int rc, const struct helios_error *err, const char *file, int line);
#define OK(call) fixture_ok((call), &err, __FILE__, __LINE__)
/* Fails unless `rc` is -1 with this kind. */
void fixture_fails(int rc, enum helios_error_kind kind, const struct helios_error *err,
                   const char *file, int line);
#define FAILS(kind, call)   fixture_fails((call), (kind), &err, __FILE__, __LINE__)
#define COUNT(store, table) fixture_number((store), "SELECT COUNT(*) FROM " table)

uint32_t fixture_jobtype(struct store *store, const char *name);
#define FIXTURE_JOBS 400
/* Submits `n` jobs with the text "<job/>" and gives the first id. */
uint64_t fixture_submit(struct store *store, const char *jobtype, size_t n);
/* Claims up to `want` with a lease of 3600 s. */
size_t fixture_claim(struct store *store, uint32_t funcid, struct store_job *jobs,
                     size_t want);
struct store_held fixture_held(const struct store_job *job);
extern const struct store_outcome fixture_outcome; /* history, no exit status */

#endif
