/* SPDX-License-Identifier: MIT */
#ifndef CONF_DSN_H
#define CONF_DSN_H

#include <stdbool.h>

#include <helios/error.h>

/* A DBI data source name, taken apart. Spellings as DBD::mysql, DBD::MariaDB and
 * DBD::SQLite accept them: dbi:DRIVER(attr=v,...):key=value;key=value (helios.md 4.1,
 * design 4). Driver names are matched without regard to case. All texts are owned by the
 * struct, NULL if not given. */
enum dsn_driver { DSN_MYSQL, DSN_SQLITE };

struct dsn {
    enum dsn_driver driver;
    char *text;     /* as configured: the Perl database hash is made of it */
    char *database; /* SQLite: the file */
    char *host;
    unsigned port; /* 0 = default */
    char *socket;
    char *default_file;  /* mysql_read_default_file */
    char *default_group; /* mysql_read_default_group */
    bool ssl;            /* any mysql_ssl... or mariadb_ssl... asked for TLS */
    bool ssl_verify;     /* ..._ssl_verify_server_cert=1 */
    bool ssl_optional;
    char *ssl_key, *ssl_cert, *ssl_ca, *ssl_ca_path, *ssl_cipher;
    unsigned connect_timeout_s, read_timeout_s, write_timeout_s; /* 0 = DB_TIMEOUT_S */
};

/* Parses `text`. Unknown drivers and missing parts (a database; the file of SQLite) are one
 * sentence. Unknown keys are ignored as DBI ignores them. */
int dsn_parse(const char *text, struct dsn *out, struct helios_error *err);
void dsn_fini(struct dsn *dsn);
int dsn_copy(const struct dsn *from, struct dsn *to);

#endif
