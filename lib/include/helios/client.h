/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_CLIENT_H
#define HELIOS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <helios/db.h>
#include <helios/error.h>
#include <helios/params.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A program's connection to a collective. One thread at a time; a process that was forked
 * opens its own. A connection that was lost, by a restart of the server or because it was
 * idle for too long, is made anew by the next call; only a transaction that was open is
 * lost with it. */
struct helios_client;

/* Connects to the collective of a helios.ini: `ini`, or if that is NULL the file named by
 * HELIOS_INI, or ./helios.ini. `service` selects the ini section and the params rows; NULL
 * reads [global] only. On success `*out` is the caller's, to be ended with
 * helios_client_close(); on failure it is NULL. With queue_databases in the file the client
 * has several databases, and need not reach the first. */
HELIOS_API int helios_client_open(const char *ini, const char *service,
                                  struct helios_client **out, struct helios_error *err);
/* NULL is harmless. An open transaction is rolled back. */
HELIOS_API void helios_client_close(struct helios_client *client);

/* The client's connection to its own database, for the program's own SQL; owned by the
 * client, and the same for all its life. NULL as long as a client of several databases has
 * not reached the first. SQL on it does not connect anew after HELIOS_E_LOST:
 * helios_client_begin() does. */
HELIOS_API struct helios_db *helios_client_db(struct helios_client *client);

/* A transaction around helios_submit() calls and the program's own SQL, which must not
 * begin or end one itself: see helios_db_exec(). HELIOS_E_LOST or
 * HELIOS_E_RETRY from any of them: all of it was undone, and until
 * helios_client_rollback() or another begin every call fails so. COMMIT may end
 * as HELIOS_E_UNCERTAIN: look before repeating. */
HELIOS_API int helios_client_begin(struct helios_client *client, struct helios_error *err);
HELIOS_API int helios_client_commit(struct helios_client *client, struct helios_error *err);
HELIOS_API void helios_client_rollback(struct helios_client *client);

/* How `args` of a submission is stored. */
enum helios_args_form {
    HELIOS_ARGS_TEXT, /* XML or JSON text, stored as Perl Helios does: in a Storable list */
    HELIOS_ARGS_RAW   /* the bytes as they are: for TheSchwartz workers */
};

/* One job to submit. Begin with HELIOS_SUBMISSION_INIT: what is not set then is zero, and
 * the priority -1, which is NULL; in a structure that is merely zeroed it is 0. All
 * pointers are borrowed for the call. */
struct helios_submission {
    const char *jobtype; /* 1 to 255 characters of UTF-8; created in funcmap when new */
    const void *args;
    size_t args_len; /* bytes, at most 16777215 with the wrapping */
    enum helios_args_form form;
    int64_t run_after;    /* Unix seconds; 0 is now, by the database's clock */
    int64_t priority;     /* 0 to 65535, larger is more urgent; -1 is NULL */
    const char *uniqkey;  /* at most 255 characters of UTF-8; NULL for none */
    const char *coalesce; /* the same */
};
#define HELIOS_SUBMISSION_INIT                                                             \
    {                                                                                      \
        NULL, NULL, 0, HELIOS_ARGS_TEXT, 0, -1, NULL, NULL                                 \
    }

/* Checks that `args` is XML or JSON that a Helios service can read, and that a metajob can
 * be burst. 0, or -1 and `*err`, with line and column where the text is not well-formed. */
HELIOS_API int helios_args_check(const char *args, size_t len, struct helios_error *err);

/* Submits `n` jobs in one transaction (the open one, if there is one): all or none.
 * `jobids` (may be NULL) receives their ids. A uniqkey that is taken is -1 with
 * HELIOS_E_DUPLICATE. New jobtypes are created outside the transaction. Where the
 * connection is lost, HELIOS_E_LOST means that no job was stored and HELIOS_E_UNCERTAIN
 * that nobody can tell. HELIOS_E_RETRY: somebody kept the database locked for 5 s (SQLite)
 * or 10 s, or one deadlock followed the other.
 *
 * A client of several databases puts all `n` into one of them, any; submissions with a
 * uniqkey into the one that the first key chooses, so that they meet. One that cannot be
 * reached is left alone for queue_database_retry. Numbers are those of one
 * database: take handles. Inside helios_client_begin() it is the first database. */
HELIOS_API int helios_submit(struct helios_client *client,
                             const struct helios_submission *jobs, size_t n,
                             uint64_t *jobids, struct helios_error *err);

/* A job's handle, as programs that use TheSchwartz give it out: a hash of dsn and user as
 * they stand in helios.ini, a hyphen, the number. It says which database the job is in. */
#define HELIOS_HANDLE_SIZE 54
HELIOS_API int helios_submit_handles(struct helios_client *client,
                                     const struct helios_submission *jobs, size_t n,
                                     char (*handles)[HELIOS_HANDLE_SIZE],
                                     struct helios_error *err);

enum helios_job_state {
    HELIOS_JOB_WAITING, /* due */
    HELIOS_JOB_DELAYED, /* run_after is in the future */
    HELIOS_JOB_RUNNING, /* leased */
    HELIOS_JOB_DONE,    /* completed */
    HELIOS_JOB_FAILED   /* failed for good */
};

struct helios_job_status {
    enum helios_job_state state;
    uint32_t failures;     /* failed attempts known */
    int exitstatus;        /* of the last attempt in the history; -1 for none */
    int64_t complete_time; /* of that attempt, Unix seconds; 0 for none */
};

/* What is known of a job of the client's own database. 0, 1 if the job is unknown, as any
 * above INT64_MAX is, or -1 and `*err`. */
HELIOS_API int helios_job_lookup(struct helios_client *client, uint64_t jobid,
                                 struct helios_job_status *out, struct helios_error *err);

/* Waits until the job is DONE or FAILED, at most `timeout_ms` (-1: for ever). 0, 1 if it is
 * unknown, 2 when the time is over, or -1 and `*err`. Must not be called in
 * a transaction. */
HELIOS_API int helios_job_wait(struct helios_client *client, uint64_t jobid, int timeout_ms,
                               struct helios_job_status *out, struct helios_error *err);

/* The same by a handle, or a number as text: in the job's database. The handle of a
 * database that the client does not have is -1 with HELIOS_E_NOT_FOUND. */
HELIOS_API int helios_handle_lookup(struct helios_client *client, const char *handle,
                                    struct helios_job_status *out,
                                    struct helios_error *err);
HELIOS_API int helios_handle_wait(struct helios_client *client, const char *handle,
                                  int timeout_ms, struct helios_job_status *out,
                                  struct helios_error *err);

#ifdef __cplusplus
}
#endif

#endif
