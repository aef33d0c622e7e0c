/* SPDX-License-Identifier: MIT */
#include "store/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "db/binlog.h"
#include "store/private.h"

#define JOBTYPES_MAX 64u
#define NAME_BYTES   (64u * 4u + 1u)

/* The tables that are watched, and where their columns stand. */
enum table { TABLE_JOB, TABLE_PARAMS, TABLE_FUNCMAP, TABLES };
static const char *const table_names[TABLES] = {
    [TABLE_JOB] = "job", [TABLE_PARAMS] = "helios_params_tb", [TABLE_FUNCMAP] = "funcmap"};

#define REGISTRY "helios_worker_registry_tb"

enum column { COLUMN_FUNCID, COLUMN_RUN_AFTER, COLUMN_GRABBED, COLUMN_CLASS, COLUMNS };
static const struct {
    enum table table;
    const char *name;
} column_names[COLUMNS] = {[COLUMN_FUNCID] = {TABLE_JOB, "funcid"},
                           [COLUMN_RUN_AFTER] = {TABLE_JOB, "run_after"},
                           [COLUMN_GRABBED] = {TABLE_JOB, "grabbed_until"},
                           [COLUMN_CLASS] = {TABLE_PARAMS, "worker_class"}};

struct store_watch {
    struct store *store;
    char database[NAME_BYTES];
    char service[NAME_BYTES];
    char tables[TABLES][NAME_BYTES]; /* names with their prefix */
    uint32_t funcids[JOBTYPES_MAX];
    size_t funcids_n;
    bool incomplete; /* some jobtype does not exist yet */
    size_t place[COLUMNS];
    size_t width[TABLES]; /* number of columns */
    int64_t clock_ms;     /* the server's, when ours was at clock_at */
    struct mono clock_at;

    /* a server */
    struct binlog_stream stream;
    struct binlog_layout layout[TABLES];
    bool readable[TABLES]; /* `layout` is that of the table's last TABLE event */
    bool known[TABLES];
    struct binlog_image before, after;

    /* SQLite */
    int inotify; /* -1: none */
    uint64_t number;
};

/* ---- opening ---- */

static int read_database(void *arg, const struct helios_datum *columns, size_t n)
{
    struct store_watch *w = arg;
    const char *name = helios_datum_text(&columns[0]);
    if (name != NULL)
        (void)snprintf(w->database, sizeof w->database, "%s", name);
    w->clock_ms = helios_datum_int(&columns[1]);
    w->clock_at = mono_now();
    (void)n;
    return 0;
}

static int read_place(void *arg, const struct helios_datum *columns, size_t n)
{
    struct store_watch *w = arg;
    const char *table = helios_datum_text(&columns[0]);
    const char *column = helios_datum_text(&columns[1]);
    (void)n;
    if (table == NULL || column == NULL)
        return 0;
    for (size_t i = 0; i < TABLES; i++)
        w->width[i] += strcmp(table, w->tables[i]) == 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (strcmp(table, w->tables[column_names[i].table]) == 0 &&
            strcasecmp(column, column_names[i].name) == 0)
            w->place[i] = (size_t)helios_datum_uint(&columns[2]) - 1;
    }
    return 0;
}

static int find_places(struct store_watch *w, struct helios_error *err)
{
    struct helios_datum tables[TABLES];
    for (size_t i = 0; i < COLUMNS; i++)
        w->place[i] = SIZE_MAX;
    for (size_t i = 0; i < TABLES; i++) {
        const char *name = store_prefixed(w->store, table_names[i], err);
        if (name == NULL)
            return -1;
        (void)snprintf(w->tables[i], sizeof w->tables[i], "%s", name);
        tables[i] = helios_text(w->tables[i]);
    }
    if (store_query(w->store, ST_WATCH_SERVER, 0, NULL, 0, read_database, w, err) != 0 ||
        store_query(w->store, ST_WATCH_COLUMNS, 0, tables, TABLES, read_place, w, err) != 0)
        return -1;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (w->place[i] >= BINLOG_COLUMNS && column_names[i].table == TABLE_JOB)
            return err_set(err, HELIOS_E_SCHEMA, "there is no column %s in table %s",
                           column_names[i].name, w->tables[TABLE_JOB]);
    }
    return 0;
}

static int find_jobtypes(struct store_watch *w, const struct store_watch_wish *wish,
                         struct helios_error *err)
{
    for (size_t i = 0; i < wish->jobtypes_n && i < JOBTYPES_MAX; i++) {
        int rc = store_jobtype(w->store, wish->jobtypes[i], &w->funcids[w->funcids_n], err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            w->funcids_n++;
        else
            w->incomplete = true;
    }
    return 0;
}

static int open_server(struct store_watch *w, const struct store_watch_wish *wish,
                       struct helios_error *err)
{
    if (find_places(w, err) != 0 || find_jobtypes(w, wish, err) != 0)
        return -1;
    return db_dump_begin(store_db(w->store), err);
}

/* Commits write to the -wal file; where that is made anew, and in other journal modes, to
 * the file itself. A folder's watch would tell of every other file in it. */
static int open_file(struct store_watch *w, const struct dsn *dsn, struct helios_error *err)
{
    char wal[4096];
    int n = snprintf(wal, sizeof wal, "%s-wal", dsn->database);
    w->number = db_change_number(store_db(w->store));
    w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->inotify < 0 || n < 0 || (size_t)n >= sizeof wal ||
        inotify_add_watch(w->inotify, dsn->database, IN_MODIFY | IN_DELETE_SELF) < 0 ||
        inotify_add_watch(w->inotify, wal, IN_MODIFY | IN_DELETE_SELF) < 0) {
        (void)err_errno(err, errno, "the files of the database cannot be watched");
        return 1;
    }
    return 0;
}

int store_watch_open(const struct dsn *dsn, const char *user, const char *password,
                     const struct store_watch_wish *wish, struct store_watch **out,
                     struct helios_error *err)
{
    struct store_watch *w = calloc(1, sizeof *w);
    *out = NULL;
    if (w == NULL)
        return err_set(err, HELIOS_E_NOMEM, "out of memory for the watcher");
    w->inotify = -1;
    (void)snprintf(w->service, sizeof w->service, "%s", wish->service);
    int rc = store_open(dsn, user, password, &w->store, err);
    if (rc == 0)
        rc = dsn->driver == DSN_SQLITE ? open_file(w, dsn, err) : open_server(w, wish, err);
    if (rc != 0) {
        store_watch_close(w);
        return rc;
    }
    *out = w;
    return 0;
}

void store_watch_close(struct store_watch *w)
{
    if (w == NULL)
        return;
    store_close(w->store);
    if (w->inotify >= 0)
        (void)close(w->inotify);
    free(w);
}

int store_watch_fd(const struct store_watch *w)
{
    return w->inotify;
}

/* ---- rows ---- */

/* An event cannot be newer than the clock that it was stamped by: if it seems so, that one
 * was set forward. */
static int64_t server_ms(struct store_watch *w, uint32_t event_s)
{
    int64_t now = w->clock_ms + mono_diff_ms(mono_now(), w->clock_at);
    if ((int64_t)event_s * 1000 > now) {
        w->clock_ms += (int64_t)event_s * 1000 - now;
        now = (int64_t)event_s * 1000;
    }
    return now;
}

static const struct binlog_value *
value(const struct store_watch *w, const struct binlog_image *image, enum column column)
{
    static const struct binlog_value none = {.there = false};
    size_t at = w->place[column];
    return image == NULL || at >= w->layout[column_names[column].table].count
               ? &none
               : &image->value[at];
}

static bool is_ours(const struct store_watch *w, uint64_t funcid)
{
    for (size_t i = 0; i < w->funcids_n; i++) {
        if (w->funcids[i] == funcid)
            return true;
    }
    return false;
}

/* A number of the new row. The old one has those that the new image leaves out because they
 * are the same. */
static bool number_of(const struct store_watch *w, bool update, enum column column,
                      int64_t *out)
{
    const struct binlog_value *v = value(w, &w->after, column);
    if (!v->there && update)
        v = value(w, &w->before, column);
    *out = v->number > INT64_MAX ? INT64_MAX : (int64_t)v->number;
    return v->there && !v->null && v->bytes == NULL;
}

static bool claimable(const struct store_watch *w, const struct binlog_image *image,
                      int64_t now_s)
{
    const struct binlog_value *run_after = value(w, image, COLUMN_RUN_AFTER);
    const struct binlog_value *grabbed = value(w, image, COLUMN_GRABBED);
    return run_after->there && grabbed->there && (int64_t)run_after->number <= now_s &&
           (int64_t)grabbed->number <= now_s;
}

static void note_later(struct store_change *out, int64_t ms)
{
    if (out->next_ms < 0 || ms < out->next_ms)
        out->next_ms = ms;
}

static void take_job(struct store_watch *w, bool update, int64_t now_ms,
                     struct store_change *out)
{
    int64_t funcid, grabbed, run_after, now_s = now_ms / 1000;
    bool typed = number_of(w, update, COLUMN_FUNCID, &funcid);
    bool leased = number_of(w, update, COLUMN_GRABBED, &grabbed);
    bool timed = number_of(w, update, COLUMN_RUN_AFTER, &run_after);
    if (typed && !is_ours(w, (uint64_t)funcid))
        return;
    if (leased && grabbed > now_s)
        return; /* claimed, or renewed */
    if (!typed || !leased || !timed)
        out->unclear = true;
    else if (run_after > now_s)
        note_later(out,
                   (run_after > INT64_MAX / 1000 ? INT64_MAX : run_after * 1000) - now_ms);
    else if (!update || !claimable(w, &w->before, now_s))
        out->due++;
}

/* Names are compared by the database, perhaps without regard to case and by rules that only
 * it knows: what differs beyond ASCII may be ours. */
static bool may_be_service(const struct store_watch *w, const struct binlog_value *v)
{
    size_t len = strlen(w->service);
    if (!v->there || v->null || v->bytes == NULL)
        return true;
    for (size_t i = 0; i < v->len; i++) {
        if (v->bytes[i] >= 0x80)
            return true;
    }
    return v->len >= len && strncasecmp((const char *)v->bytes, w->service, len) == 0 &&
           strspn((const char *)v->bytes + len, " ") >= v->len - len;
}

static void take_param(struct store_watch *w, enum binlog_kind kind,
                       struct store_change *out)
{
    if ((kind != BINLOG_INSERT && may_be_service(w, value(w, &w->before, COLUMN_CLASS))) ||
        (kind == BINLOG_INSERT && may_be_service(w, value(w, &w->after, COLUMN_CLASS))) ||
        (kind == BINLOG_UPDATE && may_be_service(w, value(w, &w->after, COLUMN_CLASS))))
        out->params = true;
}

static void take_rows(struct store_watch *w, enum table table,
                      const struct binlog_event *event, struct store_change *out)
{
    struct binlog_rows rows;
    int rc = event->kind == BINLOG_PACKED || !w->readable[table]
                 ? -1
                 : binlog_rows_begin(event, &w->layout[table], &rows);
    int64_t now_ms = server_ms(w, event->time);
    while (rc == 0 && (rc = binlog_rows_next(&rows, &w->before, &w->after)) == 0) {
        if (table == TABLE_JOB)
            take_job(w, event->kind == BINLOG_UPDATE, now_ms, out);
        else
            take_param(w, event->kind, out);
    }
    if (rc < 0)
        out->unclear = true;
}

/* ---- events ---- */

static bool same(const char *name, size_t len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

static int take_table(struct store_watch *w, const struct binlog_event *event,
                      struct store_change *out, struct helios_error *err)
{
    struct binlog_table table;
    struct binlog_layout layout;
    if (binlog_table_read(event, &table) != 0)
        return err_set(err, HELIOS_E_DATA, "binary log: a malformed event");
    bool ours = same(table.database, table.database_len, w->database);
    out->ours = ours;
    out->registration = ours && same(table.name, table.name_len, REGISTRY);
    for (size_t i = 0; i < TABLES; i++) {
        if (!ours || !same(table.name, table.name_len, w->tables[i])) {
            w->known[i] = w->known[i] && w->layout[i].table_id != event->table_id;
            continue;
        }
        w->readable[i] = binlog_layout_read(event, &table, &layout) == 0;
        w->known[i] = true;
        w->layout[i].table_id = event->table_id;
        if (!w->readable[i])
            continue;
        if (layout.count != w->width[i]) {
            (void)err_set(err, HELIOS_E_DATA, "table %s was altered", w->tables[i]);
            return 1; /* the places of its columns are those of the old one */
        }
        w->layout[i] = layout;
    }
    return 0;
}

static int take_event(struct store_watch *w, const struct binlog_event *event,
                      struct store_change *out, struct helios_error *err)
{
    if (event->kind == BINLOG_TABLE)
        return take_table(w, event, out, err);
    if (event->kind < BINLOG_INSERT)
        return 0;
    for (size_t i = 0; i < TABLES; i++) {
        if (!w->known[i] || w->layout[i].table_id != event->table_id)
            continue;
        if (i != TABLE_FUNCMAP) {
            if (i != TABLE_JOB || event->kind != BINLOG_DELETE)
                take_rows(w, (enum table)i, event, out);
        } else if (w->incomplete) {
            (void)err_set(err, HELIOS_E_NOT_FOUND, "a jobtype came to be");
            return 1;
        }
    }
    return 0;
}

static int next_event(struct store_watch *w, struct store_change *out,
                      struct helios_error *err)
{
    const uint8_t *bytes;
    struct binlog_event event;
    if (db_dump_next(store_db(w->store), &bytes, &out->bytes, err) != 0)
        return err->kind == HELIOS_E_LIMIT ? 1 : -1;
    if (binlog_event_read(&w->stream, bytes, out->bytes, &event) != 0)
        return err_set(err, HELIOS_E_DATA, "binary log: a malformed event");
    /* Ids of tables begin anew with a file. */
    if (event.kind == BINLOG_FORMAT)
        memset(w->known, 0, sizeof w->known);
    return take_event(w, &event, out, err);
}

static int next_change(struct store_watch *w, struct store_change *out,
                       struct helios_error *err)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n;
    while ((n = read(w->inotify, events, sizeof events)) > 0) {
        const struct inotify_event *event = (const struct inotify_event *)(void *)events;
        out->bytes += (size_t)n;
        if ((event->mask & (IN_DELETE_SELF | IN_IGNORED)) != 0) {
            (void)err_set(err, HELIOS_E_NOT_FOUND, "a file of the database was replaced");
            return 1;
        }
    }
    uint64_t number = db_change_number(store_db(w->store));
    out->unclear = out->ours = number != w->number;
    w->number = number;
    return 0;
}

int store_watch_next(struct store_watch *w, struct store_change *out,
                     struct helios_error *err)
{
    *out = (struct store_change){.next_ms = -1};
    return w->inotify >= 0 ? next_change(w, out, err) : next_event(w, out, err);
}
