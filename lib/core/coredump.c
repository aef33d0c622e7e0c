/* SPDX-License-Identifier: MIT */
#include "core/coredump.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

void coredump_forbid(void)
{
    const char *wanted = getenv("HELIOS_CORE");
    if (wanted == NULL || wanted[0] == '\0' || strcmp(wanted, "0") == 0)
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
