/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "core/buf.h"

/* completion bash | zsh | fish [FOLDER]: scripts made of the table of commands. */

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

static void print_first_words(FILE *to)
{
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (is_first(c))
            (void)fprintf(to, " %.*s", first_length(c), c->name);
    }
}

static void print_second_words(FILE *to, const struct ctl_command *of)
{
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (!c->historical && same_first(c, of) && second_of(c) != NULL)
            (void)fprintf(to, " %s", second_of(c));
    }
}

static void print_options(FILE *to, const struct ctl_command *c)
{
    const struct ctl_option *o;
    for (size_t i = 0; (o = option_at(c, i)) != NULL; i++)
        (void)fprintf(to, " --%s", o->name);
}

/* `case` in the syntax that bash and zsh have in common; `var` gets the words. */
static void print_cases(FILE *to, const char *first, const char *second, const char *var)
{
    (void)fprintf(to, "    case \"%s\" in\n", first);
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (!is_first(c))
            continue;
        (void)fprintf(to, "    %.*s) %s=\"", first_length(c), c->name, var);
        print_second_words(to, c);
        (void)fputs("\" ;;\n", to);
    }
    (void)fprintf(to, "    esac\n    case \"%s %s\" in\n", first, second);
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (c->historical)
            continue;
        (void)fprintf(to, "    \"%s%s\") options=\"", c->name,
                      second_of(c) == NULL ? " \"*\"" : "");
        print_options(to, c);
        (void)fputs("\" ;;\n", to);
    }
    (void)fputs("    esac\n", to);
}

static void print_bash(FILE *to)
{
    (void)fputs("# bash completion of helios\n"
                "_helios()\n{\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} seconds= options=\n",
                to);
    print_cases(to, "${COMP_WORDS[1]}", "${COMP_WORDS[2]}", "seconds");
    (void)fprintf(to, "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        options=\"");
    print_first_words(to);
    (void)fputs("\"\n    elif [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$seconds\" ]; then\n"
                "        options=\"$seconds $options\"\n    fi\n"
                "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
                "    [ \"${#COMPREPLY[@]}\" -gt 0 ] || COMPREPLY=()\n}\n"
                "complete -o default -F _helios helios\n",
                to);
}

static void print_zsh(FILE *to)
{
    (void)fputs("#compdef helios\n"
                "_helios()\n{\n"
                "    local seconds= options=\n",
                to);
    print_cases(to, "${words[2]}", "${words[3]}", "seconds");
    (void)fprintf(to, "    if (( CURRENT == 2 )); then\n        options=\"");
    print_first_words(to);
    (void)fputs("\"\n    elif (( CURRENT == 3 )) && [[ -n $seconds ]]; then\n"
                "        options=\"$seconds $options\"\n    fi\n"
                "    compadd -- ${=options}\n    _default\n}\n"
                "_helios \"$@\"\n",
                to);
}

/* Within single quotes of fish. */
static void print_quoted(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            (void)fputc('\\', to);
        (void)fputc(*text, to);
    }
}

static void print_fish_command(FILE *to, const struct ctl_command *c)
{
    const char *second = second_of(c);
    if (second == NULL) {
        (void)fprintf(to, "complete -c helios -n __fish_use_subcommand -a %s -d '",
                      c->name);
    } else {
        (void)fprintf(to, "complete -c helios -n __fish_use_subcommand -a %.*s\n",
                      first_length(c), c->name);
        (void)fprintf(to,
                      "complete -c helios -n '__fish_seen_subcommand_from %.*s' -a %s -d '",
                      first_length(c), c->name, second);
    }
    print_quoted(to, c->help);
    (void)fputs("'\n", to);
}

static void print_fish_options(FILE *to, const struct ctl_command *c)
{
    const struct ctl_option *o;
    const char *second = second_of(c);
    for (size_t i = 0; (o = option_at(c, i)) != NULL; i++) {
        (void)fprintf(to,
                      "complete -c helios -n '__fish_seen_subcommand_from %.*s%s%s' -l %s ",
                      first_length(c), c->name,
                      second == NULL ? "" : "; and __fish_seen_subcommand_from ",
                      second == NULL ? "" : second, o->name);
        if (o->letter != '\0')
            (void)fprintf(to, "-s %c ", o->letter);
        (void)fprintf(to, "%s-d '", o->value == NULL ? "" : "-r ");
        print_quoted(to, o->help);
        (void)fputs("'\n", to);
    }
}

static void print_fish(FILE *to)
{
    (void)fputs("# fish completion of helios\n", to);
    for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
        if (c->historical)
            continue;
        print_fish_command(to, c);
        print_fish_options(to, c);
    }
}

/* ---- the command ---- */

struct shell {
    const char *name;
    const char *file; /* that the shell looks for */
    void (*print)(FILE *to);
};

static const struct shell shells[] = {{"bash", "helios", print_bash},
                                      {"zsh", "_helios", print_zsh},
                                      {"fish", "helios.fish", print_fish}};

static int write_file(const struct ctl *ctl, const struct shell *shell, const char *folder)
{
    struct buf path = BUF_INIT;
    buf_printf(&path, "%s/%s", folder, shell->file);
    FILE *to = fopen(buf_text(&path), "we");
    if (to != NULL)
        shell->print(to);
    bool failed = to == NULL || ferror(to) != 0;
    int code = errno;
    if (to != NULL && fclose(to) != 0)
        failed = true;
    if (failed)
        ctl_say(ctl, "cannot write %s: %s; name a folder that you may write",
                buf_text(&path), strerror(code));
    else
        (void)printf("%s\n", buf_text(&path));
    buf_fini(&path);
    return failed ? EX_CANTCREAT : 0;
}

int completion_print(struct ctl *ctl)
{
    const char *folder = ctl->items[ITEM_FILE];
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, ctl->items[ITEM_SHELL]) != 0)
            continue;
        if (folder != NULL)
            return write_file(ctl, &shells[i], folder);
        shells[i].print(stdout);
        return 0;
    }
    return ctl_usage(ctl, "'%s' is not a shell that is known: bash, zsh or fish",
                     ctl->items[ITEM_SHELL]);
}
