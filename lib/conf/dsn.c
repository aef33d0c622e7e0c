/* SPDX-License-Identifier: MIT */
#include "conf/dsn.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/dsn_split.h"
#include "core/err.h"

#define DSN_TEXT_MAX      4096u
#define DSN_PORT_MAX      65535u
#define DSN_TIMEOUT_S_MAX 86400u

enum key_kind { KEY_TEXT, KEY_NUMBER, KEY_FLAG, KEY_SSL };

struct key {
    const char *name;
    enum key_kind kind;
    size_t offset;     /* in struct dsn */
    unsigned max;      /* KEY_NUMBER */
    bool asks_for_ssl; /* given without mysql_ssl, it still asks for TLS */
};

#define TEXT(name, field)                                                                  \
    {                                                                                      \
        name, KEY_TEXT, offsetof(struct dsn, field), 0, false                              \
    }
#define NUMBER(name, field, max)                                                           \
    {                                                                                      \
        name, KEY_NUMBER, offsetof(struct dsn, field), max, false                          \
    }
#define SSL_TEXT(name, field)                                                              \
    {                                                                                      \
        name, KEY_TEXT, offsetof(struct dsn, field), 0, true                               \
    }

static const struct key plain_keys[] = {
    TEXT("host", host),   TEXT("hostname", host),     TEXT("database", database),
    TEXT("db", database), TEXT("dbname", database),   NUMBER("port", port, DSN_PORT_MAX),
    TEXT("user", user),   TEXT("password", password),
};

/* Behind mysql_ or mariadb_. */
static const struct key prefixed_keys[] = {
    TEXT("socket", socket),
    TEXT("read_default_file", default_file),
    TEXT("read_default_group", default_group),
    NUMBER("connect_timeout", connect_timeout_s, DSN_TIMEOUT_S_MAX),
    NUMBER("read_timeout", read_timeout_s, DSN_TIMEOUT_S_MAX),
    NUMBER("write_timeout", write_timeout_s, DSN_TIMEOUT_S_MAX),
    {"ssl", KEY_SSL, offsetof(struct dsn, ssl), 0, false},
    {"ssl_optional", KEY_FLAG, offsetof(struct dsn, ssl_optional), 0, false},
    {"ssl_verify_server_cert", KEY_FLAG, offsetof(struct dsn, ssl_verify), 0, true},
    SSL_TEXT("ssl_client_key", ssl_key),
    SSL_TEXT("ssl_client_cert", ssl_cert),
    SSL_TEXT("ssl_ca_file", ssl_ca),
    SSL_TEXT("ssl_ca_path", ssl_ca_path),
    SSL_TEXT("ssl_cipher", ssl_cipher),
};

struct parser {
    struct dsn *dsn;
    struct helios_error *err;
    bool port_given;
    bool ssl_given;  /* mysql_ssl itself, on or off */
    bool ssl_wanted; /* some other TLS key */
};

static int no_memory(struct helios_error *err)
{
    return err_set(err, HELIOS_E_NOMEM, "out of memory while reading the dsn");
}

static char **text_at(struct dsn *dsn, size_t offset)
{
    return (char **)(void *)((char *)dsn + offset);
}

/* Perl's truth: all but the empty text and "0". */
static bool truth(struct dsn_part value)
{
    return value.len > 1 || (value.len == 1 && value.at[0] != '0');
}

static int set_text(struct parser *p, size_t offset, struct dsn_part value)
{
    char *copy = strndup(value.at, value.len);
    if (copy == NULL)
        return no_memory(p->err);
    free(*text_at(p->dsn, offset));
    *text_at(p->dsn, offset) = copy;
    return 0;
}

/* The empty value is 0, the default, as in Perl. */
static int set_number(struct parser *p, const struct key *key, struct dsn_part value)
{
    unsigned number = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)(unsigned char)value.at[i] - '0';
        if (digit > 9 || number > (key->max - digit) / 10)
            return err_set(p->err, HELIOS_E_CONFIG,
                           "%s in the dsn must be a number from 0 (the default) to %u",
                           key->name, key->max);
        number = number * 10 + digit;
    }
    memcpy((char *)p->dsn + key->offset, &number, sizeof number);
    return 0;
}

static int set_key(struct parser *p, const struct key *key, struct dsn_part value)
{
    bool on = truth(value);
    switch (key->kind) {
    case KEY_NUMBER:
        p->port_given = p->port_given || key->offset == offsetof(struct dsn, port);
        return set_number(p, key, value);
    case KEY_SSL:
        p->ssl_given = true;
        p->dsn->ssl = on;
        return 0;
    case KEY_FLAG:
        p->ssl_wanted = p->ssl_wanted || (on && key->asks_for_ssl);
        memcpy((char *)p->dsn + key->offset, &on, sizeof on);
        return 0;
    case KEY_TEXT:
        p->ssl_wanted = p->ssl_wanted || (on && key->asks_for_ssl);
        return set_text(p, key->offset, value);
    }
    return 0;
}

static const struct key *find_key(const struct key *keys, size_t n, struct dsn_part name)
{
    for (size_t i = 0; i < n; i++)
        if (dsn_part_is(name, keys[i].name))
            return &keys[i];
    return NULL;
}

static int mysql_key(void *arg, struct dsn_part name, struct dsn_part value)
{
    struct parser *p = arg;
    const struct key *key = NULL;
    if (dsn_part_skip(&name, "mysql_") || dsn_part_skip(&name, "mariadb_"))
        key = find_key(prefixed_keys, sizeof prefixed_keys / sizeof prefixed_keys[0], name);
    else
        key = find_key(plain_keys, sizeof plain_keys / sizeof plain_keys[0], name);
    return key == NULL ? 0 : set_key(p, key, value);
}

/* A part without '=': the first of database, host and port that has no value yet. */
static int mysql_positional(void *arg, struct dsn_part value)
{
    static const char *const names[] = {"database", "host", "port"};
    struct parser *p = arg;
    const bool taken[] = {p->dsn->database != NULL, p->dsn->host != NULL, p->port_given};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!taken[i])
            return mysql_key(p, (struct dsn_part){names[i], strlen(names[i])}, value);
    return 0;
}

static int mysql_check(struct parser *p)
{
    struct dsn *dsn = p->dsn;
    if (!p->ssl_given)
        dsn->ssl = p->ssl_wanted;
    bool named = dsn->database != NULL && dsn->database[0] != '\0';
    if (named || dsn->default_file != NULL || dsn->default_group != NULL)
        return 0;
    return err_set(p->err, HELIOS_E_CONFIG,
                   "the dsn names no database; write "
                   "dbi:mysql:database=NAME;host=HOST");
}

static void forget(char **text)
{
    free(*text);
    *text = NULL;
}

static int parse_mysql(struct parser *p, const struct dsn_head *head)
{
    if (dsn_split_attributes(head->attributes, mysql_key, p) != 0 ||
        dsn_split_mysql(head->rest, mysql_key, mysql_positional, p) != 0)
        return -1;
    /* DBD::MariaDB lets the connect call's user and password win, set or not. */
    if (dsn_part_is_nocase(head->driver, "MariaDB")) {
        forget(&p->dsn->user);
        forget(&p->dsn->password);
    }
    return mysql_check(p);
}

static int sqlite_key(void *arg, struct dsn_part name, struct dsn_part value)
{
    struct parser *p = arg;
    if (dsn_part_is(name, "uri"))
        return err_set(p->err, HELIOS_E_CONFIG,
                       "uri= is not supported in the dsn; write dbi:SQLite:dbname=/PATH");
    if (dsn_part_is(name, "db") || dsn_part_is(name, "dbname") ||
        dsn_part_is(name, "database"))
        return set_text(p, offsetof(struct dsn, database), value);
    return 0;
}

static int sqlite_check(struct parser *p)
{
    const char *file = p->dsn->database;
    if (file == NULL || file[0] == '\0')
        return err_set(p->err, HELIOS_E_CONFIG,
                       "the dsn names no file; write dbi:SQLite:dbname=/PATH");
    if (strcmp(file, ":memory:") == 0)
        return err_set(p->err, HELIOS_E_CONFIG,
                       "a database in memory cannot be shared by processes; write "
                       "dbi:SQLite:dbname=/PATH");
    if (strncasecmp(file, "file:", 5) == 0)
        return err_set(p->err, HELIOS_E_CONFIG,
                       "file: names are not supported in the dsn; write "
                       "dbi:SQLite:dbname=/PATH");
    return 0;
}

/* Text without any database key is a path even if it holds '=', but only if it looks like
 * one: a misspelled key must not become a file of that name. */
static int parse_sqlite(struct parser *p, const struct dsn_head *head)
{
    struct dsn_part rest = head->rest;
    bool path = rest.len > 0 && (rest.at[0] == '/' || rest.at[0] == '.');
    if (memchr(rest.at, '=', rest.len) == NULL)
        path = true;
    else if (dsn_split_sqlite(rest, sqlite_key, p) != 0)
        return -1;
    if (path && p->dsn->database == NULL &&
        set_text(p, offsetof(struct dsn, database), rest) != 0)
        return -1;
    return sqlite_check(p);
}

static int parse_driver(struct parser *p, const struct dsn_head *head)
{
    if (dsn_part_is_nocase(head->driver, "mysql") ||
        dsn_part_is_nocase(head->driver, "MariaDB")) {
        p->dsn->driver = DSN_MYSQL;
        return parse_mysql(p, head);
    }
    if (dsn_part_is_nocase(head->driver, "SQLite")) {
        p->dsn->driver = DSN_SQLITE;
        return parse_sqlite(p, head);
    }
    int shown = head->driver.len > 32 ? 32 : (int)head->driver.len;
    return err_set(p->err, HELIOS_E_CONFIG,
                   "the dsn asks for database driver '%.*s'; known are mysql, MariaDB and "
                   "SQLite",
                   shown, head->driver.at);
}

int dsn_parse(const char *text, struct dsn *out, struct helios_error *err)
{
    *out = (struct dsn){.text = NULL};
    struct parser p = {.dsn = out, .err = err};
    struct dsn_head head;
    if (strlen(text) > DSN_TEXT_MAX)
        return err_set(err, HELIOS_E_CONFIG, "the dsn is longer than %u bytes",
                       DSN_TEXT_MAX);
    if (!dsn_split_head(text, &head))
        return err_set(err, HELIOS_E_CONFIG,
                       "the dsn must begin with dbi:mysql:, dbi:MariaDB: or dbi:SQLite:");
    if ((out->text = strdup(text)) == NULL)
        return no_memory(err);
    if (parse_driver(&p, &head) == 0)
        return 0;
    dsn_fini(out);
    return -1;
}

static const size_t texts[] = {
    offsetof(struct dsn, text),          offsetof(struct dsn, prefix),
    offsetof(struct dsn, database),      offsetof(struct dsn, host),
    offsetof(struct dsn, user),          offsetof(struct dsn, password),
    offsetof(struct dsn, socket),        offsetof(struct dsn, default_file),
    offsetof(struct dsn, default_group), offsetof(struct dsn, ssl_key),
    offsetof(struct dsn, ssl_cert),      offsetof(struct dsn, ssl_ca),
    offsetof(struct dsn, ssl_ca_path),   offsetof(struct dsn, ssl_cipher),
};
#define TEXTS (sizeof texts / sizeof texts[0])

void dsn_fini(struct dsn *dsn)
{
    for (size_t i = 0; i < TEXTS; i++)
        free(*text_at(dsn, texts[i]));
    *dsn = (struct dsn){.text = NULL};
}

int dsn_copy(const struct dsn *from, struct dsn *to)
{
    *to = *from;
    bool failed = false;
    for (size_t i = 0; i < TEXTS; i++) {
        char **copy = text_at(to, texts[i]);
        if (*copy != NULL && (*copy = strdup(*copy)) == NULL)
            failed = true;
    }
    if (failed)
        dsn_fini(to);
    return failed ? -1 : 0;
}

static uint64_t mix(uint64_t h, const char *text)
{
    for (const char *p = text == NULL ? "" : text; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211u;
    return (h ^ 0xff) * 1099511628211u;
}

uint64_t dsn_identity(const struct dsn *dsn)
{
    uint64_t place = 14695981039346656037u ^ (uint64_t)dsn->port;
    uint64_t names = 14695981039346656037u ^ (uint64_t)dsn->driver;
    bool local = dsn->host != NULL && strcmp(dsn->host, "localhost") == 0;
    place = mix(place, local ? NULL : dsn->host);
    place = mix(place, dsn->socket);
    names = mix(names, dsn->database);
    names = mix(names, dsn->prefix);
    names = mix(names, dsn->default_file);
    names = mix(names, dsn->default_group);
    return (place ^ place >> 32) << 32 | (uint32_t)(names ^ names >> 32) | 1;
}
