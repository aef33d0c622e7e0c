/* SPDX-License-Identifier: MIT */
#ifndef HELIOS_ARGS_H
#define HELIOS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One node of a tree of job arguments. Trees are built by the decoders, never change
 * afterwards, and belong to the job (or whatever produced them): every pointer obtained
 * from a value lives as long as its tree. All accessors accept NULL as "no value". */
struct helios_value;

enum helios_value_type {
    HELIOS_NULL, /* undefined: Perl undef, JSON null, an empty XML element */
    HELIOS_BOOL, /* JSON and recent Storable only */
    HELIOS_INT,  /* fits int64_t */
    HELIOS_UINT, /* above INT64_MAX */
    HELIOS_DOUBLE,
    HELIOS_BYTES, /* a Perl byte string: octets, usually UTF-8 */
    HELIOS_TEXT,  /* a character string: valid UTF-8 */
    HELIOS_LIST,
    HELIOS_MAP, /* keys in the order of the input, each once */
    HELIOS_REF  /* a reference to a scalar or to a reference (Storable only) */
};

HELIOS_API enum helios_value_type helios_value_type(const struct helios_value *v);

/* The octets of BYTES and TEXT, followed by a NUL that `*len` does not count; NULL for
 * other types. `len` may be NULL. */
HELIOS_API const char *helios_value_text(const struct helios_value *v, size_t *len);

/* The number in INT, UINT and BOOL, or in BYTES and TEXT holding exactly one decimal
 * integer (Perl programs store large numbers as text). False if there is none or it does
 * not fit. */
HELIOS_API bool helios_value_int(const struct helios_value *v, int64_t *out);
HELIOS_API bool helios_value_uint(const struct helios_value *v, uint64_t *out);

/* As helios_value_int, for any number. */
HELIOS_API bool helios_value_double(const struct helios_value *v, double *out);

/* Elements of LIST, pairs of MAP, 1 for REF; 0 for everything else. */
HELIOS_API size_t helios_value_count(const struct helios_value *v);

/* Element or pair number `i`, counted from 0; the target for REF and 0. NULL outside. */
HELIOS_API const struct helios_value *helios_value_at(const struct helios_value *v,
                                                      size_t i);

/* Key number `i` of a MAP with its length (keys may hold NUL); NULL outside. */
HELIOS_API const char *helios_value_key(const struct helios_value *v, size_t i,
                                        size_t *len);

/* The value of `key` in a MAP, or NULL; NULL is no key. */
HELIOS_API const struct helios_value *helios_value_get(const struct helios_value *v,
                                                       const char *key);

/* The Perl class of a blessed thing, or NULL. An annotation only. */
HELIOS_API const char *helios_value_class(const struct helios_value *v);

#ifdef __cplusplus
}
#endif

#endif
