/* SPDX-License-Identifier: MIT */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include <helios/error.h>

/* The account that a daemon runs as when root starts it: run_as_user and run_as_group of
 * helios.ini. */
struct account {
    bool wanted; /* one of the two is set */
    uid_t uid;
    gid_t gid;
    char name[33];  /* "" where the number has no entry in the user database */
    char home[256]; /* "/" where there is none */
};

/* Looks the two up; NULL and "" are not set. A number is taken where no name is equal to
 * it. Without a group it is the user's own. Refused (HELIOS_E_CONFIG): what does not exist,
 * a group alone, a number without entry and without group, and root by either, which would
 * drop nothing. */
int account_find(const char *user, const char *group, struct account *out,
                 struct helios_error *err);

/* What account_become() will do in this process: nothing (not wanted, or this process is
 * that account already), change, or fail because it is neither root nor that account. */
enum account_step { ACCOUNT_STAY, ACCOUNT_CHANGE, ACCOUNT_CANNOT };
enum account_step account_step(const struct account *account);

/* Becomes the account for good: its groups and no others, no capability in any set, no way
 * to gain any by a program (no_new_privs), HOME, USER and LOGNAME of the account. What has
 * been reached is looked at, and that root cannot be had again. 0, also where there is
 * nothing to do; -1: this process must not go on (HELIOS_E_DENIED where it may not change,
 * HELIOS_E_SYSTEM). Whether it may be dumped is to be said again afterwards. */
int account_become(const struct account *account, struct helios_error *err);

#endif
