/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/args.h"
#include "t/unit/tree_json.h"

static int decode(const char *text, size_t len, const struct value_limits *limits,
                  struct value_arena **a, struct helios_value **out,
                  struct helios_error *err)
{
    char *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    *a = value_arena_new(limits);
    int result = json_decode(*a, copy, len, out, err);
    free(copy);
    return result;
}

/* What is read is what jansson says of the same text: the notation of tree_json() is JSON
 * itself for these types. */
static void accepted(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{}",
        "{\"a\":1}",
        "{\"a\":-9007199254740992,\"b\":0,\"c\":1.5,\"d\":1e300,\"e\":-0.0}",
        "{\"t\":true,\"f\":false,\"n\":null}",
        "{\"s\":\"\",\"u\":\"\\u00e9\\ud83d\\ude00\xC3\xA9\"}",
        "{\"nul\":\"a\\u0000b\"}",
        "{\"l\":[],\"m\":{},\"x\":[1,[2,[3]],{\"y\":[{}]}]}",
        "{\"twice\":1,\"twice\":2}",
        "{\"\":\"empty key\",\"\xC3\xA9\":1}",
        " \r\n\t{ \"a\" : [ 1 , 2 ] } \n",
        "{\"braces\":\"{[,]}\\\"{[,\",\"b\":\"\\\\\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct value_arena *a;
        struct helios_value *root;
        struct helios_error err = HELIOS_ERROR_INIT;
        if (decode(rows[i], strlen(rows[i]), NULL, &a, &root, &err) != 0)
            fail_msg("%s: %s", rows[i], err.text);
        json_t *expected = json_loads(rows[i], JSON_ALLOW_NUL, NULL);
        tree_check(rows[i], root, expected);
        json_decref(expected);
        value_arena_free(a);
    }
}

static void refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "{",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1,}",
        "{} {}",
        "{}x",
        "{\"a\":01}",
        "{\"a\":\"\xC3\"}",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":9223372036854775808}",
        "{\"a\":1e999}",
        "{\"a\\u0000\":1}",
        "/* c */{}",
        "{\"a\":NaN}",
        "{\"a\":\"\n\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct value_arena *a;
        struct helios_value *root;
        struct helios_error err = HELIOS_ERROR_INIT;
        if (decode(rows[i], strlen(rows[i]), NULL, &a, &root, &err) == 0)
            fail_msg("%s: should be refused", rows[i]);
        assert_int_equal(err.kind, HELIOS_E_INVALID);
        value_arena_free(a);
    }
}

static void repeat(struct buf *out, const char *text, size_t n)
{
    while (n-- > 0)
        buf_puts(out, text);
}

static int decode_nested(size_t levels, struct helios_error *err)
{
    struct buf json = BUF_INIT;
    struct value_arena *a;
    struct helios_value *root;
    repeat(&json, "{\"a\":", levels);
    buf_puts(&json, "1");
    repeat(&json, "}", levels);
    int result = decode(json.data, json.len, NULL, &a, &root, err);
    value_arena_free(a);
    buf_fini(&json);
    return result;
}

static void depth(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_int_equal(decode_nested(512, &err), 0);
    assert_int_equal(decode_nested(513, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_LIMIT);
    assert_int_equal(decode_nested(1000000, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_LIMIT);
}

/* Three bytes a list or map: measured before anything is made of them. */
static void limits(void **state)
{
    (void)state;
    static const struct value_limits small = {
        .bytes = 1u << 20, .nodes = 100000, .depth = 64};
    static const char *const items[] = {"{},", "[],", "1,", "\"some longer text\","};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        struct buf json = BUF_INIT;
        struct value_arena *a;
        struct helios_value *root;
        struct helios_error err = HELIOS_ERROR_INIT;
        buf_puts(&json, "{\"a\":[");
        repeat(&json, items[i], 200000);
        buf_puts(&json, "0]}");
        assert_int_equal(decode(json.data, json.len, &small, &a, &root, &err), -1);
        assert_int_equal(err.kind, HELIOS_E_LIMIT);
        value_arena_free(a);
        buf_fini(&json);
    }
}

static void error_says_where(void **state)
{
    (void)state;
    struct value_arena *a;
    struct helios_value *root;
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_int_equal(decode("{\n \"a\": x}", 10, NULL, &a, &root, &err), -1);
    assert_non_null(strstr(err.text, "JSON, line 2, column 7: "));
    value_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),
        cmocka_unit_test(refused),
        cmocka_unit_test(depth),
        cmocka_unit_test(limits),
        cmocka_unit_test(error_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
