/* SPDX-License-Identifier: MIT */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <helios/client.h>

#include "store/store.h"

/* The command `helios`: one table of commands (command.c), one file a family. A command is
 * found by its words (`helios config set`) or, under one of the names that Perl Helios
 * installs, by argv[0] (`helios_config_set`); the latter has the options, the output and
 * the exit codes of the original: 0 or 1, never one of <sysexits.h>. */

/* Everything that an option or an operand can give to a command. */
enum ctl_item {
    ITEM_NONE = 0,
    ITEM_ALL,
    ITEM_ALL_HOSTS,
    ITEM_ARGS,
    ITEM_BATCH,
    ITEM_COALESCE,
    ITEM_CONFIG,
    ITEM_DAYS,
    ITEM_DEBUG,
    ITEM_DRY_RUN,
    ITEM_EPOCH_TIME,
    ITEM_ERROR,
    ITEM_FILE,
    ITEM_FOLLOW,
    ITEM_HANDLE,
    ITEM_HELP,
    ITEM_HOST,
    ITEM_JOBID,
    ITEM_JOBTYPE,
    ITEM_JOBTYPE_ID,
    ITEM_JSON,
    ITEM_LEVEL,
    ITEM_LIMIT,
    ITEM_LINES,
    ITEM_LOGS,
    ITEM_NO_VALIDATE,
    ITEM_PARAM,
    ITEM_PRIORITY,
    ITEM_RAW,
    ITEM_RUN_AFTER,
    ITEM_SERVICE,
    ITEM_SHELL,
    ITEM_SILENT,
    ITEM_SINCE,
    ITEM_STATE,
    ITEM_TIMEOUT,
    ITEM_UNIQKEY,
    ITEM_UTC,
    ITEM_VALUE,
    ITEM_VERBOSE,
    ITEM_VERSION,
    ITEM_WATCH,
    ITEM_WIDE,
    ITEM_YES,
    ITEM_COUNT
};

struct ctl_option {
    enum ctl_item item;
    char letter;       /* '\0' for none */
    const char *name;  /* without its dashes */
    const char *value; /* what the manual calls it; NULL: the option takes none */
    bool number;       /* the value is a decimal integer */
    const char *help;  /* one line */
};

struct column; /* daemon/ctl/grid.h */
struct ctl;
typedef int ctl_run_fn(struct ctl *ctl); /* returns the exit code of the process */

#define CTL_OPERANDS 3
struct ctl_command {
    const char *name;                  /* the words after `helios`, or a historical name */
    const char *operands;              /* "SERVICE PARAM [VALUE]", for usage */
    const char *help;                  /* one line, no full stop */
    const struct ctl_option *options;  /* ends with a name of NULL */
    enum ctl_item takes[CTL_OPERANDS]; /* what the operands are, in order */
    unsigned needs; /* so many of them must be there (not checked for historical) */
    /* What a list is made of, and the keys of --json; ends with a name of NULL. NULL: the
     * command has no --json. */
    const struct column *columns;
    bool list;           /* prints them in columns */
    bool rest;           /* takes further operands, in ctl->argv */
    bool historical;     /* argv[0] */
    bool unparsed;       /* ctl->argv has all that followed the name */
    const char *context; /* historical: what stands before the text of a failure */
    ctl_run_fn *run;
};
/* Ends with a name of NULL. */
extern const struct ctl_command ctl_commands[];

struct ctl {
    const struct ctl_command *command;
    const char *prefix;            /* of messages: "helios", or the path as started */
    const char *items[ITEM_COUNT]; /* NULL: not given; "" for an option without value */
    int argc;                      /* operands that no item took */
    char **argv;
    struct helios_client *client; /* by ctl_connect() */
    const char *hash;             /* of the database that handles named; NULL: ours */
};

/* ---- command.c ---- */
const struct ctl_command *command_by_words(int argc, char **argv, int *used);
const struct ctl_command *command_by_program(const char *argv0);
/* The command's name that is nearest to one or two words (`second` may be NULL), or NULL if
 * none is near. */
const char *command_suggest(const char *first, const char *second);
/* Whether commands of two words begin with this one. */
bool command_is_family(const char *word);

/* ---- arguments.c ---- */
/* Option number `i` of a command: its own, then those that all commands have;
 * NULL beyond. */
const struct ctl_option *option_at(const struct ctl_command *command, size_t i);
/* Options and operands into ctl->items. 0, or -1 having said what is wrong. For historical
 * names the rules of Perl's Getopt::Long hold: any case, abbreviations, one dash; what is
 * unknown is said and otherwise ignored. */
int arguments_parse(struct ctl *ctl, int argc, char **argv);
bool number_parse(const char *text, int64_t *out);

/* ---- help.c ---- */
void help_commands(const char *family, FILE *to); /* NULL: all commands */
void help_command(const struct ctl_command *command, FILE *to);
/* Says that words are no command, and what may be meant; the exit code. */
int help_reject(const struct ctl *ctl, int argc, char **argv);

/* ---- say.c ---- */
/* One sentence on standard error behind the prefix. */
void ctl_say(const struct ctl *ctl, const char *format, ...) HELIOS_PRINTF(2, 3);
/* Says a failure and returns the exit code that it has. */
int ctl_fail(const struct ctl *ctl, const struct helios_error *err);
/* Says what is wrong with the command line; the exit code. */
int ctl_usage(const struct ctl *ctl, const char *format, ...) HELIOS_PRINTF(2, 3);
/* Prints to standard output what others have stored: as it is for a program, and on a
 * terminal nothing that it would obey but the ends of lines. */
void ctl_show(const char *text, size_t len);
/* "emerg" to "debug". */
const char *ctl_level(int level);
/* "Fri Mar  7 17:12:08 2014", local time. */
#define CTL_TIME_LEN 64
const char *ctl_time(int64_t when, char out[CTL_TIME_LEN]);

/* ---- session.c ---- */
/* The number of a job, or a handle, which also says to which database ctl_connect()
 * connects. False if it is neither, or of another database than the handles before. */
bool ctl_jobid(struct ctl *ctl, const char *text, uint64_t *out);
/* Connects to the collective; `service` as for helios_client_open(). Once, but for
 * ctl_reconnect(). */
int ctl_connect(struct ctl *ctl, const char *service, struct helios_error *err);
/* The same for a command that has something to tell without the database: one that does not
 * answer is not waited for as long as others would, unless the dsn says how long. */
int ctl_connect_soon(struct ctl *ctl, struct helios_error *err);
/* For a command that goes on looking: says the failure and connects again, trying every two
 * seconds while the database is away. 0, or -1 for a failure that waiting does not mend. */
int ctl_reconnect(struct ctl *ctl, struct helios_error *err);
struct store *ctl_store(const struct ctl *ctl);
/* For submitting: of several databases the first may be away, then ctl_store() is NULL. */
int ctl_open(struct ctl *ctl, struct helios_error *err);
bool ctl_debugging(void); /* HELIOS_DEBUG is numerically 1 */

#endif
