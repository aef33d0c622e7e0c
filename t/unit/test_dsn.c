/* SPDX-License-Identifier: MIT */
#include "conf/dsn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

/* A dsn in one line, what is not given left out. */
static void put(struct buf *out, const char *name, const char *value)
{
    if (value != NULL)
        buf_printf(out, " %s=%s", name, value);
}

static void put_number(struct buf *out, const char *name, unsigned value)
{
    if (value != 0)
        buf_printf(out, " %s=%u", name, value);
}

static void describe(const struct dsn *dsn, struct buf *out)
{
    buf_puts(out, dsn->driver == DSN_MYSQL ? "mysql" : "sqlite");
    put(out, "db", dsn->database);
    put(out, "host", dsn->host);
    put_number(out, "port", dsn->port);
    put(out, "user", dsn->user);
    put(out, "password", dsn->password);
    put(out, "socket", dsn->socket);
    put(out, "file", dsn->default_file);
    put(out, "group", dsn->default_group);
    put_number(out, "ssl", dsn->ssl);
    put_number(out, "verify", dsn->ssl_verify);
    put_number(out, "optional", dsn->ssl_optional);
    put(out, "key", dsn->ssl_key);
    put(out, "cert", dsn->ssl_cert);
    put(out, "ca", dsn->ssl_ca);
    put(out, "ca_path", dsn->ssl_ca_path);
    put(out, "cipher", dsn->ssl_cipher);
    put_number(out, "connect", dsn->connect_timeout_s);
    put_number(out, "read", dsn->read_timeout_s);
    put_number(out, "write", dsn->write_timeout_s);
}

static const struct {
    const char *label, *text, *expected;
} rows[] = {
    {"sample of the reference", "dbi:mysql:host=10.1.0.21;db=helios_db",
     "mysql db=helios_db host=10.1.0.21"},
    {"database alone", "dbi:mysql:test", "mysql db=test"},
    {"database", "dbi:mysql:database=test", "mysql db=test"},
    {"dbname", "dbi:mysql:dbname=test", "mysql db=test"},
    {"hostname and port", "dbi:mysql:database=x;hostname=y;port=3307",
     "mysql db=x host=y port=3307"},
    {"positional", "dbi:mysql:x:y:3307", "mysql db=x host=y port=3307"},
    {"positional, semicolons", "dbi:mysql:x;y;3307", "mysql db=x host=y port=3307"},
    {"port behind the host", "dbi:mysql:database=x;host=y:3307",
     "mysql db=x host=y port=3307"},
    {"port behind a host that comes first", "dbi:mysql:host=y:3307;database=x",
     "mysql db=x host=y"},
    {"more positional parts than places", "dbi:mysql:x:y:1:z", "mysql db=x host=y port=1"},
    {"last of a repeated key", "dbi:mysql:db=a;db=b", "mysql db=b"},
    {"empty host and port", "dbi:mysql:db=x;host=;port=", "mysql db=x host="},
    {"trailing separator", "dbi:mysql:db=x;", "mysql db=x"},
    {"value with equals", "dbi:mysql:db=x;mysql_socket=/a=b", "mysql db=x socket=/a=b"},
    {"any case of dbi and driver", "DBI:MySQL:db=x", "mysql db=x"},
    {"keys are of one case", "dbi:mysql:db=x;HOST=y", "mysql db=x"},
    {"IPv6", "dbi:mysql:db=x;host=[fe80::1];port=3307",
     "mysql db=x host=fe80::1 port=3307"},
    {"IPv6 at the end", "dbi:mysql:db=x;host=[::1]", "mysql db=x host=::1"},
    {"IPv6 and port", "dbi:mysql:db=x;host=[::1]:3307", "mysql db=x host=::1 port=3307"},
    {"IPv6, positional", "dbi:mysql:x:[::1]:3307", "mysql db=x host=::1 port=3307"},
    {"open bracket", "dbi:mysql:db=x;host=[a", "mysql db=x host=[a"},
    {"socket", "dbi:mysql:db=x;mysql_socket=/run/m.sock", "mysql db=x socket=/run/m.sock"},
    {"MariaDB", "dbi:MariaDB:database=x;host=y;mariadb_socket=/s",
     "mysql db=x host=y socket=/s"},
    {"defaults file", "dbi:mysql:x;mysql_read_default_file=/e/my.cnf",
     "mysql db=x file=/e/my.cnf"},
    {"database in the defaults file",
     "dbi:mysql:mysql_read_default_file=/e/my.cnf;mysql_read_default_group=perl",
     "mysql file=/e/my.cnf group=perl"},
    {"time-outs",
     "dbi:mysql:x;mysql_connect_timeout=5;mysql_read_timeout=6;mysql_write_timeout=7",
     "mysql db=x connect=5 read=6 write=7"},
    {"TLS", "dbi:mysql:x;mysql_ssl=1", "mysql db=x ssl=1"},
    {"TLS, all of it",
     "dbi:MariaDB:x;mariadb_ssl=1;mariadb_ssl_client_key=/k;mariadb_ssl_client_cert=/c;"
     "mariadb_ssl_ca_file=/a;mariadb_ssl_ca_path=/p;mariadb_ssl_cipher=AES128-SHA;"
     "mariadb_ssl_verify_server_cert=1;mariadb_ssl_optional=1",
     "mysql db=x ssl=1 verify=1 optional=1 key=/k cert=/c ca=/a ca_path=/p "
     "cipher=AES128-SHA"},
    {"TLS asked for by an authority", "dbi:mysql:x;mysql_ssl_ca_file=/a",
     "mysql db=x ssl=1 ca=/a"},
    {"TLS off", "dbi:mysql:x;mysql_ssl=0;mysql_ssl_ca_file=/a", "mysql db=x ca=/a"},
    {"TLS off, written last",
     "dbi:mysql:x;mysql_ssl_ca_file=/a;mysql_ssl=", "mysql db=x ca=/a"},
    {"optional alone does not ask for TLS", "dbi:mysql:x;mysql_ssl_optional=1",
     "mysql db=x optional=1"},
    {"unknown keys", "dbi:mysql:x;mysql_compression=1;foo=bar;mysql_host=z", "mysql db=x"},
    {"attributes", "dbi:mysql(RaiseError=>1, mysql_ssl => 1):x", "mysql db=x ssl=1"},
    {"attributes with one sign", "dbi:mysql(host=a,port=1):x", "mysql db=x host=a port=1"},
    {"attributes come first", "dbi:mysql(host=>a):database=x;host=b", "mysql db=x host=b"},
    {"empty attributes", "dbi:mysql():x", "mysql db=x"},
    {"user and password", "dbi:mysql:x;user=u;password=p", "mysql db=x user=u password=p"},
    {"user and password of MariaDB", "dbi:MariaDB:x;user=u;password=p", "mysql db=x"},
    {"SQLite path", "dbi:SQLite:/var/lib/h.db", "sqlite db=/var/lib/h.db"},
    {"SQLite dbname", "dbi:SQLite:dbname=/p/h.db", "sqlite db=/p/h.db"},
    {"SQLite database", "dbi:SQLite:database=h.db;sqlite_open_flags=6", "sqlite db=h.db"},
    {"SQLite db", "DBI:sqlite:db=/p", "sqlite db=/p"},
    {"SQLite relative path", "dbi:SQLite:h.db", "sqlite db=h.db"},
    {"SQLite path with equals", "dbi:SQLite:/p/a=b.db", "sqlite db=/p/a=b.db"},
    {"SQLite path with a colon", "dbi:SQLite:dbname=/p/a:b.db", "sqlite db=/p/a:b.db"},
};

static void takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct dsn dsn, copy;
        if (dsn_parse(rows[i].text, &dsn, &err) != 0)
            fail_msg("%s: refused: %s", rows[i].label, err.text);
        assert_string_equal(dsn.text, rows[i].text);
        assert_int_equal(dsn_copy(&dsn, &copy), 0);
        dsn_fini(&dsn);
        struct buf got = BUF_INIT;
        describe(&copy, &got);
        if (strcmp(buf_text(&got), rows[i].expected) != 0)
            fail_msg("%s: '%s' should be '%s'", rows[i].label, buf_text(&got),
                     rows[i].expected);
        assert_string_equal(copy.text, rows[i].text);
        dsn_fini(&copy);
        buf_fini(&got);
    }
}

static const struct {
    const char *label, *text, *reason;
} faults[] = {
    {"empty", "", "must begin with dbi:mysql:, dbi:MariaDB: or dbi:SQLite:"},
    {"no dbi", "mysql:x", "must begin with dbi:"},
    {"no second colon", "dbi:mysql", "must begin with dbi:"},
    {"open parenthesis", "dbi:mysql(a=>b:x", "must begin with dbi:"},
    {"unknown driver", "dbi:Pg:dbname=x", "database driver 'Pg'; known are mysql, MariaDB"},
    {"no driver", "dbi::x", "database driver ''"},
    {"no database", "dbi:mysql:host=h", "names no database"},
    {"empty database", "dbi:mysql:", "names no database"},
    {"port in words", "dbi:mysql:x;port=many", "port in the dsn must be a number"},
    {"port too large", "dbi:mysql:x;port=65536", "from 0 (the default) to 65535"},
    {"port far too large", "dbi:mysql:x;port=99999999999999999999", "to 65535"},
    {"negative port", "dbi:mysql:x;port=-1", "port in the dsn must be a number"},
    {"time-out in words", "dbi:mysql:x;mysql_read_timeout=5s", "read_timeout in the dsn"},
    {"no file", "dbi:SQLite:", "names no file"},
    {"empty file", "dbi:SQLite:dbname=", "names no file"},
    {"misspelled file", "dbi:SQLite:dbnam=/p", "names no file"},
    {"in memory", "dbi:SQLite:dbname=:memory:", "cannot be shared by processes"},
    {"in memory, positional", "dbi:SQLite::memory:", "cannot be shared by processes"},
    {"uri", "dbi:SQLite:uri=file:/p", "uri= is not supported"},
    {"file name that is a URI", "dbi:SQLite:file:/p", "file: names are not supported"},
    {"user's password stays unsaid", "dbi:mysql:password=hunter2", "names no database"},
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        struct dsn dsn;
        if (dsn_parse(faults[i].text, &dsn, &err) == 0)
            fail_msg("%s: should be refused", faults[i].label);
        if (err.kind != HELIOS_E_CONFIG)
            fail_msg("%s: kind %s should be config", faults[i].label,
                     helios_error_name(err.kind));
        if (strstr(err.text, faults[i].reason) == NULL)
            fail_msg("%s: '%s' should say '%s'", faults[i].label, err.text,
                     faults[i].reason);
        assert_null(strstr(err.text, "hunter2"));
        assert_null(dsn.text);
    }
}

static void refuses_long(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_puts(&text, "dbi:mysql:");
    for (int i = 0; i < 5000; i++)
        buf_putc(&text, 'x');
    struct helios_error err = HELIOS_ERROR_INIT;
    struct dsn dsn;
    assert_int_equal(dsn_parse(buf_text(&text), &dsn, &err), -1);
    assert_string_equal(err.text, "the dsn is longer than 4096 bytes");
    buf_fini(&text);
}

static const struct {
    const char *text, *expected;
} masks[] = {
    {"dbi:mysql:host=h;db=d", "dbi:mysql:host=h;db=d"},
    {"dbi:mysql:db=d;password=p;host=h", "dbi:mysql:db=d;password=(hidden);host=h"},
    {"dbi:mysql:db=d;password=a,b=c", "dbi:mysql:db=d;password=(hidden)"},
    {"dbi:mysql:db=d;password=[a:b];x=1", "dbi:mysql:db=d;password=(hidden);x=1"},
    {"dbi:mysql(password=>p,x=>1):d", "dbi:mysql(password=(hidden),x=>1):d"},
    {"dbi:mysql( PassWord => p ):d", "dbi:mysql( PassWord =(hidden)):d"},
    {"dbi:Pg:dbname=d;PWD=p", "dbi:Pg:dbname=d;PWD=(hidden)"},
    {"mysql://u:password@h", "(hidden)"},
    {"rubbish", "rubbish"},
    {"", ""},
};

static void hides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        char *got = dsn_masked(masks[i].text);
        assert_non_null(got);
        assert_string_equal(got, masks[i].expected);
        free(got);
    }
}

static uint64_t identity(const char *text)
{
    struct dsn dsn;
    struct helios_error err = HELIOS_ERROR_INIT;
    if (dsn_parse(text, &dsn, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    uint64_t id = dsn_identity(&dsn);
    dsn_fini(&dsn);
    return id;
}

static void identities(void **state)
{
    (void)state;
    static const char base[] = "dbi:mysql:database=a;host=h";
    static const struct {
        const char *text;
        bool same, same_names;
    } texts[] = {
        {base, true, true},
        {"dbi:mysql:host=h;database=a;mysql_connect_timeout=3", true, true},
        {"dbi:mysql:database=a;host=other", false, true},
        {"dbi:mysql:database=a;host=h;port=3307", false, true},
        {"dbi:mysql:database=a;mysql_socket=/s", false, true},
        {"dbi:mysql:database=b;host=h", false, false},
        {"dbi:SQLite:dbname=a", false, false},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint64_t id = identity(texts[i].text);
        if ((id == identity(base)) != texts[i].same ||
            dsn_same_names(id, identity(base)) != texts[i].same_names || id == 0)
            fail_msg("%s: %016" PRIx64, texts[i].text, id);
    }
    assert_true(identity("dbi:mysql:database=a") ==
                identity("dbi:mysql:database=a;host=localhost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes),        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_long), cmocka_unit_test(hides),
        cmocka_unit_test(identities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
