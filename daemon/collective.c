/* SPDX-License-Identifier: MIT */
#include "daemon/collective.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/log.h"

int collective_open(const struct heritage *heritage, struct store **out,
                    struct helios_error *err)
{
    struct helios_params *params = NULL;
    struct dsn dsn;
    const char *user, *password;
    if (conf_resolve(heritage->ini, heritage->service, heritage->host, NULL, 0, &params,
                     NULL, NULL, err) != 0)
        return -1;
    int rc = conf_database(params, &dsn, &user, &password, err);
    if (rc == 0) {
        rc = store_open(&dsn, user, password, out, err);
        if (rc == 0 && (db_flags(store_db(*out)) & DB_READ_ONLY) != 0) {
            store_close(*out);
            *out = NULL;
            rc = err_set(err, HELIOS_E_DENIED,
                         "the database file %s cannot be written: this user needs write "
                         "permission on it, and a file system that is not read-only",
                         dsn.database);
        }
        dsn_fini(&dsn);
    }
    conf_free(params);
    return rc;
}

/* A params table of more rows than these for one service is a fault of whatever writes it;
 * it must not cost the daemon its memory at each look. An operator's HOLD or HALT may come
 * behind them all the same: rows of Helios's own parameters have some more room, in which
 * the last one of a host and name takes the place of those before. */
#define ROWS_MAX 10000
#define ROWS_OWN 1000

/* Rows are kept as offsets into one buffer, which moves while it grows. */
struct rows {
    struct buf text;
    size_t (*at)[3];
    size_t count, cap;
    struct {
        size_t at, len;
    } room[ROWS_OWN]; /* for the values of rows beyond ROWS_MAX, which are replaced */
    bool failed;
    bool too_many;
};
#define ROW_NULL SIZE_MAX
static size_t keep(struct rows *rows, const char *text)
{
    if (text == NULL)
        return ROW_NULL;
    size_t at = rows->text.len;
    buf_append(&rows->text, text, strlen(text) + 1);
    return at;
}

static bool row_is(const struct rows *rows, size_t i, const char *host, const char *param)
{
    const char *base = rows->text.data;
    return strcmp(base + rows->at[i][0], host) == 0 &&
           strcmp(base + rows->at[i][1], param) == 0;
}

/* The rows behind are without number: what they need must not grow with each. */
static void replace(struct rows *rows, size_t i, const char *value)
{
    size_t *at = &rows->room[i - ROWS_MAX].at, *room = &rows->room[i - ROWS_MAX].len;
    rows->at[i][2] = ROW_NULL;
    if (value == NULL)
        return;
    size_t len = strlen(value) + 1;
    if (len > *room) {
        *at = rows->text.len;
        *room = 2 * len;
        for (size_t k = 0; k < *room; k++)
            buf_append(&rows->text, "", 1);
    }
    if (!rows->text.failed) {
        memcpy(rows->text.data + *at, value, len);
        rows->at[i][2] = *at;
    }
}

/* Whether a row beyond the limit has been dealt with. */
static bool beyond(struct rows *rows, const char *host, const char *param,
                   const char *value)
{
    rows->too_many = true;
    if (option_find(param) == NULL)
        return true;
    for (size_t i = ROWS_MAX; i < rows->count && !rows->text.failed; i++)
        if (row_is(rows, i, host, param)) {
            replace(rows, i, value);
            return true;
        }
    return rows->count == ROWS_MAX + ROWS_OWN;
}

static void take_row(void *arg, const char *host, const char *param, const char *value)
{
    struct rows *rows = arg;
    if (rows->failed || param == NULL || host == NULL)
        return;
    if (rows->count >= ROWS_MAX && beyond(rows, host, param, value))
        return;
    if (rows->count == rows->cap) {
        size_t cap = rows->cap == 0 ? 32 : rows->cap * 2;
        void *grown = realloc(rows->at, cap * sizeof *rows->at);
        if (grown == NULL) {
            rows->failed = true;
            return;
        }
        rows->at = grown;
        rows->cap = cap;
    }
    rows->at[rows->count][0] = keep(rows, host);
    rows->at[rows->count][1] = keep(rows, param);
    rows->at[rows->count][2] = keep(rows, value);
    rows->count++;
}

/* FNV-1a; only ever compared with a digest made by the same process. NULL and "" differ
 * because the offsets are part of it. */
static uint64_t digest_of(const struct rows *rows)
{
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < rows->text.len; i++)
        h = (h ^ (unsigned char)rows->text.data[i]) * 1099511628211ULL;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < 3; k++)
            h = (h ^ rows->at[i][k]) * 1099511628211ULL;
    return h == 0 ? 1 : h;
}

static void warn_too_many(const struct heritage *heritage, conf_warn_fn *warn, void *arg)
{
    char text[256];
    (void)snprintf(text, sizeof text,
                   "helios_params_tb has more than %d rows for %s; of the rest only "
                   "parameters of Helios itself are read: delete what is not needed",
                   ROWS_MAX, heritage->service);
    warn(arg, text);
}

int collective_params(struct store *store, const struct heritage *heritage,
                      uint64_t *digest, bool *changed, struct store_due *due,
                      struct helios_params **params_out, conf_warn_fn *warn, void *arg,
                      struct helios_error *err)
{
    struct rows rows = {.text = BUF_INIT};
    struct conf_row *list = NULL;
    int rc =
        store_params(store, heritage->service, heritage->host, take_row, &rows, due, err);
    if (rc != 0)
        goto out;
    list = calloc(rows.count + 1, sizeof *list);
    if (list == NULL || rows.failed || rows.text.failed) {
        rc = err_set(err, HELIOS_E_NOMEM, "out of memory while reading helios_params_tb");
        goto out;
    }
    for (size_t i = 0; i < rows.count; i++) {
        const char *base = rows.text.data;
        list[i].host = base + rows.at[i][0];
        list[i].param = base + rows.at[i][1];
        list[i].value = rows.at[i][2] == ROW_NULL ? NULL : base + rows.at[i][2];
    }
    uint64_t now = digest_of(&rows);
    bool differs = digest == NULL || *digest != now;
    if (digest != NULL)
        *digest = now;
    if (changed != NULL)
        *changed = differs;
    if (differs && rows.too_many && warn != NULL)
        warn_too_many(heritage, warn, arg);
    rc = conf_resolve(heritage->ini, heritage->service, heritage->host, list, rows.count,
                      params_out, differs ? warn : NULL, arg, err);
out:
    free(list);
    free(rows.at);
    buf_fini(&rows.text);
    return rc;
}

void collective_logging(const struct heritage *heritage, const struct helios_params *params,
                        const struct settings *settings, conf_warn_fn *warn, void *arg)
{
    struct log_config config = {
        .service = heritage->service,
        .foreground = heritage->foreground,
        .threshold = settings->log_threshold,
    };
    conf_logging(params, &config, warn, arg);
    log_configure(&config);
}

void collective_halt_value(const char *host, int pid, char *out, size_t cap)
{
    (void)snprintf(out, cap, "helios_d:%.64s:%d", host, pid);
}

int collective_halt_pid(const char *value, const char *host)
{
    char head[96];
    int n = snprintf(head, sizeof head, "helios_d:%.64s:", host);
    if (value == NULL || n < 0 || strncmp(value, head, (size_t)n) != 0)
        return 0;
    char *end;
    long pid = strtol(value + n, &end, 10);
    return *end == '\0' && pid >= 1 && pid <= INT32_MAX ? (int)pid : 0;
}
