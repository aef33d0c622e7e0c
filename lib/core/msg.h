/* SPDX-License-Identifier: MIT */
#ifndef CORE_MSG_H
#define CORE_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/settings.h"

/* Messages between the processes of one daemon: fixed-size records over SOCK_SEQPACKET
 * pairs, so each arrives whole or not at all. A record of another size, magic or unknown
 * kind is dropped. Sender and receiver are forks of one image: no byte order,
 * no versions. */
#define MSG_MAGIC 0x686d7367u

enum msg_kind {
    MSG_NONE = 0,
    /* master to poller */
    MSG_LOOK,     /* look at params and queue now, and register if `flag` */
    MSG_DEAD,     /* dead: account for the jobs of this worker */
    MSG_HALT_SET, /* write our HALT row */
    MSG_STOP, /* clear our HALT row if `flag`, unregister, then answer STOPPED and leave */
    MSG_RETIRE, /* answer STOPPED and leave: another poller takes over */
    /* poller to master */
    MSG_SNAPSHOT,  /* snapshot: result of a look */
    MSG_AWAY,      /* text: the database cannot be reached or refuses; kind */
    MSG_DEAD_DONE, /* dead: slot may be used again */
    MSG_HALT_DONE,
    /* flag: our HALT row was cleared. The poller stays until its socket ends, then stores
     * what the log channel holds and leaves: the last lines of the log come after this. */
    MSG_STOPPED,
    /* worker to master */
    MSG_PREPARED, /* connected, plugin loaded, prep done */
    MSG_SUCCESS,  /* first job of this process has an outcome, or found the queue empty */
    MSG_IDLE,     /* lingering */
    MSG_TROUBLE,  /* text: why the worker leaves (prep failed, plugin refused, ...); kind */
    /* watcher to master */
    MSG_WATCHING, /* from now on it sees what changes */
    MSG_RING,     /* something has changed: see the board */
    MSG_RESTING,  /* it does not watch, until it is wanted */
    /* text: why it cannot watch; number: in how many milliseconds another one should try */
    MSG_UNWATCHED,
    /* master to watcher */
    MSG_WANTED, /* the rest is over */
    /* master to worker */
    MSG_WAKE, /* there may be work; with `flag`, as soon as its COMMIT is visible */
    MSG_LEAVE /* finish the running job, give the rest back, leave */
};

/* Why a worker ended, as the master knows it. */
enum msg_death {
    DEATH_EXIT,    /* exited by itself; status is its exit code */
    DEATH_SIGNAL,  /* status is the signal */
    DEATH_TTL,     /* killed by the master: WORKER_MAX_TTL */
    DEATH_SHUTDOWN /* killed by the master at the end of the grace period, or by QUIT */
};

struct msg_dead {
    int32_t pid;
    uint32_t generation;
    uint32_t slot;
    uint32_t death; /* enum msg_death */
    int32_t status;
};

struct msg_snapshot {
    struct settings settings;
    uint64_t waiting; /* jobs due, counted no further than waiting_limit */
    uint64_t waiting_limit;
    uint64_t look;   /* number of the MSG_LOOK answered; 0 = unasked */
    int64_t next_ms; /* in how long the first that is not due will be; 0: not known */
    bool held;       /* none is due, but leases of others may run out */
    bool params_changed;
};

struct msg {
    uint32_t magic;
    uint32_t kind;
    int32_t pid;         /* sender */
    uint32_t generation; /* of a worker; of the poller */
    uint64_t number;     /* of a LOOK; of STOPPED, with --drain: jobs that remain */
    int32_t error_kind;  /* enum helios_error_kind of AWAY, TROUBLE */
    bool flag;
    union {
        struct msg_dead dead;
        struct msg_snapshot snapshot;
        char text[512];
    };
};

/* A pair of connected SOCK_SEQPACKET descriptors, close-on-exec, non-blocking. 0, or -1. */
int msg_pair(int fds[2]);
/* 0 sent; 1 the socket is full; -1 the peer is gone (errno). Never raises SIGPIPE. Fills in
 * the magic, and the pid where it is 0. */
int msg_send(int fd, const struct msg *msg);
/* 0 one message; 1 nothing there now; -1 the peer is gone and all that it sent has been
 * read. Malformed ones are skipped. */
int msg_recv(int fd, struct msg *out);

#endif
