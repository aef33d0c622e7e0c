/* SPDX-License-Identifier: MIT */
#include "store/members.h"

#include <stdlib.h>
#include <string.h>

#include "conf/beside.h"
#include "conf/conf.h"
#include "core/err.h"
#include "core/ini.h"
#include "core/name.h"

/* ---- files ---- */

/* Oddities of parameters are the daemon's to report; a client reads a few of them. */
static void ignore_warning(void *arg, const char *sentence)
{
    (void)arg;
    (void)sentence;
}

static int read_params(const char *path, const char *service, struct helios_params **out,
                       struct helios_error *err)
{
    const char *located = NULL;
    if (ini_locate(path, &located, err) != 0)
        return -1;
    struct ini *ini = NULL;
    if (ini_load(located, &ini, err) != 0)
        return -1;
    char host[256];
    name_host(host, sizeof host);
    int rc = conf_resolve(ini, service, host, NULL, 0, out, ignore_warning, NULL, err);
    ini_free(ini);
    return rc;
}

static bool copy_text(char **to, const char *from)
{
    *to = from == NULL ? NULL : strdup(from);
    return from == NULL || *to != NULL;
}

static int no_memory(struct helios_error *err)
{
    return err_set(err, HELIOS_E_NOMEM, "out of memory");
}

static int add_member(struct members *members, const struct helios_params *params,
                      struct helios_error *err)
{
    const char *user = NULL;
    const char *password = NULL;
    if (members->n == MEMBERS_MAX)
        return err_set(err, HELIOS_E_LIMIT, "more than %d databases", MEMBERS_MAX);
    struct member *grown =
        reallocarray(members->list, members->n + 1, sizeof *members->list);
    if (grown == NULL)
        return no_memory(err);
    members->list = grown;
    struct member *member = &grown[members->n];
    *member = (struct member){.store = NULL};
    if (conf_database(params, &member->dsn, &user, &password, err) != 0)
        return -1;
    members->n++;
    return copy_text(&member->ini, params->ini_path) && copy_text(&member->user, user) &&
                   copy_text(&member->password, password)
               ? 0
               : no_memory(err);
}

static int add_file(struct members *members, const char *path, const char *service,
                    struct helios_error *err)
{
    struct helios_params *params = NULL;
    int rc = read_params(path, service, &params, err);
    if (rc == 0)
        rc = add_member(members, params, err);
    conf_free(params);
    return rc == 0 ? 0 : err_wrap(err, "queue_databases: %s", path);
}

/* Relative names lie beside the file that has them. */
static int add_files(struct members *members, const struct helios_params *params,
                     const char *service, struct helios_error *err)
{
    const char *text = helios_params_get(params, "queue_databases");
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, ":");
        struct buf name = BUF_INIT;
        struct buf path = BUF_INIT;
        buf_append(&name, text, len);
        beside_path(params->ini_path, buf_text(&name), &path);
        int rc = name.failed || path.failed ? no_memory(err)
                 : len == 0                 ? 0
                            : add_file(members, buf_text(&path), service, err);
        buf_fini(&name);
        buf_fini(&path);
        if (rc != 0)
            return -1;
        text += len + (text[len] == ':' ? 1 : 0);
    }
    return 0;
}

static int check_hashes(const struct members *members, struct helios_error *err)
{
    for (size_t i = 0; i < members->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(members->list[i].dsn.hash, members->list[k].dsn.hash) == 0)
                return err_set(err, HELIOS_E_CONFIG,
                               "%s and %s name one database: queue_databases is for others",
                               members->list[k].ini, members->list[i].ini);
        }
    }
    return 0;
}

int members_load(struct members *members, const char *path, const char *service,
                 struct helios_error *err)
{
    struct helios_params *params = NULL;
    *members = (struct members){.list = NULL};
    int rc = read_params(path, service, &params, err);
    if (rc == 0)
        rc = add_member(members, params, err);
    if (rc == 0)
        rc = add_files(members, params, service, err);
    if (rc == 0)
        rc = check_hashes(members, err);
    if (rc == 0)
        members->retry_ms = helios_params_int(params, "queue_database_retry", 30) * 1000;
    conf_free(params);
    if (rc != 0)
        members_fini(members);
    return rc;
}

void members_fini(struct members *members)
{
    for (size_t i = 0; i < members->n; i++) {
        struct member *member = &members->list[i];
        store_close(member->store);
        dsn_fini(&member->dsn);
        free(member->ini);
        free(member->user);
        if (member->password != NULL)
            explicit_bzero(member->password, strlen(member->password));
        free(member->password);
    }
    free(members->list);
    *members = (struct members){.list = NULL};
}

/* ---- connections ---- */

int member_connect(struct members *members, struct member *member, struct helios_error *err)
{
    if (member_connected(member))
        return 0;
    if ((member->store == NULL
             ? store_open(&member->dsn, member->user, member->password, &member->store, err)
             : store_reopen(member->store, err)) == 0)
        return 0;
    member_bury(members, member);
    return -1;
}

bool member_connected(const struct member *member)
{
    return member->store != NULL && db_usable(store_db(member->store));
}

void member_bury(struct members *members, struct member *member)
{
    member->dead_until = mono_add_ms(mono_now(), members->retry_ms);
}

bool member_dead(const struct member *member, struct mono now)
{
    return !member_connected(member) && member->dead_until.us != 0 &&
           mono_before(now, member->dead_until);
}

/* ---- choosing ---- */

struct member *members_find(const struct members *members, const char *hash)
{
    for (size_t i = 0; i < members->n; i++) {
        struct member *member = &members->list[i];
        if (strncmp(member->dsn.hash, hash, 32) == 0 ||
            strncmp(member->dsn.driver_hash, hash, 32) == 0)
            return member;
    }
    return NULL;
}

static uint32_t number_of(const char *key)
{
    uint32_t h = 2166136261u;
    for (; *key != '\0'; key++)
        h = (h ^ (unsigned char)*key) * 16777619u;
    return h;
}

void members_order(size_t n, const char *key, uint32_t (*random)(uint32_t bound),
                   size_t *order)
{
    size_t first = key == NULL ? 0 : number_of(key) % n;
    for (size_t i = 0; i < n; i++)
        order[i] = (first + i) % n;
    for (size_t i = n; key == NULL && i > 1; i--) {
        size_t k = random((uint32_t)i);
        size_t swap = order[i - 1];
        order[i - 1] = order[k];
        order[k] = swap;
    }
}
