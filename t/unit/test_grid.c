/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/ctl/cell.h"

static void widths(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t width, columns, bytes;
    } rows[] = {
        {"ASCII", "abc", 3, 2, 2},
        {"nothing", "", 0, 5, 0},
        {"two bytes", "\xc3\xa4x", 2, 1, 2},
        {"a wide character", "\xe6\xbc\xa2z", 3, 2, 3},
        {"half a wide character is none", "\xe6\xbc\xa2z", 3, 1, 0},
        {"a combining mark", "e\xcc\x81z", 2, 1, 3},
        {"what is no character", "\xe4z", 2, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t width = cell_width(rows[i].text);
        size_t bytes = cell_bytes(rows[i].text, rows[i].columns);
        if (width != rows[i].width || bytes != rows[i].bytes)
            fail_msg("%s: %zu columns, %zu bytes, expected %zu and %zu", rows[i].name,
                     width, bytes, rows[i].width, rows[i].bytes);
    }
}

static const struct column columns[] = {
    {"name", COLUMN_TEXT}, {"run_after", COLUMN_NUMBER}, {"state", COLUMN_STATE}};

static void lines(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t width;
        bool colour;
        const char *cells[6];
        const char *expect;
    } rows[] = {
        {"aligned",
         80,
         false,
         {"a", "1", "done", "longer", "22", ""},
         "NAME    RUN AFTER  STATE\na               1  done\nlonger         22  -\n"},
        {"the widest text is cut",
         30,
         false,
         {"a name that is long", "1", "done", "b", "22", "held"},
         "NAME          RUN AFTER  STATE\na name that~          1  done\n"
         "b                    22  held\n"},
        {"what does not fit is left out",
         20,
         false,
         {"a name that is long", "1", "done", "b", "22", "held"},
         "NAME      RUN AFTER\na name ~          1\nb                22\n"},
        {"three columns", 3, false, {"abcdef", "1", "x", "b", "2", "y"}, "NA~\nab~\nb  \n"},
        {"wide characters",
         80,
         false,
         {"\xe6\xbc\xa2\xe5\xad\x97", "1", "x", "ab", "2", "y"},
         "NAME  RUN AFTER  STATE\n\xe6\xbc\xa2\xe5\xad\x97          1  x\n"
         "ab            2  y\n"},
        {"colour",
         80,
         true,
         {"a", "1", "failed", "b", "2", "other"},
         "\033[1mNAME  RUN AFTER  STATE\n\033[0ma             1  \033[31mfailed\033[0m\n"
         "b             2  other\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;
        struct buf out = BUF_INIT;
        grid_begin(&g, columns, 3);
        for (size_t c = 0; c < 6; c++)
            grid_cell(&g, rows[i].cells[c]);
        assert_int_equal(grid_rows(&g), 2);
        grid_lines(&g, rows[i].width, rows[i].colour, &out);
        if (strcmp(buf_text(&out), rows[i].expect) != 0)
            fail_msg("%s:\n%s\nexpected\n%s", rows[i].name, buf_text(&out), rows[i].expect);
        grid_fini(&g);
        buf_fini(&out);
    }
}

int main(void)
{
    cell_locale();
    const struct CMUnitTest tests[] = {cmocka_unit_test(widths), cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
