/* SPDX-License-Identifier: MIT */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/version.h>

/* A growing run of bytes. `data[len]` is always a NUL (data is never NULL after BUF_INIT's
 * first append; buf_text() is "" before). When memory runs out `failed` is set, further
 * appends do nothing, and the owner checks once at the end. */
struct buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};
#define BUF_INIT                                                                           \
    {                                                                                      \
        .data = NULL                                                                       \
    }

void buf_fini(struct buf *b);  /* frees; leaves BUF_INIT */
void buf_clear(struct buf *b); /* empties, keeps the memory */
void buf_append(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) HELIOS_PRINTF(2, 3);
const char *buf_text(const struct buf *b);
/* Hands the memory over (free() it) and leaves BUF_INIT; NULL if `failed`. */
char *buf_steal(struct buf *b, size_t *len);

#endif
