/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void characters(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t len;
    } rows[] = {
        {"ASCII", "ab", 1},
        {"two bytes", "\xc3\xa4x", 2},
        {"three bytes", "\xe2\x82\xac", 3},
        {"four bytes", "\xf0\x9f\x98\x80", 4},
        {"last character", "\xf4\x8f\xbf\xbf", 4},
        {"beyond the last", "\xf4\x90\x80\x80", 0},
        {"continuation", "\x80", 0},
        {"cut two", "\xc3", 0},
        {"cut three", "\xe2\x82", 0},
        {"cut four", "\xf0\x9f\x98", 0},
        {"wrong third", "\xe2\x82x", 0},
        {"wrong fourth", "\xf0\x9f\x98x", 0},
        {"overlong two", "\xc0\x80", 0},
        {"overlong three", "\xe0\x9f\xbf", 0},
        {"overlong four", "\xf0\x8f\xbf\xbf", 0},
        {"surrogate", "\xed\xa0\x80", 0},
        {"before the surrogates", "\xed\x9f\xbf", 3},
        {"Latin-1", "\xe4x", 0},
        {"0xff", "\xff", 0},
        {"nothing", "", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = text_char(rows[i].text, strlen(rows[i].text));
        if (len != rows[i].len)
            fail_msg("%s: %zu, expected %zu", rows[i].name, len, rows[i].len);
    }
}

static void cuts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t max, len;
    } rows[] = {
        {"short", "abc", 5, 3},
        {"exact", "abc", 3, 3},
        {"ASCII", "abcdef", 3, 3},
        {"nothing left", "abc", 0, 0},
        {"within two", "a\xc3\xa4z", 2, 1},
        {"after two", "a\xc3\xa4z", 3, 3},
        {"one byte of three", "a\xe2\x82\xacz", 2, 1},
        {"two bytes of three", "a\xe2\x82\xacz", 3, 1},
        {"three bytes of four", "\xf0\x9f\x98\x80z", 3, 0},
        {"Latin-1 is not waited for", "a\xe4zz", 2, 2},
        {"continuations alone", "\x80\x80\x80\x80\x80\x80", 5, 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = text_cut(rows[i].text, strlen(rows[i].text), rows[i].max);
        if (len != rows[i].len)
            fail_msg("%s: %zu, expected %zu", rows[i].name, len, rows[i].len);
    }
}

static void lines(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *line;
    } rows[] = {
        {"plain", "a b \\ c", "a b \\ c"},
        {"UTF-8 stays", "\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac"},
        {"newlines within", "a\nb\r\nc", "a\\nb\\x0d\\nc"},
        {"newlines at the end", "a\n\n", "a"},
        {"only newlines", "\n", ""},
        {"tab", "a\tb", "a\\tb"},
        {"escape", "\x1b[31m", "\\x1b[31m"},
        {"delete", "\x7f", "\\x7f"},
        {"C1",
         "x\xc2\x9b"
         "31m",
         "x\\xc2\\x9b31m"},
        {"after C1", "\xc2\xa0", "\xc2\xa0"},
        {"right to left", "a\xe2\x80\xae", "a\\xe2\\x80\\xae"},
        {"line separator", "\xe2\x80\xa8z", "\\xe2\\x80\\xa8z"},
        {"isolate", "\xe2\x81\xa6z", "\\xe2\\x81\\xa6z"},
        {"their neighbours", "\xe2\x80\xaf\xe2\x81\xa5", "\xe2\x80\xaf\xe2\x81\xa5"},
        {"Latin-1",
         "\xe4"
         "bc",
         "\\xe4bc"},
        {"cut at the end", "ab\xe2\x82", "ab\\xe2\\x82"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = BUF_INIT;
        text_line(&b, rows[i].text, strlen(rows[i].text));
        if (strcmp(buf_text(&b), rows[i].line) != 0)
            fail_msg("%s: \"%s\", expected \"%s\"", rows[i].name, buf_text(&b),
                     rows[i].line);
        buf_fini(&b);
    }
    struct buf b = BUF_INIT;
    text_line(&b, "a\0b", 3);
    assert_string_equal(buf_text(&b), "a\\x00b");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(characters), cmocka_unit_test(cuts),
                                       cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
