/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_COLLECTIVE_H
#define DAEMON_COLLECTIVE_H

#include "conf/conf.h"
#include "daemon/heritage.h"
#include "store/store.h"

/* What poller, worker and probe share about the collective: opening it as the ini says, and
 * resolving the parameters with the rows of the table. */

/* Connects with dsn, user and password of the ini alone: rows cannot move a daemon to
 * another database. */
int collective_open(const struct heritage *heritage, struct store **out,
                    struct helios_error *err);

/* Reads the rows and resolves. `*changed` (may be NULL) tells whether the rows differ from
 * those of `*digest`, which is brought up to date. `due` as for store_params().
 * `*params_out` is the caller's. */
int collective_params(struct store *store, const struct heritage *heritage,
                      uint64_t *digest, bool *changed, struct store_due *due,
                      struct helios_params **params_out, conf_warn_fn *warn, void *arg,
                      struct helios_error *err);

/* Configures the logging front of this process from the parameters in force. `warn` (may be
 * NULL) hears of odd ones. */
void collective_logging(const struct heritage *heritage, const struct helios_params *params,
                        const struct settings *settings, conf_warn_fn *warn, void *arg);

/* The value of the HALT row that a daemon writes when it is told to stop:
 * "helios_d:<host>:<pid>". */
void collective_halt_value(const char *host, int pid, char *out, size_t cap);
/* The pid in such a value written on `host`, or 0 if it is none. */
int collective_halt_pid(const char *value, const char *host);

#endif
