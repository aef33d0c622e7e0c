/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"
#include "core/buf.h"
#include "daemon/ctl/grid.h"
#include "daemon/ctl/suggest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPTION_HELP                                                                        \
    {                                                                                      \
        ITEM_HELP, '\0', "help", NULL, false, "print this text and exit"                   \
    }

static const struct ctl_option common[] = {
    {ITEM_CONFIG, '\0', "config", "FILE", false,
     "use this file, not HELIOS_INI or ./helios.ini"},
    OPTION_HELP,
    {.name = NULL},
};

static const struct ctl_option json[] = {
    {ITEM_JSON, '\0', "json", NULL, false, "print one JSON object a line"},
    {.name = NULL},
};

static const struct ctl_option lists[] = {
    {ITEM_WIDE, '\0', "wide", NULL, false,
     "show all columns in full, however wide the terminal"},
    {.name = NULL},
};

static const struct ctl_option times[] = {
    {ITEM_UTC, '\0', "utc", NULL, false, "print times as UTC"},
    {ITEM_EPOCH_TIME, '\0', "epoch-time", NULL, false, "print times as Unix seconds"},
    {.name = NULL},
};

static const struct ctl_option historical_common[] = {OPTION_HELP, {.name = NULL}};

static bool has_times(const struct column *columns)
{
    for (; columns != NULL && columns->name != NULL; columns++) {
        if (column_kind(columns) == COLUMN_TIME)
            return true;
    }
    return false;
}

const struct ctl_option *option_at(const struct ctl_command *command, size_t i)
{
    const struct ctl_option *const tables[] = {
        command->options,
        command->columns != NULL ? json : NULL,
        command->list ? lists : NULL,
        has_times(command->columns) ? times : NULL,
        command->historical ? historical_common : common,
    };
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        const struct ctl_option *o = tables[t];
        for (; o != NULL && o->name != NULL; o++, i--) {
            if (i == 0)
                return o;
        }
    }
    return NULL;
}

bool number_parse(const char *text, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    bool leading = text[0] == '-' || text[0] == '+' || (text[0] >= '0' && text[0] <= '9');
    if (!leading || errno != 0 || end == text || *end != '\0')
        return false;
    *out = n;
    return true;
}

/* One word taken apart: `--name=value`, `--name`, `-n`. */
struct word {
    const char *text; /* without dashes */
    size_t len;       /* of the name */
    bool one_dash;
    const char *value; /* NULL without '=' */
};

static struct word word_split(const char *arg)
{
    struct word word = {.one_dash = arg[1] != '-'};
    word.text = arg + (word.one_dash ? 1 : 2);
    word.len = strcspn(word.text, "=");
    word.value = word.text[word.len] == '=' ? word.text + word.len + 1 : NULL;
    return word;
}

static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != '\0';
}

/* ---- strict: the commands of `helios` ---- */

static bool matches_strictly(const struct ctl_option *o, const struct word *word)
{
    if (word->one_dash)
        return o->letter != '\0' && word->len == 1 && word->text[0] == o->letter;
    return strlen(o->name) == word->len && strncmp(o->name, word->text, word->len) == 0;
}

static const struct ctl_option *find_strictly(const struct ctl *ctl,
                                              const struct word *word)
{
    const struct ctl_option *o;
    for (size_t i = 0; (o = option_at(ctl->command, i)) != NULL; i++) {
        if (matches_strictly(o, word))
            return o;
    }
    return NULL;
}

/* ---- lenient: Getopt::Long as the historical programs use it ---- */

static bool matches_exactly(const struct ctl_option *o, const struct word *word)
{
    if (word->len == 1 && o->letter != '\0' && strncasecmp(&o->letter, word->text, 1) == 0)
        return true;
    return strlen(o->name) == word->len && strncasecmp(o->name, word->text, word->len) == 0;
}

static const struct ctl_option *find_leniently(const struct ctl *ctl,
                                               const struct word *word)
{
    const struct ctl_option *o;
    const struct ctl_option *found = NULL;
    for (size_t i = 0; (o = option_at(ctl->command, i)) != NULL; i++) {
        if (matches_exactly(o, word))
            return o;
    }
    for (size_t i = 0; (o = option_at(ctl->command, i)) != NULL; i++) {
        if (word->len == 0 || strncasecmp(o->name, word->text, word->len) != 0)
            continue;
        if (found != NULL) {
            (void)fprintf(stderr, "Option %.*s is ambiguous (%s, %s)\n", (int)word->len,
                          word->text, found->name, o->name);
            return NULL;
        }
        found = o;
    }
    if (found == NULL)
        (void)fprintf(stderr, "Unknown option: %.*s\n", (int)word->len, word->text);
    return found;
}

/* What the original says and ignores. */
static bool usable_leniently(const struct ctl_option *o, const struct word *word,
                             const char *value)
{
    int64_t ignored;
    if (o->value == NULL && word->value != NULL)
        (void)fprintf(stderr, "Option %s does not take an argument\n", o->name);
    else if (o->value != NULL && value == NULL)
        (void)fprintf(stderr, "Option %.*s requires an argument\n", (int)word->len,
                      word->text);
    else if (o->number && value != NULL && !number_parse(value, &ignored))
        (void)fprintf(stderr, "Value \"%s\" invalid for option %s (number expected)\n",
                      value, o->name);
    else
        return true;
    return false;
}

static int usable_strictly(const struct ctl *ctl, const struct ctl_option *o,
                           const struct word *word, const char *value)
{
    int64_t ignored;
    if (o->value == NULL && word->value != NULL)
        return ctl_usage(ctl, "--%s takes no value", o->name);
    if (o->value != NULL && value == NULL)
        return ctl_usage(ctl, "--%s needs a value: --%s %s", o->name, o->name, o->value);
    if (o->number && value != NULL && !number_parse(value, &ignored))
        return ctl_usage(ctl, "--%s %s: '%s' is not a whole number", o->name, o->value,
                         value);
    return 0;
}

static int reject_option(const struct ctl *ctl, const char *typed, const struct word *word)
{
    const struct ctl_option *o;
    struct suggestion s;
    struct buf name = BUF_INIT;
    buf_append(&name, word->text, word->len);
    suggest_begin(&s, buf_text(&name));
    for (size_t i = 0; !word->one_dash && (o = option_at(ctl->command, i)) != NULL; i++)
        suggest_offer(&s, o->name);
    int code =
        s.nearest == NULL
            ? ctl_usage(ctl, "'%s' is not an option of 'helios %s'; see 'helios help %s'",
                        typed, ctl->command->name, ctl->command->name)
            : ctl_usage(ctl, "'%s' is not an option of 'helios %s'; did you mean --%s?",
                        typed, ctl->command->name, s.nearest);
    buf_fini(&name);
    return code;
}

/* Takes the option at argv[*i], and its value, which may be the next word. */
static int take_option(struct ctl *ctl, int argc, char **argv, int *i)
{
    const struct word word = word_split(argv[*i]);
    bool lenient = ctl->command->historical;
    const struct ctl_option *o =
        lenient ? find_leniently(ctl, &word) : find_strictly(ctl, &word);
    if (o == NULL)
        return lenient ? 0 : reject_option(ctl, argv[*i], &word);
    const char *value = word.value;
    if (o->value != NULL && value == NULL && *i + 1 < argc)
        value = argv[++*i];
    if (lenient && !usable_leniently(o, &word, value))
        return 0;
    int rc = lenient ? 0 : usable_strictly(ctl, o, &word, value);
    if (rc == 0)
        ctl->items[o->item] = o->value == NULL ? "" : value;
    return rc;
}

/* An operand fills the first item that nothing has filled; the rest stay words. */
static void take_operand(struct ctl *ctl, char *arg)
{
    for (size_t i = 0; i < CTL_OPERANDS; i++) {
        enum ctl_item item = ctl->command->takes[i];
        if (item != ITEM_NONE && ctl->items[item] == NULL) {
            ctl->items[item] = arg;
            return;
        }
    }
    ctl->argv[ctl->argc++] = arg;
}

static int check_operands(const struct ctl *ctl)
{
    if (ctl->items[ITEM_HELP] != NULL || ctl->command->historical)
        return 0;
    for (unsigned i = 0; i < ctl->command->needs; i++) {
        if (ctl->items[ctl->command->takes[i]] == NULL)
            return ctl_usage(ctl, "something is missing: helios %s %s", ctl->command->name,
                             ctl->command->operands);
    }
    if (ctl->argc > 0 && !ctl->command->rest)
        return ctl_usage(ctl, "'%s' is one word too many: helios %s %s", ctl->argv[0],
                         ctl->command->name, ctl->command->operands);
    return 0;
}

int arguments_parse(struct ctl *ctl, int argc, char **argv)
{
    /* Words that are left move to the front of argv: they are never more than were read. */
    ctl->argv = argv;
    ctl->argc = 0;
    if (ctl->command->unparsed) {
        ctl->argc = argc;
        return 0;
    }
    bool options = true;
    for (int i = 0; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && is_option(argv[i])) {
            int rc = take_option(ctl, argc, argv, &i);
            if (rc != 0)
                return rc;
        } else {
            take_operand(ctl, argv[i]);
        }
    }
    return check_operands(ctl);
}
