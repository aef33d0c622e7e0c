/* SPDX-License-Identifier: MIT */
#include "db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mono.h"
#include "db/sql.h"

/* How long a statement waits for another writer before it gives up with RETRY. */
#define BUSY_MS 5000

struct sqlite_conn {
    sqlite3 *db;
    char *file;
    sqlite3_stmt *data_version;
    struct mono patience; /* until when a statement waits for another writer */
};

struct statement {
    sqlite3_stmt *stmt;
    int columns_n;
    struct buf *blobs; /* one for each column: a BLOB of SQLite has no NUL behind it */
    struct helios_datum *row;
};

/* ---- errors ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* SQLite has one code for everything that is wrong with a statement. */
static enum helios_error_kind statement_kind(const char *text)
{
    return begins(text, "no such table") || begins(text, "no such column") ||
                   strstr(text, "has no column named") != NULL
               ? HELIOS_E_SCHEMA
               : HELIOS_E_DATABASE;
}

static enum helios_error_kind constraint_kind(int code)
{
    return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                   code == SQLITE_CONSTRAINT_ROWID
               ? HELIOS_E_DUPLICATE
               : HELIOS_E_DATA;
}

static enum helios_error_kind kind_of(int code, const char *text)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
    case SQLITE_SCHEMA:
        return HELIOS_E_RETRY;
    case SQLITE_CONSTRAINT:
        return constraint_kind(code);
    case SQLITE_MISMATCH:
        return HELIOS_E_DATA;
    case SQLITE_TOOBIG:
        return HELIOS_E_LIMIT;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return HELIOS_E_DENIED;
    case SQLITE_NOMEM:
        return HELIOS_E_NOMEM;
    case SQLITE_ERROR:
        return statement_kind(text);
    default:
        return HELIOS_E_DATABASE;
    }
}

/* What an operator should know about a condition of the file; "" for none. */
static const char *advice(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
        return "; another process keeps it locked";
    case SQLITE_FULL:
        return "; make room on its file system";
    case SQLITE_READONLY:
        return "; this user needs write permission on the file and its folder, and a "
               "file system that is not read-only";
    case SQLITE_CORRUPT:
        return "; the file is damaged: restore a copy, or save what is left with "
               "`sqlite3 FILE .recover`";
    case SQLITE_NOTADB:
        return "; the file is no SQLite database: check dsn";
    case SQLITE_CANTOPEN:
        return "; check the permissions of the file and its folder";
    default:
        return "";
    }
}

static int failed(struct sqlite_conn *c, const char *what, struct helios_error *err)
{
    int code = sqlite3_extended_errcode(c->db);
    const char *text = sqlite3_errmsg(c->db);
    return err_set(err, kind_of(code, text), "%s: %s (SQLite error %d, %s)%s", what, text,
                   code, c->file, advice(code));
}

static int no_memory(struct helios_error *err)
{
    return err_set(err, HELIOS_E_NOMEM, "out of memory in the database driver");
}

/* ---- connection ---- */

static void init(void)
{
    (void)sqlite3_initialize();
}

static int create(const struct dsn *dsn, struct helios_error *err)
{
    int fd = open(dsn->database, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_errno(err, errno, "cannot make the database file %s", dsn->database);
    (void)close(fd);
    return 0;
}

/* Where not even its state can be read, a folder is in the way. */
static int denied(const char *file, struct helios_error *err)
{
    struct stat st;
    char name[33];
    char texts[4096];
    struct passwd entry;
    struct passwd *user = NULL;
    (void)snprintf(name, sizeof name, "%u", (unsigned)geteuid());
    if (getpwuid_r(geteuid(), &entry, texts, sizeof texts, &user) == 0 && user != NULL)
        (void)snprintf(name, sizeof name, "%s", user->pw_name);
    if (stat(file, &st) != 0)
        return err_set(err, HELIOS_E_DENIED,
                       "user %s may not enter the folder of the database file %s: chown %s "
                       "the folder, or let others enter it",
                       name, file, name);
    return err_set(err, HELIOS_E_DENIED,
                   "the database file %s is not readable for user %s: chown %s %s", file,
                   name, name, file);
}

/* The reasons why a file cannot be opened, which SQLite does not tell apart. */
static int check_file(const char *file, struct helios_error *err)
{
    if (access(file, R_OK) == 0)
        return 0;
    if (errno == ENOENT)
        return err_set(err, HELIOS_E_SCHEMA,
                       "the database file %s does not exist: make it with "
                       "`helios schema init`",
                       file);
    if (errno == EACCES)
        return denied(file, err);
    return err_errno(err, errno, "cannot open the database file %s", file);
}

/* UNIX_TIMESTAMP() as servers have it, so that statements need no second spelling. It is
 * declared constant so that a statement reads the clock once. */
static void sql_now(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    (void)argv;
    sqlite3_result_int64(context, (sqlite3_int64)time(NULL));
}

static int pragma(struct sqlite_conn *c, const char *sql, struct helios_error *err)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : failed(c, "cannot use the database", err);
}

/* Writers here are done after a few milliseconds, so the pauses stay short: those of
 * SQLite's own time-out grow to a tenth of a second, in which nobody writes. */
static int await_writer(void *arg, int tries)
{
    struct sqlite_conn *c = arg;
    struct mono now = mono_now();
    if (tries == 0)
        c->patience = mono_add_ms(now, BUSY_MS);
    if (!mono_before(now, c->patience))
        return 0;
    long us = tries < 4 ? 200 : tries < 100 ? 1000 : 5000;
    struct timespec pause = {.tv_nsec = (us + now.us % us) * 1000};
    (void)nanosleep(&pause, NULL);
    return 1;
}

/* The file's name as an URI of a file that nobody changes. */
static int unchanging(const char *file, struct buf *uri)
{
    buf_append(uri, "file:", 5);
    for (; *file != '\0'; file++) {
        if (strchr("?#%", *file) != NULL)
            buf_printf(uri, "%%%02X", (unsigned)*file);
        else
            buf_append(uri, file, 1);
    }
    buf_append(uri, "?immutable=1", 12);
    return uri->failed ? -1 : 0;
}

/* Reading needs the index of the WAL too, which SQLite makes beside the file: on a
 * read-only file system it cannot, and nobody changes the file there. If there is a WAL it
 * holds what the file lacks, so that the file alone must not be read. */
static int open_unchanging(struct sqlite_conn *c, struct helios_error *err)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                SQLITE_OPEN_URI;
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s-wal", c->file);
    bool alone = !text.failed && access(buf_text(&text), F_OK) != 0 && errno == ENOENT;
    buf_clear(&text);
    int rc = -1;
    if (!alone)
        (void)err_set(err, HELIOS_E_DENIED,
                      "the database file %s cannot be read on a read-only file system "
                      "while %s-wal lies beside it: copy both to where they can be written",
                      c->file, c->file);
    else if (unchanging(c->file, &text) != 0)
        (void)no_memory(err);
    else
        rc = 0;
    if (rc == 0) {
        (void)sqlite3_close_v2(c->db);
        c->db = NULL;
        if (sqlite3_open_v2(buf_text(&text), &c->db, flags, NULL) != SQLITE_OK)
            rc = c->db == NULL ? no_memory(err) : failed(c, "cannot use the database", err);
    }
    buf_fini(&text);
    return rc;
}

/* SQLite opens a file that it may not write for reading. Whether that works shows at the
 * first statement. */
static int open_file(struct sqlite_conn *c, bool *read_only, struct helios_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (check_file(c->file, err) != 0)
        return -1;
    if (sqlite3_open_v2(c->file, &c->db, flags, NULL) != SQLITE_OK)
        return c->db == NULL ? no_memory(err) : failed(c, "cannot use the database", err);
    *read_only = sqlite3_db_readonly(c->db, "main") == 1;
    if (!*read_only || pragma(c, "PRAGMA schema_version", err) == 0)
        return 0;
    return access(c->file, W_OK) != 0 && errno == EROFS ? open_unchanging(c, err) : -1;
}

static int open_session(struct sqlite_conn *c, bool *read_only, struct helios_error *err)
{
    if (open_file(c, read_only, err) != 0)
        return -1;
    (void)sqlite3_busy_handler(c->db, await_writer, c);
    if (sqlite3_create_function(c->db, "UNIX_TIMESTAMP", 0,
                                SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sql_now, NULL,
                                NULL) != SQLITE_OK)
        return failed(c, "cannot use the database", err);
    if (*read_only)
        return 0;
    /* FULL: in WAL mode a COMMIT that returned has been written to the disk. */
    return pragma(c, "PRAGMA journal_mode = WAL", err) != 0 ||
                   pragma(c, "PRAGMA synchronous = FULL", err) != 0
               ? -1
               : 0;
}

/* Another process's handle is left alone: closing would end the WAL under it. */
static void disconnect(void *conn, bool foreign)
{
    struct sqlite_conn *c = conn;
    if (!foreign) {
        (void)sqlite3_finalize(c->data_version);
        (void)sqlite3_close_v2(c->db);
    }
    free(c->file);
    free(c);
}

static int open_connection(const struct dsn *dsn, const char *user, const char *password,
                           void **conn, unsigned *flags, struct helios_error *err)
{
    (void)user;
    (void)password;
    struct sqlite_conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return no_memory(err);
    c->file = strdup(dsn->database);
    if (c->file == NULL) {
        free(c);
        return no_memory(err);
    }
    bool read_only = false;
    if (open_session(c, &read_only, err) != 0) {
        disconnect(c, false);
        return -1;
    }
    *conn = c;
    *flags = DB_ONE_WRITER | (read_only ? DB_READ_ONLY : 0u);
    return 0;
}

/* ---- statements ---- */

static void finalize(void *conn, void *statement)
{
    struct statement *s = statement;
    (void)conn;
    (void)sqlite3_finalize(s->stmt);
    for (int i = 0; s->blobs != NULL && i < s->columns_n; i++)
        buf_fini(&s->blobs[i]);
    free(s->blobs);
    free(s->row);
    free(s);
}

/* SQLite compiles the first statement of a text, and leaves what is behind it alone. */
static int compile(struct sqlite_conn *c, const char *sql, sqlite3_stmt **out,
                   struct helios_error *err)
{
    const char *behind = "";
    if (sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, &behind) !=
        SQLITE_OK)
        return failed(c, "prepare", err);
    if (*out == NULL)
        return err_set(err, HELIOS_E_INVALID, "prepare: the text has no statement");
    if (sql_blank(behind))
        return 0;
    (void)sqlite3_finalize(*out);
    return err_set(err, HELIOS_E_INVALID,
                   "prepare: the text has more than one statement: \"%.60s\" would be left "
                   "out",
                   behind);
}

static int prepare(void *conn, const char *sql, void **stmt, struct helios_error *err)
{
    struct sqlite_conn *c = conn;
    struct statement *s = calloc(1, sizeof *s);
    if (s == NULL)
        return no_memory(err);
    if (compile(c, sql, &s->stmt, err) != 0) {
        free(s);
        return -1;
    }
    s->columns_n = sqlite3_column_count(s->stmt);
    s->blobs = calloc((size_t)s->columns_n + 1, sizeof *s->blobs);
    s->row = calloc((size_t)s->columns_n + 1, sizeof *s->row);
    if (s->blobs == NULL || s->row == NULL) {
        finalize(conn, s);
        return no_memory(err);
    }
    *stmt = s;
    return 0;
}

static int bind_param(sqlite3_stmt *stmt, int at, const struct helios_datum *d)
{
    const void *data = d->data != NULL ? d->data : "";
    switch (d->type) {
    case HELIOS_DATUM_INT:
        return sqlite3_bind_int64(stmt, at, d->i);
    case HELIOS_DATUM_UINT:
        return d->u > INT64_MAX ? SQLITE_MISMATCH
                                : sqlite3_bind_int64(stmt, at, (sqlite3_int64)d->u);
    case HELIOS_DATUM_DOUBLE:
        return sqlite3_bind_double(stmt, at, d->d);
    case HELIOS_DATUM_TEXT:
        return sqlite3_bind_text64(stmt, at, data, d->len, SQLITE_STATIC, SQLITE_UTF8);
    case HELIOS_DATUM_BLOB:
        return sqlite3_bind_blob64(stmt, at, data, d->len, SQLITE_STATIC);
    case HELIOS_DATUM_NULL:
        return sqlite3_bind_null(stmt, at);
    }
    return SQLITE_MISUSE;
}

static int bind_params(struct sqlite_conn *c, struct statement *s,
                       const struct helios_datum *params, size_t n,
                       struct helios_error *err)
{
    int want = sqlite3_bind_parameter_count(s->stmt);
    if (n != (size_t)want)
        return err_set(err, HELIOS_E_INVALID,
                       "the statement has %d parameters and was given %zu", want, n);
    for (int i = 0; i < want; i++) {
        int rc = bind_param(s->stmt, i + 1, &params[i]);
        if (rc == SQLITE_MISMATCH)
            return err_set(err, HELIOS_E_DATA, "%llu is larger than any integer of SQLite",
                           (unsigned long long)params[i].u);
        if (rc == SQLITE_MISUSE)
            return err_set(err, HELIOS_E_INVALID, "parameter %d has no type", i + 1);
        if (rc != SQLITE_OK)
            return failed(c, "bind", err);
    }
    return 0;
}

static bool read_column(struct statement *s, int i)
{
    struct helios_datum *d = &s->row[i];
    *d = helios_null();
    switch (sqlite3_column_type(s->stmt, i)) {
    case SQLITE_INTEGER:
        *d = helios_int(sqlite3_column_int64(s->stmt, i));
        break;
    case SQLITE_FLOAT:
        *d = helios_double(sqlite3_column_double(s->stmt, i));
        break;
    case SQLITE_TEXT:
        d->type = HELIOS_DATUM_TEXT;
        d->data = sqlite3_column_text(s->stmt, i);
        d->len = (size_t)sqlite3_column_bytes(s->stmt, i);
        return d->data != NULL;
    case SQLITE_BLOB: {
        struct buf *b = &s->blobs[i];
        const void *data = sqlite3_column_blob(s->stmt, i);
        size_t len = (size_t)sqlite3_column_bytes(s->stmt, i);
        buf_clear(b);
        buf_append(b, data != NULL ? data : "", len);
        *d = helios_blob(buf_text(b), len);
        return !b->failed;
    }
    default:
        break;
    }
    return true;
}

static int step_all(struct sqlite_conn *c, struct statement *s, helios_row_fn *row,
                    void *arg, struct helios_error *err)
{
    int rc;
    while ((rc = sqlite3_step(s->stmt)) == SQLITE_ROW) {
        /* An INSERT ... RETURNING has done its work at the first row, but is only done
         * when all rows were seen. */
        if (row == NULL)
            continue;
        for (int i = 0; i < s->columns_n; i++) {
            if (!read_column(s, i))
                return no_memory(err);
        }
        if (row(arg, s->row, (size_t)s->columns_n) != 0)
            return 0;
    }
    return rc == SQLITE_DONE ? 0 : failed(c, "execute", err);
}

static void forget_values(struct statement *s)
{
    (void)sqlite3_reset(s->stmt);
    (void)sqlite3_clear_bindings(s->stmt);
    for (int i = 0; i < s->columns_n; i++) {
        if (s->blobs[i].cap > 1024u * 1024u)
            buf_fini(&s->blobs[i]);
    }
}

static int run(void *conn, void *statement, const struct helios_datum *params, size_t n,
               helios_row_fn *row, void *arg, uint64_t *changed, struct helios_error *err)
{
    struct sqlite_conn *c = conn;
    struct statement *s = statement;
    int rc = bind_params(c, s, params, n, err);
    if (rc == 0)
        rc = step_all(c, s, row, arg, err);
    if (rc == 0 && sqlite3_stmt_readonly(s->stmt) == 0)
        *changed = (uint64_t)sqlite3_changes64(c->db);
    forget_values(s);
    return rc;
}

/* ---- transactions ---- */

static int execute(struct sqlite_conn *c, const char *sql, struct helios_error *err)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                   : failed(c, sql, err);
}

/* A statement that commits would not tell which of the two failed. */
static bool alone(void *conn, bool on)
{
    (void)conn;
    (void)on;
    return false;
}

static int begin(void *conn, struct helios_error *err)
{
    return execute(conn, "BEGIN IMMEDIATE", err);
}

/* After an I/O error the pages of the transaction may or may not be in the log. */
static int commit(void *conn, struct helios_error *err)
{
    struct sqlite_conn *c = conn;
    if (sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    bool io = (sqlite3_extended_errcode(c->db) & 0xff) == SQLITE_IOERR;
    (void)failed(c, "COMMIT", err);
    if (io && err != NULL)
        err->kind = HELIOS_E_UNCERTAIN;
    return -1;
}

static bool agrees(void *conn, bool open)
{
    return (sqlite3_get_autocommit(((struct sqlite_conn *)conn)->db) == 0) == open;
}

/* As a full disk, an I/O error or a lack of memory may do. */
static bool undone(void *conn)
{
    return sqlite3_get_autocommit(((struct sqlite_conn *)conn)->db) != 0;
}

static int roll_back(void *conn, struct helios_error *err)
{
    struct sqlite_conn *c = conn;
    return undone(conn) ? 0 : execute(c, "ROLLBACK", err);
}

static int script(void *conn, const char *statement, size_t len, struct helios_error *err)
{
    struct buf text = BUF_INIT;
    buf_append(&text, statement, len);
    int rc = text.failed ? no_memory(err) : 0;
    if (rc == 0 && sqlite3_exec(((struct sqlite_conn *)conn)->db, text.data, NULL, NULL,
                                NULL) != SQLITE_OK)
        rc = failed(conn, "script", err);
    buf_fini(&text);
    return rc;
}

static uint64_t last_id(void *conn)
{
    return (uint64_t)sqlite3_last_insert_rowid(((struct sqlite_conn *)conn)->db);
}

static uint64_t change_number(void *conn)
{
    struct sqlite_conn *c = conn;
    uint64_t number = 0;
    if (c->data_version == NULL &&
        sqlite3_prepare_v3(c->db, "PRAGMA data_version", -1, SQLITE_PREPARE_PERSISTENT,
                           &c->data_version, NULL) != SQLITE_OK)
        return 0;
    if (sqlite3_step(c->data_version) == SQLITE_ROW)
        number = (uint64_t)sqlite3_column_int64(c->data_version, 0);
    (void)sqlite3_reset(c->data_version);
    return number;
}

const struct db_driver db_sqlite = {
    .name = "sqlite",
    .kind = HELIOS_DB_SQLITE,
    .init = init,
    .create = create,
    .connect = open_connection,
    .close = disconnect,
    .prepare = prepare,
    .finalize = finalize,
    .run = run,
    .begin = begin,
    .alone = alone,
    .commit = commit,
    .rollback = roll_back,
    .agrees = agrees,
    .undone = undone,
    .script = script,
    .last_id = last_id,
    .change_number = change_number,
};
