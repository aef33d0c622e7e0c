/* SPDX-License-Identifier: MIT */
#include <helios/version.h>

/* A shared object without the descriptor of a service. */

extern HELIOS_API const int helios_nothing;
const int helios_nothing = 1;
