/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/args.h"
#include "t/unit/tree_json.h"

/* The rows of t/data/xml_cases.json; t/interop/xml_simple.t holds them against Perl. */
static json_t *cases;

static int load(void **state)
{
    (void)state;
    cases = tree_load("xml_cases.json");
    assert_true(json_array_size(cases) >= 100);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    json_decref(cases);
    return 0;
}

static const char *field(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

/* The text of a row in memory of its own size. */
static char *row_text(const json_t *row, size_t *len)
{
    const char *xml = field(row, "xml");
    if (xml == NULL)
        return tree_unhex(field(row, "hex"), len);
    *len = strlen(xml);
    char *text = malloc(*len + 1);
    assert_non_null(text);
    memcpy(text, xml, *len);
    return text;
}

/* What is written for a tree must be read as the same tree. */
static void check_again(const json_t *row, const struct helios_value *root)
{
    struct value_arena *a = value_arena_new(NULL);
    struct buf out = BUF_INIT;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_value *again;
    const struct helios_value *content = helios_value_at(root, 0);
    if (helios_value_type(content) == HELIOS_LIST)
        content = helios_value_at(content, 0);
    assert_int_equal(xml_from_value(helios_value_key(root, 0, NULL), content, &out, &err),
                     0);
    if (xml_decode(a, out.data, out.len, true, &again, &err) != 0)
        fail_msg("%s: written as %s: %s", field(row, "name"), out.data, err.text);
    tree_check(field(row, "name"), again, json_object_get(row, "tree"));
    buf_fini(&out);
    value_arena_free(a);
}

static void check_row(const json_t *row, const char *text, size_t len)
{
    const char *name = field(row, "name");
    const char *expected = field(row, "error");
    struct value_arena *a = value_arena_new(NULL);
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_value *root = NULL;
    int result = xml_decode(a, text, len, false, &root, &err);
    if (expected == NULL && result != 0)
        fail_msg("%s: %s", name, err.text);
    if (expected != NULL && result == 0)
        fail_msg("%s: expected an error with \"%s\"", name, expected);
    if (expected != NULL &&
        (strstr(err.text, expected) == NULL || err.kind != HELIOS_E_INVALID))
        fail_msg("%s: expected an error with \"%s\", got \"%s\"", name, expected, err.text);
    if (expected == NULL) {
        tree_check(name, root, json_object_get(row, "tree"));
        check_again(row, root);
    }
    value_arena_free(a);
}

/* Statements 129 to 135. */
static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        size_t len;
        char *text = row_text(json_array_get(cases, i), &len);
        check_row(json_array_get(cases, i), text, len);
        free(text);
    }
}

/* Any cut of a document is refused, and none reads beyond its end. */
static void prefixes(void **state)
{
    (void)state;
    static const char text[] =
        "<job type='T'><params><a k=\"v\">t<![CDATA[x]]>&amp;</a><b/>"
        "<!-- c --></params></job>";
    for (size_t len = 0; len < strlen(text); len++) {
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, text, len);
        struct value_arena *a = value_arena_new(NULL);
        struct helios_value *root;
        if (xml_decode(a, copy, len, true, &root, NULL) == 0)
            fail_msg("accepted when cut to %zu bytes", len);
        value_arena_free(a);
        free(copy);
    }
}

static void repeat(struct buf *out, const char *text, size_t n)
{
    while (n-- > 0)
        buf_puts(out, text);
}

static int decode_nested(size_t levels, struct helios_error *err)
{
    struct buf xml = BUF_INIT;
    struct buf out = BUF_INIT;
    repeat(&xml, "<a>", levels);
    repeat(&xml, "</a>", levels);
    struct value_arena *a = value_arena_new(NULL);
    struct helios_value *root;
    int result = xml_decode(a, xml.data, xml.len, true, &root, err);
    if (result == 0)
        assert_int_equal(xml_from_value("a", helios_value_at(root, 0), &out, err), 0);
    value_arena_free(a);
    buf_fini(&xml);
    buf_fini(&out);
    return result;
}

static void depth(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_int_equal(decode_nested(1, &err), 0);
    assert_int_equal(decode_nested(512, &err), 0);
    assert_int_equal(decode_nested(513, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_LIMIT);
    assert_int_equal(decode_nested(200000, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_LIMIT);
}

static void limits(void **state)
{
    (void)state;
    static const struct value_limits small[] = {
        {.bytes = 1u << 20, .nodes = 100, .depth = 64},
        {.bytes = 10000, .nodes = 100000, .depth = 64},
    };
    struct buf xml = BUF_INIT;
    buf_puts(&xml, "<params>");
    repeat(&xml, "<a>some text</a>", 1000);
    buf_puts(&xml, "</params>");
    for (size_t i = 0; i < 2; i++) {
        struct value_arena *a = value_arena_new(&small[i]);
        struct helios_error err = HELIOS_ERROR_INIT;
        struct helios_value *root;
        assert_int_equal(xml_decode(a, xml.data, xml.len, true, &root, &err), -1);
        assert_int_equal(err.kind, HELIOS_E_LIMIT);
        value_arena_free(a);
    }
    buf_fini(&xml);
}

/* A character string is UTF-8 whatever its declaration said before it became one. */
static void known_utf8(void **state)
{
    (void)state;
    static const char text[] =
        "<?xml version='1.0' encoding='ISO-8859-1'?><params><a>\xC3\xA9</a></params>";
    struct value_arena *a = value_arena_new(NULL);
    struct helios_value *root;
    assert_int_equal(xml_decode(a, text, strlen(text), true, &root, NULL), 0);
    const struct helios_value *params = helios_value_get(root, "params");
    assert_string_equal(helios_value_text(helios_value_get(params, "a"), NULL), "\xC3\xA9");
    value_arena_free(a);
}

static void error_says_where(void **state)
{
    (void)state;
    struct value_arena *a = value_arena_new(NULL);
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_value *root;
    assert_int_equal(xml_decode(a, "<a>\n  <b></c>\n</a>", 18, true, &root, &err), -1);
    assert_string_equal(err.text, "XML, line 2, column 8: mismatched tag");
    value_arena_free(a);
}

static void from_pairs(void **state)
{
    (void)state;
    static const char *names[] = {"a", "b.c", "\xC3\xA9"};
    static const char *values[] = {"1 < 2 & 3 > \"2\"", "", "\xE2\x98\xBA\r\n"};
    struct buf out = BUF_INIT;
    assert_int_equal(xml_from_pairs(names, values, 3, &out, NULL), 0);
    assert_string_equal(out.data, "<job><params><a>1 &lt; 2 &amp; 3 &gt; &quot;2&quot;</a>"
                                  "<b.c></b.c><\xC3\xA9>\xE2\x98\xBA&#13;\n</\xC3\xA9>"
                                  "</params></job>");
    buf_clear(&out);
    assert_int_equal(xml_from_pairs(NULL, NULL, 0, &out, NULL), 0);
    assert_string_equal(out.data, "<job><params></params></job>");
    buf_fini(&out);
}

static void from_bad_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
    } bad[] = {
        {"", "x"},
        {"1a", "x"},
        {"a b", "x"},
        {"a><b", "x"},
        {"a/", "x"},
        {"-a", "x"},
        {"a=\"b\"", "x"},
        {"\xC3\x97", "x"},
        {"\xC3", "x"},
        {"a", "\x01"},
        {"a", "\xC3"},
        {"a", "\xED\xA0\x80"},
        {"a", "\xEF\xBF\xBF"},
        {"!--", "x"},
        {"?a", "x"},
        {"a\n", "x"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf out = BUF_INIT;
        struct helios_error err = HELIOS_ERROR_INIT;
        if (xml_from_pairs(&bad[i].name, &bad[i].value, 1, &out, &err) == 0)
            fail_msg("row %zu, name \"%s\": should be refused", i, bad[i].name);
        assert_int_equal(err.kind, HELIOS_E_INVALID);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),       cmocka_unit_test(prefixes),
        cmocka_unit_test(depth),      cmocka_unit_test(limits),
        cmocka_unit_test(known_utf8), cmocka_unit_test(error_says_where),
        cmocka_unit_test(from_pairs), cmocka_unit_test(from_bad_pairs),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
