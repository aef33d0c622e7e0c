/* SPDX-License-Identifier: MIT */
#ifndef CONF_DSN_H
#define CONF_DSN_H

#include <stdbool.h>
#include <stdint.h>

#include <helios/error.h>

/* A DBI data source name, taken apart as DBD::mysql, DBD::MariaDB and DBD::SQLite do
 * (helios.md 4.1, design 4). All texts are owned by the struct, NULL if not given.
 *
 *   dbi:DRIVER(attribute=>value,...):REST     "dbi" and DRIVER in any case
 *
 * mysql and MariaDB: REST is divided at ';' and ':'. A part with '=' is a key: host or
 * hostname, port, database, db or dbname, and those below with mysql_ or mariadb_ in front.
 * Other parts fill database, host and port in this order, where those have no value yet:
 * `dbi:mysql:helios_db:db1:3307`. An IPv6 address is written in brackets: `host=[::1]`.
 * user and password are read from a mysql name, where they win over ini values, and not
 * from a MariaDB one, as in Perl.
 *
 * SQLite: REST is a path, or db=, dbname= or database= among keys divided at ';'.
 *
 * Attributes in the parentheses count as keys in front of REST. Unknown keys (such as
 * mysql_compression, mysql_init_command, mysql_auto_reconnect, sqlite_open_flags) are
 * ignored. Not supported, and refused: other drivers; an empty driver (DBI_DRIVER); uri=
 * and file: names, ":memory:" and the empty (temporary) file of SQLite, which no two
 * processes could share. */
enum dsn_driver { DSN_MYSQL, DSN_SQLITE };

struct dsn {
    enum dsn_driver driver;
    char *text;   /* as configured: the Perl database hash is made of it */
    char *prefix; /* of TheSchwartz's tables; not from the text. NULL: none */
    /* TheSchwartz's names of the database, from its dsn and from a driver object's; not
     * from the text alone. "" if not known. */
    char hash[33], driver_hash[33];
    char *database; /* SQLite: the file. NULL if a defaults file may name it */
    char *host;     /* NULL, "" and "localhost" mean the local socket */
    unsigned port;  /* 0 = default */
    char *user, *password;
    char *socket;
    char *default_file;  /* mysql_read_default_file */
    char *default_group; /* mysql_read_default_group */
    bool ssl;            /* mysql_ssl=1, or any other ..._ssl_... key without mysql_ssl=0 */
    bool ssl_verify;     /* ..._ssl_verify_server_cert=1 */
    bool ssl_optional;
    char *ssl_key, *ssl_cert, *ssl_ca, *ssl_ca_path, *ssl_cipher;
    unsigned connect_timeout_s, read_timeout_s, write_timeout_s; /* 0 = DB_TIMEOUT_S */
};

/* Parses `text`. What is wrong (unknown driver, missing database or file, a port that is no
 * port) is one sentence, which names drivers and keys but repeats no value. On failure
 * `out` is empty. */
int dsn_parse(const char *text, struct dsn *out, struct helios_error *err);
void dsn_fini(struct dsn *dsn);
int dsn_copy(const struct dsn *from, struct dsn *to); /* -1: out of memory, `to` is empty */

/* A number for the tables that it names, not for who connects and how: the place of the
 * server in the upper half, the names of database and prefix in the lower. Never 0. Other
 * spellings of one server, its name and its address, have others. */
uint64_t dsn_identity(const struct dsn *dsn);
/* Whether two may be the same tables, at another address. */
static inline bool dsn_same_names(uint64_t a, uint64_t b)
{
    return (uint32_t)a == (uint32_t)b;
}

/* `text` for people to read: the value of every key that looks like a password is
 * "(hidden)"; malformed text that mentions one is hidden whole. NULL: out of memory. */
char *dsn_masked(const char *text);

#endif
