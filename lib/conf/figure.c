/* SPDX-License-Identifier: MIT */
#include "conf/figure.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf/quote.h"

void figure_complain(const struct figure *f, const char *name, const char *format, ...)
{
    const struct conf_value *value = conf_value(f->params, name);
    if (f->warn == NULL || value == NULL || value->text == NULL)
        return;
    struct buf text = BUF_INIT;
    char what[256];
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    buf_printf(&text, "%s of %s: '", name,
               f->params->service == NULL ? "[global]" : f->params->service);
    quote_text(&text, value->secret ? "(hidden)" : value->text, QUOTE_MAX);
    buf_puts(&text, "' (");
    conf_origin(f->params, value, &text);
    buf_printf(&text, ") %s", what);
    f->warn(f->arg, buf_text(&text));
    buf_fini(&text);
}

/* Texts of the table's own defaults are right by a test. */
static const char *text_of(const struct figure *f, const struct option *option)
{
    const char *text = helios_params_get(f->params, option->name);
    return text != NULL ? text : option->fallback;
}

int64_t figure_number(const struct figure *f, const char *name, int64_t last)
{
    const struct option *option = option_find(name);
    int64_t number;
    if (option_number(text_of(f, option), &number) < 0) {
        figure_complain(f, name, "is not a whole number; %" PRId64 " stays in force", last);
        return last;
    }
    int64_t cut = number < option->min   ? option->min
                  : number > option->max ? option->max
                                         : number;
    if (cut != number)
        figure_complain(f, name,
                        "is outside %" PRId64 " to %" PRId64 "; %" PRId64 " is used",
                        option->min, option->max, cut);
    return cut;
}

/* A word such as "yes" is off, for Perl as well, which its writer did not expect. */
bool figure_is_one(const struct figure *f, const char *name)
{
    const char *text = text_of(f, option_find(name));
    int64_t number;
    if (option_is_one(text))
        return true;
    if (text[0] != '\0' && option_number(text, &number) < 0)
        figure_complain(f, name, "is not the number 1; it counts as off");
    return false;
}

/* Whether who wrote it wanted something off. */
static bool means_off(const char *text)
{
    static const char *const words[] = {"0", "off", "no", "false"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

bool figure_is_set(const struct figure *f, const char *name)
{
    const char *text = helios_params_get(f->params, name);
    if (text != NULL && means_off(text))
        figure_complain(f, name, "is in force with any value: it must not be there");
    return text != NULL;
}

bool figure_switch(const struct figure *f, const char *name)
{
    const char *text = text_of(f, option_find(name));
    bool on = option_switch(text);
    if (on && means_off(text))
        figure_complain(f, name, "is neither off nor 0; it counts as on");
    return on;
}

unsigned figure_choice(const struct figure *f, const char *name)
{
    const struct option *option = option_find(name);
    int choice = option_choice(option, text_of(f, option));
    if (choice >= 0)
        return (unsigned)choice;
    figure_complain(f, name, "is none of %s; the first of them is used", option->choices);
    return 0;
}
