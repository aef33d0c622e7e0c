/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_HOLDING_H
#define DAEMON_HOLDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/board.h"

/* What one worker holds, as its slot of the scoreboard says: the writer's side (worker) and
 * the reader's side (poller). Entry i of the slot is job i of the claimed batch. */

/* Enters a claim that is about to be committed. `seq` must be new in this slot. */
void holding_announce(struct board_slot *slot, uint32_t seq, uint32_t funcid,
                      const uint64_t *jobids, size_t n, uint32_t lease_until);
/* Enters one more job, at a free place `i` of the slot; `seq` as above. */
void holding_add(struct board_slot *slot, size_t i, uint32_t seq, uint32_t funcid,
                 uint64_t jobid, uint32_t lease_until);
/* Entries from `n` on are dropped: the claim got fewer jobs, or failed (n = 0). */
void holding_trim(struct board_slot *slot, size_t n);
/* Entry `i` has its outcome. */
void holding_drop(struct board_slot *slot, size_t i);
/* CLAIMED to STARTED. False if the poller has taken the job to give it back. */
bool holding_start(struct board_slot *slot, size_t i);
/* Whether the entry has still to be accounted for; false when it is empty or GIVEN. */
bool holding_owed(const struct board_job *job);
/* Whether it was begun before its turn, together with another: it may have ended since. */
bool holding_begun(const struct board_job *job);
void holding_done(struct board_slot *slot, size_t i);
/* DONE to STARTED, as the outcome cannot be written: the job fails by the worker's death.
 */
void holding_fails(struct board_slot *slot, size_t i);

/* The values of grabbed_until that are the holder's: claimed, renewed, about to be renewed.
 * All three are set; those that do not apply repeat the first. */
void holding_leases(const struct board_job *job, uint32_t leases[3]);

/* CLAIMED to TAKEN, by the poller. False if the worker was quicker. */
bool holding_take(struct board_job *job);
/* TAKEN to GIVEN, by the poller, when the row is free. */
void holding_given(struct board_job *job);

/* Whether any entry has still to be accounted for. */
bool holding_any(const struct board_slot *slot);

#endif
