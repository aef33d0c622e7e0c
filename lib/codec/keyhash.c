/* SPDX-License-Identifier: MIT */
#include "codec/keyhash.h"

#include <string.h>

struct sip {
    uint64_t a, b, c, d;
};

static uint64_t turn(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static void mix(struct sip *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = turn(s->b, 13) ^ s->a;
    s->d = turn(s->d, 16) ^ s->c;
    s->a = turn(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = turn(s->b, 17) ^ s->c;
    s->d = turn(s->d, 21) ^ s->a;
    s->c = turn(s->c, 32);
}

static void word(struct sip *s, uint64_t w)
{
    s->d ^= w;
    mix(s);
    s->a ^= w;
}

uint32_t keyhash(const uint64_t *seed, const char *key, size_t len)
{
    struct sip s = {.a = seed[0] ^ 0x736f6d6570736575,
                    .b = seed[1] ^ 0x646f72616e646f6d,
                    .c = seed[0] ^ 0x6c7967656e657261,
                    .d = seed[1] ^ 0x7465646279746573};
    uint64_t w;
    size_t at = 0;
    for (; len - at >= 8; at += 8) {
        memcpy(&w, key + at, 8);
        word(&s, w);
    }
    w = 0;
    if (at < len)
        memcpy(&w, key + at, len - at);
    word(&s, w | (uint64_t)len << 56);
    s.c ^= 0xff;
    for (int i = 0; i < 3; i++)
        mix(&s);
    return (uint32_t)(s.a ^ s.b ^ s.c ^ s.d);
}
