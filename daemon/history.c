/* SPDX-License-Identifier: MIT */
#include "daemon/history.h"

#include "core/log.h"

void history_report(const struct store_held *held)
{
    switch (held->history) {
    case STORE_HISTORY_WHOLE:
        break;
    case STORE_HISTORY_TEXTLESS:
        log_write(HELIOS_LOG_WARNING, held->job->jobid, held->job->funcid,
                  "the history of this job lacks its argument of %zu bytes, which the "
                  "database refused; see max_allowed_packet and the table's definition",
                  held->text_len);
        break;
    case STORE_HISTORY_NONE:
        log_write(HELIOS_LOG_WARNING, held->job->jobid, held->job->funcid,
                  "the database refused the history row of this failure; see the "
                  "table's definition");
        break;
    }
}
