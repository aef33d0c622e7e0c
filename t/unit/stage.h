/* SPDX-License-Identifier: MIT */
#ifndef T_UNIT_STAGE_H
#define T_UNIT_STAGE_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/msg.h"
#include "daemon/master.h"

/* A real master with a poller and workers that are played by functions of the test. All
 * that they do is told by, and seen in, one piece of shared memory; a test waits for what
 * it wants to see there, with a deadline, and never sleeps. */

enum play {            /* what a worker does */
            PLAY_JOB,  /* takes a job, completes it, leaves */
            PLAY_STAY, /* takes a job and runs it until slow_ms after it is told to leave */
            PLAY_STUCK, /* takes a job, holds it, hears nothing */
            PLAY_CRASH, /* takes a job, holds it, dies by a signal */
            PLAY_EARLY, /* dies before it is prepared */
            PLAY_FAIL,  /* as JOB, but the job fails for good */
            PLAY_IDLE, /* as JOB, but lingers until it is woken for more or told to leave */
            PLAY_EMPTY, /* finds nothing to do */
};

struct stage {
    sem_t event; /* posted after every change that an actor makes */
    /* the parts that the test writes */
    _Atomic int play;
    _Atomic int jobs; /* waiting */
    _Atomic int max_workers, hold, halt, ttl_s, pattern, safe_mode_retries;
    _Atomic int launch_ms, zero_launch_ms, zero_sleep_ms, slow_ms;
    _Atomic int away;      /* enum helios_error_kind, or 0 */
    _Atomic int no_settle; /* DEAD is not answered */
    _Atomic int deaf;      /* the poller does not answer STOP */
    _Atomic int probe_fails;
    _Atomic int fork_failures; /* of the next calls of fork() */
    /* what the actors write */
    _Atomic int poller_pid, pollers, looks, halt_set, stop_flag;
    _Atomic int launches, live, live_max, left, last_pid;
    _Atomic int deaths;   /* MSG_DEAD received */
    struct msg_dead dead; /* the last of these */
    char version[32];     /* that the last worker was given */
    _Atomic size_t log_len;
    char log[65536]; /* lines, as the poller got them */
    char folder[64];
    char ini[96];
};

extern struct stage *stage;

/* Fixture: an empty stage and folder. */
int stage_set_up(void **state);
int stage_tear_down(void **state);

/* Starts a master in a process of its own and gives its pid. */
pid_t stage_start(void);
pid_t stage_start_with(bool foreground, bool drain);
/* Waits until `condition` is true; fails the test after 10 s. */
#define STAGE_WAIT(condition)                                                              \
    do {                                                                                   \
        stage_deadline_begin();                                                            \
        while (!(condition))                                                               \
            stage_event(#condition, __FILE__, __LINE__);                                   \
    } while (0)
void stage_deadline_begin(void);
void stage_event(const char *what, const char *file, int line);
/* Waits until the process has ended, and gives its exit code; fails after 10 s. */
int stage_exit_code(pid_t pid);
bool stage_logged(const char *text);
/* True: the texts are in the log in this order. The list ends with NULL. */
bool stage_logged_in_order(const char *const *texts);
int stage_count_logged(const char *text);
bool stage_file_exists(const char *name);

#endif
