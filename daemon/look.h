/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LOOK_H
#define DAEMON_LOOK_H

#include "conf/conf.h"
#include "core/mono.h"
#include "core/msg.h"
#include "daemon/heritage.h"
#include "store/store.h"

/* What was found odd in the parameters: said when it was not there before, however often
 * others change. Of more than LOOK_SAID sentences the rest is said again. */
#define LOOK_SAID 64
struct look_said {
    uint64_t hashes[LOOK_SAID];
    size_t n;
};

/* The poller's look at the collective: the parameters in force, what is due, and now and
 * then the registration. */
struct look {
    const struct heritage *heritage;
    struct store *store; /* borrowed during a call */
    struct helios_params *params;
    struct settings settings; /* as of the last look */
    uint64_t digest;
    struct look_said said, saying;       /* of the last change, and of this one */
    uint32_t funcids[HERITAGE_JOBTYPES]; /* of the jobtypes that exist */
    size_t funcids_n;
    struct mono registered;   /* when; 0 = never, or to be done anew */
    struct mono count_all_at; /* before it, what is due is counted behind the cursors */
    int64_t count_all_ms;     /* how long it took to count from the start */
    bool working; /* jobs were due at the last look: workers claim without telling us */
};

/* One look, which it tells the scoreboard, and in `*out` the master. */
int look_once(struct look *l, struct store *store, struct msg_snapshot *out,
              struct helios_error *err);
/* How many jobs there are, due or not, as far as a look counts. */
int look_backlog(struct look *l, struct store *store, uint64_t *out,
                 struct helios_error *err);
/* What the daemon is registered as. */
struct store_registration look_registration(const struct heritage *heritage);

#endif
