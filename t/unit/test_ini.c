/* SPDX-License-Identifier: MIT */
#include "core/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"

/* t/interop/ini_files.t holds the wide comparison with Perl; here is what each rule of
 * helios.md 3.3 and statements 35 to 42 ask for. */
static const struct {
    const char *label, *text, *section, *key, *value;
    unsigned line;
} values[] = {
    {"sample of the reference", "[global]\ndsn=dbi:mysql:host=10.1.0.21;db=helios_db\n",
     "global", "dsn", "dbi:mysql:host=10.1.0.21;db=helios_db", 2},
    {"password", "[global]\npassword=a;b#c=\"d' \t\n", "global", "password",
     "a;b#c=\"d' \t", 2},
    {"service section", "[SearchIndex::LoadTestService]\nMAX_WORKERS = 3\n",
     "SearchIndex::LoadTestService", "MAX_WORKERS", "3", 2},
    {"other case of a section", "[My::Svc]\na=1\n", "my::svc", "a", NULL, 0},
    {"other case of a key", "[s]\na=1\n", "s", "A", NULL, 0},
    {"blanks in a header", " [ S ] \na=1\n", "S", "a", "1", 2},
    {"comments", "# x\n [s]\n;a=1\n  #a=2\n\na=v ; text\n", "s", "a", "v ; text", 6},
    {"CR LF", "[s]\r\na=1\r\n", "s", "a", "1", 2},
    {"CR", "[s]\ra=1\r", "s", "a", "1", 2},
    {"byte-order mark", "\xef\xbb\xbf[s]\na=1\n", "s", "a", "1", 2},
    {"two equals", "[s]\na=b=c\n", "s", "a", "b=c", 2},
    {"empty", "[s]\na=\n", "s", "a", "", 2},
    {"blanks", "[s]\na = x y\n", "s", "a", "x y", 2},
    {"repeated key", "[s]\na=3\nb=1\na=4\n", "s", "a", "3\n4", 2},
    {"repeated section", "[s]\na=3\n[t]\na=1\n[s]\na=4\n", "s", "a", "3\n4", 2},
    {"here-document", "[s]\n\na=<<EOT\none\n #two\nEOT\nb=1\n", "s", "a", "one\n #two", 3},
    {"behind a here-document", "[s]\na=<<EOT\none\ntwo\nEOT\nb=1\n", "s", "b", "1", 6},
    {"no interpolation", "[s]\na=$HOME%n\\\n", "s", "a", "$HOME%n\\", 2},
};

static void takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct ini *ini = NULL;
        if (ini_parse("x.ini", values[i].text, strlen(values[i].text), &ini, &err) != 0)
            fail_msg("%s: refused: %s", values[i].label, err.text);
        const struct ini_section *section = ini_section(ini, values[i].section);
        const struct ini_entry *entry =
            section == NULL ? NULL : ini_entry(section, values[i].key);
        const char *got = entry == NULL ? "(none)" : entry->value;
        const char *want = values[i].value == NULL ? "(none)" : values[i].value;
        if (strcmp(got, want) != 0)
            fail_msg("%s: '%s' should be '%s'", values[i].label, got, want);
        if (entry != NULL && entry->line != values[i].line)
            fail_msg("%s: line %u should be %u", values[i].label, entry->line,
                     values[i].line);
        ini_free(ini);
    }
}

#define NEITHER "expected '[section]', 'name = value' or a comment"
static const struct {
    const char *label, *text, *reason;
} faults[] = {
    {"empty", "", "x.ini:1: expected at least one '[section]' on a line that ends"},
    {"blank", "\n\n", "x.ini:2: expected at least one '[section]'"},
    {"no line end", "[s]", "x.ini:1: expected at least one '[section]' on a line that"},
    {"no equals", "[s]\na\n", "x.ini:2: " NEITHER " (the file is not used)"},
    {"colon", "[s]\na: 1\n", "x.ini:2: " NEITHER},
    {"no key", "[s]\n=1\n", "x.ini:2: " NEITHER},
    {"open header", "[s\n", "x.ini:1: " NEITHER},
    {"empty header", "[]\n", "x.ini:1: " NEITHER},
    {"comment behind a header", "[s] ; c\n", "x.ini:1: " NEITHER},
    {"two lines", "[s]\nx\na=1\ny\n", "x.ini:2: " NEITHER "; x.ini:4: " NEITHER},
    {"key before a section", "\na=1\n[s]\n",
     "x.ini:2: expected a '[section]' before the first 'name = value'"},
    {"open here-document", "[s]\na=<<X\nb\nc\n", "x.ini:2: expected the here-document to"},
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct ini *ini = NULL;
        if (ini_parse("x.ini", faults[i].text, strlen(faults[i].text), &ini, &err) == 0)
            fail_msg("%s: should be refused", faults[i].label);
        if (err.kind != HELIOS_E_CONFIG)
            fail_msg("%s: kind %s should be config", faults[i].label,
                     helios_error_name(err.kind));
        if (strncmp(err.text, faults[i].reason, strlen(faults[i].reason)) != 0)
            fail_msg("%s: '%s' should begin with '%s'", faults[i].label, err.text,
                     faults[i].reason);
    }
}

static void refuses_nul(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    assert_int_equal(ini_parse("x.ini", "[s]\na=1\0b\n", 10, &ini, &err), -1);
    assert_non_null(strstr(err.text, "NUL"));
}

/* A malformed line may hold the password. */
static void keeps_secrets(void **state)
{
    (void)state;
    static const char text[] = "[global]\npassword: hunter2\n";
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    assert_int_equal(ini_parse("x.ini", text, sizeof text - 1, &ini, &err), -1);
    assert_null(strstr(err.text, "hunter2"));
}

static void counts_faults(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_puts(&text, "[s]\n");
    for (int i = 0; i < 500; i++)
        buf_puts(&text, "oops\n");
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    assert_int_equal(ini_parse("x.ini", buf_text(&text), text.len, &ini, &err), -1);
    assert_non_null(strstr(err.text, " more lines (the file is not used)"));
    buf_fini(&text);
}

static void limits_items(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_puts(&text, "[s]\n");
    for (unsigned i = 1; i < INI_ITEMS_MAX; i++)
        buf_puts(&text, "k=v\n");
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    assert_int_equal(ini_parse("x.ini", buf_text(&text), text.len, &ini, &err), 0);
    ini_free(ini);
    buf_puts(&text, "k=v\n");
    assert_int_equal(ini_parse("x.ini", buf_text(&text), text.len, &ini, &err), -1);
    assert_string_equal(err.text, "x.ini:10001: expected no more than 10000 sections and "
                                  "values (the file is not used)");
    buf_fini(&text);
}

static void takes_long_lines(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    struct buf text = BUF_INIT;
    buf_puts(&text, "[s]\na=");
    for (int i = 0; i < LONG; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "\nb=1\n");
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    assert_int_equal(ini_parse("x.ini", buf_text(&text), text.len, &ini, &err), 0);
    const struct ini_section *section = ini_section(ini, "s");
    assert_int_equal(strlen(ini_entry(section, "a")->value), LONG);
    assert_string_equal(ini_entry(section, "b")->value, "1");
    ini_free(ini);
    buf_fini(&text);
}

static void locates(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    const char *path = NULL;
    unsetenv("HELIOS_INI");
    assert_int_equal(ini_locate(NULL, &path, &err), 0);
    assert_string_equal(path, "./helios.ini");
    setenv("HELIOS_INI", "/e/h.ini", 1);
    assert_int_equal(ini_locate(NULL, &path, &err), 0);
    assert_string_equal(path, "/e/h.ini");
    assert_int_equal(ini_locate("/o/h.ini", &path, &err), 0);
    assert_string_equal(path, "/o/h.ini");
    setenv("HELIOS_INI", "", 1);
    assert_int_equal(ini_locate(NULL, &path, &err), -1);
    assert_int_equal(err.kind, HELIOS_E_CONFIG);
    assert_int_equal(ini_locate("/o/h.ini", &path, &err), 0);
}

static void write_text(const char *path, const char *text, size_t len)
{
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static void loads(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    write_text("a.ini", "[s]\na=1\n", 8);
    assert_int_equal(chmod("a.ini", 0640), 0);
    if (ini_load("./a.ini", &ini, &err) != 0)
        fail_msg("%s", err.text);
    char cwd[4096];
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_memory_equal(ini->path, cwd, strlen(cwd));
    assert_string_equal(ini->path + strlen(cwd), "/a.ini");
    assert_int_equal(ini->mode, 0640);
    ini_free(ini);
}

static void loads_not(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    assert_int_equal(ini_load("/nowhere/h.ini", &ini, &err), -1);
    assert_string_equal(err.text,
                        "cannot read configuration file /nowhere/h.ini: No such file or "
                        "directory; name another with --config or HELIOS_INI");
    assert_int_equal(ini_load("/dev/null", &ini, &err), -1);
    assert_non_null(strstr(err.text, "/dev/null: not a regular file"));
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(ini_load("fifo", &ini, &err), -1);
    assert_non_null(strstr(err.text, "not a regular file"));

    char *large = calloc(1, INI_SIZE_MAX + 1);
    assert_non_null(large);
    memset(large, '\n', INI_SIZE_MAX + 1);
    write_text("large.ini", large, INI_SIZE_MAX + 1);
    assert_int_equal(ini_load("large.ini", &ini, &err), -1);
    assert_non_null(strstr(err.text, "larger than 1 MiB"));
    free(large);
}

static char folder[] = "/tmp/test_ini.XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0 ? -1 : 0;
}

static int leave_folder(void **state)
{
    (void)state;
    (void)unlink("a.ini");
    (void)unlink("fifo");
    (void)unlink("large.ini");
    return chdir("/") != 0 || rmdir(folder) != 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_nul),
        cmocka_unit_test(keeps_secrets),
        cmocka_unit_test(counts_faults),
        cmocka_unit_test(limits_items),
        cmocka_unit_test(takes_long_lines),
        cmocka_unit_test(locates),
        cmocka_unit_test(loads),
        cmocka_unit_test(loads_not),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
