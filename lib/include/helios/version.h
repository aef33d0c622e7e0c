/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_VERSION_H
#define HELIOS_VERSION_H

/* Version of the product, as printed by `helios_d --version`. */
#define HELIOS_VERSION "0.1.0"

/* Version of the plugin interface of <helios/service.h>: major * 100 + minor. A minor step
 * only appends fields to `struct helios_service`; a host loads every plugin of its own
 * major whose minor is not newer than the host's. */
#define HELIOS_ABI       101
#define HELIOS_ABI_MAJOR (HELIOS_ABI / 100)

#if defined(__GNUC__)
#define HELIOS_API          __attribute__((visibility("default")))
#define HELIOS_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define HELIOS_API
#define HELIOS_PRINTF(f, a)
#endif

#endif
