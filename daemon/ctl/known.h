/* SPDX-License-Identifier: MIT */
#ifndef CTL_KNOWN_H
#define CTL_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/ctl/ctl.h"

/* The names that services may have: of daemons that are registered, of jobtypes, and of the
 * sections of helios.ini. */
struct known {
    char **names; /* in byte order, each once */
    size_t count;
    bool failed; /* out of memory */
};

/* Of the database that ctl_connect() has reached. known_fini() frees also after a
 * failure. */
int known_read(const struct ctl *ctl, struct known *out, struct helios_error *err);
void known_fini(struct known *known);

bool known_has(const struct known *known, const char *name);
/* The name that may have been meant; NULL: none is near. */
const char *known_nearest(const struct known *known, const char *name);
/* Another name that differs in case only; NULL: there is none. */
const char *known_twin(const struct known *known, const char *name);

#endif
