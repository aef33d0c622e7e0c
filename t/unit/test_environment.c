/* SPDX-License-Identifier: MIT */
#include "core/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void reduces(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *pass;
        bool stays;
    } rows[] = {
        {"PATH", NULL, true},
        {"PATHS", NULL, false},
        {"PAT", NULL, false},
        {"path", NULL, false},
        {"HOME", "", true},
        {"LANG", NULL, true},
        {"LANGUAGE", NULL, true},
        {"LC_ALL", NULL, true},
        {"LC_", NULL, false},
        {"TZ", NULL, true},
        {"TMPDIR", NULL, true},
        {"HELIOS_INI", NULL, true},
        {"HELIOS", NULL, false},
        {"NOTIFY_SOCKET", NULL, true},
        {"WATCHDOG_USEC", NULL, true},
        {"LD_PRELOAD", NULL, false},
        {"AWS_SECRET_ACCESS_KEY", NULL, false},
        {"MYSQL_PWD", NULL, false},
        {"A", "A", true},
        {"A", "B,A", true},
        {"A", "B A\tC", true},
        {"A", ",,A", true},
        {"A", "AA,B", false},
        {"AA", "A", false},
        {"A", "a", false},
        {"A", "A=1", false},
        {"", "A", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(clearenv(), 0);
        if (rows[i].name[0] != '\0')
            assert_int_equal(setenv(rows[i].name, "value", 1), 0);
        assert_int_equal(setenv("BEFORE", "1", 1), 0);
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        assert_int_equal(setenv("LATER", "1", 1), 0);
        environment_reduce(rows[i].pass);
        assert_null(getenv("BEFORE"));
        assert_null(getenv("LATER"));
        assert_string_equal(getenv("TZ"), "UTC");
        if (rows[i].name[0] != '\0' && strcmp(rows[i].name, "TZ") != 0 &&
            (getenv(rows[i].name) != NULL) != rows[i].stays)
            fail_msg("%s with pass_environment \"%s\" should %s", rows[i].name,
                     rows[i].pass == NULL ? "(none)" : rows[i].pass,
                     rows[i].stays ? "stay" : "go");
    }
}

static void odd_entries(void **state)
{
    (void)state;
    static char no_value[] = "PATH", empty_name[] = "=x", plain[] = "X=1",
                other[] = "HOME=/";
    char *vars[] = {no_value, empty_name, plain, other, NULL};
    char **saved = environ;
    environ = vars;
    environment_reduce(NULL);
    assert_string_equal(getenv("HOME"), "/");
    assert_null(getenv("X"));
    environ = saved;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reduces),
                                       cmocka_unit_test(odd_entries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
