/* SPDX-License-Identifier: MIT */
#include <helios/service.h>

#include <signal.h>
#include <stddef.h>

/* A service with one fault, which the build chooses. */

#ifndef BAD_NAME
#define BAD_NAME "Bad::Plugin"
#endif
#ifndef BAD_ABI
#define BAD_ABI HELIOS_ABI
#endif
#ifndef BAD_SIZE
#define BAD_SIZE sizeof(struct helios_service)
#endif
#ifndef BAD_VERSION
#define BAD_VERSION "0.1"
#endif
#ifndef BAD_FLAGS
#define BAD_FLAGS 0
#endif
#ifndef BAD_RUN
#define BAD_RUN bad_run
#endif

HELIOS_SERVICE_EXPORT;

__attribute__((unused)) static int bad_run(struct helios_worker *worker,
                                           struct helios_job *job)
{
    (void)worker;
    return helios_job_completed(job);
}

#ifdef BAD_CONSTRUCTOR
/* The default action first: a sanitizer would turn the signal into an exit code. */
__attribute__((constructor)) static void crash(void)
{
    (void)signal(SIGSEGV, SIG_DFL);
    (void)raise(SIGSEGV);
}
#endif

const struct helios_service helios_service = {
    .abi = BAD_ABI,
    .size = (uint32_t)(BAD_SIZE),
    .name = BAD_NAME,
    .version = BAD_VERSION,
    .flags = BAD_FLAGS,
    .run = BAD_RUN,
};
