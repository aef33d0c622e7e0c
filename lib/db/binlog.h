/* SPDX-License-Identifier: MIT */
#ifndef DB_BINLOG_H
#define DB_BINLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Events of the binary log of MariaDB (5.3 and later) and MySQL (5.6 and later), taken
 * apart. Pure: no connection, no memory of its own; every byte is taken for hostile.
 * Pointers in what is given point into the event's bytes. */

enum binlog_kind {
    BINLOG_OTHER,
    BINLOG_FORMAT, /* the events that follow are of another file */
    BINLOG_TABLE,  /* what the rows that follow are of */
    BINLOG_INSERT,
    BINLOG_UPDATE,
    BINLOG_DELETE,
    BINLOG_PACKED /* rows, compressed: which they are cannot be told */
};

/* What has to be known of a stream: zero at first. */
struct binlog_stream {
    size_t trailer; /* bytes of checksum behind each event */
};

struct binlog_event {
    enum binlog_kind kind;
    uint32_t time; /* server's clock when its statement began, Unix seconds; 0: none */
    const uint8_t *body; /* behind the header, without checksum */
    size_t len;
    /* of TABLE and rows */
    uint64_t table_id;
    const uint8_t *rest; /* behind what is said here */
    size_t rest_len;
};

/* Reads one event and learns from it about the stream. -1: malformed. */
int binlog_event_read(struct binlog_stream *stream, const uint8_t *bytes, size_t len,
                      struct binlog_event *out);

/* Columns of a table: what it takes to find values in its rows. */
#define BINLOG_COLUMNS 64u
struct binlog_layout {
    uint64_t table_id;
    size_t count;
    uint8_t type[BINLOG_COLUMNS];
    uint16_t meta[BINLOG_COLUMNS];
};

struct binlog_table {
    const char *database, *name; /* not terminated */
    size_t database_len, name_len;
    const uint8_t *columns; /* for binlog_layout_read() */
    size_t columns_len;
};

/* The names in a TABLE event. -1: malformed. */
int binlog_table_read(const struct binlog_event *event, struct binlog_table *out);
/* The columns of a TABLE event whose names were read. -1: malformed, more than
 * BINLOG_COLUMNS, or of a type that is not known. */
int binlog_layout_read(const struct binlog_event *event, const struct binlog_table *table,
                       struct binlog_layout *out);

/* A value in a row. Whole numbers, as unsigned ones, have `number`; texts and blobs
 * `bytes`.
 */
struct binlog_value {
    bool there; /* the row has this column: with binlog_row_image=MINIMAL not all do */
    bool null;
    uint64_t number;
    const uint8_t *bytes;
    size_t len;
};
struct binlog_image {
    struct binlog_value value[BINLOG_COLUMNS];
};

/* The rows of an event, one after the other. */
struct binlog_rows {
    const struct binlog_layout *layout;
    enum binlog_kind kind;
    const uint8_t *present, *present_after; /* bitmaps */
    const uint8_t *at;
    size_t left;
};

/* -1: malformed, or not of this layout. */
int binlog_rows_begin(const struct binlog_event *event, const struct binlog_layout *layout,
                      struct binlog_rows *out);
/* The next row: what it was before (UPDATE, DELETE) and is after (INSERT, UPDATE); the
 * other one is left alone. 0; 1 there is none; -1 malformed. */
int binlog_rows_next(struct binlog_rows *rows, struct binlog_image *before,
                     struct binlog_image *after);

#endif
