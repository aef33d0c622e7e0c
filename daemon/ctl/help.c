/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <string.h>

#define COLUMN 24 /* where the explanations begin */

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

void help_command(const struct ctl_command *command, FILE *to)
{
    (void)fprintf(to, "usage: %s%s [OPTION...] %s\n%s.\n\noptions:\n",
                  command->historical ? "" : "helios ", command->name, command->operands,
                  command->help);
    const struct ctl_option *o;
    for (size_t i = 0; (o = option_at(command, i)) != NULL; i++)
        print_option(to, o);
}
