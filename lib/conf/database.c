/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/beside.h"
#include "conf/conf.h"
#include "conf/secret.h"
#include "core/buf.h"
#include "core/err.h"

static int missing(const struct helios_params *params, struct helios_error *err)
{
    return err_set(err, HELIOS_E_CONFIG,
                   "no dsn in section [global] of %s; add a line such as "
                   "dsn=dbi:SQLite:dbname=/var/lib/helios/helios.db or "
                   "dsn=dbi:mysql:database=helios_db;host=localhost",
                   params->ini_path == NULL ? "helios.ini" : params->ini_path);
}

static int wrap_origin(const struct helios_params *params, const struct conf_value *value,
                       struct helios_error *err)
{
    struct buf origin = BUF_INIT;
    conf_origin(params, value, &origin);
    (void)err_wrap(err, "%s", buf_text(&origin));
    buf_fini(&origin);
    return -1;
}

/* Makes the file of a SQLite dsn absolute. */
static int place_file(const struct helios_params *params, struct dsn *dsn,
                      struct helios_error *err)
{
    if (dsn->driver != DSN_SQLITE)
        return 0;
    struct buf path = BUF_INIT;
    beside_path(params->ini_path, dsn->database, &path);
    char *absolute = buf_steal(&path, NULL);
    if (absolute == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory while reading the dsn");
    free(dsn->database);
    dsn->database = absolute;
    return 0;
}

#define PREFIX_MAX 32

/* It becomes part of statements, so it is an identifier and nothing else. */
static bool is_prefix(const char *text)
{
    size_t len = strlen(text);
    return len <= PREFIX_MAX && !isdigit((unsigned char)text[0]) &&
           strspn(text,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == len;
}

static int set_prefix(const struct helios_params *params, struct dsn *dsn,
                      struct helios_error *err)
{
    const struct conf_value *value = conf_value(params, "table_prefix");
    if (value == NULL || value->text == NULL || value->text[0] == '\0')
        return 0;
    if (!is_prefix(value->text)) {
        (void)err_set(err, HELIOS_E_CONFIG,
                      "table_prefix must be a name of at most %d letters, digits and "
                      "underscores that does not begin with a digit, such as ts_",
                      PREFIX_MAX);
        return wrap_origin(params, value, err);
    }
    dsn->prefix = strdup(value->text);
    return dsn->prefix != NULL ? 0 : err_set(err, HELIOS_E_NOMEM, "out of memory");
}

/* The MD5 in hexadecimal of what the file says, not of what it means; "" if there is none
 * to be had. */
static void hash_text(const char *head, const char *text, const char *user, char out[33])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct buf all = BUF_INIT;
    buf_printf(&all, "%s%s|%s", head, text, user);
    if (all.failed || EVP_Digest(all.data, all.len, digest, &len, EVP_md5(), NULL) != 1)
        len = 0;
    for (unsigned i = 0; i < len && i < 16; i++)
        (void)snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
    if (len == 0)
        out[0] = '\0';
    buf_fini(&all);
}

static void set_hash(const struct helios_params *params, struct dsn *dsn)
{
    const char *user = helios_params_get(params, "user");
    if (user == NULL)
        user = "";
    hash_text("", dsn->text, user, dsn->hash);
    hash_text("dbd", dsn->text + strlen("dbi"), user, dsn->driver_hash);
}

int conf_database(const struct helios_params *params, struct dsn *dsn, const char **user,
                  const char **password, struct helios_error *err)
{
    const struct conf_value *value = conf_value(params, "dsn");
    if (value == NULL || value->text == NULL || value->text[0] == '\0')
        return missing(params, err);
    if (dsn_parse(value->text, dsn, err) != 0)
        return wrap_origin(params, value, err);
    set_hash(params, dsn);
    if (place_file(params, dsn, err) != 0 || set_prefix(params, dsn, err) != 0) {
        dsn_fini(dsn);
        return -1;
    }
    *user = dsn->user != NULL ? dsn->user : helios_params_get(params, "user");
    *password =
        dsn->password != NULL ? dsn->password : helios_params_get(params, "password");
    return 0;
}

uint64_t conf_identity(const struct helios_params *params)
{
    struct dsn dsn;
    const char *user, *password;
    if (conf_database(params, &dsn, &user, &password, NULL) != 0)
        return 0;
    uint64_t identity = dsn_identity(&dsn);
    dsn_fini(&dsn);
    return identity;
}

static bool holds_secret(const struct ini_entry *entry)
{
    if (entry->value[0] == '\0')
        return false;
    if (secret_name(entry->key, strlen(entry->key)))
        return true;
    struct dsn dsn;
    if (strcmp(entry->key, "dsn") != 0 || dsn_parse(entry->value, &dsn, NULL) != 0)
        return false;
    bool secret = dsn.password != NULL && dsn.password[0] != '\0';
    dsn_fini(&dsn);
    return secret;
}

bool conf_exposes_secret(const struct ini *ini)
{
    if ((ini->mode & S_IROTH) == 0)
        return false;
    for (size_t s = 0; s < ini->count; s++)
        for (size_t i = 0; i < ini->sections[s].count; i++)
            if (holds_secret(&ini->sections[s].entries[i]))
                return true;
    return false;
}
