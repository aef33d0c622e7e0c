/* SPDX-License-Identifier: MIT */
#include "db/binlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

/* The files of data/binlog were recorded from MariaDB 10.11 while it ran the same
 * statements with binlog_row_image FULL and checksums, and with MINIMAL and none. Each
 * event has its length in front, four bytes. */
struct file {
    uint8_t *bytes;
    size_t len;
};

static struct file load(const char *name)
{
    char path[4096];
    struct file file = {NULL, 0};
    (void)snprintf(path, sizeof path, "%s/binlog/%s", HELIOS_TEST_DATA, name);
    FILE *in = fopen(path, "re");
    if (in == NULL)
        fail_msg("%s cannot be read", path);
    file.bytes = malloc(65536);
    assert_non_null(file.bytes);
    file.len = fread(file.bytes, 1, 65536, in);
    assert_int_equal(fclose(in), 0);
    return file;
}

static size_t length_at(const uint8_t *at)
{
    return at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

static void put_value(struct buf *out, size_t i, const struct binlog_value *v)
{
    if (!v->there)
        return;
    buf_printf(out, " %zu=", i);
    if (v->null)
        buf_puts(out, "NULL");
    else if (v->bytes == NULL)
        buf_printf(out, "%" PRIu64, v->number);
    else if (v->len > 8)
        buf_printf(out, "(%zu)", v->len);
    else
        for (size_t k = 0; k < v->len; k++)
            buf_printf(out, v->bytes[k] >= ' ' && v->bytes[k] < 127 ? "%c" : "<%02x>",
                       v->bytes[k]);
}

static void put_image(struct buf *out, const char *word, const struct binlog_image *image,
                      size_t count)
{
    buf_puts(out, word);
    for (size_t i = 0; i < count; i++)
        put_value(out, i, &image->value[i]);
}

static int put_rows(struct buf *out, const struct binlog_event *event,
                    const struct binlog_layout *layout)
{
    static const char *const words[] = {
        [BINLOG_INSERT] = "insert", [BINLOG_UPDATE] = "update", [BINLOG_DELETE] = "delete"};
    static struct binlog_image before, after;
    struct binlog_rows rows;
    int rc = binlog_rows_begin(event, layout, &rows);
    while (rc == 0 && (rc = binlog_rows_next(&rows, &before, &after)) == 0) {
        buf_puts(out, words[event->kind]);
        if (event->kind != BINLOG_INSERT)
            put_image(out, " was", &before, layout->count);
        if (event->kind != BINLOG_DELETE)
            put_image(out, " is", &after, layout->count);
        buf_putc(out, '\n');
    }
    return rc < 0 ? -1 : 0;
}

/* One event; what cannot be read is said. */
static void put_event(struct buf *out, struct binlog_stream *stream,
                      struct binlog_layout *layout, const uint8_t *bytes, size_t len)
{
    struct binlog_event event;
    struct binlog_table table;
    int rc = binlog_event_read(stream, bytes, len, &event);
    if (rc == 0 && event.kind == BINLOG_TABLE) {
        rc = binlog_table_read(&event, &table);
        if (rc == 0)
            rc = binlog_layout_read(&event, &table, layout);
        if (rc == 0)
            buf_printf(out, "table %.*s.%.*s of %zu\n", (int)table.database_len,
                       table.database, (int)table.name_len, table.name, layout->count);
    } else if (rc == 0 && event.kind >= BINLOG_INSERT && event.kind <= BINLOG_DELETE) {
        rc = put_rows(out, &event, layout);
    }
    if (rc != 0)
        buf_puts(out, "malformed\n");
}

static void describe(const char *name, struct buf *out)
{
    struct file file = load(name);
    struct binlog_stream stream = {0};
    struct binlog_layout layout = {.count = 0};
    for (size_t at = 0; at < file.len;) {
        size_t len = length_at(file.bytes + at);
        put_event(out, &stream, &layout, file.bytes + at + 4, len);
        at += 4 + len;
    }
    free(file.bytes);
}

/* What the files say was compared by eye with the statements and the log's documentation.
 */
static void recorded(void **state)
{
    (void)state;
    static const char *const files[][2] = {{"full.events", "full.txt"},
                                           {"minimal.events", "minimal.txt"}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct buf text = BUF_INIT;
        struct file expected = load(files[i][1]);
        describe(files[i][0], &text);
        if (text.len != expected.len ||
            memcmp(buf_text(&text), expected.bytes, text.len) != 0)
            fail_msg("%s is not read as %s says, but:\n%s", files[i][0], files[i][1],
                     buf_text(&text));
        buf_fini(&text);
        free(expected.bytes);
    }
}

/* An event that ends too soon is malformed or has fewer rows; nothing is read behind its
 * end, which the allocation shows to the sanitizers. */
static void cut_short(void **state)
{
    (void)state;
    struct file file = load("full.events");
    struct binlog_stream stream = {0};
    struct binlog_layout layout = {.count = 0};
    for (size_t at = 0; at < file.len;) {
        size_t len = length_at(file.bytes + at);
        for (size_t n = 0; n < len; n++) {
            struct binlog_stream stream_cut = stream;
            struct binlog_layout layout_cut = layout;
            struct buf text = BUF_INIT;
            uint8_t *cut = malloc(n + 1);
            assert_non_null(cut);
            memcpy(cut + 1, file.bytes + at + 4, n);
            put_event(&text, &stream_cut, &layout_cut, cut + 1, n);
            buf_fini(&text);
            free(cut);
        }
        struct buf text = BUF_INIT;
        put_event(&text, &stream, &layout, file.bytes + at + 4, len);
        buf_fini(&text);
        at += 4 + len;
    }
    free(file.bytes);
}

/* Lengths, counts and types that no server writes. */
static void hostile(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        const uint8_t body[32];
        size_t len;
    } tables[] = {
        {"a database's name beyond the end",
         "\1\0\0\0\0\0\1\0\xff"
         "db",
         11},
        {"no columns", "\1\0\0\0\0\0\1\0\1d\0\1t\0\0\0", 16},
        {"65 columns", "\1\0\0\0\0\0\1\0\1d\0\1t\0\x41\3\3", 17},
        {"a count of 2^64-1",
         "\1\0\0\0\0\0\1\0\1d\0\1t\0\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 23},
        {"a count that is NULL", "\1\0\0\0\0\0\1\0\1d\0\1t\0\xfb\3\0", 17},
        {"a type that is not known", "\1\0\0\0\0\0\1\0\1d\0\1t\0\1\xc8\0\0", 18},
        {"metadata that is too short", "\1\0\0\0\0\0\1\0\1d\0\1t\0\1\x0f\1\5", 18},
        {"metadata of 2^24 bytes", "\1\0\0\0\0\0\1\0\1d\0\1t\0\1\x0f\xfd\xff\xff\xff", 20},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        uint8_t bytes[19 + 32] = {0};
        struct binlog_stream stream = {0};
        struct binlog_event event;
        struct binlog_table table;
        struct binlog_layout layout;
        bytes[4] = 19;
        memcpy(bytes + 19, tables[i].body, tables[i].len);
        assert_int_equal(binlog_event_read(&stream, bytes, 19 + tables[i].len, &event), 0);
        if (binlog_table_read(&event, &table) == 0 &&
            binlog_layout_read(&event, &table, &layout) == 0)
            fail_msg("%s should be refused", tables[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded), cmocka_unit_test(cut_short), cmocka_unit_test(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
