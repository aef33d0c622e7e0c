/* SPDX-License-Identifier: MIT */
#ifndef CORE_TRAIL_H
#define CORE_TRAIL_H

#include "core/board.h"
#include "core/buf.h"
#include "core/mono.h"

/* A flight recorder: the last events of a worker, in a ring of its slot, for whoever finds
 * the process dead. An event is two stores and a reading of the clock, no system call. */
enum trail_event {
    TRAIL_NONE = 0,
    TRAIL_START, /* of the process */
    TRAIL_CONNECTED,
    TRAIL_PREPARED,
    TRAIL_CLAIM,   /* asks for so many */
    TRAIL_CLAIMED, /* got so many */
    TRAIL_RUN,     /* the service is called for this job */
    TRAIL_RAN,     /* the service has returned */
    TRAIL_RECORD,  /* the outcome of this job is to be written */
    TRAIL_RECORDED,
    TRAIL_GROUP,   /* the outcomes of so many are to be written */
    TRAIL_RELEASE, /* so many are given back */
    TRAIL_SQL,     /* a statement begins: its first letters, TRAIL_WORD() */
    TRAIL_SQL_OK,
    TRAIL_SQL_ERROR, /* enum helios_error_kind */
    TRAIL_IDLE,
    TRAIL_LEAVE, /* with this exit code */
    TRAIL_EVENTS
};

/* Up to seven letters as a number. */
uint64_t trail_word(const char *text);

/* The slot's own process only. */
void trail_note(struct board_slot *slot, enum trail_event event, uint64_t what);

/* Appends the events, oldest first, each with the seconds before `now`; nothing if there
 * are none. The slot may be of a process that was killed while it wrote. */
void trail_text(const struct board_slot *slot, struct mono now, struct buf *out);
/* Logs them, as the last events of the process that had the slot. */
void trail_report(const struct board_slot *slot, int32_t pid);

#endif
