/* SPDX-License-Identifier: MIT */
#include "codec/storable_in.h"

#include <string.h>

#include "codec/storable_op.h"
#include "core/err.h"

static enum storable_result fail(struct storable_in *in, enum storable_result result,
                                 const char *why)
{
    if (in->result != STORABLE_OK)
        return in->result;
    in->result = result;
    (void)err_set(in->err, HELIOS_E_INVALID, "Storable image: %s at byte %zu of %zu", why,
                  in->at, in->len);
    return result;
}

bool storable_in_refuse(struct storable_in *in, const char *why)
{
    (void)fail(in, STORABLE_REFUSED, why);
    return false;
}

bool storable_in_truncated(struct storable_in *in)
{
    (void)fail(in, STORABLE_TRUNCATED, "it ends early or declares more than it holds");
    return false;
}

size_t storable_in_left(const struct storable_in *in)
{
    return in->len - in->at;
}

const char *storable_in_bytes(struct storable_in *in, size_t len)
{
    if (in->result != STORABLE_OK)
        return NULL;
    if (len > storable_in_left(in)) {
        (void)storable_in_truncated(in);
        return NULL;
    }
    const char *bytes = (const char *)in->data + in->at;
    in->at += len;
    return bytes;
}

uint8_t storable_in_byte(struct storable_in *in)
{
    const char *byte = storable_in_bytes(in, 1);
    return byte == NULL ? 0 : (uint8_t)*byte;
}

uint32_t storable_in_be32(struct storable_in *in)
{
    const char *bytes = storable_in_bytes(in, 4);
    uint32_t n = 0;
    for (size_t i = 0; bytes != NULL && i < 4; i++)
        n = n << 8 | (uint8_t)bytes[i];
    return n;
}

static uint64_t little_endian(struct storable_in *in, size_t len)
{
    const char *bytes = storable_in_bytes(in, len);
    uint64_t n = 0;
    for (size_t i = len; bytes != NULL && i > 0; i--)
        n = n << 8 | (uint8_t)bytes[i - 1];
    return n;
}

uint64_t storable_in_le64(struct storable_in *in)
{
    return little_endian(in, 8);
}

uint32_t storable_in_len(struct storable_in *in)
{
    uint32_t n = in->native ? (uint32_t)little_endian(in, 4) : storable_in_be32(in);
    if (n <= INT32_MAX)
        return n;
    (void)storable_in_refuse(in, "a length is negative");
    return 0;
}

/* The images of one kind of machine alone can be read: elsewhere the width of an integer is
 * not recorded. */
static enum storable_result native_header(struct storable_in *in, uint8_t minor)
{
    size_t order_len = storable_in_byte(in);
    const char *order = storable_in_bytes(in, order_len);
    const char *sizes = storable_in_bytes(in, minor >= 2 ? 4 : 3);
    if (in->result != STORABLE_OK)
        return in->result;
    if (order_len != 8 || memcmp(order, "12345678", 8) != 0 ||
        memcmp(sizes, "\4\10\10", 3) != 0 || (minor >= 2 && sizes[3] != 8))
        return fail(in, STORABLE_FOREIGN,
                    "native image of another kind of machine (only little-endian 64-bit)");
    in->native = true;
    return STORABLE_OK;
}

enum storable_result storable_in_header(struct storable_in *in)
{
    if (!storable_sniff(in->data, in->len))
        return fail(in, STORABLE_NOT_IMAGE, "no header");
    uint8_t first = storable_in_byte(in);
    uint8_t minor = storable_in_byte(in);
    return first == HEADER_NATIVE ? native_header(in, minor) : in->result;
}

bool storable_sniff(const void *data, size_t len)
{
    const unsigned char *bytes = data;
    return len >= 2 && (bytes[0] == HEADER_NETWORK || bytes[0] == HEADER_NATIVE);
}
