/* SPDX-License-Identifier: MIT */
#ifndef CODEC_DECIMAL_H
#define CODEC_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers as text, the same in every locale. Nothing may stand around the number; what does
 * not fit is no number. */
bool decimal_int(const char *text, size_t len, int64_t *out);
bool decimal_uint(const char *text, size_t len, uint64_t *out);
/* Also with a fraction and an exponent; not "inf", "nan" or hexadecimal. `text[len]` is a
 * NUL. */
bool decimal_double(const char *text, size_t len, double *out);

#define DECIMAL_DOUBLE_SIZE 40
/* As Perl writes a number: 15 significant digits, "Inf", "NaN". */
void decimal_from_double(double d, char out[DECIMAL_DOUBLE_SIZE]);
/* With as many digits, 15 to 17, as it takes to read back to the same number. */
void decimal_exact(double d, char out[DECIMAL_DOUBLE_SIZE]);

#endif
