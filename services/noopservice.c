/* SPDX-License-Identifier: MIT */
#include <helios/service.h>

/* NoopService: completes every job at once. What is left to measure is the queue itself. */

HELIOS_SERVICE_EXPORT;

static int noop_run(struct helios_worker *worker, struct helios_job *job)
{
    (void)worker;
    return helios_job_completed(job);
}

const struct helios_service helios_service = {
    HELIOS_SERVICE_HEAD,
    .name = "NoopService",
    .version = "1.0",
    .run = noop_run,
    .flags = HELIOS_SERVICE_IDEMPOTENT,
};
