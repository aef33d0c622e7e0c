/* SPDX-License-Identifier: MIT */
#ifndef CORE_LOG_LINE_H
#define CORE_LOG_LINE_H

#include <stdbool.h>

#include "core/log.h"

/* Records as lines: for standard error and for syslog. One message is one line, whatever
 * bytes it holds. */

/* `2026-11-22T10:11:12Z NOTICE service[pid]: Job 12: text`, in one write. A pipe that is
 * non-blocking and full loses the line. False with errno: it was not written, or in part.
 */
bool log_line_stderr(const struct log_record *record, const char *service);

#define SYSLOG_SOCKET "/dev/log"
struct log_syslog {
    const char *socket; /* SYSLOG_SOCKET */
    const char *ident;
    const char *prefix; /* in front of the text, with ": "; NULL for none */
    int facility;
    bool pid; /* ident[pid] */
};
/* `Job 12: text` as one datagram. Not syslog(3), since that waits for a syslog daemon that
 * hangs, keeps a descriptor that a fork's cleaning closes behind its back, and shares its
 * ident with plugins. False with errno: the daemon is not there or takes nothing
 * now. */
bool log_line_syslog(const struct log_record *record, const struct log_syslog *to);

#endif
