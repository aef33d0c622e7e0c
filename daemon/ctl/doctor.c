/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mono.h"
#include "core/name.h"
#include "daemon/ctl/fleet.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/odd.h"
#include "daemon/trust.h"
#include "store/listing.h"
#include "store/query.h"
#include "store/watch.h"

/* schema check and doctor: what may be wrong, and what to do about it. */

#define CLOCK_OFF_S 5

const struct column finding_columns[] = {
    {"state", COLUMN_STATE},  {"subject", COLUMN_TEXT}, {"finding", COLUMN_PROSE},
    {"advice", COLUMN_PROSE}, {.name = NULL},
};

void doctor_tell(void *arg, enum check_level level, const char *finding, const char *advice)
{
    static const char *const words[] = {
        [CHECK_OK] = "ok", [CHECK_WARNING] = "warning", [CHECK_FAULT] = "fault"};
    struct doctor *d = arg;
    d->fault = d->fault || level == CHECK_FAULT;
    d->told++;
    table_text(&d->table, words[level]);
    table_text(&d->table, d->subject);
    table_text(&d->table, finding);
    table_text(&d->table, advice);
}

void doctor_tell_buf(struct doctor *d, enum check_level level, struct buf *finding,
                     const char *advice)
{
    doctor_tell(d, level, buf_text(finding), advice);
    buf_fini(finding);
}

static void doctor_begin(struct doctor *d, const struct ctl *ctl)
{
    *d = (struct doctor){.ctl = ctl, .subject = "schema"};
    table_begin(&d->table, ctl);
}

/* The exit code: 1 if there is a fault. */
static int doctor_end(struct doctor *d, int rc, struct helios_error *err)
{
    struct helios_error late = HELIOS_ERROR_INIT;
    if (table_end(&d->table, &late) != 0 && rc == 0)
        rc = err_set(err, late.kind, "%s", late.text);
    if (rc != 0)
        return ctl_fail(d->ctl, err);
    return d->fault ? 1 : 0;
}

int schema_check(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct doctor d;
    doctor_begin(&d, ctl);
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = check_schema(ctl_store(ctl), doctor_tell, &d, &err);
    return doctor_end(&d, rc, &err);
}

/* `*params_out` is NULL where the file cannot be used. */
static void check_configuration(struct doctor *d, struct helios_params **params_out)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    d->subject = "configuration";
    *params_out = NULL;
    if (inifile_load(d->ctl, &ini, &err) != 0 ||
        inifile_params(d->ctl, NULL, NULL, false, params_out, &err) != 0)
        doctor_tell(d, CHECK_FAULT, err.text, "correct it; see helios.ini(5)");
    else if (conf_exposes_secret(ini))
        doctor_tell(d, CHECK_WARNING,
                    "helios.ini holds a password or a key and everybody may read it",
                    "chmod o-r");
    else
        doctor_tell(d, CHECK_OK, (*params_out)->ini_path, "");
    ini_free(ini);
}

/* ---- the database ---- */

static int check_clock(struct doctor *d, struct helios_error *err)
{
    int64_t now = 0;
    struct buf text = BUF_INIT;
    d->subject = "clock";
    if (store_now(ctl_store(d->ctl), &now, err) != 0)
        return -1;
    int64_t off = wall_now() - now;
    bool wrong = off > CLOCK_OFF_S || off < -CLOCK_OFF_S;
    buf_printf(&text, "this host is %" PRId64 " s %s the database", off < 0 ? -off : off,
               off < 0 ? "behind" : "ahead of");
    doctor_tell_buf(d, wrong ? CHECK_WARNING : CHECK_OK, &text,
                    wrong ? "times in log and history differ: let both follow one clock"
                          : "");
    return 0;
}

struct daemons {
    struct doctor *d;
    const char *service_path;
    char host[256];
    int64_t now;
    unsigned silent;
    char (*services)[NAME_MAX_LEN + 1]; /* of all hosts, each once */
    size_t services_n;
    bool failed; /* out of memory */
};

/* They come in the order of their services. */
static void add_service(struct daemons *daemons, const char *service)
{
    size_t n = daemons->services_n;
    if (n > 0 && strcmp(daemons->services[n - 1], service) == 0)
        return;
    void *grown = reallocarray(daemons->services, n + 1, sizeof *daemons->services);
    if (grown == NULL) {
        daemons->failed = true;
        return;
    }
    daemons->services = grown;
    (void)snprintf(daemons->services[n], sizeof daemons->services[n], "%s", service);
    daemons->services_n++;
}

/* The file of a plugin along service_path; "" if there is none. */
static void find_plugin(const char *folders, const char *file, struct buf *path)
{
    for (const char *at = folders; *at != '\0';) {
        size_t len = strcspn(at, ":");
        buf_clear(path);
        buf_append(path, at, len);
        buf_printf(path, "/%s.so", file);
        if (!path->failed && access(buf_text(path), F_OK) == 0)
            return;
        at += len + (at[len] == ':' ? 1 : 0);
    }
    buf_clear(path);
}

static void check_plugin(struct daemons *daemons, const char *service)
{
    char file[NAME_MAX_LEN + 1];
    char real[PATH_MAX];
    struct helios_error err = HELIOS_ERROR_INIT;
    struct buf path = BUF_INIT;
    if (!name_file(service, file, sizeof file))
        return;
    find_plugin(daemons->service_path, file, &path);
    daemons->d->subject = "plugin";
    if (path.len == 0) {
        buf_printf(&path, "%s.so of %s is in no folder of service_path", file, service);
        doctor_tell(daemons->d, CHECK_WARNING, buf_text(&path),
                    "install it, or correct service_path in helios.ini");
    } else if (access(buf_text(&path), R_OK) != 0) {
        buf_printf(&path, ": %s", strerror(errno));
        doctor_tell(daemons->d, CHECK_WARNING, buf_text(&path),
                    "let the daemon's user read it");
    } else if (trust_file(buf_text(&path), real, sizeof real, &err) != 0) {
        doctor_tell(daemons->d, CHECK_WARNING, err.text, "the daemon refuses to load it");
    }
    buf_fini(&path);
}

static void check_daemon(void *arg, const struct query_daemon *daemon)
{
    struct daemons *daemons = arg;
    struct buf text = BUF_INIT;
    add_service(daemons, daemon->service);
    if (strcmp(daemon->host, daemons->host) == 0)
        check_plugin(daemons, daemon->service);
    int64_t silent_s = daemons->now - daemon->register_time;
    if (silent_s <= FLEET_SILENT_S)
        return;
    daemons->silent++;
    daemons->d->subject = "daemons";
    buf_printf(&text, "%s on %s, pid %" PRId64 ": no sign of life for %" PRId64 " s",
               daemon->service, daemon->host, daemon->pid, silent_s);
    doctor_tell_buf(daemons->d, CHECK_WARNING, &text,
                    "look there whether it lives, and start it again");
}

/* By what this host's helios.ini and the rows of params say for it. */
static int check_priorities(struct doctor *d, const char *service, const char *host,
                            struct helios_error *err)
{
    struct rows rows = {0};
    struct helios_params *params = NULL;
    struct settings settings;
    int rc = rows_read(ctl_store(d->ctl), service, host, &rows, err);
    if (rc == 0)
        rc = inifile_params(d->ctl, service, &rows, false, &params, err);
    if (rc == 0) {
        conf_settings(params, NULL, &settings, NULL, NULL);
        if (settings.order != ORDER_OLDEST)
            rc = check_priority_index(ctl_store(d->ctl), service,
                                      settings.order == ORDER_LOW, doctor_tell, d, err);
    }
    conf_free(params);
    rows_fini(&rows);
    return rc;
}

static int check_services(struct doctor *d, const struct daemons *daemons,
                          struct helios_error *err)
{
    d->subject = "priorities";
    if (daemons->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    for (size_t i = 0; i < daemons->services_n; i++) {
        if (check_priorities(d, daemons->services[i], daemons->host, err) != 0)
            return -1;
    }
    return 0;
}

static int check_daemons(struct doctor *d, const struct helios_params *params,
                         struct helios_error *err)
{
    struct daemons daemons = {.d = d,
                              .service_path = inifile_value(params, "service_path")};
    name_host(daemons.host, sizeof daemons.host);
    if (daemons.service_path == NULL)
        daemons.service_path = HELIOS_PLUGIN_DIR;
    int rc = store_now(ctl_store(d->ctl), &daemons.now, err);
    if (rc == 0)
        rc = query_daemons(ctl_store(d->ctl), NULL, NULL, 0, check_daemon, &daemons, err);
    d->subject = "daemons";
    if (rc == 0 && daemons.silent == 0)
        doctor_tell(d, CHECK_OK, "every registered daemon has given a sign of life", "");
    if (rc == 0)
        rc = check_services(d, &daemons, err);
    free(daemons.services);
    return rc;
}

struct types {
    uint32_t ids[LISTING_JOBTYPES];
    size_t count;
};

static void add_type(void *arg, uint32_t funcid, const char *name)
{
    struct types *types = arg;
    (void)name;
    if (types->count < LISTING_JOBTYPES)
        types->ids[types->count++] = funcid;
}

/* ---- jobs that nobody runs ---- */

static void count_daemon(void *arg, const struct query_daemon *daemon)
{
    (void)daemon;
    ++*(unsigned *)arg;
}

struct served {
    uint32_t funcid;
    bool ended;
};

static void find_ends(void *arg, const struct listing_ends *ends)
{
    struct served *s = arg;
    s->ended = s->ended || ends->funcid == s->funcid;
}

/* The registry names services and not their jobtypes: a daemon of another name takes them
 * too if attempts have ended within the hour. */
static int is_served(struct doctor *d, uint32_t funcid, const char *name, bool *served,
                     struct helios_error *err)
{
    unsigned daemons = 0;
    bool more;
    struct served s = {.funcid = funcid};
    int rc = query_daemons(ctl_store(d->ctl), name, NULL, 0, count_daemon, &daemons, err);
    if (rc == 0 && daemons == 0)
        rc = listing_ends(ctl_store(d->ctl), find_ends, &s, &more, err);
    *served = daemons > 0 || s.ended;
    return rc;
}

/* What waits for a shorter time may be about to be taken. */
#define WAITS_LONG_S 300

static int check_waiting(struct doctor *d, uint32_t funcid, const char *name,
                         const struct check_due *due, struct helios_error *err)
{
    char since[CTL_TIME_LEN];
    bool served = false;
    if (due->waiting == 0 || due->running > 0 || due->now - due->since < WAITS_LONG_S)
        return 0;
    if (is_served(d, funcid, name, &served, err) != 0)
        return -1;
    if (served)
        return 0;
    struct buf text = BUF_INIT;
    bool more = due->waiting > CHECK_DUE_COUNTED;
    d->subject = "jobs";
    buf_printf(&text,
               "%s%" PRIu64 " jobs of %s wait, the first since %s, and no daemon that is "
               "registered serves it",
               more ? "more than " : "", more ? (uint64_t)CHECK_DUE_COUNTED : due->waiting,
               name, table_stamp(d->ctl, due->since, since));
    doctor_tell_buf(
        d, CHECK_WARNING, &text,
        "start its daemon, or one that takes it by --jobtypes; see helios_d(8)");
    d->subject = "leases";
    return 0;
}

static int check_type(struct doctor *d, uint32_t funcid, unsigned *found,
                      struct helios_error *err)
{
    struct check_due due;
    const char *name = NULL;
    if (check_due(ctl_store(d->ctl), funcid, &due, err) != 0 ||
        store_jobtype_name(ctl_store(d->ctl), funcid, &name, err) != 0)
        return -1;
    if (name == NULL)
        name = "?";
    if (check_waiting(d, funcid, name, &due, err) != 0)
        return -1;
    if (due.overdue == 0)
        return 0;
    struct buf text = BUF_INIT;
    (*found)++;
    buf_printf(&text, "%" PRIu64 " jobs of %s have a lease that ran out", due.overdue,
               name);
    doctor_tell_buf(d, CHECK_WARNING, &text,
                    "their workers died or deferred them: see that a daemon takes them");
    return 0;
}

static int check_all_leases(struct doctor *d, struct helios_error *err)
{
    unsigned found = 0;
    struct types *types = calloc(1, sizeof *types);
    if (types == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    d->subject = "leases";
    int rc = listing_jobtypes(ctl_store(d->ctl), 0, add_type, types, err);
    for (size_t i = 0; rc == 0 && i < types->count; i++)
        rc = check_type(d, types->ids[i], &found, err);
    if (rc == 0 && found == 0)
        doctor_tell(d, CHECK_OK, "no lease has run out", "");
    free(types);
    return rc;
}

/* By doing what a daemon does, on a connection of its own. */
static int check_wake(struct doctor *d, const struct helios_params *params,
                      struct helios_error *err)
{
    const struct store_watch_wish wish = {.service = ""};
    struct helios_error why = HELIOS_ERROR_INIT;
    struct store_watch *watch = NULL;
    struct dsn dsn;
    const char *user, *password;
    d->subject = "wake";
    if (conf_database(params, &dsn, &user, &password, err) != 0)
        return -1;
    if (store_watch_open(&dsn, user, password, &wish, &watch, &why) == 0)
        doctor_tell(d, CHECK_OK, "daemons see jobs as they are committed", "");
    else
        doctor_tell(d, CHECK_WARNING, why.text,
                    "daemons poll; see WAKE in helios.ini(5), or set it to poll");
    store_watch_close(watch);
    dsn_fini(&dsn);
    return 0;
}

/* What is wrong with the tables keeps the rest from being asked. */
static int check_database(struct doctor *d, const struct helios_params *params,
                          struct helios_error *err)
{
    d->subject = "schema";
    if (check_schema(ctl_store(d->ctl), doctor_tell, d, err) != 0)
        return -1;
    if (check_clock(d, err) != 0)
        return -1;
    struct store_schema schema;
    if (store_schema_status(ctl_store(d->ctl), &schema, err) != 0)
        return -1;
    if (schema.state == SCHEMA_EMPTY || !schema.has_helios_tables)
        return 0;
    const char *wake = helios_params_get(params, "WAKE");
    if ((wake == NULL || strcmp(wake, "poll") != 0) && check_wake(d, params, err) != 0)
        return -1;
    d->subject = "parameters";
    if (odd_rows(d->ctl, doctor_tell, d, err) != 0 || check_daemons(d, params, err) != 0)
        return -1;
    return check_all_leases(d, err);
}

int doctor_run(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct doctor d;
    struct helios_params *params = NULL;
    int rc = 0;
    doctor_begin(&d, ctl);
    check_configuration(&d, &params);
    d.subject = "parameters";
    if (params != NULL)
        rc = odd_file(ctl, doctor_tell, &d, &err);
    if (params != NULL && rc == 0) {
        doctor_host(&d, params);
        d.subject = "connection";
        if (ctl_connect(ctl, NULL, &err) != 0) {
            doctor_tell(&d, CHECK_FAULT, err.text,
                        "see dsn, user and password in helios.ini");
        } else {
            doctor_tell(&d, CHECK_OK, "the database answers", "");
            rc = check_database(&d, params, &err);
        }
    }
    conf_free(params);
    return doctor_end(&d, rc, &err);
}
