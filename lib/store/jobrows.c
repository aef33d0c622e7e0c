/* SPDX-License-Identifier: MIT */
#include "store/private.h"

#include <stdlib.h>

#include "codec/storable.h"

struct jobrows *jobrows_new(void)
{
    return calloc(1, sizeof(struct jobrows));
}

void jobrows_free(struct jobrows *rows)
{
    if (rows != NULL)
        buf_fini(&rows->bytes);
    free(rows);
}

bool jobrows_full(const struct jobrows *rows)
{
    return rows->n == GROUPS_MAX || rows->bytes.len >= GROUPS_BYTES;
}

bool jobrows_add(struct jobrows *rows, const struct jobrow *row, const void *args,
                 size_t len, enum helios_args_form form)
{
    bool plain = row->uniqkey == NULL && row->coalesce == NULL && row->run_after == 0 &&
                 row->priority == -1;
    struct jobrow *to = &rows->rows[rows->n];
    rows->plain = plain && (rows->n == 0 || rows->plain);
    rows->n++;
    *to = *row;
    to->arg_at = rows->bytes.len;
    to->arg_null = form == HELIOS_ARGS_RAW && args == NULL;
    if (form == HELIOS_ARGS_TEXT)
        storable_wrap_text(args != NULL ? args : "", args != NULL ? len : 0, &rows->bytes);
    else if (args != NULL)
        buf_append(&rows->bytes, args, len);
    to->arg_len = rows->bytes.len - to->arg_at;
    return !rows->bytes.failed;
}

struct source {
    const struct jobrows *rows;
    size_t from;
};

static void fill_job(void *arg, size_t i, struct helios_datum *v)
{
    const struct source *source = arg;
    const struct jobrow *row = &source->rows->rows[source->from + i];
    const char *bytes = buf_text(&source->rows->bytes);
    v[0] = helios_uint(row->funcid);
    v[1] = row->arg_null ? helios_null() : helios_blob(bytes + row->arg_at, row->arg_len);
    if (source->rows->plain)
        return;
    v[2] = helios_text(row->uniqkey);
    v[3] = row->run_after == 0 ? helios_null() : helios_int(row->run_after);
    v[4] = store_number_or_null(row->priority);
    v[5] = helios_text(row->coalesce);
}

static int returned_id(void *arg, const struct helios_datum *columns, size_t n)
{
    uint64_t **at = arg;
    (void)n;
    *(*at)++ = helios_datum_uint(&columns[0]);
    return 0;
}

static struct store_rows insertion(struct source *source, bool returning)
{
    bool plain = source->rows->plain;
    enum statement id = plain ? ST_JOB_ADD_PLAIN : ST_JOB_ADD;
    if (returning)
        id = plain ? ST_JOB_ADD_PLAIN_RETURNING : ST_JOB_ADD_RETURNING;
    return (struct store_rows){
        .id = id, .width = plain ? 2 : 6, .fill = fill_job, .fill_arg = source};
}

static int insert_at_once(const struct jobrows *rows, struct store *store, uint64_t *jobids,
                          struct helios_error *err)
{
    struct source source = {.rows = rows};
    struct store_rows insert = insertion(&source, jobids != NULL);
    insert.n = rows->n;
    insert.row = jobids != NULL ? returned_id : NULL;
    insert.row_arg = &jobids;
    return store_insert_rows(store, &insert, err);
}

/* The ids of a statement with several rows need not be neighbours. */
static int insert_each(const struct jobrows *rows, struct store *store, uint64_t *jobids,
                       struct helios_error *err)
{
    struct source source = {.rows = rows};
    struct store_rows insert = insertion(&source, false);
    insert.n = 1;
    for (; source.from < rows->n; source.from++) {
        if (store_insert_rows(store, &insert, err) != 0)
            return -1;
        jobids[source.from] = helios_db_last_id(store->db);
    }
    return 0;
}

int jobrows_insert(struct jobrows *rows, struct store *store, uint64_t *jobids,
                   struct helios_error *err)
{
    bool each =
        jobids != NULL && (rows->n == 1 || (db_flags(store->db) & DB_RETURNING) == 0);
    int rc = each ? insert_each(rows, store, jobids, err)
                  : insert_at_once(rows, store, jobids, err);
    rows->n = 0;
    buf_clear(&rows->bytes);
    return rc;
}
