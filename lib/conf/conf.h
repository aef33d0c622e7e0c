/* SPDX-License-Identifier: MIT */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include <helios/params.h>

#include "conf/dsn.h"
#include "core/ini.h"
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
    bool secret;      /* password: never shown */
    bool duplicate;   /* several rows of one host: the last one was taken */
    bool ignored_row; /* a row tried to set dsn, user, password or options: not obeyed */
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
 * for `host`. `*out` is the caller's: conf_free(). */
int conf_resolve(const struct ini *ini, const char *service, const char *host,
                 const struct conf_row *rows, size_t n, struct helios_params **out,
                 conf_warn_fn *warn, void *arg, struct helios_error *err);
void conf_free(struct helios_params *params);
const struct conf_value *conf_value(const struct helios_params *params, const char *name);

/* The daemon's figures. A value that is not of its option's type leaves the figure of
 * `last` (NULL: the default) and is reported to `warn`. */
void conf_settings(const struct helios_params *params, const struct settings *last,
                   struct settings *out, conf_warn_fn *warn, void *arg);

/* dsn, user and password of the collective. `*user` and `*password` are borrowed from
 * `params`. dsn missing: HELIOS_E_CONFIG naming the file. */
int conf_database(const struct helios_params *params, struct dsn *dsn, const char **user,
                  const char **password, struct helios_error *err);

/* The option table: every parameter that Helios itself knows. It feeds resolution, `config
 * explain`, conf/helios.ini.sample and helios.ini.5; a test fails when they drift. */
enum option_type {
    OPTION_TEXT,
    OPTION_INT, /* decimal integer in [min, max]; outside is cut to the bound and reported
                 */
    OPTION_SECONDS, /* the same, in seconds */
    OPTION_MS,      /* the same, in milliseconds */
    OPTION_IS_ONE,  /* on if numerically 1 as Perl reads it ("1", "01", "1.0", " 1x") */
    OPTION_SET,     /* on if present with any non-NULL value (HALT) */
    OPTION_CHOICE,  /* one of choices (comma-separated), else the first */
    OPTION_PATH
};
enum option_read { READ_START, READ_LOOK, READ_LAUNCH, READ_JOB };

struct option {
    const char *name;
    enum option_type type;
    const char *fallback; /* default as text; NULL for none */
    int64_t min, max;
    const char *choices;
    enum option_read read; /* when a change takes effect */
    bool secret;
    bool ini_only; /* a row of this name is a fault: reported, not obeyed */
    const char
        *group;       /* "Database and files", "Daemon timing", "Work control", "Logging" */
    const char *help; /* one or more full sentences */
};
extern const struct option option_table[];
extern const size_t option_count;
const struct option *option_find(const char *name);

/* Texts generated from the table. Free with free(). */
char *option_sample_ini(void); /* conf/helios.ini.sample, whole */
char *option_manual(void);     /* the PARAMETERS part of helios.ini.5, mdoc */
/* `config explain`: one line a value: name, value (secrets as "(hidden)"), where from. */
char *conf_explain(const struct helios_params *params);

#endif
