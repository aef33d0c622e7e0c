/* SPDX-License-Identifier: MIT */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

#include <stdbool.h>

#include "core/log.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Sends a record to the journal by its native protocol: MESSAGE, PRIORITY,
 * SYSLOG_IDENTIFIER, HELIOS_SERVICE and, for a message about a job, HELIOS_JOBID. Does not
 * wait. False with errno: there is no journal, or it takes nothing now. */
bool journal_send(const char *socket_path, const struct log_record *record,
                  const char *service);

#endif
