/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_CTL_DOCTOR_H
#define DAEMON_CTL_DOCTOR_H

#include "daemon/ctl/command.h"
#include "daemon/ctl/table.h"
#include "store/check.h"

/* What schema check and doctor have found, as it is told. */
struct doctor {
    const struct ctl *ctl;
    struct table table;
    const char *subject;
    bool fault;
    size_t told;
};

/* One finding of `subject`, and what to do about it: "" for nothing. `arg` is a struct
 * doctor. The other frees the text. */
void doctor_tell(void *arg, enum check_level level, const char *finding,
                 const char *advice);
void doctor_tell_buf(struct doctor *d, enum check_level level, struct buf *finding,
                     const char *advice);

/* Account, folders, files and scoreboards of this host. */
void doctor_host(struct doctor *d, const struct helios_params *params);

#endif
