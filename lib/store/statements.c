/* SPDX-License-Identifier: MIT */
#include "store/statements.h"

#include <string.h>

#define JOB_COLUMNS                                                                        \
    "jobid, funcid, arg, uniqkey, coalesce, insert_time, run_after, priority, "            \
    "grabbed_until, UNIX_TIMESTAMP()"
#define CLAIM_COLUMNS "SELECT " JOB_COLUMNS " FROM job"
#define DUE           "run_after <= UNIX_TIMESTAMP() AND grabbed_until <= UNIX_TIMESTAMP()"
/* The order is that of the index (funcid, run_after), to which both databases append the
 * primary key: no sorting. */
#define IN_ORDER " ORDER BY funcid, run_after, jobid LIMIT ?"
/* Written with = a server would rather look up (funcid) alone, if the rows are to be in
 * order, and read all of the jobtype beyond or before those that are wanted: with a list of
 * two it takes the range of run_after too. No id is negative. For the same reason the
 * orders name all columns of the index. */
#define OF_TYPE "funcid IN (?, -1)"
#define IDS     "SELECT jobid, run_after FROM job"
/* Behind a place in that order, as two ranges of the index, written without = as above. */
#define BEHIND                                                                             \
    " WHERE funcid >= ? AND funcid <= ? AND "                                              \
    "((run_after >= ? AND run_after <= ? AND jobid > ?) OR "                               \
    "(run_after > ? AND run_after <= UNIX_TIMESTAMP())) AND "                              \
    "grabbed_until <= UNIX_TIMESTAMP() ORDER BY funcid, run_after, jobid LIMIT ?"
/* The same for SQLite, which makes two ranges of it only if they are written apart. */
#define BEHIND_APART(columns)                                                              \
    "SELECT * FROM (SELECT " columns " FROM job WHERE funcid = ?1 AND run_after = ?3 AND " \
    "jobid > ?5 AND grabbed_until <= UNIX_TIMESTAMP() ORDER BY jobid LIMIT ?7) "           \
    "UNION ALL "                                                                           \
    "SELECT * FROM (SELECT " columns                                                       \
    " FROM job WHERE funcid = ?2 AND run_after > ?4 AND " DUE                              \
    " AND ?6 IS NOT NULL ORDER BY run_after, jobid LIMIT ?7) LIMIT ?7"
/* This one sorts unless the table has the index that check_priority_index() asks for, so
 * nothing may be locked by it. Both databases take NULL for less than any number. */
#define BY_PRIORITY(due, direction)                                                        \
    " WHERE funcid = ? AND COALESCE(priority, 0) >= ? AND " due                            \
    " ORDER BY priority" direction ", run_after, jobid LIMIT ?"
/* SQLite would take the range of the other index, and sort, where it can. */
#define DUE_WITHOUT_INDEX                                                                  \
    "run_after + 0 <= UNIX_TIMESTAMP() AND grabbed_until <= UNIX_TIMESTAMP()"
/* Sorted by an expression, so that a server does not walk all of the jobtype in the order
 * of the other index. */
#define COALESCED(condition)                                                               \
    IDS " WHERE funcid = ? AND " condition " AND " DUE " ORDER BY run_after + 0, jobid "   \
        "LIMIT ?"
#define CLAIM_OF_IDS(hint) CLAIM_COLUMNS hint " WHERE jobid IN ({?}) AND " DUE " LIMIT ?"
/* Statements over lists of ids must not look at other rows: on a small table a server would
 * rather read all of it, and wait for the rows that others have locked. */
#define FORCE_PRIMARY         " FORCE INDEX (PRIMARY)"
#define CLAIM_TAKE(hint)      "UPDATE job" hint " SET grabbed_until = ? WHERE jobid IN ({?})"
#define RUN                   " WHERE jobid BETWEEN ? AND ?"
#define CLAIM_TAKE_RUN(limit) "UPDATE job SET grabbed_until = ?" RUN limit
#define JOB_DELETE_RUN(limit) "DELETE FROM job" RUN OURS limit
#define RUN_LIMIT             " ORDER BY jobid LIMIT ?"
#define RUN_NO_LIMIT          " AND ? > 0" /* SQLite has no LIMIT there, and no need of it */
#define JOB_RELEASE(hint)                                                                  \
    "UPDATE job" hint " SET grabbed_until = 0 WHERE jobid IN ({?})" OURS
#define JOB_RENEW(hint) "UPDATE job" hint " SET grabbed_until = ? WHERE jobid IN ({?})" OURS
#define JOB_DELETE      "WHERE jobid IN ({?})" OURS
#define NOTE_DELETE     "WHERE jobid IN ({?})"
#define OURS            " AND grabbed_until IN (?, ?, ?)"
#define LOCK_FAILED                                                                        \
    "SELECT UNIX_TIMESTAMP(), (SELECT COUNT(*) FROM error WHERE error.jobid = job.jobid) " \
    "FROM job WHERE jobid = ?" OURS
/* Both are one dive into the index each. */
#define UPCOMING(now_ms)                                                                   \
    "SELECT EXISTS (SELECT 1 FROM job WHERE funcid = ? AND run_after <= "                  \
    "UNIX_TIMESTAMP()), COALESCE((SELECT run_after FROM job WHERE " OF_TYPE " AND "        \
    "run_after > UNIX_TIMESTAMP() ORDER BY funcid, run_after LIMIT 1), 0), " now_ms
#define JOB_ADD                                                                            \
    "INSERT INTO job (funcid, arg, uniqkey, insert_time, run_after, grabbed_until, "       \
    "priority, coalesce) VALUES "
#define JOB_ROW       "{(?, ?, ?, UNIX_TIMESTAMP(), COALESCE(?, UNIX_TIMESTAMP()), 0, ?, ?)}"
#define JOB_ROW_PLAIN "{(?, ?, NULL, UNIX_TIMESTAMP(), UNIX_TIMESTAMP(), 0, NULL, NULL)}"
#define HISTORY_ADD                                                                        \
    "INSERT INTO helios_job_history_tb (jobid, funcid, arg, uniqkey, insert_time, "        \
    "run_after, grabbed_until, priority, coalesce, complete_time, exitstatus) VALUES "
#define LOG_ADD                                                                            \
    "INSERT INTO helios_log_tb (log_time, host, process_id, jobid, funcid, job_class, "    \
    "priority, message) VALUES "
/* One more than is told apart, so that "more" can be seen. */
#define COUNT_OF_TYPE(condition)                                                           \
    "(SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE funcid = ? AND " condition             \
    " LIMIT 10001) AS counted)"
#define DUE_OLDEST                                                                         \
    "FROM job WHERE " OF_TYPE                                                              \
    " AND run_after <= UNIX_TIMESTAMP() ORDER BY funcid, run_after, jobid"
#define USES(table)                                                                        \
    "(SELECT COUNT(*) FROM (SELECT 1 FROM " table " WHERE funcid = ? LIMIT 10001) AS "     \
    "used)"
#define LAST_ERROR(job)                                                                    \
    "(SELECT message FROM error WHERE error.jobid = " job                                  \
    " ORDER BY error_time DESC LIMIT 1)"
/* A job that failed and was completed in one second ended as completed. */
#define LATER_ATTEMPT                                                                      \
    "EXISTS (SELECT 1 FROM helios_job_history_tb AS later WHERE later.jobid = h.jobid "    \
    "AND (later.complete_time > h.complete_time OR "                                       \
    "(later.complete_time = h.complete_time AND later.exitstatus < h.exitstatus)))"
#define PARAMS                                                                             \
    "SELECT host, param, value FROM helios_params_tb WHERE worker_class = ? AND host = "   \
    "'*' UNION ALL SELECT host, param, value FROM helios_params_tb "                       \
    "WHERE worker_class = ? AND host = ?"
#define FREE_JOBS "WHERE jobid IN ({?}) AND grabbed_until <= UNIX_TIMESTAMP()"
#define OPERATE_HOLD(hint)                                                                 \
    "UPDATE job" hint " SET run_after = 4294967295 " FREE_JOBS " AND run_after < "         \
    "4294967295"
#define OPERATE_REQUEUE(hint)                                                              \
    "UPDATE job" hint " SET run_after = UNIX_TIMESTAMP() " FREE_JOBS                       \
    " AND run_after > UNIX_TIMESTAMP()"
/* Rows of one second are told apart by nothing but the order in which they were written,
 * which is that of an index; a server that reads a small table and sorts it keeps no order
 * when it is asked for the latest first. */
#define BY_LOG_TIME   " FORCE INDEX (log_time)"
#define BY_ERROR_TIME " FORCE INDEX (error_time)"
#define LIST_LOG(hint)                                                                     \
    "SELECT log_time, host, process_id, jobid, job_class, priority, message FROM "         \
    "helios_log_tb" hint " WHERE log_time >= ? ORDER BY log_time"
#define LIST_ERRORS(hint)                                                                  \
    "SELECT error_time, jobid, funcid, message FROM error" hint " ORDER BY error_time"
#define QUERY_COLUMNS                                                                      \
    "SELECT jobid, funcid, insert_time, run_after, grabbed_until, priority, arg"
/* Of rows of one second only SQLite can tell which is the latest; elsewhere a job that
 * failed and was completed within one ended as completed. */
#define LATEST(and_row)                                                                    \
    " FROM helios_job_history_tb WHERE jobid = ? ORDER BY complete_time DESC" and_row      \
    " LIMIT 1"
#define QUERY_LOG(hint, and_row)                                                           \
    "SELECT log_time, host, process_id, priority, message FROM helios_log_tb" hint         \
    " WHERE log_time >= ? AND jobid = ? ORDER BY log_time" and_row " LIMIT ?"
#define JOB_LEASE   "SELECT grabbed_until FROM job WHERE jobid = ?"
#define LAST_MINUTE "complete_time > UNIX_TIMESTAMP() - 60"
#define EACH_TABLE                                                                         \
    "('job', 'funcmap', 'error', 'exitstatus', 'note', 'helios_params_tb', "               \
    "'helios_class_map', 'helios_job_history_tb', 'helios_log_tb', "                       \
    "'helios_worker_registry_tb', 'helios_schema_tb')"

static const char *const common[STATEMENTS] = {
    [ST_NOW] = "SELECT UNIX_TIMESTAMP()",

    [ST_JOBTYPE_BY_NAME] = "SELECT funcid, funcname FROM funcmap WHERE funcname = ?",
    [ST_JOBTYPE_BY_ID] = "SELECT funcid, funcname FROM funcmap WHERE funcid = ?",
    [ST_JOBTYPE_ADD] = "INSERT INTO funcmap (funcname) VALUES (?)",

    [ST_WAITING] = "SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE funcid = ? AND " DUE
                   " LIMIT ?) AS due",
    [ST_WAITING_BEHIND] = "SELECT COUNT(*) FROM (SELECT 1 FROM job" BEHIND ") AS due",
    [ST_WAITING_ABOVE] = "SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE funcid = ? AND "
                         "priority >= ? AND " DUE " LIMIT ?) AS due",
    [ST_BACKLOG] =
        "SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE funcid = ? LIMIT ?) AS jobs",
    [ST_UPCOMING] = UPCOMING("(UNIX_TIMESTAMP() * 1000 + MICROSECOND(NOW(3)) DIV 1000)"),
    [ST_WATCH_SERVER] =
        "SELECT DATABASE(), (UNIX_TIMESTAMP() * 1000 + MICROSECOND(NOW(3)) DIV 1000)",
    [ST_WATCH_COLUMNS] =
        "SELECT table_name, column_name, ordinal_position FROM information_schema.columns "
        "WHERE table_schema = DATABASE() AND table_name IN (?, ?, ?)",
    [ST_CLAIM_IDS] = IDS " WHERE " OF_TYPE " AND " DUE IN_ORDER,
    [ST_CLAIM_IDS_BEHIND] = IDS BEHIND,
    [ST_CLAIM_NEXT] = CLAIM_COLUMNS BEHIND " FOR UPDATE SKIP LOCKED",
    [ST_CLAIM_IDS_LOW] = IDS BY_PRIORITY(DUE, ""),
    [ST_CLAIM_IDS_HIGH] = IDS BY_PRIORITY(DUE, " DESC"),
    [ST_CLAIM_IDS_VALUE] = COALESCED("coalesce = ?"),
    [ST_CLAIM_IDS_PREFIX] = COALESCED("coalesce LIKE ? ESCAPE '|'"),
    [ST_CLAIM_LOCK] = CLAIM_OF_IDS(FORCE_PRIMARY) " FOR UPDATE SKIP LOCKED",
    [ST_CLAIM_READ] = CLAIM_OF_IDS(FORCE_PRIMARY),
    [ST_CLAIM_TAKE] = CLAIM_TAKE(FORCE_PRIMARY),
    [ST_CLAIM_TAKE_RUN] = CLAIM_TAKE_RUN(RUN_LIMIT),
    [ST_CLAIM_TAKE_ONE] = "UPDATE job SET grabbed_until = ? WHERE jobid = ? AND "
                          "grabbed_until = ? AND " DUE,
    /* Locked before it is announced: the poller gives back what was announced, and must not
     * do so before it is claimed. */
    [ST_CLAIM_READ_ONE] = CLAIM_COLUMNS " WHERE jobid = ? FOR UPDATE",
    [ST_CLAIM_GRAB_ONE] = "UPDATE job SET grabbed_until = ? WHERE jobid = ? AND "
                          "grabbed_until = ? AND grabbed_until <= UNIX_TIMESTAMP()",

    [ST_JOB_DELETE] = "DELETE job FROM job" FORCE_PRIMARY " " JOB_DELETE,
    [ST_JOB_DELETE_RUN] = JOB_DELETE_RUN(RUN_LIMIT),
    [ST_JOB_DELETE_NOTED] = "DELETE job, note FROM job" FORCE_PRIMARY
                            " LEFT JOIN note ON note.jobid = job.jobid "
                            "WHERE job.jobid = ?" OURS,
    [ST_JOB_RELEASE] = JOB_RELEASE(FORCE_PRIMARY),
    [ST_JOB_RENEW] = JOB_RENEW(FORCE_PRIMARY),
    [ST_JOB_RETRY] = "UPDATE job SET grabbed_until = 0, run_after = ? WHERE jobid = ?",
    [ST_JOB_DEFER] = "UPDATE job SET grabbed_until = 0, run_after = ? WHERE jobid = ?" OURS,
    [ST_JOB_LEASE] = JOB_LEASE,
    [ST_JOB_FATE] = JOB_LEASE " FOR UPDATE",
    [ST_JOB_READ_HELD] = CLAIM_COLUMNS " WHERE jobid = ?" OURS,
    [ST_JOB_LOCK_FAILED] = LOCK_FAILED " FOR UPDATE",
    [ST_JOB_ADD] = JOB_ADD JOB_ROW,
    [ST_JOB_ADD_RETURNING] = JOB_ADD JOB_ROW " RETURNING jobid",
    /* A server has work with each parameter of each row. */
    [ST_JOB_ADD_PLAIN] = JOB_ADD JOB_ROW_PLAIN,
    [ST_JOB_ADD_PLAIN_RETURNING] = JOB_ADD JOB_ROW_PLAIN " RETURNING jobid",
    [ST_JOB_LOOKUP] = "SELECT run_after, grabbed_until, UNIX_TIMESTAMP() FROM job "
                      "WHERE jobid = ?",

    [ST_NOTE_LOOK] = "SELECT jobid FROM note LIMIT 1",
    [ST_NOTE_DELETE] = "DELETE note FROM note" FORCE_PRIMARY " " NOTE_DELETE,
    [ST_HISTORY_ADD] = HISTORY_ADD "{(?, ?, ?, ?, ?, ?, ?, ?, ?, UNIX_TIMESTAMP(), ?)}",
    /* A job that failed and was completed in one second ended as completed. */
    [ST_HISTORY_LAST] = "SELECT exitstatus, complete_time FROM helios_job_history_tb "
                        "WHERE jobid = ? ORDER BY complete_time DESC, exitstatus LIMIT 1",
    [ST_EXITSTATUS_ADD] =
        "REPLACE INTO exitstatus (jobid, funcid, status, completion_time, delete_after) "
        "VALUES {(?, ?, ?, UNIX_TIMESTAMP(), UNIX_TIMESTAMP() + ?)}",
    [ST_EXITSTATUS_LOOK] = "SELECT status, completion_time FROM exitstatus WHERE jobid = ?",
    [ST_ERROR_ADD] = "INSERT INTO error (error_time, jobid, message, funcid) "
                     "VALUES (UNIX_TIMESTAMP(), ?, ?, ?)",
    [ST_ERROR_COUNT] = "SELECT COUNT(*) FROM error WHERE jobid = ?",
    [ST_ERROR_CLEAN] =
        "DELETE FROM error WHERE error_time < UNIX_TIMESTAMP() - 604800 LIMIT 1000",
    [ST_EXITSTATUS_CLEAN] =
        "DELETE FROM exitstatus WHERE delete_after < UNIX_TIMESTAMP() LIMIT 1000",

    [ST_PARAMS] = PARAMS,
    [ST_PARAMS_DUE] = PARAMS " UNION ALL SELECT NULL, NULL, NULL FROM (SELECT 1 FROM job "
                             "WHERE funcid IN ({?}) AND " DUE " LIMIT 1) AS due",
    [ST_PARAM_ADD] = "INSERT INTO helios_params_tb (worker_class, host, param, value) "
                     "VALUES (?, ?, ?, ?)",
    [ST_PARAM_DELETE] = "DELETE FROM helios_params_tb "
                        "WHERE worker_class = ? AND host = ? AND param = ?",
    [ST_PARAM_DELETE_VALUE] =
        "DELETE FROM helios_params_tb "
        "WHERE worker_class = ? AND host = ? AND param = ? AND value = ?",
    [ST_HALTS] = "SELECT worker_class, host, value FROM helios_params_tb "
                 "WHERE param = 'HALT' AND host IN ('*', ?)",

    [ST_REGISTRY_RENEW] =
        "UPDATE helios_worker_registry_tb SET register_time = UNIX_TIMESTAMP(), "
        "worker_version = ? WHERE worker_class = ? AND host = ? AND process_id = ? AND "
        "start_time = ?",
    [ST_CLASS_OF] = "SELECT job_class FROM helios_class_map WHERE job_type = ? AND "
                    "job_class IS NOT NULL LIMIT 1",

    [ST_REGISTRY_ADD] =
        "INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, "
        "worker_version, host, process_id) VALUES (UNIX_TIMESTAMP(), ?, ?, ?, ?, ?)",
    [ST_REGISTRY_DELETE] =
        "DELETE FROM helios_worker_registry_tb WHERE worker_class = ? AND host = ?",
    [ST_REGISTRY_DELETE_PID] = "DELETE FROM helios_worker_registry_tb "
                               "WHERE worker_class = ? AND host = ? AND process_id = ?",

    [ST_LOG_ADD] = LOG_ADD "{(?, ?, ?, ?, ?, ?, ?, ?)}",

    [ST_LIST_JOBTYPES] =
        "SELECT funcid, funcname FROM funcmap WHERE funcid > ? ORDER BY funcid LIMIT 1000",
    [ST_LIST_QUEUE] =
        "SELECT " COUNT_OF_TYPE("run_after > UNIX_TIMESTAMP()") ", " COUNT_OF_TYPE(
            "run_after <= UNIX_TIMESTAMP()") ", "
                                             "(SELECT COUNT(CASE WHEN grabbed_until > "
                                             "UNIX_TIMESTAMP() THEN 1 END) FROM "
                                             "(SELECT grabbed_until " DUE_OLDEST
                                             " LIMIT 10000) AS oldest), "
                                             "COALESCE((SELECT MIN(run_after) FROM (SELECT "
                                             "run_after, grabbed_until " DUE_OLDEST
                                             " LIMIT 10000) AS waiting WHERE grabbed_until "
                                             "<= UNIX_TIMESTAMP()), -1), "
                                             "UNIX_TIMESTAMP()",
    [ST_LIST_ENDS] =
        "SELECT funcid, "
        "COUNT(CASE WHEN exitstatus = 0 AND " LAST_MINUTE " THEN 1 END), "
        "COUNT(CASE WHEN exitstatus <> 0 AND " LAST_MINUTE " THEN 1 END), "
        "COUNT(CASE WHEN exitstatus = 0 THEN 1 END), "
        "COUNT(CASE WHEN exitstatus <> 0 THEN 1 END) FROM "
        "(SELECT funcid, complete_time, exitstatus FROM helios_job_history_tb WHERE "
        "complete_time > UNIX_TIMESTAMP() - 3600 ORDER BY complete_time DESC LIMIT ?) "
        "AS recent GROUP BY funcid",
    [ST_LIST_PARAMS] = "SELECT worker_class, host, param, value FROM helios_params_tb "
                       "WHERE ? IS NULL OR worker_class = ? "
                       "ORDER BY worker_class, host, param, value LIMIT 10000",

    [ST_LIST_JOBS] = "SELECT jobid, funcid, insert_time, run_after, grabbed_until, "
                     "UNIX_TIMESTAMP(), " LAST_ERROR(
                         "job.jobid") " FROM job WHERE " OF_TYPE
                                      " AND run_after >= ? AND run_after <= ? "
                                      "ORDER BY funcid, run_after, jobid LIMIT ?",
    [ST_LIST_ATTEMPTS] =
        "SELECT DISTINCT jobid, funcid, insert_time, complete_time, exitstatus, "
        "EXISTS (SELECT 1 FROM job WHERE job.jobid = h.jobid) OR " LATER_ATTEMPT ", "
        "CASE WHEN exitstatus <> 0 THEN " LAST_ERROR(
            "h.jobid") " END FROM "
                       "(SELECT jobid, funcid, insert_time, complete_time, exitstatus FROM "
                       "helios_job_history_tb WHERE complete_time >= ? "
                       "ORDER BY complete_time DESC LIMIT ?) AS h ORDER BY complete_time "
                       "DESC, jobid DESC",

    [ST_LIST_LEASED] = "SELECT jobid, grabbed_until - UNIX_TIMESTAMP() FROM (SELECT jobid, "
                       "grabbed_until " DUE_OLDEST " LIMIT 10000) AS oldest WHERE "
                       "grabbed_until > UNIX_TIMESTAMP() LIMIT ?",
    [ST_LIST_ERRORS] = LIST_ERRORS(BY_ERROR_TIME) " DESC LIMIT ?",
    [ST_LIST_ERRORS_PLAIN] = LIST_ERRORS("") " DESC LIMIT ?",
    [ST_LIST_LOG_LAST] = LIST_LOG(BY_LOG_TIME) " DESC LIMIT 20000",
    [ST_LIST_LOG_LAST_PLAIN] = LIST_LOG("") " DESC LIMIT 20000",
    [ST_LIST_LOG_NEXT] = LIST_LOG(BY_LOG_TIME) " LIMIT 20000",
    [ST_LIST_LOG_NEXT_PLAIN] = LIST_LOG("") " LIMIT 20000",

    [ST_OPERATE_HOLD] = OPERATE_HOLD(FORCE_PRIMARY),
    [ST_OPERATE_REQUEUE] = OPERATE_REQUEUE(FORCE_PRIMARY),
    [ST_OPERATE_SEIZE] = "UPDATE job SET grabbed_until = ? WHERE jobid = ? AND "
                         "grabbed_until <= UNIX_TIMESTAMP()",
    [ST_OPERATE_RETRY] =
        "INSERT INTO job (jobid, funcid, arg, uniqkey, insert_time, run_after, "
        "grabbed_until, priority, coalesce) SELECT jobid, funcid, ?, uniqkey, "
        "insert_time, UNIX_TIMESTAMP(), 0, priority, coalesce FROM (SELECT jobid, funcid, "
        "uniqkey, insert_time, priority, coalesce, exitstatus FROM helios_job_history_tb "
        "WHERE jobid = ? ORDER BY complete_time DESC, exitstatus LIMIT 1) AS attempt "
        "WHERE exitstatus <> 0 AND NOT EXISTS (SELECT 1 FROM job WHERE jobid = ?)",
    [ST_OPERATE_FORGET_ERRORS] = "DELETE FROM error WHERE jobid = ?",
    [ST_OPERATE_FORGET_STATUS] = "DELETE FROM exitstatus WHERE jobid = ?",

    [ST_CHECK_NEXT_TYPE] = "SELECT COALESCE(MIN(funcid), 0) FROM job WHERE funcid > ?",
    [ST_CHECK_DUPLICATES] =
        "SELECT worker_class, host, param FROM helios_params_tb WHERE param <> 'HALT' "
        "GROUP BY worker_class, host, param HAVING COUNT(*) > 1 LIMIT 20",
    [ST_CHECK_DUE] =
        "SELECT COUNT(CASE WHEN grabbed_until > 0 AND grabbed_until < UNIX_TIMESTAMP() - "
        "60 THEN 1 END), COUNT(CASE WHEN grabbed_until <= UNIX_TIMESTAMP() THEN 1 END), "
        "COUNT(CASE WHEN grabbed_until > UNIX_TIMESTAMP() THEN 1 END), COALESCE(MIN(CASE "
        "WHEN grabbed_until <= UNIX_TIMESTAMP() THEN run_after END), -1), UNIX_TIMESTAMP() "
        "FROM (SELECT run_after, grabbed_until " DUE_OLDEST " LIMIT 10001) AS oldest",

    [ST_QUERY_QUEUED] = QUERY_COLUMNS " FROM job WHERE jobid = ?",
    [ST_QUERY_ATTEMPT] = QUERY_COLUMNS ", complete_time, exitstatus" LATEST(", exitstatus"),
    [ST_QUERY_EXITSTATUS] = "SELECT COALESCE(exitstatus, -1)" LATEST(", exitstatus"),
    [ST_QUERY_LOGS] = QUERY_LOG(BY_LOG_TIME, ""),
    [ST_QUERY_LOGS_PLAIN] = QUERY_LOG("", ""),
    [ST_QUERY_DAEMONS] =
        "SELECT worker_class, worker_version, host, process_id, start_time, register_time "
        "FROM helios_worker_registry_tb WHERE register_time > ? AND (? IS NULL OR "
        "worker_class = ?) AND (? IS NULL OR host = ?) ORDER BY worker_class, host LIMIT ?",
    [ST_QUERY_TYPE_USES] = "SELECT " USES("job") ", " USES("error") ", " USES(
        "exitstatus") ", " USES("helios_job_history_tb"),
    [ST_QUERY_TYPE_REMOVE] =
        "DELETE FROM funcmap WHERE funcid = ? AND NOT EXISTS (SELECT 1 "
        "FROM job WHERE funcid = ?)",
    [ST_PURGE_LOG] = "DELETE FROM helios_log_tb WHERE log_time <= ? LIMIT ?",
    [ST_PURGE_HISTORY] = "DELETE FROM helios_job_history_tb WHERE complete_time <= ? "
                         "LIMIT ?",

    [ST_SCHEMA_TABLES] = "SELECT table_name FROM information_schema.tables "
                         "WHERE table_schema = DATABASE() AND table_name IN " EACH_TABLE,
    [ST_SCHEMA_INDEX] =
        "SELECT GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ',') "
        "FROM information_schema.statistics WHERE table_schema = DATABASE() AND "
        "table_name = ? GROUP BY index_name",
    [ST_SCHEMA_COLUMNS] = "SELECT column_name FROM information_schema.columns "
                          "WHERE table_schema = DATABASE() AND table_name = ?",
    [ST_SCHEMA_ANY_JOB] = "SELECT 1 FROM job LIMIT 1",
    [ST_SCHEMA_ANY_HISTORY] = "SELECT 1 FROM helios_job_history_tb LIMIT 1",
    [ST_SCHEMA_ANY_ERROR] = "SELECT 1 FROM error LIMIT 1",
    [ST_SCHEMA_VERSION] = "SELECT COALESCE(MAX(version), 0) FROM helios_schema_tb",
    [ST_SCHEMA_RECORD] = "INSERT INTO helios_schema_tb (version, name, applied_time) "
                         "VALUES (?, ?, UNIX_TIMESTAMP())",
    [ST_SCHEMA_LOCK] = "SELECT GET_LOCK(CONCAT('helios_schema_', MD5(DATABASE())), 20)",
    [ST_SCHEMA_UNLOCK] = "SELECT RELEASE_LOCK(CONCAT('helios_schema_', MD5(DATABASE())))",
};

/* Where SQLite needs another spelling: it has no row locks, no hints, no LIMIT on DELETE,
 * and Perl programs find the texts of log and history with the type TEXT. */
static const char *const sqlite[STATEMENTS] = {
    [ST_WAITING_BEHIND] = ("SELECT COUNT(*) FROM (" BEHIND_APART("1") ")"),
    [ST_CLAIM_IDS_LOW] = (IDS BY_PRIORITY(DUE_WITHOUT_INDEX, "")),
    [ST_CLAIM_IDS_HIGH] = (IDS BY_PRIORITY(DUE_WITHOUT_INDEX, " DESC")),
    [ST_CLAIM_IDS_BEHIND] = (BEHIND_APART("jobid, run_after")),
    [ST_CLAIM_NEXT] = (BEHIND_APART(JOB_COLUMNS)),
    [ST_UPCOMING] =
        (UPCOMING("CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)")),
    [ST_CLAIM_READ_ONE] = (CLAIM_COLUMNS " WHERE jobid = ?"),
    [ST_CLAIM_READ] = (CLAIM_OF_IDS("")),
    [ST_CLAIM_TAKE] = (CLAIM_TAKE("")),
    [ST_CLAIM_TAKE_RUN] = (CLAIM_TAKE_RUN(RUN_NO_LIMIT)),
    [ST_JOB_DELETE] = ("DELETE FROM job " JOB_DELETE),
    [ST_JOB_DELETE_RUN] = (JOB_DELETE_RUN(RUN_NO_LIMIT)),
    [ST_JOB_RELEASE] = (JOB_RELEASE("")),
    [ST_JOB_RENEW] = (JOB_RENEW("")),
    [ST_NOTE_DELETE] = ("DELETE FROM note " NOTE_DELETE),
    [ST_JOB_FATE] = (JOB_LEASE),
    [ST_JOB_LOCK_FAILED] = (LOCK_FAILED),
    [ST_HISTORY_ADD] =
        (HISTORY_ADD "{(?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, UNIX_TIMESTAMP(), ?)}"),
    [ST_ERROR_CLEAN] = ("DELETE FROM error WHERE rowid IN (SELECT rowid FROM error "
                        "WHERE error_time < UNIX_TIMESTAMP() - 604800 LIMIT 1000)"),
    [ST_EXITSTATUS_CLEAN] =
        ("DELETE FROM exitstatus WHERE rowid IN (SELECT rowid FROM exitstatus "
         "WHERE delete_after < UNIX_TIMESTAMP() LIMIT 1000)"),
    [ST_LIST_ERRORS] = (LIST_ERRORS("") " DESC, rowid DESC LIMIT ?"),
    [ST_LIST_LOG_LAST] = (LIST_LOG("") " DESC, rowid DESC LIMIT 20000"),
    [ST_LIST_LOG_NEXT] = (LIST_LOG("") ", rowid LIMIT 20000"),
    [ST_OPERATE_HOLD] = (OPERATE_HOLD("")),
    [ST_OPERATE_REQUEUE] = (OPERATE_REQUEUE("")),
    [ST_LOG_ADD] = (LOG_ADD "{(?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT))}"),
    [ST_QUERY_ATTEMPT] =
        (QUERY_COLUMNS ", complete_time, exitstatus" LATEST(", rowid DESC")),
    [ST_QUERY_EXITSTATUS] = ("SELECT COALESCE(exitstatus, -1)" LATEST(", rowid DESC")),
    [ST_QUERY_LOGS] = (QUERY_LOG("", ", rowid")),
    [ST_PURGE_LOG] = ("DELETE FROM helios_log_tb WHERE rowid IN (SELECT rowid FROM "
                      "helios_log_tb WHERE log_time <= ? LIMIT ?)"),
    [ST_PURGE_HISTORY] =
        ("DELETE FROM helios_job_history_tb WHERE rowid IN (SELECT rowid FROM "
         "helios_job_history_tb WHERE complete_time <= ? LIMIT ?)"),
    [ST_SCHEMA_TABLES] =
        ("SELECT name FROM sqlite_master WHERE type = 'table' AND name IN " EACH_TABLE),
    [ST_SCHEMA_COLUMNS] = ("SELECT name FROM pragma_table_info(?)"),
    [ST_SCHEMA_INDEX] = ("SELECT (SELECT GROUP_CONCAT(name) FROM "
                         "(SELECT name FROM pragma_index_info(list.name) ORDER BY seqno)) "
                         "FROM pragma_index_list(?) AS list"),
};

const char *statement_text(enum statement id, enum helios_db_kind kind)
{
    if (kind == HELIOS_DB_SQLITE && sqlite[id] != NULL)
        return sqlite[id];
    return common[id];
}

void statement_expand(const char *text, size_t n, struct buf *out)
{
    size_t before = strcspn(text, "{");
    buf_append(out, text, before);
    if (text[before] == '\0')
        return;
    const char *group = text + before + 1;
    size_t len = strcspn(group, "}");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_putc(out, ',');
        buf_append(out, group, len);
    }
    buf_puts(out, group + len + 1);
}
