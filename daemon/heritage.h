/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_HERITAGE_H
#define DAEMON_HERITAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/board.h"
#include "core/ini.h"
#include "core/settings.h"
#include "job/life.h"

/* Everything that a child inherits from the master, in one place. What is not named here is
 * closed or reset by spawn_child() before the role starts.
 *
 * Descriptors: 0, 1 and 2 as the master has them (/dev/null unless in the foreground),
 * HERITAGE_MASTER_FD, HERITAGE_LOG_FD, and for the poller HERITAGE_LOG_READ_FD. All others
 * are closed.
 *
 * Signals: nothing blocked, nothing ignored but PIPE, default actions; the role installs
 * its own. PR_SET_PDEATHSIG is not used: a child learns of the master's end by end-of-file
 * on HERITAGE_MASTER_FD, so that a worker finishes its job.
 *
 * Environment: what environment_reduce() left of the master's, without NOTIFY_SOCKET,
 * WATCHDOG_* and LISTEN_*.
 *
 * Session: one of its own, without a terminal.
 *
 * Folder: "/"; the caller's in the foreground.
 *
 * Memory: struct heritage and what it points to, copies that nobody changes; scoreboard and
 * log batch are shared. */
#define HERITAGE_MASTER_FD   3 /* messages to and from the master (msg.h) */
#define HERITAGE_LOG_FD      4 /* table channel of the log (log.h) */
#define HERITAGE_LOG_READ_FD 5 /* its other end: poller only */

#define HERITAGE_JOBTYPES BOARD_JOBTYPES

struct heritage {
    const char *service;
    const char *host;
    const char *program; /* path as started, for messages */
    const struct ini *ini;
    const char *jobtypes[HERITAGE_JOBTYPES]; /* [0] is the service's own */
    unsigned jobtype_count;
    char version[32];         /* of the service, "" for none */
    struct life_rules rules;  /* of the service */
    uint32_t service_flags;   /* HELIOS_SERVICE_... */
    struct settings settings; /* as the master last heard them */
    int64_t start_time;       /* of the daemon, Unix seconds */
    uint64_t collective;      /* identity of the database */
    int32_t master_pid;
    struct board *board;
    struct log_batch *log_batch; /* poller's, shared with those before and after it */
    const char *board_path;
    const char *pid_path; /* folder of PID file and board */
    const char *cgroup;   /* folder of control groups; NULL: none */
    unsigned slot;        /* workers */
    uint32_t generation;  /* workers and pollers */
    bool debug;
    bool foreground;
    bool drain;
    bool clear_halt; /* probe at start: delete the HALT rows of this host first */
};

/* A role runs in a fresh child and returns its exit code. */
typedef int role_fn(const struct heritage *heritage);

/* What a child found out about service and database at start, in one message: plain
 * data. */
struct probe {
    int32_t exit_code; /* 0: all is well; else `text` says why not */
    char text[1024];
    char version[32];
    struct life_rules rules;
    uint32_t service_flags;
    uint64_t collective; /* identity of the database that the configuration names */
    struct settings settings;
    bool have_settings; /* the database was looked at */
    char dsn[512];      /* without secrets */
    char notes[2048];   /* warnings, one a line */
};

/* Loads the plugin only (no database): the probe of a HUP. Runs in a child of its own. */
typedef void probe_fn(const struct heritage *heritage, struct probe *out);

struct roles {
    role_fn *poller;
    role_fn *worker;
    role_fn *watcher;
    probe_fn *probe_service;
};

#endif
