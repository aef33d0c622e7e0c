/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <stdio.h>
#include <string.h>

#include "codec/args.h"

#define NAME_CHARS 64u

struct log_rows {
    const struct log_record *records;
    struct buf service, host; /* cut to their columns */
};

/* Levels as text, 0 to 7; the column holds text. */
static const char *level_text(int32_t level)
{
    static const char *const levels[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    return levels[level < 0 ? 0 : level > 7 ? 7 : level];
}

static struct helios_datum id_or_null(uint64_t id)
{
    return id == 0 ? helios_null() : helios_uint(id);
}

static void fill_log(void *arg, size_t i, struct helios_datum *v)
{
    const struct log_rows *rows = arg;
    const struct log_record *r = &rows->records[i];
    v[0] = helios_int(r->time);
    v[1] = helios_text(buf_text(&rows->host));
    v[2] = helios_int(r->pid);
    v[3] = id_or_null(r->jobid);
    v[4] = id_or_null(r->funcid);
    v[5] = helios_text(buf_text(&rows->service));
    v[6] = helios_text(level_text(r->level));
    v[7] = helios_blob(r->text, r->len);
}

/* One statement is a transaction by itself; several get one. */
static int insert(struct store *store, struct log_rows *rows, size_t n,
                  struct helios_error *err)
{
    struct store_rows insert = {
        .id = ST_LOG_ADD, .n = n, .width = 8, .fill = fill_log, .fill_arg = rows};
    if (rows->service.failed || rows->host.failed)
        return err_set(err, HELIOS_E_NOMEM, "out of memory");
    if (n <= 1)
        return store_insert_rows(store, &insert, err);
    if (store_begin(store, err) != 0)
        return -1;
    return store_end(store, store_insert_rows(store, &insert, err), err);
}

int store_log(struct store *store, const char *service, const char *host,
              const struct log_record *records, size_t n, struct helios_error *err)
{
    struct log_rows rows = {.records = records, .service = BUF_INIT, .host = BUF_INIT};
    text_fit(service, strlen(service), NAME_CHARS, &rows.service);
    text_fit(host, strlen(host), NAME_CHARS, &rows.host);
    int rc = store_fault(store, FAULT_LOG_BEFORE, err);
    if (rc == 0)
        rc = insert(store, &rows, n, err);
    if (rc == 0)
        rc = store_fault(store, FAULT_LOG_AFTER, err);
    buf_fini(&rows.service);
    buf_fini(&rows.host);
    return rc == 0 ? 0 : err_wrap(err, "cannot write %zu log rows", n);
}
