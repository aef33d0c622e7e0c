/* SPDX-License-Identifier: MIT */
#include "codec/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <helios/client.h>

#include "codec/storable.h"
#include "t/unit/tree_json.h"

/* Compares with JSON text; NULL is "no value". */
static void check_tree(const char *name, const struct helios_value *v, const char *json)
{
    if ((v == NULL) != (json == NULL))
        fail_msg("%s: expected %s, got %s", name, json == NULL ? "nothing" : json,
                 v == NULL ? "nothing" : "a value");
    if (json == NULL)
        return;
    json_t *expected = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(expected);
    tree_check(name, v, expected);
    json_decref(expected);
}

/* Text in the list that Helios stores. */
static const struct {
    const char *text;
    enum args_form form;
    bool malformed;
    bool retryable;
    bool metajob;
    const char *map;
} helios_rows[] = {
    {"<job><params><a>1</a><b>two</b></params></job>", ARGS_XML, 0, 0, 0,
     "{\"a\":\"1\",\"b\":\"two\"}"},
    {"<params><a>1</a></params>", ARGS_XML, 0, 0, 0, "{\"a\":\"1\"}"},
    {"<job type=\"T\"><params><a>1</a></params></job>", ARGS_XML, 0, 0, 0, "{\"a\":\"1\"}"},
    {"<params z=\"9\"><a>1</a></params>", ARGS_XML, 0, 0, 0, "{\"z\":\"9\",\"a\":\"1\"}"},
    {"<params><a/></params>", ARGS_XML, 0, 0, 0, "{\"a\":null}"},
    {"<params><job>x</job></params>", ARGS_XML, 0, 0, 0, "{\"job\":[\"x\"]}"},
    {" \n<params><a>1</a></params>", ARGS_XML, 0, 0, 0, "{\"a\":\"1\"}"},
    {"\xEF\xBB\xBF<params><a>1</a></params>", ARGS_XML, 0, 0, 0, "{\"a\":\"1\"}"},
    {"<job/>", ARGS_XML, 0, 0, 0, NULL},
    {"<job></job>", ARGS_XML, 0, 0, 0, NULL},
    {"<job><params/></job>", ARGS_XML, 0, 0, 0, NULL},
    {"<job><a>1</a></job>", ARGS_XML, 0, 0, 0, NULL},
    {"<params/>", ARGS_XML, 0, 0, 0, NULL},
    {"<other><params><a>1</a></params></other>", ARGS_XML, 0, 0, 0, NULL},
    {"<JOB><params><a>1</a></params></JOB>", ARGS_XML, 0, 0, 0, NULL},
    {"<job id=\"5\"><params><a>1</a></params></job>", ARGS_XML, 0, 0, 0, "{\"a\":\"1\"}"},
    {"<params>text</params>", ARGS_XML, 1, 1, 0, NULL},
    {"<job><params>text</params></job>", ARGS_XML, 1, 1, 0, NULL},
    {"<job><params/><params/></job>", ARGS_XML, 1, 1, 0, NULL},
    {"<job>text</job>", ARGS_XML, 1, 1, 0, NULL},
    {"<metajob>x</metajob>", ARGS_XML, 1, 1, 0, NULL},
    {"<metajob/>", ARGS_XML, 0, 0, 0, NULL},
    {"<metajob><class>C</class><jobs/></metajob>", ARGS_XML, 0, 0, 1,
     "{\"class\":\"C\",\"jobs\":null,\"metajob\":\"1\"}"},
    {"<metajob><metajob>5</metajob></metajob>", ARGS_XML, 0, 0, 1, "{\"metajob\":\"1\"}"},
    {"<params><metajob>1</metajob></params>", ARGS_XML, 0, 0, 1, "{\"metajob\":\"1\"}"},
    {"<params><metajob>1.0</metajob></params>", ARGS_XML, 0, 0, 1, "{\"metajob\":\"1.0\"}"},
    {"<params><metajob>2</metajob></params>", ARGS_XML, 0, 0, 0, "{\"metajob\":\"2\"}"},
    {"<params><metajob>yes</metajob></params>", ARGS_XML, 0, 0, 0, "{\"metajob\":\"yes\"}"},
    {"<job><params>", ARGS_STORABLE, 1, 0, 0, NULL},
    {"<a/><b/>", ARGS_STORABLE, 1, 0, 0, NULL},
    {"", ARGS_STORABLE, 1, 0, 0, NULL},
    {"text", ARGS_STORABLE, 1, 0, 0, NULL},
    {"/etc/passwd", ARGS_STORABLE, 1, 0, 0, NULL},
    {"-", ARGS_STORABLE, 1, 0, 0, NULL},
    {"<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><params><a>&e;</a></params>",
     ARGS_STORABLE, 1, 0, 0, NULL},
    {"{\"args\":{\"a\":1,\"b\":[true]},\"jobtype\":\"T\"}", ARGS_JSON, 0, 0, 0,
     "{\"a\":1,\"b\":[true]}"},
    {"{\"a\":1}", ARGS_JSON, 0, 0, 0, "{\"a\":1}"},
    {"{\"args\":[1]}", ARGS_JSON, 0, 0, 0, "{\"args\":[1]}"},
    {"{\"metajob\":1}", ARGS_JSON, 0, 0, 0, "{\"metajob\":1}"},
    {"\xEF\xBB\xBF {\"a\":1}", ARGS_JSON, 0, 0, 0, "{\"a\":1}"},
    {"{\"a\":", ARGS_STORABLE, 1, 0, 0, NULL},
    {"[1]", ARGS_STORABLE, 1, 0, 0, NULL},
};

static void check_helios(size_t i, const struct args *args)
{
    const char *name = helios_rows[i].text;
    if (args->form != helios_rows[i].form)
        fail_msg("%s: form %d", name, args->form);
    if (args->malformed != helios_rows[i].malformed ||
        args->retryable != helios_rows[i].retryable)
        fail_msg("%s: malformed %d, retryable %d, \"%s\"", name, args->malformed,
                 args->retryable, args->why.text);
    if (args->malformed != (args->why.kind != HELIOS_E_NONE))
        fail_msg("%s: \"%s\"", name, args->why.text);
    if (args->metajob != helios_rows[i].metajob)
        fail_msg("%s: metajob %d", name, args->metajob);
    assert_false(args->damaged);
    assert_non_null(args->tree);
    assert_string_equal(args->text, name);
    assert_int_equal(args->text_len, strlen(name));
    check_tree(name, args->map, helios_rows[i].map);
}

/* The same list with a character string, as burst writes it (statements 127, 78). */
static void wrap_flagged(const char *text, struct buf *out)
{
    struct value_arena *a = value_arena_new(NULL);
    struct helios_value *list = value_list(a);
    assert_true(value_push(a, list, value_text(a, text, strlen(text))));
    assert_int_equal(storable_encode(list, out, NULL), 0);
    value_arena_free(a);
}

static void helios_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof helios_rows / sizeof helios_rows[0]; i++) {
        for (int flagged = 0; flagged < 2; flagged++) {
            struct buf image = BUF_INIT;
            struct args args;
            if (flagged)
                wrap_flagged(helios_rows[i].text, &image);
            else
                storable_wrap_text(helios_rows[i].text, strlen(helios_rows[i].text),
                                   &image);
            assert_int_equal(args_decode(image.data, image.len, NULL, &args, NULL), 0);
            check_helios(i, &args);
            assert_ptr_equal(args.raw, image.data);
            args_fini(&args);
            buf_fini(&image);
        }
    }
}

/* Other columns; `hex` is theirs. Statements 73 to 75, 80, 81, 85. */
static const struct {
    const char *name;
    const char *hex;
    enum args_form form;
    bool damaged;
    const char *tree;
    const char *map;
} column_rows[] = {
    {"NULL or empty", "", ARGS_NONE, false, NULL, NULL},
    {"zero", "30", ARGS_RAW, false, NULL, NULL},
    {"text", "68656c6c6f", ARGS_RAW, false, NULL, NULL},
    {"tab", "096162", ARGS_RAW, false, NULL, NULL},
    {"bare XML", "3c706172616d733e3c613e313c2f613e3c2f706172616d733e", ARGS_XML, false,
     "{\"params\":{\"a\":\"1\"}}", "{\"a\":\"1\"}"},
    {"less-than that is no XML", "3c2d2d", ARGS_RAW, false, NULL, NULL},
    {"bare XML without use for Helios", "3c703e783c2f703e", ARGS_XML, false,
     "{\"p\":\"x\"}", NULL},
    {"bare JSON", "7b2261223a317d", ARGS_JSON, false, "{\"a\":1}", "{\"a\":1}"},
    {"brace that is no JSON", "7b2261", ARGS_RAW, false, NULL, NULL},
    {"hash",
     "050b0300000001088100000001"
     "61",
     ARGS_STORABLE, false, "{\"a\":1}", "{\"a\":1}"},
    {"blessed hash", "050b1103466f6f030000000108810000000161", ARGS_STORABLE, false,
     "{\"blessed\":\"Foo\",\"value\":{\"a\":1}}",
     "{\"blessed\":\"Foo\",\"value\":{\"a\":1}}"},
    {"list of numbers", "050b02000000010881", ARGS_STORABLE, false, "[1]", NULL},
    {"empty list", "050b0200000000", ARGS_STORABLE, false, "[]", NULL},
    {"list of several plain words", "050b02000000020a047573657208aa", ARGS_STORABLE, false,
     "[{\"bytes_hex\":\"75736572\"},42]", NULL},
    {"list of undef", "050b020000000105", ARGS_STORABLE, false, "[null]", NULL},
    {"string", "050b0a0161", ARGS_STORABLE, false, "{\"bytes_hex\":\"61\"}", NULL},
    {"native hash",
     "040b0831323334353637380408080803010000000881010000"
     "0061",
     ARGS_STORABLE, false, "{\"a\":1}", "{\"a\":1}"},
    {"trailing bytes", "050b020000000108810a", ARGS_STORABLE, false, "[1]", NULL},
    {"0x05 and text", "0568656c6c6f", ARGS_RAW, true, NULL, NULL},
    {"header alone", "050b", ARGS_RAW, true, NULL, NULL},
    {"cut", "050b0200000001", ARGS_RAW, true, NULL, NULL},
    {"foreign", "040b0431323334040404080200000000", ARGS_RAW, true, NULL, NULL},
    {"code", "050b02000000011a0a0131", ARGS_RAW, true, NULL, NULL},
    {"128 written by DBD::MariaDB", "050b020000000109000000c280", ARGS_STORABLE, false,
     "[128]", NULL},
    {"short text written by DBD::MariaDB", "050b02000000010a01c3a9", ARGS_STORABLE, false,
     NULL, NULL},
    {"128 written by DBD::MariaDB and cut", "050b020000000109000000c2", ARGS_STORABLE,
     false, "[194]", NULL},
};

static void columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof column_rows / sizeof column_rows[0]; i++) {
        size_t len;
        struct args args;
        char *raw = tree_unhex(column_rows[i].hex, &len);
        const char *name = column_rows[i].name;
        assert_int_equal(args_decode(raw, len, NULL, &args, NULL), 0);
        if (strncmp(name, "short text", 10) == 0) {
            /* The one byte, not the two that hold it now; it is no XML. */
            assert_int_equal(args.text_len, 1);
            assert_string_equal(args.text, "\xE9");
            args_fini(&args);
            free(raw);
            continue;
        }
        if (args.form != column_rows[i].form || args.damaged != column_rows[i].damaged)
            fail_msg("%s: form %d, damaged %d, \"%s\"", name, args.form, args.damaged,
                     args.why.text);
        if (args.damaged != (args.why.kind != HELIOS_E_NONE) || args.malformed ||
            args.metajob)
            fail_msg("%s: malformed %d, metajob %d, \"%s\"", name, args.malformed,
                     args.metajob, args.why.text);
        check_tree(name, args.tree, column_rows[i].tree);
        check_tree(name, args.map, column_rows[i].map);
        assert_int_equal(args.text_len, len);
        assert_memory_equal(args.text, raw, len + 1);
        args_fini(&args);
        free(raw);
    }
}

/* An image of each length of text around the limits of its length's forms, as DBD::MariaDB
 * stores it: read as it was, or marked as damaged; never as other text. */
static void mariadb(void **state)
{
    (void)state;
    for (size_t n = 1; n < 600; n++) {
        struct buf image = BUF_INIT;
        struct buf stored = BUF_INIT;
        struct buf xml = BUF_INIT;
        buf_puts(&xml, "<params><a>\xC3\xA9</a></params>");
        for (size_t i = xml.len; i < n; i++)
            buf_putc(&xml, ' ');
        storable_wrap_text(xml.data, xml.len, &image);
        for (size_t i = 0; i < image.len; i++) {
            unsigned char c = (unsigned char)image.data[i];
            if (c >= 0x80)
                buf_putc(&stored, (char)(0xC0 | c >> 6));
            buf_putc(&stored, (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c));
        }
        struct args args;
        assert_int_equal(args_decode(stored.data, stored.len, NULL, &args, NULL), 0);
        if (args.damaged || args.map == NULL || args.text_len != xml.len)
            fail_msg("%zu bytes of text: damaged %d, \"%s\"", xml.len, args.damaged,
                     args.why.text);
        args_fini(&args);
        buf_fini(&image);
        buf_fini(&stored);
        buf_fini(&xml);
    }
}

static void limits(void **state)
{
    (void)state;
    static const struct value_limits small = {.bytes = 100000, .nodes = 10, .depth = 8};
    struct buf image = BUF_INIT;
    struct args args;
    storable_wrap_text("<params><a/><a/><a/><a/><a/><a/><a/><a/><a/></params>", 53, &image);
    assert_int_equal(args_decode(image.data, image.len,
                                 &(struct args_how){.limits = &small}, &args, NULL),
                     0);
    assert_true(args.malformed && !args.retryable);
    assert_int_equal(args.why.kind, HELIOS_E_LIMIT);
    args_fini(&args);
    args_fini(&args);
    buf_fini(&image);
}

struct children {
    struct buf all; /* each followed by a line feed */
    size_t count;
    size_t stop_at;
    const char **jobtype;
};

static int take_child(void *arg, const char *xml, size_t len)
{
    struct children *c = arg;
    assert_int_equal(strlen(xml), len);
    if (++c->count == c->stop_at)
        return 7;
    buf_append(&c->all, xml, len);
    buf_putc(&c->all, '\n');
    return 0;
}

/* Whether metajobs are decoded without keeping their children: it must not be seen. */
static bool lean;

static int decode(const struct buf *image, struct args *args)
{
    return args_decode(image->data, image->len, &(struct args_how){.lean = lean}, args,
                       NULL);
}

static int burst(const char *text, struct args *args, struct children *c,
                 const char **jobtype, struct helios_error *err)
{
    struct buf image = BUF_INIT;
    storable_wrap_text(text, strlen(text), &image);
    assert_int_equal(decode(&image, args), 0);
    buf_fini(&image);
    return args_burst(args, jobtype, take_child, c, err);
}

struct parts {
    struct children all;
    const char *jobtype; /* that each has to have */
    size_t count;
    size_t most;
};

static int take_part(void *arg, const char *xml, size_t len)
{
    struct parts *p = arg;
    struct args args;
    const char *jobtype = "unset";
    size_t before = p->all.count;
    size_t n = 0;
    struct helios_error err = HELIOS_ERROR_INIT;
    assert_int_equal(strlen(xml), len);
    p->count++;
    if (burst(xml, &args, &p->all, &jobtype, &err) != 0 ||
        args_burst_count(&args, &n, &err) != 0)
        fail_msg("%s: %s", xml, err.text);
    assert_int_equal(p->all.count - before, n);
    assert_in_range(n, 1, p->most);
    assert_true((jobtype == NULL) == (p->jobtype == NULL));
    if (jobtype != NULL)
        assert_string_equal(jobtype, p->jobtype);
    args_fini(&args);
    return 0;
}

/* The parts of a metajob have the children that the whole has, in their order. */
static void check_parts(const struct args *whole, const char *jobtype, size_t children,
                        const char *expected)
{
    for (size_t most = 1; most <= 3; most++) {
        struct parts p = {.all = {.all = BUF_INIT}, .jobtype = jobtype, .most = most};
        struct helios_error err = HELIOS_ERROR_INIT;
        assert_int_equal(args_burst_parts(whole, most, take_part, &p, &err), 0);
        assert_int_equal(p.count, (children + most - 1) / most);
        assert_string_equal(buf_text(&p.all.all), expected);
        buf_fini(&p.all.all);
    }
}

static void bursts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *jobtype;
        const char *children; /* NULL: refused */
    } rows[] = {
        {"<metajob><class>C</class><jobs><job><params><a>1</a></params></job>"
         "<job><params><a>2</a></params></job></jobs></metajob>",
         "C", "<params><a>1</a></params>\n<params><a>2</a></params>\n"},
        {"<metajob class='C'><jobs><job><params/></job></jobs></metajob>", "C",
         "<params></params>\n"},
        {"<metajob><jobs/></metajob>", NULL, ""},
        {"<metajob><a>1</a></metajob>", NULL, NULL},
        {"<metajob><job><params/></job></metajob>", NULL, NULL},
        {"<metajob><class>C</class><job/><job/></metajob>", NULL, NULL},
        {"<metajob><jobs><job/></jobs><job/></metajob>", NULL, NULL},
        {"<metajob><job/><jobs/></metajob>", NULL, NULL},
        {"<metajob job='x'><jobs/></metajob>", NULL, ""},
        {"<params><metajob>1</metajob><job>x</job></params>", NULL, ""},
        {"<metajob><jobs><other/></jobs></metajob>", NULL, ""},
        {"<params><metajob>1</metajob></params>", NULL, ""},
        {"<metajob><class/><jobs><job/></jobs></metajob>", NULL, "<params></params>\n"},
        {"<metajob><jobs><job type='T' "
         "id='1'><params><a>1</a></params></job></jobs></metajob>",
         NULL, "<params><a>1</a></params>\n"},
        {"<metajob><jobs><job><params><o><i>1</i></o></params></job></jobs></metajob>",
         NULL, "<params><o><i>1</i></o></params>\n"},
        {"<metajob><jobs><job><a>1</a></job></jobs></metajob>", NULL,
         "<job><a>1</a></job>\n"},
        {"<metajob><class>A&amp;&lt;B</class><jobs><job/><job j=' "
         "'><a>1</a></job><job><params>"
         "<a>&lt;x&gt;</a></params></job><job/><job><params><a> b </a></params></job>"
         "</jobs></metajob>",
         "A&<B",
         "<params></params>\n<job j=\" \"><a>1</a></job>\n<params><a>&lt;x&gt;</a></params>"
         "\n<params></params>\n<params><a> b </a></params>\n"},
        {"<metajob><jobs>x</jobs></metajob>", NULL, NULL},
        {"<metajob><jobs job='x'/></metajob>", NULL, NULL},
        {"<metajob><jobs><job/></jobs><jobs/></metajob>", NULL, NULL},
        {"<metajob><class>A</class><class>B</class><jobs><job/></jobs></metajob>", NULL,
         NULL},
        {"<metajob><jobs><job/><job>x</job></jobs></metajob>", NULL, NULL},
        {"<metajob><jobs><job/><job><params>x</params></job></jobs></metajob>", NULL, NULL},
        {"<metajob><jobs><job><params/><params/></job></jobs></metajob>", NULL, NULL},
        {"<params><a>1</a></params>", NULL, NULL},
        {"<metajob><jobs>text<job/></jobs></metajob>", NULL, "<params></params>\n"},
        {"<metajob><other><jobs><job/></jobs></other></metajob>", NULL, NULL},
        {"<metajob><jobs><jobs><job/></jobs></jobs></metajob>", NULL, ""},
        {"<metajob><jobs job='x'><job/></jobs></metajob>", NULL, NULL},
        {"<metajob><jobs><job><job><job/></job></job></jobs></metajob>", NULL,
         "<job><job><job></job></job></job>\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct children c = {.all = BUF_INIT};
        struct args args;
        struct helios_error err = HELIOS_ERROR_INIT;
        const char *jobtype = "unset";
        int result = burst(rows[i].text, &args, &c, &jobtype, &err);
        if ((result == 0) != (rows[i].children != NULL))
            fail_msg("%s: %d, \"%s\"", rows[i].text, result, err.text);
        if (result != 0 && (c.count != 0 || err.kind != HELIOS_E_INVALID))
            fail_msg("%s: %zu children before \"%s\"", rows[i].text, c.count, err.text);
        if (result == 0 && rows[i].children != NULL &&
            strcmp(buf_text(&c.all), rows[i].children) != 0)
            fail_msg("%s: expected %s, got %s", rows[i].text, rows[i].children,
                     buf_text(&c.all));
        size_t n = 1;
        assert_int_equal(args_burst_count(&args, &n, NULL), result);
        assert_int_equal(n, result == 0 ? c.count : 0);
        if (result == 0)
            check_parts(&args, rows[i].jobtype, n, rows[i].children);
        else
            assert_int_equal(args_burst_parts(&args, 1, take_child, &c, NULL), -1);
        if (result == 0 && rows[i].jobtype == NULL)
            assert_null(jobtype);
        if (result == 0 && rows[i].jobtype != NULL)
            assert_string_equal(jobtype, rows[i].jobtype);
        buf_fini(&c.all);
        args_fini(&args);
    }
}

static void bursts_lean(void **state)
{
    lean = true;
    bursts(state);
    lean = false;
}

/* No child is kept, and no limit on the tree is one on their number. */
static void lean_is_small(void **state)
{
    (void)state;
    static const struct value_limits small = {.bytes = 4096, .nodes = 20, .depth = 8};
    struct buf xml = BUF_INIT, image = BUF_INIT;
    struct args args;
    size_t n = 0;
    buf_puts(&xml, "<metajob><class>C</class><jobs>");
    for (int i = 0; i < 100; i++)
        buf_printf(&xml, "<job><a>%d</a></job>", i);
    buf_puts(&xml, "</jobs></metajob>");
    storable_wrap_text(xml.data, xml.len, &image);
    const struct value_limits text = {.bytes = 16384, .nodes = 20, .depth = 8};
    assert_int_equal(args_decode(image.data, image.len, &(struct args_how){.limits = &text},
                                 &args, NULL),
                     0);
    assert_true(args.malformed);
    assert_int_equal(args.why.kind, HELIOS_E_LIMIT);
    args_fini(&args);
    assert_int_equal(args_decode(image.data, image.len,
                                 &(struct args_how){.limits = &text, .lean = true}, &args,
                                 NULL),
                     0);
    assert_true(args.metajob && args.lean);
    assert_int_equal(helios_value_type(helios_value_get(args.map, "jobs")), HELIOS_MAP);
    assert_int_equal(helios_value_count(helios_value_get(args.map, "jobs")), 0);
    assert_int_equal(args_burst_count(&args, &n, NULL), 0);
    assert_int_equal(n, 100);
    args_fini(&args);
    /* One child that is too large is. */
    buf_clear(&xml);
    buf_clear(&image);
    buf_puts(&xml, "<metajob><jobs><job/><job>");
    for (int i = 0; i < 30; i++)
        buf_printf(&xml, "<a%d/>", i);
    buf_puts(&xml, "</job></jobs></metajob>");
    storable_wrap_text(xml.data, xml.len, &image);
    assert_int_equal(args_decode(image.data, image.len,
                                 &(struct args_how){.limits = &small, .lean = true}, &args,
                                 NULL),
                     0);
    assert_true(args.malformed);
    assert_int_equal(args.why.kind, HELIOS_E_LIMIT);
    args_fini(&args);
    buf_fini(&xml);
    buf_fini(&image);
}

static void burst_stops(void **state)
{
    (void)state;
    struct children c = {.all = BUF_INIT, .stop_at = 2};
    struct args args;
    const char *jobtype;
    assert_int_equal(burst("<metajob><jobs><job/><job/><job/></jobs></metajob>", &args, &c,
                           &jobtype, NULL),
                     7);
    assert_int_equal(c.count, 2);
    args_fini(&args);
    c = (struct children){.all = c.all, .stop_at = 2};
    lean = true;
    assert_int_equal(burst("<metajob><jobs><job/><job/><job/></jobs></metajob>", &args, &c,
                           &jobtype, NULL),
                     7);
    lean = false;
    assert_int_equal(c.count, 2);
    buf_fini(&c.all);
    args_fini(&args);
}

static int check_same(void *arg, const char *xml, size_t len)
{
    const struct args *direct = arg;
    struct buf image = BUF_INIT;
    struct args child;
    storable_wrap_text(xml, len, &image);
    assert_int_equal(args_decode(image.data, image.len, NULL, &child, NULL), 0);
    json_t *expected = direct->map == NULL ? json_null() : tree_json(direct->map);
    tree_check(xml, child.map, expected);
    assert_true((child.map == NULL) == (direct->map == NULL));
    json_decref(expected);
    args_fini(&child);
    buf_fini(&image);
    return 0;
}

/* Statement 140, with what every row of the XML table holds, as the arguments of a job. */
static void burst_same(void **state)
{
    (void)state;
    json_t *cases = tree_load("xml_cases.json");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const char *xml =
            json_string_value(json_object_get(json_array_get(cases, i), "xml"));
        if (xml == NULL || strncmp(xml, "<params", 7) != 0)
            continue;
        struct buf job = BUF_INIT;
        struct buf image = BUF_INIT;
        struct args direct;
        struct args metajob;
        const char *jobtype;
        storable_wrap_text(xml, strlen(xml), &image);
        assert_int_equal(args_decode(image.data, image.len, NULL, &direct, NULL), 0);
        buf_printf(&job, "<metajob><jobs><job id='1'>%s</job></jobs></metajob>", xml);
        buf_clear(&image);
        storable_wrap_text(job.data, job.len, &image);
        assert_int_equal(args_decode(image.data, image.len, NULL, &metajob, NULL), 0);
        if (!direct.malformed) {
            assert_int_equal(args_burst(&metajob, &jobtype, check_same, &direct, NULL), 0);
            n++;
        }
        args_fini(&direct);
        args_fini(&metajob);
        buf_fini(&job);
        buf_fini(&image);
    }
    assert_true(n > 80);
    json_decref(cases);
}

static void check(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *error; /* "" for none */
    } rows[] = {
        {"<job><params><a>1</a></params></job>", ""},
        {"<metajob><jobs/></metajob>", ""},
        {"<metajob><jobs><job><params/></job></jobs></metajob>", ""},
        {"<metajob><job><params/></job></metajob>", "not in its <jobs> element"},
        {"<metajob><class>C</class></metajob>", "no <jobs> element"},
        {"<metajob><jobs><job>x</job></jobs></metajob>", "<job> number 1 holds text"},
        {"<metajob/>", ""},
        {"<params><metajob>1</metajob></params>", ""},
        {"{\"args\":{\"a\":1}}", ""},
        {"{\"a\":1}", ""},
        {"<job>\n<params></job>", "XML, line 2, column 11: mismatched tag"},
        {"{\"a\":}", "JSON, line 1, column 6"},
        {"<params>x</params>", "holds text"},
        {"hello", "neither XML nor a JSON object"},
        {"", "neither XML nor a JSON object but empty"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct helios_error err = HELIOS_ERROR_INIT;
        int result = helios_args_check(rows[i].text, strlen(rows[i].text), &err);
        if ((result == 0) != (rows[i].error[0] == '\0'))
            fail_msg("%s: %d, \"%s\"", rows[i].text, result, err.text);
        if (result != 0 && strstr(err.text, rows[i].error) == NULL)
            fail_msg("%s: expected \"%s\", got \"%s\"", rows[i].text, rows[i].error,
                     err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(helios_list), cmocka_unit_test(columns),
        cmocka_unit_test(mariadb),     cmocka_unit_test(limits),
        cmocka_unit_test(bursts),      cmocka_unit_test(burst_stops),
        cmocka_unit_test(burst_same),  cmocka_unit_test(check),
        cmocka_unit_test(bursts_lean), cmocka_unit_test(lean_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
