/* SPDX-License-Identifier: MIT */
#include "core/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Statements 1, 2 and 21 of helios.md. */
static void rule(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool valid;
    } rows[] = {
        {"A", false},      {"1abc", false},
        {"_x", false},     {"Foo:Bar", false},
        {"A:::B", false},  {"A::", false},
        {"a'b", false},    {"../x", false},
        {"", false},       {"A b", false},
        {"A\n", false},    {"::A", false},
        {"Ab", true},      {"A::::B", true},
        {"Foo-Bar", true}, {"Helios::TestService", true},
        {"A::_", true},    {"Ab\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (name_valid(rows[i].name) != rows[i].valid)
            fail_msg("name_valid(\"%s\") should be %d", rows[i].name, rows[i].valid);
    }
}

static void file(void **state)
{
    (void)state;
    char out[64];
    assert_true(name_file("SearchIndex::LoadTestWorker", out, sizeof out));
    assert_string_equal(out, "searchindex__loadtestworker");
    assert_false(name_file("SearchIndex", out, 11));
    assert_true(name_file("SearchIndex", out, 12));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rule), cmocka_unit_test(file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
