/* SPDX-License-Identifier: MIT */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <helios/error.h>

/* Fills `*err` (which may be NULL) and returns -1, so that a failing function can end with
 * `return err_set(...)`. */
int err_set(struct helios_error *err, enum helios_error_kind kind, const char *format, ...)
    HELIOS_PRINTF(3, 4);

/* The text of an errno, with what to do where it is always the same. */
const char *err_reason(int errnum);

/* As err_set() with HELIOS_E_SYSTEM, and ": " and err_reason() of `errnum` appended. */
int err_errno(struct helios_error *err, int errnum, const char *format, ...)
    HELIOS_PRINTF(3, 4);

/* Puts "<clause>: " in front of the text; keeps the kind. Returns -1. */
int err_wrap(struct helios_error *err, const char *format, ...) HELIOS_PRINTF(2, 3);

void err_clear(struct helios_error *err);

#endif
