/* SPDX-License-Identifier: MIT */
#ifndef CODEC_KEYHASH_H
#define CODEC_KEYHASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 of `key` under the secret `seed[2]`: who does not know the seed cannot choose
 * keys that collide. */
uint32_t keyhash(const uint64_t *seed, const char *key, size_t len);

#endif
