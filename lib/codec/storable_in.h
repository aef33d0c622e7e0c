/* SPDX-License-Identifier: MIT */
#ifndef CODEC_STORABLE_IN_H
#define CODEC_STORABLE_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/storable.h"

/* The bytes of an image and how far they have been read. The first failure is kept: every
 * later read fails too and changes nothing, so that a caller may check once for several. */
struct storable_in {
    const unsigned char *data;
    size_t len;
    size_t at;
    bool native; /* lengths are little-endian, doubles and wide integers allowed */
    enum storable_result result;
    struct helios_error *err;
};

enum storable_result storable_in_header(struct storable_in *in);

size_t storable_in_left(const struct storable_in *in);
uint8_t storable_in_byte(struct storable_in *in);
uint32_t storable_in_be32(struct storable_in *in);
uint64_t storable_in_le64(struct storable_in *in);
/* A length or count in the order of the image; what Perl would take as negative fails. */
uint32_t storable_in_len(struct storable_in *in);
/* The next `len` bytes, or NULL. */
const char *storable_in_bytes(struct storable_in *in, size_t len);

/* These return false. */
bool storable_in_refuse(struct storable_in *in, const char *why);
bool storable_in_truncated(struct storable_in *in);

#endif
