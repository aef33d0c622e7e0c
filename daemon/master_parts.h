/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_MASTER_PARTS_H
#define DAEMON_MASTER_PARTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/loop.h"
#include "core/msg.h"
#include "daemon/master.h"
#include "daemon/once.h"
#include "daemon/pidfile.h"
#include "daemon/policy.h"
#include "daemon/pool.h"
#include "daemon/ready.h"

/* The state of the master, shared by its own files and nobody else. Each part has a
 * function x_tick(), which does what is due and says when it wants to be asked again;
 * master_loop() waits for the earliest of these, or for a descriptor. */

/* The poller, as the master sees it. */
struct lookout {
    pid_t pid; /* 0: none */
    int fd;    /* -1: closed */
    uint32_t generation;
    uint64_t number; /* of the last LOOK */
    bool pending;    /* not answered */
    struct mono sent, heard, done;
    bool looked; /* some look has succeeded */
    bool away;
    bool leaving; /* told to stop because it is replaced, or at the end */
    bool killed;
    unsigned failures; /* AWAY in a row */
    unsigned deaths;   /* without an answer in between */
    struct mono respawn_at;
    char away_text[sizeof((struct msg *)0)->text];
};

/* The watcher, as the master sees it. */
struct watch {
    pid_t pid; /* 0: none */
    int fd;    /* -1: closed */
    uint32_t generation;
    bool on; /* it has said that it watches */
    struct mono on_since;
    bool killed;
    bool refused;         /* it left for a reason that lasts until respawn_at */
    unsigned refusals;    /* in a row, by watchers that had begun */
    bool announced;       /* the log has been told that there is one */
    bool register_wanted; /* the next look is to register: a change that it must see */
    unsigned deaths;      /* soon after its start, in a row */
    struct mono respawn_at;
    struct mono alarm; /* a job becomes due; NEVER: none known */
    /* An event may come before its COMMIT can be seen, so that a look or a claim misses
     * what it told of: then to look again; NEVER */
    struct mono doubt;
    bool doubt_twice;      /* and once more after that */
    uint64_t due, unclear; /* the board's counters, as far as they were acted upon */
    bool look_pushed;      /* a change asked for the last look */
    unsigned fruitless;    /* looks in a row that found nothing */
    char text[sizeof((struct msg *)0)->text]; /* why there is none */
};

/* What is known of the work, and what holds launching back. */
struct work {
    bool fresh, launched, changed;
    bool pushed; /* ... and it was the watcher who said so */
    bool held;   /* at the last look jobs of ours waited for the end of a lease */
    uint64_t found, waiting, limit;
    unsigned owed;   /* launches, as policy_in says */
    unsigned deaths; /* before the first success */
    struct mono death_at, throttled_until;
    unsigned fork_failures;
    struct mono paused_until;
    bool fruitless; /* the last worker that left had found nothing to do */
    bool cut;       /* it was said that MAX_WORKERS is cut */
    struct mono next_work_line, next_sleep_line, next_hold_line;
};

enum stop_stage {
    STOP_NOT = 0,  /* at work */
    STOP_LEAVING,  /* workers finish their jobs */
    STOP_REAPING,  /* those that remained were killed; the poller accounts for their jobs */
    STOP_POLLER,   /* the poller clears up */
    STOP_FLUSHING, /* the poller writes the last log messages */
    STOP_DONE
};
enum stop_cause {
    STOP_BY_SIGNAL,
    STOP_BY_QUIT,
    STOP_BY_HALT,
    STOP_BY_DRAIN,
    STOP_BY_AWAY /* SAFE_MODE_RETRIES used up */
};
struct stop {
    enum stop_stage stage;
    enum stop_cause cause;
    int64_t grace_ms;
    struct mono deadline; /* of the stage */
    bool stopped;         /* the poller has answered */
    bool cleared;         /* ... that our HALT row is gone */
    uint64_t remain;      /* ... how many jobs are still in the queue (--drain) */
};

/* A HUP under way. */
struct reload {
    pid_t pid; /* the probe; 0: none */
    int fd;
    struct mono deadline;
    struct ini *ini;
    size_t have;
    struct probe probe;
};

struct master {
    const struct master_config *config;
    struct heritage heritage; /* of the next child */
    struct ini *own_ini;      /* of a HUP; NULL while it is the caller's */
    struct settings settings; /* of the last answer, max_workers cut to BOARD_SLOTS */
    char program[PATH_MAX];   /* a copy: a process title is written over argv[0] */
    char board_path[PATH_MAX];
    int board_fd;
    struct loop *loop;
    int signal_fd;
    int log_fds[2]; /* [0] the poller's end, [1] the writers' */
    struct pid_file pid_file;
    struct ready ready;
    struct mono ping_at;
    bool up; /* the caller has been told so */
    struct pool pool;
    struct lookout lookout;
    struct watch watch;
    struct work work;
    struct stop stop;
    struct reload reload;
    struct once once;
    int exit_code;
    char exit_text[1024];
};

/* master.c */
/* Gives up a start that cannot succeed. */
void master_give_up(struct master *m, int exit_code, const char *text);
/* Called with the first answer of the poller. */
void master_up(struct master *m);
/* Removes board and PID file; a board that names jobs still to be accounted for stays, for
 * the next daemon. */
void master_remove_files(struct master *m);

/* master_loop.c */
void master_loop(struct master *m);
void master_take_signals(void *arg, int fd, short revents);

/* lookout.c */
int lookout_start(struct master *m, struct helios_error *err);
void lookout_look(struct master *m);
/* Sends a message without content; a poller that is not there misses it. */
void lookout_say(struct master *m, enum msg_kind kind, bool flag);
/* Asks the poller to leave; another takes its place. */
void lookout_replace(struct master *m);
void lookout_kill(struct master *m);
/* Closes our end of the socket: a poller that has answered STOPPED then leaves. */
void lookout_hang_up(struct master *m);
void lookout_ended(struct master *m, int status);
struct mono lookout_tick(struct master *m, struct mono now);

/* watch.c */
struct mono watch_tick(struct master *m, struct mono now);
void watch_ended(struct master *m, int status);
/* Ends it at once; watch_tick() starts another one, unless there is to be none. */
void watch_stop(struct master *m);
/* True: it sees what is committed, so that looking is needed only for what it may miss. */
bool watch_sees(const struct master *m, struct mono now);
/* The least time between two looks that changes ask for. */
int64_t watch_spacing_ms(const struct master *m);
/* Takes from an answer of the poller what the watcher's part needs. */
void watch_note_look(struct master *m, const struct msg_snapshot *snapshot);

/* workers.c */
/* Forks one. 0, or -1 after launching has been paused. */
int worker_launch(struct master *m, struct mono now);
void worker_ended(struct master *m, struct pool_worker *worker, int status);
/* Wakes at most `count` idle ones; gives how many. `pushed`: for jobs whose COMMIT may not
 * be visible yet. */
unsigned workers_wake(struct master *m, unsigned count, bool pushed);
void workers_leave(struct master *m);
/* Kills those that are over age, with their lines in the log. */
void workers_kill_old(struct master *m, struct mono now);
void workers_kill_all(struct master *m);

/* work.c */
struct mono work_tick(struct master *m, struct mono now);
/* An answer of the poller has come. */
void work_answer(struct master *m, const struct msg_snapshot *snapshot);

/* stop.c */
void stop_begin(struct master *m, enum stop_cause cause, int signo);
/* TERM, INT or QUIT: the beginning, or when it has begun, less patience. */
void stop_signal(struct master *m, int signo);
void stop_answer(struct master *m, const struct msg *stopped);
struct mono stop_tick(struct master *m, struct mono now);

/* reload.c */
void reload_begin(struct master *m);
void reload_ended(struct master *m, int status);
void reload_abandon(struct master *m);
struct mono reload_tick(struct master *m, struct mono now);

/* report.c */
void report_state(struct master *m);

#endif
