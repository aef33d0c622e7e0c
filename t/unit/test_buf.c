/* SPDX-License-Identifier: MIT */
#include "core/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void grows(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    assert_string_equal(buf_text(&b), "");
    for (int i = 0; i < 10000; i++) {
        buf_printf(&b, "%d", i % 10);
        assert_int_equal(b.len, i + 1);
        assert_int_equal(b.data[b.len], '\0');
    }
    assert_int_equal(strspn(buf_text(&b), "0123456789"), 10000);
    buf_clear(&b);
    assert_string_equal(buf_text(&b), "");
    buf_puts(&b, "ab");
    buf_putc(&b, '\0');
    buf_append(&b, "c", 1);
    buf_append(&b, NULL, 0);
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "ab\0c", 5);
    buf_fini(&b);
    assert_null(b.data);
    buf_fini(&b);
}

static void long_formats(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    char *text = calloc(1, 70001);
    assert_non_null(text);
    memset(text, 'x', 70000);
    buf_printf(&b, "<%s>", text);
    assert_int_equal(b.len, 70002);
    assert_int_equal(b.data[70001], '>');
    buf_fini(&b);
    free(text);
}

static void is_handed_over(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    size_t len = 9;
    char *text = buf_steal(&b, &len);
    assert_non_null(text);
    assert_string_equal(text, "");
    assert_int_equal(len, 0);
    free(text);
    buf_puts(&b, "abc");
    text = buf_steal(&b, &len);
    assert_string_equal(text, "abc");
    assert_int_equal(len, 3);
    assert_null(b.data);
    free(text);
}

/* More than memory has is a failure that sticks until the buffer is cleared. */
static void fails_once_and_for_all(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    buf_puts(&b, "abc");
    buf_append(&b, "x", SIZE_MAX / 2);
    assert_true(b.failed);
    buf_puts(&b, "def");
    assert_string_equal(buf_text(&b), "abc");
    buf_clear(&b);
    buf_puts(&b, "def");
    assert_string_equal(buf_text(&b), "def");
    assert_false(b.failed);
    b.failed = true;
    assert_null(buf_steal(&b, NULL));
    assert_null(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows), cmocka_unit_test(long_formats),
        cmocka_unit_test(is_handed_over), cmocka_unit_test(fails_once_and_for_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
