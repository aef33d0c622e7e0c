/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/command.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/ini.h"
#include "daemon/ctl/doubt.h"
#include "daemon/ctl/odd.h"
#include "daemon/ctl/table.h"

const struct ctl_option import_options[] = {
    {ITEM_VERBOSE, 'v', "verbose", NULL, false, "name everything that is set"},
    {.name = NULL},
};
const struct ctl_option import_historical_options[] = {
    {ITEM_FILE, '\0', "file", "FILE", false, "a file in the format of helios.ini"},
    {ITEM_VERBOSE, '\0', "verbose", NULL, false, "name everything that is set"},
    {ITEM_DEBUG, '\0', "debug", NULL, false, "name the sections as well"},
    {.name = NULL},
};

const struct column import_columns[] = {{"imported", COLUMN_NUMBER}, {.name = NULL}};

/* A section says for which service and host its entries are: `S` for all hosts, `S|HOST`
 * for one. Sections whose name begins with "global", in any case, are not for a service. */
struct target {
    char *service;
    char *host;
};

static bool is_global(const struct ini_section *section)
{
    return strncasecmp(section->name, "global", 6) == 0;
}

/* Text behind a second '|' is ignored. */
static int target_parse(const char *name, struct target *out, struct helios_error *err)
{
    size_t len = strcspn(name, "|");
    const char *host = name[len] == '|' ? name + len + 1 : "*";
    out->service = strndup(name, len);
    out->host = strndup(host, strcspn(host, "|"));
    if (out->service == NULL || out->host == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    return 0;
}

static void target_fini(struct target *target)
{
    free(target->service);
    free(target->host);
    *target = (struct target){0};
}

struct setting {
    const struct target *target;
    const struct ini_entry *entry;
};

static int set_entry(struct store *store, void *arg, struct helios_error *err)
{
    const struct setting *s = arg;
    return store_param_set(store, s->target->service, s->target->host, s->entry->key,
                           s->entry->value, err);
}

struct tally {
    unsigned imported;
    unsigned left_out;
};

/* Whether an entry is left out, which is said. */
static bool refuse_entry(const struct ctl *ctl, const struct ini_entry *entry)
{
    if (ctl->command->historical || !doubt_file_only(entry->key))
        return false;
    ctl_say(ctl, "%s:%u: left out: " DOUBT_FILE_ONLY, ctl->items[ITEM_FILE], entry->line,
            entry->key);
    return true;
}

/* What config set says of one parameter. */
static void doubt_entry(const struct ctl *ctl, const struct setting *s)
{
    const char *meant = odd_name(s->entry->key);
    if (ctl->command->historical)
        return;
    if (meant != NULL)
        ctl_say(ctl, "%s:%u: %s is no parameter of the daemon; did you mean %s?",
                ctl->items[ITEM_FILE], s->entry->line, s->entry->key, meant);
    odd_say(ctl, s->target->service, s->target->host, s->entry->key);
}

static int import_section(const struct ctl *ctl, const struct ini_section *section,
                          struct tally *tally, struct helios_error *err)
{
    struct target target = {0};
    int rc = target_parse(section->name, &target, err);
    for (size_t i = 0; rc == 0 && i < section->count; i++) {
        struct setting s = {.target = &target, .entry = &section->entries[i]};
        if (refuse_entry(ctl, s.entry)) {
            tally->left_out++;
            continue;
        }
        rc = store_retry(ctl_store(ctl), set_entry, &s, err);
        if (rc != 0) {
            (void)err_wrap(err, "%s in [%s]", s.entry->key, section->name);
            break;
        }
        tally->imported++;
        doubt_entry(ctl, &s);
        if (ctl->items[ITEM_VERBOSE] != NULL && ctl->items[ITEM_JSON] == NULL)
            (void)printf("%s|%s|%s set to %s\n", target.service, target.host, s.entry->key,
                         doubt_shown(s.entry->key, s.entry->value));
    }
    target_fini(&target);
    return rc;
}

/* Sections `S` and `S|HOST` are of one service. */
static bool same_service(const struct ini_section *a, const struct ini_section *b)
{
    size_t len = strcspn(a->name, "|");
    return strcspn(b->name, "|") == len && strncmp(a->name, b->name, len) == 0;
}

static bool service_seen(const struct ini *ini, size_t section)
{
    for (size_t i = 0; i < section; i++) {
        if (!is_global(&ini->sections[i]) &&
            same_service(&ini->sections[i], &ini->sections[section]))
            return true;
    }
    return false;
}

static void print_found(const struct ctl *ctl, const struct ini *ini)
{
    size_t params = 0;
    size_t services = 0;
    for (size_t i = 0; i < ini->count; i++) {
        if (ctl->items[ITEM_DEBUG] != NULL)
            (void)printf("%s\n", ini->sections[i].name);
        if (is_global(&ini->sections[i]))
            continue;
        params += ini->sections[i].count;
        services += !service_seen(ini, i);
    }
    if (ctl->items[ITEM_VERBOSE] != NULL)
        (void)printf("Conf file %s parsed.\nFound %zu sections in file.\n",
                     ctl->items[ITEM_FILE], ini->count);
    (void)printf("Found %zu parameters for %zu services.\n", params, services);
}

static int import_file(struct ctl *ctl, const struct ini *ini, struct tally *tally,
                       struct helios_error *err)
{
    int rc = 0;
    if (ctl->items[ITEM_JSON] == NULL)
        print_found(ctl, ini);
    for (size_t i = 0; rc == 0 && i < ini->count; i++) {
        if (!is_global(&ini->sections[i]))
            rc = import_section(ctl, &ini->sections[i], tally, err);
    }
    if (ctl->items[ITEM_JSON] != NULL) {
        struct table t;
        struct helios_error late = HELIOS_ERROR_INIT;
        table_begin(&t, ctl);
        table_number(&t, tally->imported);
        if (table_end(&t, &late) != 0 && rc == 0)
            rc = err_set(err, late.kind, "%s", late.text);
        return rc;
    }
    (void)printf("%u config parameters imported to Helios collective database.\n",
                 tally->imported);
    return rc;
}

static int fail_parsing(const struct ctl *ctl, const struct helios_error *err)
{
    if (!ctl->command->historical)
        return ctl_fail(ctl, err);
    ctl_say(ctl, "Errors found parsing file %s:\n%s", ctl->items[ITEM_FILE], err->text);
    return 1;
}

int config_import(struct ctl *ctl)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    struct tally tally = {0};
    if (ctl->items[ITEM_FILE] == NULL)
        return 0; /* as the original: nothing to import */
    if (ini_load(ctl->items[ITEM_FILE], &ini, &err) != 0)
        return fail_parsing(ctl, &err);
    int rc = ctl_connect(ctl, NULL, &err);
    if (rc == 0)
        rc = import_file(ctl, ini, &tally, &err);
    ini_free(ini);
    if (rc != 0)
        return ctl_fail(ctl, &err);
    return tally.left_out > 0 ? EX_DATAERR : 0;
}
