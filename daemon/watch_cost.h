/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WATCH_COST_H
#define DAEMON_WATCH_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mono.h"

/* When following the binary log costs more than it is worth, as a pure function of what was
 * measured.
 *
 * Rest: nobody has been free to be woken for WATCH_REST_MS, and WATCH_REST_BYTES have gone
 * by meanwhile. The stream is closed until somebody is.
 *
 * Give up: for a period of WATCH_PERIOD_MS the watcher has used more than a fiftieth of a
 * processor (the server uses about as much to send what it reads) and has announced fewer
 * jobs than one for each WATCH_WORTH_BYTES read. Or it has announced none, and so many
 * daemons register in this collective that telling each of them of all costs the server
 * more than their looks would: more than WATCH_FLEET_RATE registrations a second in each of
 * WATCH_FLEET_PERIODS in a row, since all register more often while they start. The
 * daemon polls, and another watcher tries again after a pause that doubles while it stays
 * so. */
#define WATCH_REST_MS       2000
#define WATCH_REST_BYTES    (4u * 1024u * 1024u)
#define WATCH_PERIOD_MS     30000
#define WATCH_CPU_SHARE     50
#define WATCH_WORTH_BYTES   (1024u * 1024u)
#define WATCH_FLEET_RATE    5
#define WATCH_FLEET_PERIODS 3u

struct watch_cost {
    struct mono wanted_at;               /* when somebody was last free */
    uint64_t idle_bytes;                 /* read since */
    struct mono period;                  /* began; 0: never */
    int64_t cpu_us;                      /* at its beginning */
    uint64_t bytes, jobs, registrations; /* in it */
    unsigned crowded;                    /* periods in a row with so many registrations */
};

enum watch_verdict { WATCH_GO_ON, WATCH_REST, WATCH_GIVE_UP };

/* `cpu_us` is the processor time of this process so far. */
struct watch_step {
    struct mono now;
    int64_t cpu_us;
    bool wanted;
    uint64_t bytes, jobs, registrations; /* of this step */
};
enum watch_verdict watch_cost_step(struct watch_cost *cost, const struct watch_step *step);

#endif
