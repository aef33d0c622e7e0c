/* SPDX-License-Identifier: MIT */
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#include <helios/error.h>

/* Places where a test build (HELIOS_TESTS) can be told to fail, by the environment:
 *
 *   HELIOS_FAULT=POINT:ACTION[:NTH][,...]   once each, at the NTH passage (1) of any of its
 *                                           processes; four at most
 *
 *   kill     the process kills itself by SIGKILL
 *   retry    a database error that asks for the work to be repeated, as a deadlock or a
 *            lock that was waited for in vain
 *   error    a database error that does not, as a full disk
 *   lost     the connection is lost; around a COMMIT with its outcome unknown, which is
 *            that it did not happen at `before_commit` and that it did at `after_commit`
 *   timeout  the same after a silence of a second, as when a read time-out ends it
 *
 * The points, and whether a database error can come there: behind a COMMIT that succeeded
 * only the answer can be lost. Release builds contain none of this. */
#define FAULT_POINTS(X)                                                                    \
    X(CLAIM_AFTER_SELECT, "claim.after_select", FAULT_STATEMENT)                           \
    X(CLAIM_AFTER_ANNOUNCE, "claim.after_announce", FAULT_STATEMENT)                       \
    X(CLAIM_AFTER_UPDATE, "claim.after_update", FAULT_STATEMENT)                           \
    X(CLAIM_BEFORE_COMMIT, "claim.before_commit", FAULT_COMMIT)                            \
    X(CLAIM_AFTER_COMMIT, "claim.after_commit", FAULT_COMMITTED)                           \
    X(COMPLETE_BEFORE_COMMIT, "complete.before_commit", FAULT_COMMIT)                      \
    X(COMPLETE_AFTER_COMMIT, "complete.after_commit", FAULT_COMMITTED)                     \
    X(FAIL_BEFORE_COMMIT, "fail.before_commit", FAULT_COMMIT)                              \
    X(FAIL_AFTER_COMMIT, "fail.after_commit", FAULT_COMMITTED)                             \
    X(BURST_BEFORE_COMMIT, "burst.before_commit", FAULT_COMMIT)                            \
    X(BURST_AFTER_COMMIT, "burst.after_commit", FAULT_COMMITTED)                           \
    X(RELEASE_BEFORE, "release.before", FAULT_STATEMENT)                                   \
    X(RENEW_BEFORE, "renew.before", FAULT_STATEMENT)                                       \
    X(RENEW_AFTER, "renew.after", FAULT_STATEMENT)                                         \
    X(SETTLE_BEFORE, "settle.before", FAULT_STATEMENT)                                     \
    X(SETTLE_READ, "settle.read", FAULT_STATEMENT)                                         \
    X(SETTLE_AFTER, "settle.after", FAULT_STATEMENT)                                       \
    X(FATE_BEFORE, "fate.before", FAULT_STATEMENT)                                         \
    X(START_CONNECTED, "start.connected", FAULT_STATEMENT)                                 \
    X(START_PREPARED, "start.prepared", FAULT_STATEMENT)                                   \
    X(PARAMS_BEFORE, "params.before", FAULT_STATEMENT)                                     \
    X(REGISTER_BEFORE, "register.before", FAULT_STATEMENT)                                 \
    X(REGISTER_AFTER, "register.after", FAULT_STATEMENT)                                   \
    X(WAITING_BEFORE, "waiting.before", FAULT_STATEMENT)                                   \
    X(CLOCK_BEFORE, "clock.before", FAULT_STATEMENT)                                       \
    X(LOG_BEFORE, "log.before", FAULT_STATEMENT)                                           \
    X(LOG_AFTER, "log.after", FAULT_STATEMENT)                                             \
    X(CLEAN_BEFORE, "clean.before", FAULT_STATEMENT)                                       \
    X(HALT_BEFORE, "halt.before", FAULT_STATEMENT)                                         \
    X(UNREGISTER_BEFORE, "unregister.before", FAULT_STATEMENT)                             \
    X(SUBMIT_BEFORE_COMMIT, "submit.before_commit", FAULT_COMMIT)                          \
    X(SUBMIT_AFTER_COMMIT, "submit.after_commit", FAULT_COMMITTED)                         \
    X(SCHEMA_BEFORE, "schema.before", FAULT_STATEMENT)                                     \
    X(SCHEMA_STEP, "schema.step", FAULT_STATEMENT)

enum fault_place { FAULT_STATEMENT, FAULT_COMMIT, FAULT_COMMITTED };

#define FAULT_ENUM(id, name, place) FAULT_##id,
enum fault_point { FAULT_POINTS(FAULT_ENUM) FAULT_COUNT };
#undef FAULT_ENUM

#ifdef HELIOS_TESTS
/* Reads HELIOS_FAULT; the count of passages is shared with the children from here on. A
 * value that cannot be read ends the process: a test that injects nothing shows nothing. */
void fault_init(void);
/* Passes a point: 0, or -1 and `*err` if it is to fail here. May not return. */
int fault_pass(enum fault_point point, struct helios_error *err);
#else
#define fault_init()           ((void)0)
#define fault_pass(point, err) ((void)(err), 0)
#endif

#endif
