/* SPDX-License-Identifier: MIT */
#include "core/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>
#include <cmocka.h>

static void sentences(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_int_equal(err_set(&err, HELIOS_E_CONFIG, "line %d", 7), -1);
    assert_int_equal(err.kind, HELIOS_E_CONFIG);
    assert_string_equal(err.text, "line 7");
    assert_int_equal(err_wrap(&err, "file %s", "x.ini"), -1);
    assert_int_equal(err.kind, HELIOS_E_CONFIG);
    assert_string_equal(err.text, "file x.ini: line 7");
    assert_int_equal(err_errno(&err, ENOENT, "cannot open %s", "y"), -1);
    assert_int_equal(err.kind, HELIOS_E_SYSTEM);
    assert_string_equal(err.text, "cannot open y: No such file or directory");
    err_clear(&err);
    assert_int_equal(err.kind, HELIOS_E_NONE);
    assert_string_equal(err.text, "");
}

static void nobody_asks(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, HELIOS_E_CONFIG, "x"), -1);
    assert_int_equal(err_errno(NULL, ENOENT, "x"), -1);
    assert_int_equal(err_wrap(NULL, "x"), -1);
    err_clear(NULL);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    char text[3000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    err_set(&err, HELIOS_E_DATA, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    err_wrap(&err, "outer");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_memory_equal(err.text, "outer: xxx", 10);
    err_errno(&err, EIO, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void kinds(void **state)
{
    (void)state;
    for (int i = HELIOS_E_NONE; i <= HELIOS_E_NOMEM; i++) {
        const char *name = helios_error_name((enum helios_error_kind)i);
        if (name == NULL || strcmp(name, "unknown") == 0)
            fail_msg("kind %d has no name", i);
        if ((helios_error_exit_code((enum helios_error_kind)i) == EX_OK) !=
            (i == HELIOS_E_NONE))
            fail_msg("kind %s has the wrong exit code", name);
    }
    assert_int_equal(helios_error_exit_code(HELIOS_E_LOST), EX_UNAVAILABLE);
    assert_int_equal(helios_error_exit_code(HELIOS_E_CONFIG), EX_CONFIG);
    assert_string_equal(helios_error_name((enum helios_error_kind)9999), "unknown");
    assert_int_equal(helios_error_exit_code((enum helios_error_kind)9999), EX_SOFTWARE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences), cmocka_unit_test(nobody_asks),
        cmocka_unit_test(long_texts_are_cut), cmocka_unit_test(kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
