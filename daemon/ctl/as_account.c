/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/as_account.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"

#define BECOME_FAILED 255 /* greater than any errno */

int as_account(const struct account *account, as_account_fn *work, const void *arg,
               struct helios_error *err)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(account_become(account, NULL) == 0 ? work(arg) : BECOME_FAILED);
    pid_t done = child;
    while (child > 0 && (done = waitpid(child, &status, 0)) == -1 && errno == EINTR)
        continue;
    if (done == -1)
        return err_errno(err, errno, "cannot start a process");
    if (!WIFEXITED(status) || WEXITSTATUS(status) == BECOME_FAILED)
        return err_set(err, HELIOS_E_SYSTEM, "cannot become user %u (run_as_user)",
                       (unsigned)account->uid);
    return WEXITSTATUS(status);
}

const char *as_account_name(const struct account *account, char out[33])
{
    if (account->name[0] != '\0')
        return account->name;
    (void)snprintf(out, 33, "%u", (unsigned)account->uid);
    return out;
}
