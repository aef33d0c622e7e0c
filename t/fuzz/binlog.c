/* SPDX-License-Identifier: MIT */
#include "db/binlog.h"

#include <stdlib.h>

/* Events one after the other, each with its length in front, four bytes. Rows are read by
 * the columns of the last table, whatever table they say that they are of. Every byte of
 * every value is touched. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned touched;

static void touch(const struct binlog_image *image, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct binlog_value *v = &image->value[i];
        for (size_t k = 0; v->there && !v->null && v->bytes != NULL && k < v->len; k++)
            touched += v->bytes[k];
    }
}

static void read_rows(struct binlog_event *event, const struct binlog_layout *layout)
{
    static struct binlog_image before, after;
    struct binlog_rows rows;
    event->table_id = layout->table_id;
    if (binlog_rows_begin(event, layout, &rows) != 0)
        return;
    for (size_t left = rows.left; binlog_rows_next(&rows, &before, &after) == 0;
         left = rows.left) {
        if (rows.left >= left)
            abort();
        if (rows.kind != BINLOG_INSERT)
            touch(&before, layout->count);
        if (rows.kind != BINLOG_DELETE)
            touch(&after, layout->count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct binlog_stream stream = {0};
    struct binlog_layout layout = {.count = 0};
    while (size >= 4) {
        size_t len = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;
        struct binlog_event event;
        struct binlog_table table;
        data += 4;
        size -= 4;
        len = len < size ? len : size;
        if (binlog_event_read(&stream, data, len, &event) == 0) {
            if (event.kind == BINLOG_TABLE && binlog_table_read(&event, &table) == 0) {
                struct binlog_layout next;
                if (binlog_layout_read(&event, &table, &next) == 0)
                    layout = next;
            } else if (event.kind >= BINLOG_INSERT && layout.count > 0) {
                read_rows(&event, &layout);
            }
        }
        data += len;
        size -= len;
    }
    return 0;
}
