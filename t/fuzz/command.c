/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/table.h"
#include "daemon/ctl/when.h"

/* Both programs have functions of these names. */
#include "daemon/ctl/arguments.c"
#define arguments_parse         helios_d_parse
#define arguments_print_version helios_d_version
#include "daemon/arguments.c"
#undef arguments_parse

/* The command line: the first byte tells whose, then one word after the other, each ended
 * by a NUL byte. */
#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int ctl_usage(const struct ctl *ctl, const char *format, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, format);
    (void)ctl;
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return 64;
}

static const struct ctl_option own[] = {
    {ITEM_LIMIT, 'n', "limit", "N", true, "a number"},
    {ITEM_STATE, '\0', "state", "STATE", false, "a text"},
    {ITEM_SINCE, 's', "since", "WHEN", false, "a time"},
    {ITEM_SILENT, '\0', "silent", NULL, false, "a switch"},
    {.name = NULL},
};
static const struct column columns[] = {{.name = NULL}};
static const struct ctl_command commands[] = {
    {.name = "strict",
     .operands = "SERVICE [PARAM [VALUE]]",
     .options = own,
     .takes = {ITEM_SERVICE, ITEM_PARAM, ITEM_VALUE},
     .needs = 1,
     .columns = columns},
    {.name = "rest",
     .operands = "JOB...",
     .options = own,
     .takes = {ITEM_JOBID},
     .rest = true},
    {.name = "historical",
     .options = own,
     .takes = {ITEM_SERVICE, ITEM_PARAM},
     .historical = true},
    {.name = "unparsed", .unparsed = true},
};

static bool is_word(const char *text, char *const *words, int n)
{
    for (int i = 0; i < n; i++)
        if (text >= words[i] && text <= words[i] + strlen(words[i]))
            return true;
    return text[0] == '\0'; /* an option without value */
}

static void helios(const struct ctl_command *command, int argc, char **argv)
{
    char *words[WORDS_MAX];
    struct ctl ctl = {.command = command, .prefix = "helios"};
    memcpy(words, argv, sizeof *argv * (size_t)argc);
    if (arguments_parse(&ctl, argc, argv) == 0 && (ctl.argc < 0 || ctl.argc > argc))
        abort();
    for (int i = 0; i < ITEM_COUNT; i++) {
        int64_t number;
        bool relative;
        if (ctl.items[i] == NULL)
            continue;
        if (!is_word(ctl.items[i], words, argc))
            abort();
        (void)when_parse(ctl.items[i], &number, &relative);
    }
}

static void helios_d(int argc, char **argv)
{
    struct arguments args = {.service = NULL};
    optind = 0;
    (void)helios_d_parse(argc, argv, &args);
    free(args.jobtypes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words[WORDS_MAX + 1] = {NULL};
    int n = 0;
    if (size < 2)
        return 0;
    char *copy = malloc(size);
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = '\0';
    for (char *at = copy; n < WORDS_MAX && at < copy + size; at += strlen(at) + 1)
        words[n++] = at;
    size_t which = data[0] % (sizeof commands / sizeof commands[0] + 1);
    if (which < sizeof commands / sizeof commands[0])
        helios(&commands[which], n, words);
    else
        helios_d(n, words);
    free(copy);
    return 0;
}
