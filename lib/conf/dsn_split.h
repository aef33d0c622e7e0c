/* SPDX-License-Identifier: MIT */
#ifndef CONF_DSN_SPLIT_H
#define CONF_DSN_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

/* How Perl divides a data source name: DBI its head, each driver the rest. Parts point into
 * the text and are not NUL-terminated. */
struct dsn_part {
    const char *at;
    size_t len;
};

struct dsn_head {
    struct dsn_part driver;
    struct dsn_part attributes; /* between the parentheses; empty if there are none */
    struct dsn_part rest;
};

/* Return other than 0 ends the split with -1. */
typedef int dsn_key_fn(void *arg, struct dsn_part key, struct dsn_part value);
typedef int dsn_value_fn(void *arg, struct dsn_part value);

/* `dbi:DRIVER(ATTRIBUTES):REST`; false if `text` is not of this form. */
bool dsn_split_head(const char *text, struct dsn_head *out);
/* `key=>value,key=value`, blanks around the signs dropped. */
int dsn_split_attributes(struct dsn_part text, dsn_key_fn *key, void *arg);
/* At ';' and ':', bracketed addresses kept together and freed of their brackets. */
int dsn_split_mysql(struct dsn_part text, dsn_key_fn *key, dsn_value_fn *positional,
                    void *arg);
/* Length of the first part of such a text. */
size_t dsn_split_mysql_end(struct dsn_part text);
/* At ';'; parts without '=' are passed over. */
int dsn_split_sqlite(struct dsn_part text, dsn_key_fn *key, void *arg);

bool dsn_part_is(struct dsn_part part, const char *text);
bool dsn_part_is_nocase(struct dsn_part part, const char *text);
/* Removes `prefix` from the front if it is there. */
bool dsn_part_skip(struct dsn_part *part, const char *prefix);

#endif
