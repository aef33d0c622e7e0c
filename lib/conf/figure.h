/* SPDX-License-Identifier: MIT */
#ifndef CONF_FIGURE_H
#define CONF_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* One parameter read as its option's type says, odd texts reported in one sentence. */
struct figure {
    const struct helios_params *params;
    conf_warn_fn *warn; /* may be NULL */
    void *arg;
};

/* The number in force: `last` for a text that is none, the option's bound for one outside,
 * the default for one that is not set. */
int64_t figure_number(const struct figure *f, const char *name, int64_t last);
bool figure_is_one(const struct figure *f, const char *name);
bool figure_is_set(const struct figure *f, const char *name);
bool figure_switch(const struct figure *f, const char *name);
/* The place in the option's choices; 0, the first, for any other text. */
unsigned figure_choice(const struct figure *f, const char *name);

/* "NAME of SERVICE: 'TEXT' (ORIGIN) <what>". */
void figure_complain(const struct figure *f, const char *name, const char *format, ...)
    HELIOS_PRINTF(3, 4);

#endif
