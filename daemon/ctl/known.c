/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/known.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/err.h"
#include "core/name.h"
#include "daemon/ctl/inifile.h"
#include "daemon/ctl/suggest.h"
#include "store/listing.h"
#include "store/query.h"

static void add_name(struct known *known, const char *name)
{
    size_t n = known->count;
    if (known->failed || !name_valid(name) ||
        (n > 0 && strcmp(known->names[n - 1], name) == 0))
        return;
    if ((n & (n - 1)) == 0) { /* full: there is place for a power of two */
        char **grown = reallocarray(known->names, n == 0 ? 1 : 2 * n, sizeof grown[0]);
        if (grown == NULL) {
            known->failed = true;
            return;
        }
        known->names = grown;
    }
    known->names[n] = strdup(name);
    if (known->names[n] == NULL)
        known->failed = true;
    else
        known->count++;
}

static void add_daemon(void *arg, const struct query_daemon *daemon)
{
    add_name(arg, daemon->service);
}

struct page {
    struct known *known;
    uint32_t last;
    size_t count;
};

static void add_jobtype(void *arg, uint32_t funcid, const char *name)
{
    struct page *page = arg;
    page->last = funcid;
    page->count++;
    add_name(page->known, name);
}

static int add_jobtypes(struct store *store, struct known *known, struct helios_error *err)
{
    struct page page = {.known = known, .count = LISTING_JOBTYPES};
    int rc = 0;
    while (rc == 0 && page.count >= LISTING_JOBTYPES) {
        page.count = 0;
        rc = listing_jobtypes(store, page.last, add_jobtype, &page, err);
    }
    return rc;
}

static int add_sections(const struct ctl *ctl, struct known *known,
                        struct helios_error *err)
{
    struct ini *ini = NULL;
    if (inifile_load(ctl, &ini, err) != 0)
        return -1;
    for (size_t i = 0; i < ini->count; i++) {
        if (strcmp(ini->sections[i].name, "global") != 0)
            add_name(known, ini->sections[i].name);
    }
    ini_free(ini);
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct known *known)
{
    size_t kept = 0;
    if (known->count > 0)
        qsort(known->names, known->count, sizeof known->names[0], compare);
    for (size_t i = 0; i < known->count; i++) {
        if (kept > 0 && strcmp(known->names[kept - 1], known->names[i]) == 0)
            free(known->names[i]);
        else
            known->names[kept++] = known->names[i];
    }
    known->count = kept;
}

int known_read(const struct ctl *ctl, struct known *out, struct helios_error *err)
{
    struct store *store = ctl_store(ctl);
    *out = (struct known){0};
    if (query_daemons(store, NULL, NULL, 0, add_daemon, out, err) != 0 ||
        add_jobtypes(store, out, err) != 0 || add_sections(ctl, out, err) != 0)
        return -1;
    if (out->failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    sort(out);
    return 0;
}

void known_fini(struct known *known)
{
    for (size_t i = 0; i < known->count; i++)
        free(known->names[i]);
    free(known->names);
    *known = (struct known){0};
}

bool known_has(const struct known *known, const char *name)
{
    return known->count > 0 && bsearch(&name, known->names, known->count,
                                       sizeof known->names[0], compare) != NULL;
}

const char *known_nearest(const struct known *known, const char *name)
{
    struct suggestion s;
    suggest_begin(&s, name);
    for (size_t i = 0; i < known->count; i++)
        suggest_offer(&s, known->names[i]);
    return s.nearest;
}

const char *known_twin(const struct known *known, const char *name)
{
    for (size_t i = 0; i < known->count; i++) {
        if (strcasecmp(known->names[i], name) == 0 && strcmp(known->names[i], name) != 0)
            return known->names[i];
    }
    return NULL;
}
