/* SPDX-License-Identifier: MIT */
#include "db/binlog.h"

#include <string.h>

#define HEADER_LEN    19u
#define CHECKSUM_LEN  4u
#define CHECKSUM_NONE 0u
/* Of a FORMAT event: version of the log, of the server, time, length of headers. */
#define FORMAT_LEN   57u
#define ROWS_HEADER  8u /* table, flags */
#define EXTRA_LEN    2u /* of rows of version 2, at the least */
#define SCALE_DIGITS 9u

/* Types of events. */
enum {
    EVENT_FORMAT = 15,
    EVENT_TABLE = 19,
    EVENT_INSERT_1 = 23,
    EVENT_UPDATE_1 = 24,
    EVENT_DELETE_1 = 25,
    EVENT_INSERT_2 = 30,
    EVENT_UPDATE_2 = 31,
    EVENT_DELETE_2 = 32,
    EVENT_PARTIAL_UPDATE = 39, /* of JSON columns */
    EVENT_PACKED_FIRST = 166,
    EVENT_PACKED_LAST = 171
};

/* Types of columns. */
enum {
    TYPE_TINY = 1,
    TYPE_SHORT = 2,
    TYPE_LONG = 3,
    TYPE_FLOAT = 4,
    TYPE_DOUBLE = 5,
    TYPE_NULL = 6,
    TYPE_TIMESTAMP = 7,
    TYPE_LONGLONG = 8,
    TYPE_INT24 = 9,
    TYPE_DATE = 10,
    TYPE_TIME = 11,
    TYPE_DATETIME = 12,
    TYPE_YEAR = 13,
    TYPE_NEWDATE = 14,
    TYPE_VARCHAR = 15,
    TYPE_BIT = 16,
    TYPE_TIMESTAMP2 = 17,
    TYPE_DATETIME2 = 18,
    TYPE_TIME2 = 19,
    TYPE_JSON = 245,
    TYPE_NEWDECIMAL = 246,
    TYPE_ENUM = 247,
    TYPE_SET = 248,
    TYPE_BLOB = 252,
    TYPE_VAR_STRING = 253,
    TYPE_STRING = 254,
    TYPE_GEOMETRY = 255
};

/* What is left to read. Once too short it stays so. */
struct bytes {
    const uint8_t *at;
    size_t left;
    bool failed;
};

static const uint8_t *take(struct bytes *b, size_t n)
{
    const uint8_t *at = b->at;
    if (b->failed || n > b->left) {
        b->failed = true;
        return NULL;
    }
    b->at += n;
    b->left -= n;
    return at;
}

/* A little-endian number of at most 8 bytes. */
static uint64_t number(const uint8_t *at, size_t n)
{
    uint64_t value = 0;
    while (n-- > 0)
        value = value << 8 | at[n];
    return value;
}

static uint64_t take_number(struct bytes *b, size_t n)
{
    const uint8_t *at = take(b, n);
    return at == NULL ? 0 : number(at, n);
}

/* A number of 1, 3, 4 or 9 bytes. */
static uint64_t take_packed(struct bytes *b)
{
    uint64_t first = take_number(b, 1);
    switch (first) {
    case 251: /* NULL, which no number of these may be */
    case 255:
        b->failed = true;
        return 0;
    case 252:
        return take_number(b, 2);
    case 253:
        return take_number(b, 3);
    case 254:
        return take_number(b, 8);
    default:
        return first;
    }
}

static size_t bitmap_len(size_t bits)
{
    return (bits + 7) / 8;
}

static bool bit(const uint8_t *bitmap, size_t i)
{
    return (bitmap[i / 8] >> (i % 8) & 1) != 0;
}

/* ---- events ---- */

static enum binlog_kind kind_of(unsigned type)
{
    switch (type) {
    case EVENT_FORMAT:
        return BINLOG_FORMAT;
    case EVENT_TABLE:
        return BINLOG_TABLE;
    case EVENT_INSERT_1:
    case EVENT_INSERT_2:
        return BINLOG_INSERT;
    case EVENT_UPDATE_1:
    case EVENT_UPDATE_2:
        return BINLOG_UPDATE;
    case EVENT_DELETE_1:
    case EVENT_DELETE_2:
        return BINLOG_DELETE;
    case EVENT_PARTIAL_UPDATE:
        return BINLOG_PACKED;
    default:
        return type >= EVENT_PACKED_FIRST && type <= EVENT_PACKED_LAST ? BINLOG_PACKED
                                                                       : BINLOG_OTHER;
    }
}

static bool of_table(enum binlog_kind kind)
{
    return kind >= BINLOG_TABLE;
}

/* Which checksum the events of this file have stands before the checksum of this one, which
 * is there whether they have any or not. */
static int learn_format(struct binlog_stream *stream, const struct binlog_event *event)
{
    if (event->len < FORMAT_LEN + 1 + CHECKSUM_LEN)
        return -1;
    uint8_t algorithm = event->body[event->len - CHECKSUM_LEN - 1];
    stream->trailer = algorithm == CHECKSUM_NONE ? 0 : CHECKSUM_LEN;
    return 0;
}

static int read_table_id(unsigned type, struct binlog_event *out)
{
    struct bytes b = {out->body, out->len, false};
    out->table_id = take_number(&b, ROWS_HEADER - 2);
    (void)take(&b, 2); /* flags */
    if (type >= EVENT_INSERT_2 && type <= EVENT_PARTIAL_UPDATE) {
        uint64_t extra = take_number(&b, EXTRA_LEN);
        if (extra < EXTRA_LEN)
            return -1;
        (void)take(&b, extra - EXTRA_LEN);
    }
    out->rest = b.at;
    out->rest_len = b.left;
    return b.failed ? -1 : 0;
}

int binlog_event_read(struct binlog_stream *stream, const uint8_t *bytes, size_t len,
                      struct binlog_event *out)
{
    *out = (struct binlog_event){.kind = BINLOG_OTHER};
    if (len < HEADER_LEN)
        return -1;
    unsigned type = bytes[4];
    out->kind = kind_of(type);
    out->time = (uint32_t)number(bytes, 4);
    out->body = bytes + HEADER_LEN;
    out->len = len - HEADER_LEN;
    if (out->kind == BINLOG_FORMAT)
        return learn_format(stream, out);
    if (!of_table(out->kind))
        return 0;
    if (out->len < stream->trailer)
        return -1;
    out->len -= stream->trailer;
    return read_table_id(type, out);
}

/* ---- tables ---- */

static const char *take_name(struct bytes *b, size_t *len)
{
    *len = (size_t)take_number(b, 1);
    const char *name = (const char *)take(b, *len);
    (void)take(b, 1); /* NUL */
    return name;
}

int binlog_table_read(const struct binlog_event *event, struct binlog_table *out)
{
    struct bytes b = {event->rest, event->rest_len, false};
    out->database = take_name(&b, &out->database_len);
    out->name = take_name(&b, &out->name_len);
    out->columns = b.at;
    out->columns_len = b.left;
    return b.failed ? -1 : 0;
}

/* How many bytes of metadata a type has; -1: the type is not known. */
static int meta_len(uint8_t type)
{
    switch (type) {
    case TYPE_TINY:
    case TYPE_SHORT:
    case TYPE_LONG:
    case TYPE_LONGLONG:
    case TYPE_INT24:
    case TYPE_YEAR:
    case TYPE_NULL:
    case TYPE_TIMESTAMP:
    case TYPE_DATE:
    case TYPE_NEWDATE:
    case TYPE_TIME:
    case TYPE_DATETIME:
        return 0;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_TIMESTAMP2:
    case TYPE_DATETIME2:
    case TYPE_TIME2:
    case TYPE_BLOB:
    case TYPE_JSON:
    case TYPE_GEOMETRY:
        return 1;
    case TYPE_VARCHAR:
    case TYPE_VAR_STRING:
    case TYPE_BIT:
    case TYPE_NEWDECIMAL:
    case TYPE_STRING:
    case TYPE_ENUM:
    case TYPE_SET:
        return 2;
    default:
        return -1;
    }
}

int binlog_layout_read(const struct binlog_event *event, const struct binlog_table *table,
                       struct binlog_layout *out)
{
    struct bytes b = {table->columns, table->columns_len, false};
    uint64_t count = take_packed(&b);
    if (b.failed || count == 0 || count > BINLOG_COLUMNS)
        return -1;
    const uint8_t *types = take(&b, count);
    uint64_t metas_len = take_packed(&b);
    struct bytes metas = {take(&b, metas_len), metas_len, false};
    if (types == NULL || b.failed)
        return -1;
    out->table_id = event->table_id;
    out->count = (size_t)count;
    for (size_t i = 0; i < out->count; i++) {
        int n = meta_len(types[i]);
        if (n < 0)
            return -1;
        out->type[i] = types[i];
        out->meta[i] = (uint16_t)take_number(&metas, (size_t)n);
    }
    return metas.failed ? -1 : 0;
}

/* ---- rows ---- */

int binlog_rows_begin(const struct binlog_event *event, const struct binlog_layout *layout,
                      struct binlog_rows *out)
{
    struct bytes b = {event->rest, event->rest_len, false};
    if (event->table_id != layout->table_id || event->kind < BINLOG_INSERT ||
        event->kind > BINLOG_DELETE)
        return -1;
    if (take_packed(&b) != layout->count)
        return -1;
    out->layout = layout;
    out->kind = event->kind;
    out->present = out->present_after = take(&b, bitmap_len(layout->count));
    if (event->kind == BINLOG_UPDATE)
        out->present_after = take(&b, bitmap_len(layout->count));
    out->at = b.at;
    out->left = b.left;
    return b.failed ? -1 : 0;
}

/* Digits of a decimal take 4 bytes for nine, and as few as will do for the rest. */
static size_t digits_len(unsigned digits)
{
    static const uint8_t rest[SCALE_DIGITS] = {0, 1, 1, 2, 2, 3, 3, 4, 4};
    return digits / SCALE_DIGITS * 4 + rest[digits % SCALE_DIGITS];
}

static size_t decimal_len(uint16_t meta)
{
    unsigned precision = meta & 0xffu, scale = meta >> 8;
    return scale > precision ? SIZE_MAX : digits_len(precision - scale) + digits_len(scale);
}

/* Fractions of a second. */
static size_t fraction_len(uint16_t meta)
{
    return (meta + 1u) / 2u;
}

/* The size of a whole number; 0: the type is none. */
static size_t number_len(uint8_t type)
{
    switch (type) {
    case TYPE_TINY:
    case TYPE_YEAR:
        return 1;
    case TYPE_SHORT:
        return 2;
    case TYPE_INT24:
        return 3;
    case TYPE_LONG:
    case TYPE_TIMESTAMP:
        return 4;
    case TYPE_LONGLONG:
        return 8;
    default:
        return 0;
    }
}

/* The size of what is neither a number nor has its length before it; SIZE_MAX: no such. */
static size_t fixed_len(uint8_t type, uint16_t meta)
{
    switch (type) {
    case TYPE_NULL:
        return 0;
    case TYPE_FLOAT:
        return 4;
    case TYPE_DOUBLE:
    case TYPE_DATETIME:
        return 8;
    case TYPE_DATE:
    case TYPE_NEWDATE:
    case TYPE_TIME:
        return 3;
    case TYPE_TIMESTAMP2:
        return 4 + fraction_len(meta);
    case TYPE_DATETIME2:
        return 5 + fraction_len(meta);
    case TYPE_TIME2:
        return 3 + fraction_len(meta);
    case TYPE_BIT:
        return (meta >> 8) + ((meta & 0xffu) != 0 ? 1u : 0u);
    case TYPE_NEWDECIMAL:
        return decimal_len(meta);
    case TYPE_ENUM:
    case TYPE_SET:
        return meta >> 8;
    default:
        return SIZE_MAX;
    }
}

/* How many bytes before a text or blob tell its length; 0: the type is neither. */
static size_t prefix_len(uint8_t type, uint16_t meta)
{
    switch (type) {
    case TYPE_VARCHAR:
    case TYPE_VAR_STRING:
        return meta > 255 ? 2 : 1;
    case TYPE_BLOB:
    case TYPE_JSON:
    case TYPE_GEOMETRY:
        return meta >= 1 && meta <= 4 ? meta : 0;
    default:
        return 0;
    }
}

/* CHAR, ENUM and SET share a type: the first byte of the metadata tells which, and has two
 * bits of a CHAR's length, inverted. */
static void resolve_string(uint8_t *type, uint16_t *meta)
{
    uint8_t first = (uint8_t)(*meta & 0xffu), second = (uint8_t)(*meta >> 8);
    if ((first & 0x30u) != 0x30u) {
        *type = TYPE_VARCHAR;
        *meta = (uint16_t)(second | ((first & 0x30u) ^ 0x30u) << 4);
    } else if (first == TYPE_ENUM || first == TYPE_SET) {
        *type = first;
    } else {
        *type = TYPE_VARCHAR;
        *meta = second;
    }
}

static void take_value(struct bytes *b, uint8_t type, uint16_t meta,
                       struct binlog_value *out)
{
    if (type == TYPE_STRING)
        resolve_string(&type, &meta);
    size_t n = number_len(type);
    if (n > 0) {
        out->number = take_number(b, n);
        return;
    }
    n = prefix_len(type, meta);
    out->len = n > 0 ? (size_t)take_number(b, n) : fixed_len(type, meta);
    out->bytes = take(b, out->len);
}

static void take_image(struct bytes *b, const struct binlog_layout *layout,
                       const uint8_t *present, struct binlog_image *out)
{
    size_t there = 0;
    for (size_t i = 0; i < layout->count; i++)
        there += bit(present, i);
    const uint8_t *nulls = take(b, bitmap_len(there));
    for (size_t i = 0, k = 0; i < layout->count && nulls != NULL; i++) {
        struct binlog_value *value = &out->value[i];
        *value = (struct binlog_value){.there = bit(present, i)};
        if (!value->there)
            continue;
        value->null = bit(nulls, k++);
        if (!value->null)
            take_value(b, layout->type[i], layout->meta[i], value);
    }
}

int binlog_rows_next(struct binlog_rows *rows, struct binlog_image *before,
                     struct binlog_image *after)
{
    struct bytes b = {rows->at, rows->left, false};
    if (rows->left == 0)
        return 1;
    if (rows->kind != BINLOG_INSERT)
        take_image(&b, rows->layout, rows->present, before);
    if (rows->kind != BINLOG_DELETE)
        take_image(&b, rows->layout, rows->present_after, after);
    /* A row without a byte would never end. */
    if (b.failed || b.left == rows->left)
        return -1;
    rows->at = b.at;
    rows->left = b.left;
    return 0;
}
