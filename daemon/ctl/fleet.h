/* SPDX-License-Identifier: MIT */
#ifndef CTL_FLEET_H
#define CTL_FLEET_H

#include "daemon/ctl/boards.h"
#include "store/store.h"

/* The daemons of a collective: those that the registry names, with what the parameters ask
 * of them, and what the scoreboards of this host know better. Holds no pointers, so that a
 * process can hand it to another. */

/* A daemon registers every minute; one that has not for so long gives no sign of life. */
#define FLEET_SILENT_S 300

enum fleet_state {
    FLEET_STARTING,
    FLEET_RUNNING,
    FLEET_HOLDING,
    FLEET_HALTING,
    FLEET_SILENT,
    FLEET_DEAD, /* its scoreboard is here, its process is not */
    FLEET_GONE, /* registered for this host, where there is neither */
    FLEET_STATES
};
const char *fleet_state_name(enum fleet_state state);

struct fleet_daemon {
    char service[72], host[256], version[44];
    int64_t pid;
    int64_t start_time, last_seen; /* Unix seconds; last_seen -1: never */
    enum fleet_state state;
    int64_t busy, idle;  /* workers; -1: not known, for daemons of other hosts */
    int64_t max_workers; /* -1: not known */
    bool local;          /* has a board in pid_path */
};

#define FLEET_MOST 1000
struct fleet {
    size_t count;
    bool more; /* there are others */
    struct fleet_daemon daemons[FLEET_MOST];
};

/* By the registry and the parameters: of `service` and `host` (NULL: all), in the order of
 * service and host. */
int fleet_read(struct store *store, const char *service, const char *host,
               struct fleet *out, struct helios_error *err);
/* Adds what the boards say, of the same `service` and `host`, with daemons that have not
 * registered yet, and that processes of this host which neither boards nor /proc know are
 * gone. `own` is the name of this host. */
void fleet_merge(struct fleet *fleet, const struct boards *boards, const char *own,
                 const char *service, const char *host);

#endif
