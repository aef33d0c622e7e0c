/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_ERROR_H
#define HELIOS_ERROR_H

#include <helios/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a failure means for the caller. Decide on the kind, never on the text. */
enum helios_error_kind {
    HELIOS_E_NONE = 0, /* no failure */
    HELIOS_E_LOST,     /* database: the connection is gone or could not be made */
    HELIOS_E_RETRY, /* database: deadlock, lock wait, busy: the same work may succeed now */
    HELIOS_E_UNCERTAIN, /* database: the connection was lost while the work was committed;
                           it may have happened: look before repeating */
    HELIOS_E_DUPLICATE, /* database: a unique key is taken */
    HELIOS_E_DATA,      /* database: a value does not fit its column */
    HELIOS_E_DENIED,    /* database: wrong user, password or privilege */
    HELIOS_E_SCHEMA,    /* database: a table or column is missing; `helios schema init` */
    HELIOS_E_DATABASE,  /* database: any other error; repeating will not help */
    HELIOS_E_CONFIG,    /* configuration: file, value or DSN */
    HELIOS_E_INVALID,   /* the caller's argument or the job's argument is malformed */
    HELIOS_E_LIMIT,     /* input is larger or deeper than allowed */
    HELIOS_E_NOT_FOUND, /* what was asked for does not exist */
    HELIOS_E_LEASE,     /* the job is no longer ours */
    HELIOS_E_PLUGIN,    /* a service plugin cannot be used */
    HELIOS_E_SYSTEM,    /* an operating system call failed */
    HELIOS_E_NOMEM      /* out of memory */
};

/* A failure: its kind and one sentence that says what failed, where, and what to do. The
 * caller provides the storage, usually on its stack; `HELIOS_ERROR_INIT` is "no failure".
 * Functions of this library that return int return 0 for done, a documented positive value
 * for a documented condition, and -1 for a failure described in `*err`. `err` may be NULL.
 * The text never holds a password. */
struct helios_error {
    enum helios_error_kind kind;
    char text[1024];
};
#define HELIOS_ERROR_INIT                                                                  \
    {                                                                                      \
        HELIOS_E_NONE, ""                                                                  \
    }

/* The name of a kind, such as "lost"; a constant, never NULL. */
HELIOS_API const char *helios_error_name(enum helios_error_kind kind);

/* The exit code of <sysexits.h> that a program should end with after a failure of this kind
 * (EX_UNAVAILABLE for LOST, EX_CONFIG for CONFIG, ...). */
HELIOS_API int helios_error_exit_code(enum helios_error_kind kind);

#ifdef __cplusplus
}
#endif

#endif
