/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_PARAMS_H
#define HELIOS_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The parameters in force for one service on one host: helios.ini [global], then the
 * section of the service, then rows of helios_params_tb for host `*`, then rows for this
 * host; later wins. Read-only. */
struct helios_params;

/* The text of `name` (case-sensitive), or NULL if it is not set anywhere or set to NULL in
 * the table. A parameter of Helios that is not set has its default. Lives as long as
 * `params`. */
HELIOS_API const char *helios_params_get(const struct helios_params *params,
                                         const char *name);

/* `name` as a decimal integer; `fallback` if it is not set or not a number. */
HELIOS_API int64_t helios_params_int(const struct helios_params *params, const char *name,
                                     int64_t fallback);

/* Names in use, in byte order, defaults included; NULL from helios_params_count() on. */
HELIOS_API size_t helios_params_count(const struct helios_params *params);
HELIOS_API const char *helios_params_name(const struct helios_params *params, size_t i);

#ifdef __cplusplus
}
#endif

#endif
