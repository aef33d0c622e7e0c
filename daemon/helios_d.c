/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/account.h"
#include "core/coredump.h"
#include "core/environment.h"
#include "core/err.h"
#include "core/fault.h"
#include "core/name.h"
#include "daemon/arguments.h"
#include "daemon/cgroup.h"
#include "daemon/collective.h"
#include "daemon/master.h"
#include "daemon/pidfolder.h"
#include "daemon/poller.h"
#include "daemon/probe.h"
#include "daemon/watcher.h"
#include "daemon/worker.h"
#include "db/db.h"

/* helios_d: arguments, configuration file, the looks that must succeed before a daemon is
 * worth starting, then the master. Exit codes: see helios_d(8). */

#define EXIT_REFUSED     1
#define PROBE_TIMEOUT_MS 60000

/* HELIOS_DEBUG: any value that Perl calls true. */
static bool debug_wanted(const struct arguments *args)
{
    const char *env = getenv("HELIOS_DEBUG");
    return args->debug || (env != NULL && env[0] != '\0' && strcmp(env, "0") != 0);
}

static int fill_jobtypes(struct heritage *h, char *list)
{
    h->jobtypes[0] = h->service;
    h->jobtype_count = 1;
    char *next = list;
    for (char *type = strsep(&next, ","); type != NULL; type = strsep(&next, ",")) {
        if (type[0] == '\0' || strcmp(type, h->service) == 0)
            continue;
        if (h->jobtype_count == HERITAGE_JOBTYPES) {
            (void)fprintf(stderr, "helios_d: more than %d jobtypes\n",
                          HERITAGE_JOBTYPES - 1);
            return EX_USAGE;
        }
        h->jobtypes[h->jobtype_count++] = type;
    }
    return EX_OK;
}

/* Every line of `text` to standard error. */
static void complain(const char *text)
{
    (void)fprintf(stderr, "%s\n", text);
}

static void print_value(const char *what, const char *sign, const struct conf_value *value)
{
    struct buf shown = BUF_INIT;
    conf_show(value, &shown);
    (void)printf("%s%s%s\n", what, sign, buf_text(&shown));
    buf_fini(&shown);
}

static void print_parameters(const struct helios_params *params)
{
    (void)puts("--INITIAL PARAMS--");
    for (size_t i = 0; i < params->count; i++)
        print_value(params->values[i].name, ":", &params->values[i]);
}

static void print_intervals(const struct settings *s)
{
    (void)printf("MASTER LAUNCH INTERVAL: %" PRId64 "\nZERO LAUNCH INTERVAL: %" PRId64
                 "\nZERO SLEEP INTERVAL: %" PRId64 "\nREGISTRATION INTERVAL: %" PRId64 "\n",
                 s->master_launch_ms / 1000, s->zero_launch_ms / 1000,
                 s->zero_sleep_ms / 1000, s->registration_ms / 1000);
}

static void warn_start(void *arg, const char *sentence)
{
    (void)arg;
    (void)fprintf(stderr, "helios_d: %s\n", sentence);
}

static void warn_exposed(const struct ini *ini)
{
    if (conf_exposes_secret(ini))
        (void)fprintf(stderr,
                      "helios_d: %s holds a password or a key and everybody may read it; "
                      "chmod o-r it\n",
                      ini->path);
}

static int check_service(struct master_config *config, struct probe *probe)
{
    struct heritage *h = &config->heritage;
    (void)printf("Attempting to load %s...\n", h->service);
    (void)fflush(stdout);
    probe_run(probe_service, h, PROBE_TIMEOUT_MS, probe);
    if (probe->exit_code != EX_OK) {
        complain(probe->text);
        return probe->exit_code;
    }
    if (probe->notes[0] != '\0')
        complain(probe->notes);
    (void)strlcpy(h->version, probe->version, sizeof h->version);
    h->rules = probe->rules;
    h->collective = probe->collective;
    h->service_flags = probe->service_flags;
    if (h->version[0] != '\0')
        (void)printf("%s %s loaded.\n", h->service, h->version);
    else
        (void)printf("%s loaded.\n", h->service);
    if (config->debug)
        (void)puts("Debug Mode enabled.");
    if (h->jobtype_count > 1) {
        (void)fputs("Servicing jobtypes:", stdout);
        for (unsigned i = 0; i < h->jobtype_count; i++)
            (void)printf(" %s", h->jobtypes[i]);
        (void)putchar('\n');
    }
    (void)fflush(stdout);
    return EX_OK;
}

static void warn_unlimited(const struct heritage *h)
{
    const struct settings *s = &h->settings;
    if (h->cgroup == NULL && s->group_memory_mb + s->group_pids > 0)
        (void)fprintf(
            stderr, "helios_d: WORKER_GROUP_MEMORY_MB and WORKER_GROUP_PIDS have no effect "
                    "without cgroup_path in helios.ini\n");
}

static int check_collective(struct master_config *config,
                            const struct helios_params *params, struct probe *probe)
{
    struct heritage *h = &config->heritage;
    probe_run(probe_collective, h, PROBE_TIMEOUT_MS, probe);
    if (probe->notes[0] != '\0')
        complain(probe->notes);
    if (probe->exit_code != EX_OK) {
        complain(probe->text);
        return probe->exit_code;
    }
    h->settings = probe->settings;
    warn_unlimited(h);
    print_value("Connected to collective database", ": ", conf_value(params, "dsn"));
    if (config->debug)
        print_intervals(&h->settings);
    (void)fflush(stdout);
    return EX_OK;
}

static int check_pid_path(const char *path, bool prepared)
{
    /* What a start as root would have made, or handed over, was looked at as root. */
    if (prepared || access(path, W_OK | X_OK) == 0)
        return EX_OK;
    (void)fprintf(stderr,
                  "helios_d: PID folder %s: %s; create it, make it writable for this user, "
                  "or set pid_path in helios.ini\n",
                  path, strerror(errno));
    return EX_CANTCREAT;
}

/* Everything that can be known before there is a daemon. */
static int prepare(struct master_config *config, const struct arguments *args,
                   const struct helios_params *params, bool became)
{
    static struct probe probe;
    struct heritage *h = &config->heritage;
    int code = check_service(config, &probe);
    if (code != EX_OK)
        return code;
    if (config->debug)
        print_parameters(params);
    code = check_collective(config, params, &probe);
    if (code == EX_OK)
        collective_logging(h, params, &h->settings, warn_start, NULL);
    if (code != EX_OK || !args->check)
        return code;
    code = check_pid_path(h->pid_path, became);
    if (code == EX_OK)
        (void)printf(
            "%s is ready to start: configuration, plugin, database, schema and PID "
            "folder are in order.\n",
            h->service);
    return code;
}

/* What a HUP will want to read. */
static void warn_unreadable(const struct ini *ini)
{
    if (access(ini->path, R_OK) != 0)
        (void)fprintf(
            stderr,
            "helios_d: user %u (run_as_user) cannot read %s: HUP will not be able "
            "to read it again; let its group read it\n",
            (unsigned)geteuid(), ini->path);
}

/* From here on nothing is done as root that need not be: what is loaded and what the
 * database answers meets an ordinary user. 0: nothing to change, 1: changed. */
static int become_account(const struct heritage *h, const struct helios_params *params,
                          bool check, struct helios_error *err)
{
    struct account account;
    if (account_find(helios_params_get(params, "run_as_user"),
                     helios_params_get(params, "run_as_group"), &account, err) != 0)
        return -1;
    bool change = account_step(&account) == ACCOUNT_CHANGE;
    if (change && h->service != NULL &&
        pidfolder_prepare(h->pid_path, h->service, &account, !check, err) != 0)
        return -1;
    if (account_become(&account, err) != 0)
        return -1;
    if (!change) {
        if (check && geteuid() == 0)
            (void)puts("Plugin and workers run as root: set run_as_user in helios.ini.");
        return 0;
    }
    coredump_decide();
    warn_unreadable(h->ini);
    if (check)
        (void)printf("Running as user %u, group %u (run_as_user).\n", (unsigned)geteuid(),
                     (unsigned)getegid());
    return 1;
}

/* The group is looked for as the account that will use it. */
static int find_cgroup(struct heritage *h, const struct helios_params *params,
                       struct helios_error *err)
{
    static char folder[PATH_MAX];
    const char *wanted = helios_params_get(params, "cgroup_path");
    if (wanted == NULL || wanted[0] == '\0')
        return 0;
    if (cgroup_find(wanted, folder, err) != 0)
        return -1;
    h->cgroup = folder;
    return 0;
}

static int run(struct master_config *config, const struct arguments *args)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct heritage *h = &config->heritage;
    struct helios_params *params = NULL;
    struct ini *ini = NULL;
    const char *path;
    int code;
    if (ini_locate(args->config, &path, &err) != 0 || ini_load(path, &ini, &err) != 0)
        goto failed;
    config->ini_path = ini->path;
    h->ini = ini;
    warn_exposed(ini);
    /* What is odd in it is said once, when the rows of the database are there too. */
    if (conf_resolve(ini, h->service, h->host, NULL, 0, &params, NULL, NULL, &err) != 0)
        goto failed;
    const char *pid_path = helios_params_get(params, "pid_path");
    h->pid_path = pid_path != NULL && pid_path[0] != '\0' ? pid_path : "/var/run/helios";
    environment_reduce(helios_params_get(params, "pass_environment"));
    int became = become_account(h, params, args->check, &err);
    if (became < 0 || find_cgroup(h, params, &err) != 0)
        goto failed;
    code = h->service == NULL ? probe_halts(h) : prepare(config, args, params, became == 1);
    if (code == EX_OK && h->service != NULL && !args->check)
        code = master_run(config);
out:
    conf_free(params);
    ini_free(ini);
    return code;
failed:
    (void)fprintf(stderr, "helios_d: %s\n", err.text);
    code = helios_error_exit_code(err.kind);
    goto out;
}

/* Before anything is read or written: what it holds is nobody else's business. A stricter
 * umask of the caller stays. */
static void guard(void)
{
    coredump_forbid();
    (void)umask(umask(S_IRWXO) | S_IWGRP | S_IRWXO);
}

int main(int argc, char **argv)
{
    static struct master_config config;
    static char host[65];
    struct arguments args = {.service = NULL};
    guard();
    fault_init();
    setproctitle_init(argc, argv, environ);
    int code = arguments_parse(argc, argv, &args);
    if (code >= 0)
        return code;
    arguments_print_version();
    if (args.service == NULL && !args.clear_halt) {
        complain("The name of a service class is required.");
        return EXIT_REFUSED;
    }
    if (args.service != NULL && !name_valid(args.service)) {
        (void)fprintf(
            stderr,
            "Sorry, requested name is invalid: %s\n"
            "A service class has 2 to %d letters, digits, _, - and pairs of colons; "
            "it begins with a letter and does not end with a colon.\n",
            args.service, NAME_MAX_LEN);
        return EXIT_REFUSED;
    }
    name_host(host, sizeof host);
    struct heritage *h = &config.heritage;
    h->service = args.service;
    h->host = host;
    h->program = argv[0];
    h->start_time = wall_now();
    h->debug = config.debug = debug_wanted(&args);
    h->foreground = args.foreground || args.drain || config.debug;
    h->drain = args.drain;
    h->clear_halt = args.clear_halt;
    h->settings = (struct settings)SETTINGS_DEFAULT;
    config.roles = (struct roles){.poller = poller_main,
                                  .worker = worker_main,
                                  .watcher = watcher_main,
                                  .probe_service = probe_service};
    db_init();
    code = args.service == NULL ? EX_OK : fill_jobtypes(h, args.jobtypes);
    if (code == EX_OK)
        code = run(&config, &args);
    free(args.jobtypes);
    return code;
}
