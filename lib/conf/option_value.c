/* SPDX-License-Identifier: MIT */
#include "conf/option.h"

#include <string.h>

/* What Perl's \s matches, whatever the locale. */
static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *text)
{
    while (blank(*text))
        text++;
    return text;
}

int option_number(const char *text, int64_t *out)
{
    const char *at = skip_blanks(text);
    bool negative = *at == '-', too_large = false;
    if (*at == '-' || *at == '+')
        at++;
    if (!digit(*at))
        return -1;
    int64_t value = 0;
    for (; digit(*at); at++)
        too_large = __builtin_mul_overflow(value, 10, &value) ||
                    __builtin_sub_overflow(value, *at - '0', &value) || too_large;
    if (*skip_blanks(at) != '\0')
        return -1;
    /* The sum is negative throughout, for INT64_MIN has no positive counterpart. */
    if (!negative && !too_large)
        too_large = __builtin_sub_overflow((int64_t)0, value, &value);
    *out = !too_large ? value : negative ? INT64_MIN : INT64_MAX;
    return too_large ? 1 : 0;
}

/* What is known of a decimal fraction: it is 1 if all its digits are 0 but one, which is 1
 * and has the power of ten 0. No floating point, whose text form depends on the locale. */
struct decimal {
    long nonzero;    /* digits other than 0 */
    char last;       /* the last of these */
    long last_place; /* and its power of ten */
};

static const char *read_digits(const char *at, long place, struct decimal *d)
{
    for (; digit(*at); at++, place--) {
        if (*at == '0')
            continue;
        d->nonzero++;
        d->last = *at;
        d->last_place = place;
    }
    return at;
}

/* The exponent behind "e"; 0 if there is none. Cut to what cannot matter any more. */
static long read_exponent(const char *at)
{
    if (*at != 'e' && *at != 'E')
        return 0;
    at++;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    long value = 0;
    for (; digit(*at); at++)
        if (value < 100000000)
            value = value * 10 + (*at - '0');
    return negative ? -value : value;
}

bool option_is_one(const char *text)
{
    const char *at = skip_blanks(text);
    if (*at == '+')
        at++;
    long whole = (long)strspn(at, "0123456789");
    struct decimal d = {.nonzero = 0};
    at = read_digits(at, whole - 1, &d);
    if (*at == '.')
        at = read_digits(at + 1, -1, &d);
    return d.nonzero == 1 && d.last == '1' && d.last_place + read_exponent(at) == 0;
}

bool option_switch(const char *text)
{
    return strcmp(text, "off") != 0 && strcmp(text, "0") != 0;
}

int option_choice(const struct option *option, const char *text)
{
    size_t len = strlen(text);
    const char *at = option->choices;
    for (int i = 0;; i++) {
        size_t one = strcspn(at, ",");
        if (one == len && memcmp(at, text, len) == 0)
            return i;
        if (at[one] == '\0')
            return -1;
        at += one + 1;
    }
}
