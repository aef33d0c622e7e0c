/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <string.h>

/* completion bash | zsh | fish: scripts made of the table of commands. */

static int first_length(const struct ctl_command *c)
{
    return (int)strcspn(c->name, " ");
}

/* The second word, or NULL. */
static const char *second_of(const struct ctl_command *c)
{
    const char *blank = strchr(c->name, ' ');
    return blank == NULL ? NULL : blank + 1;
}

static bool same_first(const struct ctl_command *a, const struct ctl_command *b)
{
    return first_length(a) == first_length(b) &&
           strncmp(a->name, b->name, (size_t)first_length(a)) == 0;
}

static bool is_first(const struct ctl_command *c)
{
    for (const struct ctl_command *other = ctl_commands; other != c; other++) {
        if (!other->historical && same_first(other, c))
            return false;
    }
    return !c->historical;
}

static void print_first_words(void)
{
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (is_first(c))
            (void)printf(" %.*s", first_length(c), c->name);
    }
}

static void print_second_words(const struct ctl_command *of)
{
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (!c->historical && same_first(c, of) && second_of(c) != NULL)
            (void)printf(" %s", second_of(c));
    }
}

static void print_options(const struct ctl_command *c)
{
    const struct ctl_option *o;
    for (size_t i = 0; (o = option_at(c, i)) != NULL; i++)
        (void)printf(" --%s", o->name);
}

/* `case` in the syntax that bash and zsh have in common; `var` gets the words. */
static void print_cases(const char *first, const char *second, const char *var)
{
    (void)printf("    case \"%s\" in\n", first);
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (!is_first(c))
            continue;
        (void)printf("    %.*s) %s=\"", first_length(c), c->name, var);
        print_second_words(c);
        (void)puts("\" ;;");
    }
    (void)printf("    esac\n    case \"%s %s\" in\n", first, second);
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (c->historical)
            continue;
        (void)printf("    \"%s%s\") options=\"", c->name,
                     second_of(c) == NULL ? " \"*\"" : "");
        print_options(c);
        (void)puts("\" ;;");
    }
    (void)puts("    esac");
}

static void print_bash(void)
{
    (void)puts("# bash completion of helios\n"
               "_helios()\n{\n"
               "    local cur=${COMP_WORDS[COMP_CWORD]} seconds= options=");
    print_cases("${COMP_WORDS[1]}", "${COMP_WORDS[2]}", "seconds");
    (void)printf("    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        options=\"");
    print_first_words();
    (void)puts("\"\n    elif [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$seconds\" ]; then\n"
               "        options=\"$seconds $options\"\n    fi\n"
               "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
               "    [ \"${#COMPREPLY[@]}\" -gt 0 ] || COMPREPLY=()\n}\n"
               "complete -o default -F _helios helios");
}

static void print_zsh(void)
{
    (void)puts("#compdef helios\n"
               "_helios()\n{\n"
               "    local seconds= options=");
    print_cases("${words[2]}", "${words[3]}", "seconds");
    (void)printf("    if (( CURRENT == 2 )); then\n        options=\"");
    print_first_words();
    (void)puts("\"\n    elif (( CURRENT == 3 )) && [[ -n $seconds ]]; then\n"
               "        options=\"$seconds $options\"\n    fi\n"
               "    compadd -- ${=options}\n    _default\n}\n"
               "_helios \"$@\"");
}

/* Within single quotes of fish. */
static void print_quoted(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            (void)putchar('\\');
        (void)putchar(*text);
    }
}

static void print_fish_command(const struct ctl_command *c)
{
    const char *second = second_of(c);
    if (second == NULL) {
        (void)printf("complete -c helios -n __fish_use_subcommand -a %s -d '", c->name);
    } else {
        (void)printf("complete -c helios -n __fish_use_subcommand -a %.*s\n",
                     first_length(c), c->name);
        (void)printf("complete -c helios -n '__fish_seen_subcommand_from %.*s' -a %s -d '",
                     first_length(c), c->name, second);
    }
    print_quoted(c->help);
    (void)puts("'");
}

static void print_fish_options(const struct ctl_command *c)
{
    const struct ctl_option *o;
    const char *second = second_of(c);
    for (size_t i = 0; (o = option_at(c, i)) != NULL; i++) {
        (void)printf("complete -c helios -n '__fish_seen_subcommand_from %.*s%s%s' -l %s ",
                     first_length(c), c->name,
                     second == NULL ? "" : "; and __fish_seen_subcommand_from ",
                     second == NULL ? "" : second, o->name);
        if (o->letter != '\0')
            (void)printf("-s %c ", o->letter);
        (void)printf("%s-d '", o->value == NULL ? "" : "-r ");
        print_quoted(o->help);
        (void)puts("'");
    }
}

static void print_fish(void)
{
    (void)puts("# fish completion of helios");
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (c->historical)
            continue;
        print_fish_command(c);
        print_fish_options(c);
    }
}

int completion_print(struct ctl *ctl)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, ctl->items[ITEM_SHELL]) == 0) {
            shells[i].print();
            return 0;
        }
    }
    return ctl_usage(ctl, "'%s' is not a shell that is known: bash, zsh or fish",
                     ctl->items[ITEM_SHELL]);
}
