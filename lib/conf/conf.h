/* SPDX-License-Identifier: MIT */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include <helios/params.h>

#include "conf/dsn.h"
#include "conf/option.h"
#include "core/buf.h"
#include "core/ini.h"
#include "core/log.h"
#include "core/settings.h"

/* The resolved configuration of one service on one host: an immutable snapshot in which
 * every value knows where it came from. It is what the public struct helios_params points
 * to. */
enum conf_source { CONF_DEFAULT, CONF_GLOBAL, CONF_SECTION, CONF_ROW_ALL, CONF_ROW_HOST };

/* One row of helios_params_tb as read; texts are borrowed. `value` NULL is SQL NULL. */
struct conf_row {
    const char *host; /* "*" or this host */
    const char *param;
    const char *value;
};

struct conf_value {
    char *name;
    char *text; /* NULL: set to NULL by a row, or an option without default */
    enum conf_source source;
    unsigned line;    /* in the ini; 0 otherwise */
    bool known;       /* has a row in the option table */
    bool secret;      /* a password by its option or its name: never shown */
    bool duplicate;   /* several rows of one host: the last one was taken */
    bool ignored_row; /* a row tried to set what only the ini may: not obeyed */
};

struct helios_params {
    char *service;
    char *host;
    char *ini_path;
    struct conf_value *values; /* by name, byte order */
    size_t count;
};

/* What was odd in the input, one sentence each ("row (S, host, MAX_WORKERS): 'many' is not
 * a number; 5 stays in force"). Called during resolution; never with a secret's text. */
typedef void conf_warn_fn(void *arg, const char *sentence);

/* Merges: defaults, ini [global], ini [service] (service may be NULL), rows for `*`, rows
 * for any other host, taken as this one since the database compared them, perhaps without
 * regard to case. A NULL row hides what lies below. Of several rows of one host and name
 * the last wins and `warn` is told; so it is of rows for what only the ini may set. `warn`
 * may be NULL. Fails only for lack of memory. `*out` is the caller's: conf_free(). */
int conf_resolve(const struct ini *ini, const char *service, const char *host,
                 const struct conf_row *rows, size_t n, struct helios_params **out,
                 conf_warn_fn *warn, void *arg, struct helios_error *err);
void conf_free(struct helios_params *params);
const struct conf_value *conf_value(const struct helios_params *params, const char *name);

/* The daemon's figures. Not set or NULL gives the default. A text that is not a decimal
 * integer leaves the figure of `last` (NULL: the default), one out of range is cut to the
 * bound; both are reported to `warn`, at each call: the caller keeps its log quiet. */
void conf_settings(const struct helios_params *params, const struct settings *last,
                   struct settings *out, conf_warn_fn *warn, void *arg);

/* dsn, user and password of the collective. `*user` and `*password` are borrowed from
 * `params` or, where it names them, from `dsn`; NULL if not set. A relative SQLite file
 * lies beside the ini, because a daemon's own folder is "/". dsn missing or malformed:
 * HELIOS_E_CONFIG naming the place. On success the caller calls dsn_fini(). */
int conf_database(const struct helios_params *params, struct dsn *dsn, const char **user,
                  const char **password, struct helios_error *err);

/* dsn_identity() of the collective; 0 if there is no dsn that can be read. */
uint64_t conf_identity(const struct helios_params *params);

/* What the logging front is told: loggers, internal_logger and the syslog_... parameters.
 * `service`, `foreground` and `threshold` (settings.log_threshold) are left alone. */
void conf_logging(const struct helios_params *params, struct log_config *out,
                  conf_warn_fn *warn, void *arg);

/* Tells `warn` if loggers names standard error, which is /dev/null for a daemon in the
 * background. */
void conf_stderr(const struct helios_params *params, conf_warn_fn *warn, void *arg);

/* All that conf_resolve(), conf_settings(), conf_logging() and conf_stderr() find odd, and
 * numbers that others read. Fails only for lack of memory. */
int conf_odd(const struct ini *ini, const char *service, const char *host,
             const struct conf_row *rows, size_t n, conf_warn_fn *warn, void *arg,
             struct helios_error *err);

/* Everybody may read the file, and it holds a password or a key. */
bool conf_exposes_secret(const struct ini *ini);

/* Where a value came from: "default", "[global] line 12 of /etc/helios.ini", "row for host
 * *". */
void conf_origin(const struct helios_params *params, const struct conf_value *value,
                 struct buf *out);

/* The value for people, on one line: "(hidden)" for a secret, passwords inside a dsn
 * masked, control characters escaped; "(not set)" or, from a row, "(NULL)". */
void conf_show(const struct conf_value *value, struct buf *out);

/* `config explain`: one line a value, "NAME = value   (from: ORIGIN)", columns aligned.
 * Free with free(); NULL: out of memory. */
char *conf_explain(const struct helios_params *params);

#endif
