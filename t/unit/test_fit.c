/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "codec/args.h"

#define BAD "\xEF\xBF\xBD"

struct row {
    const char *name;
    const char *text;
    size_t len;
    size_t chars;
    const char *fit;
    const char *ascii;
    bool utf8;
};

#define TEXT(s) s, sizeof(s) - 1

static const struct row rows[] = {
    {"empty", TEXT(""), 5, "", "", true},
    {"fits", TEXT("abc"), 3, "abc", "abc", true},
    {"cut", TEXT("abcd"), 3, "abc", "abc", true},
    {"none allowed", TEXT("abc"), 0, "", "", true},
    {"two bytes a character", TEXT("\xC3\xA9\xC3\xA9\xC3\xA9"), 2, "\xC3\xA9\xC3\xA9", "??",
     true},
    {"smiley", TEXT("a\xE2\x98\xBA"), 2, "a\xE2\x98\xBA", "a?", true},
    {"four bytes", TEXT("\xF0\x9F\x98\x80z"), 1, "\xF0\x9F\x98\x80", "?", true},
    {"last of all", TEXT("\xF4\x8F\xBF\xBF"), 9, "\xF4\x8F\xBF\xBF", "?", true},
    {"nul", TEXT("a\0b"), 9, "a b", "a b", true},
    {"latin-1", TEXT("caf\xE9"), 9, "caf" BAD, "caf?", false},
    {"latin-1 inside", TEXT("\xE9t\xE9"), 9, BAD "t" BAD, "?t?", false},
    {"cut character", TEXT("a\xE2\x98"), 9, "a" BAD BAD, "a??", false},
    {"overlong", TEXT("\xC0\x80"), 9, BAD BAD, "??", false},
    {"overlong three", TEXT("\xE0\x80\xAF"), 9, BAD BAD BAD, "???", false},
    {"overlong four", TEXT("\xF0\x80\x80\xAF"), 9, BAD BAD BAD BAD, "????", false},
    {"surrogate", TEXT("\xED\xA0\x80"), 9, BAD BAD BAD, "???", false},
    {"beyond", TEXT("\xF4\x90\x80\x80"), 9, BAD BAD BAD BAD, "????", false},
    {"lone continuation", TEXT("\x80"), 9, BAD, "?", false},
    {"no lead byte", TEXT("\xFF\xFE"), 9, BAD BAD, "??", false},
    {"invalid byte counts as one", TEXT("\xFF\xFFz"), 2, BAD BAD, "??", false},
    {"line feed", TEXT("a\nb"), 9, "a\nb", "a\nb", true},
};

/* Statement 60 of theschwartz.md. */
static void fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        struct buf out = BUF_INIT;
        text_fit(r->text, r->len, r->chars, &out);
        if (strcmp(buf_text(&out), r->fit) != 0 || !text_is_utf8(buf_text(&out), out.len))
            fail_msg("%s: expected \"%s\", got \"%s\"", r->name, r->fit, buf_text(&out));
        buf_clear(&out);
        text_ascii(r->text, r->len, r->chars, &out);
        if (strcmp(buf_text(&out), r->ascii) != 0)
            fail_msg("%s: expected \"%s\", got \"%s\"", r->name, r->ascii, buf_text(&out));
        if (text_is_utf8(r->text, r->len) != r->utf8)
            fail_msg("%s: text_is_utf8() should be %d", r->name, r->utf8);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
