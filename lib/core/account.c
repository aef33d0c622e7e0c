/* SPDX-License-Identifier: MIT */
#include "core/account.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/err.h"

#define GROUPS_HELD 1024

/* ---- which ---- */

/* A number that an id can be; (uid_t)-1 means "no change" to the kernel. */
static bool number(const char *text, unsigned long *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && *out < UINT32_MAX;
}

static int find_user(const char *user, struct account *out, bool *has_group,
                     struct helios_error *err)
{
    unsigned long id;
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL && number(user, &id)) {
        out->uid = (uid_t)id;
        entry = getpwuid(out->uid);
        if (entry == NULL)
            return 0;
    }
    if (entry == NULL)
        return err_set(err, HELIOS_E_CONFIG,
                       "run_as_user: there is no user %s on this host; create it, or "
                       "correct helios.ini",
                       user);
    if (strlen(entry->pw_name) >= sizeof out->name)
        return err_set(err, HELIOS_E_CONFIG, "run_as_user: the name %s is too long",
                       entry->pw_name);
    out->uid = entry->pw_uid;
    out->gid = entry->pw_gid;
    *has_group = true;
    (void)snprintf(out->name, sizeof out->name, "%s", entry->pw_name);
    if (strlen(entry->pw_dir) < sizeof out->home)
        (void)snprintf(out->home, sizeof out->home, "%s", entry->pw_dir);
    return 0;
}

static int find_group(const char *group, struct account *out, struct helios_error *err)
{
    unsigned long id;
    const struct group *entry = getgrnam(group);
    if (entry != NULL)
        out->gid = entry->gr_gid;
    else if (number(group, &id))
        out->gid = (gid_t)id;
    else
        return err_set(err, HELIOS_E_CONFIG,
                       "run_as_group: there is no group %s on this host; create it, or "
                       "correct helios.ini",
                       group);
    return 0;
}

int account_find(const char *user, const char *group, struct account *out,
                 struct helios_error *err)
{
    *out = (struct account){.home = "/"};
    bool has_user = user != NULL && user[0] != '\0';
    bool has_group = group != NULL && group[0] != '\0';
    bool gid_known = false;
    if (!has_user && !has_group)
        return 0;
    if (!has_user)
        return err_set(err, HELIOS_E_CONFIG,
                       "run_as_group is set and run_as_user is not; set both or none");
    if (find_user(user, out, &gid_known, err) != 0 ||
        (has_group && find_group(group, out, err) != 0))
        return -1;
    if (!has_group && !gid_known)
        return err_set(err, HELIOS_E_CONFIG,
                       "run_as_user: %s has no entry in the user database, so "
                       "run_as_group must be set too",
                       user);
    if (out->uid == 0 || out->gid == 0)
        return err_set(err, HELIOS_E_CONFIG,
                       "%s names root, which drops nothing; name an ordinary %s, or remove "
                       "run_as_user and run_as_group",
                       out->uid == 0 ? "run_as_user" : "the group of run_as_user",
                       out->uid == 0 ? "user" : "group");
    out->wanted = true;
    return 0;
}

enum account_step account_step(const struct account *account)
{
    if (!account->wanted)
        return ACCOUNT_STAY;
    if (geteuid() == 0)
        return ACCOUNT_CHANGE;
    bool same =
        getuid() == account->uid && geteuid() == account->uid && getegid() == account->gid;
    return same ? ACCOUNT_STAY : ACCOUNT_CANNOT;
}

/* ---- becoming it ---- */

static int set_groups(const struct account *account)
{
    if (account->name[0] != '\0')
        return initgroups(account->name, account->gid);
    return setgroups(1, &account->gid);
}

/* The bounding set goes while we may. Where even root may not, as in some containers,
 * no_new_privs alone keeps a file with capabilities from giving any. Numbers that this
 * kernel does not know end the list. */
static void bound_capabilities(void)
{
    for (unsigned long cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
        continue;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int set_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return (int)syscall(SYS_capset, &head, none);
}

static bool capable(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &head, has) != 0)
        return true;
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        if ((has[i].effective | has[i].permitted | has[i].inheritable) != 0)
            return true;
    return false;
}

static bool in_group_of_root(void)
{
    gid_t groups[GROUPS_HELD];
    int n = getgroups(GROUPS_HELD, groups);
    for (int i = 0; i < n; i++)
        if (groups[i] == 0)
            return true;
    return n < 0;
}

/* What is left of root, or NULL. */
static const char *leftover(const struct account *account)
{
    uid_t ruid, euid, suid;
    gid_t rgid, egid, sgid;
    if (getresuid(&ruid, &euid, &suid) != 0 || getresgid(&rgid, &egid, &sgid) != 0)
        return "its ids cannot be read";
    if (ruid != account->uid || euid != account->uid || suid != account->uid)
        return "a user id of before";
    if (rgid != account->gid || egid != account->gid || sgid != account->gid)
        return "a group id of before";
    if (in_group_of_root())
        return "the group of root";
    if (capable())
        return "a capability";
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return "the right to gain rights by programs";
    if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
        return "the way back to root";
    return NULL;
}

static int change(const struct account *account)
{
    if (set_groups(account) != 0)
        return -1;
    bound_capabilities();
    if (setresgid(account->gid, account->gid, account->gid) != 0 ||
        setresuid(account->uid, account->uid, account->uid) != 0 ||
        set_capabilities() != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return 0;
}

/* Programs believe in these more than in their ids. */
static void set_environment(const struct account *account)
{
    (void)setenv("HOME", account->home, 1);
    if (account->name[0] != '\0') {
        (void)setenv("USER", account->name, 1);
        (void)setenv("LOGNAME", account->name, 1);
    } else {
        (void)unsetenv("USER");
        (void)unsetenv("LOGNAME");
    }
}

int account_become(const struct account *account, struct helios_error *err)
{
    switch (account_step(account)) {
    case ACCOUNT_STAY:
        return 0;
    case ACCOUNT_CANNOT:
        return err_set(err, HELIOS_E_DENIED,
                       "run_as_user: this process is user %u, group %u and only root can "
                       "become user %u, group %u: start it as root or as that user, or "
                       "remove run_as_user from helios.ini",
                       (unsigned)geteuid(), (unsigned)getegid(), (unsigned)account->uid,
                       (unsigned)account->gid);
    case ACCOUNT_CHANGE:
        break;
    }
    if (change(account) != 0)
        return err_errno(err, errno, "run_as_user: cannot become user %u, group %u",
                         (unsigned)account->uid, (unsigned)account->gid);
    const char *left = leftover(account);
    if (left != NULL)
        return err_set(err, HELIOS_E_SYSTEM,
                       "run_as_user: after becoming user %u this process still has %s",
                       (unsigned)account->uid, left);
    set_environment(account);
    return 0;
}
