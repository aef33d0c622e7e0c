/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/account.h"
#include "core/err.h"
#include "core/mono.h"
#include "daemon/ctl/as_account.h"
#include "daemon/ctl/boards.h"
#include "daemon/ctl/inifile.h"

/* `made`: a start by this user, root, makes it for the account of run_as_user. */
static void check_pid_path(struct doctor *d, const char *path, bool made)
{
    struct buf text = BUF_INIT;
    struct stat st;
    d->subject = "pid_path";
    buf_puts(&text, path);
    int rc = stat(path, &st);
    if (rc != 0 && errno == ENOENT && made) {
        buf_puts(&text, " is not there yet; a start by root makes its last part");
        doctor_tell_buf(d, CHECK_OK, &text, "");
    } else if (rc != 0) {
        buf_printf(&text, ": %s", strerror(errno));
        doctor_tell_buf(d, CHECK_FAULT, &text, "create it, or set pid_path in helios.ini");
    } else if (!S_ISDIR(st.st_mode)) {
        buf_puts(&text, " is not a folder");
        doctor_tell_buf(d, CHECK_FAULT, &text, "set pid_path in helios.ini to a folder");
    } else if (access(path, W_OK | X_OK) != 0) {
        buf_puts(&text, " may not be written by this user");
        doctor_tell_buf(d, CHECK_WARNING, &text, "start daemons as the user who may");
    } else {
        buf_puts(&text, " may be written");
        doctor_tell_buf(d, CHECK_OK, &text, "");
    }
}

/* A daemon looks at its database each second or so; one that has not for so long cannot. */
#define LOOK_OLD_S 120

static void check_board(struct doctor *d, const struct boards_daemon *board)
{
    struct buf text = BUF_INIT;
    int64_t old = wall_now() - board->last_look;
    if (!board->alive) {
        buf_printf(&text, "%s, pid %" PRId32 ", was killed: its scoreboard is still here",
                   board->service, board->pid);
        doctor_tell_buf(d, CHECK_WARNING, &text,
                        "start it again: that accounts for the jobs that it held");
    } else if (board->last_look > 0 && old > LOOK_OLD_S) {
        buf_printf(&text,
                   "%s, pid %" PRId32 ", has not seen the database for %" PRId64 " s",
                   board->service, board->pid, old);
        doctor_tell_buf(d, CHECK_WARNING, &text, "its log tells why; it goes on trying");
    } else if (board->failing > 1) {
        buf_printf(&text,
                   "%u workers in a row of %s, pid %" PRId32
                   ", have ended before they could take a job",
                   board->failing, board->service, board->pid);
        doctor_tell_buf(d, CHECK_WARNING, &text, "its log tells why; it goes on trying");
    }
    buf_fini(&text);
}

static void check_boards(struct doctor *d, const struct helios_params *params)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct boards boards;
    d->subject = "scoreboards";
    size_t before = d->told;
    if (boards_read(inifile_value(params, "pid_path"), conf_identity(params), &boards,
                    &err) != 0)
        doctor_tell(d, CHECK_WARNING, err.text, "try again");
    for (size_t i = 0; i < boards.daemons_n; i++)
        check_board(d, &boards.daemons[i]);
    if (boards.unread > 0)
        doctor_tell(d, CHECK_WARNING, boards.why.text,
                    "look with the helios of that version, as a user who may read it");
    if (boards.foreign > 0)
        doctor_tell(
            d, CHECK_WARNING, "daemons of another database have this pid_path",
            "set pid_path in helios.ini to a folder of its own for each collective of this "
            "host");
    if (d->told == before)
        doctor_tell(
            d, CHECK_OK,
            boards.daemons_n == 0 ? "no daemon runs here" : "every daemon here runs", "");
    boards_fini(&boards);
}

static int may_write(const void *path)
{
    return access(path, R_OK | W_OK) == 0 ? 0 : errno;
}

static int may_make_files(const void *folder)
{
    return access(folder, R_OK | W_OK | X_OK) == 0 ? 0 : errno;
}

static bool check_access(struct doctor *d, const struct account *account, const char *path,
                         as_account_fn *may)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf text = BUF_INIT;
    struct buf advice = BUF_INIT;
    char number[33];
    const char *name = as_account_name(account, number);
    int rc = as_account(account, may, path, &err);
    if (rc == 0 || (rc == ENOENT && may == may_write))
        return true;
    if (rc == -1)
        buf_puts(&text, err.text);
    else
        buf_printf(&text, "user %s (run_as_user) cannot write %s%s: %s", name,
                   may == may_write ? "" : "in the folder ", path, strerror(rc));
    buf_printf(&advice, "chown %s %s", name, path);
    doctor_tell_buf(d, CHECK_FAULT, &text, buf_text(&advice));
    buf_fini(&advice);
    return false;
}

/* What a daemon that root starts could do with the file and with what SQLite has beside
 * it. */
static void check_as_account(struct doctor *d, const struct account *account,
                             const char *file)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    struct buf text = BUF_INIT;
    bool good = true;
    char *copy = strdup(file);
    if (copy == NULL)
        return;
    good = check_access(d, account, dirname(copy), may_make_files);
    free(copy);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        buf_printf(&text, "%s%s", file, ends[i]);
        good = check_access(d, account, buf_text(&text), may_write) && good;
        buf_clear(&text);
    }
    char number[33];
    buf_printf(&text, "user %s (run_as_user) may write %s",
               as_account_name(account, number), file);
    if (good)
        doctor_tell(d, CHECK_OK, buf_text(&text), "");
    buf_fini(&text);
}

/* Others could read the jobs; whoever may write could change them. */
static void check_database_file(struct doctor *d, const struct helios_params *params)
{
    struct dsn dsn = {0};
    struct stat st;
    struct account account;
    const char *user = NULL;
    const char *password = NULL;
    if (conf_database(params, &dsn, &user, &password, NULL) != 0)
        return;
    d->subject = "permissions";
    if (dsn.driver == DSN_SQLITE && stat(dsn.database, &st) == 0) {
        struct buf text = BUF_INIT;
        bool open = (st.st_mode & (S_IROTH | S_IWOTH)) != 0;
        buf_printf(&text, "%s may %sbe %s by everybody", dsn.database, open ? "" : "not ",
                   (st.st_mode & S_IWOTH) != 0 ? "written" : "read");
        doctor_tell_buf(d, open ? CHECK_WARNING : CHECK_OK, &text,
                        open ? "chmod o-rw" : "");
    }
    if (dsn.driver == DSN_SQLITE &&
        account_find(inifile_value(params, "run_as_user"),
                     inifile_value(params, "run_as_group"), &account, NULL) == 0 &&
        account_step(&account) == ACCOUNT_CHANGE)
        check_as_account(d, &account, dsn.database);
    dsn_fini(&dsn);
}

/* Whom daemons run as that are started by whoever asks. True if they become another. */
static bool check_account(struct doctor *d, const struct helios_params *params)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct account account;
    struct buf text = BUF_INIT;
    d->subject = "account";
    if (account_find(inifile_value(params, "run_as_user"),
                     inifile_value(params, "run_as_group"), &account, &err) != 0) {
        doctor_tell(d, CHECK_FAULT, err.text, "daemons do not start with it");
        return false;
    }
    switch (account_step(&account)) {
    case ACCOUNT_CANNOT:
        buf_printf(&text, "run_as_user is user %u, group %u, and only root can become it",
                   (unsigned)account.uid, (unsigned)account.gid);
        doctor_tell_buf(d, CHECK_WARNING, &text, "start daemons as root or as that user");
        return false;
    case ACCOUNT_CHANGE:
        buf_printf(&text, "daemons that root starts run as user %u, group %u",
                   (unsigned)account.uid, (unsigned)account.gid);
        doctor_tell_buf(d, CHECK_OK, &text, "");
        return true;
    case ACCOUNT_STAY:
        break;
    }
    buf_printf(&text, "daemons that this user starts run as user %u", (unsigned)geteuid());
    doctor_tell_buf(d, geteuid() == 0 ? CHECK_WARNING : CHECK_OK, &text,
                    geteuid() == 0 ? "set run_as_user in helios.ini" : "");
    return false;
}

void doctor_host(struct doctor *d, const struct helios_params *params)
{
    bool becomes = check_account(d, params);
    check_pid_path(d, inifile_value(params, "pid_path"), becomes);
    check_boards(d, params);
    check_database_file(d, params);
}
