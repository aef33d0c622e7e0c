/* SPDX-License-Identifier: MIT */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The option table: every parameter that Helios itself knows. It feeds resolution, `config
 * explain`, conf/helios.ini.sample and helios.ini.5; a test fails when they drift. */
enum option_type {
    OPTION_TEXT,
    OPTION_INT,     /* decimal integer in [min, max]; outside is cut to the bound and
                       reported */
    OPTION_SECONDS, /* the same, in seconds */
    OPTION_MS,      /* the same, in milliseconds */
    OPTION_IS_ONE,  /* on if numerically 1 as Perl reads it ("1", "01", "1.0", " 1x") */
    OPTION_SET,     /* on if present with any non-NULL value (HALT) */
    OPTION_SWITCH,  /* off only if exactly "off" or "0" */
    OPTION_CHOICE,  /* one of choices (comma-separated), else the first */
    OPTION_PATH,    /* a relative one begins in the folder of helios.ini */
    OPTION_PATHS    /* the same for each of several, divided by colons */
};
enum option_read { READ_START, READ_RELOAD, READ_LOOK, READ_WORKER, READ_JOB };

struct option {
    const char *name;
    enum option_type type;
    const char *fallback; /* default as text; NULL for none */
    int64_t min, max;
    const char *choices;
    enum option_read read; /* when a change takes effect */
    bool secret;
    bool ini_only;     /* a row of this name is a fault: reported, not obeyed */
    const char *group; /* "Database and files", "Daemon timing", "Work control", "Limits of
                          a worker", "Logging", "ExecService" */
    const char *help;  /* one or more full sentences */
};
extern const struct option option_table[];
extern const size_t option_count;
const struct option *option_find(const char *name);

/* `text` as an exact decimal integer, blanks around it allowed. 0; 1 if it is one that
 * int64_t cannot hold: `*out` is the nearest that it can; -1 if it is none. */
int option_number(const char *text, int64_t *out);
/* Perl's `$text == 1`: the longest numeric prefix counts. */
bool option_is_one(const char *text);
bool option_switch(const char *text);
/* The place of `text` in option->choices, -1 if it is none of them. */
int option_choice(const struct option *option, const char *text);

/* Texts generated from the table. Free with free(); NULL: out of memory. */
char *option_sample_ini(void); /* conf/helios.ini.sample, whole */
char *option_manual(void);     /* the PARAMETERS part of helios.ini.5, mdoc */

#endif
