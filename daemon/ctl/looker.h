/* SPDX-License-Identifier: MIT */
#ifndef CTL_LOOKER_H
#define CTL_LOOKER_H

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/look.h"
#include "daemon/ctl/steer.h"

/* The process that looks at the database for `helios top`. */

/* What the process is asked to do between two looks. */
struct look_order {
    enum steer_verb verb;
    int64_t asked_us; /* monotonic clock; an old order is not obeyed */
    char service[72], host[256];
};

struct looker {
    pid_t pid; /* 0: none */
    int from, to;
    size_t got; /* bytes of `coming` */
    struct look *coming;
};

/* Starts the process; it ends with its parent. */
int looker_start(struct looker *l, const struct ctl *ctl, struct helios_error *err);
/* Reads what has come, without waiting: 1 if that completes a look, which is copied to
 * `*out`; 0 if not yet; -1 if the process has ended. */
int looker_read(struct looker *l, struct look *out);
/* False if the process does not take it. */
bool looker_order(const struct looker *l, const struct look_order *order);
/* Kills the process and waits for it. */
void looker_stop(struct looker *l);

#endif
