/* SPDX-License-Identifier: MIT */
#include "db/mysql_private.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Statements that wait for a lock give up before the connection's read time-out does, so
 * that waiting is RETRY and not LOST. */
#define LOCK_WAIT_S 10u
/* The library's own limit must not be below the server's. */
#define PACKET_MAX (1024ul * 1024ul * 1024ul)

static unsigned or_default(unsigned seconds)
{
    return seconds != 0 ? seconds : DB_TIMEOUT_S;
}

static void set_tls(MYSQL *mysql, const struct dsn *dsn)
{
    my_bool on = 1;
    if (!dsn->ssl)
        return;
    (void)mysql_ssl_set(mysql, dsn->ssl_key, dsn->ssl_cert, dsn->ssl_ca, dsn->ssl_ca_path,
                        dsn->ssl_cipher);
    if (!dsn->ssl_optional)
        (void)mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    my_bool verify = dsn->ssl_verify;
    (void)mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static void set_options(MYSQL *mysql, const struct dsn *dsn)
{
    unsigned connect_s = or_default(dsn->connect_timeout_s);
    unsigned read_s = or_default(dsn->read_timeout_s);
    unsigned write_s = or_default(dsn->write_timeout_s);
    my_bool off = 0;
    unsigned local_infile = 0;
    unsigned long packet_max = PACKET_MAX;
    if (dsn->default_file != NULL)
        (void)mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, dsn->default_file);
    if (dsn->default_group != NULL)
        (void)mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, dsn->default_group);
    (void)mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    (void)mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_s);
    (void)mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &write_s);
    (void)mysql_options(mysql, MYSQL_OPT_RECONNECT, &off);
    (void)mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    (void)mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_max);
    (void)mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    set_tls(mysql, dsn);
}

static const char *place(const struct dsn *dsn, char *buffer, size_t size)
{
    const char *host = dsn->host != NULL ? dsn->host : "localhost";
    if (dsn->socket != NULL)
        (void)snprintf(buffer, size, "%s", dsn->socket);
    else if (dsn->port != 0)
        (void)snprintf(buffer, size, "%s:%u", host, dsn->port);
    else
        (void)snprintf(buffer, size, "%s", host);
    return buffer;
}

static int text_query(struct mysql_conn *c, const char *what, const char *sql, size_t len,
                      struct helios_error *err)
{
    if (mysql_real_query(c->mysql, sql, (unsigned long)len) != 0)
        return mysql_failed(err, what, mysql_errno(c->mysql), mysql_error(c->mysql));
    MYSQL_RES *result = mysql_store_result(c->mysql);
    if (result != NULL)
        mysql_free_result(result);
    else if (mysql_errno(c->mysql) != 0)
        return mysql_failed(err, what, mysql_errno(c->mysql), mysql_error(c->mysql));
    return 0;
}

/* What the last answer of the server says of transactions. */
static unsigned status(MYSQL *mysql)
{
    unsigned all = 0;
    (void)mariadb_get_infov(mysql, MARIADB_CONNECTION_SERVER_STATUS, &all);
    return all & (SERVER_STATUS_AUTOCOMMIT | SERVER_STATUS_IN_TRANS);
}

/* `*by_statement`: the server writes statements to its binary log, and refuses to change
 * InnoDB's tables in transactions that are READ COMMITTED. */
static int read_variables(struct mysql_conn *c, bool *by_statement,
                          struct helios_error *err)
{
    static const char sql[] = "SELECT @@max_allowed_packet, "
                              "@@log_bin AND @@binlog_format = 'STATEMENT'";
    MYSQL_RES *result = NULL;
    if (mysql_real_query(c->mysql, sql, sizeof sql - 1) == 0)
        result = mysql_store_result(c->mysql);
    if (result == NULL)
        return mysql_failed(err, "connect", mysql_errno(c->mysql), mysql_error(c->mysql));
    MYSQL_ROW row = mysql_fetch_row(result);
    if (row != NULL && row[0] != NULL)
        c->packet_max = strtoul(row[0], NULL, 10);
    *by_statement = row != NULL && row[1] != NULL && row[1][0] == '1';
    mysql_free_result(result);
    return 0;
}

/* What every statement of ours relies on, whatever the server's defaults are. A server may
 * ignore the character set that the client has named (skip_character_set_client_handshake,
 * init_connect), chain a transaction to each COMMIT, or cut results. READ COMMITTED locks
 * no gaps between rows: without it, transactions wait for each other and deadlock more, and
 * do the same. */
static int set_session(struct mysql_conn *c, unsigned read_timeout_s,
                       struct helios_error *err)
{
    unsigned long version = mysql_get_server_version(c->mysql);
    const char *isolation = mariadb_connection(c->mysql) || version < 80003
                                ? "tx_isolation"
                                : "transaction_isolation";
    unsigned wait_s = read_timeout_s / 2 < LOCK_WAIT_S ? read_timeout_s / 2 : LOCK_WAIT_S;
    char variables[320];
    bool by_statement = false;
    /* A defaults file may have named another one. */
    if (strcmp(mysql_character_set_name(c->mysql), "utf8mb4") != 0 &&
        mysql_set_character_set(c->mysql, "utf8mb4") != 0)
        return mysql_failed(err, "connect", mysql_errno(c->mysql), mysql_error(c->mysql));
    if (read_variables(c, &by_statement, err) != 0)
        return -1;
    int len = snprintf(
        variables, sizeof variables,
        "SET NAMES utf8mb4, SESSION %s = '%s', autocommit = 1, "
        "completion_type = 'NO_CHAIN', sql_select_limit = DEFAULT, "
        "sql_safe_updates = 0, innodb_lock_wait_timeout = %u, lock_wait_timeout = %u",
        isolation, by_statement ? "REPEATABLE-READ" : "READ-COMMITTED",
        wait_s < 1 ? 1 : wait_s, wait_s < 1 ? 1 : wait_s);
    return text_query(c, "connect", variables, (size_t)len, err);
}

static unsigned capabilities(MYSQL *mysql)
{
    unsigned long version = mysql_get_server_version(mysql);
    if (mariadb_connection(mysql)) {
        unsigned extended = 0;
        (void)mariadb_get_infov(mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES,
                                &extended);
        return DB_MARIADB | (version >= 100600 ? DB_SKIP_LOCKED : 0u) |
               (version >= 100500 ? DB_RETURNING : 0u) |
               ((extended & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0 ? DB_ROWS
                                                                              : 0u);
    }
    return version >= 80001 ? DB_SKIP_LOCKED : 0u;
}

static void init(void)
{
    (void)mysql_server_init(0, NULL, NULL);
}

static void disconnect(void *conn, bool foreign)
{
    struct mysql_conn *c = conn;
    /* The goodbye of mysql_close() would end the connection for the process that opened
     * it: let it go to /dev/null. */
    if (foreign && c->mysql != NULL) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null < 0 || dup3(null, mysql_get_socket(c->mysql), O_CLOEXEC) < 0)
            c->mysql = NULL; /* leaked: better than said */
        if (null >= 0)
            (void)close(null);
    }
    mysql_dump_end(c);
    if (c->mysql != NULL)
        mysql_close(c->mysql);
    free(c);
}

/* The library goes on in the clear with a server that offers no TLS, unless the server's
 * certificate is to be verified. */
static int check_tls(MYSQL *mysql, const struct dsn *dsn, struct helios_error *err)
{
    if (!dsn->ssl || dsn->ssl_optional || mysql_get_ssl_cipher(mysql) != NULL)
        return 0;
    return err_set(
        err, HELIOS_E_LOST,
        "connect: the server offers no TLS and mysql_ssl of dsn asks for it; set "
        "the server up for it, or remove the mysql_ssl settings");
}

static int open_session(struct mysql_conn *c, const struct dsn *dsn, const char *user,
                        const char *password, struct helios_error *err)
{
    char where[256];
    set_options(c->mysql, dsn);
    if (mysql_real_connect(c->mysql, dsn->host, user, password, dsn->database, dsn->port,
                           dsn->socket, CLIENT_FOUND_ROWS) == NULL) {
        (void)mysql_connect_failed(err, mysql_errno(c->mysql), mysql_error(c->mysql));
        return err_wrap(err, "cannot use the database on %s",
                        place(dsn, where, sizeof where));
    }
    int fd = mysql_get_socket(c->mysql);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (check_tls(c->mysql, dsn, err) != 0 ||
        set_session(c, or_default(dsn->read_timeout_s), err) != 0)
        return err_wrap(err, "cannot use the database on %s",
                        place(dsn, where, sizeof where));
    return 0;
}

static int create(const struct dsn *dsn, struct helios_error *err)
{
    (void)dsn;
    (void)err;
    return 0;
}

static int open_connection(const struct dsn *dsn, const char *user, const char *password,
                           void **conn, unsigned *flags, struct helios_error *err)
{
    struct mysql_conn *c = calloc(1, sizeof *c);
    if (c != NULL)
        c->mysql = mysql_init(NULL);
    if (c == NULL || c->mysql == NULL) {
        free(c);
        return err_set(err, HELIOS_E_NOMEM, "out of memory while connecting");
    }
    if (open_session(c, dsn, user, password, err) != 0) {
        disconnect(c, false);
        return -1;
    }
    c->idle = status(c->mysql);
    *conn = c;
    *flags = capabilities(c->mysql);
    return 0;
}

static int begin(void *conn, struct helios_error *err)
{
    struct mysql_conn *c = conn;
    static const char sql[] = "START TRANSACTION";
    if (text_query(c, sql, sql, sizeof sql - 1, err) != 0)
        return -1;
    c->open = status(c->mysql);
    return 0;
}

static int commit(void *conn, struct helios_error *err)
{
    struct mysql_conn *c = conn;
    static const char sql[] = "COMMIT";
    if (mysql_real_query(c->mysql, sql, sizeof sql - 1) == 0)
        return 0;
    (void)mysql_failed(err, sql, mysql_errno(c->mysql), mysql_error(c->mysql));
    mysql_commit_failed(err, mysql_errno(c->mysql));
    return -1;
}

static bool agrees(void *conn, bool open)
{
    const struct mysql_conn *c = conn;
    return status(c->mysql) == (open ? c->open : c->idle);
}

/* Whether a statement would commit by itself: a script may have changed that, or have begun
 * a transaction that we know nothing of. */
static bool commits_by_itself(MYSQL *mysql)
{
    return status(mysql) == SERVER_STATUS_AUTOCOMMIT;
}

/* A connection on which something can be read was most likely closed by the server. What
 * began with START TRANSACTION has not happened then; of a statement nobody could tell. */
static bool alone(void *conn, bool on)
{
    struct mysql_conn *c = conn;
    struct pollfd socket = {.fd = mysql_get_socket(c->mysql), .events = POLLIN};
    c->alone = on && commits_by_itself(c->mysql) && poll(&socket, 1, 0) == 0;
    return c->alone;
}

/* The other order would commit. */
static int roll_back(void *conn, struct helios_error *err)
{
    static const char sql[] = "ROLLBACK";
    static const char each[] = "SET autocommit = 1";
    if (text_query(conn, sql, sql, sizeof sql - 1, err) != 0)
        return -1;
    return agrees(conn, false) ? 0 : text_query(conn, each, each, sizeof each - 1, err);
}

static int script(void *conn, const char *statement, size_t len, struct helios_error *err)
{
    return text_query(conn, "script", statement, len, err);
}

static uint64_t last_id(void *conn)
{
    return ((struct mysql_conn *)conn)->last_id;
}

static uint64_t change_number(void *conn)
{
    (void)conn;
    return 0;
}

const struct db_driver db_mysql = {
    .name = "mysql",
    .kind = HELIOS_DB_MYSQL,
    .init = init,
    .create = create,
    .connect = open_connection,
    .close = disconnect,
    .prepare = mysql_statement_prepare,
    .finalize = mysql_statement_finalize,
    .run = mysql_statement_run,
    .begin = begin,
    .alone = alone,
    .commit = commit,
    .rollback = roll_back,
    .agrees = agrees,
    .script = script,
    .last_id = last_id,
    .change_number = change_number,
    .dump_begin = mysql_dump_begin,
    .dump_next = mysql_dump_next,
};
