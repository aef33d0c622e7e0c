/* SPDX-License-Identifier: MIT */
#include "codec/value.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "codec/decimal.h"
#include "codec/keyhash.h"

static void no_value(void **state)
{
    (void)state;
    int64_t i;
    size_t len = 1;
    assert_int_equal(helios_value_type(NULL), HELIOS_NULL);
    assert_null(helios_value_text(NULL, &len));
    assert_int_equal(len, 0);
    assert_false(helios_value_int(NULL, &i));
    assert_int_equal(helios_value_count(NULL), 0);
    assert_null(helios_value_at(NULL, 0));
    assert_null(helios_value_key(NULL, 0, &len));
    assert_null(helios_value_get(NULL, "a"));
    assert_null(helios_value_get(NULL, NULL));
    assert_null(helios_value_class(NULL));
}

static void lists(void **state)
{
    (void)state;
    struct value_arena *a = value_arena_new(NULL);
    struct helios_value *list = value_list(a);
    for (int64_t i = 0; i < 1000; i++)
        assert_true(value_push(a, list, value_int(a, i)));
    assert_int_equal(helios_value_count(list), 1000);
    for (size_t i = 0; i < 1000; i++) {
        int64_t n;
        assert_true(helios_value_int(helios_value_at(list, i), &n));
        assert_int_equal(n, i);
    }
    assert_null(helios_value_at(list, 1000));
    assert_false(value_push(a, list, NULL));
    value_arena_free(a);
}

/* Below, at and above the number of keys that get an index. */
static void maps(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4, 5, 16, 17, 33, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct value_arena *a = value_arena_new(NULL);
        struct helios_value *map = value_map(a);
        char key[32];
        for (int round = 0; round < 2; round++) {
            for (size_t i = 0; i < sizes[s]; i++) {
                int n = snprintf(key, sizeof key, "key %zu", i);
                assert_true(value_put(a, map, key, (size_t)n, true,
                                      value_int(a, (int64_t)i + round * 1000000)));
            }
        }
        assert_int_equal(helios_value_count(map), sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++) {
            int64_t n;
            size_t len;
            (void)snprintf(key, sizeof key, "key %zu", i);
            assert_string_equal(helios_value_key(map, i, &len), key);
            assert_int_equal(len, strlen(key));
            assert_true(helios_value_int(helios_value_get(map, key), &n));
            assert_int_equal(n, i + 1000000);
            assert_ptr_equal(helios_value_at(map, i), helios_value_get(map, key));
        }
        assert_null(helios_value_get(map, "other"));
        assert_null(helios_value_get(map, NULL));
        assert_null(helios_value_key(map, sizes[s], NULL));
        value_arena_free(a);
    }
}

/* Octets and characters are two keys, unless they are ASCII. */
static void key_kinds(void **state)
{
    (void)state;
    struct value_arena *a = value_arena_new(NULL);
    struct helios_value *map = value_map(a);
    assert_true(value_put(a, map, "\xC3\xA9", 2, false, value_int(a, 1)));
    assert_true(value_put(a, map, "\xC3\xA9", 2, true, value_int(a, 2)));
    assert_true(value_put(a, map, "a", 1, false, value_int(a, 3)));
    assert_true(value_put(a, map, "a", 1, true, value_int(a, 4)));
    assert_true(value_put(a, map, "n\0n", 3, false, value_int(a, 5)));
    assert_true(value_put(a, map, "n\0m", 3, false, value_int(a, 6)));
    assert_int_equal(helios_value_count(map), 5);
    int64_t n;
    assert_true(helios_value_int(helios_value_get(map, "\xC3\xA9"), &n));
    assert_int_equal(n, 2);
    assert_true(helios_value_int(value_get(map, "\xC3\xA9", 2, false), &n));
    assert_int_equal(n, 1);
    assert_true(helios_value_int(helios_value_get(map, "a"), &n));
    assert_int_equal(n, 4);
    assert_true(helios_value_int(value_get(map, "n\0m", 3, true), &n));
    assert_int_equal(n, 6);
    value_arena_free(a);
}

static void texts(void **state)
{
    (void)state;
    struct value_arena *a = value_arena_new(NULL);
    size_t len;
    struct helios_value *v = value_bytes(a, "a\0b", 3);
    const char *text = helios_value_text(v, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(text, "a\0b", 4);
    assert_string_equal(helios_value_text(value_text(a, "", 0), &len), "");
    assert_int_equal(len, 0);
    assert_null(helios_value_text(value_int(a, 1), &len));
    value_arena_free(a);
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t i;
        uint64_t u;
        bool is_int;
        bool is_uint;
    } rows[] = {
        {"0", 0, 0, true, true},
        {"-0", 0, 0, true, true},
        {"+7", 7, 7, true, true},
        {"007", 7, 7, true, true},
        {"-1", -1, 0, true, false},
        {"9223372036854775807", INT64_MAX, INT64_MAX, true, true},
        {"9223372036854775808", 0, 9223372036854775808u, false, true},
        {"-9223372036854775808", INT64_MIN, 0, true, false},
        {"-9223372036854775809", 0, 0, false, false},
        {"18446744073709551615", 0, UINT64_MAX, false, true},
        {"18446744073709551616", 0, 0, false, false},
        {"", 0, 0, false, false},
        {"-", 0, 0, false, false},
        {"+-1", 0, 0, false, false},
        {"1 ", 0, 0, false, false},
        {" 1", 0, 0, false, false},
        {"1x", 0, 0, false, false},
        {"0x10", 0, 0, false, false},
        {"1.0", 0, 0, false, false},
        {"1e3", 0, 0, false, false},
    };
    struct value_arena *a = value_arena_new(NULL);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct helios_value *v = value_bytes(a, rows[r].text, strlen(rows[r].text));
        int64_t i = 0;
        uint64_t u = 0;
        if (helios_value_int(v, &i) != rows[r].is_int || i != rows[r].i)
            fail_msg("int of \"%s\": got %lld", rows[r].text, (long long)i);
        if (helios_value_uint(v, &u) != rows[r].is_uint || u != rows[r].u)
            fail_msg("uint of \"%s\": got %llu", rows[r].text, (unsigned long long)u);
    }
    assert_false(helios_value_int(value_bytes(a, "1\0", 2), &(int64_t){0}));
    value_arena_free(a);
}

static void doubles(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        double d;
    } rows[] = {
        {"0", true, 0},      {"1.5", true, 1.5},  {"-1.5e3", true, -1500},
        {".5", true, .5},    {"5.", true, 5},     {"1e+20", true, 1e20},
        {"1E-2", true, .01}, {"+3", true, 3},     {"18446744073709551616", true, 0x1p64},
        {"", false, 0},      {".", false, 0},     {"e5", false, 0},
        {"1e", false, 0},    {"1e+", false, 0},   {"Inf", false, 0},
        {"NaN", false, 0},   {"0x1p3", false, 0}, {"1,5", false, 0},
        {"1e999", false, 0}, {"1.5 ", false, 0},  {"1.5.5", false, 0},
    };
    struct value_arena *a = value_arena_new(NULL);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        double d = 0;
        struct helios_value *v = value_text(a, rows[r].text, strlen(rows[r].text));
        if (helios_value_double(v, &d) != rows[r].ok || d != rows[r].d)
            fail_msg("double of \"%s\": got %g", rows[r].text, d);
    }
    value_arena_free(a);
}

static void number_types(void **state)
{
    (void)state;
    struct value_arena *a = value_arena_new(NULL);
    int64_t i;
    uint64_t u;
    double d;
    assert_true(helios_value_int(value_bool(a, true), &i));
    assert_int_equal(i, 1);
    assert_true(helios_value_uint(value_uint(a, UINT64_MAX), &u));
    assert_true(u == UINT64_MAX);
    assert_false(helios_value_int(value_uint(a, UINT64_MAX), &i));
    assert_int_equal(helios_value_type(value_uint(a, 5)), HELIOS_INT);
    assert_false(helios_value_uint(value_int(a, -1), &u));
    assert_false(helios_value_int(value_double(a, 3), &i));
    assert_true(helios_value_double(value_double(a, 2.5), &d) && d == 2.5);
    assert_true(helios_value_double(value_int(a, -3), &d) && d == -3);
    assert_true(helios_value_double(value_uint(a, UINT64_MAX), &d) && d == 0x1p64);
    assert_false(helios_value_double(value_null(a), &d));
    value_arena_free(a);
}

/* The comma of a locale must not reach a job's argument. */
static void locale(void **state)
{
    (void)state;
    char text[DECIMAL_DOUBLE_SIZE];
    double d = 0;
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        skip();
    decimal_from_double(1.5, text);
    bool ok = decimal_double("2.5", 3, &d);
    (void)setlocale(LC_ALL, "C");
    assert_string_equal(text, "1.5");
    assert_true(ok && d == 2.5);
}

static void double_text(void **state)
{
    (void)state;
    static const struct {
        double d;
        const char *text;
    } rows[] = {
        {0.1, "0.1"},
        {1e20, "1e+20"},
        {3, "3"},
        {-2.25, "-2.25"},
        {1.0 / 3, "0.333333333333333"},
        {INFINITY, "Inf"},
        {-INFINITY, "-Inf"},
        {NAN, "NaN"},
        {1e-300, "1e-300"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DECIMAL_DOUBLE_SIZE];
        decimal_from_double(rows[i].d, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void double_exact(void **state)
{
    (void)state;
    static const struct {
        double d;
        const char *text;
    } rows[] = {
        {0.1, "0.1"},
        {3, "3"},
        {1.0 / 3, "0.3333333333333333"},
        {9007199254740992.0, "9007199254740992"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e300, "1e+300"},
        {5e-324, "4.94065645841247e-324"},
        {-1.7976931348623157e308, "-1.7976931348623157e+308"},
        {INFINITY, "Inf"},
        {NAN, "NaN"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DECIMAL_DOUBLE_SIZE];
        decimal_exact(rows[i].d, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void node_limit(void **state)
{
    (void)state;
    static const struct value_limits limits = {.bytes = 1u << 20, .nodes = 3, .depth = 4};
    struct value_arena *a = value_arena_new(&limits);
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_non_null(value_null(a));
    assert_non_null(value_list(a));
    assert_non_null(value_map(a));
    assert_null(value_null(a));
    assert_int_equal(value_arena_error(a, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_LIMIT);
    value_arena_free(a);
}

static void byte_limit(void **state)
{
    (void)state;
    static const struct value_limits limits = {.bytes = 10000, .nodes = 1000, .depth = 4};
    struct value_arena *a = value_arena_new(&limits);
    struct helios_error err = HELIOS_ERROR_INIT;
    char text[6000];
    memset(text, 'x', sizeof text);
    assert_non_null(value_bytes(a, text, sizeof text));
    assert_null(value_bytes(a, text, sizeof text));
    assert_non_null(value_bytes(a, text, 100));
    assert_int_equal(value_arena_error(a, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_LIMIT);
    assert_false(value_reserve(a, value_list(a), SIZE_MAX / 4));
    value_arena_free(a);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    static const struct value_limits limits = {.bytes = 1, .nodes = 1, .depth = 1000000};
    struct value_arena *a = value_arena_new(&limits);
    assert_int_equal(value_arena_limits(a)->depth, VALUE_DEPTH_MAX);
    value_arena_free(a);
    value_arena_free(NULL);
}

/* SipHash-1-3 of 0, 1, ... n-1 under the key 0, 1, ... 15, as published; the low halves. */
static void key_hash(void **state)
{
    (void)state;
    static const uint64_t seed[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    static const uint64_t other[2] = {0x0706050403020101, 0x0f0e0d0c0b0a0908};
    static const uint64_t known[] = {0xabac0158050fc4dc, 0xc9f49bf37d57ca93,
                                     0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb};
    const char text[] = "\0\1\2\3\4\5\6\7\10\11";
    for (size_t n = 0; n < 4; n++)
        assert_int_equal(keyhash(seed, text, n), (uint32_t)known[n]);
    assert_int_not_equal(keyhash(seed, text, 10), keyhash(other, text, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value),     cmocka_unit_test(lists),
        cmocka_unit_test(maps),         cmocka_unit_test(key_kinds),
        cmocka_unit_test(texts),        cmocka_unit_test(integers),
        cmocka_unit_test(doubles),      cmocka_unit_test(number_types),
        cmocka_unit_test(locale),       cmocka_unit_test(double_text),
        cmocka_unit_test(double_exact), cmocka_unit_test(node_limit),
        cmocka_unit_test(byte_limit),   cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(key_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
