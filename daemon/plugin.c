/* SPDX-License-Identifier: MIT */
#include "daemon/plugin.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codec/args.h"
#include "core/err.h"
#include "core/name.h"
#include "daemon/trust.h"

const char *plugin_default_path(void)
{
    return HELIOS_PLUGIN_DIR;
}

/* Finds `file` along `path`; leaves the first hit in `out`. */
static bool find(const char *path, const char *file, char *out, size_t cap)
{
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, ":");
        int n = snprintf(out, cap, "%.*s/%s", (int)len, p, file);
        if (len > 0 && n > 0 && (size_t)n < cap && access(out, F_OK) == 0)
            return true;
        p += len + (p[len] == ':');
    }
    return false;
}

/* A flag may ask for what a host that does not know it would not do. */
#define FLAGS_KNOWN ((uint32_t)HELIOS_SERVICE_IDEMPOTENT)

/* More than a lease or a pause is ever meant to be. */
#define LONG_S (366u * 86400u)

/* What the column of the registry holds. */
#define VERSION_CHARS 10u

static size_t characters(const char *utf8)
{
    size_t n = 0;
    for (; *utf8 != '\0'; utf8++)
        n += ((unsigned char)*utf8 & 0xC0) != 0x80 ? 1 : 0;
    return n;
}

static int check_version(const char *version, const char *path, struct helios_error *err)
{
    if (version == NULL)
        return 0;
    if (!text_is_utf8(version, strlen(version)))
        return err_set(err, HELIOS_E_PLUGIN, "%s: .version in its descriptor is not UTF-8",
                       path);
    if (characters(version) > VERSION_CHARS)
        return err_set(err, HELIOS_E_PLUGIN,
                       "%s: .version in its descriptor, \"%.64s\", has more than %u "
                       "characters: shorten it",
                       path, version, VERSION_CHARS);
    return 0;
}

/* The descriptor's head is all that may be read before the size is known to be sane. */
static int check(const struct helios_service *theirs, const char *path, const char *service,
                 struct helios_service *out, struct helios_error *err)
{
    const size_t least = offsetof(struct helios_service, metarun);
    if (theirs->abi / 100 != HELIOS_ABI_MAJOR)
        return err_set(
            err, HELIOS_E_PLUGIN,
            "%s was built for plugin interface %u, this helios_d has %d: rebuild it "
            "with the headers of Helios %s",
            path, theirs->abi / 100, HELIOS_ABI_MAJOR, HELIOS_VERSION);
    if (theirs->abi > HELIOS_ABI || theirs->size > sizeof *theirs)
        return err_set(err, HELIOS_E_PLUGIN,
                       "%s was built for a newer Helios (interface %u.%u, this is %d.%d): "
                       "install that version or rebuild the plugin",
                       path, theirs->abi / 100, theirs->abi % 100, HELIOS_ABI / 100,
                       HELIOS_ABI % 100);
    if (theirs->size < least)
        return err_set(
            err, HELIOS_E_PLUGIN,
            "%s: its descriptor says %u bytes, at least %zu are needed: begin it with "
            "HELIOS_SERVICE_HEAD",
            path, theirs->size, least);
    /* No field crosses such a bound. */
    if (theirs->size % _Alignof(struct helios_service) != 0)
        return err_set(err, HELIOS_E_PLUGIN,
                       "%s: its descriptor says %u bytes, which ends within a field: begin "
                       "it with HELIOS_SERVICE_HEAD",
                       path, theirs->size);
    memset(out, 0, sizeof *out);
    memcpy(out, theirs, theirs->size);
    if (out->name == NULL || strcmp(out->name, service) != 0)
        return err_set(err, HELIOS_E_PLUGIN,
                       "%s is the plugin of %s, not of %s: set .name in its descriptor or "
                       "rename the file",
                       path, out->name == NULL ? "no service" : out->name, service);
    if (out->run == NULL)
        return err_set(err, HELIOS_E_PLUGIN,
                       "%s: %s has no run function: set .run in its descriptor", path,
                       service);
    if ((out->flags & ~FLAGS_KNOWN) != 0)
        return err_set(err, HELIOS_E_PLUGIN,
                       "%s: .flags in its descriptor has bits that this helios_d does not "
                       "know (0x%x): install the Helios that it was built for, or correct "
                       "it",
                       path, out->flags & ~FLAGS_KNOWN);
    return check_version(out->version, path, err);
}

int plugin_load(const char *path, const char *service, struct plugin *out,
                struct helios_error *err)
{
    char base[NAME_MAX_LEN + 1], file[sizeof base + 4];
    struct helios_error why = HELIOS_ERROR_INIT;
    *out = (struct plugin){.handle = NULL};
    if (!name_valid(service) || !name_file(service, base, sizeof base))
        return err_set(err, HELIOS_E_INVALID, "Sorry, requested name is invalid: %s",
                       service);
    (void)snprintf(file, sizeof file, "%s.so", base);
    if (!find(path, file, out->path, sizeof out->path))
        return err_set(err, HELIOS_E_PLUGIN,
                       "%s could not be loaded: there is no %s in %s (service_path)",
                       service, file, path);
    char found[sizeof out->path];
    (void)strlcpy(found, out->path, sizeof found);
    if (trust_file(found, out->path, sizeof out->path, &why) != 0)
        return err_set(err, why.kind, "%s is not loaded: %s", service, why.text);
    void *handle = dlopen(out->path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return err_set(err, HELIOS_E_PLUGIN, "%s could not be loaded: %s", service,
                       dlerror());
    const struct helios_service *theirs = dlsym(handle, "helios_service");
    if (theirs == NULL) {
        (void)dlclose(handle);
        return err_set(err, HELIOS_E_PLUGIN,
                       "%s is not a Helios service: it exports no helios_service (see "
                       "HELIOS_SERVICE_EXPORT in <helios/service.h>)",
                       out->path);
    }
    if (check(theirs, out->path, service, &out->service, err) != 0) {
        (void)dlclose(handle);
        return -1;
    }
    out->handle = handle;
    return 0;
}

void plugin_rules(const struct plugin *plugin, struct life_rules *out)
{
    const struct helios_service *s = &plugin->service;
    *out = (struct life_rules){
        .max_retries = s->max_retries,
        .lease_s = s->job_lock_interval_s == 0 ? 3600 : s->job_lock_interval_s,
        .keep_exit_status_s = s->keep_exit_status_s,
    };
    for (uint32_t i = 0; i < LIFE_TABLE; i++)
        out->retry_interval_s[i] =
            s->retry_interval != NULL ? s->retry_interval(i + 1) : s->retry_interval_s;
}

void plugin_doubts(const struct life_rules *rules, plugin_doubt_fn *doubt, void *arg)
{
    char text[160];
    if (rules->lease_s > LONG_S) {
        (void)snprintf(
            text, sizeof text,
            "the plugin's .job_lock_interval_s is %u seconds: a job whose host is "
            "lost is not run again for %u days",
            rules->lease_s, rules->lease_s / 86400u);
        doubt(arg, text);
    }
    for (uint32_t i = 0; rules->max_retries > 0 && i < LIFE_TABLE; i++) {
        if (rules->retry_interval_s[i] <= LONG_S)
            continue;
        (void)snprintf(
            text, sizeof text,
            "the plugin has a job tried again %u seconds, which is %u days, after "
            "failure number %u",
            rules->retry_interval_s[i], rules->retry_interval_s[i] / 86400u, i + 1);
        doubt(arg, text);
        return;
    }
}
