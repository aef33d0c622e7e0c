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

static void tails(void **state)
{
    (void)state;
    assert_string_equal(cell_tail("abc", 2), "bc");
    assert_string_equal(cell_tail("abc", 5), "abc");
    assert_string_equal(cell_tail("abc", 0), "");
    assert_string_equal(cell_tail("z\xe6\xbc\xa2", 1), "");
    assert_string_equal(cell_tail("z\xe6\xbc\xa2", 2), "\xe6\xbc\xa2");
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
         "NAME       RUN AFTER\na name t~          1\nb                 22\n"},
        {"three columns", 3, false, {"abcdef", "1", "x", "b", "2", "y"}, "NA~\nab~\nb\n"},
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
        grid_lines(&g, rows[i].width, rows[i].colour, &out, NULL);
        if (strcmp(buf_text(&out), rows[i].expect) != 0)
            fail_msg("%s:\n%s\nexpected\n%s", rows[i].name, buf_text(&out), rows[i].expect);
        grid_fini(&g);
        buf_fini(&out);
    }
}

/* What an operator's list is made of. */
static const struct column wide[] = {
    {"service", COLUMN_NAME},
    {"pid", COLUMN_NUMBER},
    {"version", COLUMN_TEXT | COLUMN_LOW(2)},
    {"last_seen", COLUMN_TIME},
    {"started", COLUMN_TIME | COLUMN_LOW(1)},
    {"max_workers", COLUMN_NUMBER},
};

static void room(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t width;
        const char *today;
        const char *expect, *left_out;
    } rows[] = {
        {"everything", GRID_ALL, "2026-03-07",
         "SERVICE                  PID  VERSION  LAST SEEN            STARTED              "
         "MAX WORKERS\n"
         "Helios::TestService  4194303  2.83     2026-03-07 17:12:08  2026-02-01 10:00:00  "
         "         12\n"
         "Helios::TestServic        17  -        2026-03-07 17:12:09  -                    "
         "          1\n",
         ""},
        {"abbreviated", 80, "2026-03-07",
         "SERVICE                  PID  VERSION  SEEN      STARTED         MAX\n"
         "Helios::TestService  4194303  2.83     17:12:08  02-01 10:00:00   12\n"
         "Helios::TestServic        17  -        17:12:09  -                 1\n",
         ""},
        {"another year", 90, "2027-03-07",
         "SERVICE                  PID  VERSION  SEEN                 STARTED              "
         "MAX\n"
         "Helios::TestService  4194303  2.83     2026-03-07 17:12:08  2026-02-01 10:00:00  "
         " 12\n"
         "Helios::TestServic        17  -        2026-03-07 17:12:09  -                    "
         "  1\n",
         ""},
        {"names are cut a little", 66, "2026-03-07",
         "SERVICE                PID  VERSION  SEEN      STARTED         MAX\n"
         "Helios::~tService  4194303  2.83     17:12:08  02-01 10:00:00   12\n"
         "Helios::~stServic       17  -        17:12:09  -                 1\n",
         ""},
        {"the lowest is left out first", 60, "2026-03-07",
         "SERVICE                  PID  SEEN      STARTED         MAX\n"
         "Helios::TestService  4194303  17:12:08  02-01 10:00:00   12\n"
         "Helios::TestServic        17  17:12:09  -                 1\n",
         "VERSION"},
        {"then the next", 42, "2026-03-07",
         "SERVICE                 PID  SEEN      MAX\n"
         "Helios::~stService  4194303  17:12:08   12\n"
         "Helios::TestServic       17  17:12:09    1\n",
         "VERSION, STARTED"},
        {"then names are cut more", 33, "2026-03-07",
         "SERVICE        PID  SEEN      MAX\n"
         "Heli~vice  4194303  17:12:08   12\n"
         "Heli~rvic       17  17:12:09    1\n",
         "VERSION, STARTED"},
        {"then the right goes", 30, "2026-03-07",
         "SERVICE          PID  SEEN\n"
         "Helio~rvice  4194303  17:12:08\n"
         "Helio~ervic       17  17:12:09\n",
         "VERSION, STARTED, MAX WORKERS"},
        {"a number is whole or not there", 16, "2026-03-07",
         "SERVICE\n"
         "Helios:~tService\n"
         "Helios:~stServic\n",
         "PID, VERSION, LAST SEEN, STARTED, MAX WORKERS"},
        {"one column", 1, "2026-03-07", "~\n~\n~\n",
         "PID, VERSION, LAST SEEN, STARTED, MAX WORKERS"},
    };
    static const char *const cells[] = {
        "Helios::TestService",
        "4194303",
        "2.83",
        "2026-03-07 17:12:08",
        "2026-02-01 10:00:00",
        "12",
        "Helios::TestServic",
        "17",
        "",
        "2026-03-07 17:12:09",
        "",
        "1",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;
        struct buf out = BUF_INIT;
        struct buf left_out = BUF_INIT;
        grid_begin(&g, wide, 6);
        g.today = rows[i].today;
        for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++)
            grid_cell(&g, cells[c]);
        grid_lines(&g, rows[i].width, false, &out, &left_out);
        if (strcmp(buf_text(&out), rows[i].expect) != 0 ||
            strcmp(buf_text(&left_out), rows[i].left_out) != 0)
            fail_msg("%s:\n%s\nwithout %s; expected\n%s\nwithout %s", rows[i].name,
                     buf_text(&out), buf_text(&left_out), rows[i].expect, rows[i].left_out);
        grid_fini(&g);
        buf_fini(&out);
        buf_fini(&left_out);
    }
}

static void sentences(void **state)
{
    (void)state;
    static const struct column prose[] = {
        {"state", COLUMN_STATE}, {"finding", COLUMN_PROSE}, {"advice", COLUMN_PROSE}};
    static const struct {
        size_t width;
        const char *expect;
    } rows[] = {
        {80, "STATE    FINDING                    ADVICE\n"
             "warning  the clock is far too late  -\n"
             "ok       unbelievably               let both follow one clock\n"},
        {44, "STATE    FINDING           ADVICE\n"
             "warning  the clock is far  -\n"
             "         too late          \n"
             "ok       unbelievably      let both follow\n"
             "                           one clock\n"},
        {30, "STATE    FINDING    ADVICE\n"
             "warning  the clock  -\n"
             "         is far     \n"
             "         too late   \n"
             "ok       unbelieva  let both\n"
             "         bly        follow one\n"
             "                    clock\n"},
        {12, "STATE\n"
             "warning\n"
             "ok\n"},
    };
    static const char *const cells[] = {
        "warning",      "the clock is far too late", "", "ok",
        "unbelievably", "let both follow one clock"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;
        struct buf out = BUF_INIT;
        grid_begin(&g, prose, 3);
        for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++)
            grid_cell(&g, cells[c]);
        grid_lines(&g, rows[i].width, false, &out, NULL);
        if (strcmp(buf_text(&out), rows[i].expect) != 0)
            fail_msg("%zu columns:\n%s\nexpected\n%s", rows[i].width, buf_text(&out),
                     rows[i].expect);
        grid_fini(&g);
        buf_fini(&out);
    }
}

int main(void)
{
    cell_locale();
    const struct CMUnitTest tests[] = {cmocka_unit_test(widths), cmocka_unit_test(tails),
                                       cmocka_unit_test(lines), cmocka_unit_test(room),
                                       cmocka_unit_test(sentences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
