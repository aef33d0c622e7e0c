/* SPDX-License-Identifier: MIT */
#ifndef CTL_AS_ACCOUNT_H
#define CTL_AS_ACCOUNT_H

#include "core/account.h"

/* Does `work` in a process that has become the account, with its groups and none of root's
 * rights: what is made belongs to it, and nothing is reached that it could not reach. Gives
 * what `work` gives, 0 or an errno; -1: there is no such process (`*err`). */
typedef int as_account_fn(const void *arg);
int as_account(const struct account *account, as_account_fn *work, const void *arg,
               struct helios_error *err);

/* The account's name, or its number where it has none. */
const char *as_account_name(const struct account *account, char out[33]);

#endif
