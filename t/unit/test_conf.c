/* SPDX-License-Identifier: MIT */
#include "conf/conf.h"
#include "conf/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <syslog.h>

/* Sentences of `warn`, one a line. */
static void collect(void *arg, const char *sentence)
{
    buf_printf(arg, "%s\n", sentence);
}

static struct ini *parse(const char *text)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct ini *ini = NULL;
    if (ini_parse("/etc/helios.ini", text, strlen(text), &ini, &err) != 0)
        fail_msg("%s", err.text);
    return ini;
}

/* Service S on host h. */
static struct helios_params *resolve(const char *ini_text, const struct conf_row *rows,
                                     size_t n, struct buf *warnings)
{
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_params *params = NULL;
    struct ini *ini = ini_text == NULL ? NULL : parse(ini_text);
    if (conf_resolve(ini, "S", "h", rows, n, &params, warnings == NULL ? NULL : collect,
                     warnings, &err) != 0)
        fail_msg("%s", err.text);
    ini_free(ini);
    return params;
}

static void expect_text(const char *label, const char *what, const char *got,
                        const char *expected)
{
    if (got == NULL || strcmp(got, expected) != 0)
        fail_msg("%s: %s is\n%s\nand should be\n%s", label, what,
                 got == NULL ? "(NULL)" : got, expected);
}

#define ROWS 4
static const struct {
    const char *label, *ini, *expected; /* NULL: not set */
    enum conf_source source;
    struct conf_row rows[ROWS];
} layers[] = {
    {"nothing", "[global]\n", "1", CONF_DEFAULT, {{NULL, NULL, NULL}}},
    {"global", "[global]\nMAX_WORKERS=2\n", "2", CONF_GLOBAL, {{NULL, NULL, NULL}}},
    {"section",
     "[global]\nMAX_WORKERS=2\n[S]\nMAX_WORKERS=3\n",
     "3",
     CONF_SECTION,
     {{NULL, NULL, NULL}}},
    {"section first",
     "[S]\nMAX_WORKERS=3\n[global]\nMAX_WORKERS=2\n",
     "3",
     CONF_SECTION,
     {{NULL, NULL, NULL}}},
    {"other section",
     "[global]\nMAX_WORKERS=2\n[s]\nMAX_WORKERS=3\n",
     "2",
     CONF_GLOBAL,
     {{NULL, NULL, NULL}}},
    {"row for all", "[S]\nMAX_WORKERS=3\n", "4", CONF_ROW_ALL, {{"*", "MAX_WORKERS", "4"}}},
    {"row for this host",
     "[S]\nMAX_WORKERS=3\n",
     "5",
     CONF_ROW_HOST,
     {{"*", "MAX_WORKERS", "4"}, {"h", "MAX_WORKERS", "5"}}},
    {"in the other order",
     "[S]\nMAX_WORKERS=3\n",
     "5",
     CONF_ROW_HOST,
     {{"h", "MAX_WORKERS", "5"}, {"*", "MAX_WORKERS", "4"}}},
    {"host in another case, as a collation matches it",
     "[S]\nMAX_WORKERS=3\n",
     "5",
     CONF_ROW_HOST,
     {{"H", "MAX_WORKERS", "5"}, {"*", "MAX_WORKERS", "4"}}},
    {"0 is a value",
     "[S]\nMAX_WORKERS=3\n",
     "0",
     CONF_ROW_HOST,
     {{"h", "MAX_WORKERS", "0"}}},
    {"the empty text is a value",
     "[S]\nMAX_WORKERS=3\n",
     "",
     CONF_ROW_HOST,
     {{"h", "MAX_WORKERS", ""}}},
    {"NULL hides what lies below",
     "[S]\nMAX_WORKERS=3\n",
     NULL,
     CONF_ROW_HOST,
     {{"*", "MAX_WORKERS", "4"}, {"h", "MAX_WORKERS", NULL}}},
    {"NULL for all, a value for the host",
     "[S]\nMAX_WORKERS=3\n",
     "5",
     CONF_ROW_HOST,
     {{"*", "MAX_WORKERS", NULL}, {"h", "MAX_WORKERS", "5"}}},
    {"parameter of another case",
     "[S]\nMAX_WORKERS=3\n",
     "3",
     CONF_SECTION,
     {{"h", "max_workers", "5"}}},
    {"repeated key",
     "[S]\nMAX_WORKERS=3\nMAX_WORKERS=4\n",
     "3\n4",
     CONF_SECTION,
     {{NULL, NULL, NULL}}},
};

static size_t count_rows(const struct conf_row *rows)
{
    size_t n = 0;
    while (n < ROWS && rows[n].host != NULL)
        n++;
    return n;
}

/* Statements 29 to 34 and 46. */
static void precedence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        struct helios_params *params =
            resolve(layers[i].ini, layers[i].rows, count_rows(layers[i].rows), NULL);
        const char *got = helios_params_get(params, "MAX_WORKERS");
        const char *expected = layers[i].expected;
        if ((got == NULL) != (expected == NULL) ||
            (got != NULL && strcmp(got, expected) != 0))
            fail_msg("%s: '%s' should be '%s'", layers[i].label, got ? got : "(NULL)",
                     expected ? expected : "(NULL)");
        if (conf_value(params, "MAX_WORKERS")->source != layers[i].source)
            fail_msg("%s: wrong source", layers[i].label);
        conf_free(params);
    }
}

static void without_ini_or_service(void **state)
{
    (void)state;
    struct helios_error err = HELIOS_ERROR_INIT;
    struct helios_params *params = NULL;
    assert_int_equal(conf_resolve(NULL, NULL, "h", NULL, 0, &params, NULL, NULL, &err), 0);
    assert_int_equal(helios_params_count(params), option_count);
    assert_string_equal(helios_params_get(params, "MAX_WORKERS"), "1");
    conf_free(params);
    conf_free(NULL);
}

/* The public side. */
static void reads(void **state)
{
    (void)state;
    struct helios_params *params =
        resolve("[global]\nn=12\nbig=99999999999999999999\nword=x\nZ=1\n[S]\nb c=d\n", NULL,
                0, NULL);
    assert_int_equal(helios_params_int(params, "n", -1), 12);
    assert_int_equal(helios_params_int(params, "word", -1), -1);
    assert_int_equal(helios_params_int(params, "big", -1), -1);
    assert_int_equal(helios_params_int(params, "absent", -1), -1);
    assert_int_equal(helios_params_int(params, "HALT", -1), -1);
    assert_int_equal(helios_params_int(params, "zero_sleep_interval", -1), 10);
    assert_null(helios_params_get(params, "absent"));
    assert_null(helios_params_get(params, "N"));
    assert_string_equal(helios_params_get(params, "b c"), "d");
    size_t n = helios_params_count(params);
    assert_int_equal(n, option_count + 5);
    for (size_t i = 1; i < n; i++)
        assert_true(
            strcmp(helios_params_name(params, i - 1), helios_params_name(params, i)) < 0);
    assert_null(helios_params_name(params, n));
    conf_free(params);
}

#define TABLE " of helios_params_tb "
static const struct {
    const char *label, *ini, *name, *text, *warnings;
    struct conf_row rows[ROWS];
} oddities[] = {
    {"duplicates of the host",
     "[S]\na=1\n",
     "a",
     "3",
     "row (S, h, a)" TABLE
     "is there more than once: the last one is in force; delete the others\n",
     {{"h", "a", "2"}, {"*", "a", "9"}, {"h", "a", "3"}}},
    {"hidden duplicates",
     "[S]\na=1\n",
     "a",
     "4",
     "row (S, *, a)" TABLE
     "is there more than once: the last one is in force; delete the others\n",
     {{"*", "a", "2"}, {"*", "a", "3"}, {"h", "a", "4"}}},
    {"no duplicates", "[S]\na=1\n", "a", "3", "", {{"*", "a", "2"}, {"h", "a", "3"}}},
    {"dsn in a row",
     "[global]\ndsn=d\n",
     "dsn",
     "d",
     "row (S, *, dsn)" TABLE
     "is not obeyed: only helios.ini can set this; delete the row\n",
     {{"*", "dsn", "dbi:mysql:evil"}}},
    {"password in a row",
     "[global]\n",
     "password",
     NULL,
     "row (S, h, password)" TABLE
     "is not obeyed: only helios.ini can set this; delete the row\n",
     {{"h", "password", "hunter2"}}},
    {"user hidden by a row",
     "[global]\nuser=u\n",
     "user",
     "u",
     "row (S, h, user)" TABLE
     "is not obeyed: only helios.ini can set this; delete the row\n",
     {{"h", "user", NULL}}},
    {"plugins from a row",
     "[global]\nservice_path=/p\n",
     "service_path",
     "/p",
     "row (S, *, service_path)" TABLE
     "is not obeyed: only helios.ini can set this; delete the row\n",
     {{"*", "service_path", "/tmp"}}},
    {"a relative folder",
     "[global]\npid_path=run/h\n",
     "pid_path",
     "/etc/run/h",
     "",
     {{NULL, NULL, NULL}}},
    {"an absolute folder with a colon",
     "[global]\npid_path=/run/a:b\n",
     "pid_path",
     "/run/a:b",
     "",
     {{NULL, NULL, NULL}}},
    {"no folder", "[global]\npid_path=\n", "pid_path", "", "", {{NULL, NULL, NULL}}},
    {"several folders",
     "[global]\nservice_path=a:/b::c/d:\n",
     "service_path",
     "/etc/a:/b::/etc/c/d:",
     "",
     {{NULL, NULL, NULL}}},
    {"options",
     "[global]\noptions=system('x')=>1\n",
     "options",
     "system('x')=>1",
     "options ([global] line 2 of /etc/helios.ini) are for Perl programs and are not used "
     "here\n",
     {{NULL, NULL, NULL}}},
    {"options, empty", "[global]\noptions=\n", "options", "", "", {{NULL, NULL, NULL}}},
    {"a name with control characters",
     "[global]\n",
     "a\nb",
     "2",
     "row (S, h, a\\nb)" TABLE
     "is there more than once: the last one is in force; delete the others\n",
     {{"h", "a\nb", "1"}, {"h", "a\nb", "2"}}},
};

/* Statement 47, and rows that try to move the service. */
static void reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof oddities / sizeof oddities[0]; i++) {
        struct buf warnings = BUF_INIT;
        struct helios_params *params = resolve(oddities[i].ini, oddities[i].rows,
                                               count_rows(oddities[i].rows), &warnings);
        const char *got = helios_params_get(params, oddities[i].name);
        if (oddities[i].text != NULL || got != NULL)
            expect_text(oddities[i].label, "value", got,
                        oddities[i].text == NULL ? "(nothing)" : oddities[i].text);
        expect_text(oddities[i].label, "warning", buf_text(&warnings),
                    oddities[i].warnings);
        conf_free(params);
        buf_fini(&warnings);
    }
}

static void marks(void **state)
{
    (void)state;
    const struct conf_row rows[] = {
        {"h", "a", "1"}, {"h", "a", "2"}, {"h", "dsn", "x"},
        {"*", "b", "1"}, {"*", "b", "2"}, {"h", "b", "3"},
    };
    struct helios_params *params =
        resolve("[global]\ndsn=d\nsmtp_password=p\n", rows, 6, NULL);
    assert_true(conf_value(params, "a")->duplicate);
    assert_false(conf_value(params, "a")->known);
    assert_false(conf_value(params, "b")->duplicate);
    assert_true(conf_value(params, "dsn")->ignored_row);
    assert_true(conf_value(params, "dsn")->known);
    assert_int_equal(conf_value(params, "dsn")->line, 2);
    assert_true(conf_value(params, "password")->secret);
    assert_true(conf_value(params, "smtp_password")->secret);
    assert_false(conf_value(params, "user")->secret);
    conf_free(params);
}

/* ---- secrets ---- */

static void secrets(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool secret;
    } rows[] = {
        {"password", true},    {"SMTP_PASSWD", true},
        {"db_pwd", true},      {"client_secret", true},
        {"TOKEN", true},       {"accessToken", true},
        {"credentials", true}, {"apikey", true},
        {"APIKEY", true},      {"key", true},
        {"KEY", true},         {"api_key", true},
        {"API_KEYS", true},    {"ssh-key", true},
        {"sshKey", true},      {"keyFile", true},
        {"key_file", true},    {"key2", true},
        {"monkey", false},     {"monkey_key", true},
        {"keep", false},       {"keyboard", false},
        {"KEYBOARD", false},   {"Keyboard", false},
        {"turkeys", false},    {"MAX_WORKERS", false},
        {"ke", false},         {"", false},
        {"keysmith", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (secret_name(rows[i].name, strlen(rows[i].name)) != rows[i].secret)
            fail_msg("%s: should be %d", rows[i].name, rows[i].secret);
    assert_false(secret_name("keyring", 2));
}

/* ---- figures ---- */

/* Without the padding at the end. */
#define SETTINGS_SIZE (offsetof(struct settings, job_history) + sizeof(bool))

static void defaults(void **state)
{
    (void)state;
    const struct settings expected = SETTINGS_DEFAULT;
    struct buf warnings = BUF_INIT;
    struct settings got;
    struct helios_params *params = resolve(NULL, NULL, 0, NULL);
    conf_settings(params, NULL, &got, collect, &warnings);
    assert_string_equal(buf_text(&warnings), "");
    assert_memory_equal(&got, &expected, SETTINGS_SIZE);
    conf_free(params);
}

#define FIELD(f) offsetof(struct settings, f)
#define ROW_H    " (row for host h) "
#define STAYS    "is not a whole number; "
static const struct {
    const char *name, *text; /* text NULL: SQL NULL */
    size_t field;
    int64_t expected, last; /* last: in force before */
    const char *warning;
} figures[] = {
    {"MAX_WORKERS", "5", FIELD(max_workers), 5, 3, ""},
    {"MAX_WORKERS", " 5 ", FIELD(max_workers), 5, 3, ""},
    {"MAX_WORKERS", "0", FIELD(max_workers), 0, 3, ""},
    {"MAX_WORKERS", "-1", FIELD(max_workers), 0, 3,
     "MAX_WORKERS of S: '-1'" ROW_H "is outside 0 to 512; 0 is used\n"},
    {"MAX_WORKERS", "", FIELD(max_workers), 3, 3,
     "MAX_WORKERS of S: ''" ROW_H STAYS "3 stays in force\n"},
    {"MAX_WORKERS", "many", FIELD(max_workers), 3, 3,
     "MAX_WORKERS of S: 'many'" ROW_H STAYS "3 stays in force\n"},
    {"MAX_WORKERS", "2.5", FIELD(max_workers), 3, 3,
     "MAX_WORKERS of S: '2.5'" ROW_H STAYS "3 stays in force\n"},
    {"MAX_WORKERS", "3\n4", FIELD(max_workers), 7, 7,
     "MAX_WORKERS of S: '3\\n4'" ROW_H STAYS "7 stays in force\n"},
    {"MAX_WORKERS", "513", FIELD(max_workers), 512, 3,
     "MAX_WORKERS of S: '513'" ROW_H "is outside 0 to 512; 512 is used\n"},
    {"MAX_WORKERS", "99999999999999999999", FIELD(max_workers), 512, 3,
     "MAX_WORKERS of S: '99999999999999999999'" ROW_H "is outside 0 to 512; 512 is used\n"},
    {"MAX_WORKERS", NULL, FIELD(max_workers), 1, 3, ""},
    {"WORKER_MAX_TTL", "30", FIELD(worker_max_ttl_s), 30, 0, ""},
    {"WORKER_MAX_TTL", "0", FIELD(worker_max_ttl_s), 0, 30, ""},
    {"WORKER_MAX_TTL", "-30", FIELD(worker_max_ttl_s), 0, 30,
     "WORKER_MAX_TTL of S: '-30'" ROW_H "is outside 0 to 31536000; 0 is used\n"},
    {"WORKER_MAX_TTL", "soon", FIELD(worker_max_ttl_s), 0, 0,
     "WORKER_MAX_TTL of S: 'soon'" ROW_H STAYS "0 stays in force\n"},
    {"WORKER_MAX_TTL", NULL, FIELD(worker_max_ttl_s), 0, 30, ""},
    {"WORKER_MAX_TTL_WAIT_INTERVAL", "0", FIELD(worker_max_ttl_wait_s), 0, 20, ""},
    {"WORKER_MAX_TTL_WAIT_INTERVAL", NULL, FIELD(worker_max_ttl_wait_s), 20, 5, ""},
    {"master_launch_interval", "2", FIELD(master_launch_ms), 2000, 1000, ""},
    {"master_launch_interval", "0", FIELD(master_launch_ms), 0, 1000, ""},
    {"zero_launch_interval", "x", FIELD(zero_launch_ms), 4000, 4000,
     "zero_launch_interval of S: 'x'" ROW_H STAYS "4 stays in force\n"},
    {"zero_sleep_interval", "9223372036854775807", FIELD(zero_sleep_ms), 31536000000, 1,
     "zero_sleep_interval of S: '9223372036854775807'" ROW_H
     "is outside 0 to 31536000; 31536000 is used\n"},
    {"registration_interval", "5", FIELD(registration_ms), 5000, 1000, ""},
    {"WORKER_LINGER", "3", FIELD(worker_linger_ms), 3000, 0, ""},
    {"WORKER_LINGER", "-3", FIELD(worker_linger_ms), 0, 1000,
     "WORKER_LINGER of S: '-3'" ROW_H "is outside 0 to 31536000; 0 is used\n"},
    {"COMPLETION_DELAY_MS", "0", FIELD(completion_delay_ms), 0, 20, ""},
    {"COMPLETION_DELAY_MS", "10001", FIELD(completion_delay_ms), 10000, 20,
     "COMPLETION_DELAY_MS of S: '10001'" ROW_H "is outside 0 to 10000; 10000 is used\n"},
    {"CLAIM_MAX", "0", FIELD(claim_max), 1, 500,
     "CLAIM_MAX of S: '0'" ROW_H "is outside 1 to 512; 1 is used\n"},
    {"CLAIM_MAX", "512", FIELD(claim_max), 512, 500, ""},
    {"CLAIM_TARGET_MS", "0", FIELD(claim_target_ms), 1, 100,
     "CLAIM_TARGET_MS of S: '0'" ROW_H "is outside 1 to 60000; 1 is used\n"},
    {"SAFE_MODE_RETRIES", "5", FIELD(safe_mode_retries), 5, 0, ""},
    {"SAFE_MODE_RETRIES", "", FIELD(safe_mode_retries), 2, 2,
     "SAFE_MODE_RETRIES of S: ''" ROW_H STAYS "2 stays in force\n"},
};

/* Statement 89 among them. */
static void numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        const struct conf_row row = {"h", figures[i].name, figures[i].text};
        struct buf warnings = BUF_INIT;
        struct settings last = SETTINGS_DEFAULT, got;
        int64_t value;
        memcpy((char *)&last + figures[i].field, &figures[i].last, sizeof value);
        struct helios_params *params = resolve(NULL, &row, 1, NULL);
        conf_settings(params, &last, &got, collect, &warnings);
        memcpy(&value, (char *)&got + figures[i].field, sizeof value);
        if (value != figures[i].expected)
            fail_msg("%s='%s': %" PRId64 " should be %" PRId64, figures[i].name,
                     figures[i].text ? figures[i].text : "(NULL)", value,
                     figures[i].expected);
        expect_text(figures[i].name, "warning", buf_text(&warnings), figures[i].warning);
        conf_settings(params, &last, &last, NULL, NULL);
        assert_memory_equal(&got, &last, SETTINGS_SIZE);
        conf_free(params);
        buf_fini(&warnings);
    }
}

static const struct {
    const char *name, *text, *expected; /* what show() gives */
    bool warns;
} flags[] = {
    {"OVERDRIVE", "1", "overdrive", false},
    {"OVERDRIVE", "1.0", "overdrive", false},
    {"OVERDRIVE", "2", "", false},
    {"OVERDRIVE", "-1", "", false},
    {"OVERDRIVE", "", "", false},
    {"OVERDRIVE", NULL, "", false},
    {"OVERDRIVE", "99999999999999999999", "", false},
    {"HOLD", "01", "hold", false},
    {"HOLD", "0", "", false},
    {"HOLD", "yes", "", true},
    {"LAZY_CONFIG_UPDATE", "1", "lazy", false},
    {"LAZY_CONFIG_UPDATE", "on", "", true},
    {"DOWNSHIFT_ON_NONZERO_RUN", "1", "downshift", false},
    {"DOWNSHIFT_ON_NONZERO_RUN", "true", "", true},
    {"HALT", "1", "halt", false},
    {"HALT", "0", "halt", true},
    {"HALT", "no", "halt", true},
    {"HALT", "", "halt", false},
    {"HALT", NULL, "", false},
    {"job_history", "off", "nohistory", false},
    {"job_history", "0", "nohistory", false},
    {"job_history", "OFF", "", true},
    {"job_history", "no", "", true},
    {"job_history", "yes", "", false},
    {"job_history", "", "", false},
    {"job_history", NULL, "", false},
    {"PRIORITIZE_JOBS", "low", "low", false},
    {"PRIORITIZE_JOBS", "high", "high", false},
    {"PRIORITIZE_JOBS", "1", "high", true},
    {"PRIORITIZE_JOBS", "LOW", "high", true},
    {"PRIORITIZE_JOBS", "0", "", false},
    {"PRIORITIZE_JOBS", "", "", false},
    {"PRIORITIZE_JOBS", NULL, "", false},
    {"WORKER_LAUNCH_PATTERN", "linear", "", false},
    {"WORKER_LAUNCH_PATTERN", "dynamic", "dynamic", false},
    {"WORKER_LAUNCH_PATTERN", "optimistic", "optimistic", false},
    {"WORKER_LAUNCH_PATTERN", "Dynamic", "", true},
    {"WORKER_LAUNCH_PATTERN", "x", "", true},
    {"WORKER_LAUNCH_PATTERN", "", "", true},
    {"WORKER_LAUNCH_PATTERN", NULL, "", false},
    {"log_priority_threshold", "7", "", false},
    {"log_priority_threshold", NULL, "", false},
    {"log_priority_threshold", "8", "", true},
    {"log_priority_threshold", "debug", "", true},
    {"log_priority_threshold", "3", "threshold3", false},
    {"log_priority_threshold", "0", "threshold0", false},
    {"log_priority_threshold", "-1", "threshold0", true},
};

static void show(const struct settings *s, struct buf *out)
{
    static const char *const patterns[] = {"", "dynamic", "optimistic"};
    static const char *const orders[] = {"", "low", "high"};
    buf_puts(out, s->overdrive ? "overdrive" : "");
    buf_puts(out, s->hold ? "hold" : "");
    buf_puts(out, s->halt ? "halt" : "");
    buf_puts(out, s->lazy_config ? "lazy" : "");
    buf_puts(out, s->downshift_on_nonzero ? "downshift" : "");
    buf_puts(out, s->job_history ? "" : "nohistory");
    buf_puts(out, patterns[s->pattern]);
    buf_puts(out, orders[s->order]);
    if (s->log_threshold != 7)
        buf_printf(out, "threshold%d", (int)s->log_threshold);
}

/* Statements 48, 49 and 55. */
static void switches(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        const struct conf_row row = {"*", flags[i].name, flags[i].text};
        struct buf warnings = BUF_INIT, shown = BUF_INIT;
        struct settings got;
        struct helios_params *params = resolve(NULL, &row, 1, NULL);
        conf_settings(params, NULL, &got, collect, &warnings);
        show(&got, &shown);
        if (strcmp(buf_text(&shown), flags[i].expected) != 0)
            fail_msg("%s='%s': '%s' should be '%s'", flags[i].name,
                     flags[i].text ? flags[i].text : "(NULL)", buf_text(&shown),
                     flags[i].expected);
        if ((warnings.len > 0) != flags[i].warns)
            fail_msg("%s='%s': warning '%s'", flags[i].name,
                     flags[i].text ? flags[i].text : "(NULL)", buf_text(&warnings));
        conf_free(params);
        buf_fini(&warnings);
        buf_fini(&shown);
    }
}

static const struct {
    const char *label, *ini;
    struct log_config expected;
    const char *warnings;
} logs[] = {
    {"nothing",
     "[global]\n",
     {.table = true, .syslog_facility = LOG_USER, .syslog_threshold = 7},
     ""},
    {"all sinks",
     "[global]\nloggers=syslog, journal ,stderr\ninternal_logger=off\n",
     {.sinks = LOG_SINK_SYSLOG | LOG_SINK_JOURNAL | LOG_SINK_STDERR,
      .syslog_facility = LOG_USER,
      .syslog_threshold = 7},
     ""},
    {"the name of Helios",
     "[global]\nloggers=HeliosX::Logger::Syslog\n",
     {.table = true,
      .sinks = LOG_SINK_SYSLOG,
      .syslog_facility = LOG_USER,
      .syslog_threshold = 7},
     ""},
    {"other loggers of Helios",
     "[global]\nloggers=HeliosX::Logger::HiRes,HeliosX::Logger::File\n",
     {.table = true,
      .sinks = LOG_SINK_SYSLOG,
      .syslog_facility = LOG_USER,
      .syslog_threshold = 7},
     "loggers of S: 'HeliosX::Logger::HiRes,HeliosX::Logger::File' ([global] line 2 of "
     "/etc/helios.ini) names HeliosX::Logger::HiRes, for which the log table is used\n"
     "loggers of S: 'HeliosX::Logger::HiRes,HeliosX::Logger::File' ([global] line 2 of "
     "/etc/helios.ini) names HeliosX::Logger::File, for which syslog is used\n"},
    {"unknown logger",
     "[global]\nloggers=HeliosX::Logger::Own,stderr,\n",
     {.table = true,
      .sinks = LOG_SINK_STDERR,
      .syslog_facility = LOG_USER,
      .syslog_threshold = 7},
     "loggers of S: 'HeliosX::Logger::Own,stderr,' ([global] line 2 of "
     "/etc/helios.ini) names 'HeliosX::Logger::Own', which is not known and is "
     "ignored\n"},
    {"odd on",
     "[global]\ninternal_logger=no\n",
     {.table = true, .syslog_facility = LOG_USER, .syslog_threshold = 7},
     "internal_logger of S: 'no' ([global] line 2 of /etc/helios.ini) is neither off nor "
     "0; it counts as on\n"},
    {"syslog",
     "[global]\nsyslog_facility=local3\nsyslog_options=nofatal,pid,cons\n"
     "syslog_logmask=15\nsyslog_priority_threshold=4\ninternal_logger=0\n",
     {.syslog_facility = LOG_LOCAL3,
      .syslog_options = LOG_PID | LOG_CONS,
      .syslog_mask = 15,
      .syslog_threshold = 4},
     ""},
    {"odd syslog",
     "[global]\nsyslog_facility=LOCAL3\nsyslog_logmask=256\n"
     "syslog_priority_threshold=-1\n[S]\nsyslog_options=fast\n",
     {.table = true, .syslog_facility = LOG_USER, .syslog_mask = 255},
     "syslog_facility of S: 'LOCAL3' ([global] line 2 of /etc/helios.ini) is none of "
     "user,daemon,local0,local1,local2,local3,local4,local5,local6,local7,auth,authpriv,"
     "cron,ftp,kern,lpr,mail,news,syslog,uucp; the first of them is used\n"
     "syslog_options of S: 'fast' ([S] line 6 of /etc/helios.ini) names 'fast', which is "
     "not known and is ignored\n"
     "syslog_logmask of S: '256' ([global] line 3 of /etc/helios.ini) is outside 0 to "
     "255; 255 is used\n"
     "syslog_priority_threshold of S: '-1' ([global] line 4 of /etc/helios.ini) is "
     "outside 0 to 7; 0 is used\n"},
};

static void logging(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        const struct log_config *want = &logs[i].expected;
        struct buf warnings = BUF_INIT;
        struct log_config got = {.threshold = 3, .foreground = true};
        struct helios_params *params = resolve(logs[i].ini, NULL, 0, NULL);
        conf_logging(params, &got, collect, &warnings);
        if (got.sinks != want->sinks || got.table != want->table ||
            got.syslog_facility != want->syslog_facility ||
            got.syslog_options != want->syslog_options ||
            got.syslog_mask != want->syslog_mask ||
            got.syslog_threshold != want->syslog_threshold)
            fail_msg("%s: sinks %u, table %d, facility %d, options %d, mask %d, "
                     "threshold %d",
                     logs[i].label, got.sinks, got.table, got.syslog_facility,
                     got.syslog_options, got.syslog_mask, got.syslog_threshold);
        assert_int_equal(got.threshold, 3);
        assert_true(got.foreground);
        expect_text(logs[i].label, "warnings", buf_text(&warnings), logs[i].warnings);
        conf_free(params);
        buf_fini(&warnings);
    }
}

/* Every facility that the option offers is the one of its name. */
static void facilities(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int value;
    } rows[] = {
        {"user", LOG_USER},     {"daemon", LOG_DAEMON}, {"local0", LOG_LOCAL0},
        {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},
        {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},
        {"local7", LOG_LOCAL7}, {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV},
        {"cron", LOG_CRON},     {"ftp", LOG_FTP},       {"kern", LOG_KERN},
        {"lpr", LOG_LPR},       {"mail", LOG_MAIL},     {"news", LOG_NEWS},
        {"syslog", LOG_SYSLOG}, {"uucp", LOG_UUCP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct conf_row row = {"*", "syslog_facility", rows[i].name};
        struct log_config got = {.sinks = 0};
        struct helios_params *params = resolve(NULL, &row, 1, NULL);
        conf_logging(params, &got, NULL, NULL);
        if (got.syslog_facility != rows[i].value)
            fail_msg("%s: %d should be %d", rows[i].name, got.syslog_facility,
                     rows[i].value);
        conf_free(params);
    }
}

/* ---- database ---- */

static const struct {
    const char *label, *ini, *database, *user, *password; /* database NULL: refused */
    const char *reason;
} databases[] = {
    {"sample of the reference",
     "[global]\ndsn=dbi:mysql:host=10.1.0.21;db=helios_db\nuser=helios\npassword=a;b#c\n",
     "helios_db", "helios", "a;b#c", NULL},
    {"section", "[global]\ndsn=dbi:mysql:a\n[S]\ndsn=dbi:mysql:b\nuser=\n", "b", "", NULL,
     NULL},
    {"in the dsn", "[global]\ndsn=dbi:mysql:a;user=x;password=y\nuser=u\npassword=p\n", "a",
     "x", "y", NULL},
    {"MariaDB", "[global]\ndsn=dbi:MariaDB:a;user=x;password=y\nuser=u\npassword=p\n", "a",
     "u", "p", NULL},
    {"SQLite", "[global]\ndsn=dbi:SQLite:dbname=/p/h.db\n", "/p/h.db", NULL, NULL, NULL},
    {"SQLite, relative", "[global]\ndsn=dbi:SQLite:var/h.db\n", "/etc/var/h.db", NULL, NULL,
     NULL},
    {"no dsn", "[global]\nuser=u\n", NULL, NULL, NULL,
     "no dsn in section [global] of /etc/helios.ini; add a line such as "},
    {"empty dsn", "[global]\ndsn=\n", NULL, NULL, NULL, "no dsn in section [global] of "},
    {"bad dsn", "[global]\n\ndsn=dbi:Pg:x\n", NULL, NULL, NULL,
     "[global] line 3 of /etc/helios.ini: the dsn asks for database driver 'Pg'"},
    {"dsn in a service's section", "[S]\ndsn=mysql\n", NULL, NULL, NULL,
     "[S] line 2 of /etc/helios.ini: the dsn must begin with dbi:mysql:"},
};

static void same(const char *label, const char *what, const char *got, const char *expected)
{
    if (expected != NULL || got != NULL)
        expect_text(label, what, got, expected == NULL ? "(nothing)" : expected);
}

static void database(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct dsn dsn;
        const char *user, *password;
        struct helios_params *params = resolve(databases[i].ini, NULL, 0, NULL);
        int result = conf_database(params, &dsn, &user, &password, &err);
        if ((result == 0) != (databases[i].database != NULL))
            fail_msg("%s: %s", databases[i].label,
                     result == 0 ? "should be refused" : err.text);
        if (result == 0) {
            same(databases[i].label, "database", dsn.database, databases[i].database);
            same(databases[i].label, "user", user, databases[i].user);
            same(databases[i].label, "password", password, databases[i].password);
            dsn_fini(&dsn);
        } else {
            assert_int_equal(err.kind, HELIOS_E_CONFIG);
            if (strncmp(err.text, databases[i].reason, strlen(databases[i].reason)) != 0)
                fail_msg("%s: '%s' should begin with '%s'", databases[i].label, err.text,
                         databases[i].reason);
        }
        conf_free(params);
    }
}

/* The vectors of the compatibility reference. */
static void database_hash(void **state)
{
    static const struct {
        const char *ini, *hash;
    } rows[] = {
        {"[global]\ndsn=dbi:mysql:helios_db\nuser=helios\npassword=p\n",
         "a7f8e3476b1b681aea780111b38d12aa"},
        {"[global]\ndsn=dbi:mysql:database=theschwartz;host=db1\nuser=schwartz\n",
         "16ee07cdf1d1c80318018218953256cd"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct dsn dsn;
        const char *user, *password;
        struct helios_params *params = resolve(rows[i].ini, NULL, 0, NULL);
        assert_int_equal(conf_database(params, &dsn, &user, &password, &err), 0);
        assert_string_equal(dsn.hash, rows[i].hash);
        assert_int_equal(strlen(dsn.driver_hash), 32);
        dsn_fini(&dsn);
        conf_free(params);
    }
}

static void table_prefix(void **state)
{
    static const struct {
        const char *ini, *prefix; /* NULL: refused */
    } rows[] = {
        {"table_prefix=ts_\n", "ts_"},
        {"table_prefix=\n", ""},
        {"", ""},
        {"table_prefix=_1\n", "_1"},
        {"table_prefix=1_\n", NULL},
        {"table_prefix=a.b\n", NULL},
        {"table_prefix=a;b\n", NULL},
        {"table_prefix=\xc3\xa9\n", NULL},
        {"table_prefix=abcdefghijklmnopqrstuvwxyzABCDEF\n",
         "abcdefghijklmnopqrstuvwxyzABCDEF"},
        {"table_prefix=abcdefghijklmnopqrstuvwxyzABCDEFG\n", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct dsn dsn;
        char ini[256];
        const char *user, *password;
        (void)snprintf(ini, sizeof ini, "[global]\ndsn=dbi:mysql:d\n%s", rows[i].ini);
        struct helios_params *params = resolve(ini, NULL, 0, NULL);
        int rc = conf_database(params, &dsn, &user, &password, &err);
        if ((rc == 0) != (rows[i].prefix != NULL))
            fail_msg("'%s' should be %s", rows[i].ini, rc == 0 ? "refused" : "taken");
        if (rc == 0) {
            assert_string_equal(dsn.prefix == NULL ? "" : dsn.prefix, rows[i].prefix);
            dsn_fini(&dsn);
        }
        conf_free(params);
    }
}

static void exposes(void **state)
{
    (void)state;
    static const struct {
        const char *label, *ini;
        unsigned mode;
        bool exposed;
    } rows[] = {
        {"password, everybody reads", "[global]\npassword=p\n", 0644, true},
        {"password, group reads", "[global]\npassword=p\n", 0640, false},
        {"empty password", "[global]\npassword=\n", 0644, false},
        {"no password", "[global]\nuser=u\n", 0644, false},
        {"password of a service", "[X]\nsmtp_password=p\n", 0604, true},
        {"password in the dsn", "[global]\ndsn=dbi:mysql:d;password=p\n", 0644, true},
        {"dsn without", "[global]\ndsn=dbi:mysql:d\n", 0644, false},
        {"malformed dsn", "[global]\ndsn=password\n", 0644, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ini *ini = parse(rows[i].ini);
        ini->mode = rows[i].mode;
        if (conf_exposes_secret(ini) != rows[i].exposed)
            fail_msg("%s: should be %d", rows[i].label, rows[i].exposed);
        ini_free(ini);
    }
}

/* ---- explain ---- */

static void explain(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "HALT                         = (not set) ",
        "HOLD                         = (NULL) ",
        "MAX_WORKERS                  = 5 ",
        "OVERDRIVE                    = 1 ",
        "dsn                          = dbi:mysql:d;password=(hidden) ",
        "lines                        = a\\nb\\x01 ",
        "password                     = (hidden) ",
        "smtp_secret                  = (hidden) ",
        "(from: default)\n",
        "(from: [global] line 2 of /etc/helios.ini; a row is there and not obeyed)\n",
        "(from: [S] line 6 of /etc/helios.ini)\n",
        "(from: row for host *)\n",
        "(from: row for host h; several rows, the last one counts)\n",
    };
    const struct conf_row rows[] = {
        {"*", "HOLD", NULL},     {"h", "MAX_WORKERS", "4"}, {"h", "MAX_WORKERS", "5"},
        {"*", "OVERDRIVE", "1"}, {"h", "dsn", "x"},         {"h", "lines", "a\nb\x01"},
    };
    struct helios_params *params =
        resolve("[global]\ndsn=dbi:mysql:d;password=hunter2\npassword=hunter2\n"
                "smtp_secret=hunter2\n[S]\nzero_sleep_interval=3\n",
                rows, 6, NULL);
    char *text = conf_explain(params);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        if (strstr(text, expected[i]) == NULL)
            fail_msg("explain should say '%s' in\n%s", expected[i], text);
    assert_null(strstr(text, "hunter2"));
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, helios_params_count(params));
    free(text);
    conf_free(params);
}

/* One long value does not push the others aside. */
static void explain_columns(void **state)
{
    (void)state;
    struct buf ini = BUF_INIT;
    buf_puts(&ini, "[global]\nlong=");
    for (int i = 0; i < 6000; i++)
        buf_puts(&ini, "\xc3\xa4");
    buf_putc(&ini, '\n');
    struct helios_params *params = resolve(buf_text(&ini), NULL, 0, NULL);
    char *text = conf_explain(params);
    assert_non_null(text);
    assert_non_null(strstr(text, "\xc3\xa4...   (from: [global] line 2"));
    assert_non_null(
        strstr(text, "\nHOLD                         = 0                 (from"));
    free(text);
    conf_free(params);
    buf_fini(&ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(database_hash),   cmocka_unit_test(table_prefix),
        cmocka_unit_test(precedence),      cmocka_unit_test(without_ini_or_service),
        cmocka_unit_test(reads),           cmocka_unit_test(reports),
        cmocka_unit_test(marks),           cmocka_unit_test(secrets),
        cmocka_unit_test(defaults),        cmocka_unit_test(numbers),
        cmocka_unit_test(switches),        cmocka_unit_test(logging),
        cmocka_unit_test(facilities),      cmocka_unit_test(database),
        cmocka_unit_test(exposes),         cmocka_unit_test(explain),
        cmocka_unit_test(explain_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
