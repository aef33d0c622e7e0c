/* SPDX-License-Identifier: MIT */
#include "core/coredump.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static bool wanted(void)
{
    const char *text = getenv("HELIOS_CORE");
    return text != NULL && text[0] != '\0' && strcmp(text, "0") != 0;
}

void coredump_forbid(void)
{
    if (!wanted())
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void coredump_decide(void)
{
    (void)prctl(PR_SET_DUMPABLE, wanted() ? 1 : 0, 0, 0, 0);
}
