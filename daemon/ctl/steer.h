/* SPDX-License-Identifier: MIT */
#ifndef CTL_STEER_H
#define CTL_STEER_H

#include "store/store.h"

/* Orders to the daemons of a service: a row of the params table for a host, or one for all
 * hosts and none for any of them, so that no host is left out. */

enum steer_verb { STEER_HOLD, STEER_RESUME, STEER_HALT, STEER_CLEAR };

/* `host` may be "*". */
int steer_rows(struct store *store, enum steer_verb verb, const char *service,
               const char *host, struct helios_error *err);
/* HOLD or HALT, and what the row says of it; `*value` NULL: there is no row. */
const char *steer_param(enum steer_verb verb, const char **value);
/* "is on hold" */
const char *steer_done(enum steer_verb verb);

#endif
