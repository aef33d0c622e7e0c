/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_LOG_H
#define HELIOS_LOG_H

#include <helios/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Levels of Helios and of syslog; lower is worse. */
enum helios_log_level {
    HELIOS_LOG_EMERG = 0,
    HELIOS_LOG_ALERT = 1,
    HELIOS_LOG_CRIT = 2,
    HELIOS_LOG_ERR = 3,
    HELIOS_LOG_WARNING = 4,
    HELIOS_LOG_NOTICE = 5,
    HELIOS_LOG_INFO = 6,
    HELIOS_LOG_DEBUG = 7
};

struct helios_job;

/* Writes one message to every logger of the service: a row of helios_log_tb, and syslog,
 * the journal or standard error as configured. `job` may be NULL (prep and cleanup). Never
 * fails and never waits for the database; a message that the database cannot take goes to
 * syslog or standard error instead. */
HELIOS_API void helios_log(struct helios_job *job, enum helios_log_level level,
                           const char *format, ...) HELIOS_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif

#endif
