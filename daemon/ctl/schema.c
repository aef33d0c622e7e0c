/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/conf.h"
#include "core/err.h"
#include "core/account.h"
#include "daemon/ctl/as_account.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/table.h"
#include "store/lack.h"

const struct column schema_columns[] = {
    {"version", COLUMN_NUMBER},
    {"latest", COLUMN_NUMBER},
    {"state", COLUMN_STATE},
    {"missing", COLUMN_TEXT},
    {.name = NULL},
};

/* What tables at the current version lack, "" if nothing, and what to do about the worst.
 */
struct missing {
    struct buf findings;
    struct buf cure;
    enum lack_kind kind;
};

static void missing_fini(struct missing *m)
{
    buf_fini(&m->findings);
    buf_fini(&m->cure);
}

static void add_missing(void *arg, const struct lack *lack)
{
    struct missing *m = arg;
    buf_printf(&m->findings, "%s%s", m->findings.len > 0 ? "; " : "", lack->finding);
    if (lack->kind > m->kind) {
        m->kind = lack->kind;
        buf_clear(&m->cure);
        buf_puts(&m->cure, lack->cure);
    }
}

static int find_missing(const struct ctl *ctl, const struct store_schema *schema,
                        struct missing *m, struct helios_error *err)
{
    *m = (struct missing){.kind = LACK_NONE};
    if (schema->state != SCHEMA_INCOMPLETE)
        return 0;
    return lack_tell(ctl_store(ctl), add_missing, m, NULL, err);
}

static int print_json(const struct ctl *ctl, const struct store_schema *schema,
                      const struct missing *missing, struct helios_error *err)
{
    static const char *const states[] = {
        [SCHEMA_EMPTY] = "empty",     [SCHEMA_STOCK] = "stock",
        [SCHEMA_OLD] = "old",         [SCHEMA_INCOMPLETE] = "incomplete",
        [SCHEMA_CURRENT] = "current", [SCHEMA_NEWER] = "newer"};
    struct table t;
    table_begin(&t, ctl);
    table_number(&t, schema->version);
    table_number(&t, schema->latest);
    table_text(&t, states[schema->state]);
    table_text(&t, missing->findings.len > 0 ? buf_text(&missing->findings) : NULL);
    return table_end(&t, err);
}

/* What is done step by step is for people. */
static bool quiet(const struct ctl *ctl)
{
    return ctl->items[ITEM_JSON] != NULL;
}

/* ---- the file of an SQLite collective ---- */

/* The permission of the folder without its search bits: whoever may work in the folder may
 * work with the database. Others never may, though they may look into the folder: nobody
 * else reads what jobs contain. SQLite gives the same to its -wal and -shm files. */
static int file_mode(const char *path, mode_t *out, struct helios_error *err)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    struct stat st;
    const char *folder = dirname(copy);
    int rc = stat(folder, &st);
    if (rc != 0)
        rc = err_errno(err, errno, "the folder %s of the database cannot be used", folder);
    else
        *out = st.st_mode & 0660;
    free(copy);
    return rc;
}

struct new_file {
    const char *path;
    mode_t mode;
};

/* 0 or an errno. A link in its place is not followed. */
static int make_file(const void *arg)
{
    const struct new_file *file = arg;
    int fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1)
        return errno;
    /* Not by the mode of open(): the umask would narrow it. */
    int rc = fchmod(fd, file->mode) == 0 ? 0 : errno;
    (void)close(fd);
    return rc;
}

/* For daemons that become another user the file is made as that user, not given to it: by
 * root's rights a link in a folder of that user would lead anywhere. */
static int create_file(const struct ctl *ctl, const char *path,
                       const struct account *account, struct helios_error *err)
{
    char number[33];
    const char *name = as_account_name(account, number);
    struct new_file file = {.path = path};
    bool theirs = account_step(account) == ACCOUNT_CHANGE;
    if (access(path, F_OK) == 0)
        return 0;
    if (file_mode(path, &file.mode, err) != 0)
        return -1;
    file.mode |= 0600;
    int rc = theirs ? as_account(account, make_file, &file, err) : make_file(&file);
    if (rc == 0 && !quiet(ctl))
        (void)printf("helios %s: created %s with mode %04o, as its folder allows%s%s%s\n",
                     ctl->command->name, path, (unsigned)file.mode,
                     theirs ? ", for user " : "", theirs ? name : "",
                     theirs ? " (run_as_user)" : "");
    if (rc <= 0)
        return rc;
    if (rc == EEXIST)
        return 0;
    if (theirs && rc == EACCES)
        return err_set(err, HELIOS_E_DENIED,
                       "user %s (run_as_user) may not make the database %s, nor the files "
                       "that SQLite has beside it: chown %s its folder",
                       name, path, name);
    return err_errno(err, rc, "cannot create the database %s", path);
}

static int prepare_file(const struct ctl *ctl, struct helios_error *err)
{
    struct dsn dsn = {0};
    struct account account = {.wanted = false};
    struct helios_params *params = NULL;
    const char *user = NULL;
    const char *password = NULL;
    int rc = inifile_params(ctl, NULL, NULL, false, &params, err);
    if (rc == 0)
        rc = conf_database(params, &dsn, &user, &password, err);
    if (rc == 0 && dsn.driver == DSN_SQLITE)
        rc = account_find(inifile_value(params, "run_as_user"),
                          inifile_value(params, "run_as_group"), &account, err);
    if (rc == 0 && dsn.driver == DSN_SQLITE)
        rc = create_file(ctl, dsn.database, &account, err);
    dsn_fini(&dsn);
    conf_free(params);
    return rc;
}

/* ---- steps ---- */

struct progress {
    const struct ctl *ctl;
    bool open; /* a step was named and not yet said to be done */
};

static void tell_step(void *arg, unsigned version, const char *name)
{
    struct progress *progress = arg;
    if (progress->open)
        (void)puts(" done");
    (void)printf("helios %s: ", progress->ctl->command->name);
    if (version > 0)
        (void)printf("step %u (%s) ...", version, name);
    else
        (void)printf("adding the %s %s ...", strchr(name, '(') == NULL ? "table" : "index",
                     name);
    (void)fflush(stdout);
    progress->open = true;
}

static int apply_steps(const struct ctl *ctl, struct helios_error *err)
{
    struct progress progress = {.ctl = ctl};
    store_step_fn *tell = quiet(ctl) ? NULL : tell_step;
    int rc = store_schema_upgrade(ctl_store(ctl), tell, &progress, err);
    if (progress.open)
        (void)puts(rc == 0 ? " done" : " failed");
    return rc;
}

static int say_version(const struct ctl *ctl, struct helios_error *err)
{
    struct store_schema schema;
    struct missing missing = {.kind = LACK_NONE};
    if (store_schema_status(ctl_store(ctl), &schema, err) != 0)
        return -1;
    int rc = find_missing(ctl, &schema, &missing, err);
    if (rc == 0 && quiet(ctl))
        rc = print_json(ctl, &schema, &missing, err);
    else if (rc == 0)
        (void)printf("schema is at version %u\n", schema.version);
    missing_fini(&missing);
    return rc;
}

/* Whether this command may touch what is there. */
static int check_state(const struct store_schema *schema, bool init,
                       struct helios_error *err)
{
    if (schema->state == SCHEMA_NEWER)
        return err_set(
            err, HELIOS_E_SCHEMA,
            "the schema is at version %u, made by a later Helios; this one knows "
            "version %u: install the later one here",
            schema->version, schema->latest);
    if (!init && schema->state == SCHEMA_EMPTY)
        return err_set(
            err, HELIOS_E_SCHEMA,
            "there are no tables of Helios in this database: check dsn, then run "
            "helios schema init");
    if (init && schema->state == SCHEMA_OLD)
        return err_set(err, HELIOS_E_SCHEMA,
                       "there are tables at version %u of %u: run helios schema upgrade",
                       schema->version, schema->latest);
    return 0;
}

static int bring_up(struct ctl *ctl, bool init, struct helios_error *err)
{
    struct store_schema schema;
    if (init && prepare_file(ctl, err) != 0)
        return -1;
    if (ctl_connect(ctl, NULL, err) != 0 ||
        store_schema_status(ctl_store(ctl), &schema, err) != 0 ||
        check_state(&schema, init, err) != 0)
        return -1;
    if (schema.state == SCHEMA_STOCK && !quiet(ctl))
        (void)printf("helios %s: adding to the tables of Perl %s that are there\n",
                     ctl->command->name,
                     schema.has_helios_tables ? "Helios" : "TheSchwartz");
    if (schema.state != SCHEMA_CURRENT && apply_steps(ctl, err) != 0)
        return -1;
    return say_version(ctl, err);
}

int schema_init(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    return bring_up(ctl, true, &err) == 0 ? 0 : ctl_fail(ctl, &err);
}

int schema_upgrade(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    return bring_up(ctl, false, &err) == 0 ? 0 : ctl_fail(ctl, &err);
}

static int print_status(const struct ctl *ctl, const struct store_schema *schema,
                        struct helios_error *err)
{
    static const char *const texts[] = {
        [SCHEMA_EMPTY] = "there are no tables: run helios schema init",
        [SCHEMA_STOCK] = "they are those of Perl Helios: run helios schema upgrade",
        [SCHEMA_OLD] = "steps are missing: run helios schema upgrade",
        [SCHEMA_CURRENT] = "it is up to date",
        [SCHEMA_NEWER] = "it was made by a later Helios",
    };
    struct missing missing;
    int rc = find_missing(ctl, schema, &missing, err);
    if (rc == 0 && quiet(ctl))
        rc = print_json(ctl, schema, &missing, err);
    else if (rc == 0 && schema->state == SCHEMA_INCOMPLETE)
        (void)printf("schema is at version %u of %u, but %s: %s\n", schema->version,
                     schema->latest, buf_text(&missing.findings), buf_text(&missing.cure));
    else if (rc == 0)
        (void)printf("schema is at version %u of %u: %s\n", schema->version, schema->latest,
                     texts[schema->state]);
    missing_fini(&missing);
    return rc;
}

int schema_status(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store_schema schema;
    if (ctl_connect(ctl, NULL, &err) != 0 ||
        store_schema_status(ctl_store(ctl), &schema, &err) != 0 ||
        print_status(ctl, &schema, &err) != 0)
        return ctl_fail(ctl, &err);
    return schema.state == SCHEMA_CURRENT ? 0 : EX_CONFIG;
}
