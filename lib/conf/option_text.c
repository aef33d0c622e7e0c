/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "conf/option.h"
#include "core/buf.h"

#define SAMPLE_WIDTH 78u

static const char *const reads[] = {
    [READ_START] = "A change takes effect at the next start.",
    [READ_RELOAD] = "A change takes effect at the next start or HUP.",
    [READ_LOOK] = "A change takes effect at the next look at the database.",
    [READ_WORKER] = "A change takes effect in workers that start later.",
    [READ_JOB] = "A change takes effect before a worker's next claim.",
};

/* What the type takes and what it makes of everything else. */
static void put_type(struct buf *out, const struct option *option)
{
    switch (option->type) {
    case OPTION_TEXT:
        break;
    case OPTION_PATH:
    case OPTION_PATHS:
        buf_puts(out, "A relative path begins in the folder of helios.ini. ");
        break;
    case OPTION_INT:
    case OPTION_SECONDS:
    case OPTION_MS:
        buf_printf(out, "A whole number%s from %" PRId64 " to %" PRId64 ". ",
                   option->type == OPTION_SECONDS ? " of seconds"
                   : option->type == OPTION_MS    ? " of milliseconds"
                                                  : "",
                   option->min, option->max);
        break;
    case OPTION_IS_ONE:
        buf_puts(out, "On if it is the number 1, off for all else. ");
        break;
    case OPTION_SET:
        buf_puts(out, "In force with any value at all, 0 and the empty one included; only "
                      "NULL or no row is not set. ");
        break;
    case OPTION_SWITCH:
        buf_puts(out, "Off if it is exactly off or 0, on for all else. ");
        break;
    case OPTION_CHOICE:
        buf_puts(out, "One of ");
        for (const char *at = option->choices; *at != '\0'; at++)
            buf_printf(out, *at == ',' ? "%c " : "%c", *at);
        buf_puts(out, "; for anything else the first of them is used. ");
        break;
    }
}

/* All sentences about an option, on one line. */
static void put_sentences(struct buf *out, const struct option *option)
{
    buf_printf(out, "%s ", option->help);
    put_type(out, option);
    if (option->fallback != NULL)
        buf_printf(out, "The default is %s. ", option->fallback);
    if (option->ini_only)
        buf_puts(out, "It is read from helios.ini only, not from the database. ");
    buf_puts(out, reads[option->read]);
}

static bool new_group(size_t i)
{
    return i == 0 || strcmp(option_table[i - 1].group, option_table[i].group) != 0;
}

static bool last_of_group(size_t i)
{
    return i + 1 == option_count || new_group(i + 1);
}

/* ---- the sample ---- */

static void put_wrapped(struct buf *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > SAMPLE_WIDTH) {
            buf_putc(out, '\n');
            column = 0;
        }
        buf_puts(out, column == 0 ? "# " : " ");
        buf_append(out, text, len);
        column += len + (column == 0 ? 2 : 1);
        text += len;
        text += strspn(text, " ");
    }
    buf_putc(out, '\n');
}

static const char sample_head[] =
    "# helios.ini: configuration of Helios, see helios.ini(5).\n"
    "#\n"
    "# A comment has its line to itself: behind a value it would be part of the value.\n"
    "# The first '=' divides name and value; quotes, ';' and '#' in a value stay; blanks\n"
    "# at its end stay too. One line that is neither a [section], a name = value nor a\n"
    "# comment, and the whole file is refused. Names and sections are case-sensitive.\n"
    "#\n"
    "# [global] is for all services that use this file. A section with the name of a\n"
    "# service, such as [Helios::TestService], overrides it for that service; rows of\n"
    "# helios_params_tb override both.\n"
    "\n"
    "[global]\n";

static const char sample_dsn[] = "dbi:mysql:database=helios_db;host=localhost";

char *option_sample_ini(void)
{
    struct buf out = BUF_INIT, sentences = BUF_INIT;
    buf_puts(&out, sample_head);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        const char *value = option->fallback == NULL ? "" : option->fallback;
        if (new_group(i))
            buf_printf(&out, "\n# ---- %s ----\n", option->group);
        buf_clear(&sentences);
        put_sentences(&sentences, option);
        buf_putc(&out, '\n');
        put_wrapped(&out, buf_text(&sentences));
        buf_printf(&out, "#%s=%s\n", option->name, i == 0 ? sample_dsn : value);
    }
    out.failed = out.failed || sentences.failed;
    buf_fini(&sentences);
    return buf_steal(&out, NULL);
}

/* ---- the manual ---- */

/* mdoc wants each sentence on a line of its own; a line must not begin with a control
 * character. */
static void put_mdoc(struct buf *out, const char *text)
{
    bool line_start = true;
    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            buf_puts(out, "\\&");
        line_start = text[0] == '.' && text[1] == ' ';
        if (*text == '\\')
            buf_puts(out, "\\e");
        else
            buf_putc(out, *text);
        if (line_start) {
            buf_putc(out, '\n');
            text++;
        }
    }
    buf_putc(out, '\n');
}

char *option_manual(void)
{
    struct buf out = BUF_INIT, sentences = BUF_INIT;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (new_group(i))
            buf_printf(&out, ".Ss %s\n.Bl -tag -width Ds\n", option->group);
        buf_printf(&out, ".It Ic %s\n", option->name);
        buf_clear(&sentences);
        put_sentences(&sentences, option);
        put_mdoc(&out, buf_text(&sentences));
        if (last_of_group(i))
            buf_puts(&out, ".El\n");
    }
    out.failed = out.failed || sentences.failed;
    buf_fini(&sentences);
    return buf_steal(&out, NULL);
}
