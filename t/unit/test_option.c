/* SPDX-License-Identifier: MIT */
#include "conf/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/ini.h"

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
        int64_t value;
    } rows[] = {
        {"0", 0, 0},
        {"1", 0, 1},
        {"007", 0, 7},
        {" \t12\n", 0, 12},
        {"-5", 0, -5},
        {"+5", 0, 5},
        {"-0", 0, 0},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", 1, INT64_MAX},
        {"-9223372036854775809", 1, INT64_MIN},
        {"99999999999999999999999999999999999999", 1, INT64_MAX},
        {"", -1, 0},
        {" ", -1, 0},
        {"many", -1, 0},
        {"5x", -1, 0},
        {"5 6", -1, 0},
        {"3\n4", -1, 0},
        {"1.0", -1, 0},
        {"1e3", -1, 0},
        {"0x10", -1, 0},
        {"- 5", -1, 0},
        {"--5", -1, 0},
        {"-", -1, 0},
        {"99999999999999999999x", -1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t value = 0;
        int result = option_number(rows[i].text, &value);
        if (result != rows[i].result || (result >= 0 && value != rows[i].value))
            fail_msg("'%s' gives %d, %" PRId64 " and should give %d, %" PRId64,
                     rows[i].text, result, value, rows[i].result, rows[i].value);
    }
}

/* Each row as Perl 5.36 answers `$text == 1`; statements 48 and 49. */
static void is_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool one;
    } rows[] = {
        {"1", true},
        {"01", true},
        {" 1", true},
        {"1 ", true},
        {"1.0", true},
        {"1e0", true},
        {"1x", true},
        {"10e-1", true},
        {"0.1e1", true},
        {".1e1", true},
        {"+1", true},
        {"1e", true},
        {"1e+", true},
        {"1_0", true},
        {"1e0.5", true},
        {"001.000e00", true},
        {"1.e0", true},
        {"\v1", true},
        {"0.00001e5", true},
        {"1\n", true},
        {"1\n1", true},
        {"1 1", true},
        {"1e-0", true},
        {"10e-01", true},
        {"++1", false},
        {"- 1", false},
        {"-1", false},
        {"1.5", false},
        {"0x1", false},
        {"Inf", false},
        {"1e9999999999", false},
        {"nan", false},
        {"11", false},
        {"2", false},
        {"yes", false},
        {"on", false},
        {"true", false},
        {"", false},
        {"0", false},
        {"+ 1", false},
        {"\xa0"
         "1",
         false},
        {".", false},
        {"e0", false},
        {"1.01", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (option_is_one(rows[i].text) != rows[i].one)
            fail_msg("'%s' should be %s", rows[i].text, rows[i].one ? "on" : "off");
}

static void switches(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool on;
    } rows[] = {
        {"off", false}, {"0", false}, {"on", true}, {"OFF", true}, {"no", true},
        {"", true},     {"00", true}, {" 0", true}, {"1", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (option_switch(rows[i].text) != rows[i].on)
            fail_msg("'%s' should be %s", rows[i].text, rows[i].on ? "on" : "off");
}

/* Statement 55. */
static void choices(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int choice;
    } rows[] = {
        {"linear", 0}, {"dynamic", 1}, {"optimistic", 2},      {"Dynamic", -1},  {"x", -1},
        {"", -1},      {"line", -1},   {"linear,dynamic", -1}, {"dynamic ", -1},
    };
    const struct option *option = option_find("WORKER_LAUNCH_PATTERN");
    assert_non_null(option);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (option_choice(option, rows[i].text) != rows[i].choice)
            fail_msg("'%s' should be choice %d", rows[i].text, rows[i].choice);
}

static bool numeric(const struct option *option)
{
    return option->type == OPTION_INT || option->type == OPTION_SECONDS ||
           option->type == OPTION_MS;
}

/* The rows hold together: what resolution relies on, and what the texts are made of. */
static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        int64_t value = 0;
        if (option_find(o->name) != o)
            fail_msg("%s has two rows", o->name);
        if (numeric(o) && (o->fallback == NULL || option_number(o->fallback, &value) != 0 ||
                           value < o->min || value > o->max))
            fail_msg("%s: the default is not in its range", o->name);
        if (o->type == OPTION_CHOICE && option_choice(o, o->fallback) != 0)
            fail_msg("%s: the default is not the first choice", o->name);
        if ((o->type == OPTION_IS_ONE || o->type == OPTION_SWITCH) && o->fallback == NULL)
            fail_msg("%s: no default", o->name);
        if (o->help[strlen(o->help) - 1] != '.')
            fail_msg("%s: the help is no sentence", o->name);
    }
    assert_null(option_find("max_workers"));
    assert_null(option_find(""));
}

static void read_file(const char *name, struct buf *out)
{
    char path[4096], block[4096];
    size_t n;
    (void)snprintf(path, sizeof path, "%s/%s", HELIOS_SOURCE_DIR, name);
    FILE *in = fopen(path, "re");
    if (in == NULL)
        fail_msg("%s cannot be read", path);
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        buf_append(out, block, n);
    assert_int_equal(fclose(in), 0);
}

#define AGAIN "; run: cmake --build build/test --target generate"

static void sample_is_current(void **state)
{
    (void)state;
    struct buf file = BUF_INIT;
    read_file("conf/helios.ini.sample", &file);
    char *text = option_sample_ini();
    assert_non_null(text);
    if (strcmp(buf_text(&file), text) != 0)
        fail_msg("conf/helios.ini.sample is not what the option table gives" AGAIN);
    free(text);
    buf_fini(&file);
}

static void manual_is_current(void **state)
{
    (void)state;
    struct buf file = BUF_INIT;
    read_file("docs/man/helios.ini.5", &file);
    char *text = option_manual();
    assert_non_null(text);
    const char *begin = strstr(buf_text(&file), ".\\\" BEGIN PARAMETERS");
    assert_non_null(begin);
    const char *start = begin + strcspn(begin, "\n") + 1;
    const char *end = strstr(begin, ".\\\" END PARAMETERS");
    assert_non_null(end);
    if ((size_t)(end - start) != strlen(text) || memcmp(start, text, strlen(text)) != 0)
        fail_msg("docs/man/helios.ini.5 is not what the option table gives" AGAIN);
    free(text);
    buf_fini(&file);
}

/* Every line that the sample offers is taken with its comment sign removed, too. */
static void sample_parses(void **state)
{
    (void)state;
    char *text = option_sample_ini();
    assert_non_null(text);
    for (char *at = strstr(text, "\n#"); at != NULL; at = strstr(at + 2, "\n#"))
        if (at[2] != ' ' && at[2] != '\n')
            at[1] = ' ';
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    if (ini_parse("sample", text, strlen(text), &ini, &err) != 0)
        fail_msg("%s", err.text);
    const struct ini_section *global = ini_section(ini, "global");
    assert_non_null(global);
    assert_int_equal(global->count, option_count);
    for (size_t i = 0; i < option_count; i++) {
        const struct ini_entry *entry = ini_entry(global, option_table[i].name);
        const char *value = entry == NULL ? "(nothing)" : entry->value;
        const char *fallback = option_table[i].fallback;
        if (entry == NULL || (fallback != NULL && strcmp(value, fallback) != 0))
            fail_msg("%s: the sample has '%s'", option_table[i].name, value);
    }
    ini_free(ini);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(is_one),
        cmocka_unit_test(switches),
        cmocka_unit_test(choices),
        cmocka_unit_test(table),
        cmocka_unit_test(sample_is_current),
        cmocka_unit_test(manual_is_current),
        cmocka_unit_test(sample_parses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
