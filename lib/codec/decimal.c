/* SPDX-License-Identifier: MIT */
#include "codec/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_digits(const char *text, size_t len, uint64_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (!digit(text[i]) || __builtin_mul_overflow(n, 10u, &n) ||
            __builtin_add_overflow(n, (uint64_t)(text[i] - '0'), &n))
            return false;
    }
    *out = n;
    return len > 0;
}

static bool has_sign(const char *text, size_t len)
{
    return len > 0 && (text[0] == '-' || text[0] == '+');
}

bool decimal_int(const char *text, size_t len, int64_t *out)
{
    size_t sign = has_sign(text, len);
    bool negative = sign == 1 && text[0] == '-';
    uint64_t n;
    if (!read_digits(text + sign, len - sign, &n) || n > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - n) : (int64_t)n;
    return true;
}

bool decimal_uint(const char *text, size_t len, uint64_t *out)
{
    size_t sign = has_sign(text, len);
    uint64_t n;
    if (!read_digits(text + sign, len - sign, &n) || (n > 0 && sign == 1 && text[0] == '-'))
        return false;
    *out = n;
    return true;
}

static size_t skip_digits(const char *text, size_t len, size_t at)
{
    while (at < len && digit(text[at]))
        at++;
    return at;
}

/* [sign] digits [. digits] [e [sign] digits], with a digit before or after the point. */
static bool is_number(const char *text, size_t len)
{
    size_t start = has_sign(text, len);
    size_t at = skip_digits(text, len, start);
    size_t digits = at - start;
    if (at < len && text[at] == '.') {
        size_t fraction = skip_digits(text, len, at + 1);
        digits += fraction - at - 1;
        at = fraction;
    }
    if (digits == 0)
        return false;
    if (at < len && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += has_sign(text + at, len - at);
        size_t end = skip_digits(text, len, at);
        if (end == at)
            return false;
        at = end;
    }
    return at == len;
}

/* NULL only if the C library has no "C" locale, which it must have. */
static locale_t c_locale(void)
{
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

bool decimal_double(const char *text, size_t len, double *out)
{
    if (!is_number(text, len))
        return false;
    locale_t c = c_locale();
    if (c == (locale_t)0)
        return false;
    double d = strtod_l(text, NULL, c);
    freelocale(c);
    if (!isfinite(d))
        return false;
    *out = d;
    return true;
}

/* With so many significant digits, or more while the text reads back to another number, up
 * to `most`. */
static void write_digits(double d, int digits, int most, char out[DECIMAL_DOUBLE_SIZE])
{
    if (!isfinite(d)) {
        (void)snprintf(out, DECIMAL_DOUBLE_SIZE, "%s",
                       isnan(d) ? "NaN"
                       : d < 0  ? "-Inf"
                                : "Inf");
        return;
    }
    locale_t c = c_locale();
    locale_t before = uselocale(c);
    do
        (void)snprintf(out, DECIMAL_DOUBLE_SIZE, "%.*g", digits, d);
    while (++digits <= most && strtod(out, NULL) != d);
    (void)uselocale(before);
    if (c != (locale_t)0)
        freelocale(c);
}

void decimal_from_double(double d, char out[DECIMAL_DOUBLE_SIZE])
{
    write_digits(d, 15, 15, out);
}

void decimal_exact(double d, char out[DECIMAL_DOUBLE_SIZE])
{
    write_digits(d, 15, 17, out);
}
