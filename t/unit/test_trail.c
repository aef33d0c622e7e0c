/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/trail.h"

static struct board_slot *slot_new(void)
{
    struct board_slot *slot = calloc(1, sizeof *slot);
    assert_non_null(slot);
    return slot;
}

/* The text with the times, which are those of this run, left out. */
static char *events(const struct board_slot *slot)
{
    struct buf text = BUF_INIT;
    struct buf bare = BUF_INIT;
    trail_text(slot, mono_now(), &text);
    const char *at = buf_text(&text);
    while (*at != '\0') {
        at += strspn(at, "0123456789.");
        size_t n = strcspn(at, ",");
        buf_append(&bare, at, n);
        at += n;
        if (*at == ',') {
            buf_putc(&bare, ',');
            at += 2;
        }
    }
    char *copy = strdup(buf_text(&bare));
    buf_fini(&text);
    buf_fini(&bare);
    assert_non_null(copy);
    return copy;
}

static void check(struct board_slot *slot, const char *expected)
{
    char *text = events(slot);
    assert_string_equal(text, expected);
    free(text);
    free(slot);
}

static void nothing_of_an_empty_slot(void **state)
{
    (void)state;
    check(slot_new(), "");
}

static void in_order_with_what_they_are_about(void **state)
{
    (void)state;
    struct board_slot *slot = slot_new();
    trail_note(slot, TRAIL_START, 0);
    trail_note(slot, TRAIL_CLAIMED, 5);
    trail_note(slot, TRAIL_RUN, 1234567890123);
    trail_note(slot, TRAIL_SQL, trail_word("UPDATE job SET x = 1"));
    trail_note(slot, TRAIL_SQL_ERROR, HELIOS_E_LOST);
    check(slot, " start, claimed 5, run 1234567890123, UPDATE, error lost");
}

static void the_last_ones_only(void **state)
{
    (void)state;
    struct board_slot *slot = slot_new();
    atomic_store(&slot->trail_next, UINT32_MAX - 10); /* the count begins anew on the way */
    for (unsigned i = 0; i < 3 * BOARD_TRAIL; i++)
        trail_note(slot, TRAIL_RUN, i);
    char *text = events(slot);
    unsigned commas = 0;
    for (const char *p = text; *p != '\0'; p++)
        commas += *p == ',' ? 1 : 0;
    assert_int_equal(commas, BOARD_TRAIL - 1);
    assert_memory_equal(text, " run 128,", 9);
    assert_string_equal(text + strlen(text) - 8, " run 191");
    free(text);
    free(slot);
}

static void what_others_wrote_is_harmless(void **state)
{
    (void)state;
    struct board_slot *slot = slot_new();
    memset(slot->trail, 0xff, sizeof slot->trail);
    atomic_store(&slot->trail[3].at, TRAIL_SQL);
    atomic_store(&slot->trail[4].at, TRAIL_SQL_ERROR);
    char *text = events(slot);
    assert_non_null(strstr(text, "???????"));
    for (const char *p = text; *p != '\0'; p++)
        assert_true(*p >= ' ' && *p < 0x7f);
    free(text);
    free(slot);
}

static void words(void **state)
{
    (void)state;
    assert_int_equal(trail_word(""), 0);
    assert_int_equal(trail_word("insert"), 0);
    assert_int_equal(trail_word("INSERTION INTO"), trail_word("INSERTI"));
    assert_int_not_equal(trail_word("SELECT 1"), trail_word("UPDATE x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_an_empty_slot),
        cmocka_unit_test(in_order_with_what_they_are_about),
        cmocka_unit_test(the_last_ones_only),
        cmocka_unit_test(what_others_wrote_is_harmless),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
