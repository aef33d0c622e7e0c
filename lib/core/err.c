/* SPDX-License-Identifier: MIT */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct {
    const char *name;
    int exit_code;
} kinds[] = {
    [HELIOS_E_NONE] = {"none", EX_OK},
    [HELIOS_E_LOST] = {"lost", EX_UNAVAILABLE},
    [HELIOS_E_RETRY] = {"retry", EX_TEMPFAIL},
    [HELIOS_E_UNCERTAIN] = {"uncertain", EX_UNAVAILABLE},
    [HELIOS_E_DUPLICATE] = {"duplicate", EX_DATAERR},
    [HELIOS_E_DATA] = {"data", EX_DATAERR},
    [HELIOS_E_DENIED] = {"denied", EX_NOPERM},
    [HELIOS_E_SCHEMA] = {"schema", EX_CONFIG},
    [HELIOS_E_DATABASE] = {"database", EX_UNAVAILABLE},
    [HELIOS_E_CONFIG] = {"config", EX_CONFIG},
    [HELIOS_E_INVALID] = {"invalid", EX_DATAERR},
    [HELIOS_E_LIMIT] = {"limit", EX_DATAERR},
    [HELIOS_E_NOT_FOUND] = {"not found", EX_NOINPUT},
    [HELIOS_E_LEASE] = {"lease", EX_TEMPFAIL},
    [HELIOS_E_PLUGIN] = {"plugin", EX_CONFIG},
    [HELIOS_E_SYSTEM] = {"system", EX_OSERR},
    [HELIOS_E_NOMEM] = {"out of memory", EX_OSERR},
};

static bool known(enum helios_error_kind kind)
{
    return (unsigned)kind < sizeof kinds / sizeof kinds[0];
}

const char *helios_error_name(enum helios_error_kind kind)
{
    return known(kind) ? kinds[kind].name : "unknown";
}

int helios_error_exit_code(enum helios_error_kind kind)
{
    return known(kind) ? kinds[kind].exit_code : EX_SOFTWARE;
}

int err_set(struct helios_error *err, enum helios_error_kind kind, const char *format, ...)
{
    if (err == NULL)
        return -1;
    va_list ap;
    va_start(ap, format);
    err->kind = kind;
    (void)vsnprintf(err->text, sizeof err->text, format, ap);
    va_end(ap);
    return -1;
}

const char *err_reason(int errnum)
{
    return errnum == EMFILE
               ? "Too many open files (raise the limit: LimitNOFILE, ulimit -n)"
               : strerror(errnum);
}

int err_errno(struct helios_error *err, int errnum, const char *format, ...)
{
    if (err == NULL)
        return -1;
    va_list ap;
    va_start(ap, format);
    err->kind = HELIOS_E_SYSTEM;
    (void)vsnprintf(err->text, sizeof err->text, format, ap);
    va_end(ap);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", err_reason(errnum));
    return -1;
}

int err_wrap(struct helios_error *err, const char *format, ...)
{
    if (err == NULL)
        return -1;
    char inner[sizeof err->text];
    memcpy(inner, err->text, sizeof inner);
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(err->text, sizeof err->text, format, ap);
    va_end(ap);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", inner);
    return -1;
}

void err_clear(struct helios_error *err)
{
    if (err != NULL) {
        err->kind = HELIOS_E_NONE;
        err->text[0] = '\0';
    }
}
