/* SPDX-License-Identifier: MIT */
#include "daemon/settle.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "codec/args.h"
#include "core/fault.h"
#include "core/log.h"
#include "core/mono.h"
#include "core/process.h"
#include "core/trail.h"
#include "daemon/cgroup.h"
#include "daemon/history.h"
#include "daemon/holding.h"
#include "daemon/limits.h"

/* Slots beyond were never reserved: touching them would allocate their pages. */
static unsigned slots_used(const struct board *board)
{
    uint32_t used = atomic_load_explicit(&board->used_slots, memory_order_acquire);
    return used < BOARD_SLOTS ? used : BOARD_SLOTS;
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* How the process ended, for the job's error row. */
static void describe(const struct settle *s, const struct msg_dead *dead, char *out,
                     size_t cap)
{
    char limit[64];
    switch ((enum msg_death)dead->death) {
    case DEATH_EXIT:
        if (dead->status < 0)
            (void)snprintf(
                out, cap,
                "Worker process %d ended while running this job and no daemon was "
                "there to see how",
                dead->pid);
        else {
            /* As a worker ends that has no room for a job. */
            (void)limits_of_errno(s->settings, dead->status == EX_OSERR ? ENOMEM : 0, limit,
                                  sizeof limit);
            (void)snprintf(
                out, cap,
                "Worker process %d exited with code %d while running this job%s%s",
                dead->pid, dead->status, limit[0] != '\0' ? "; " : "", limit);
        }
        break;
    case DEATH_SIGNAL:
        if (dead->status == SIGKILL && s->cgroup != NULL &&
            cgroup_oom_killed(s->cgroup, dead->slot))
            (void)limits_of_group(s->settings, limit, sizeof limit);
        else
            (void)limits_of_signal(s->settings, dead->status, limit, sizeof limit);
        (void)snprintf(
            out, cap,
            "Worker process %d was killed by signal %d (%s) while running this job%s%s",
            dead->pid, dead->status, strsignal(dead->status), limit[0] != '\0' ? "; " : "",
            limit);
        break;
    case DEATH_TTL:
        (void)snprintf(out, cap,
                       "Worker process %d was killed while running this job: it exceeded "
                       "WORKER_MAX_TTL",
                       dead->pid);
        break;
    case DEATH_SHUTDOWN:
        (void)snprintf(out, cap, "Worker process %d was killed at shutdown", dead->pid);
        break;
    }
}

static int give_back(const struct settle *s, uint64_t jobid, const uint32_t leases[3],
                     uint64_t *released, struct helios_error *err)
{
    if (store_release(s->store, &jobid, 1, leases, released, err) != 0)
        return -1;
    count(&s->totals->dead_released, *released);
    return 0;
}

/* Its outcome was recorded, or it came to another when the lease had run out. */
static void not_held(const struct board_job *entry, const struct msg_dead *dead)
{
    log_write(HELIOS_LOG_NOTICE, atomic_load(&entry->jobid), atomic_load(&entry->funcid),
              "worker process %d ended in this job and no longer held it: its outcome was "
              "recorded, or its lease had run out",
              dead->pid);
}

/* A job that was begun will be begun again: whoever finds its effects twice finds the
 * reason here. */
static int give_back_dead(const struct settle *s, const struct board_job *entry,
                          const uint32_t leases[3], const struct msg_dead *dead,
                          struct helios_error *err)
{
    uint64_t jobid = atomic_load(&entry->jobid);
    uint64_t released = 0;
    uint32_t hold = atomic_load(&entry->hold);
    if (give_back(s, jobid, leases, &released, err) != 0)
        return -1;
    if (hold != BOARD_HOLD_STARTED && hold != BOARD_HOLD_DONE)
        return 0;
    if (released == 0)
        not_held(entry, dead);
    else
        log_write(HELIOS_LOG_NOTICE, jobid, atomic_load(&entry->funcid),
                  "given back: worker process %d ended after it had %s this job and before "
                  "the outcome was recorded",
                  dead->pid, hold == BOARD_HOLD_DONE ? "run" : "begun");
    return 0;
}

static int fail_job(const struct settle *s, struct board_job *entry,
                    const struct msg_dead *dead, struct helios_error *err)
{
    char message[256];
    struct store_job job = {0};
    struct args args = {.arena = NULL};
    struct store_held held = {.job = &job};
    uint64_t jobid = atomic_load(&entry->jobid);
    holding_leases(entry, held.leases);
    int rc = store_read_held(s->store, jobid, held.leases, &job, err);
    if (rc == 1)
        not_held(entry, dead);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    const struct args_how how = {.lean = true};
    rc = args_decode(job.arg, job.arg_len, &how, &args, err);
    if (rc == 0) {
        describe(s, dead, message, sizeof message);
        held.text = args.text != NULL ? args.text : job.arg;
        held.text_len = args.text != NULL ? args.text_len : job.arg_len;
        const struct store_failure failure = {.message = message,
                                              .message_len = strlen(message),
                                              .status = 1,
                                              .behind = true,
                                              .rules = s->rules};
        const struct store_outcome outcome = {.history = s->history,
                                              .keep_exit_s = s->rules->keep_exit_status_s};
        struct store_failed failed = {0};
        rc = store_fail(s->store, &held, &failure, &outcome, &failed, err);
        if (rc == 0 && !held.lost) {
            history_report(&held);
            count(failed.final ? &s->totals->dead_failed_final : &s->totals->dead_failed,
                  1);
            log_write(HELIOS_LOG_ERR, job.jobid, job.funcid, "%s; %s", message,
                      failed.final ? "the job has failed for good"
                                   : "the job will be retried");
        }
    }
    args_fini(&args);
    store_job_fini(&job);
    return rc;
}

/* Whether a living worker of this daemon holds the job under the same value: then the claim
 * of the dead one was never committed, and giving it back would take the job from the
 * other. */
static bool held_elsewhere(const struct settle *s, unsigned slot, uint64_t jobid,
                           const uint32_t leases[3])
{
    for (unsigned k = 0; k < slots_used(s->board); k++) {
        const struct board_slot *other = &s->board->slot[k];
        uint32_t held = atomic_load_explicit(&other->held, memory_order_acquire);
        for (uint32_t i = 0; k != slot && i < held && i < BOARD_JOBS; i++) {
            if (atomic_load(&other->jobs[i].jobid) != jobid ||
                !holding_owed(&other->jobs[i]))
                continue;
            uint32_t theirs[3];
            holding_leases(&other->jobs[i], theirs);
            if (theirs[0] == leases[0])
                return true;
        }
    }
    return false;
}

/* Whether the same statement may succeed in a moment, on this connection or another. */
static bool passing(enum helios_error_kind kind)
{
    return kind == HELIOS_E_LOST || kind == HELIOS_E_RETRY || kind == HELIOS_E_UNCERTAIN ||
           kind == HELIOS_E_NOMEM;
}

/* One job whose values the database does not take must not keep the daemon from all
 * others: its lease runs out. */
static void write_off(const struct board_job *entry, const struct helios_error *err)
{
    log_write(HELIOS_LOG_ERR, atomic_load(&entry->jobid), atomic_load(&entry->funcid),
              "the job of a worker that has ended cannot be settled and stays locked until "
              "its lease runs out: %s",
              err->text);
}

int settle_dead(const struct settle *s, const struct msg_dead *dead,
                struct helios_error *err)
{
    struct board_slot *slot = &s->board->slot[dead->slot];
    uint32_t held = atomic_load(&slot->held);
    bool broken = false;
    if (held > 0 && fault_pass(FAULT_SETTLE_BEFORE, err) != 0)
        return passing(err->kind) ? -1 : 1;
    for (uint32_t i = 0; i < held && i < BOARD_JOBS; i++) {
        struct board_job *entry = &slot->jobs[i];
        if (!holding_owed(entry))
            continue;
        bool ran = atomic_load(&entry->hold) == BOARD_HOLD_STARTED;
        uint32_t leases[3];
        holding_leases(entry, leases);
        if (!ran && held_elsewhere(s, dead->slot, atomic_load(&entry->jobid), leases)) {
            holding_drop(slot, i);
            continue;
        }
        int rc = ran && dead->death != DEATH_SHUTDOWN
                     ? fail_job(s, entry, dead, err)
                     : give_back_dead(s, entry, leases, dead, err);
        if (rc != 0 && passing(err->kind))
            return -1;
        if (rc != 0 && !store_refused(err->kind)) {
            broken = true;
            continue;
        }
        if (rc == 0 && fault_pass(FAULT_SETTLE_AFTER, err) != 0)
            return passing(err->kind) ? -1 : 1;
        if (rc != 0)
            write_off(entry, err);
        holding_drop(slot, i);
    }
    if (broken)
        return 1;
    holding_trim(slot, 0);
    return 0;
}

/* A renewal that was published, and whose statement failed or was interrupted: the row may
 * hold that value, so it must stay published until it is known to be current. */
static bool unfinished(uint64_t pending, uint32_t seq, uint32_t renewed)
{
    return BOARD_LEASE_SEQ(pending) == seq && BOARD_LEASE_UNTIL(pending) > renewed;
}

/* The value is published before the row is changed and marked current after: a holder that
 * finishes meanwhile accepts either. */
static int renew(const struct settle *s, struct board_job *entry, int64_t now,
                 struct helios_error *err)
{
    uint32_t leases[3];
    uint64_t jobid = atomic_load_explicit(&entry->jobid, memory_order_acquire);
    uint32_t hold = atomic_load_explicit(&entry->hold, memory_order_acquire);
    if (jobid == 0 || hold == BOARD_HOLD_NONE || hold >= BOARD_HOLD_TAKEN)
        return 0;
    uint64_t pending = atomic_load(&entry->pending);
    uint32_t seq = BOARD_LEASE_SEQ(atomic_load(&entry->claimed));
    holding_leases(entry, leases);
    uint32_t until = unfinished(pending, seq, leases[1])
                         ? BOARD_LEASE_UNTIL(pending)
                         : life_renew_until(now, s->rules->lease_s, leases[1]);
    if (until == 0)
        return 0;
    uint64_t renewed = 0;
    atomic_store(&entry->pending, BOARD_LEASE(seq, until));
    if (store_renew(s->store, &jobid, 1, leases, until, &renewed, err) != 0)
        return -1;
    if (renewed > 0)
        atomic_store(&entry->renewed, BOARD_LEASE(seq, until));
    return 0;
}

/* Takes the entry, or finds it taken by an earlier attempt that failed. What was read is of
 * that entry only if it still is TAKEN then: the worker may have given it back meanwhile
 * and claimed anew. */
static bool take(struct board_job *entry, uint64_t *jobid, uint32_t leases[3])
{
    (void)holding_take(entry);
    *jobid = atomic_load(&entry->jobid);
    holding_leases(entry, leases);
    return *jobid != 0 && atomic_load(&entry->hold) == BOARD_HOLD_TAKEN;
}

/* Gives back what waits behind the running job. The compare-and-swap in holding_take()
 * decides between us and the worker, which skips what we have taken. */
static int unblock(const struct settle *s, struct board_slot *slot, uint32_t held,
                   struct helios_error *err)
{
    for (uint32_t i = 0; i < held; i++) {
        struct board_job *entry = &slot->jobs[i];
        uint64_t jobid;
        uint32_t leases[3];
        uint64_t released = 0;
        if (!take(entry, &jobid, leases))
            continue;
        if (give_back(s, jobid, leases, &released, err) != 0)
            return -1; /* the next time, or the worker when it comes to it */
        holding_given(entry);
    }
    return 0;
}

int settle_living(const struct settle *s, int64_t now, int64_t slow_ms,
                  struct helios_error *err)
{
    for (unsigned k = 0; k < slots_used(s->board); k++) {
        struct board_slot *slot = &s->board->slot[k];
        uint32_t held = atomic_load_explicit(&slot->held, memory_order_acquire);
        if (held == 0 || atomic_load(&slot->pid) == 0)
            continue;
        if (held > BOARD_JOBS)
            held = BOARD_JOBS;
        for (uint32_t i = 0; i < held; i++)
            if (renew(s, &slot->jobs[i], now, err) != 0)
                return -1;
        if (atomic_load(&slot->running) != 0 &&
            wall_now_ms() - atomic_load(&slot->running_since) > slow_ms &&
            unblock(s, slot, held, err) != 0)
            return -1;
    }
    return 0;
}

int settle_orphans(const struct settle *s, unsigned *left, struct helios_error *err)
{
    *left = 0;
    for (unsigned k = 0; k < slots_used(s->board); k++) {
        struct board_slot *slot = &s->board->slot[k];
        if (atomic_load(&slot->held) == 0 || !holding_any(slot))
            continue;
        pid_t pid = atomic_load(&slot->pid);
        if (process_lives(pid, atomic_load(&slot->pid_start))) {
            (*left)++;
            continue;
        }
        const struct msg_dead dead = {
            .pid = (int32_t)pid, .slot = k, .death = DEATH_EXIT, .status = -1};
        int rc = settle_dead(s, &dead, err);
        if (rc < 0)
            return -1;
        if (rc > 0)
            (*left)++;
        else
            trail_report(slot, dead.pid);
    }
    return 0;
}

bool settle_held(const struct board *board)
{
    for (unsigned k = 0; k < slots_used(board); k++)
        if (atomic_load(&board->slot[k].held) != 0)
            return true;
    return false;
}

bool settle_needed(const struct board *board)
{
    for (unsigned k = 0; k < slots_used(board); k++)
        if (atomic_load(&board->slot[k].pid) != 0)
            return true;
    return settle_held(board);
}
