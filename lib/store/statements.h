/* SPDX-License-Identifier: MIT */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#include <helios/db.h>

#include "core/buf.h"

/* All SQL of the store: a closed set of constants. `{...}` in a text is a group that is
 * repeated, separated by commas, as often as the caller has rows or ids. */
enum statement {
    ST_NOW,

    ST_JOBTYPE_BY_NAME,
    ST_JOBTYPE_BY_ID,
    ST_JOBTYPE_ADD,

    ST_WAITING,
    ST_WAITING_BEHIND,
    ST_WAITING_ABOVE, /* of that priority or a higher one */
    ST_BACKLOG,
    ST_UPCOMING, /* whether a job of before now is held, and when the next one is due */
    ST_WATCH_SERVER,
    ST_WATCH_COLUMNS,    /* of the tables that are watched */
    ST_CLAIM_IDS,        /* of due jobs, and their run_after: from the start, */
    ST_CLAIM_IDS_BEHIND, /* behind an id of one run_after, */
    ST_CLAIM_NEXT,       /* behind a run_after */
    ST_CLAIM_IDS_LOW,    /* the same by priority, the lowest first; sorts */
    ST_CLAIM_IDS_HIGH,   /* the highest first */
    ST_CLAIM_IDS_VALUE,  /* of one coalesce value; sorts */
    ST_CLAIM_IDS_PREFIX, /* of the values that match a pattern of LIKE; sorts */
    ST_CLAIM_LOCK,     /* those of some ids that are due, passing over what others locked */
    ST_CLAIM_READ,     /* the same without locks */
    ST_CLAIM_TAKE,     /* of rows that are locked or cannot change */
    ST_CLAIM_TAKE_RUN, /* the same of ids without gaps */
    ST_CLAIM_TAKE_ONE, /* compare and set */

    ST_CLAIM_READ_ONE, /* whatever its run_after */
    ST_CLAIM_GRAB_ONE, /* compare and set, whatever its run_after */

    ST_JOB_DELETE,
    ST_JOB_DELETE_RUN,
    ST_JOB_DELETE_NOTED, /* with its notes; MySQL only */
    ST_JOB_RELEASE,
    ST_JOB_RENEW,
    ST_JOB_RETRY,
    ST_JOB_DEFER,
    ST_JOB_LEASE,
    ST_JOB_FATE, /* the same, when all that is under way for the row has ended */
    ST_JOB_READ_HELD,
    ST_JOB_LOCK_FAILED,
    ST_JOB_ADD,
    ST_JOB_ADD_RETURNING,
    ST_JOB_ADD_PLAIN,
    ST_JOB_ADD_PLAIN_RETURNING,
    ST_JOB_LOOKUP,

    ST_NOTE_LOOK,
    ST_NOTE_DELETE,
    ST_HISTORY_ADD,
    ST_HISTORY_LAST,
    ST_EXITSTATUS_ADD,
    ST_EXITSTATUS_LOOK,
    ST_ERROR_ADD,
    ST_ERROR_COUNT,
    ST_ERROR_CLEAN,
    ST_EXITSTATUS_CLEAN,

    ST_PARAMS,
    ST_PARAMS_DUE, /* and a row of NULL if a job of some jobtypes is due */
    ST_PARAM_ADD,
    ST_PARAM_DELETE,
    ST_PARAM_DELETE_VALUE,
    ST_HALTS,

    ST_REGISTRY_RENEW,
    ST_CLASS_OF,

    ST_REGISTRY_ADD,
    ST_REGISTRY_DELETE,
    ST_REGISTRY_DELETE_PID,

    ST_LOG_ADD,

    ST_LIST_JOBTYPES,
    ST_LIST_QUEUE,
    ST_LIST_ENDS,
    ST_LIST_PARAMS,
    ST_LIST_JOBS,
    ST_LIST_ATTEMPTS,
    ST_LIST_LEASED,
    ST_LIST_ERRORS,
    ST_LIST_ERRORS_PLAIN,
    ST_LIST_LOG_LAST,
    ST_LIST_LOG_LAST_PLAIN,
    ST_LIST_LOG_NEXT,
    ST_LIST_LOG_NEXT_PLAIN,

    ST_OPERATE_HOLD,
    ST_OPERATE_REQUEUE,
    ST_OPERATE_SEIZE,
    ST_OPERATE_RETRY,
    ST_OPERATE_FORGET_ERRORS,
    ST_OPERATE_FORGET_STATUS,

    ST_CHECK_NEXT_TYPE,
    ST_CHECK_DUPLICATES,
    ST_CHECK_DUE,

    ST_QUERY_QUEUED,
    ST_QUERY_ATTEMPT,
    ST_QUERY_EXITSTATUS,
    ST_QUERY_LOGS,
    ST_QUERY_LOGS_PLAIN,
    ST_QUERY_DAEMONS,
    ST_QUERY_TYPE_USES,
    ST_QUERY_TYPE_REMOVE,
    ST_PURGE_LOG,
    ST_PURGE_HISTORY,

    ST_SCHEMA_TABLES,
    ST_SCHEMA_COLUMNS,
    ST_SCHEMA_INDEX,
    ST_SCHEMA_ANY_JOB,
    ST_SCHEMA_ANY_HISTORY,
    ST_SCHEMA_ANY_ERROR,
    ST_SCHEMA_VERSION,
    ST_SCHEMA_RECORD,
    ST_SCHEMA_LOCK,
    ST_SCHEMA_UNLOCK,

    STATEMENTS
};

/* The text of a statement for a driver, never NULL. */
const char *statement_text(enum statement id, enum helios_db_kind kind);

/* Puts `text` with its group repeated `n` times into `out`. */
void statement_expand(const char *text, size_t n, struct buf *out);

#endif
