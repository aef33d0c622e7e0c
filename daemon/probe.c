/* SPDX-License-Identifier: MIT */
#include "daemon/probe.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "conf/quote.h"
#include "core/err.h"
#include "core/name.h"
#include "core/process.h"
#include "core/text.h"
#include "daemon/collective.h"
#include "daemon/pidfile.h"
#include "daemon/plugin.h"

/* Refused on purpose rather than broken: helios.pl ends with 1 for these. */
#define EXIT_REFUSED 1

static void refuse(struct probe *out, int exit_code, const char *format, ...)
    HELIOS_PRINTF(3, 4);

static void refuse(struct probe *out, int exit_code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    out->exit_code = exit_code;
    (void)vsnprintf(out->text, sizeof out->text, format, ap);
    va_end(ap);
}

static void note(void *arg, const char *sentence)
{
    struct probe *out = arg;
    size_t used = strlen(out->notes);
    (void)snprintf(out->notes + used, sizeof out->notes - used, "%s%s",
                   used > 0 ? "\n" : "", sentence);
}

void probe_service(const struct heritage *heritage, struct probe *out)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_params *params = NULL;
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (plugin == NULL) {
        refuse(out, EX_OSERR, "out of memory");
        return;
    }
    /* What there is to say of helios.ini comes with the parameters of the table. */
    if (conf_resolve(heritage->ini, heritage->service, heritage->host, NULL, 0, &params,
                     NULL, NULL, &err) != 0)
        goto failed;
    const char *path = helios_params_get(params, "service_path");
    if (path == NULL || path[0] == '\0')
        path = plugin_default_path();
    if (plugin_load(path, heritage->service, plugin, &err) != 0)
        goto failed;
    out->collective = conf_identity(params);
    plugin_rules(plugin, &out->rules);
    plugin_doubts(&out->rules, note, out);
    out->service_flags = plugin->service.flags;
    if (plugin->service.version != NULL)
        (void)snprintf(out->version, sizeof out->version, "%s", plugin->service.version);
    conf_free(params);
    free(plugin);
    return;
failed:
    refuse(out, helios_error_exit_code(err.kind), "%s", err.text);
    conf_free(params);
    free(plugin);
}

/* A HALT row that a daemon of ours wrote when it was told to stop and did not live to
 * clear. */
struct leftover {
    const struct heritage *heritage;
    char value[129];
};

/* Whether `pid` is a running helios_d. */
static bool daemon_alive(int pid)
{
    char path[64], comm[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return process_hidden(pid);
    bool read = fgets(comm, sizeof comm, f) != NULL;
    (void)fclose(f);
    return read && strncmp(comm, "helios_d", 8) == 0;
}

static void find_leftover(void *arg, const char *service, const char *host,
                          const char *value)
{
    struct leftover *left = arg;
    /* A reused pid must not keep a service halted: not that of another service's daemon,
     * nor our own or our parent's, which in a container it often is. */
    int pid = collective_halt_pid(value, left->heritage->host);
    if (pid == 0 || strcmp(service, left->heritage->service) != 0 || strcmp(host, "*") == 0)
        return;
    if (!daemon_alive(pid) || !pid_file_runs_service(pid, service))
        (void)snprintf(left->value, sizeof left->value, "%s", value);
}

static int clear_leftover(struct store *store, const struct heritage *heritage,
                          struct probe *out, struct helios_error *err)
{
    struct leftover left = {.heritage = heritage};
    if (store_halts(store, heritage->host, find_leftover, &left, err) != 0)
        return -1;
    if (left.value[0] == '\0')
        return 0;
    if (store_param_unset(store, heritage->service, heritage->host, "HALT", left.value,
                          NULL, err) != 0)
        return -1;
    char text[256];
    (void)snprintf(
        text, sizeof text,
        "cleared the HALT row %s: it was left by a daemon that ended before it could",
        left.value);
    note(out, text);
    return 0;
}

/* The sentences of helios.pl, and whose HALT it is. */
static void refuse_halted(const struct heritage *heritage,
                          const struct helios_params *params, struct probe *out)
{
    const struct conf_value *halt = conf_value(params, "HALT");
    const char *service = heritage->service;
    struct buf whose = BUF_INIT;
    quote_text(&whose, halt->text, QUOTE_MAX);
    buf_puts(&whose, "' (");
    conf_origin(params, halt, &whose);
    if (halt->source == CONF_ROW_HOST)
        buf_printf(&whose, "); helios_d --clear-halt %s clears it", service);
    else if (halt->source == CONF_ROW_ALL)
        buf_printf(&whose, "); helios service clear-halt --all-hosts %s clears it",
                   service);
    else
        buf_puts(&whose, "): remove it there");
    refuse(out, EXIT_REFUSED,
           "HALT is set for this service class.\nPlease clear it and try again.\n"
           "%s HALTED.\nHALT is '%s.",
           service, buf_text(&whose));
    buf_fini(&whose);
}

static int look(struct store *store, const struct heritage *heritage, struct probe *out,
                struct helios_error *err)
{
    struct helios_params *params = NULL;
    if (store_schema_require(store, err) != 0)
        return -1;
    if (heritage->clear_halt) {
        if (store_param_unset(store, heritage->service, heritage->host, "HALT", NULL, NULL,
                              err) != 0)
            return -1;
    } else if (clear_leftover(store, heritage, out, err) != 0) {
        return -1;
    }
    for (unsigned i = 1; i < heritage->jobtype_count; i++) {
        uint32_t funcid;
        int rc = store_jobtype(store, heritage->jobtypes[i], &funcid, err);
        if (rc < 0)
            return -1;
        if (rc == 1)
            return err_set(
                err, HELIOS_E_NOT_FOUND,
                "jobtype %s cannot be found in collective database: submit a job of "
                "it first, or `helios jobtype add %s`",
                heritage->jobtypes[i], heritage->jobtypes[i]);
    }
    if (collective_params(store, heritage, NULL, NULL, NULL, &params, note, out, err) != 0)
        return -1;
    const struct settings fallback = SETTINGS_DEFAULT;
    conf_settings(params, &fallback, &out->settings, note, out);
    if (out->settings.halt)
        refuse_halted(heritage, params, out);
    if (!heritage->foreground)
        conf_stderr(params, note, out);
    out->have_settings = true;
    conf_free(params);
    return 0;
}

void probe_collective(const struct heritage *heritage, struct probe *out)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *store = NULL;
    if (collective_open(heritage, &store, &err) != 0 ||
        look(store, heritage, out, &err) != 0)
        refuse(out, helios_error_exit_code(err.kind), "FAILED to get configuration: %s",
               err.text);
    store_close(store);
}

struct halts {
    const char *host;
    unsigned count;
};

static void print_halt(void *arg, const char *service, const char *host, const char *value)
{
    struct halts *halts = arg;
    struct buf text = BUF_INIT;
    (void)value;
    halts->count++;
    text_line(&text, service, strlen(service));
    /* What is no name of a service must not stand in a command that is there to be copied.
     */
    if (!name_valid(service))
        buf_printf(&text,
                   " is halted: no service has this name; helios config list shows it");
    else if (strcmp(host, "*") == 0)
        buf_printf(&text,
                   " is halted on every host: helios service clear-halt --all-hosts %s",
                   service);
    else
        buf_printf(&text, " is halted on %s: helios_d --clear-halt %s", halts->host,
                   service);
    (void)printf("%s\n", buf_text(&text));
    buf_fini(&text);
}

int probe_halts(const struct heritage *heritage)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct store *store = NULL;
    struct halts halts = {.host = heritage->host};
    if (collective_open(heritage, &store, &err) != 0 ||
        store_halts(store, heritage->host, print_halt, &halts, &err) != 0) {
        (void)fprintf(stderr, "helios_d: %s\n", err.text);
        store_close(store);
        return helios_error_exit_code(err.kind);
    }
    if (halts.count == 0)
        (void)printf("No service is halted on %s.\n", heritage->host);
    store_close(store);
    return EX_OK;
}
