/* SPDX-License-Identifier: MIT */
#ifndef CODEC_STORABLE_OP_H
#define CODEC_STORABLE_OP_H

/* The opcodes of an image (theschwartz.md 5.5). */
enum storable_op {
    OP_OBJECT = 0,
    OP_LSCALAR = 1,
    OP_ARRAY = 2,
    OP_HASH = 3,
    OP_REF = 4,
    OP_UNDEF = 5,
    OP_INTEGER = 6,
    OP_DOUBLE = 7,
    OP_BYTE = 8,
    OP_NETINT = 9,
    OP_SCALAR = 10,
    OP_TIED_ARRAY = 11,
    OP_TIED_HASH = 12,
    OP_TIED_SCALAR = 13,
    OP_SV_UNDEF = 14,
    OP_SV_YES = 15,
    OP_SV_NO = 16,
    OP_BLESS = 17,
    OP_IX_BLESS = 18,
    OP_HOOK = 19,
    OP_OVERLOAD = 20,
    OP_TIED_KEY = 21,
    OP_TIED_IDX = 22,
    OP_UTF8STR = 23,
    OP_LUTF8STR = 24,
    OP_FLAG_HASH = 25,
    OP_CODE = 26,
    OP_WEAKREF = 27,
    OP_WEAKOVERLOAD = 28,
    OP_VSTRING = 29,
    OP_LVSTRING = 30,
    OP_SVUNDEF_ELEM = 31,
    OP_REGEXP = 32,
    OP_LOBJECT = 33,
    OP_BOOLEAN_TRUE = 34,
    OP_BOOLEAN_FALSE = 35
};

#define KEY_UTF8        0x01u
#define KEY_WAS_UTF8    0x02u /* characters, stored as Latin-1 */
#define KEY_IS_OBJECT   0x08u
#define KEY_PLACEHOLDER 0x10u /* permitted, but not there */

#define HEADER_NETWORK 0x05
#define HEADER_NATIVE  0x04
#define HEADER_MINOR   0x0b /* what Perls from 5.28 on write */

#endif
