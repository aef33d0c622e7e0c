/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <string.h>
#include <sysexits.h>

#define COLUMN 24 /* where the explanations begin */
#define WIDTH  78

static void print_row(FILE *to, const char *left, const char *right)
{
    (void)fprintf(to, "  %-*s%s%s\n", COLUMN - 2, left,
                  strlen(left) < COLUMN - 2 ? "" : "  ", right);
}

static bool in_family(const struct ctl_command *c, const char *family)
{
    size_t len = family == NULL ? 0 : strlen(family);
    return family == NULL || (strncmp(c->name, family, len) == 0 && c->name[len] == ' ');
}

void help_commands(const char *family, FILE *to)
{
    (void)fputs("usage: helios COMMAND [OPTION...] [OPERAND...]\n\ncommands:\n", to);
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (!c->historical && in_family(c, family))
            print_row(to, c->name, c->help);
    }
    (void)fputs("\n'helios COMMAND --help' tells more of one command.\n", to);
}

static void print_option(FILE *to, const struct ctl_option *o)
{
    char letter[8] = "";
    char left[80];
    if (o->letter != '\0')
        (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
    (void)snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name,
                   o->value == NULL ? "" : " ", o->value == NULL ? "" : o->value);
    print_row(to, left, o->help);
}

/* They are the keys of JSON too. */
static void print_columns(const struct column *columns, FILE *to)
{
    int at = 0;
    (void)fputs("\ncolumns of a list, keys of JSON:", to);
    for (; columns->name != NULL; columns++) {
        int len = (int)strlen(columns->name) + 1;
        bool wrap = at == 0 || at + len > WIDTH;
        at = wrap ? 2 + len : at + len;
        (void)fprintf(to, "%s%s", wrap ? "\n  " : " ", columns->name);
    }
    (void)fputc('\n', to);
}

/* The page of a family has its name; help and completion have none. */
static const char *manual_of(const struct ctl_command *command, char out[64])
{
    int family = (int)strcspn(command->name, " ");
    bool none = command->run == help_run || command->run == completion_print;
    (void)snprintf(out, 64, "helios%s%.*s", none ? "" : "-", none ? 0 : family,
                   command->name);
    return out;
}

void help_command(const struct ctl_command *command, FILE *to)
{
    char manual[64];
    (void)fprintf(to, "usage: %s%s [OPTION...] %s\n%s.\n\noptions:\n",
                  command->historical ? "" : "helios ", command->name, command->operands,
                  command->help);
    const struct ctl_option *o;
    for (size_t i = 0; (o = option_at(command, i)) != NULL; i++)
        print_option(to, o);
    if (command->columns != NULL)
        print_columns(command->columns, to);
    if (!command->historical)
        (void)fprintf(to, "\nmanual: %s(1)\n", manual_of(command, manual));
}

/* ---- help COMMAND ---- */

int help_reject(const struct ctl *ctl, int argc, char **argv)
{
    const char *first = argv[0];
    const char *second = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    const char *nearest = command_suggest(first, second);
    if (nearest == NULL)
        ctl_say(ctl, "'%s' is not a command; 'helios --help' lists them", first);
    else
        ctl_say(ctl, "'%s%s%s' is not a command; did you mean 'helios %s'?", first,
                second == NULL ? "" : " ", second == NULL ? "" : second, nearest);
    return EX_USAGE;
}

int help_run(struct ctl *ctl)
{
    int used;
    if (ctl->argc == 0) {
        help_commands(NULL, stdout);
        return 0;
    }
    const struct ctl_command *command = command_by_words(ctl->argc, ctl->argv, &used);
    if (command == NULL)
        command = command_by_program(ctl->argv[0]);
    if (command != NULL)
        help_command(command, stdout);
    else if (ctl->argc == 1 && command_is_family(ctl->argv[0]))
        help_commands(ctl->argv[0], stdout);
    else
        return help_reject(ctl, ctl->argc, ctl->argv);
    return 0;
}
