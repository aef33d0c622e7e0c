/* SPDX-License-Identifier: MIT */
#ifndef CODEC_STORABLE_H
#define CODEC_STORABLE_H

#include "codec/value.h"
#include "core/buf.h"

/* Perl's Storable images as thaw() reads and nfreeze() writes them (theschwartz.md section
 * 5). */

/* Whether the first bytes are a header that thaw() would take for an image. */
bool storable_sniff(const void *data, size_t len);

enum storable_result {
    STORABLE_OK = 0,
    STORABLE_NOT_IMAGE = 1, /* no header of an image */
    STORABLE_FOREIGN = 2,   /* native image of another machine */
    STORABLE_TRUNCATED = 3, /* an image that ends early */
    STORABLE_REFUSED = 4    /* an image with content that is refused; `err` says which */
};
/* Decodes one image. `*consumed` (may be NULL) is where it ended. On anything but OK `*out`
 * is NULL and `err` has one sentence with the offset. The root of `[1]` is a LIST; of
 * `\"x"` a REF. */
enum storable_result storable_decode(struct value_arena *arena, const void *data,
                                     size_t len, struct helios_value **out,
                                     size_t *consumed, struct helios_error *err);

/* Writes a network-order image that every Perl from 5.8 on reads (5.10); keys sorted. */
int storable_encode(const struct helios_value *root, struct buf *out,
                    struct helios_error *err);

/* The image of a list of one byte string: what Perl Helios stores for its XML. */
void storable_wrap_text(const void *text, size_t len, struct buf *out);

#endif
