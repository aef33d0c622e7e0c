/* SPDX-License-Identifier: MIT */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "store/store.h"

/* What may be wrong with a collective's tables. Bounded like lists are. */

enum check_level { CHECK_OK, CHECK_WARNING, CHECK_FAULT };
/* One finding and what to do about it ("" where nothing is to be done). */
typedef void check_fn(void *arg, enum check_level level, const char *finding,
                      const char *advice);

/* Version, missing tables, columns and indexes; jobs without a jobtype; parameters that
 * are set twice. -1 only if the database cannot be asked. */
int check_schema(struct store *store, check_fn *fn, void *arg, struct helios_error *err);

/* Of the oldest CHECK_DUE_COUNTED jobs of a type that are due; more than that is "more". */
#define CHECK_DUE_COUNTED 10000
struct check_due {
    uint64_t overdue; /* the lease ran out more than a minute ago, nobody has taken it */
    uint64_t waiting, running;
    int64_t since; /* run_after of the oldest that waits; -1: none */
    int64_t now;   /* the server's clock */
};
int check_due(struct store *store, uint32_t funcid, struct check_due *out,
              struct helios_error *err);

/* Whether claims by priority have an index to read: tells if not, with the statement that
 * makes it. `service` takes its jobs so, the lowest first if `low`. */
int check_priority_index(struct store *store, const char *service, bool low, check_fn *fn,
                         void *arg, struct helios_error *err);

#endif
